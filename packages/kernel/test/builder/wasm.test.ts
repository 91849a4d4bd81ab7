import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Engine, loadEngine, MODULE_NAMES } from "../../src/builder/modules.ts";
import { exportGlobals, foldConstants, parseWasm } from "../../src/builder/wasm.ts";

/** Signed LEB128. */
function sleb(value: number): number[] {
  const out: number[] = [];
  for (let rest = value | 0; ; ) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40)) return [...out, low];
    out.push(low | 0x80);
  }
}

const section = (id: number, body: number[]) => [id, body.length, ...body];
const text = (name: string) => [name.length, ...Buffer.from(name)];
const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** Imports the constant `base`; its exported global `g` is base + a - b, and byte 42 lies at base + a. */
function moduleWith(a: number, b: number): Uint8Array<ArrayBuffer> {
  const sum = [0x23, 0, 0x41, ...sleb(a), 0x6a];
  return new Uint8Array([
    ...HEADER,
    ...section(2, [1, ...text("env"), ...text("base"), 3, 0x7f, 0]),
    ...section(5, [1, 0, 1]),
    ...section(6, [1, 0x7f, 0, ...sum, 0x41, ...sleb(b), 0x6b, 0x0b]),
    ...section(7, [2, ...text("g"), 3, 1, ...text("m"), 2, 0]),
    ...section(11, [1, 0, ...sum, 0x0b, 1, 42]),
  ]);
}

const instantiate = (bytes: Uint8Array<ArrayBuffer>, base: number) =>
  new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { base: new WebAssembly.Global({ value: "i32", mutable: false }, base) },
  }).exports as { g: WebAssembly.Global<"i32">; m: WebAssembly.Memory };

describe("constant expressions", () => {
  it("a folded module means the same as the one with the expressions", () => {
    const small = fc.integer({ min: 0, max: 20_000 });
    fc.assert(
      fc.property(small, small, fc.integer(), (base, a, b) => {
        const original = moduleWith(a, b);
        const folded = foldConstants(original, { base }) as Uint8Array<ArrayBuffer>;
        const [before, after] = [instantiate(original, base), instantiate(folded, 0)];
        expect(after.g.value).toBe((base + a - b) | 0);
        expect(after.g.value).toBe(before.g.value);
        expect(new Uint8Array(after.m.buffer)[base + a]).toBe(42);
      }),
    );
  });

  it("folding twice changes nothing more", () => {
    const once = foldConstants(moduleWith(1, 2), { base: 3 });
    expect(foldConstants(once, {})).toEqual(once);
  });

  it("a global whose value is not known is an error, not a zero", () => {
    expect(() => foldConstants(moduleWith(1, 2), {})).toThrow(/not known/);
  });

  it("what is no module is refused", () => {
    expect(() => parseWasm(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]))).toThrow("not a WebAssembly module");
  });

  it("own globals can be exported by number", () => {
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(exportGlobals(moduleWith(1, 2)) as BufferSource),
      {
        env: { base: new WebAssembly.Global({ value: "i32", mutable: false }, 5) },
      },
    );
    expect((exports["global:0"] as WebAssembly.Global).value).toBe(4);
  });
});

describe("engine modules", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine();
  });

  it("every module has its own table slots and its own part of the module area", () => {
    expect(engine.modules.map(({ name }) => name)).toEqual([...MODULE_NAMES]);
    let slot = engine.wasm.tableMin;
    let address = engine.moduleArea.address;
    for (const m of engine.modules) {
      expect(m.tableBase).toBe(slot);
      expect(m.memoryBase).toBeGreaterThanOrEqual(address);
      expect(m.memoryBase % 16).toBe(0);
      slot += m.tableSize;
      address = m.memoryBase + m.memorySize;
    }
    expect(address).toBeLessThanOrEqual(engine.moduleArea.address + engine.moduleArea.size);
    expect(engine.platformTableBase).toBe(slot + engine.gotSlots.size);
  });

  it("the url module, which wasm2c refuses as it is, folds to a valid module", () => {
    const url = engine.modules.find(({ name }) => name === "url")!;
    const values = { __memory_base: url.memoryBase, __table_base: url.tableBase, errno: 0, ...url.gotFunc };
    const folded = foldConstants(url.bytes, values);
    expect(WebAssembly.validate(folded as BufferSource)).toBe(true);
    expect(parseWasm(folded).elements).toEqual(parseWasm(url.bytes, values).elements);
    expect(parseWasm(folded).elements[0]!.offset).toBe(url.tableBase);
  });
});
