import { UsageError } from "../errors.ts";

/** A port of the host that is forwarded to one of the guest. */
export interface PortForward {
  readonly protocol: "tcp" | "udp";
  /** Address of the host; the loopback interface unless another is asked for. */
  readonly address: string;
  readonly host: number;
  readonly guest: number;
}

/** `[ADDRESS:]HOST:GUEST[/udp]` */
export function parsePortForward(text: string): PortForward {
  const match = /^(?:([\d.]+):)?(\d+):(\d+)(?:\/(tcp|udp))?$/.exec(text);
  if (!match) throw new UsageError(`-p ${text}: expected HOST:GUEST, as in -p 8080:80`);
  const [, address = "127.0.0.1", host, guest, protocol = "tcp"] = match;
  for (const port of [host, guest]) {
    if (Number(port) < 1 || Number(port) > 65535)
      throw new UsageError(`-p ${text}: ${port} is not a port (1 to 65535)`);
  }
  return { protocol: protocol as "tcp" | "udp", address, host: Number(host), guest: Number(guest) };
}

/** Where a forwarded port is found. Web browsers open what looks like an address; other protocols are named. */
export function formatForward({ protocol, address, host }: PortForward): string {
  const name = address === "127.0.0.1" || address === "0.0.0.0" ? "localhost" : address;
  return protocol === "tcp" ? `http://${name}:${host}/` : `udp://${name}:${host}`;
}

/** What network devices are attached to. */
export type Network =
  | { readonly kind: "user" | "none" }
  | { readonly kind: "tap"; readonly interface: string; readonly device?: string }
  /** A switch of soloist compose: a Unix socket for QEMU, a UDP port of the loopback interface for the tender. */
  | { readonly kind: "stream"; readonly path: string; readonly device: string }
  | { readonly kind: "datagram"; readonly port: number; readonly token: string; readonly device: string };

/** `user`, `none`, `tap:IFACE`, or `DEVICE=tap:IFACE` for an image with several devices. */
export function parseNetwork(text: string): Network {
  if (text === "user" || text === "none") return { kind: text };
  const match = /^(?:([A-Za-z0-9]+)=)?tap:([^\s/,]{1,15})$/.exec(text);
  if (!match) throw new UsageError(`--net ${text}: expected user, none or tap:NAME`);
  return { kind: "tap", interface: match[2]!, ...(match[1] === undefined ? {} : { device: match[1] }) };
}

/** `NAME=VALUE`, or VALUE alone when there is only one device to give it to. */
export function parseAssignment(flag: string, text: string): { readonly name?: string; readonly value: string } {
  const match = /^(?:([A-Za-z0-9]+)=)?(.+)$/.exec(text);
  if (!match) throw new UsageError(`${flag} ${text}: expected NAME=VALUE`);
  return { value: match[2]!, ...(match[1] === undefined ? {} : { name: match[1] }) };
}

export function parseMemory(text: string): number {
  const megabytes = Number(text.replace(/m(b|ib)?$/i, ""));
  if (!Number.isInteger(megabytes) || megabytes < 1 || megabytes > 4096) {
    throw new UsageError(`--mem ${text}: expected a number of megabytes, 1 to 4096`);
  }
  return megabytes;
}

/** Attaches what was asked for to the devices that an image declares: one value for each name. */
export function assign(
  what: string,
  devices: readonly string[],
  given: readonly { readonly name?: string; readonly value: string }[],
): Map<string, string> {
  const attached = new Map<string, string>();
  for (const { name, value } of given) {
    const device = name ?? devices.find((candidate) => !attached.has(candidate));
    if (device === undefined)
      throw new UsageError(`${what}: the image has ${list(devices, "no such device")}, not one more`);
    if (!devices.includes(device))
      throw new UsageError(`${what}: the image has no ${device}, but ${list(devices, "none")}`);
    if (attached.has(device)) throw new UsageError(`${what}: ${device} was given twice`);
    attached.set(device, value);
  }
  return attached;
}

const list = (names: readonly string[], none: string) => (names.length === 0 ? none : names.join(", "));

/** A word as the guest splits its command line: in double quotes when it has spaces or quotes, or is empty. */
export function quoteArgument(word: string): string {
  return word === "" || /[\s"]/.test(word) ? `"${word.replace(/["\\]/g, "\\$&")}"` : word;
}

/** Arguments of the app as one command line. */
export const joinArguments = (words: readonly string[]) => words.map(quoteArgument).join(" ");
