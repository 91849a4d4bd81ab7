import { expect, it } from "vitest";
import { loadEngine } from "../../src/builder/modules.ts";
import { findOpcodes } from "../../src/builder/opcodes.ts";

it("opcodes are numbered as in bytecode: short ones follow nop", async () => {
  const opcodes = findOpcodes((await loadEngine()).memory);
  expect(opcodes("invalid")).toBe(0);
  expect(opcodes("push_i32")).toBe(1);
  expect(opcodes("push_minus1")).toBe(opcodes("nop") + 1);
  expect(opcodes("if_true8")).toBe(opcodes("if_false8") + 1);
});

it("an opcode that the engine does not have stops the build", async () => {
  const opcodes = findOpcodes((await loadEngine()).memory);
  expect(() => opcodes("fly")).toThrow(/no opcode fly/);
  // Opcodes that only the compiler sees have no number in bytecode.
  expect(() => opcodes("scope_get_var")).toThrow(/no opcode/);
});

it("memory without the table stops the build", () => {
  expect(() => findOpcodes(new Uint8Array(4096))).toThrow(/not found/);
});
