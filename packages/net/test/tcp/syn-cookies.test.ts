import { seededRng } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { COOKIE_PERIOD, SynCookies } from "../../src/tcp/syn-cookies.ts";

const syn = { mss: 1400, windowScale: 7, sackPermitted: true };

describe("SYN cookies", () => {
  it("bring back what the SYN said; the segment size rounded down", () => {
    const cookies = new SynCookies(seededRng(1));
    for (const windowScale of [-1, 0, 7, 14]) {
      for (const [mss, kept] of [
        [0, 536],
        [536, 536],
        [1400, 1220],
        [1460, 1460],
        [9000, 1460],
      ] as const) {
        for (const sackPermitted of [false, true]) {
          const cookie = cookies.make(1, 2, 3, 4, { mss, windowScale, sackPermitted }, 1000);
          expect(cookies.check(1, 2, 3, 4, cookie, 1000)).toEqual({ mss: kept, windowScale, sackPermitted });
        }
      }
    }
  });
  it("are good for one period, and for no other ends, number, options or secret", () => {
    const cookies = new SynCookies(seededRng(1));
    const cookie = cookies.make(1, 2, 3, 4, syn, COOKIE_PERIOD - 1);
    expect(cookies.check(1, 2, 3, 4, cookie, 2 * COOKIE_PERIOD - 1)).toBeDefined();
    expect(cookies.check(1, 2, 3, 4, cookie, 2 * COOKIE_PERIOD)).toBeUndefined();
    expect(cookies.check(9, 2, 3, 4, cookie, COOKIE_PERIOD)).toBeUndefined();
    expect(cookies.check(1, 9, 3, 4, cookie, COOKIE_PERIOD)).toBeUndefined();
    expect(cookies.check(1, 2, 9, 4, cookie, COOKIE_PERIOD)).toBeUndefined();
    expect(cookies.check(1, 2, 3, 9, cookie, COOKIE_PERIOD)).toBeUndefined();
    expect(cookies.check(1, 2, 3, 4, cookie ^ (1 << 27), COOKIE_PERIOD)).toBeUndefined();
    expect(new SynCookies(seededRng(2)).check(1, 2, 3, 4, cookie, COOKIE_PERIOD)).toBeUndefined();
  });
});
