import { seededRng } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { NtpClient, SAMPLE_INTERVAL } from "../../src/ntp/client.ts";
import type { NtpFields } from "../../src/wire/ntp.ts";

const SERVER = 9;

/** A client whose clock is 1,000 s past 1970 at 0, and a server that is `ahead` of it. */
class Network {
  now = 0;
  ahead = 5000;
  readonly sent: { high: number; low: number; at: number }[] = [];
  readonly client: NtpClient;

  constructor(samples = 1) {
    const rng = seededRng(1);
    this.client = new NtpClient({
      server: SERVER,
      samples,
      random: () => rng.uint32(),
      wall: (now) => 1_000_000 + now,
      now: 0,
    });
  }

  run(milliseconds: number): void {
    const end = this.now + milliseconds;
    while (this.client.pollAt() <= end) {
      this.now = Math.max(this.now, this.client.pollAt());
      this.client.dispatch(this.now, (high, low) => void this.sent.push({ high, low, at: this.now }));
    }
    this.now = end;
  }

  /** The last question took `there` and the answer `back` milliseconds; the server thought for 10. */
  answer(there: number, back: number, change: Partial<NtpFields> = {}, from = { address: SERVER, port: 123 }): boolean {
    const { high, low, at } = this.sent.at(-1)!;
    const receive = 1_000_000 + at + there + this.ahead;
    this.run(there + 10 + back - (this.now - at));
    const fields: NtpFields = {
      leap: 0,
      version: 4,
      mode: 4,
      stratum: 2,
      rootDelay: 10,
      rootDispersion: 5,
      reference: 0,
      originHigh: high,
      originLow: low,
      receive,
      transmit: receive + 10,
      ...change,
    };
    return this.client.process(fields, from.address, from.port, this.now);
  }
}

describe("NTP client", () => {
  it("measures offset and delay: exactly over a symmetric path, half of the asymmetry wrong over another", () => {
    const network = new Network();
    network.run(0);
    expect(network.answer(20, 20)).toBe(true);
    expect(network.client).toMatchObject({
      done: true,
      failure: undefined,
      best: { offset: 5000, delay: 40 },
      stratum: 2,
    });
    const skewed = new Network();
    skewed.ahead = -70;
    skewed.run(0);
    skewed.answer(0, 30);
    expect(skewed.client.best).toEqual({ offset: -85, delay: 30 });
  });
  it("takes the sample with the least delay, of questions two seconds apart", () => {
    const network = new Network(3);
    network.run(0);
    network.answer(50, 10);
    network.run(SAMPLE_INTERVAL);
    network.answer(5, 5);
    network.run(SAMPLE_INTERVAL);
    network.answer(10, 50);
    expect(network.client).toMatchObject({ done: true, best: { offset: 5000, delay: 10 } });
    expect(network.sent[1]!.at - network.sent[0]!.at).toBeGreaterThanOrEqual(SAMPLE_INTERVAL);
  });
  it("asks again, each time in other words, with pauses that double, and gives up", () => {
    const network = new Network();
    network.run(60_000);
    expect(network.sent.map(({ at }) => at)).toEqual([0, 1000, 3000, 7000]);
    expect(new Set(network.sent.map(({ high, low }) => `${high} ${low}`)).size).toBe(4);
    expect(network.client).toMatchObject({ done: true, failure: "ETIMEDOUT" });
  });
  it("is content with fewer samples when the server falls silent", () => {
    const network = new Network(4);
    network.run(0);
    network.answer(5, 5);
    network.run(60_000);
    expect(network.client).toMatchObject({ done: true, failure: undefined, best: { offset: 5000 } });
  });
  it("drops what is no answer to its last question, and takes each answer once", () => {
    const network = new Network(2);
    network.run(0);
    expect(network.answer(1, 1, { originHigh: 1 })).toBe(false);
    expect(network.answer(1, 1, { mode: 3 })).toBe(false);
    expect(network.answer(1, 1, {}, { address: 8, port: 123 })).toBe(false);
    expect(network.answer(1, 1, {}, { address: SERVER, port: 124 })).toBe(false);
    expect(network.answer(1, 1)).toBe(true);
    expect(network.answer(1, 1)).toBe(false);
    expect(network.client.dropped).toBe(5);
  });
  it("does not believe servers whose clock is wrong or that do not know the time", () => {
    const network = new Network();
    network.run(0);
    expect(network.answer(1, 1, { leap: 3 })).toBe(false);
    expect(network.answer(1, 1, { stratum: 16 })).toBe(false);
    expect(network.answer(1, 1, { rootDispersion: 2000 })).toBe(false);
    expect(network.answer(1, 1, { receive: Number.NaN })).toBe(false);
    expect(network.answer(1, 1, { transmit: 1 })).toBe(false);
    expect(network.client.best).toBeUndefined();
  });
  it("stays away when told to, and asks less often when told so", () => {
    const denied = new Network();
    denied.run(0);
    denied.answer(1, 1, { stratum: 0, reference: 0x44454e59 });
    expect(denied.client).toMatchObject({ done: true, failure: "ECONNREFUSED" });
    const slowed = new Network();
    slowed.run(0);
    slowed.answer(1, 1, { stratum: 0, reference: 0x52415445 });
    slowed.run(4 * SAMPLE_INTERVAL - 1);
    expect(slowed.sent).toHaveLength(1);
    slowed.run(1);
    expect(slowed.sent).toHaveLength(2);
  });
});
