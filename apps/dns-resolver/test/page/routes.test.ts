import { crunch } from "@soloist/crunch/build";
import { byteHelpers } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { duration, grouped, milliseconds, percent } from "../../src/page/format.ts";
import { statisticsPage } from "../../src/page/page.ts";
import { type Env, takeSnapshot } from "../../src/page/snapshot.ts";
import { ServerBook } from "../../src/resolve/servers.ts";
import { Clients, OWN_NETWORKS } from "../../src/server/clients.ts";
import { FAILURE } from "../../src/server/reply.ts";
import { Server } from "../../src/server/server.ts";
import { Statistics } from "../../src/server/statistics.ts";
import { ask } from "../messages.ts";

function env(): Env {
  const statistics = new Statistics();
  const server = new Server({
    resolve: async () => FAILURE,
    isBlocked: (name) => name === "ads.test",
    blockMode: "null",
    clients: new Clients(OWN_NETWORKS, 1000),
    statistics,
    cacheBytes: 100_000,
    bytes: byteHelpers,
    now: () => 0,
  });
  return {
    server,
    statistics,
    servers: new ServerBook(),
    isBlocked: (name) => name === "ads.test",
    blockedNames: 1,
    mode: "Asks nobody.",
    isOwn: () => true,
    now: () => 61_000,
  };
}

const options = { style: "/style.css", icon: "/icon.svg", refreshes: true, lookup: undefined };

describe("the page", () => {
  it("shows a machine that nobody asked yet", () => {
    const page = statisticsPage(takeSnapshot(env()), options).toString();
    expect(page).toContain("in 1 minute 1 second");
    expect(page).toContain("Nobody has asked for a name yet.");
    expect(page).not.toContain("NaN");
  });

  it("writes names of strangers as text", async () => {
    const machine = env();
    await machine.server.process(ask("<script>alert(1)</script>.test"), "10.0.0.1", false, 0);
    await machine.server.process(ask("ads.test"), "10.0.0.1", false, 0);
    const page = statisticsPage(takeSnapshot(machine), {
      ...options,
      lookup: { name: '"><b>', blocked: false },
    }).toString();
    expect(page).not.toContain("<script");
    expect(page).toContain("&lt;script&gt;");
    expect(page).not.toContain("<b>");
    expect(page).toContain("ads.test");
  });

  it("comes anew by itself, unless it was asked not to", () => {
    const snapshot = takeSnapshot(env());
    expect(statisticsPage(snapshot, options).toString()).toContain('http-equiv="refresh"');
    expect(statisticsPage(snapshot, { ...options, refreshes: false }).toString()).not.toContain('http-equiv="refresh"');
  });

  it("has its files", async () => {
    const { paths } = await crunch(new URL("../../public", import.meta.url).pathname);
    expect(paths).toEqual(["/icon.svg", "/style.css"]);
  });
});

describe("numbers", () => {
  it("are written for people", () => {
    expect([0, 999, 1234567].map(grouped)).toEqual(["0", "999", "1,234,567"]);
    expect([0, 0.1234, 0.9999, 1].map(percent)).toEqual(["0 %", "12.3 %", "100 %", "100 %"]);
    expect([0.25, 12.6, 1500].map(milliseconds)).toEqual(["0.3 ms", "13 ms", "1.5 s"]);
    expect([0, 1, 3600, 90_061, 86_460].map(duration)).toEqual([
      "no time",
      "1 second",
      "1 hour",
      "1 day 1 hour",
      "1 day",
    ]);
  });
});
