import { describe, expect, it } from "vitest";
import { Driver, deadline } from "../../src/sockets/driver.ts";

describe("driver", () => {
  it("runs a machine when its time has come, and says when that is", () => {
    const driver = new Driver();
    const ran: number[] = [];
    let at = 10;
    driver.add({
      pollAt: () => at,
      dispatch(now) {
        ran.push(now);
        at = now + 5;
      },
    });
    expect(driver.poll(0)).toBe(10);
    expect(driver.poll(12)).toBe(17);
    expect(ran).toEqual([12]);
  });
  it("asks its machines only when something is due, or after wake", () => {
    const driver = new Driver();
    let asked = 0;
    let at = 100;
    let woken = 0;
    driver.attach({ wake: () => void woken++ });
    driver.add({
      pollAt: () => {
        asked++;
        return at;
      },
      dispatch: () => {},
    });
    driver.poll(0);
    const before = asked;
    for (let now = 1; now < 50; now++) expect(driver.poll(now)).toBe(100);
    expect(asked).toBe(before);
    at = 60;
    driver.wake();
    expect(woken).toBe(2);
    expect(driver.poll(50)).toBe(60);
  });
  it("calls a deadline once, and not when it was removed", () => {
    const driver = new Driver();
    let passed = 0;
    deadline(driver, 10, () => passed++);
    driver.remove(deadline(driver, 10, () => (passed += 100)));
    driver.poll(5);
    expect(passed).toBe(0);
    driver.poll(10);
    expect(driver.poll(11)).toBe(Number.POSITIVE_INFINITY);
    expect(passed).toBe(1);
  });
  it("lets a machine that another one gave work run without waiting", () => {
    const driver = new Driver();
    let second = Number.POSITIVE_INFINITY;
    let ran = false;
    driver.add({
      pollAt: () => second,
      dispatch: () => {
        ran = true;
        second = Number.POSITIVE_INFINITY;
      },
    });
    deadline(driver, 10, () => {
      second = 10;
    });
    expect(driver.poll(10)).toBe(10);
    driver.poll(10);
    expect(ran).toBe(true);
  });
});
