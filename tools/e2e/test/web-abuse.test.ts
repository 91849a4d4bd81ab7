// Clients that mean harm, against a booted image: others stay served, and memory returns to where it was.
import { client, curl, GUEST, namespacesMissing, residentBytes, type Serving, serves } from "@soloist/tool-e2e";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const MEGABYTE = 1024 * 1024;
const missing = namespacesMissing();

interface Outcome {
  readonly ends: Readonly<Record<string, number>>;
  readonly served: number;
}

const boot = (target: "spt" | "virtio" = "spt") => serves("tools/e2e/apps/web-abuse.ts", target, { memory: 64 });
const abuse = (server: Serving, kind: string) => client<Outcome>(server.net, "abuse", [kind, GUEST]);

/**
 * Free memory. Once for each boot: while it takes all memory, the engine puts off its next search for unreachable cycles
 * until half as much again is taken, which is never.
 */
const freeKilobytes = async (server: Serving) => Number(await curl(server.net, [`http://${GUEST}/memory`]));

describe.skipIf(missing !== undefined)(`abuse of web on spt${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let server: Serving;
  beforeAll(async () => {
    server = await boot();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it("200 heads and 50 contents that trickle end in 408", async () => {
    const { ends, served } = await abuse(server, "slow");
    expect(ends).toEqual({ 408: 250 });
    expect(served).toBeGreaterThan(10);
  });

  it("10,000 header bombs are refused", async () => {
    const { ends, served } = await abuse(server, "bombs");
    expect(ends).toEqual({ 414: 2500, 431: 7500 });
    expect(served).toBeGreaterThan(10);
  });

  it("oversized contents are refused, announced or not", async () => {
    const { ends, served } = await abuse(server, "oversized");
    expect(ends).toEqual({ 413: 100 });
    expect(served).toBeGreaterThan(0);
  });

  it("more content at a time than the server holds: some are refused, others get their answer", async () => {
    const { ends, served } = await abuse(server, "contents");
    // On a busy machine some may have been waited for too long.
    const { 200: answered = 0, 503: refused = 0, 408: late = 0 } = ends;
    expect(answered + refused + late).toBe(100);
    expect(refused).toBeGreaterThan(0);
    expect(answered + late).toBeGreaterThan(0);
    expect(served).toBeGreaterThan(0);
  });

  it("half-closed clients get their answer, and no more", async () => {
    const { ends, served } = await abuse(server, "halfClosed");
    expect(ends).toEqual({ 200: 200, 400: 200, nothing: 200 });
    expect(served).toBeGreaterThan(0);
  });

  it("1,000 idle connections keep nobody from being served", async () => {
    const { ends, served } = await abuse(server, "idle");
    expect(ends).toEqual({ 200: 1000 });
    expect(served).toBeGreaterThanOrEqual(20);
  });

  it("the counters tell what happened", async () => {
    const shown = await curl(server.net, [`http://${GUEST}/metrics`]);
    const count = (line: string) => Number(new RegExp(`^${line} (\\d+)$`, "m").exec(shown)![1]);
    expect(count('http_refused_total{code="timeout"}')).toBe(200);
    expect(count('http_refused_total{code="body-too-slow"}')).toBeGreaterThanOrEqual(50);
    expect(count("http_timeouts_total")).toBeGreaterThanOrEqual(250);
    expect(count('http_refused_total{code="request-line-too-long"}')).toBe(2500);
    expect(count('http_refused_total{code="body-too-large"}')).toBe(100);
    expect(count('http_refused_total{code="contents"}')).toBeGreaterThan(0);
    expect(count("http_failures_total")).toBe(0);
  });

  it("memory returns: the same again takes hardly more, and most of all is free afterwards", async () => {
    const before = residentBytes(server.guest.pid);
    for (const kind of ["bombs", "oversized", "halfClosed", "idle"]) await abuse(server, kind);
    // The engine searches for cycles when half as much again is taken: what is resident varies by that. 1.5 KB that stayed
    // for each of these 11,700 connections would be more.
    expect(residentBytes(server.guest.pid) - before).toBeLessThan(16 * MEGABYTE);
    await using other = await boot();
    // Not all: there are up to 1,024 connections in TIME-WAIT, and holes between what stays.
    expect(await freeKilobytes(server)).toBeGreaterThan(0.6 * (await freeKilobytes(other)));
  });
});

// The stack and web are the same there; the device under them is not, and processors are slower: half a minute for two kinds.
const left = missing ?? (process.env.SOLOIST_ABUSE === "virtio" ? undefined : "SOLOIST_ABUSE=virtio runs it");
describe.skipIf(left !== undefined)(`abuse of web on virtio${left ? ` (skipped: ${left})` : ""}`, () => {
  it("oversized contents and half-closed clients end as on spt", async () => {
    await using server = await boot("virtio");
    expect((await abuse(server, "oversized")).ends).toEqual({ 413: 100 });
    expect((await abuse(server, "halfClosed")).ends).toEqual({ 200: 200, 400: 200, nothing: 200 });
  });
});
