/** Finds the engine's recursive functions and gives them a check of the stacks that JavaScript can catch. */
import type { Translation } from "./translate.ts";

/**
 * JS_CallInternal runs every call of a function. It is the only function that JS_Call calls; its signature is
 * (context, function, this, new.target, argc, argv, flags).
 */
export function protect(translation: Translation, symbols: ReadonlyMap<string, string>): void {
  const find = (symbol: string | undefined) => translation.functions.find((f) => f.symbol === symbol);
  const call = find(symbols.get("JS_Call"));
  const callees = [...(call?.references ?? [])];
  const internal = callees.length === 1 ? find(callees[0]) : undefined;
  if (
    internal === undefined ||
    internal.result !== "u64" ||
    internal.parameters.join() !== "u32,u64,u64,u64,u32,u32,u32" ||
    !internal.body.includes("  FUNC_PROLOGUE;")
  )
    throw new Error("JS_CallInternal was not found in the engine: the stack check has no place");
  internal.body = internal.body.replace("  FUNC_PROLOGUE;", "  CALL_PROLOGUE(p0);");
}
