import { randomInt } from "node:crypto";
import { AddressError } from "@soloist/net";
import { refuse, report, settings } from "../machine.ts";
import type { PortMapping } from "../settings.ts";

type Protocol = PortMapping["protocol"];

const LOOPBACK = "127.0.0.1";
const FIRST_EPHEMERAL = 49_152;
/** Below it ports belong to root: 80 becomes 8080, 443 becomes 8443. */
const FIRST_FREE = 1024;
const SHIFT = 8000;
/** How many ports of the host are tried for one that nobody asked for. */
const TRIES = 20;

const taken = { tcp: new Map<number, Binding>(), udp: new Map<number, Binding>() };

/** A port of the app. `bound`: the host's, once it is open. */
export interface Binding {
  readonly guest: number;
  readonly bound: Promise<PortMapping>;
  release(): void;
}

/**
 * Takes a port of the app, 0 for any, and opens one of the host for it.
 *
 * @param open opens a port of the host and resolves to its number, or rejects as `listen` does
 * @param isPublic whether peers look for it: then it is announced, and keeps its place in each run
 * @throws AddressError `EADDRINUSE` when the app has it already
 */
export function bindPort(
  protocol: Protocol,
  port: number,
  isPublic: boolean,
  open: (address: string, port: number) => Promise<number>,
): Binding {
  const guest = port === 0 ? anyPort(protocol) : port;
  if (taken[protocol].has(guest)) throw new AddressError("EADDRINUSE", `port ${guest} is in use`);
  const asked = settings.ports.find((one) => one.protocol === protocol && one.guest === guest);
  const bound = openHost(protocol, guest, asked, port === 0 || (settings.anyPort && asked === undefined), open);
  const binding = { guest, bound, release: () => void taken[protocol].delete(guest) };
  taken[protocol].set(guest, binding);
  if (isPublic) void bound.then((mapping) => report({ type: "listening", ...mapping }));
  return binding;
}

/** Where the host has a port that the app listens to. */
export function hostOf(protocol: Protocol, guest: number): Promise<PortMapping> | undefined {
  return taken[protocol].get(guest)?.bound;
}

async function openHost(
  protocol: Protocol,
  guest: number,
  asked: PortMapping | undefined,
  isAny: boolean,
  open: (address: string, port: number) => Promise<number>,
): Promise<PortMapping> {
  const address = asked?.address ?? LOOPBACK;
  const first = asked?.host ?? (isAny ? 0 : guest < FIRST_FREE ? guest + SHIFT : guest);
  for (let port = first; ; port++) {
    try {
      return { protocol, address, host: await open(address, port), guest };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "EADDRINUSE" && asked === undefined && port - first < TRIES && port < 65_535) continue;
      const hint = `choose another, for example -p ${Math.min(first + 1, 65_534)}:${guest}`;
      if (code === "EADDRINUSE") refuse(`port ${port} of this host is in use: ${hint}`);
      if (code === "EACCES") {
        refuse(`port ${port} may not be opened by this user: choose one above 1023, for example -p 8080:${guest}`);
      }
      refuse(`port ${port} of this host: ${message}`);
    }
  }
}

function anyPort(protocol: Protocol): number {
  for (;;) {
    const port = randomInt(FIRST_EPHEMERAL, 65_536);
    if (!taken[protocol].has(port)) return port;
  }
}
