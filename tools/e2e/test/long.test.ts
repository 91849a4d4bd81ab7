// What takes long on real clocks: an upload of 20 minutes each way, and a window that stays closed for an hour, in both roles.
// By hand: SOLOIST_LONG=1; SOLOIST_LONG=0.01 takes a hundredth of the times.
import { setTimeout as sleep } from "node:timers/promises";
import { client, GUEST, namespacesMissing, peerStatus, serves } from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

const share = Number(process.env.SOLOIST_LONG ?? 0);
const missing = namespacesMissing() ?? (share > 0 ? undefined : "an hour long; SOLOIST_LONG=1 runs it");
const UPLOAD = 20 * 60 * (share || 1);
const CLOSED = 3600 * (share || 1);
/** Bytes a second: more than 2^32 within the 20 minutes, so that sequence numbers go around. */
const RATE = 4_000_000;
/**
 * Segments that the image may send from the middle of that time to its last quarter: RFC 9293 3.8.6.1 lets the intervals of
 * probes grow exponentially; and to be asked for its status takes it some.
 */
const PROBES = 12 + CLOSED / 60;

interface Outcome {
  readonly sent?: number;
  readonly received: number;
  readonly wrong: number;
  readonly info: string;
}

const suffix = missing ? ` (skipped: ${missing})` : "";

const options = { concurrent: true, timeout: 300_000 + 2000 * CLOSED };

describe.skipIf(missing !== undefined)(`for a long time${suffix}`, options, () => {
  async function patiently(verb: string, seconds: number, rate = 0) {
    await using server = await serves("tools/e2e/apps/peer.ts", "spt");
    const ended = client<Outcome>(server.net, "patient", [GUEST, verb, seconds, rate]);
    ended.catch(() => {});
    await sleep(seconds * 500);
    const before = await peerStatus(server.net);
    await sleep(seconds * 250);
    const after = await peerStatus(server.net);
    const outcome = await ended;
    const segments = after.tcp.sent! - before.tcp.sent!;
    console.log(`${verb}, ${seconds} s: ${outcome.received} bytes; ${segments} segments in a quarter; ${outcome.info}`);
    return { outcome, segments, failures: (await peerStatus(server.net)).failures };
  }

  it(`${UPLOAD} s of nothing but Linux's upload: every byte arrives`, async () => {
    const { outcome } = await patiently("upload", UPLOAD, RATE);
    expect(outcome).toMatchObject({ received: outcome.sent, wrong: -1 });
    expect(outcome.received).toBeGreaterThan((RATE * UPLOAD) / 4);
  });

  it(`${UPLOAD} s of nothing but the image's upload: every byte arrives`, async () => {
    const { outcome } = await patiently("download", UPLOAD, RATE);
    expect(outcome.wrong).toBe(-1);
    expect(outcome.received).toBeGreaterThan((RATE * UPLOAD) / 4);
  });

  it(`the image's window is closed for ${CLOSED} s: Linux's bytes arrive afterwards`, async () => {
    const { outcome, segments } = await patiently("closed", CLOSED);
    expect(segments).toBeLessThan(PROBES);
    expect(outcome).toMatchObject({ sent: 1_000_000, received: 1_000_000, wrong: -1 });
    expect(outcome.info).toMatch(/timer:\(persist/);
  });

  it(`Linux's window is closed for ${CLOSED} s: the image probes it, and goes on`, async () => {
    const { outcome, segments, failures } = await patiently("stopped", CLOSED);
    expect(segments).toBeLessThan(PROBES);
    expect(outcome.received).toBeGreaterThanOrEqual(1_000_000);
    expect(outcome.wrong).toBe(-1);
    expect(failures.ETIMEDOUT ?? 0).toBe(0);
  });
});
