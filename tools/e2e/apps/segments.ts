// The native helpers for TCP segments against what they mean, frame by frame: prints SUCCESS when both always agree.
import type { ByteHelpers, Device, SegmentHelpers } from "@soloist/interface";
import { run } from "@soloist/runtime";
import { seededRng, segmentHelpers } from "@soloist/testing";

const bytes: Device<ByteHelpers> = { manifest: [], parameters: [], open: (host) => host.bytes };
const rng = seededRng(7);
const below = (limit: number): number => rng.uint32() % limit;

/** As a stack prepares them: of random bytes, but for what says that it is TCP. */
function headersOf(version: 4 | 6): Uint8Array {
  const headers = Uint8Array.from({ length: version === 4 ? 54 : 74 }, () => below(256));
  headers.set(version === 4 ? [8, 0, 0x45] : [0x86, 0xdd, 0x60], 12);
  headers[version === 4 ? 23 : 20] = 6;
  if (version === 4) headers.fill(0, 20, 22);
  return headers;
}

/** What a call returns, or the name of what it throws. */
function outcome(f: () => number): number | string {
  try {
    return f();
  } catch (error) {
    return (error as Error).name;
  }
}

run([bytes], async (native) => {
  const failures: string[] = [];
  const verdicts = new Map<number | string, number>();
  /** Calls both; their outcome and what they left in `into` have to be the same. */
  const both = <T extends Uint8Array | Int32Array>(
    name: string,
    make: () => T,
    call: (helpers: SegmentHelpers, into: T) => number,
  ): T => {
    const [wanted, got] = [make(), make()];
    const expected = outcome(() => call(segmentHelpers, wanted));
    const actual = outcome(() => call(native, got));
    if (actual !== expected || got.join() !== wanted.join()) failures.push(`${name}: ${actual}, not ${expected}`);
    verdicts.set(`${name} ${expected}`, (verdicts.get(`${name} ${expected}`) ?? 0) + 1);
    return got;
  };

  for (let round = 0; round < 3000; round++) {
    const version = below(2) === 0 ? 4 : 6;
    const headers = headersOf(version);
    const ring = Uint8Array.from({ length: 1 << below(9) }, () => below(256));
    const at = below(3);
    const length = below(ring.length + (below(10) === 0 ? 2 : 1));
    const control = ((below(20) === 0 ? 4 : 5 + below(3)) << 28) | below(2 ** 28);
    const seq = rng.uint32() | 0;
    const partial = below(8) === 0;
    const frame = both(
      "emit",
      () => new Uint8Array(400).fill(0x01),
      (helpers, into) =>
        Number(helpers.emitSegment(into, at, headers, 0, ring, seq, ~seq, control, length, partial) > 0),
    );
    const total = headers.length - 20 + (control >>> 28) * 4 + length;
    // Now and then a byte changes, or the end is missing.
    if (below(3) === 0) frame[at + below(90)] = below(256);
    const view = new DataView(headers.buffer);
    const fields = () => {
      const before = new Int32Array(16);
      before[0] = view.getInt32(0);
      before[1] = view.getUint16(4);
      before[2] = view.getInt32(30);
      return before;
    };
    const size = below(10) === 0 ? below(420) : total;
    const trusted = below(3) === 0;
    both("parse", fields, (helpers, into) => helpers.parseSegment(frame, at, size, trusted, into));
  }
  for (const wanted of ["emit 1", "emit RangeError", "parse 0", "parse 4", "parse 6", "parse RangeError"]) {
    if (!((verdicts.get(wanted) ?? 0) >= 10)) failures.push(`${wanted}: ${verdicts.get(wanted) ?? 0} times only`);
  }
  console.log(failures.length === 0 ? "SUCCESS" : failures.slice(0, 10).join("\n"));
});
