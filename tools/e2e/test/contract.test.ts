// One contract of sockets and disks for images and for Node.js: an app that holds its machine to it.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { blockDeviceSuite, flowSuite } from "@soloist/testing";
import { ADDRESS, build, freePort, Guest, HOST, Namespace, namespacesMissing, soloist } from "@soloist/tool-e2e";
import { afterAll, describe, expect, it } from "vitest";

const APP = "tools/e2e/apps/contract.ts";
/** Megabytes compared byte by byte, in QEMU without hardware acceleration. */
const SECONDS = 500;
const root = join(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "contract-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Every case of both suites, in order. */
const expected = [
  ...flowSuite(async () => {}).map(({ name }) => `ok flow: ${name}`),
  ...blockDeviceSuite(async () => {}).map(({ name }) => `ok disk: ${name}`),
  "0 failed",
];

function disk(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, new Uint8Array(64 * 512));
  return path;
}

const lines = (output: string) => output.split("\n").filter((line) => /^(ok|not ok|\d+ failed)\b/.test(line));

describe("the contract of flows and disks is kept", { timeout: (SECONDS + 100) * 1000 }, () => {
  it.each(["host", "soloist"])("on Node.js, by the stack of %s", async (stack) => {
    const { stdout } = await promisify(execFile)(
      soloist,
      ["dev", APP, "--no-watch", "--stack", stack, "--block", `storage=${disk(stack)}`],
      { cwd: root, timeout: 500_000 },
    ).catch((error: { stdout: string }) => error);
    expect(lines(stdout)).toEqual(expected);
  });

  it("in a virtio image", async () => {
    const image = build(APP, "virtio");
    const forward = { from: await freePort(), to: 1 };
    await using guest = Guest.boot({ target: "virtio", image, forward, blocks: { storage: disk("virtio") } });
    const code = await guest.code(SECONDS);
    expect(lines(guest.output)).toEqual(expected);
    expect(code).toBe(0);
  });

  const missing = namespacesMissing();
  it.skipIf(missing !== undefined)(`in an spt image${missing ? ` (skipped: ${missing})` : ""}`, async () => {
    const image = build(APP, "spt");
    using net = new Namespace();
    net.tap("tap0", `${HOST}/24`);
    await using guest = Guest.boot({
      target: "spt",
      image,
      namespace: net,
      nets: { service: "tap0" },
      blocks: { storage: disk("spt") },
      args: ADDRESS,
    });
    const code = await guest.code(SECONDS);
    expect(lines(guest.output)).toEqual(expected);
    expect(code).toBe(0);
  });
});
