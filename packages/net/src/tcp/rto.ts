import type { TcpConnection } from "./connection.ts";
import { PTO_DELAY, RTO_INITIAL, RTO_MAX, RTO_MIN } from "./limits.ts";

/** Takes one measured round trip (milliseconds) into SRTT, RTTVAR and RTO: RFC 6298 2.2, 2.3; ends any backoff. */
export function measureRoundTrip(c: TcpConnection, sample: number): void {
  let srtt = c.srtt;
  let rttvar: number;
  if (srtt < 0) {
    srtt = sample;
    rttvar = sample / 2;
  } else {
    const error = srtt - sample;
    rttvar = 0.75 * c.rttvar + 0.25 * (error < 0 ? -error : error);
    srtt = 0.875 * srtt + 0.125 * sample;
  }
  c.srtt = srtt;
  c.rttvar = rttvar;
  setRto(c, srtt, rttvar);
}

function setRto(c: TcpConnection, srtt: number, rttvar: number): void {
  const spread = 4 * rttvar;
  let rto = srtt + (spread > RTO_MIN ? spread : RTO_MIN);
  if (rto > RTO_MAX) rto = RTO_MAX;
  c.rto = rto;
  const pto = 2 * srtt + PTO_DELAY;
  c.pto = pto < rto && c.sackOk ? pto : rto;
}

/** The RTO as measured, without backoff. */
export function restoreRto(c: TcpConnection): void {
  if (c.srtt < 0) {
    c.rto = RTO_INITIAL;
    c.pto = RTO_INITIAL;
    return;
  }
  setRto(c, c.srtt, c.rttvar);
}

/** RFC 6298 5.5. Karn: stays until a segment that was sent once has been measured. */
export function backOff(c: TcpConnection): void {
  c.rto = Math.min(c.rto * 2, RTO_MAX);
  c.pto = c.rto;
}
