// Recursion without end, in the ways that have different code in the engine.
import { oneOf, parameter, run } from "@soloist/runtime";

const kinds = {
  call: () => {
    const recurse = (n: number): number => recurse(n + 1) + 1;
    recurse(0);
  },
  catching: () => {
    const recurse = (n: number): number => {
      try {
        return recurse(n + 1) + 1;
      } catch (error) {
        throw (error as Error).message === "" ? new Error("never") : error;
      }
    };
    recurse(0);
  },
  sort: () => {
    const recurse = (): number => {
      [2, 1].sort(recurse);
      return 0;
    };
    recurse();
  },
  getter: () => {
    const object = {
      get x(): number {
        return this.x;
      },
    };
    void object.x;
  },
  json: () => {
    JSON.parse("[".repeat(100_000));
  },
  stringify: () => {
    let value: unknown[] = [];
    for (let i = 0; i < 100_000; i++) value = [value];
    JSON.stringify(value);
  },
  regexp: () => {
    new RegExp(`${"(?:".repeat(100_000)}${")".repeat(100_000)}`);
  },
};
const kind = parameter("kind", {
  help: "what recurses",
  placeholder: "KIND",
  default: "call",
  parse: oneOf(...(Object.keys(kinds) as (keyof typeof kinds)[])),
});

run([kind], (kind) => {
  kinds[kind]();
});
