// State made at build time is there at boot, and is the machine's own.
import { run } from "@soloist/runtime";

const squares = Array.from({ length: 1000 }, (_, index) => index ** 2);
const words = new Map([
  ["one", 1n],
  ["two", 2n],
]);
class Counter {
  #value = 40;
  next(): number {
    return ++this.#value;
  }
}
const counter = new Counter();
counter.next();
let evaluations = 0;
evaluations++;

run([], () => {
  const sum = squares.reduce((a, b) => a + b, 0);
  const right = sum === 332_833_500 && words.get("two") === 2n && counter.next() === 42 && evaluations === 1;
  console.log(right ? "SUCCESS" : `wrong: ${sum} ${String(words.get("two"))} ${evaluations}`);
});
