import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { hotspots, IDLE, PROGRAM, ProfileBuilder } from "../../src/profile/cpu-profile.ts";

const folder = mkdtempSync(join(tmpdir(), "soloist-profile-"));
afterAll(() => rmSync(folder, { recursive: true }));

const main = { name: "main", line: 1, column: 1 };
const work = { name: "work", line: 5, column: 1 };
const arrow = { name: "", line: 9, column: 16 };

describe("a CPU profile", () => {
  it("is a tree of calls with samples and the times between them", () => {
    const builder = new ProfileBuilder(1000);
    builder.add([work, main], 2000);
    builder.add([main], 3000);
    builder.add([work, main], 4500);
    builder.add([IDLE], 5000);
    const { nodes, samples, timeDeltas, startTime, endTime } = builder.build();
    expect(nodes.map(({ callFrame, hitCount, children }) => [callFrame.functionName, hitCount, children])).toEqual([
      ["(root)", 0, [2, 4]],
      ["main", 1, [3]],
      ["work", 2, []],
      ["(idle)", 1, []],
    ]);
    expect([samples, timeDeltas, startTime, endTime]).toEqual([[3, 2, 3, 4], [1000, 1000, 1500, 500], 1000, 5000]);
    expect(nodes[1]!.callFrame).toMatchObject({ url: "app.js", lineNumber: 0, columnNumber: 0 });
  });

  it("has the places of TypeScript, and names of what functions were assigned to", () => {
    const path = join(folder, "shop.ts");
    writeFileSync(
      path,
      "const total = (prices: number[]) => 0;\nconst table = { poll: async (now: number) => now };\n  async #sell(price: number) {}\n",
    );
    const places = [
      { path, line: 1, column: 15 },
      { path, line: 2, column: 23 },
      { path, line: 3, column: 3 },
    ];
    const builder = new ProfileBuilder(0, { position: (line) => places[line - 9], text: (text) => text });
    builder.add([arrow], 1);
    builder.add([{ ...arrow, line: 10 }], 2);
    builder.add([{ ...arrow, line: 11 }], 3);
    builder.add([main], 4);
    builder.add([{ name: "", line: 0, column: 0 }], 5);
    const frames = builder.build().nodes.map(({ callFrame }) => callFrame);
    const url = pathToFileURL(path).href;
    expect(frames[1]).toMatchObject({ functionName: "total", url, lineNumber: 0, columnNumber: 14 });
    expect(frames[2]).toMatchObject({ functionName: "poll", url, lineNumber: 1 });
    expect(frames[3]).toMatchObject({ functionName: "#sell", url, lineNumber: 2 });
    expect(frames[4]).toMatchObject({ functionName: "main", url: "app.js" });
    expect(frames[5]).toMatchObject({ functionName: "(native)", url: "" });
  });

  it("tells where the time went, idleness left out", () => {
    const builder = new ProfileBuilder(0);
    for (let time = 1; time <= 10; time++) builder.add(time <= 2 ? [IDLE] : time <= 4 ? [PROGRAM] : [work, main], time);
    expect(hotspots(builder.build(), 5)).toEqual({
      busy: 0.8,
      top: [
        { functionName: "work", url: "app.js", line: 5, share: 0.75 },
        { functionName: "(program)", url: "", line: 0, share: 0.25 },
      ],
    });
  });
});
