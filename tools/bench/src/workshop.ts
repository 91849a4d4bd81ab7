import { walk } from "@soloist/tool-workshop";
import type { Row } from "./table.ts";

/** What the tools take, as a stranger meets them: typed into a terminal, npm included, once with an empty cache of npm. */
export async function workshop(): Promise<Row[]> {
  const cold = await walk({ warm: false, short: true });
  const warm = await walk({ warm: true });
  const rows = (times: ReadonlyMap<string, number>, note: string): Row[] =>
    Array.from(times, ([name, time]) => ({ name, unit: "s", soloist: time / 1000, note }));
  return [...rows(cold.times, "npm's cache is empty"), ...rows(warm.times, "npm's cache is warm")];
}
