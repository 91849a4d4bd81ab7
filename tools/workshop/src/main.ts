/** Walks through the workshop and prints its times; `--write` puts what the terminal showed into the guide. */
import { parseArgs } from "node:util";
import { DOCS } from "@soloist/tool-docs";
import { compareScenes } from "./guide.ts";
import { walk } from "./walk.ts";

const { values } = parseArgs({
  options: { write: { type: "boolean" }, cold: { type: "boolean" }, short: { type: "boolean" } },
});
const { write = false, cold = false, short = false } = values;
const result = await walk({ warm: !cold, short, progress: (scene) => process.stderr.write(`workshop: ${scene}\n`) });
if (!short) for (const difference of compareScenes(DOCS, result.scenes, write)) console.log(difference);
console.log(`npm's cache: ${cold ? "empty" : "warm"}`);
for (const [name, time] of result.times) console.log(`${(time / 1000).toFixed(1).padStart(6)} s  ${name}`);
