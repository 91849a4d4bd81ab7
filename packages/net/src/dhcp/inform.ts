import { ACK, createDhcpMessage, type DhcpMessage, INFORM, OP_REPLY } from "../wire/dhcpv4.ts";
import type { DhcpSink } from "./client.ts";

/** What a server tells hosts whose address is their own. Addresses are int32. */
export interface Information {
  readonly dns: readonly number[];
  readonly ntp: readonly number[];
  /** "" when the server has no name for us. */
  readonly hostName: string;
  readonly domainName: string;
}

const FIRST_RETRY = 500;
/** 0.5 + 1 + 2 + 4 + 8 s: whoever answers at all has done so by then. */
const MAX_TRIES = 5;

/** Asks for what beside an address DHCP servers know (RFC 2131 3.4, 4.4.3). A machine; times are milliseconds. */
export class DhcpInform {
  information: Information | undefined;
  readonly #mac: Uint8Array;
  readonly #address: number;
  readonly #hostName: string;
  readonly #transaction: number;
  readonly #startedAt: number;
  #tries = 0;
  #nextAt: number;

  /** @param address ours @param random 32 random bits */
  constructor(mac: Uint8Array, address: number, random: () => number, hostName: string, now: number) {
    this.#mac = mac;
    this.#address = address;
    this.#transaction = random() | 0;
    this.#hostName = hostName;
    this.#startedAt = now;
    this.#nextAt = now;
  }

  pollAt(): number {
    return this.#nextAt;
  }

  /** A message arrived at port 68. True: `information` is there. */
  process(message: DhcpMessage): boolean {
    if (this.information !== undefined || message.op !== OP_REPLY || message.type !== ACK) return false;
    if (message.transaction !== this.#transaction || this.#tries === 0) return false;
    for (let index = 0; index < 6; index++) if (message.mac[index] !== this.#mac[index]) return false;
    const { dns, ntp, hostName, domainName } = message;
    this.information = { dns, ntp, hostName, domainName };
    this.#nextAt = Number.POSITIVE_INFINITY;
    return true;
  }

  dispatch(now: number, sink: DhcpSink): void {
    if (now < this.#nextAt) return;
    if (this.#tries === MAX_TRIES) {
      this.#nextAt = Number.POSITIVE_INFINITY;
      return;
    }
    const message = createDhcpMessage();
    message.type = INFORM;
    message.transaction = this.#transaction;
    message.seconds = Math.min(Math.floor((now - this.#startedAt) / 1000), 0xffff);
    message.mac = this.#mac;
    message.hostName = this.#hostName;
    message.clientAddress = this.#address;
    sink(message, 0);
    this.#nextAt = now + FIRST_RETRY * 2 ** this.#tries++;
  }
}
