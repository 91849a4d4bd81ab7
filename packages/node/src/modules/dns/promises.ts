/** `dns/promises`: names, by the stack that `run` opened. */
import type { RecordResults } from "@soloist/net";
import { isIP } from "../../net/addresses.ts";
import { describe } from "../../net/failures.ts";
import { network } from "../../network.ts";

export interface LookupOptions {
  readonly family?: number | "IPv4" | "IPv6";
  readonly all?: boolean;
}

export interface LookupAddress {
  readonly address: string;
  readonly family: number;
}

async function described<T>(syscall: string, hostname: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw Object.assign(describe(error, syscall), { hostname });
  }
}

export function lookup(
  hostname: string,
  options: LookupOptions & { readonly all: true },
): Promise<readonly LookupAddress[]>;
export function lookup(hostname: string, options?: LookupOptions | number): Promise<LookupAddress>;
export async function lookup(
  hostname: string,
  options: LookupOptions | number = {},
): Promise<LookupAddress | readonly LookupAddress[]> {
  const { family = 0, all = false } = typeof options === "number" ? { family: options } : options;
  const wanted = family === "IPv4" ? 4 : family === "IPv6" ? 6 : family;
  if (isIP(hostname) !== 0) {
    const known = { address: hostname, family: isIP(hostname) };
    return all ? [known] : known;
  }
  const found = await described(
    "getaddrinfo",
    hostname,
    network().dns.lookup(hostname, { family: wanted as 0 | 4 | 6 }),
  );
  return all ? found : found[0]!;
}

type RecordType = keyof RecordResults;

export function resolve<Type extends RecordType = "A">(
  hostname: string,
  type: Type = "A" as Type,
): Promise<RecordResults[Type]> {
  return described(`query${type}`, hostname, network().dns.resolve(hostname, type));
}

export const resolve4 = (hostname: string): Promise<RecordResults["A"]> => resolve(hostname, "A");
export const resolve6 = (hostname: string): Promise<RecordResults["AAAA"]> => resolve(hostname, "AAAA");
export const resolveCname = (hostname: string): Promise<RecordResults["CNAME"]> => resolve(hostname, "CNAME");
export const resolveNs = (hostname: string): Promise<RecordResults["NS"]> => resolve(hostname, "NS");
export const resolvePtr = (hostname: string): Promise<RecordResults["PTR"]> => resolve(hostname, "PTR");
export const resolveSoa = (hostname: string): Promise<RecordResults["SOA"]> => resolve(hostname, "SOA");
export const resolveSrv = (hostname: string): Promise<RecordResults["SRV"]> => resolve(hostname, "SRV");
export const resolveTxt = (hostname: string): Promise<RecordResults["TXT"]> => resolve(hostname, "TXT");
export const reverse = (address: string): Promise<readonly string[]> =>
  described("getHostByAddr", address, network().dns.reverse(address));
export const getServers = (): readonly string[] => network().dns.servers;

export default {
  lookup,
  resolve,
  resolve4,
  resolve6,
  resolveCname,
  resolveNs,
  resolvePtr,
  resolveSoa,
  resolveSrv,
  resolveTxt,
  reverse,
  getServers,
};
