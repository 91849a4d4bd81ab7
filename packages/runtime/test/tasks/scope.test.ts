import { describe, expect, test } from "vitest";
import { inMain } from "../machine.ts";

const boom = () => {
  throw new Error("boom");
};

describe("a scope", () => {
  test("gives what its body returns", async () => {
    expect(await inMain(({ scope }) => scope(() => 42))).toBe(42);
  });

  test("does not end before its children", async () => {
    const order = await inMain(async ({ scope, sleep }) => {
      const order: string[] = [];
      await scope((s) => {
        s.background(() => sleep(20).then(() => order.push("slow child")));
        s.background(() => sleep(10).then(() => order.push("fast child")));
        order.push("body");
      });
      order.push("after");
      return order;
    });
    expect(order).toEqual(["body", "fast child", "slow child", "after"]);
  });

  test("starts a task at once", async () => {
    const order = await inMain(async ({ scope }) => {
      const order: string[] = [];
      await scope(async (s) => {
        const task = s.spawn(async () => void order.push("task"));
        order.push("body");
        await task;
      });
      return order;
    });
    expect(order).toEqual(["task", "body"]);
  });

  test("gives the results of tasks that are awaited, in any order", async () => {
    const sum = await inMain(({ scope, sleep }) =>
      scope(async (s) => {
        const one = s.spawn(() => sleep(20).then(() => 1));
        const two = s.spawn(() => sleep(10).then(() => 2));
        const both = await Promise.all([one, two]);
        return [...both, await one];
      }),
    );
    expect(sum).toEqual([1, 2, 1]);
  });

  test("refuses tasks after its end: ERR_SCOPE_ENDED", async () => {
    const attempt = inMain(async ({ scope }) => {
      const kept = await scope((s) => s);
      kept.spawn(() => {});
    });
    await expect(attempt).rejects.toMatchObject({ code: "ERR_SCOPE_ENDED" });
  });
});

describe("a task that nobody awaited", () => {
  test("is an error that names it, and is cancelled first", async () => {
    const seen: unknown[] = [];
    const attempt = inMain(({ scope, sleep }) =>
      scope((s) => {
        s.spawn(async function forgotten({ signal }) {
          try {
            await sleep(1000, { signal });
          } catch (error) {
            seen.push((error as { code: unknown }).code);
            throw error;
          }
        });
      }),
    );
    await expect(attempt).rejects.toMatchObject({
      code: "ERR_NOT_AWAITED",
      message: expect.stringContaining("forgotten"),
    });
    expect(seen).toEqual(["ERR_NOT_AWAITED"]);
  });

  test("is one even when it had ended before", async () => {
    const attempt = inMain(({ scope, sleep }) =>
      scope(async (s) => {
        s.spawn(async () => 1);
        await sleep(10);
      }),
    );
    await expect(attempt).rejects.toMatchObject({ code: "ERR_NOT_AWAITED" });
  });

  test("is none when it was cancelled, or runs in the background", async () => {
    const result = await inMain(({ scope, sleep }) =>
      scope(async (s) => {
        s.background(() => sleep(5));
        const task = s.spawn(({ signal }) => sleep(1000, { signal }));
        task.cancel();
        return "fine";
      }),
    );
    expect(result).toBe("fine");
  });
});

describe("a failure", () => {
  test("of a task cancels its siblings and the body, and is what the scope throws", async () => {
    const seen: string[] = [];
    const attempt = inMain(({ scope, sleep }) =>
      scope(async (s) => {
        const sibling = s.spawn(({ signal }) =>
          sleep(1000, { signal }).catch((error: Error) => {
            seen.push(`sibling: ${error.message}`);
            throw error;
          }),
        );
        s.background(() => sleep(10).then(boom));
        try {
          await sleep(1000, { signal: s.signal });
        } catch (error) {
          seen.push(`body: ${(error as Error).message}`);
        }
        await sibling.then(undefined, () => {});
      }),
    );
    await expect(attempt).rejects.toThrow("boom");
    expect(seen.sort()).toEqual(["body: boom", "sibling: boom"]);
  });

  test("of the body cancels the tasks and waits for them", async () => {
    const seen: string[] = [];
    const attempt = inMain(({ scope, sleep }) =>
      scope((s) => {
        s.background(async ({ signal }) => {
          try {
            await sleep(1000, { signal });
          } finally {
            await sleep(10);
            seen.push("cleaned up");
          }
        });
        boom();
      }),
    );
    await expect(attempt).rejects.toThrow("boom");
    expect(seen).toEqual(["cleaned up"]);
  });

  test("that is awaited comes out once, and wrapped when the body wraps it", async () => {
    const plain = inMain(({ scope }) => scope(async (s) => await s.spawn(async () => boom())));
    await expect(plain).rejects.toThrow(/^boom$/);
    const wrapped = inMain(({ scope }) =>
      scope(async (s) => {
        const task = s.spawn(async () => boom());
        try {
          await task;
        } catch (cause) {
          throw new Error("loading failed", { cause });
        }
      }),
    );
    await expect(wrapped).rejects.toThrow(/^loading failed$/);
  });

  test("while cancelling is not lost: AggregateError", async () => {
    const attempt = inMain(({ scope, sleep }) =>
      scope((s) => {
        s.background(({ signal }) =>
          sleep(1000, { signal }).catch(() => {
            throw new Error("clean-up failed");
          }),
        );
        s.background(async () => boom());
      }),
    );
    await expect(attempt).rejects.toMatchObject({
      name: "AggregateError",
      errors: [{ message: "boom" }, { message: "clean-up failed" }],
    });
  });

  test("refuses new tasks with itself", async () => {
    const attempt = inMain(({ scope, sleep }) =>
      scope(async (s) => {
        s.background(async () => boom());
        await sleep(1);
        s.background(() => {});
      }),
    );
    await expect(attempt).rejects.toThrow(/^boom$/);
  });
});

describe("cancelling", () => {
  test("a task rejects with ECANCELED, and its scope goes on", async () => {
    const result = await inMain(({ scope, sleep }) =>
      scope(async (s) => {
        const task = s.spawn(({ signal }) => sleep(1000, { signal }));
        task.cancel();
        const code = await task.then(
          () => "done",
          (error: { code: unknown; name: unknown }) => [error.code, error.name],
        );
        return [code, s.signal.aborted];
      }),
    );
    expect(result).toEqual([["ECANCELED", "AbortError"], false]);
  });

  test("a task that ignores its signal is waited for, and its result is good", async () => {
    const result = await inMain(({ scope, sleep }) =>
      scope(async (s) => {
        const task = s.spawn(() => sleep(50).then(() => "stubborn"));
        task.cancel();
        return await task;
      }),
    );
    expect(result).toBe("stubborn");
  });

  test("a cancelled task that fails for another reason fails the scope", async () => {
    const attempt = inMain(({ scope, sleep }) =>
      scope(async (s) => {
        const task = s.spawn(({ signal }) => sleep(1000, { signal }).catch(boom));
        task.cancel();
        await sleep(10);
      }),
    );
    await expect(attempt).rejects.toThrow("boom");
  });

  test("the scope from outside reaches tasks of inner scopes", async () => {
    const seen: unknown[] = [];
    const attempt = inMain(async ({ scope, sleep }) => {
      await scope(async (outer) => {
        outer.background(({ signal }) =>
          scope(
            (inner) => {
              inner.background(({ signal }) =>
                sleep(1000, { signal }).catch((reason: unknown) => {
                  seen.push(reason);
                  throw reason;
                }),
              );
            },
            { signal },
          ),
        );
        await sleep(10);
        outer.cancel("enough");
      });
    });
    await expect(attempt).rejects.toBe("enough");
    expect(seen).toEqual(["enough"]);
  });

  test("a signal that is asked for late is aborted already", async () => {
    const result = await inMain(({ scope, sleep }) =>
      scope(async (s) => {
        const task = s.spawn(async (context) => {
          await sleep(10);
          return context.signal.aborted;
        });
        task.cancel();
        return await task;
      }),
    );
    expect(result).toBe(true);
  });
});

test("await using: a resource of a cancelled task is disposed of", async () => {
  const order = await inMain(async ({ scope, sleep }) => {
    const order: string[] = [];
    await scope(async (s) => {
      const task = s.spawn(async ({ signal }) => {
        await using _resource = {
          async [Symbol.asyncDispose]() {
            await sleep(1);
            order.push("disposed");
          },
        };
        await sleep(1000, { signal });
      });
      await sleep(1);
      task.cancel();
    });
    order.push("after");
    return order;
  });
  expect(order).toEqual(["disposed", "after"]);
});

test("a server's scope forgets tasks of the background as they end", async () => {
  const count = await inMain(({ scope, sleep }) =>
    scope(async (s) => {
      let count = 0;
      for (let index = 0; index < 10_000; index++) {
        s.background(async () => void count++);
        if (index % 100 === 0) await sleep(0);
      }
      return count;
    }),
  );
  expect(count).toBe(10_000);
});
