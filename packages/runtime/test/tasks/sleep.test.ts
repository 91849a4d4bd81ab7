import { describe, expect, test } from "vitest";
import { inMain } from "../machine.ts";

describe("sleep", () => {
  test("waits for the machine's time, not for ours", async () => {
    const slept = await inMain(async ({ sleep }, { fake }) => {
      const start = fake.time;
      await sleep(3600_000 / 100);
      return fake.time - start;
    });
    expect(slept).toBe(36_000);
  });

  test("rejects with the signal's reason, and leaves no timer", async () => {
    const [code, time] = await inMain(async ({ scope, sleep }, { fake }) =>
      scope(async (s) => {
        const task = s.spawn(({ signal }) => sleep(1000, { signal }));
        await sleep(10);
        task.cancel();
        const code = await task.then(
          () => undefined,
          (error: { code: unknown }) => error.code,
        );
        return [code, fake.time];
      }),
    );
    expect([code, time]).toEqual(["ECANCELED", 10]);
  });

  test("of a signal that is aborted already rejects at once", async () => {
    await expect(inMain(({ sleep }) => sleep(10, { signal: AbortSignal.abort("no") }))).rejects.toBe("no");
  });
});

describe("withTimeout", () => {
  test("gives the result of work that is in time", async () => {
    expect(await inMain(({ withTimeout, sleep }) => withTimeout(100, () => sleep(50).then(() => "done")))).toBe("done");
  });

  test("rejects with ETIMEDOUT at the deadline, and aborts the signal", async () => {
    const [code, time, aborted] = await inMain(async ({ withTimeout }, { fake }) => {
      let aborted = false;
      const code = await withTimeout(100, ({ signal }) => {
        signal.addEventListener("abort", () => {
          aborted = true;
        });
        return new Promise<string>(() => {});
      }).catch((error: { code: string }) => error.code);
      return [code, fake.time, aborted];
    });
    expect([code, time, aborted]).toEqual(["ETIMEDOUT", 100, true]);
  });

  test("gives the error of work that fails, thrown at once or later", async () => {
    await expect(inMain(({ withTimeout }) => withTimeout(100, () => Promise.reject("later")))).rejects.toBe("later");
    const attempt = inMain(({ withTimeout }) =>
      withTimeout(100, () => {
        throw "at once";
      }),
    );
    await expect(attempt).rejects.toBe("at once");
  });

  test("is cancelled by a signal from outside", async () => {
    const attempt = inMain(({ scope, sleep, withTimeout }) =>
      scope(async (s) => {
        s.background(async ({ signal }) => withTimeout(1000, () => new Promise(() => {}), { signal }));
        await sleep(10);
        s.cancel("stop");
      }),
    );
    await expect(attempt).rejects.toBe("stop");
  });
});

describe("interruptible", () => {
  test("rejects when the signal is aborted, while the promise stays", async () => {
    const attempt = inMain(({ scope, sleep, interruptible }) =>
      scope(async (s) => {
        s.background(({ signal }) => interruptible(new Promise(() => {}), signal));
        await sleep(1);
        s.cancel("enough");
      }),
    );
    await expect(attempt).rejects.toBe("enough");
  });

  test("gives what the promise gives", async () => {
    expect(await inMain(({ interruptible }) => interruptible(Promise.resolve(1), new AbortController().signal))).toBe(
      1,
    );
  });
});
