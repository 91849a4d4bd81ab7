import { spawnSync } from "node:child_process";
import { DOCS } from "@soloist/tool-docs";
import { describe, expect, it } from "vitest";
import { compareScenes } from "../src/guide.ts";
import { walk } from "../src/walk.ts";

const missing = ["tmux", "curl", "qemu-system-x86_64"].find((command) => spawnSync("which", [command]).status !== 0);
const suffix = missing ? ` (skipped: no ${missing})` : "";

describe.skipIf(missing !== undefined)(`the workshop, typed into a terminal${suffix}`, () => {
  it("goes from an empty folder to a shortener that remembers, and shows what the guide says", async () => {
    const { scenes } = await walk({ warm: true });
    expect(scenes.size).toBeGreaterThan(20);
    expect(compareScenes(DOCS, scenes)).toEqual([]);
  });
});
