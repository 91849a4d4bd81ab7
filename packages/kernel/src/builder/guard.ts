/** Lets the engine's own checks of its stack see the native stack too. */
import type { CFunction, Translation } from "./translate.ts";

const LEAST_SITES = 20;
const LEAST_THROWERS = 15;

/**
 * The engine compares the shadow stack (`__stack_pointer`) with JSRuntime.stack_limit wherever it recurses: calls, parser,
 * JSON, regular expressions, Array.prototype.flat. Each of these loads becomes `STACK_LIMIT(runtime)`, which is larger than
 * any stack pointer when the native stack is nearly used up: so both end in the RangeError that JavaScript can catch.
 *
 * The field is found by what JS_SetMaxStackSize stores last, the function that throws by what all checks call.
 */
export function protect({ functions }: Translation, symbols: ReadonlyMap<string, string>): void {
  const find = (name: string): CFunction => {
    const found = functions.find((f) => f.symbol === (symbols.get(name) ?? name));
    if (found === undefined) throw new Error(`the engine has no ${name}: its stack checks cannot be found`);
    return found;
  };
  const setMaxStackSize = find("JS_SetMaxStackSize");
  const offset = [...setMaxStackSize.body.matchAll(/i32_store\(\(u64\)\(\w+\) \+ (\d+), \w+\);/g)].at(-1)?.[1];
  const load = new RegExp(`i32_load\\(\\(u64\\)\\((\\w+)\\) \\+ ${offset}u\\)`, "g");
  // The regular expression compiler adds the offset first.
  const addAndLoad = new RegExp(
    `(\\w+) = ${offset}u;\\n\\s*(\\w+) \\+= \\1;\\n\\s*\\2 = i32_load\\(\\(u64\\)\\(\\2\\)\\);`,
    "g",
  );
  const patched = functions.filter((f) => {
    const body = f.body
      .replace(load, (_, runtime) => `STACK_LIMIT(${runtime}, ${offset})`)
      .replace(addAndLoad, (_, _offset, runtime) => `${runtime} = STACK_LIMIT(${runtime}, ${offset});`);
    const changed = body !== f.body;
    f.body = body;
    return changed;
  });
  const internal = find([...find("JS_Call").references][0] ?? "JS_CallInternal");
  if (patched.length < LEAST_SITES || !patched.includes(internal))
    throw new Error(`the engine's stack checks were not found (${patched.length} places): JSRuntime has changed`);

  const rangeError = symbols.get("JS_ThrowRangeError")!;
  const throwers = functions.filter(
    (f) =>
      f.result === "void" &&
      f.parameters.join() === "u32" &&
      [...f.references].join() === rangeError &&
      patched.filter((caller) => caller.references.has(f.symbol)).length >= LEAST_THROWERS,
  );
  if (throwers.length !== 1) throw new Error("the function that throws the engine's stack overflow was not found");
  throwers[0]!.body = "  stack_throw(p0);";
}

/**
 * structuredClone has no check of its own. Its one function that calls itself, (context, value, seen) to a JSValue, gets one
 * of the native stack: a level takes less of the shadow stack than of that.
 */
export function protectClone({ functions }: Translation): void {
  const recursive = functions.filter((f) => f.references.has(f.symbol));
  const [clone] = recursive;
  if (recursive.length !== 1 || clone?.result !== "u64" || clone.parameters.join() !== "u32,u64,u32")
    throw new Error("the structured-clone module recurses in another way: its stack check has no place");
  clone.body = clone.body.replace("  FUNC_PROLOGUE;", "  VALUE_PROLOGUE(p0);");
}
