import type { TcpConnection } from "./connection.ts";
import { ECN, SLOWED } from "./extras.ts";

/**
 * Congestion control that a connection may choose. All are slow start, congestion avoidance, and a reduction at each loss
 * event; they differ in how far they go down, and how they come up again.
 */
export type CongestionName = "newReno" | "cubic" | "westwood";

/** RFC 9438 4.6 and 5: multiplicative decrease, and the constant of the cubic (segments a second cubed). */
const CUBIC_BETA = 0.7;
const CUBIC_C = 0.4;
/** RFC 9438 4.3. */
const CUBIC_ALPHA = (3 * (1 - CUBIC_BETA)) / (1 + CUBIC_BETA);
/** Weight of a new round trip in the smoothed rate: single round trips, whose ACKs bunch, show more than the path gives. */
const RATE_GAIN = 0.25;
/** The same of one that shows less: it may have been spent on a repair, or had little to send. */
const RATE_LOSS = 0.1;
/** Round trips that a maximum of the delivery rate lasts: between one and two times this many. */
const RATE_ROUNDS = 10;

/** RFC 9438 4.1: windows in segments, times in seconds. */
export interface Cubic {
  wMax: number;
  k: number;
  /** Milliseconds; -1: no congestion avoidance since the last reduction. */
  epoch: number;
  origin: number;
  estimate: number;
  /** Window before the last reduction. */
  prior: number;
}

/** A round trip of `sample` milliseconds delivered `bytes`. */
export function noteRate(c: TcpConnection, bytes: number, sample: number): void {
  // Answered within the poll that sent it: shorter than what can be measured, and no shortest round trip to reckon with.
  if (sample <= 0) return;
  if (sample < c.minRtt) c.minRtt = sample;
  if (bytes <= 0) return;
  const sampled = bytes / sample;
  const rate = c.rate > 0 ? c.rate + (sampled > c.rate ? RATE_GAIN : RATE_LOSS) * (sampled - c.rate) : sampled;
  c.rate = rate;
  if (rate > c.rateNow) c.rateNow = rate;
  if (++c.rateRounds >= RATE_ROUNDS) {
    c.rateRounds = 0;
    c.rateBefore = c.rateNow;
    c.rateNow = 0;
  }
}

/** A loss event with `flight` bytes outstanding: sets ssthresh. */
export function reduceThreshold(c: TcpConnection, flight: number): void {
  const least = 2 * c.mss;
  let threshold = flight >> 1;
  if (c.congestion === "cubic") {
    threshold = (flight * CUBIC_BETA) | 0;
    reduceCubic(c, flight);
  } else if (c.congestion === "westwood") {
    // What the path has shown to deliver in a round trip without queues: a loss that was not caused by a full queue then
    // costs nothing, and one that was brings the queue down to nothing.
    const rate = c.rateNow > c.rateBefore ? c.rateNow : c.rateBefore;
    const share = rate > 0 ? Math.ceil(rate * c.minRtt) : 0;
    if (share > threshold) threshold = share;
  }
  c.ssthresh = threshold > least ? threshold : least;
  // Whatever the reason, the peer hears that we have slowed down (RFC 3168 6.1.2).
  if ((c.extras & ECN) !== 0) c.extras |= SLOWED;
}

function reduceCubic(c: TcpConnection, flight: number): void {
  const window = flight / c.mss;
  const cubic = c.cubic;
  if (cubic === undefined) {
    c.cubic = { wMax: window, k: 0, epoch: -1, origin: 0, estimate: 0, prior: window };
    return;
  }
  // Fast convergence (RFC 9438 4.7): a smaller peak than the last means that others want a share.
  cubic.wMax = window < cubic.wMax ? (window * (1 + CUBIC_BETA)) / 2 : window;
  cubic.prior = window;
  cubic.epoch = -1;
}

/** Congestion avoidance: `acked` bytes arrived while the window was used up. */
export function avoid(c: TcpConnection, acked: number, now: number): void {
  if (c.congestion === "cubic") {
    avoidCubic(c, acked, now);
    return;
  }
  c.cwndAcked += acked;
  if (c.cwndAcked >= c.cwnd) {
    c.cwndAcked -= c.cwnd;
    c.cwnd += c.mss;
  }
}

/** RFC 9438 4.2 to 4.5. */
function avoidCubic(c: TcpConnection, acked: number, now: number): void {
  const mss = c.mss;
  const window = c.cwnd / mss;
  c.cubic ??= { wMax: window, k: 0, epoch: -1, origin: 0, estimate: 0, prior: window };
  const cubic = c.cubic;
  if (cubic.epoch < 0) {
    cubic.epoch = now;
    cubic.estimate = window;
    cubic.origin = Math.max(cubic.wMax, window);
    cubic.k = Math.cbrt((cubic.origin - window) / CUBIC_C);
  }
  const alpha = cubic.estimate >= cubic.prior ? 1 : CUBIC_ALPHA;
  cubic.estimate += (alpha * (acked / mss)) / window;
  const t = (now - cubic.epoch + (c.srtt > 0 ? c.srtt : 0)) / 1000 - cubic.k;
  let target = cubic.origin + CUBIC_C * t * t * t;
  if (target < window) target = window;
  else if (target > 1.5 * window) target = 1.5 * window;
  let next = window + ((target - window) / window) * (acked / mss);
  if (cubic.estimate > next) next = cubic.estimate;
  c.cwnd = (next * mss) | 0;
}
