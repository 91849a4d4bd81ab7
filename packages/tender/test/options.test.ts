import { describe, expect, it } from "vitest";
import { guest } from "./support/build.ts";
import { image, manifestEntry, manifestNote } from "./support/image.ts";
import { run, scratch } from "./support/run.ts";

const file = scratch();

const wrong: readonly (readonly [readonly string[], string])[] = [
  [[], "which image? See --help"],
  [["--"], "which image? See --help"],
  [["--mem=4"], "which image? See --help"],
  [["--verbose", "x"], "unknown option --verbose: see --help"],
  [["-m", "x"], "unknown option -m: see --help"],
  [["--mem", "x"], "unknown option --mem: see --help"],
  ...["", "0", "-1", "1k", "1.5", "65537", "99999999999999999999"].map(
    (value) =>
      [[`--mem=${value}`, "x"], `--mem=${value}: expected a whole number of megabytes from 1 to 65536`] as const,
  ),
  [["--net:=tap0", "x"], "--net:=tap0: expected --net:NAME=…, NAME of letters and digits"],
  [["--net:a-b=tap0", "x"], "--net:a-b=tap0: expected --net:NAME=…, NAME of letters and digits"],
  [["--net:a", "x"], "--net:a: expected --net:NAME=…, NAME of letters and digits"],
  [["--net:a=", "x"], "--net:a=: expected an interface or @descriptor after '='"],
  [["--block:a=", "x"], "--block:a=: expected a path after '='"],
  [[`--block:${"a".repeat(68)}=f`, "x"], `--block:${"a".repeat(68)}=f: a name has at most 67 characters`],
  ...["", "02:00:00:00:00", "02:00:00:00:00:0", "02:00:00:00:00:00:00", "02-00-00-00-00-00", "0g:00:00:00:00:00"].map(
    (mac) =>
      [[`--net-mac:a=${mac}`, "x"], `--net-mac:a=${mac}: expected a MAC address like 02:00:00:12:34:56`] as const,
  ),
  ...["01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"].map(
    (mac) => [[`--net-mac:a=${mac}`, "x"], `--net-mac:a=${mac}: not the address of a single device`] as const,
  ),
  ...["", "0", "256", "521", "65536", "512k"].map(
    (size) =>
      [
        [`--block-sector-size:a=${size}`, "x"],
        `--block-sector-size:a=${size}: expected a power of two from 512 to 32768`,
      ] as const,
  ),
  ...["", "no", "of"].map(
    (value) => [[`--net-offloads:a=${value}`, "x"], `--net-offloads:a=${value}: expected on or off after '='`] as const,
  ),
  [[...Array.from({ length: 190 }, (_, i) => `--net:a${i}=t`), "x"], "too many device options: at most 189"],
];

describe("the command line", () => {
  it.each(wrong)("%j: one line and exit code 2", (args, expected) => {
    expect(run(args)).toEqual({ status: 2, stdout: "", stderr: `soloist-spt: ${expected}\n` });
  });

  it("--help and --version answer on stdout", () => {
    const help = run(["--help"]);
    expect(help).toMatchObject({ status: 0, stderr: "" });
    for (const flag of ["--mem", "--net:", "--net-mac:", "--net-offloads:", "--block:", "--block-sector-size:"]) {
      expect(help.stdout).toContain(flag);
    }
    expect(run(["--version"]).stdout).toMatch(/^soloist-spt \d+\.\d+\.\d+ \(Solo5 spt ABI 2\)\n$/);
  });

  it("an image whose name starts with a dash comes after --", () => {
    expect(run(["--", "-x"]).stderr).toBe("soloist-spt: -x: cannot open: No such file or directory\n");
  });
});

describe("the manifest and the attached devices", () => {
  const devices = image({ manifest: manifestNote([manifestEntry("service", 2), manifestEntry("data", 1)]) });
  const disk = () => file("disk.img", Buffer.alloc(4096));
  const refused = (args: readonly string[], expected: string): void => {
    const path = file("devices.spt", devices);
    expect(run([...args, path])).toEqual({ status: 1, stdout: "", stderr: `soloist-spt: ${path}: ${expected}\n` });
  };

  it("declared but not attached: refused, and says how to attach", () => {
    refused([], "its network device 'service' is not attached: add --net:service=TAP");
    refused(["--net:service=tap0"], "its block device 'data' is not attached: add --block:data=FILE");
    refused(
      ["--net:service=tap0", "--block-sector-size:data=512"],
      "its block device 'data' is not attached: add --block:data=FILE",
    );
  });

  it("attached but not declared: refused", () => {
    refused(["--net:other=tap0"], "--net:other: the image declares no device 'other'");
    refused(["--net-mac:other=02:00:00:00:00:01"], "--net-mac:other: the image declares no device 'other'");
    refused([`--block:other=${disk()}`], "--block:other: the image declares no device 'other'");
    const path = guest("basic");
    expect(run(["--net:a=tap0", path]).stderr).toBe(
      `soloist-spt: ${path}: --net:a: the image declares no device 'a'\n`,
    );
  });

  it("attached as another type: refused", () => {
    refused(["--net:data=tap0"], "--net:data: 'data' is a block device: use --block:data=…");
    refused(
      [`--block-sector-size:service=512`],
      "--block-sector-size:service: 'service' is a network device: use --net:service=…",
    );
  });

  it("attached twice: refused", () => {
    refused([`--block:data=${disk()}`, `--block:data=${disk()}`], "--block:data is given twice");
    refused(["--net:service=a", "--net:service=b"], "--net:service is given twice");
  });
});
