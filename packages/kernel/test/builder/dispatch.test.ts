import { describe, expect, it } from "vitest";
import { copyEnds, findLoop } from "../../src/builder/dispatch.ts";

const LOOP = `
    i0 = l8;
    i1 = 1u;
    i0 += i1;
    p6 = i0;
      L27: 
        j0 = 7ull;
        l45 = j0;
        i1 = l8;
        i1 = i32_load8_u((u64)(i1));
        l12 = i1;
        i2 = 2u;
        i1 <<= (i2 & 31);
        i1 = i32_load((u64)(i1) + 64u);
        i2 = 2u;
        i1 -= i2;
        switch (i1) {
          case 0: goto B10;
          case 1: goto B11;
          default: goto B12;
        }
        B12:;`;

describe("the interpreter's loop", () => {
  it("an opcode goes where the table of labels sends it", () => {
    const memory = new Uint8Array(64 + 4 * 256);
    const table = new Uint32Array(memory.buffer, 64);
    table[0] = 3;
    table[1] = 2;
    table[255] = 99;
    const loop = findLoop(LOOP, memory);
    expect([0, 1, 2, 255].map((n) => loop.targets[n])).toEqual(["B11", "B10", "B12", "B12"]);
    expect(loop).toMatchObject({ label: "L27", pc: "l8", next: "p6", opcode: "l12", first: "i1" });
    expect(loop.prologue).toBe("j0 = 7ull; l45 = j0;");
  });

  it("an interpreter that dispatches in another way stops the build", () => {
    expect(() => findLoop("switch (i0) {}", new Uint8Array(0))).toThrow(/changed/);
  });
});

describe("shared ends", () => {
  const end = "    l9 = i1;\n    goto L27;";

  it("a short end is copied to where it is jumped to", () => {
    const copied = copyEnds(`    if (i0) {goto B3;}\n    goto B4;\n    B3:;\n${end}\n`, "L27");
    expect(copied).toBe(`    if (i0) {{\n${end}\n}}\n    goto B4;\n    B3:;\n${end}\n`);
  });

  it("what does not go on with the next instruction stays shared", () => {
    const body = "    goto B3;\n    B3:;\n    l9 = i1;\n    goto B26;\n";
    expect(copyEnds(body, "L27")).toBe(body);
  });

  it("what others jump into stays shared", () => {
    const body = `    goto B3;\n    B3:;\n    B5:;\n${end}\n`;
    expect(copyEnds(body, "L27")).not.toContain("goto B3;\n    B3:;\n    l9");
    const inner = `    goto B3;\n    B3:;\n    l1 = i0;\n    L7: \n${end}\n`;
    expect(copyEnds(inner, "L27")).toBe(inner);
  });
});
