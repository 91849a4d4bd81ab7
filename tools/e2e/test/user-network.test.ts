// Over QEMU's user network and a port of loopback: no root, no tap, and an address from DHCP.
import { build, client, curl, freePort, Guest, here } from "@soloist/tool-e2e";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

async function boot(app: string, to: number): Promise<{ guest: Guest; port: number }> {
  const port = await freePort();
  const guest = Guest.boot({ target: "virtio", image: build(app, "virtio"), forward: { from: port, to } });
  await guest.says(/listening/i);
  return { guest, port };
}

describe("web-server behind QEMU's user network", () => {
  let server: Awaited<ReturnType<typeof boot>>;
  beforeAll(async () => {
    server = await boot("apps/web-server", 80);
  });
  afterAll(() => server.guest[Symbol.asyncDispose]());

  it("answers curl", async () => {
    expect(await curl(here, [`http://127.0.0.1:${server.port}/hello/Ada`])).toBe("Hello Ada!\n");
  });

  it("serves several requests over one connection", async () => {
    const urls = Array.from({ length: 20 }, (_, index) => `http://127.0.0.1:${server.port}/hello/${index}`);
    const text = await curl(here, ["-w", "%{num_connects}\n", ...urls]);
    expect(text).toBe(urls.map((_, index) => `Hello ${index}!\n${index === 0 ? 1 : 0}\n`).join(""));
  });

  it("serves 1,000 connections one after another", async () => {
    expect(await client(here, "connect-many", ["127.0.0.1", server.port, 1000, 1])).toEqual({ ok: 1000 });
  });

  // Not 200: QEMU itself listens with a backlog of 1 (`ss -ltn`), and what overflows that waits for the client's timers.
  it("serves 20 clients at once", async () => {
    expect(await client(here, "connect-many", ["127.0.0.1", server.port, 400, 20])).toEqual({ ok: 400 });
  });
});

describe("echo behind QEMU's user network", () => {
  it("10 MB come back as they were", async () => {
    const { guest, port } = await boot("apps/echo", 7);
    try {
      expect(await client(here, "echo", ["127.0.0.1", port, 10_000_000])).toMatchObject({
        received: 10_000_000,
        wrong: -1,
      });
    } finally {
      await guest[Symbol.asyncDispose]();
    }
  });
});
