import type { TcpConnection } from "./connection.ts";
import { PTO_DELAY, RTO_INITIAL, RTO_MAX, RTO_MIN } from "./limits.ts";

/** Takes one measured round trip (milliseconds) into SRTT, RTTVAR and RTO: RFC 6298 2.2, 2.3; ends any backoff. */
export function measureRoundTrip(c: TcpConnection, sample: number): void {
  if (c.srtt < 0) {
    c.srtt = sample;
    c.rttvar = sample / 2;
  } else {
    const error = c.srtt - sample;
    c.rttvar = 0.75 * c.rttvar + 0.25 * (error < 0 ? -error : error);
    c.srtt = 0.875 * c.srtt + 0.125 * sample;
  }
  restoreRto(c);
}

/** The RTO as measured, without backoff. */
export function restoreRto(c: TcpConnection): void {
  if (c.srtt < 0) {
    c.rto = RTO_INITIAL;
    c.pto = RTO_INITIAL;
    return;
  }
  const spread = 4 * c.rttvar;
  const rto = c.srtt + (spread > RTO_MIN ? spread : RTO_MIN);
  c.rto = rto < RTO_MAX ? rto : RTO_MAX;
  const pto = 2 * c.srtt + PTO_DELAY;
  c.pto = c.sackOk && pto < c.rto ? pto : c.rto;
}

/** RFC 6298 5.5. Karn: stays until a segment that was sent once has been measured. */
export function backOff(c: TcpConnection): void {
  c.rto = Math.min(c.rto * 2, RTO_MAX);
  c.pto = c.rto;
}
