import type { FuzzTarget } from "@soloist/testing";
import { parsers } from "./parsers.ts";
import { wholeStack } from "./stack.ts";

/** What `npm run fuzz -w tools/fuzz` runs of this package. */
export const targets: Readonly<Record<string, FuzzTarget>> = { ...parsers, stack: wholeStack };
