import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { checkOciLayout } from "../../src/package/check-oci.ts";
import { emitOciLayout } from "../../src/package/oci.ts";
import { emitTar } from "../../src/package/tar.ts";
import { uruncParts } from "../../src/package/urunc.ts";
import { findCommand } from "../../src/run/find-command.ts";
import { imageInfo } from "./image-info.ts";

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "soloist-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const bytes = Buffer.from("an image");
const layout = (info = imageInfo(), args: readonly string[] = []) =>
  emitOciLayout({ ...uruncParts(info, bytes, args), ports: [{ guest: 80, protocol: "tcp" }] });

/** The parts of a layout that are JSON, by what they are. */
function parsed(files: ReadonlyMap<string, Uint8Array>) {
  const json = (path: string) => JSON.parse(Buffer.from(files.get(path)!).toString());
  const blob = ({ digest }: { digest: string }) => json(`blobs/${digest.replace(":", "/")}`);
  const manifest = blob(json("index.json").manifests[0]);
  return { manifest, config: blob(manifest.config) };
}

describe("tar", () => {
  it("tar itself reads names, modes and contents", () => {
    const folder = scratch();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500 }), (content) => {
        writeFileSync(join(folder, "a.tar"), emitTar([{ path: "deep/er/file", content, mode: 0o755 }]));
        const list = spawnSync("tar", ["-tvf", "a.tar"], { cwd: folder, encoding: "utf8" });
        expect(list.stderr).toBe("");
        expect(list.stdout).toMatch(/drwxr-xr-x 0\/0.* deep\/\n.*deep\/er\/\n-rwxr-xr-x 0\/0 .*deep\/er\/file\n/s);
        const file = spawnSync("tar", ["-xOf", "a.tar", "deep/er/file"], { cwd: folder });
        expect(new Uint8Array(file.stdout)).toEqual(content);
      }),
      { numRuns: 10 },
    );
  });

  it("names that do not fit are refused", () => {
    const content = new Uint8Array(0);
    for (const path of ["x".repeat(101), "ü"]) expect(() => emitTar([{ path, content, mode: 0 }])).toThrow(RangeError);
  });
});

describe("the OCI layout", () => {
  it("is sound, and the same for the same image", () => {
    expect(checkOciLayout(layout())).toEqual([]);
    expect([...layout()]).toEqual([...layout()]);
  });

  it("has urunc's annotations, as labels too, and encoded in urunc.json", () => {
    const files = uruncParts(imageInfo(), bytes, []).files;
    const annotations = {
      "com.urunc.unikernel.unikernelType": "mirage",
      "com.urunc.unikernel.hypervisor": "spt",
      "com.urunc.unikernel.binary": "/unikernel/web.spt",
      "com.urunc.unikernel.cmdline": "",
    };
    const { manifest, config } = parsed(layout());
    expect(manifest.annotations).toEqual(annotations);
    expect(config.config).toEqual({ Cmd: [" "], ExposedPorts: { "80/tcp": {} }, Labels: annotations, WorkingDir: "/" });
    const urunc = JSON.parse(Buffer.from(files.find(({ path }) => path === "urunc.json")!.content).toString());
    expect(Buffer.from(urunc["com.urunc.unikernel.binary"], "base64").toString()).toBe("/unikernel/web.spt");
  });

  it("words with spaces survive being joined by them", () => {
    const { manifest, config } = parsed(layout(imageInfo(), ["--who=Ada Lovelace", "--x=1"]));
    expect(config.config.Cmd).toEqual(['"--who=Ada Lovelace"', "--x=1"]);
    expect(manifest.annotations["com.urunc.unikernel.cmdline"]).toBe('"--who=Ada Lovelace" --x=1');
  });

  it("devices with other names than urunc's are named, and an optional disk has a stand-in", () => {
    const devices = [
      { name: "uplink", type: "NET_BASIC" },
      { name: "links", type: "BLOCK_BASIC", optional: true },
    ] as const;
    const { annotations, files } = uruncParts(imageInfo({ devices }), bytes, []);
    expect(annotations).toMatchObject({
      "com.urunc.unikernel.solo5NetDev": "uplink",
      "com.urunc.unikernel.solo5BlkDev": "links",
      "com.urunc.unikernel.block": "/unikernel/links.img",
    });
    expect(files.find(({ path }) => path === "unikernel/links.img")?.content).toHaveLength(512);
  });

  it.each([
    [
      "two network devices",
      [
        { name: "a", type: "NET_BASIC" },
        { name: "b", type: "NET_BASIC" },
      ],
    ],
    ["a disk that it needs", [{ name: "data", type: "BLOCK_BASIC" }]],
  ] as const)("an image with %s is refused: urunc could not boot it", (_name, devices) => {
    expect(() => uruncParts(imageInfo({ devices }), bytes, [])).toThrow(UsageError);
  });
});

describe("the checker", () => {
  const damaged = (change: (files: Map<string, Uint8Array>, layer: string) => void) => {
    const files = new Map(layout());
    const { manifest } = parsed(files);
    change(files, `blobs/${manifest.layers[0].digest.replace(":", "/")}`);
    return checkOciLayout(files);
  };

  it.each<[string, (files: Map<string, Uint8Array>, layer: string) => void]>([
    ["is missing", (files, layer) => files.delete(layer)],
    [
      "another digest",
      (files, layer) =>
        files.set(
          layer,
          files.get(layer)!.map((byte) => byte ^ 1),
        ),
    ],
    ["bytes, not", (files, layer) => files.set(layer, files.get(layer)!.subarray(1))],
    ["nothing refers to it", (files) => files.set("blobs/sha256/00", new Uint8Array(1))],
    ["expected version 1.0.0", (files) => files.delete("oci-layout")],
    ["not JSON", (files) => files.set("index.json", Buffer.from("{"))],
  ])("finds what %s", (message, change) => {
    expect(damaged(change).join("\n")).toContain(message);
  });
});

/** Other programs' opinions, where they are installed (Debian: skopeo, umoci). */
describe("others read it", () => {
  function written(): string {
    const folder = scratch();
    for (const [name, content] of layout()) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    return folder;
  }

  it.skipIf(!findCommand("skopeo"))("skopeo inspects it", () => {
    const { stdout, stderr } = spawnSync("skopeo", ["inspect", `oci:${written()}:latest`], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout).Labels["com.urunc.unikernel.hypervisor"]).toBe("spt");
  });

  it.skipIf(!findCommand("umoci"))("umoci unpacks it", () => {
    const bundle = join(scratch(), "bundle");
    const words = ["unpack", "--rootless", "--image", `${written()}:latest`, bundle];
    const { status, stderr } = spawnSync("umoci", words, { encoding: "utf8" });
    expect(stderr + status).toBe("0");
    expect(readFileSync(join(bundle, "rootfs/unikernel/web.spt"))).toEqual(bytes);
    expect(JSON.parse(readFileSync(join(bundle, "config.json"), "utf8")).process.args).toEqual([" "]);
  });
});
