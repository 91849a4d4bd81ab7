import type { TcpConnection } from "./connection.ts";

const imul = Math.imul;

/**
 * Connections by their addresses and ports. The hot path looks into `map` itself, under
 * `imul(remoteAddress, multiplier) ^ (remotePort << 16 | localPort)`: a call costs as much as the look-up.
 */
export class ConnectionTable {
  /** Those with the same key are chained by `next`. */
  readonly map: Map<number, TcpConnection> = new Map();
  /** Secret and odd, so that strangers cannot make chains long. */
  readonly multiplier: number;
  count = 0;

  constructor(multiplier: number) {
    this.multiplier = multiplier | 1;
  }

  find(localAddress: number, localPort: number, remoteAddress: number, remotePort: number): TcpConnection | undefined {
    let c = this.map.get(this.#key(remoteAddress, remotePort, localPort));
    while (
      c !== undefined &&
      (c.remoteAddress !== remoteAddress ||
        c.remotePort !== remotePort ||
        c.localPort !== localPort ||
        c.localAddress !== localAddress)
    ) {
      c = c.next;
    }
    return c;
  }

  insert(c: TcpConnection): void {
    const key = this.#key(c.remoteAddress, c.remotePort, c.localPort);
    c.next = this.map.get(key);
    this.map.set(key, c);
    this.count++;
  }

  /** False: it was not there. */
  remove(c: TcpConnection): boolean {
    const key = this.#key(c.remoteAddress, c.remotePort, c.localPort);
    const head = this.map.get(key);
    if (head === c) {
      if (c.next !== undefined) this.map.set(key, c.next);
      else this.map.delete(key);
    } else {
      let before = head;
      while (before !== undefined && before.next !== c) before = before.next;
      if (before === undefined) return false;
      before.next = c.next;
    }
    c.next = undefined;
    this.count--;
    return true;
  }

  #key(remoteAddress: number, remotePort: number, localPort: number): number {
    return imul(remoteAddress, this.multiplier) ^ ((remotePort << 16) | localPort);
  }
}
