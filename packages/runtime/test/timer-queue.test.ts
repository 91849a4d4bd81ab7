import fc from "fast-check";
import { expect, test } from "vitest";
import { TimerQueue } from "../src/timer-queue.ts";

test("timers fire in order of time, then of age", () => {
  const queue = new TimerQueue();
  const fired: string[] = [];
  queue.add(20, () => void fired.push("late"));
  queue.add(10, () => void fired.push("first of two"));
  queue.add(10, () => void fired.push("second of two"));
  for (let fire = queue.takeDue(20); fire !== undefined; fire = queue.takeDue(20)) fire();
  expect(fired).toEqual(["first of two", "second of two", "late"]);
});

test("a timer that is not due is not taken", () => {
  const queue = new TimerQueue();
  queue.add(10, () => {});
  expect(queue.takeDue(9.999)).toBeUndefined();
  expect(queue.nextAt()).toBe(10);
  expect(queue.takeDue(10)).toBeTypeOf("function");
  expect(queue.nextAt()).toBe(Infinity);
});

test("cancelling twice, or after it fired, does nothing", () => {
  const queue = new TimerQueue();
  const timer = queue.add(1, () => {});
  queue.takeDue(1);
  queue.cancel(timer);
  queue.cancel(queue.add(2, () => {}));
  expect([queue.size, queue.nextAt()]).toEqual([0, Infinity]);
});

test("any sequence of adding, cancelling and taking behaves as a sorted list", () => {
  const command = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), at: fc.nat(100) }),
    fc.record({ kind: fc.constant("cancel" as const), which: fc.nat() }),
    fc.record({ kind: fc.constant("take" as const), now: fc.nat(100) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 400 }), (commands) => {
      const queue = new TimerQueue();
      const model: { at: number; id: number; timer: ReturnType<TimerQueue["add"]> }[] = [];
      let ids = 0;
      let fired = -1;
      for (const step of commands) {
        if (step.kind === "add") {
          const id = ids++;
          const timer = queue.add(step.at, () => {
            fired = id;
          });
          model.push({ at: step.at, id, timer });
        } else if (step.kind === "cancel" && model.length > 0) {
          queue.cancel(model.splice(step.which % model.length, 1)[0]!.timer);
        } else if (step.kind === "take") {
          model.sort((a, b) => a.at - b.at || a.id - b.id);
          const fire = queue.takeDue(step.now);
          const isDue = model.length > 0 && model[0]!.at <= step.now;
          expect(fire !== undefined).toBe(isDue);
          if (isDue) {
            fire!();
            expect(fired).toBe(model.shift()!.id);
          }
        }
        expect(queue.size).toBe(model.length);
        expect(queue.nextAt()).toBe(Math.min(Infinity, ...model.map(({ at }) => at)));
      }
    }),
    { numRuns: 200 },
  );
});

test("a million timers set and cancelled leave nothing behind", () => {
  const queue = new TimerQueue();
  for (let count = 0; count < 1_000_000; count++) queue.cancel(queue.add(count + 1000, () => {}));
  expect(queue.size).toBe(0);
});
