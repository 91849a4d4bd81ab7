// Hono runs unmodified: the cases that packages/web runs in process, over a network against a booted image.
import { client, GUEST, namespacesMissing, serves } from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

const missing = namespacesMissing();

describe.skipIf(missing !== undefined)(`Hono on spt${missing ? ` (skipped: ${missing})` : ""}`, () => {
  it("every case passes in a booted image", async () => {
    await using server = await serves("tools/e2e/apps/hono.ts", "spt");
    const result = await client<{ cases: number; failures: object }>(server.net, "hono", [GUEST]);
    expect(result.failures).toEqual({});
    expect(result.cases).toBeGreaterThan(25);
  });
});
