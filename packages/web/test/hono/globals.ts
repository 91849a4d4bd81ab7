// Imported before anything of Hono's: it finds this package's classes where an image has them.
import * as compression from "../../src/globals/compression.ts";
import * as streams from "../../src/globals/streams.ts";
import * as classes from "../../src/globals.ts";

for (const [name, value] of Object.entries({ ...classes, ...streams, ...compression })) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}
