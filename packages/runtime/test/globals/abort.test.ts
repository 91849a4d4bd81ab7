import { describe, expect, test } from "vitest";
import * as own from "../../src/globals/abort.ts";
import { inMain } from "../machine.ts";

const nodes = { AbortController, AbortSignal };

const cases: [string, (globals: typeof nodes) => unknown][] = [
  [
    "a fresh signal",
    ({ AbortController }) => {
      const { signal } = new AbortController();
      signal.throwIfAborted();
      return [signal.aborted, signal.reason, signal.onabort];
    },
  ],
  [
    "abort() gives an AbortError",
    ({ AbortController }) => {
      const controller = new AbortController();
      controller.abort();
      const { reason } = controller.signal;
      return [controller.signal.aborted, reason.name, reason.message, reason.code, reason instanceof DOMException];
    },
  ],
  [
    "a reason of one's own, once",
    ({ AbortController }) => {
      const controller = new AbortController();
      let events = 0;
      controller.signal.addEventListener("abort", () => void events++);
      controller.abort("first");
      controller.abort("second");
      return [controller.signal.reason, events];
    },
  ],
  [
    "onabort runs with an event",
    ({ AbortController }) => {
      const controller = new AbortController();
      let seen: unknown;
      controller.signal.onabort = (event) => {
        seen = [event.type, event.target === controller.signal];
      };
      controller.abort();
      return seen;
    },
  ],
  [
    "throwIfAborted throws the reason",
    ({ AbortSignal }) => {
      try {
        AbortSignal.abort("why").throwIfAborted();
        return "not thrown";
      } catch (reason) {
        return reason;
      }
    },
  ],
  [
    "any: aborted by whichever is first, with its reason",
    ({ AbortController, AbortSignal }) => {
      const [one, two] = [new AbortController(), new AbortController()];
      const any = AbortSignal.any([one.signal, two.signal]);
      const nested = AbortSignal.any([any]);
      const seen: unknown[] = [any.aborted];
      nested.addEventListener("abort", () => void seen.push("nested"));
      two.abort("two");
      return [...seen, any.reason, nested.reason];
    },
  ],
  ["any: of one that is aborted is aborted", ({ AbortSignal }) => AbortSignal.any([AbortSignal.abort("x")]).reason],
  ["any: of none never is", ({ AbortSignal }) => AbortSignal.any([]).aborted],
  [
    "class tags",
    ({ AbortController }) =>
      [new AbortController(), new AbortController().signal].map((value) => Object.prototype.toString.call(value)),
  ],
];

describe("as in Node.js", () => {
  test.each(cases)("%s", (_, run) => {
    expect(run(own as unknown as typeof nodes)).toEqual(run(nodes));
  });
});

test("any: only the first reason counts", () => {
  const [one, two] = [new own.AbortController(), new own.AbortController()];
  const any = own.AbortSignal.any([one.signal, two.signal]);
  two.abort("two");
  one.abort("one");
  expect(any.reason).toBe("two");
});

test("onabort can be replaced and taken off", () => {
  const controller = new own.AbortController();
  const order: string[] = [];
  controller.signal.onabort = () => void order.push("replaced");
  controller.signal.addEventListener("abort", () => void order.push("listener"));
  controller.signal.onabort = () => void order.push("handler");
  controller.abort();
  expect(order).toEqual(["handler", "listener"]);
  const other = new own.AbortController();
  other.signal.onabort = () => void order.push("never");
  other.signal.onabort = null;
  other.abort();
  expect(order).toEqual(["handler", "listener"]);
});

test("signals have no constructor for others", () => {
  expect(() => new own.AbortSignal()).toThrow(TypeError);
});

test("timeout aborts with a TimeoutError on the machine's clock", async () => {
  const seen = await inMain(async ({ sleep }, machine) => {
    const signal = machine.abort.AbortSignal.timeout(50);
    await sleep(49);
    const before = signal.aborted;
    await sleep(1);
    return [before, signal.aborted, (signal.reason as Error).name];
  });
  expect(seen).toEqual([false, true, "TimeoutError"]);
});

test("a listener that is registered on a signal of any() survives garbage collection", async () => {
  const controller = new own.AbortController();
  let count = 0;
  for (let index = 0; index < 200; index++) {
    own.AbortSignal.any([controller.signal]).addEventListener("abort", () => void count++);
    own.AbortSignal.any([controller.signal]);
  }
  const { setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  expect(count).toBe(200);
});
