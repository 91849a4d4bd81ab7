import {
  emitSackHeader,
  emitTcpOptions,
  MAX_SACK_BLOCKS,
  SACK_BLOCK_LENGTH,
  sackLength,
  TIMESTAMPS_HEADER,
  TIMESTAMPS_PADDED,
  tcpOptionsLength,
} from "../wire/tcp-options.ts";
import type { TcpConnection } from "./connection.ts";
import { DUPLICATE, TIMESTAMPS } from "./extras.ts";
import { SYN_SENT } from "./state.ts";
import { timestampAt } from "./timestamps.ts";

/** The window scale is offered, or accepted when it was (RFC 7323 2.2). */
export function emitSynOptions(c: TcpConnection, into: Uint8Array, at: number): number {
  const options = {
    mss: c.env.mss,
    windowScale: c.scaleOffered ? c.rcvShift : -1,
    sackPermitted: c.state === SYN_SENT || c.sackOk,
    timestamps: c.ts !== undefined,
    tsVal: c.ts === undefined ? 0 : timestampAt(c.ts.offset, c.env.now),
    tsEcr: c.ts === undefined ? 0 : c.ts.recent,
  };
  emitTcpOptions(into, at, options);
  return tcpOptionsLength(options);
}

/** Timestamps first, where the peer's header prediction looks for them, then SACK. */
export function emitExtras(c: TcpConnection, into: Uint8Array, view: DataView, at: number, dataLength: number): number {
  let length = 0;
  if ((c.extras & TIMESTAMPS) !== 0) {
    const ts = c.ts!;
    view.setInt32(at, TIMESTAMPS_HEADER);
    view.setInt32(at + 4, timestampAt(ts.offset, c.env.now));
    view.setInt32(at + 8, ts.recent);
    length = TIMESTAMPS_PADDED;
  }
  if (c.sackOk && (c.ranges !== undefined || (c.extras & DUPLICATE) !== 0)) {
    // What is left of 40 bytes.
    const most = length === 0 ? MAX_SACK_BLOCKS : MAX_SACK_BLOCKS - 1;
    length += emitSack(c, into, view, at + length, dataLength, most);
  }
  return length;
}

/**
 * Which data came twice (RFC 2883 4). Then which data out of order has arrived, the range that grew last first (RFC 2018 4). Of many ranges the others take turns,
 * so that the sender hears of each even when ACKs are lost. Left out where full segments leave no room.
 */
function emitSack(
  c: TcpConnection,
  into: Uint8Array,
  view: DataView,
  at: number,
  dataLength: number,
  most: number,
): number {
  const ranges = c.ranges;
  const count = ranges === undefined ? 0 : ranges.count;
  const duplicates = (c.extras & DUPLICATE) !== 0 ? 1 : 0;
  const blocks = count + duplicates < most ? count + duplicates : most;
  if (blocks === 0) return 0;
  const length = sackLength(blocks);
  if (dataLength + length > c.mss) return 0;
  emitSackHeader(into, at, blocks);
  if (duplicates > 0) {
    view.setInt32(at + 4, c.duplicateStart);
    view.setInt32(at + 8, c.duplicateEnd);
  }
  if (ranges === undefined || blocks === duplicates) return length;
  let first = 0;
  while (first + 1 < count && ((ranges.start(first + 1) - c.sackLast) | 0) <= 0) first++;
  let turn = count > blocks ? c.sackTurn : 0;
  for (
    let block = duplicates, to = at + 4 + duplicates * SACK_BLOCK_LENGTH;
    block < blocks;
    block++, to += SACK_BLOCK_LENGTH
  ) {
    let index = first;
    if (block > duplicates) {
      turn = (turn + 1) % count;
      if (turn === first) turn = (turn + 1) % count;
      index = turn;
    } else {
      turn = count > blocks ? turn : first;
    }
    view.setInt32(to, ranges.start(index));
    view.setInt32(to + 4, ranges.end(index));
  }
  c.sackTurn = turn;
  return length;
}
