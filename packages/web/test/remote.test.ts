import { describe, expect, it } from "vitest";
import { createApp, rateLimit, serve } from "../src/index.ts";
import { MemoryListener, readUntil } from "./memory-flow.ts";

async function answer(app: Parameters<typeof serve>[1], requests: number): Promise<string> {
  const listener = new MemoryListener();
  const done = serve(listener, app);
  const client = listener.connect();
  for (let index = 1; index <= requests; index++) {
    await client.write(`GET / HTTP/1.1\r\nhost: h\r\n${index === requests ? "connection: close\r\n" : ""}\r\n`);
  }
  const text = await readUntil(client, () => false);
  await client.close();
  listener.close();
  await done;
  return text;
}

describe("remote", () => {
  const say = createApp().get("/", ({ remote }) => `you are ${remote?.address}:${remote?.port}`);

  it.each([
    ["a handler", say],
    [
      "a handler within middleware",
      createApp()
        .use((_context, next) => next())
        .route("/", say),
    ],
    ["middleware", createApp().use(({ remote }) => `you are ${remote?.address}:${remote?.port}`)],
    ["an app of a host", createApp().host("h", say)],
  ])("%s is told the other end of the connection", async (_name, app) => {
    expect(await answer(app, 1)).toMatch(/you are (?!undefined)[^:]+:\d+$/);
  });

  it("requests made in process come over no connection", async () => {
    expect(await (await say.request("/")).text()).toBe("you are undefined:undefined");
  });

  it("rates are counted by it", async () => {
    const app = createApp()
      .use(rateLimit({ limit: 1, seconds: 60, now: () => 0 }))
      .get("/", () => "yes");
    expect((await answer(app, 2)).match(/HTTP\/1\.1 (\d+)/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 429"]);
  });
});
