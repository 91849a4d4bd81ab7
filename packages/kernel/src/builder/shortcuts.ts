/**
 * Short ways for what programs do most, in front of the interpreter's own: where one does not apply, it has changed nothing
 * and the instruction runs as ever.
 */
import type { Registers } from "./dispatch.ts";
import type { Opcodes } from "./opcodes.ts";

export interface Shortcuts {
  /** Statements to start an instruction with, by opcode. */
  code: ReadonlyMap<number, string>;
  /** C in front of the interpreter. */
  declarations: string;
}

/** Entries of the table of hints; two instructions that share one only lose time. */
const HINTS = 8192;
/** JSShapeProperty's flags: a plain value, and one that may be written besides. */
const PLAIN = "i32_load(entry) <= 0x3fffffff";
const WRITABLE = "(i32_load(entry) & 0xe8000000u) == 0x08000000u";

/** `dispatch` goes to the next instruction, whose opcode is in front of `registers.next`. */
export function shortcuts(opcodes: Opcodes, registers: Registers, dispatch: string): Shortcuts {
  const fields = propertyShortcuts(registers, dispatch);
  const code = new Map([
    [opcodes("swap"), keepIndex(opcodes, registers, dispatch)],
    [opcodes("get_loc_check"), countUp(opcodes, registers, dispatch)],
    [opcodes("get_field"), fields.get],
    [opcodes("get_field2"), fields.get2],
    [opcodes("put_field"), fields.put],
    [opcodes("get_array_el"), getElement(registers, dispatch)],
    [opcodes("put_array_el"), putElement(registers, dispatch)],
  ]);
  const declarations = [
    "#define NO_HINT 255u",
    `static u8 property_hints[${HINTS}];`,
    `#define HINT(pc) property_hints[(pc) & ${HINTS - 1}]`,
    "",
  ].join("\n");
  return { code, declarations };
}

/** Bytes as a little-endian constant. */
const constant = (bytes: readonly number[]) =>
  `0x${[...bytes]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")}ull`;

/**
 * `a[i] = v` makes a property key of i twice, and swaps for that: six instructions and a branch before v, three after it.
 * They leave an integer as it is, and the stack too, whether a is an object or null.
 */
function keepIndex(opcodes: Opcodes, { next, stack }: Registers, dispatch: string): string {
  const after = ["to_propkey", "swap"].map(opcodes);
  // The branch, taken for null, is 4 bytes ahead: to the last of the swaps.
  const [dup, isNull, branch, swap, key] = ["dup", "is_undefined_or_null", "if_true8", "swap", "to_propkey"].map(
    opcodes,
  );
  const before = constant([dup!, isNull!, branch!, 4, swap!, key!, swap!, swap!]);
  const isInteger = (depth: number) => `i32_load((u64)${stack} - ${8 * depth - 4}) == 0`;
  return [
    `if (i32_load16_u((u64)${next}) == ${constant(after)} && ${isInteger(2)}) { ${next} += 3u; ${dispatch} }`,
    `if (i64_load((u64)${next}) == ${before} && ${isInteger(1)}) { ${next} += 9u; ${dispatch} }`,
  ].join(" ");
}

/** `n++` as a statement, n a `let` that holds an integer: get_loc_check n, post_inc, put_loc_check n, drop. */
function countUp(opcodes: Opcodes, { next, locals }: Registers, dispatch: string): string {
  const between = constant(["post_inc", "put_loc_check"].map(opcodes));
  return [
    `if (i32_load16_u((u64)${next} + 2) == ${between} && i32_load8_u((u64)${next} + 6) == ${opcodes("drop")}u`,
    `&& i32_load16_u((u64)${next}) == i32_load16_u((u64)${next} + 4)) {`,
    `u64 at = (u64)${locals} + 8u * i32_load16_u((u64)${next}); u64 n = i64_load(at);`,
    `if (n < 0x7fffffffull) { i64_store(at, n + 1); ${next} += 8u; ${dispatch} } }`,
  ].join(" ");
}

/** Where JSObject has its class, and those of arrays the elements and their number; classes of typed arrays. */
export const ARRAY = { class: 10, elements: 28, count: 32, uint8: 24, int32: 27 } as const;
/** From a typed array over its buffer to the flag that says that nobody may write to it. */
export const IMMUTABLE = [24, 12, 24, 9] as const;

/** An element of a Uint8Array or an Int32Array: the interpreter knows plain arrays only, and calls for others. */
function getElement({ next, stack, context, freeValue }: Registers, dispatch: string): string {
  return [
    `{ u64 array = i64_load((u64)${stack} - 16), index = i64_load((u64)${stack} - 8);`,
    "if (array >= 0xffffffff00000000ull && index <= 0xffffffffull) {",
    `u32 class = i32_load16_u((u64)(u32)array + ${ARRAY.class});`,
    `if ((class == ${ARRAY.uint8}u || class == ${ARRAY.int32}u)`,
    `&& (u32)index < i32_load((u64)(u32)array + ${ARRAY.count})) {`,
    `u64 at = i32_load((u64)(u32)array + ${ARRAY.elements});`,
    `u32 element = class == ${ARRAY.uint8}u ? i32_load8_u(at + (u32)index) : i32_load(at + 4ull * (u32)index);`,
    `i64_store((u64)${stack} - 16, element);`,
    `if (!engine_release(array)) ${freeValue}(${context}, array);`,
    `${stack} -= 8u; ${next} += 1u; ${dispatch} } } }`,
  ].join(" ");
}

/** An integer into an element of these. */
function putElement({ next, stack, context, freeValue }: Registers, dispatch: string): string {
  const [array, buffer, data, flag] = IMMUTABLE;
  const owner = `i32_load((u64)i32_load((u64)i32_load((u64)(u32)array + ${array}) + ${buffer}) + ${data})`;
  return [
    `{ u64 array = i64_load((u64)${stack} - 24), index = i64_load((u64)${stack} - 16), value = i64_load((u64)${stack} - 8);`,
    "if (array >= 0xffffffff00000000ull && index <= 0xffffffffull && value <= 0xffffffffull) {",
    `u32 class = i32_load16_u((u64)(u32)array + ${ARRAY.class});`,
    `if ((class == ${ARRAY.uint8}u || class == ${ARRAY.int32}u)`,
    `&& (u32)index < i32_load((u64)(u32)array + ${ARRAY.count}) && i32_load8_u((u64)${owner} + ${flag}) == 0) {`,
    `u64 at = i32_load((u64)(u32)array + ${ARRAY.elements});`,
    `if (class == ${ARRAY.uint8}u) i32_store8(at + (u32)index, (u32)value);`,
    "else i32_store(at + 4ull * (u32)index, (u32)value);",
    `if (!engine_release(array)) ${freeValue}(${context}, array);`,
    `${stack} -= 24u; ${next} += 1u; ${dispatch} } } }`,
  ].join(" ");
}

/**
 * A property of the object itself is looked for first where this instruction found one last: no hashing, and the value's
 * address does not wait for the shape. A hint is checked against the shape like any other entry: it may be wrong, and is
 * then learnt again; NO_HINT stays for what the object does not have itself.
 */
function propertyShortcuts(registers: Registers, dispatch: string): { get: string; get2: string; put: string } {
  const { next, stack, frame, context, findProperty, freeValue } = registers;
  const free = (value: string) => `if (!engine_release(${value})) ${freeValue}(${context}, ${value});`;
  const found = (depth: number, isFit: string, action: string) =>
    [
      `{ u64 object = i64_load((u64)${stack} - ${8 * depth}); u32 hint = HINT(${next});`,
      "if (object >= 0xffffffff00000000ull && hint != NO_HINT) {",
      "u64 shape = i32_load((u64)(u32)object + 12);",
      "u32 entries = (u32)shape + 44 + 4 * i32_load(shape + 16);",
      "u64 entry = (u64)entries + 8 * hint;",
      `if (hint < i32_load(shape + 24) && i32_load(entry + 4) == i32_load((u64)${next}) && ${isFit}) {`,
      `u64 at = (u64)i32_load((u64)(u32)object + 16) + 8 * hint; ${action} ${next} += 5u; ${dispatch} }`,
      `u32 where = ${findProperty}(${frame}, (u32)object, i32_load((u64)${next}));`,
      `u32 n = where == 0 ? NO_HINT : (where - entries) / 8; HINT(${next}) = n < NO_HINT ? n : NO_HINT; } }`,
    ].join(" ");
  const take = "u64 value = i64_load(at); engine_retain(value);";
  return {
    get: found(1, PLAIN, `${take} i64_store((u64)${stack} - 8, value); ${free("object")}`),
    get2: found(1, PLAIN, `${take} i64_store((u64)${stack}, value); ${stack} += 8u;`),
    put: found(
      2,
      WRITABLE,
      [
        `u64 old = i64_load(at); i64_store(at, i64_load((u64)${stack} - 8)); ${stack} -= 16u;`,
        `${free("old")} ${free("object")}`,
      ].join(" "),
    ),
  };
}
