// WebSockets of a booted image, with Node's own client and with ws.
import { client, GUEST, namespacesMissing, serves } from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

const missing = namespacesMissing();

describe.skipIf(missing !== undefined)(`WebSocket on spt${missing ? ` (skipped: ${missing})` : ""}`, () => {
  it("messages, fragments, a megabyte, close codes, two hundred sockets in a room, and an orderly stop", async () => {
    await using server = await serves("tools/e2e/apps/websocket.ts", "spt");
    const seen = await client<Record<string, unknown>>(server.net, "websocket", [GUEST]);
    expect(seen).toEqual({
      messages: 1000,
      protocol: "echo.v2",
      closed: [3000, true],
      fragments: ["between", "one two"],
      megabyte: true,
      longText: true,
      tooBig: 1009,
      codes: [
        [1000, "as asked"],
        [1001, "as asked"],
        [1011, ""],
        [4999, "as asked"],
      ],
      elsewhere: expect.stringContaining("403"),
      heard: 199,
      size: "200",
      left: "1",
      stopped: 1001,
    });
    await server.guest.says(/^Stopped$/m);
    expect(await server.guest.code()).toBe(0);
  });
});
