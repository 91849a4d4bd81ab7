// An error that nobody catches; tests look for this file's name and the line of the throw.
import { run } from "@soloist/runtime";

interface Order {
  readonly total: number;
}

function check(order: Order): void {
  if (order.total < 0) {
    throw new RangeError(`an order of ${order.total}`); // line 10
  }
}

run([], async () => {
  await Promise.resolve();
  check({ total: -1 }); // line 16
});
