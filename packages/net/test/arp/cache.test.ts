import { describe, expect, it } from "vitest";
import { ArpCache, DOUBT_INTERVAL, MAX_NEIGHBOURS, REACHABLE_TIME } from "../../src/arp/cache.ts";
import { type ArpFields, OPERATION_REPLY, OPERATION_REQUEST } from "../../src/wire/arp.ts";

const OURS = 1;

function from(address: number, low: number, operation: 1 | 2 = OPERATION_REQUEST, target = OURS): ArpFields {
  return {
    operation,
    senderHigh: 0x200,
    senderLow: low,
    senderAddress: address,
    targetHigh: 0,
    targetLow: 0,
    targetAddress: target,
  };
}

function asked(cache: ArpCache<string>, now: number): number[] {
  const addresses: number[] = [];
  cache.dispatch(now, (neighbour) => void addresses.push(neighbour.address));
  return addresses;
}

describe("ARP cache", () => {
  it("asks for an unknown neighbour once a second, three times, and then reports it", () => {
    const cache = new ArpCache<string>();
    cache.resolve(9, 0).waiters.push("someone");
    expect(asked(cache, 0)).toEqual([9]);
    expect(asked(cache, 500)).toEqual([]);
    expect(cache.pollAt()).toBe(1000);
    expect(asked(cache, 1000)).toEqual([9]);
    expect(asked(cache, 2000)).toEqual([9]);
    expect(cache.dispatch(3000, () => {})?.waiters).toEqual(["someone"]);
    expect(cache.size).toBe(0);
    expect(cache.pollAt()).toBe(Number.POSITIVE_INFINITY);
  });
  it("an answer resolves, and hands over who waited", () => {
    const cache = new ArpCache<string>();
    cache.resolve(9, 0).waiters.push("someone");
    expect(cache.process(from(9, 42, OPERATION_REPLY), OURS, 1)?.low).toBe(42);
    expect(cache.resolve(9, 2).resolved).toBe(true);
    expect(cache.asking).toBe(false);
  });
  it("learns who asks for us, and nobody else", () => {
    const cache = new ArpCache<string>();
    cache.process(from(9, 42), OURS, 0);
    cache.process(from(8, 41, OPERATION_REQUEST, 77), OURS, 0);
    cache.process(from(7, 40, OPERATION_REPLY), OURS, 0);
    cache.process(from(0, 39), OURS, 0);
    expect(cache.size).toBe(1);
    expect(cache.resolve(9, 1).resolved).toBe(true);
  });
  it("asks again after a minute of use, and keeps using what it knew meanwhile", () => {
    const cache = new ArpCache<string>();
    cache.process(from(9, 42), OURS, 0);
    expect(cache.resolve(9, REACHABLE_TIME - 1).resolved).toBe(true);
    expect(cache.asking).toBe(false);
    expect(cache.resolve(9, REACHABLE_TIME).resolved).toBe(true);
    expect(asked(cache, REACHABLE_TIME)).toEqual([9]);
    cache.process(from(9, 42, OPERATION_REPLY), OURS, REACHABLE_TIME + 1);
    expect(cache.asking).toBe(false);
  });
  it("one that TCP doubts is asked at once, and its MAC used meanwhile; an answer confirms it, and rules doubts out for a while", () => {
    const cache = new ArpCache<string>();
    cache.process(from(9, 42), OURS, 0);
    cache.doubt(9, 1000);
    expect(asked(cache, 1000)).toEqual([9]);
    expect(cache.resolve(9, 1001)).toMatchObject({ resolved: true, low: 42 });
    cache.process(from(9, 42, OPERATION_REPLY), OURS, 1002);
    for (let now = 1003; now < 1000 + DOUBT_INTERVAL; now += 100) cache.doubt(9, now);
    expect(cache.asking).toBe(false);
    cache.doubt(9, 1000 + DOUBT_INTERVAL);
    expect(asked(cache, 1000 + DOUBT_INTERVAL)).toEqual([9]);
  });
  it("doubts make no entries, and do not begin a question anew", () => {
    const cache = new ArpCache<string>();
    cache.doubt(9, 0);
    expect(cache.size).toBe(0);
    cache.resolve(9, 0);
    expect(asked(cache, 0)).toEqual([9]);
    cache.doubt(9, 10);
    expect(asked(cache, 10)).toEqual([]);
    expect(cache.pollAt()).toBe(1000);
  });
  it("a changed MAC ends what was prepared with the old one", () => {
    const cache = new ArpCache<string>();
    cache.process(from(9, 42), OURS, 0);
    const { epoch } = cache;
    cache.process(from(9, 42), OURS, 1);
    expect(cache.epoch).toBe(epoch);
    cache.process(from(9, 43), OURS, 2);
    expect(cache.epoch).not.toBe(epoch);
  });
  it("holds a bounded number", () => {
    const cache = new ArpCache<string>();
    for (let address = 10; address < 10 + 3 * MAX_NEIGHBOURS; address++) cache.process(from(address, address), OURS, 0);
    expect(cache.size).toBe(MAX_NEIGHBOURS);
  });

  it("a flood of requests from strangers does not make it forget whom we talk to", () => {
    const cache = new ArpCache<string>();
    cache.resolve(9, 0);
    cache.process(from(9, 42, OPERATION_REPLY), OURS, 1);
    const { epoch } = cache;
    for (let stranger = 1000; stranger < 1000 + 4 * MAX_NEIGHBOURS; stranger++) {
      cache.process(from(stranger, stranger), OURS, 2);
    }
    expect(cache.size).toBe(MAX_NEIGHBOURS);
    expect(cache.resolve(9, 3)).toMatchObject({ resolved: true, low: 42 });
    expect(cache.epoch).toBe(epoch);
  });
  it("nor do addresses that nobody has; and who waited for one of those is told when it has to go", () => {
    const cache = new ArpCache<string>();
    cache.resolve(9, 0);
    cache.process(from(9, 42, OPERATION_REPLY), OURS, 1);
    for (let nobody = 1000; nobody < 1000 + MAX_NEIGHBOURS; nobody++) {
      const neighbour = cache.resolve(nobody, 2);
      neighbour.waiters.push(`waits for ${nobody}`);
      cache.keep(neighbour, new Uint8Array(1));
    }
    expect(cache.resolve(9, 3)).toMatchObject({ resolved: true, low: 42 });
    expect(cache.size).toBe(MAX_NEIGHBOURS);
    expect(cache.pollAt()).toBe(0);
    const told = cache.dispatch(3, () => {});
    expect(told?.waiters).toEqual(["waits for 1000"]);
    expect(cache.takePending(told!).length).toBe(1);
  });
});
