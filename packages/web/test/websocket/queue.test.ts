import fc from "fast-check";
import { expect, test } from "vitest";
import { Queue } from "../../src/websocket/queue.ts";

test("a queue is an array that is pushed and shifted", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3, max: 5 }), { maxLength: 400 }), (steps) => {
      const queue = new Queue<number>();
      const model: number[] = [];
      for (const [index, step] of steps.entries()) {
        for (let count = 0; count < step * 10; count++) {
          queue.push(index);
          model.push(index);
        }
        for (let count = 0; count > step * 10; count--) expect(queue.shift()).toBe(model.shift());
        expect(queue.length).toBe(model.length);
      }
    }),
    { numRuns: 50 },
  );
});
