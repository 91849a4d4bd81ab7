import { describe, expect, test } from "vitest";
import * as own from "../../src/globals/events.ts";

const nodes = { Event, EventTarget, CustomEvent };

/** Each case runs with ours and with Node's, and must give the same. */
const cases: [string, (globals: typeof nodes) => unknown][] = [
  [
    "listeners run in the order of adding, each once",
    ({ Event, EventTarget }) => {
      const target = new EventTarget();
      const order: string[] = [];
      const a = () => void order.push("a");
      target.addEventListener("x", a);
      target.addEventListener("x", a);
      target.addEventListener("x", { handleEvent: () => void order.push("b") });
      target.dispatchEvent(new Event("x"));
      target.dispatchEvent(new Event("y"));
      return order;
    },
  ],
  [
    "once, removal during dispatch, and null",
    ({ Event, EventTarget }) => {
      const target = new EventTarget();
      const order: string[] = [];
      const late = () => void order.push("late");
      target.addEventListener("x", () => void order.push("once"), { once: true });
      target.addEventListener("x", () => target.removeEventListener("x", late));
      target.addEventListener("x", late);
      target.addEventListener("x", null as never);
      target.dispatchEvent(new Event("x"));
      target.dispatchEvent(new Event("x"));
      return order;
    },
  ],
  [
    "stopImmediatePropagation",
    ({ Event, EventTarget }) => {
      const target = new EventTarget();
      const order: string[] = [];
      target.addEventListener("x", (event) => {
        order.push("first");
        event.stopImmediatePropagation();
      });
      target.addEventListener("x", () => void order.push("second"));
      target.dispatchEvent(new Event("x"));
      return order;
    },
  ],
  [
    "preventDefault counts only when cancelable",
    ({ Event, EventTarget }) => {
      const target = new EventTarget();
      target.addEventListener("x", (event) => event.preventDefault());
      const [yes, no] = [new Event("x", { cancelable: true }), new Event("x")];
      return [target.dispatchEvent(yes), yes.defaultPrevented, target.dispatchEvent(no), no.defaultPrevented];
    },
  ],
  [
    "target, currentTarget, phase and path, during and after",
    ({ Event, EventTarget }) => {
      const target = new EventTarget();
      const event = new Event("x");
      const seen: unknown[] = [event.target, event.eventPhase];
      target.addEventListener("x", (event) => {
        seen.push(
          event.target === target,
          event.currentTarget === target,
          event.eventPhase,
          event.composedPath().length,
        );
      });
      target.dispatchEvent(event);
      seen.push(event.target === target, event.currentTarget, event.eventPhase, event.composedPath().length);
      return seen;
    },
  ],
  [
    "properties of an event",
    ({ Event }) => {
      const event = new Event("x", { bubbles: true, composed: true });
      return [event.type, event.bubbles, event.cancelable, event.composed, event.isTrusted, typeof event.timeStamp];
    },
  ],
  [
    "an event cannot be dispatched while it is",
    ({ Event, EventTarget }) => {
      const target = new EventTarget();
      let name = "";
      target.addEventListener("x", (event) => {
        try {
          target.dispatchEvent(event);
        } catch (error) {
          name = error instanceof Error ? "thrown" : "";
        }
      });
      target.dispatchEvent(new Event("x"));
      return name;
    },
  ],
  [
    "a CustomEvent has details",
    ({ CustomEvent }) => [new CustomEvent("x", { detail: { a: 1 } }).detail, new CustomEvent("x").detail],
  ],
  [
    "a signal removes a listener",
    ({ Event, EventTarget }) => {
      const target = new EventTarget();
      const controller = new AbortController();
      let count = 0;
      target.addEventListener("x", () => void count++, { signal: controller.signal });
      target.dispatchEvent(new Event("x"));
      controller.abort();
      target.dispatchEvent(new Event("x"));
      target.addEventListener("x", () => void count++, { signal: controller.signal });
      target.dispatchEvent(new Event("x"));
      return count;
    },
  ],
  [
    "class tags",
    ({ Event, EventTarget, CustomEvent }) =>
      [new Event("x"), new EventTarget(), new CustomEvent("x")].map((value) => Object.prototype.toString.call(value)),
  ],
];

describe("as in Node.js", () => {
  test.each(cases)("%s", (_, run) => {
    expect(run(own as unknown as typeof nodes)).toEqual(run(nodes));
  });
});

test("an Event needs a type, dispatchEvent an Event", () => {
  expect(() => new own.Event(undefined as never)).toThrow(TypeError);
  expect(() => new own.EventTarget().dispatchEvent({ type: "x" } as never)).toThrow(TypeError);
});
