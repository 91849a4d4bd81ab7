import { type Cidr, parseAddress, parseCidr, parseIpv6 } from "@soloist/net/dns";

/** A network: its address's bytes (4 or 16) and the length of its prefix. */
export interface Network {
  readonly bytes: Uint8Array;
  readonly prefix: number;
}

/** `10.0.0.0/8`, `fd00::/8`; `undefined` for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const v4: Cidr | undefined = parseCidr(text);
  if (v4 !== undefined) return { bytes: bytesOf(v4.address), prefix: v4.prefix };
  const [address = "", prefix = "", ...rest] = text.split("/");
  const bytes = parseIpv6(address);
  if (bytes === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > 128)
    return undefined;
  return { bytes, prefix: Number(prefix) };
}

/** Nobody on the Internet has these: RFC 1918, 6598, 3927, 1122, 4193, 4291. */
export const OWN_NETWORKS: readonly Network[] = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "127.0.0.0/8",
  "fc00::/7",
  "fe80::/10",
  "::1/128",
].map((text) => parseNetwork(text)!);

/** The bytes of an address written as text; `undefined`: it is none. */
export function addressBytes(text: string): Uint8Array | undefined {
  const address = parseAddress(text);
  return address === undefined ? parseIpv6(text) : bytesOf(address);
}

function bytesOf(address: number): Uint8Array {
  return Uint8Array.of(address >>> 24, (address >> 16) & 255, (address >> 8) & 255, address & 255);
}

export function isIn(networks: readonly Network[], address: Uint8Array): boolean {
  return networks.some(({ bytes, prefix }) => {
    if (bytes.length !== address.length) return false;
    const whole = prefix >> 3;
    for (let index = 0; index < whole; index++) if (bytes[index] !== address[index]) return false;
    const mask = 0xff00 >> (prefix & 7);
    return (prefix & 7) === 0 || ((bytes[whole]! ^ address[whole]!) & mask & 0xff) === 0;
  });
}

interface Client {
  readonly own: boolean;
  /** Replies that it may have at once. */
  tokens: number;
  filledAt: number;
  /** Queries beyond its rate. */
  over: number;
}

/** Clients that are remembered. A stranger who invents more of them loses nothing but the memory of the oldest. */
const MAX_CLIENTS = 4096;

export type Verdict = "serve" | "refuse" | "truncate" | "drop";

/** Who may ask, and how often: a bucket of one second's replies for each address. */
export class Clients {
  readonly #byAddress = new Map<string, Client>();
  readonly #networks: readonly Network[];
  readonly #rate: number;

  /** @param rate replies a second that one client may have over UDP */
  constructor(networks: readonly Network[], rate: number) {
    this.#networks = networks;
    this.#rate = rate;
  }

  get size(): number {
    return this.#byAddress.size;
  }

  /**
   * What a query from `address` deserves. Beyond the rate every second one is told to come over TCP, where an address cannot be
   * forged, and the others are dropped: a flood in somebody else's name brings that somebody less than it cost. Refusals
   * count as replies.
   */
  judge(address: string, stream: boolean, now: number): Verdict {
    let client = this.#byAddress.get(address);
    if (client === undefined) {
      const bytes = addressBytes(address);
      client = { own: bytes !== undefined && isIn(this.#networks, bytes), tokens: this.#rate, filledAt: now, over: 0 };
      if (this.#byAddress.size >= MAX_CLIENTS) this.#byAddress.delete(this.#byAddress.keys().next().value!);
      this.#byAddress.set(address, client);
    }
    if (!stream) {
      client.tokens = Math.min(this.#rate, client.tokens + ((now - client.filledAt) / 1000) * this.#rate);
      client.filledAt = now;
      if (client.tokens < 1) return client.own && (client.over++ & 1) === 1 ? "truncate" : "drop";
      client.tokens--;
    }
    return client.own ? "serve" : "refuse";
  }
}
