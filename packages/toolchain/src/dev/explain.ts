import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { codeFrame, findCall } from "../app/explain.ts";
import type { SourcePosition } from "../stacks.ts";

/** The first frame of a stack in the app's own files, and the name of the function that it called. */
export function ownFrame(stack: string, appFolder: string): (SourcePosition & { readonly callee: string }) | undefined {
  let callee = "";
  for (const match of stack.matchAll(/^ +at (?:(.*) \()?((?:file:\/\/)?[^()\n]+?):(\d+):(\d+)\)?$/gm)) {
    const [, name = "", place = "", line, column] = match;
    const path = place.startsWith("file://") ? fileURLToPath(place) : absolute(place);
    if (path.startsWith(appFolder + sep) && !path.includes(`${sep}node_modules${sep}`)) {
      return { path, line: Number(line), column: Number(column), callee };
    }
    callee = name.replace(/^.*[. ]/, "");
  }
  return undefined;
}

/** The machine shortens paths below the current folder. */
const absolute = (path: string) => (path.startsWith("/") ? path : `${process.cwd()}${sep}${path}`);

/** The lines around the place where an error came from, for the end of an app that died of it. */
export function crashFrame(console: string, appFolder: string, color: boolean): string | undefined {
  const at =
    console.lastIndexOf("Uncaught:") >= 0
      ? console.lastIndexOf("Uncaught:")
      : console.lastIndexOf("Unhandled rejection:");
  const place = at < 0 ? undefined : ownFrame(console.slice(at), appFolder);
  return place && codeFrame(place, color);
}

const ADVICE =
  "soloist build refuses it, because a top level runs once, when the image is built: move the call into run().";

/** A warning about a clock or randomness that the top level reads. */
export function topLevelWarning(api: string, stack: string, appFolder: string, color: boolean): string {
  const own = ownFrame(stack, appFolder);
  const call = own && findCall(own, own.callee);
  const place = call?.place ?? own;
  const frame = place ? `\n\n${codeFrame(place, color)}\n\n` : "; ";
  return `warning: ${call?.text ?? api}() is called while the app's top level is evaluated${frame}${ADVICE}\n`;
}

/** `src/main.ts`, or `src/main.ts and 2 more`. */
export function nameChanges(paths: readonly string[]): string {
  const names = paths.map((path) => relative(process.cwd(), path));
  return names.length > 1 ? `${names[0]} and ${names.length - 1} more` : (names[0] ?? "");
}
