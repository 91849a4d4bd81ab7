// ioredis and pg, as they are on npm, in booted images against servers of Debian.
import {
  ADDRESS,
  build,
  type DebianServer,
  Guest,
  HOST,
  Namespace,
  namespacesMissing,
  postgresServer,
  redisServer,
  serverMissing,
} from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

/** Boots the app beside a server and returns the lines of its console. */
async function converse(app: string, start: (net: Namespace) => Promise<DebianServer>): Promise<string[]> {
  const image = build(`tools/e2e/apps/${app}.ts`, "spt");
  using net = new Namespace();
  net.tap("tap0", `${HOST}/24`);
  await using _server = await start(net);
  const args = [...ADDRESS, `--server=${HOST}`];
  await using guest = Guest.boot({ target: "spt", image, namespace: net, nets: { service: "tap0" }, args });
  const code = await guest.code();
  const said = Buffer.from(guest.output, "latin1").toString("utf8");
  expect(code, said).toBe(0);
  return said.trimEnd().split("\n");
}

const noRedis = namespacesMissing() ?? serverMissing("redis");

describe.skipIf(noRedis !== undefined)(`ioredis on spt${noRedis ? ` (skipped: ${noRedis})` : ""}`, () => {
  it("sets, gets, pipelines, subscribes and quits", async () => {
    const said = await converse("redis", (net) => redisServer(net, HOST, "secret"));
    expect(said).toEqual([
      "set OK",
      "get Grüße aus dem Unikernel",
      "missing null",
      "buffer 25",
      "big true",
      "pipeline 1000 499500",
      'multi [[null,2],[null,["b","a"]]]',
      'hash 2 {"one":"1","two":"2"}',
      "wrong type WRONGTYPE",
      "subscribed 1",
      "published 1",
      "heard news: it boots",
      "quit OK",
    ]);
  });
});

const noPostgres = namespacesMissing() ?? serverMissing("postgres");

describe.skipIf(noPostgres !== undefined)(`pg on spt${noPostgres ? ` (skipped: ${noPostgres})` : ""}`, () => {
  it("logs in by SCRAM, inserts, selects, prepares, rolls back and pools", async () => {
    const said = await converse("postgres", (net) => postgresServer(net, HOST, "guest", "pässword"));
    expect(said).toEqual([
      'inserted 2 [{"id":1},{"id":2}]',
      'selected [{"id":1,"name":"größer","made":"2026-01-02T03:04:05.000Z","tags":["a","b c"]},{"id":2,"name":"second","made":null,"tags":null}]',
      "prepared größer,second,größer",
      "rolled back 2",
      "many 5000 5000 100",
      "bytea true",
      "no table 42P01",
      "wrong password 28P01",
      "pool 2,4,6,8,10,12 3",
    ]);
  });
});
