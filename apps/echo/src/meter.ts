/** What went through in one direction, or both. Counting costs two additions; the rest is done once a second. */
export interface Counts {
  bytesIn: number;
  bytesOut: number;
  /** Datagrams that came, and that did not come back. */
  datagrams: number;
  lost: number;
  /** Milliseconds from datagram to answer, summed. */
  waited: number;
}

const NOTHING: Counts = { bytesIn: 0, bytesOut: 0, datagrams: 0, lost: 0, waited: 0 };

/** Counts, and says in words what happened since it was last asked. Times are arguments, milliseconds. */
export class Meter {
  readonly total: Counts = { ...NOTHING };
  readonly #began: number;
  #last: Counts = { ...NOTHING };
  #lastAt: number;

  /** @param began what the seconds of its lines are counted from */
  constructor(now: number, began = now) {
    this.#began = began;
    this.#lastAt = now;
  }

  /** The line of the time since the last one: `   3 s   84.1 MB/s in   84.1 MB/s out`; `undefined` when nothing happened. */
  line(now: number): string | undefined {
    const since = subtract(this.total, this.#last);
    const seconds = (now - this.#lastAt) / 1000;
    this.#last = { ...this.total };
    this.#lastAt = now;
    const second = `${Math.round((now - this.#began) / 1000)} s`.padStart(6);
    return since.bytesIn + since.bytesOut + since.lost === 0 ? undefined : `${second}  ${rates(since, seconds)}`;
  }

  /** The line of all of it. */
  summary(now: number): string {
    const { bytesIn, bytesOut } = this.total;
    const seconds = (now - this.#began) / 1000;
    return ` total  ${rates(this.total, seconds)}  ${bytes(bytesIn)} in, ${bytes(bytesOut)} out`;
  }
}

function rates({ bytesIn, bytesOut, datagrams, lost, waited }: Counts, seconds: number): string {
  const streams = `${bytes(bytesIn / seconds).padStart(9)}/s in ${bytes(bytesOut / seconds).padStart(9)}/s out`;
  if (waited + lost === 0) return datagrams === 0 ? streams : `${streams}  ${datagrams} datagrams`;
  const trip = datagrams === 0 ? "  no round trip" : `  round trip ${(waited / datagrams).toFixed(3)} ms`;
  return `${streams}  ${datagrams} datagrams, ${lost} lost${trip}`;
}

function subtract(from: Counts, what: Counts): Counts {
  return {
    bytesIn: from.bytesIn - what.bytesIn,
    bytesOut: from.bytesOut - what.bytesOut,
    datagrams: from.datagrams - what.datagrams,
    lost: from.lost - what.lost,
    waited: from.waited - what.waited,
  };
}

/** `84.1 MB`, decimal as networks count. */
export function bytes(count: number): string {
  if (count < 1000) return `${Math.round(count)} B`;
  if (count < 1_000_000) return `${(count / 1000).toFixed(1)} KB`;
  return count < 1_000_000_000 ? `${(count / 1_000_000).toFixed(1)} MB` : `${(count / 1_000_000_000).toFixed(2)} GB`;
}
