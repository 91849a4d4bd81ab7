import { describe, expect, test } from "vitest";
import { inMain } from "../machine.ts";

describe("mutex", () => {
  test("one at a time, in the order of asking", async () => {
    const order = await inMain(async ({ createMutex, scope, sleep }) => {
      const mutex = createMutex();
      const order: string[] = [];
      await scope((s) => {
        for (const name of ["a", "b", "c"]) {
          s.background(async () => {
            using _lock = await mutex.lock();
            order.push(`${name} in`);
            await sleep(10);
            order.push(`${name} out`);
          });
        }
      });
      return [...order, mutex.isLocked];
    });
    expect(order).toEqual(["a in", "a out", "b in", "b out", "c in", "c out", false]);
  });

  test("is unlocked when its holder throws", async () => {
    const isLocked = await inMain(async ({ createMutex }) => {
      const mutex = createMutex();
      await (async () => {
        using _lock = await mutex.lock();
        throw new Error("inside");
      })().catch(() => {});
      return mutex.isLocked;
    });
    expect(isLocked).toBe(false);
  });

  test("someone who gives up waiting does not get it", async () => {
    const result = await inMain(({ createMutex, scope, sleep }) =>
      scope(async (s) => {
        const mutex = createMutex();
        const held = await mutex.lock();
        const waiting = s.spawn(({ signal }) => mutex.lock({ signal }));
        await sleep(1);
        waiting.cancel();
        held[Symbol.dispose]();
        held[Symbol.dispose]();
        const next = mutex.tryLock();
        return [next !== undefined, mutex.tryLock()];
      }),
    );
    expect(result).toEqual([true, undefined]);
  });
});

describe("semaphore", () => {
  test("so many at a time", async () => {
    const most = await inMain(async ({ createSemaphore, scope, sleep }) => {
      const semaphore = createSemaphore(3);
      let inside = 0;
      let most = 0;
      await scope((s) => {
        for (let index = 0; index < 20; index++) {
          s.background(async () => {
            using _place = await semaphore.acquire();
            most = Math.max(most, ++inside);
            await sleep(index % 4);
            inside--;
          });
        }
      });
      return [most, semaphore.available];
    });
    expect(most).toEqual([3, 3]);
  });

  test.each([0, -1, 1.5])("%s places are refused", async (places) => {
    await expect(inMain(({ createSemaphore }) => createSemaphore(places))).rejects.toThrow(RangeError);
  });
});

describe("condition", () => {
  test("waits without the lock and goes on with it", async () => {
    const order = await inMain(async ({ createMutex, createCondition, scope, sleep }) => {
      const mutex = createMutex();
      const changed = createCondition(mutex);
      const queue: number[] = [];
      const order: unknown[] = [];
      await scope(async (s) => {
        s.background(async () => {
          let lock = await mutex.lock();
          while (queue.length === 0) lock = await changed.wait(lock);
          order.push(queue.shift(), lock.isHeld, mutex.isLocked);
          lock[Symbol.dispose]();
        });
        await sleep(5);
        using _lock = await mutex.lock();
        queue.push(7);
        changed.notify();
      });
      return order;
    });
    expect(order).toEqual([7, true, true]);
  });

  test("notifyAll wakes everybody, notify one", async () => {
    const counts = await inMain(async ({ createMutex, createCondition, scope, sleep }) => {
      const mutex = createMutex();
      const changed = createCondition(mutex);
      let woken = 0;
      const counts: number[] = [];
      await scope(async (s) => {
        for (let index = 0; index < 4; index++) {
          s.background(async () => {
            const lock = await changed.wait(await mutex.lock());
            woken++;
            lock[Symbol.dispose]();
          });
        }
        await sleep(1);
        changed.notify();
        await sleep(1);
        counts.push(woken);
        changed.notifyAll();
        await sleep(1);
        counts.push(woken);
      });
      return counts;
    });
    expect(counts).toEqual([1, 4]);
  });

  test("a lock that is not held is refused: EPERM", async () => {
    const attempt = inMain(async ({ createMutex, createCondition }) => {
      const mutex = createMutex();
      const lock = await mutex.lock();
      lock[Symbol.dispose]();
      await createCondition(mutex).wait(lock);
    });
    await expect(attempt).rejects.toMatchObject({ code: "EPERM" });
  });
});
