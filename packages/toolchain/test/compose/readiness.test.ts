import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createReadiness, LONGEST_WAIT_MS } from "../../src/compose/readiness.ts";

describe("an app that others depend on", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const create = () => {
    const said: string[] = [];
    const log = (name: string) => ({ note: (text: string) => void said.push(`${name}: ${text}`) });
    const links = createReadiness("links", log("links"));
    const end = new AbortController();
    let isBooted = false;
    void links.awaited(log("front"), end.signal).then(() => {
      isBooted = true;
    });
    return { links, said, end, isBooted: () => isBooted };
  };

  it("holds them back until it listens, and they say whom they wait for", async () => {
    const { links, said, isBooted } = create();
    links.booted();
    await vi.advanceTimersByTimeAsync(LONGEST_WAIT_MS - 1);
    expect(isBooted()).toBe(false);
    expect(said).toEqual(["front: waits for links to say that it listens"]);
    links.listens();
    await vi.advanceTimersByTimeAsync(0);
    expect(isBooted()).toBe(true);
    await vi.advanceTimersByTimeAsync(LONGEST_WAIT_MS);
    expect(said).toHaveLength(1);
  });

  it("that never listens lets them go after a while, with a line that says so", async () => {
    const { links, said, isBooted } = create();
    await vi.advanceTimersByTimeAsync(2 * LONGEST_WAIT_MS);
    expect(isBooted(), "it has not booted itself").toBe(false);
    links.booted();
    await vi.advanceTimersByTimeAsync(LONGEST_WAIT_MS);
    expect(isBooted()).toBe(true);
    expect(said.at(-1)).toBe("links: has not said within 60 s that it listens; what depends on it boots now");
  });

  it("lets them go when all ends, and at once when it listens already", async () => {
    const { links, said, end, isBooted } = create();
    end.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(isBooted()).toBe(true);
    links.listens();
    await links.awaited({ note: () => expect.fail("nothing to wait for") }, new AbortController().signal);
    expect(said).toEqual([]);
  });
});
