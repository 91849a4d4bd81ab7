// Recursion without end, in the ways that have different code in the engine.
import { oneOf, parameter, run } from "@soloist/runtime";

const kinds = {
  call: () => {
    const recurse = (n: number): number => recurse(n + 1) + 1;
    recurse(0);
  },
  catching: () => {
    const recurse = (): void => {
      try {
        recurse();
      } finally {
        recurse();
      }
    };
    recurse();
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
    let text = "";
    for (let i = 0; i < 1_000_000; i++) text += "[";
    JSON.parse(text);
  },
  stringify: () => {
    let value: unknown[] = [];
    for (let i = 0; i < 1_000_000; i++) value = [value];
    JSON.stringify(value);
  },
  regexp: () => {
    new RegExp(`${"(".repeat(1_000_000)}${")".repeat(1_000_000)}`);
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
