import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { COMMAND_HELPS } from "../../src/cli/help.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const bin = join(root, "packages/toolchain/bin/soloist.mjs");
const scratch = mkdtempSync(join(tmpdir(), "soloist-cli-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function soloist(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, XDG_STATE_HOME: scratch, FORCE_COLOR: undefined, NO_COLOR: undefined },
  });
  return { status, stdout, stderr };
}

const image = join(scratch, "hello.spt");

describe("help and usage", () => {
  it.each([[], ...Object.keys(COMMAND_HELPS).map((name) => [name])])(
    "%s --help explains itself with examples on stdout",
    (...command) => {
      const { status, stdout, stderr } = soloist(...command, "--help");
      expect(status).toBe(0);
      expect(stdout).toMatch(/Usage: soloist/);
      expect(stdout).toMatch(/Examples:\n {2}soloist/);
      expect(stdout).toMatch(/Exit code:/);
      expect(stderr).toBe("");
    },
  );

  it("--version is that of the package", () => {
    const { version } = JSON.parse(readFileSync(join(root, "packages/toolchain/package.json"), "utf8"));
    expect(soloist("--version")).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  });

  it.each([
    ["an unknown command", ["frob"]],
    ["an unknown option", ["build", "--frob"]],
    ["an option without its value", ["build", "--target"]],
    ["a flag with a value", ["build", "--minify=yes"]],
    ["an unknown target", ["build", "apps/hello", "--target", "vax"]],
    ["two apps", ["build", "apps/hello", "apps/echo"]],
    ["two images", ["run", "a.spt", "b.spt"]],
    ["no image", ["inspect"]],
    ["an image that is not there", ["inspect", "nowhere.spt"]],
    ["an app that is none", ["build", "packages"]],
    ["a bad port", ["run", "apps/hello", "-p", "http"]],
    ["a bad address", ["run", "apps/hello", "--net-mac", "xyz"]],
    ["a bad accelerator", ["run", "apps/hello", "--accel", "warp"]],
    ["a disk that is not there", ["run", "apps/hello", "--block", "nowhere.img"]],
    ["a boot to measure without a report", ["build", "apps/hello", "--measure"]],
    ["a package for nothing", ["package", "apps/hello"]],
    ["a disk of an image for another machine", ["package", "apps/hello", "--raw", "--target", "spt"]],
    ["a shell without completion", ["completion", "csh"]],
    ["a console that nobody kept", ["logs", "nobody-is-called-so"]],
    ["a composition that is not there", ["compose", "nowhere.json"]],
    ["several machines at once by run", ["run", "apps/galaxy"]],
    ["an argument for the app without --", ["run", "apps/hello", "--who=Ada"]],
  ])("%s: one line and exit code 2", (_name, args) => {
    const { status, stdout, stderr } = soloist(...args);
    expect(stderr).toMatch(/^soloist: [^\n]+\n$/);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });

  it("an option without its value is named", () => {
    expect(soloist("run", "--profile").stderr).toBe("soloist: --profile needs a value\n");
    expect(soloist("run", "-p").stderr).toBe("soloist: -p, --publish needs a value\n");
    expect(soloist("run", "--profile", "--gdb").stderr).toBe(
      "soloist: --profile needs a value, --profile=-… if it begins with -\n",
    );
  });
});

describe("build, inspect, run", () => {
  it("build says where the image is and its size, in one line", () => {
    const { status, stdout, stderr } = soloist("build", "apps/hello", "--target", "spt", "--out", image);
    expect(stdout).toMatch(/hello\.spt {2}\d\.\d MB\n$/);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  it("build --json is for programs", () => {
    const { stdout } = soloist("build", "apps/hello", "--target", "spt", "--out", image, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      path: image,
      app: "hello",
      target: "spt",
      devices: [],
      snapshot: true,
    });
  });

  it("build --report --measure writes a page beside the image, with the time of a boot", () => {
    const args = ["build", "apps/hello", "--target", "spt", "--out", image, "--report", "--measure"];
    const { status, stdout, stderr } = soloist(...args);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/hello\.spt\.html {2}what is in it\n$/);
    expect(status).toBe(0);
    const page = readFileSync(`${image}.html`, "utf8");
    for (const text of ["hello", "@soloist/runtime", "start to first words", "the spt tender"])
      expect(page).toContain(text);
  });

  it("inspect --json has everything that inspect prints", () => {
    const info = JSON.parse(soloist("inspect", image, "--json").stdout);
    expect(info).toMatchObject({ target: "spt", abi: { target: 2, version: 2 }, devices: [], snapshot: true });
    expect(info.segments.length).toBeGreaterThan(3);
    const { stdout } = soloist("inspect", image);
    for (const { address } of info.segments) expect(stdout).toContain(`0x${address.toString(16)}`);
    expect(stdout).toContain(info.engine);
  });

  it("inspect of something else: one line and exit code 1", () => {
    const { status, stderr } = soloist("inspect", "package.json");
    expect(stderr).toBe("soloist: package.json: not an ELF file: the magic number is missing\n");
    expect(status).toBe(1);
  });

  it("a folder that cannot be written: one line and exit code 1", () => {
    for (const args of [
      ["build", "--out", "/dev/null/hello.spt"],
      ["package", "--oci", "--out", "/dev/null"],
    ]) {
      const { status, stderr } = soloist(args[0]!, "apps/hello", "--target", "spt", ...args.slice(1));
      expect(stderr).toMatch(/^soloist: [^\n]*\/dev\/null[^\n]*\n$/);
      expect(status).toBe(1);
    }
  });

  it("run where QEMU is missing: one line and exit code 1", () => {
    const result = spawnSync(process.execPath, [bin, "run", "apps/hello", "--accel", "tcg"], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, XDG_STATE_HOME: scratch, PATH: scratch, FORCE_COLOR: undefined },
    });
    expect(result.stderr).toBe('soloist: qemu-system-x86_64 was not found; "soloist doctor" says how to get it\n');
    expect(result.status).toBe(1);
  });

  it("run of an image: the app's words and nothing else on stdout, its exit code", () => {
    expect(soloist("run", image, "--", "--who=Ada Lovelace")).toEqual({
      status: 0,
      stdout: "Hello Ada Lovelace!\n",
      stderr: "",
    });
    expect(soloist("run", image, "--", "--frob").status).toBe(2);
  });

  it("package writes an OCI layout and recipes beside the image, or where it is told to", () => {
    const folder = join(scratch, "packages");
    const { status, stdout } = soloist("package", image, "--oci", "--kubernetes", "--out", folder);
    expect(status).toBe(0);
    expect(stdout).toMatch(/hello\.oci\n.*hello\.kubernetes\.yaml\n$/);
    expect(readFileSync(join(folder, "hello.oci/oci-layout"), "utf8")).toContain("1.0.0");
    expect(soloist("package", image, "--libvirt").stderr).toMatch(/boots virtio images/);
  });

  it("logs shows what a guest printed, and lists it", () => {
    soloist("run", image, "--", "--who=Log");
    expect(soloist("logs", "hello", "-n", "1").stdout).toBe("Hello Log!\n");
    expect(JSON.parse(soloist("logs", "--json").stdout)).toContainEqual(
      expect.objectContaining({ name: "hello", isRunning: false }),
    );
    expect(soloist("logs").stdout).toMatch(/^hello +ended /m);
  });

  it("run with the wrong target for an image is refused", () => {
    const { status, stderr } = soloist("run", image, "--target", "virtio");
    expect(stderr).toBe("soloist: --target virtio: the image is for spt\n");
    expect(status).toBe(2);
  });

  it("a failed build is exit code 1, without colours when nobody watches", () => {
    const { status, stdout, stderr } = soloist(
      "build",
      "tools/e2e/apps/top-level-date.ts",
      "--out",
      join(scratch, "x"),
    );
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^soloist: new Date\(\) was called/);
    expect(stderr).not.toContain("\x1b");
  });
});

it("test without tests is exit code 1, without colours when nobody watches", () => {
  const { status, stdout, stderr } = soloist("test", "apps/hello", "--", "no-file-is-called-so");
  expect(stdout + stderr).toContain("No test files found");
  expect(stdout + stderr).not.toContain("\x1b");
  expect(status).toBe(1);
});

it("doctor --json lists what it looked for", () => {
  const { stdout, status } = soloist("doctor", "--json");
  const report = JSON.parse(stdout);
  expect(report.checks.map(({ name }: { name: string }) => name)).toEqual(
    expect.arrayContaining(["node", "gcc", "ld", "wasm2c", "qemu-system-x86_64", "libseccomp", "kvm"]),
  );
  expect(status).toBe(report.ok ? 0 : 1);
});
