import { describe, expect, it } from "vitest";
import { AddressDefense, ANNOUNCE_INTERVAL, DEFEND_INTERVAL } from "../../src/arp/defense.ts";

function started(replaceable: boolean): AddressDefense {
  const defense = new AddressDefense();
  defense.start(100, replaceable);
  return defense;
}

describe("address defense", () => {
  it("probes and announces at once, announces once more, and is quiet then", () => {
    const defense = started(false);
    expect(defense.pollAt()).toBe(100);
    expect(defense.dispatch(100)).toBe("probe");
    expect(defense.dispatch(100)).toBeUndefined();
    expect(defense.pollAt()).toBe(100 + ANNOUNCE_INTERVAL);
    expect(defense.dispatch(100 + ANNOUNCE_INTERVAL)).toBe("announce");
    expect(defense.pollAt()).toBe(Number.POSITIVE_INFINITY);
  });
  it("an address that can be replaced is given up while it is new", () => {
    expect(started(true).conflict(100 + ANNOUNCE_INTERVAL - 1)).toBe("lose");
  });
  it("later it is defended, and given up upon the second conflict in ten seconds", () => {
    const defense = started(true);
    expect(defense.conflict(5000)).toBe("defend");
    expect(defense.conflict(5000 + DEFEND_INTERVAL)).toBe("defend");
    expect(defense.conflict(5000 + 2 * DEFEND_INTERVAL - 1)).toBe("lose");
  });
  it("an address that cannot be replaced is kept, and defended once in ten seconds", () => {
    const defense = started(false);
    expect(defense.conflict(101)).toBe("defend");
    expect(defense.conflict(102)).toBe("ignore");
    expect(defense.conflict(101 + DEFEND_INTERVAL)).toBe("defend");
  });
});
