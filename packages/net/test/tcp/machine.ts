import { byteHelpers } from "@soloist/testing";
import { RingPool } from "../../src/tcp/buffers.ts";
import { openActive, openPassive, type TcpOptionsOfUser } from "../../src/tcp/calls.ts";
import { createTcpCounters, TcpConnection, type TcpEnvironment } from "../../src/tcp/connection.ts";
import { dispatch, onTimer, type SegmentSink } from "../../src/tcp/dispatch.ts";
import { DUPLICATE } from "../../src/tcp/extras.ts";
import { processFast, SLOW } from "../../src/tcp/fast-path.ts";
import { process } from "../../src/tcp/process.ts";
import { STATE_NAMES } from "../../src/tcp/state.ts";
import { ACK_NUMBER, DATA_AT, DATA_LENGTH, SEGMENT_FIELDS, SEQ, WINDOW_FIELD } from "../../src/wire/segment-fields.ts";
import { ACK, CWR, createTcpSegment, ECE, ECT, FIN, PSH, RST, SYN, type TcpSegment } from "../../src/wire/tcp.ts";

/** Our and the peer's initial sequence numbers. */
export const ISS = 1000;
export const IRS = 5000;
export const MSS = 1460;

const FLAG_NAMES: [number, string][] = [
  [SYN, "SYN"],
  [FIN, "FIN"],
  [RST, "RST"],
  [PSH, "PSH"],
  [ACK, "ACK"],
  [ECE, "ECE"],
  [CWR, "CWR"],
  [ECT, "ECT"],
];

export function flagNames(flags: number): string {
  return FLAG_NAMES.filter(([bit]) => (flags & bit) !== 0)
    .map(([, name]) => name)
    .join(",");
}

/** A segment that was sent; numbers relative to the initial ones. */
export interface Sent {
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
}

/** A connection on its own: what it sends is kept, time is set by hand. */
export class Machine {
  readonly c: TcpConnection;
  now = 0;
  challenges = 100;
  sent: Sent[] = [];
  windows: number[] = [];
  /** Of each ACK that reported one: the data that came twice, relative. */
  duplicates: [number, number][] = [];
  events = 0;
  full = false;
  /** What the device cuts into segments, bytes. */
  large = 0;
  /** Try header prediction first, as the stack does. */
  fast = false;
  fastTaken = 0;
  readonly iss: number;
  readonly irs: number;
  readonly #sink: SegmentSink;

  constructor(iss = ISS, irs = IRS, limit = 65_535) {
    this.iss = iss;
    this.irs = irs;
    const machine = this;
    const env: TcpEnvironment = {
      bytes: byteHelpers,
      pool: new RingPool(1 << 24, 0),
      counters: createTcpCounters(),
      mss: MSS,
      mayChallenge: () => this.challenges-- > 0,
      park: () => {},
      get now() {
        return machine.now;
      },
      get large() {
        return machine.large;
      },
    };
    this.c = new TcpConnection(env, 1, 80, 2, 4000);
    this.options = {
      receiveLimit: limit,
      sendLimit: 65_536,
      noDelay: true,
      keepAlive: 0,
      congestion: "newReno",
      userTimeout: 0,
      receiveLimitMax: limit,
      sendLimitMax: 65_536,
      timestamps: false,
      ecn: 1,
    };
    this.#sink = {
      segment: (c, seq, flags, window, length) => {
        if (this.full) return false;
        const ack = (flags & ACK) !== 0 ? (c.rcvNxt - this.irs) | 0 : 0;
        this.sent.push({ flags: flagNames(flags), seq: (seq - this.iss) | 0, ack, length });
        this.windows.push(window);
        if ((c.extras & DUPLICATE) !== 0) {
          this.duplicates.push([(c.duplicateStart - this.irs) | 0, (c.duplicateEnd - this.irs) | 0]);
        }
        return true;
      },
    };
  }

  options: TcpOptionsOfUser;

  get state(): string {
    return STATE_NAMES[this.c.state]!;
  }

  /** Dispatches and returns what was sent since the last time. */
  flush(): Sent[] {
    dispatch(this.c, this.now, this.#sink);
    const { sent } = this;
    this.sent = [];
    return sent;
  }

  /** A segment of the peer; `seq` and `ack` relative. Returns what we send in answer. */
  receive(
    flags: number,
    seq: number,
    ack: number,
    {
      length = 0,
      window = 65_535,
      mss = 0,
      scale = -1,
      fill = 1,
      sack = [] as [number, number][],
      sackPermitted = false,
      /** TSval and TSecr. */
      stamp = undefined as [number, number] | undefined,
      marked = false,
    } = {},
  ): Sent[] {
    const segment: TcpSegment = createTcpSegment();
    segment.flags = flags;
    segment.seq = (this.irs + seq) | 0;
    segment.ack = (flags & ACK) !== 0 ? (this.iss + ack) | 0 : 0;
    segment.window = window;
    segment.mss = mss;
    segment.windowScale = scale;
    segment.sackPermitted = sackPermitted;
    segment.marked = marked;
    if (stamp !== undefined) {
      segment.timestamps = true;
      segment.tsVal = stamp[0];
      segment.tsEcr = stamp[1];
    }
    segment.bytes = new Uint8Array(length + 3 + 8 * sack.length).fill(fill);
    segment.dataAt = 3;
    segment.sackAt = length + 3;
    segment.sackCount = sack.length;
    const view = new DataView(segment.bytes.buffer);
    for (const [index, [start, end]] of sack.entries()) {
      view.setInt32(segment.sackAt + 8 * index, (this.iss + start) | 0);
      view.setInt32(segment.sackAt + 8 * index + 4, (this.iss + end) | 0);
    }
    segment.dataLength = length;
    const fields = new Int32Array(SEGMENT_FIELDS);
    fields[SEQ] = segment.seq;
    fields[ACK_NUMBER] = segment.ack;
    fields[WINDOW_FIELD] = window;
    fields[DATA_AT] = segment.dataAt;
    fields[DATA_LENGTH] = length;
    const fast = this.fast && (flags & ~PSH) === ACK ? processFast(this.c, segment.bytes, fields, this.now) : SLOW;
    if (fast !== SLOW) this.fastTaken++;
    this.events = fast !== SLOW ? fast : process(this.c, segment, this.now);
    return this.flush();
  }

  /** Time passes; returns what the timers send. */
  pass(milliseconds: number): Sent[] {
    const end = this.now + milliseconds;
    const sent: Sent[] = [];
    for (;;) {
      const next = Math.min(this.c.rtoAt, this.c.ackAt);
      if (next > end) break;
      this.now = Math.max(this.now, next);
      this.events |= onTimer(this.c, this.now);
      sent.push(...this.flush());
    }
    this.now = end;
    return sent;
  }
}

export function synSent(iss = ISS, irs = IRS): Machine {
  const machine = new Machine(iss, irs);
  openActive(machine.c, iss, machine.options);
  machine.flush();
  return machine;
}

/** A connection that was opened with `change` to its options, by a SYN-ACK with `flags` and `answer`. */
export function opened(
  change: Partial<TcpOptionsOfUser>,
  flags: number,
  answer: NonNullable<Parameters<Machine["receive"]>[3]>,
): Machine {
  const machine = new Machine();
  machine.options = { ...machine.options, ...change };
  machine.now = 100;
  openActive(machine.c, ISS, machine.options, OFFSET);
  machine.flush();
  machine.receive(flags, 0, 1, { mss: MSS, ...answer });
  return machine;
}

/** A connection that a SYN with `flags` has begun; `sent` has the answer. */
export function passive(change: Partial<TcpOptionsOfUser>, flags: number): Machine {
  const machine = new Machine();
  machine.options = { ...machine.options, ...change };
  const said = { mss: MSS, windowScale: -1, sackPermitted: false, timestamps: false, tsVal: 0, tsEcr: 0 };
  openPassive(machine.c, ISS, machine.options, { ...said, seq: IRS, window: 65_535, flags }, 0);
  machine.sent = machine.flush();
  return machine;
}

/** Of our timestamps. */
export const OFFSET = 7000;

export function synReceived(iss = ISS, irs = IRS, limit = 65_535, sack = false): Machine {
  const machine = new Machine(iss, irs, limit);
  openPassive(
    machine.c,
    iss,
    machine.options,
    {
      seq: irs,
      window: 65_535,
      mss: MSS,
      windowScale: -1,
      sackPermitted: sack,
      timestamps: false,
      tsVal: 0,
      tsEcr: 0,
      flags: SYN,
    },
    machine.now,
  );
  machine.flush();
  return machine;
}

export function established(iss = ISS, irs = IRS, limit = 65_535, sack = false): Machine {
  const machine = synReceived(iss, irs, limit, sack);
  machine.receive(ACK, 1, 1);
  return machine;
}
