// Hono and H3 run unmodified: what a client sees of an app of theirs in a booted image.
import { client, GUEST, namespacesMissing, serves } from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

const missing = namespacesMissing();

describe.skipIf(missing !== undefined)(`frameworks on spt${missing ? ` (skipped: ${missing})` : ""}`, () => {
  it.each(["hono", "h3"])("%s: every case passes in a booted image", async (framework) => {
    await using server = await serves(`tools/e2e/apps/${framework}.ts`, "spt");
    const result = await client<{ cases: number; failures: object }>(server.net, "framework", [framework, GUEST]);
    expect(result.failures).toEqual({});
    expect(result.cases).toBeGreaterThan(25);
  });
});
