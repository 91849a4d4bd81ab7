import { describe, expect, it } from "vitest";
import {
  type Advertised,
  DELAY_FIRST_PROBE,
  DOUBT_INTERVAL,
  MAX_ASKED,
  MAX_NEIGHBOURS,
  MAX_SOLICITATIONS,
  NeighbourCache,
  REACHABLE_TIME,
} from "../../src/ipv6/neighbours.ts";
import { MAX_PENDING } from "../../src/pending-frames.ts";

function create() {
  const held = new Set<number>();
  const asked: string[] = [];
  // A random number in the middle: REACHABLE lasts as long as it says.
  const cache = new NeighbourCache<object>({
    retain: (address) => void held.add(address),
    release: (address) => void held.delete(address),
    random: () => 0x80000000,
  });
  const dispatch = (now: number) =>
    cache.dispatch(now, ({ address }, unicast) => void asked.push(`${address}${unicast ? " unicast" : ""}`));
  return { cache, held, asked, dispatch };
}

const answer = (fields: Partial<Advertised> = {}): Advertised => ({
  hasMac: true,
  high: 2,
  low: 7,
  router: false,
  solicited: true,
  override: true,
  ...fields,
});

describe("neighbour cache", () => {
  it("INCOMPLETE: asks three times a second apart, and gives up", () => {
    const { cache, asked, dispatch, held } = create();
    expect(cache.resolve(5, 0).state).toBe("INCOMPLETE");
    expect(cache.pollAt()).toBe(0);
    for (let time = 0; time < MAX_SOLICITATIONS; time++) expect(dispatch(time * 1000)).toBe(undefined);
    expect(asked).toEqual(["5", "5", "5"]);
    expect(dispatch(3000)?.address).toBe(5);
    expect(cache.size).toBe(0);
    expect(held.size).toBe(0);
    expect(cache.pollAt()).toBe(Number.POSITIVE_INFINITY);
  });
  it("INCOMPLETE: a solicited answer makes REACHABLE, any other STALE, one without a MAC nothing", () => {
    const { cache } = create();
    cache.resolve(5, 0).waiters.push({});
    cache.resolve(6, 0);
    expect(cache.advertised(5, answer({ hasMac: false }), 1).waited).toBe(undefined);
    expect(cache.advertised(5, answer(), 1).waited).toBe(cache.get(5));
    expect(cache.get(5)).toMatchObject({ state: "REACHABLE", high: 2, low: 7, reachableUntil: 1 + REACHABLE_TIME });
    cache.advertised(6, answer({ solicited: false }), 1);
    expect(cache.get(6)!.state).toBe("STALE");
    expect(cache.pollAt()).toBe(Number.POSITIVE_INFINITY);
  });
  it("an answer that nobody asked for makes no entry", () => {
    const { cache } = create();
    cache.advertised(9, answer(), 0);
    expect(cache.size).toBe(0);
  });
  it("REACHABLE ends, use makes DELAY, then PROBE: asked alone, and forgotten when silent", () => {
    const { cache, asked, dispatch } = create();
    cache.resolve(5, 0);
    cache.advertised(5, answer(), 0);
    expect(cache.resolve(5, REACHABLE_TIME - 1).state).toBe("REACHABLE");
    const { epoch } = cache;
    expect(cache.resolve(5, REACHABLE_TIME).state).toBe("DELAY");
    expect(cache.pollAt()).toBe(REACHABLE_TIME + DELAY_FIRST_PROBE);
    const probing = REACHABLE_TIME + DELAY_FIRST_PROBE;
    dispatch(probing);
    expect(cache.get(5)!.state).toBe("PROBE");
    dispatch(probing + 1000);
    dispatch(probing + 2000);
    expect(asked).toEqual(["5 unicast", "5 unicast", "5 unicast"]);
    expect(dispatch(probing + 3000)?.address).toBe(5);
    expect(cache.size).toBe(0);
    expect(cache.epoch).toBeGreaterThan(epoch);
  });
  it("REACHABLE: one that TCP doubts is asked alone at once, and so once in a while only", () => {
    const { cache, asked, dispatch } = create();
    cache.resolve(5, 0);
    cache.advertised(5, answer(), 0);
    expect(cache.doubt(5, 100)?.dueAt).toBe(100);
    dispatch(100);
    expect(asked).toEqual(["5 unicast"]);
    expect(cache.resolve(5, 101)).toMatchObject({ state: "PROBE", low: 7 });
    cache.advertised(5, answer(), 102);
    expect(cache.doubt(5, 99 + DOUBT_INTERVAL)).toBe(undefined);
    expect(cache.get(5)!.state).toBe("REACHABLE");
    expect(cache.doubt(5, 100 + DOUBT_INTERVAL)).toBe(cache.get(5));
    expect(cache.doubt(6, 0)).toBe(undefined);
  });
  it("PROBE: a solicited answer makes REACHABLE again; an unsolicited one does not", () => {
    const { cache, dispatch } = create();
    cache.learn(5, 2, 7, false);
    expect(cache.get(5)!.state).toBe("STALE");
    cache.resolve(5, 0);
    dispatch(DELAY_FIRST_PROBE);
    cache.advertised(5, answer({ solicited: false }), DELAY_FIRST_PROBE + 1);
    expect(cache.get(5)!.state).toBe("PROBE");
    cache.advertised(5, answer({ hasMac: false }), DELAY_FIRST_PROBE + 2);
    expect(cache.get(5)!.state).toBe("REACHABLE");
    expect(cache.pollAt()).toBe(Number.POSITIVE_INFINITY);
  });
  it("another MAC without override is not taken, but doubted; with it, it is, and links are found again", () => {
    const { cache } = create();
    cache.resolve(5, 0);
    cache.advertised(5, answer(), 0);
    const { epoch } = cache;
    cache.advertised(5, answer({ low: 8, override: false }), 1);
    expect(cache.get(5)).toMatchObject({ low: 7, state: "STALE" });
    expect(cache.epoch).toBe(epoch);
    cache.advertised(5, answer({ low: 8 }), 2);
    expect(cache.get(5)).toMatchObject({ low: 8, state: "REACHABLE" });
    expect(cache.epoch).toBeGreaterThan(epoch);
  });
  it("a router that says that it is none is told of", () => {
    const { cache } = create();
    cache.learn(5, 2, 7, true);
    expect(cache.advertised(5, answer({ router: true }), 0).lostRouter).toBe(false);
    expect(cache.advertised(5, answer({ router: false }), 0).lostRouter).toBe(true);
  });
  it("a solicitation with a MAC that is known changes nothing", () => {
    const { cache } = create();
    cache.resolve(5, 0);
    cache.advertised(5, answer(), 0);
    cache.learn(5, 2, 7, false);
    expect(cache.get(5)!.state).toBe("REACHABLE");
    cache.learn(5, 2, 8, false);
    expect(cache.get(5)!.state).toBe("STALE");
  });
  it("is bounded: of strangers the stale ones go, and frames that wait are counted", () => {
    const { cache, held } = create();
    cache.resolve(1, 0);
    cache.advertised(1, answer(), 0);
    for (let address = 2; address < 3 * MAX_NEIGHBOURS; address++) cache.learn(address, 2, address, false);
    expect(cache.size).toBe(MAX_NEIGHBOURS);
    expect(held.size).toBe(MAX_NEIGHBOURS);
    expect(cache.get(1)!.state).toBe("REACHABLE");
    const waiting = cache.resolve(0, 0);
    for (let frame = 0; frame < MAX_PENDING; frame++) expect(cache.keep(waiting, new Uint8Array(1))).toBe(true);
    expect(cache.keep(waiting, new Uint8Array(2))).toBe(false);
    expect(cache.takePending(waiting).length).toBe(MAX_PENDING);
  });

  it("asks a bounded number at once; who waited for one that has to go is told", () => {
    const { cache, dispatch } = create();
    for (let address = 1; address <= 2 * MAX_ASKED; address++) cache.resolve(address, 0).waiters.push({});
    expect(cache.size).toBe(MAX_ASKED);
    expect(cache.get(MAX_ASKED)).toBe(undefined);
    expect(cache.get(MAX_ASKED + 1)?.state).toBe("INCOMPLETE");
    expect(cache.pollAt()).toBe(0);
    const told = new Set<number>();
    for (let silent = dispatch(0); silent !== undefined; silent = dispatch(0)) {
      expect(silent.waiters.length).toBe(1);
      told.add(silent.address);
    }
    expect(told.size).toBe(MAX_ASKED);
    expect(cache.pollAt()).toBe(1000);
  });
  it("those who are to get answers and never say where they are do not push out who was reached", () => {
    const { cache } = create();
    cache.resolve(1, 0);
    cache.advertised(1, answer(), 0);
    for (let address = 2; address < 3 * MAX_NEIGHBOURS; address++)
      cache.keep(cache.resolve(address, 0), new Uint8Array(1));
    expect(cache.size).toBe(MAX_ASKED + 1);
    expect(cache.get(1)?.state).toBe("REACHABLE");
    expect(cache.get(3 * MAX_NEIGHBOURS - 1)?.state).toBe("INCOMPLETE");
  });
});
