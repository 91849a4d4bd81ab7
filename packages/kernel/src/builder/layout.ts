/** Generates `build/layout.h` from `layout.json`: addresses and sizes that C, linker scripts and the toolchain share. */
import { readFileSync } from "node:fs";

export type Layout = Record<"TEXT_BASE" | "LINEAR_BASE" | "STACK_SIZE" | "NET_SLOT_SIZE", number>;

export function readLayout(path: string): Layout {
  const { $comment: _, ...values } = JSON.parse(readFileSync(path, "utf8")) as Record<string, string>;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)])) as Layout;
}

/** No suffixes and no casts: linker scripts include it too. */
export function layoutHeader(layout: Layout): string {
  const lines = Object.entries(layout).map(([name, value]) => `#define ${name} 0x${value.toString(16)}`);
  return [
    "/* Generated from layout.json. */",
    "#ifndef SOLOIST_LAYOUT_H",
    "#define SOLOIST_LAYOUT_H",
    ...lines,
    "#endif",
    "",
  ].join("\n");
}
