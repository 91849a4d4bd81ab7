import { existsSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { EvaluationError } from "../engine/engine.ts";
import { BUNDLE_NAME, BuildTimeError } from "../engine/evaluate.ts";
import { BuildError } from "../errors.ts";
import { createStackMapper, type SourcePosition } from "../stacks.ts";

export interface ExplainContext {
  /** The bundle's source map. */
  readonly map: string;
  readonly outFolder: string;
  readonly appFolder: string;
  readonly color: boolean;
}

interface Frame {
  readonly name: string;
  readonly place: SourcePosition | undefined;
}

/** How calls are spelt whose frame carries only the last name. */
const SPELLING: Readonly<Record<string, string>> = {
  Date: "new Date",
  now: "Date.now",
  random: "Math.random",
  getRandomValues: "crypto.getRandomValues",
  randomUUID: "crypto.randomUUID",
};

const ADVICE =
  "A module's top level runs once, when the image is built, and every boot starts from its result.\n" +
  "Move the call into run(), or build with --no-snapshot to evaluate the top level at every boot.";
const CRYPTO_ADVICE = "Only a booted image has secure random numbers, and only in run(): move the call there.";

/** Turns what evaluating the top level threw into a message with the place in TypeScript. Other errors pass through. */
export function explainFailure(error: unknown, context: ExplainContext): unknown {
  if (error instanceof BuildTimeError) return buildTimeFailure(error.jsStack, error.api, context);
  if (!(error instanceof EvaluationError)) return error;
  if (error.code === "ERR_BUILD_TIME") return buildTimeFailure(error.jsStack, undefined, context);
  if (error.code === "ERR_RUN_NEVER") return new BuildError(error.message.replace(/^\w+: /, ""));
  const frames = parseFrames(error.jsStack, context);
  const culprit = frames.find((frame) => frame.place !== undefined && isOwn(frame.place, context.appFolder));
  const mapped = createStackMapper(context.map, join(context.outFolder, BUNDLE_NAME)).text(error.jsStack.trimEnd());
  return new BuildError(
    [
      `the app's top level failed: ${error.message}`,
      ...(culprit?.place ? ["", codeFrame(culprit.place, context.color)] : []),
      ...(mapped ? ["", mapped] : []),
    ].join("\n"),
  );
}

function buildTimeFailure(stack: string, api: string | undefined, context: ExplainContext): BuildError {
  const frames = parseFrames(stack, context);
  const index = frames.findIndex((frame) => frame.place !== undefined && isOwn(frame.place, context.appFolder));
  const callee = frames[index - 1]?.name ?? frames[0]?.name ?? "";
  const caller = frames[index]?.place;
  const call = caller && findCall(caller, callee);
  const name = call?.text ?? api ?? SPELLING[callee] ?? (callee || "a function of the platform");
  const place = call?.place ?? caller;
  return new BuildError(
    [
      `${name}() was called while the app's top level was evaluated`,
      ...(place ? ["", codeFrame(place, context.color)] : []),
      "",
      name.startsWith("crypto.") ? CRYPTO_ADVICE : ADVICE,
    ].join("\n"),
  );
}

/** How a line spells the call of a function, `performance.now` or `new Date`, and where: frames point behind it at times. */
export function findCall(place: SourcePosition, callee: string): { text: string; place: SourcePosition } | undefined {
  if (!/^[\w$]+$/.test(callee)) return undefined;
  const line = sourceLines(place.path)?.[place.line - 1] ?? "";
  const found = new RegExp(`(?:new\\s+)?(?:[\\w$]+\\.)*\\b${callee.replaceAll("$", "\\$")}(?=\\s*\\()`).exec(line);
  return found ? { text: found[0], place: { ...place, column: found.index + 1 } } : undefined;
}

function sourceLines(path: string): string[] | undefined {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n") : undefined;
}

/** The app's own files, as opposed to packages that it uses. */
function isOwn({ path }: SourcePosition, appFolder: string): boolean {
  return path.startsWith(appFolder + sep) && !path.includes(`${sep}node_modules${sep}`);
}

function parseFrames(stack: string, context: ExplainContext): Frame[] {
  const mapper = createStackMapper(context.map, join(context.outFolder, BUNDLE_NAME));
  const place = new RegExp(`${BUNDLE_NAME.replace(".", "\\.")}:(\\d+):(\\d+)`);
  return stack
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const found = place.exec(line);
      const name = /^\s*at\s+(?:new\s+)?(.*?)\s*\(/.exec(line)?.[1] ?? "";
      return {
        name: name.replace(/^.*\./, ""),
        place: found ? mapper.position(Number(found[1]), Number(found[2])) : undefined,
      };
    });
}

const CONTEXT_LINES = 1;

/** A few lines around a place, with a caret below it. */
export function codeFrame(place: SourcePosition, color: boolean): string {
  const where = `  ${relative(process.cwd(), place.path)}:${place.line}:${place.column}`;
  const lines = sourceLines(place.path);
  if (!lines) return where;
  const first = Math.max(1, place.line - CONTEXT_LINES);
  const last = Math.min(lines.length, place.line + CONTEXT_LINES);
  const width = String(last).length;
  const shown: string[] = [];
  for (let line = first; line <= last; line++) {
    const text = (lines[line - 1] ?? "").replaceAll("\t", " ");
    shown.push(`  ${String(line).padStart(width)} │ ${text}`.trimEnd());
    if (line === place.line) {
      const caret = color ? "\x1b[31m^\x1b[0m" : "^";
      shown.push(`  ${" ".repeat(width)} ╵ ${" ".repeat(place.column - 1)}${caret}`);
    }
  }
  return [where, "", ...shown].join("\n");
}
