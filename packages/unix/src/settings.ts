/** What `soloist dev` and `soloist test` tell a machine that is played by Node.js, and what it tells them. */

/** A port of the app and where the host has it. */
export interface PortMapping {
  readonly protocol: "tcp" | "udp";
  /** Address of the host. */
  readonly address: string;
  readonly host: number;
  readonly guest: number;
}

/** A cable between the app's own stack and the gateway that plays the host's part. */
export interface LinkSettings {
  /** Shares of frames that are lost, and that get one bit flipped, 0 to 1, each way. */
  readonly drop: number;
  readonly corrupt: number;
  /** One way, milliseconds. */
  readonly delay: number;
  /** Decides which frames are hit. */
  readonly seed: number;
  /** File that all frames are written to. */
  readonly pcap?: string;
}

export interface Settings {
  /** The command line of the image. */
  readonly commandLine: string;
  /** Ports that were asked for; others are mapped as they are listened to. */
  readonly ports: readonly PortMapping[];
  /** Any free port of the host for each port that is listened to. For tests. */
  readonly anyPort: boolean;
  /** Files of block devices, by name or in the manifest's order. */
  readonly blocks: readonly { readonly name?: string; readonly value: string }[];
  /** With a link the app keeps its own stack; without, sockets of the host take its place. */
  readonly link?: LinkSettings;
}

/** Messages of the machine to whoever started it, over Node.js's IPC. */
export type Report =
  | { readonly type: "booted" }
  | ({ readonly type: "listening" } & PortMapping)
  /** A clock or randomness was read while the top level was evaluated. */
  | { readonly type: "top-level"; readonly api: string; readonly stack: string }
  /** The machine cannot be as asked; it ends with `code`. */
  | { readonly type: "failed"; readonly message: string; readonly code: number };

/** Message that asks the machine to close its sockets and end. */
export const STOP = "stop";
/** Environment variable with {@link Settings} as JSON. */
export const SETTINGS_VARIABLE = "SOLOIST_UNIX";

const DEFAULTS: Settings = { commandLine: "", ports: [], anyPort: false, blocks: [] };

export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const text = environment[SETTINGS_VARIABLE];
  return text === undefined ? DEFAULTS : { ...DEFAULTS, ...(JSON.parse(text) as Partial<Settings>) };
}
