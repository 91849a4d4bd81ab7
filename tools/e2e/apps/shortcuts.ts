// What the engine's short ways must leave to its long ones: prints SUCCESS when all of it behaves as the language says.
import { run } from "@soloist/runtime";

const failures: string[] = [];
const same = (name: string, got: unknown, wanted: unknown) => {
  if (!Object.is(got, wanted)) failures.push(`${name}: ${String(got)}, not ${String(wanted)}`);
};
const thrown = (f: () => unknown): string => {
  try {
    f();
    return "nothing";
  } catch (error) {
    return (error as Error).name;
  }
};

function counting(): void {
  let n = 2 ** 31 - 2;
  n++;
  n++;
  same("past 2^31", n, 2 ** 31);
  let fraction = 0.5;
  fraction++;
  same("fraction", fraction, 1.5);
  let text = "4" as unknown as number;
  text++;
  same("text", text, 5);
  let truth = true as unknown as number;
  truth++;
  same("truth", truth, 2);
  let big = 2n ** 64n;
  big++;
  same("big", big, 2n ** 64n + 1n);
  let negative = -1;
  negative++;
  same("negative", negative, 0);
  const early = () => {
    // @ts-expect-error: what is tested
    // biome-ignore lint/correctness/noInvalidUseBeforeDeclaration: what is tested
    late++;
    let late = 1;
    return late;
  };
  same("before its declaration", thrown(early), "ReferenceError");
}

function storing(): void {
  const keys: string[] = [];
  const key = (name: string) => ({
    toString: () => {
      keys.push(name);
      return name;
    },
  });
  const target: Record<string, unknown> = {};
  const value = () => {
    keys.push("value");
    return 1;
  };
  target[key("a") as unknown as string] = value();
  same("key, then value", keys.join(), "a,value");
  const nothing = null as unknown as number[];
  const missing = undefined as unknown as number[];
  for (let i = 0; i < 3; i++) {
    same(
      "null[i] = v",
      thrown(() => (nothing[i] = 1)),
      "TypeError",
    );
    same(
      "undefined[i] = v",
      thrown(() => (missing[i] = 1)),
      "TypeError",
    );
  }
  const array: unknown[] = [];
  const indexes: unknown[] = [0, "1", 2, -1, 1.5, true, 3];
  for (let i = 0; i < indexes.length; i++) array[indexes[i] as number] = i;
  same("keys of all kinds", Object.keys(array).join(), "0,1,2,3,-1,1.5,true");
  const bytes = new Uint8Array(2);
  for (let i = -1; i < 4; i++) bytes[i] = i + 300;
  same("bytes", bytes.join(), "44,45");
  const symbol = Symbol("s");
  const object: Record<symbol, number> = {};
  object[symbol] = 7;
  same("symbol", object[symbol], 7);
}

function properties(): void {
  const read = (object: { x?: unknown }) => object.x;
  const write = (object: { x?: unknown }, value: unknown) => {
    object.x = value;
  };
  class Getter {
    gets = 0;
    get x(): number {
      return ++this.gets;
    }
  }
  const shapes: (() => { x?: unknown })[] = [
    () => ({ x: 1 }),
    () => ({ a: 0, x: 1 }),
    () => ({ a: 0, b: 0, x: 1 }),
    () => Object.create({ x: 1 }) as object,
    () => new Getter(),
    () => new Proxy({}, { get: () => 1 }),
    () => Object.defineProperty({}, "x", { get: () => 1 }),
  ];
  for (let round = 0; round < 20; round++) for (const make of shapes) same(`read of ${make}`, read(make()), 1);
  for (let round = 0; round < 3; round++) {
    const object: Record<string, unknown> = {};
    for (let n = 0; n < 300; n++) object[`p${n}`] = n;
    object.x = "late";
    same("the 301st", read(object), "late");
    delete object.p7;
    same("after a removal", read(object), "late");
    delete object.x;
    same("removed", read(object), undefined);
    object.x = "again";
    same("added again", read(object), "again");
  }
  const plain = { x: 0 };
  for (let n = 0; n < 5; n++) write(plain, n);
  same("written", plain.x, 4);
  const frozen = Object.freeze({ x: 1 });
  same(
    "frozen",
    thrown(() => write(frozen, 2)),
    "TypeError",
  );
  same("frozen stays", frozen.x, 1);
  let set: unknown;
  const setter = {
    set x(value: unknown) {
      set = value;
    },
  };
  write(setter, 5);
  same("setter", set, 5);
  const inherits = Object.create(plain) as { x: number };
  write(inherits, 9);
  same("own", Object.hasOwn(inherits, "x"), true);
  same("inherited stays", plain.x, 4);
  same(
    "read of null",
    thrown(() => read(null as unknown as object)),
    "TypeError",
  );
  same("read of a string", read("text" as unknown as object), undefined);
  const kept = { x: { deep: [1, 2, 3] } as unknown };
  for (let n = 0; n < 100; n++) write(kept, { deep: [n] });
  same("the last one lives", JSON.stringify(read(kept)), '{"deep":[99]}');
  const list = [1, 2, 3];
  list.length = 1;
  same("length", list.join(), "1");
  const method = {
    f() {
      return this === method;
    },
  };
  for (let n = 0; n < 3; n++) same("this", method.f(), true);
}

function elements(): void {
  const read = (array: ArrayLike<unknown>, index: unknown) => array[index as number];
  const write = (array: Record<number, unknown>, index: unknown, value: unknown) => {
    array[index as number] = value;
  };
  const bytes = Uint8Array.of(1, 2, 255);
  const words = Int32Array.of(-1, 2 ** 31 - 1, -(2 ** 31));
  const others = [
    Uint8ClampedArray.of(7),
    Int8Array.of(7),
    Uint16Array.of(7),
    Uint32Array.of(7),
    Float64Array.of(7),
    [7],
    "7",
  ];
  for (let round = 0; round < 3; round++) {
    same("byte", read(bytes, 2), 255);
    same("word", read(words, 0), -1);
    same("least word", read(words, 2), -(2 ** 31));
    for (const index of [3, -1, 1.5, 2 ** 32]) {
      same(`bytes[${index}]`, read(bytes, index), undefined);
      write(bytes, index, 9);
      same(`bytes[${index}] = 9`, bytes.join(), "1,2,255");
    }
    same("text as an index", read(bytes, "1"), 2);
    for (const other of others) same(other.constructor.name, Number(read(other, 0)), 7);
  }
  write(bytes, 0, -1);
  write(bytes, 1, 0x1234);
  write(bytes, 2, 3.9);
  same("bytes wrap", bytes.join(), "255,52,3");
  write(words, 0, 2 ** 32 + 5);
  write(words, 1, "12");
  write(words, 2, undefined);
  same("words wrap", words.join(), "5,12,0");
  const clamped = new Uint8ClampedArray(2);
  write(clamped, 0, 300);
  write(clamped, 1, -3);
  same("clamped", clamped.join(), "255,0");
  const part = new Uint8Array(bytes.buffer, 1, 1);
  write(part, 0, 77);
  same("a part of a buffer", `${bytes[1]} ${read(part, 1)}`, "77 undefined");
  const growing = new ArrayBuffer(2, { maxByteLength: 4 });
  const tracking = new Uint8Array(growing);
  write(tracking, 3, 5);
  same("beyond", read(tracking, 3), undefined);
  growing.resize(4);
  write(tracking, 3, 5);
  same("grown", read(tracking, 3), 5);
  growing.resize(1);
  same("shrunk", read(tracking, 3), undefined);
  const moved = Int32Array.of(1);
  structuredClone(moved.buffer, { transfer: [moved.buffer] });
  write(moved, 0, 2);
  same("moved away", read(moved, 0), undefined);
  const inherits = Object.create(bytes) as Uint8Array;
  same("of a prototype", read(inherits, 0), 255);
}

function conditions(): void {
  const values: unknown[] = [0, -0, 1, -1, 2 ** 31, Number.NaN, 0.5, "", "a", null, undefined, true, false, {}, 0n, 1n];
  values.push([], Symbol.iterator, () => 1);
  const and = (a: unknown, b: unknown) => a && b;
  const or = (a: unknown, b: unknown) => a || b;
  const both = (a: unknown, b: unknown, c: unknown) => ((a && b) || c ? 1 : 2);
  for (const a of values) {
    for (const b of values) {
      const [first, second] = [Boolean(a), Boolean(b)];
      same("and", and(a, b), first ? b : a);
      same("or", or(a, b), first ? a : b);
      for (const c of [0, 1, "x", null]) same("both", both(a, b, c), (first ? second : false) ? 1 : c ? 1 : 2);
    }
  }
  const numbers = [0, -0, 1, -1, 7, -7, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 0.5, Number.NaN, Number.POSITIVE_INFINITY];
  const order = (a: number, b: number): string => {
    let text = "";
    if (a < b) text += "<";
    if (a <= b) text += "{";
    if (a > b) text += ">";
    if (a >= b) text += "}";
    if (a === b) text += "=";
    if (a !== b) text += "!";
    // Kept, and in chains.
    const less = a < b && a !== 0;
    const more = a >= b || a === 7;
    if (!(a < b) && b > 0) text += "n";
    let n = 0;
    while (n < 3 && n <= b) n++;
    return `${text}${less}${more}${n}`;
  };
  /** The same of comparisons that no short way is made for. */
  const slowly = (a: number, b: number): string => {
    const sign = Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : a === b ? 0 : Math.max(a, b) === b ? -1 : 1;
    const [lt, gt, eq] = [Object.is(sign, -1), Object.is(sign, 1), Object.is(sign, 0)];
    let text = `${lt ? "<" : ""}${lt || eq ? "{" : ""}${gt ? ">" : ""}${gt || eq ? "}" : ""}${eq ? "=" : "!"}`;
    if (!lt && Object.is(Math.sign(b), 1)) text += "n";
    const zero = Object.is(Math.abs(a), 0);
    const steps = Number.isNaN(b) ? 0 : Math.max(0, Math.min(3, Math.floor(b) + 1));
    return `${text}${lt && !zero}${gt || eq || Object.is(a, 7)}${steps}`;
  };
  for (const a of numbers) for (const b of numbers) same(`${a} and ${b}`, order(a, b), slowly(a, b));
  same("text", order("a" as unknown as number, "b" as unknown as number).slice(0, 3), "<{!");
  const whole = (x: unknown) => (x as number) | 0;
  for (const [x, wanted] of [
    [5, 5],
    [-5, -5],
    [1.9, 1],
    [-0, 0],
    [2 ** 32 + 3, 3],
    ["7", 7],
    [null, 0],
    [true, 1],
  ]) {
    same(`${String(x)} | 0`, whole(x), wanted);
  }
  same(
    "1n | 0",
    thrown(() => whole(1n)),
    "TypeError",
  );
}

function blocks(): void {
  const seen: unknown[] = [];
  for (let round = 0; round < 3; round++) {
    let a: unknown;
    let b: unknown;
    const c = { round };
    seen.push(a, b, c.round);
    a = { held: round };
    b = [a];
    seen.push((b as unknown[]).length);
  }
  same(
    "a block's variables begin anew",
    seen.map(String).join(),
    "undefined,undefined,0,1,undefined,undefined,1,1,undefined,undefined,2,1",
  );
  const closures: (() => number)[] = [];
  for (let i = 0; i < 3; i++) {
    const twice = i * 2;
    closures.push(() => i + twice);
  }
  same("each turn its own", closures.map((f) => f()).join(), "0,3,6");
  const tooEarly = (early: boolean) => {
    for (let turn = 0; turn < 2; turn++) {
      // @ts-expect-error: what is tested
      // biome-ignore lint/correctness/noInvalidUseBeforeDeclaration: what is tested
      if (early || turn > 5) return late.x;
      const late = { x: turn };
      if (late.x > 1) return late.x;
    }
    return -1;
  };
  same(
    "a field of what is not declared yet",
    thrown(() => tooEarly(true)),
    "ReferenceError",
  );
  same("declared in each turn", tooEarly(false), -1);
  const first = (o: { x: number }, p: { x: number }) => o.x - p.x;
  same("fields of arguments", first({ x: 5 }, { x: 3 }), 2);
  same(
    "a field of nothing",
    thrown(() => first(undefined as never, { x: 1 })),
    "TypeError",
  );
  const getter = {
    get x() {
      return 9;
    },
  };
  for (let n = 0; n < 3; n++) same("a getter as an argument", first(getter, { x: n }), 9 - n);
  const rest = (...all: { x: number }[]) => all[0]!.x;
  same("rest", rest({ x: 4 }), 4);
}

run([], async () => {
  for (let round = 0; round < 3; round++) {
    counting();
    storing();
    properties();
    elements();
    conditions();
    blocks();
  }
  console.log(failures.length === 0 ? "SUCCESS" : failures.join("\n"));
});
