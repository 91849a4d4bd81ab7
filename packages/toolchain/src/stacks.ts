import { dirname, relative, resolve } from "node:path";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { BUNDLE_NAME } from "./engine/evaluate.ts";

/** A place in a source file. Line and column count from 1. */
export interface SourcePosition {
  /** Absolute path. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

export interface StackMapper {
  /** Where a place of the bundle comes from, when that is known. */
  position(line: number, column: number): SourcePosition | undefined;
  /** Text with every `app.js:LINE:COLUMN` in it replaced by the place in the source, relative to `cwd`. */
  text(text: string): string;
}

const PLACE = new RegExp(`\\b${BUNDLE_NAME.replace(".", "\\.")}:(\\d+)(?::(\\d+))?`, "g");

/** Maps stacks that QuickJS prints back to TypeScript. `mapPath`: where the map's relative paths start. */
export function createStackMapper(map: string, mapPath: string, cwd: string = process.cwd()): StackMapper {
  const trace = new TraceMap(map);
  const folder = dirname(mapPath);
  const position = (line: number, column: number): SourcePosition | undefined => {
    if (line < 1) return undefined;
    const found = originalPositionFor(trace, { line, column: Math.max(0, column - 1) });
    if (found.source === null) return undefined;
    return { path: resolve(folder, found.source), line: found.line, column: found.column + 1 };
  };
  return {
    position,
    text: (text) =>
      text.replace(PLACE, (whole, line: string, column?: string) => {
        const place = position(Number(line), Number(column ?? 1));
        if (!place) return whole;
        const path = relative(cwd, place.path);
        return `${path}:${place.line}${column === undefined ? "" : `:${place.column}`}`;
      }),
  };
}
