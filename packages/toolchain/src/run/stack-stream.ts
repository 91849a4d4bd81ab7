import { readFileSync } from "node:fs";
import { BUNDLE_NAME } from "../engine/evaluate.ts";
import { createStackMapper, type StackMapper } from "../stacks.ts";

/** The end of a text that may be the start of `app.js:12:34`: a part of the name, or all of it and digits. */
const PARTIAL = new RegExp(
  `(?:${[...BUNDLE_NAME].map((_, index) => escapeRegExp(BUNDLE_NAME.slice(0, index + 1))).join("|")})$|${escapeRegExp(BUNDLE_NAME)}(?::\\d*){1,2}$`,
);
const PLACE = new RegExp(`\\b${escapeRegExp(BUNDLE_NAME)}:\\d+(?::\\d+)?`, "g");

function escapeRegExp(text: string): string {
  return text.replace(/[.]/g, "\\$&");
}

/**
 * Maps stacks in a stream of console output while it passes. Bytes that are no part of a stack pass unchanged and at once;
 * what may become one is held back until the next chunk or {@link StackStream.end}.
 */
export interface StackStream {
  push(chunk: Uint8Array): Buffer;
  end(): Buffer;
}

export function createStackStream(mapPath: string, cwd: string = process.cwd()): StackStream {
  let held = "";
  let mapper: StackMapper | undefined | null;
  const map = (text: string): Buffer => {
    if (!text.includes(`${BUNDLE_NAME}:`)) return Buffer.from(text, "latin1");
    mapper ??= load(mapPath, cwd);
    if (!mapper) return Buffer.from(text, "latin1");
    // Bytes travel as Latin-1 text; the paths that are put in are UTF-8.
    const place = mapper;
    return Buffer.from(
      text.replace(PLACE, (found) => Buffer.from(place.text(found)).toString("latin1")),
      "latin1",
    );
  };
  return {
    push(chunk) {
      const text = held + Buffer.from(chunk).toString("latin1");
      held = PARTIAL.exec(text)?.[0] ?? "";
      return map(text.slice(0, text.length - held.length));
    },
    end() {
      const rest = map(held);
      held = "";
      return rest;
    },
  };
}

function load(mapPath: string, cwd: string): StackMapper | null {
  try {
    return createStackMapper(readFileSync(mapPath, "utf8"), mapPath, cwd);
  } catch {
    return null; // images that came without their map show places in the bundle
  }
}
