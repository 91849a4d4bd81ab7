/** Rewrites of the translated engine that make it faster without changing what it does. */
import { ARRAY, IMMUTABLE } from "./shortcuts.ts";
import type { CFunction, Translation } from "./translate.ts";

/** Checks of dump flags in the interpreter's loop: one for each opcode. */
const LEAST_DUMP_CHECKS = 100;
/** -9 << 32: values from here on are references (quickjs.h, JS_TAG_FIRST). */
/** Functions that look properties up. */
const LEAST_HASHES = 4;
const FIRST_REFERENCE_COUNTED = "18446744035054845952ull";
const PROLOGUE = "  FUNC_PROLOGUE;";

/** JS_CallInternal, the interpreter: the one function that JS_Call calls. */
export function findInterpreter({ functions }: Translation, symbols: ReadonlyMap<string, string>): CFunction {
  const find = (symbol: string | undefined) => functions.find((f) => f.symbol === symbol);
  const callees = [...(find(symbols.get("JS_Call"))?.references ?? [])];
  const interpreter = callees.length === 1 ? find(callees[0]) : undefined;
  if (interpreter?.parameters.join() !== "u32,u64,u64,u64,u32,u32,u32")
    throw new Error("JS_CallInternal was not found in the engine");
  return interpreter;
}

/**
 * The engine can print every instruction that it runs (JS_DUMP_BYTECODE_STEP): it looks at the flag before each one. No
 * image ever sets it. The field is found by what JS_SetDumpFlags stores first.
 */
export function dropDumpFlags(translation: Translation, symbols: ReadonlyMap<string, string>): void {
  const setter = translation.functions.find((f) => f.symbol === symbols.get("JS_SetDumpFlags"));
  const offset = /i32_store16\(\(u64\)\(\w+\) \+ (\d+), \w+\);/.exec(setter?.body ?? "")?.[1];
  const interpreter = findInterpreter(translation, symbols);
  const load = new RegExp(`i32_load8_u\\(\\(u64\\)\\(\\w+\\) \\+ ${offset}u\\)`, "g");
  const found = interpreter.body.match(load)?.length ?? 0;
  if (found < LEAST_DUMP_CHECKS) throw new Error(`the interpreter has ${found} checks of dump flags: it has changed`);
  interpreter.body = interpreter.body.replace(load, "0u");
}

/**
 * Gives the two functions that drop a reference a short way, without a frame, for values that nothing is freed of; the
 * interpreter has it inline.
 */
export function shortenFreeValue(translation: Translation, symbols: ReadonlyMap<string, string>): void {
  const interpreter = findInterpreter(translation, symbols);
  for (const name of ["JS_FreeValue", "JS_FreeValueRT"]) {
    const symbol = symbols.get(name);
    const f = translation.functions.find((candidate) => candidate.symbol === symbol);
    const forwards = [...(f?.references ?? [])].join() === symbols.get("JS_FreeValueRT");
    if (f?.parameters.join() !== "u32,u64" || !(forwards || f.body.includes(FIRST_REFERENCE_COUNTED)))
      throw new Error(`${name} is not what it was: its short way may be wrong`);
    const slow: CFunction = { ...f, symbol: `${f.symbol}_slow`, result: "__attribute__((noinline)) void" };
    f.body = `  if (!engine_release(p1)) ${slow.symbol}(p0, p1);`;
    f.references = new Set([slow.symbol]);
    translation.functions.splice(translation.functions.indexOf(f) + 1, 0, slow);
    const call = new RegExp(`\\b${f.symbol}\\((\\w+), (\\w+)\\);`, "g");
    interpreter.body = interpreter.body.replace(call, `{ if (!engine_release($2)) ${slow.symbol}($1, $2); }`);
    if (interpreter.references.delete(f.symbol)) interpreter.references.add(slow.symbol);
  }
}

/**
 * Leaves the check of the native stack (FUNC_PROLOGUE) in so many functions that every cycle of calls passes one: those
 * that call through the table, and enough of the direct cycles. The others then need no more than the reserve, and gcc can
 * do without a frame on their short ways.
 */
export function placeStackChecks({ functions }: Translation): void {
  const byName = new Map(functions.map((f) => [f.symbol, f]));
  const open = new Set(functions.filter((f) => !f.body.includes("CALL_TABLE(")).map((f) => f.symbol));
  const callees = (symbol: string) => [...byName.get(symbol)!.references].filter((callee) => open.has(callee));
  for (const symbol of [...open]) if (byName.get(symbol)!.references.has(symbol)) open.delete(symbol);
  for (let cycles = cyclesIn(open, callees); cycles.length > 0; cycles = cyclesIn(open, callees)) {
    for (const cycle of cycles) {
      const inside = new Set(cycle);
      const weight = (symbol: string) =>
        callees(symbol).filter((c) => inside.has(c)).length *
        cycle.filter((caller) => byName.get(caller)!.references.has(symbol)).length;
      open.delete(cycle.reduce((best, symbol) => (weight(symbol) > weight(best) ? symbol : best)));
    }
  }
  for (const symbol of open) {
    const f = byName.get(symbol)!;
    f.body = f.body.replace(`${PROLOGUE}\n`, "").replace(PROLOGUE, "");
  }
}

/** Strongly connected components of more than one function (Tarjan). */
function cyclesIn(nodes: ReadonlySet<string>, callees: (symbol: string) => string[]): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const found: string[][] = [];
  const visit = (symbol: string): void => {
    index.set(symbol, index.size);
    low.set(symbol, index.get(symbol)!);
    stack.push(symbol);
    onStack.add(symbol);
    for (const callee of callees(symbol)) {
      if (!index.has(callee)) visit(callee);
      if (onStack.has(callee)) low.set(symbol, Math.min(low.get(symbol)!, low.get(callee)!));
    }
    if (low.get(symbol) !== index.get(symbol)) return;
    const component = stack.splice(stack.indexOf(symbol));
    for (const member of component) onStack.delete(member);
    if (component.length > 1) found.push(component);
  };
  for (const symbol of nodes) if (!index.has(symbol)) visit(symbol);
  return found;
}

/**
 * A property's place in its shape's hash table is the top bits of a product: `hash >> (clz(size) + 1)`. As the size is a power
 * of two, that is the upper half of hash * size, which takes fewer steps; bsr is slow on many processors.
 */
export function hashByProduct({ functions }: Translation): void {
  const shift =
    /(\w+) = (\w+);\s+(\w+) = 1u;\s+\1 \+= \3;\s+\1 = I32_CLZ\(\1\);\s+\3 = 1u;\s+\1 \+= \3;\s+(\w+) >>= \(\1 & 31\);/g;
  let found = 0;
  for (const f of functions)
    f.body = f.body.replace(shift, (_, size: string, mask: string, _one, hash: string) => {
      found++;
      return `${size} = ${mask};\n  ${hash} = (u32)((u64)${hash} * ((u64)${size} + 1) >> 32);`;
    });
  if (found < LEAST_HASHES) throw new Error(`${found} places hash property names: JSShape has changed`);
}

/** shortcuts.ts knows the fields of JSObject and JSShape that looking a property up reads. */
export function assertShapes({ functions }: Translation, findProperty: string): void {
  const body = functions.find((f) => f.symbol === findProperty)?.body.replaceAll(/\s+/g, " ") ?? "";
  const reads = [...body.matchAll(/i32_load\(\(u64\)\(\w+\)(?: \+ (\d+)u)?\)/g)].map(([, offset]) =>
    Number(offset ?? 0),
  );
  if (reads.join() !== "12,16,0,4,16,0" || !body.includes("= 44u;"))
    throw new Error(`JSObject or JSShape has changed: properties are looked up by ${reads.join()}`);
}

/** shortcuts.ts and src/common/platform.c know the fields of JSObject that typed arrays are reached by, and their classes. */
export function assertTypedArrays({ functions }: Translation, symbols: ReadonlyMap<string, string>): void {
  const bodyOf = (symbol: string | undefined) =>
    functions.find((f) => f.symbol === symbol)?.body.replaceAll(/\s+/g, " ") ?? "";
  const loads = (body: string) =>
    [...body.matchAll(/i32_load(?:8_u|16_u)?\(\(u64\)\(\w+\)(?: \+ (\d+)u)?\)/g)].map(([, offset]) =>
      Number(offset ?? 0),
    );
  // Uint8ClampedArray is the first class of them, then come those of Int8, Uint8, Int16, Uint16 and Int32.
  const first = ARRAY.uint8 - 2;
  const type = bodyOf(symbols.get("JS_GetTypedArrayType"));
  const setter = functions.find((f) => f.symbol === symbols.get("JS_SetPropertyValue"));
  const store = new RegExp(
    `i32_load\\(\\(u64\\)\\(\\w+\\) \\+ ${ARRAY.count}u\\); i1 = (\\w+); i0 = i0 <= i1; if \\(i0\\) \\{goto \\w+;\\} i0 = \\w+; i0 = i32_load\\(\\(u64\\)\\(i0\\) \\+ ${ARRAY.elements}u\\); i1 = \\1; i0 \\+= i1; i1 = \\w+; i1 = i32_load\\(\\(u64\\)\\(i1\\) \\+ \\d+u\\); i32_store8\\(`,
  );
  const immutable = [ARRAY.class, ...IMMUTABLE].join();
  if (
    !type.includes(`i32_load16_u((u64)(i1) + ${ARRAY.class}u); i2 = ${first}u; i1 -= i2;`) ||
    !store.test(bodyOf(setter?.symbol)) ||
    ![...(setter?.references ?? [])].some((symbol) => loads(bodyOf(symbol)).join() === immutable)
  )
    throw new Error("JSObject has changed: the elements of typed arrays are elsewhere");
}
