import { describe, expect, it } from "vitest";
import { Answers } from "../../src/server/answers.ts";
import { MINUTES, Statistics } from "../../src/server/statistics.ts";
import { Top } from "../../src/server/top.ts";

const MINUTE = 60_000;

describe("the last hour", () => {
  it("is counted by minutes, oldest first", () => {
    const statistics = new Statistics();
    statistics.query("a", false, 0);
    statistics.query("b", true, MINUTE);
    statistics.query("b", true, MINUTE);
    const minutes = statistics.minutes(3 * MINUTE);
    expect(minutes).toHaveLength(MINUTES);
    expect(minutes.slice(-4)).toEqual([
      { queries: 1, blocked: 0 },
      { queries: 2, blocked: 2 },
      { queries: 0, blocked: 0 },
      { queries: 0, blocked: 0 },
    ]);
  });

  it("forgets what is older, after an hour of silence all of it", () => {
    const statistics = new Statistics();
    statistics.query("a", false, 0);
    expect(statistics.minutes(59 * MINUTE)[0]).toEqual({ queries: 1, blocked: 0 });
    expect(statistics.minutes(60 * MINUTE).every(({ queries }) => queries === 0)).toBe(true);
    statistics.query("a", false, 1000 * MINUTE);
    expect(statistics.minutes(1000 * MINUTE).at(-1)).toEqual({ queries: 1, blocked: 0 });
  });
});

describe("the top", () => {
  it("has the most frequent names, in bounded memory, whatever else comes by", () => {
    const top = new Top(10);
    for (let index = 0; index < 5000; index++) {
      top.count("often");
      if (index % 2 === 0) top.count("half");
      top.count(`once${index}`);
    }
    const list = top.list(100);
    expect(list.length).toBeLessThanOrEqual(10);
    expect(list.slice(0, 2).map(({ name }) => name)).toEqual(["often", "half"]);
    expect(list[0]!.count).toBeLessThanOrEqual(5000);
  });
});

describe("answers", () => {
  const answer = (key: string, length = 100, expiresAt = 1000) => ({
    key,
    name: key,
    type: 1,
    rcode: 0,
    blocked: false,
    bytes: new Uint8Array(length),
    ttlOffsets: [],
    storedAt: 0,
    expiresAt,
    retryAt: 0,
    hits: 0,
  });

  it("take no more than they may; those that are used stay", () => {
    const answers = new Answers(10_000, 0);
    answers.put(answer("used"));
    for (let index = 0; index < 100; index++) {
      answers.put(answer(`other${index}`));
      // Each eighth use counts.
      for (let use = 0; use < 8; use++) answers.get("used", 0);
    }
    expect(answers.bytes).toBeLessThanOrEqual(10_000);
    expect(answers.size).toBeLessThan(25);
    expect(answers.get("used", 0)).toBeDefined();
    expect(answers.get("other0", 0)).toBeUndefined();
  });

  it("do not take one that would leave no room for others", () => {
    const answers = new Answers(10_000, 0);
    answers.put(answer("large", 5000));
    expect(answers.size).toBe(0);
  });

  it("that have expired are kept for a while, then given back", () => {
    const answers = new Answers(10_000, 5000);
    answers.put(answer("a"));
    expect(answers.get("a", 5999)).toBeDefined();
    expect(answers.get("a", 6000)).toBeUndefined();
    expect(answers.bytes).toBe(0);
  });
});
