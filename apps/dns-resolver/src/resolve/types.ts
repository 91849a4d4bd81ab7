import type { Endpoint } from "@soloist/interface";
import type { DnsMessage } from "@soloist/net/dns";

/** Why a server was of no use. */
export type AskFailure = "timeout" | "unreachable" | "malformed";

export type Asked =
  | { readonly message: DnsMessage; readonly failure?: never }
  | { readonly message?: never; readonly failure: AskFailure };

export interface AskOptions {
  /** RD: the server shall ask others in turn. */
  readonly recursion: boolean;
  /** Milliseconds that it has. */
  readonly timeout: number;
}

/** Asks one server one question and returns its answer; never rejects. */
export type Ask = (server: Endpoint, name: string, type: number, options: AskOptions) => Promise<Asked>;
