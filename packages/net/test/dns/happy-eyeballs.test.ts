import { describe, expect, it } from "vitest";
import { ATTEMPT_DELAY, HappyEyeballs, MAX_CANDIDATES, RESOLUTION_DELAY } from "../../src/dns/happy-eyeballs.ts";

/** Runs the machine until `end` and says when it tried what. */
function run(eyeballs: HappyEyeballs, from: number, end: number): string[] {
  const tried: string[] = [];
  for (let now = from; now <= end; now = eyeballs.pollAt()) {
    for (let next = eyeballs.dispatch(now); next; next = eyeballs.dispatch(now)) tried.push(`${now} ${next.address}`);
  }
  return tried;
}

describe("happy eyeballs (RFC 8305)", () => {
  it("try one address each 250 ms, the families in turn, the preferred one first", () => {
    const eyeballs = new HappyEyeballs([6, 4]);
    eyeballs.resolved(6, ["a6", "b6", "c6"], 0);
    eyeballs.resolved(4, ["a4"], 0);
    expect(run(eyeballs, 0, 5000)).toEqual(["0 a6", `${ATTEMPT_DELAY} a4`, "500 b6", "750 c6"]);
  });
  it("wait 50 ms for the preferred family when the other one is known first", () => {
    const eyeballs = new HappyEyeballs([6, 4]);
    eyeballs.resolved(4, ["a4"], 10);
    expect(eyeballs.pollAt()).toBe(10 + RESOLUTION_DELAY);
    eyeballs.resolved(6, ["a6"], 20);
    expect(run(eyeballs, 20, 5000)).toEqual(["20 a6", "270 a4"]);
  });
  it("go ahead without it after that, and take it in when it comes", () => {
    const eyeballs = new HappyEyeballs([6, 4]);
    eyeballs.resolved(4, ["a4", "b4"], 10);
    expect(run(eyeballs, 60, 100)).toEqual(["60 a4"]);
    eyeballs.resolved(6, ["a6"], 100);
    expect(run(eyeballs, 100, 5000)).toEqual(["310 a6", "560 b4"]);
  });
  it("do not wait for a family that has no addresses", () => {
    const eyeballs = new HappyEyeballs([6, 4]);
    eyeballs.resolved(6, [], 0);
    eyeballs.resolved(4, ["a4"], 5);
    expect(eyeballs.pollAt()).toBe(5);
  });
  it("try the next address at once when one has failed, and are exhausted after the last", () => {
    const eyeballs = new HappyEyeballs([4]);
    eyeballs.resolved(4, ["a", "b"], 0);
    expect(eyeballs.dispatch(0)?.address).toBe("a");
    expect(eyeballs.dispatch(0)).toBeUndefined();
    eyeballs.failed(10);
    expect(eyeballs.dispatch(10)?.address).toBe("b");
    expect(eyeballs.exhausted).toBe(false);
    eyeballs.failed(20);
    expect(eyeballs.exhausted).toBe(true);
  });
  it("are not exhausted while an answer is to come", () => {
    const eyeballs = new HappyEyeballs([6, 4]);
    eyeballs.resolved(4, ["a4"], 0);
    expect(eyeballs.dispatch(RESOLUTION_DELAY)?.address).toBe("a4");
    eyeballs.failed(60);
    expect(eyeballs.exhausted).toBe(false);
    eyeballs.resolved(6, ["a6"], 100);
    expect(eyeballs.dispatch(100)?.address).toBe("a6");
  });
  it(`try ${MAX_CANDIDATES} addresses at most`, () => {
    const eyeballs = new HappyEyeballs([4]);
    eyeballs.resolved(
      4,
      Array.from({ length: 50 }, (_, index) => `${index}`),
      0,
    );
    expect(run(eyeballs, 0, 60_000)).toHaveLength(MAX_CANDIDATES);
  });
});
