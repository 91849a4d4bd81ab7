// Counterparts of Solo5's portable tests, and what an image does when its program goes wrong; on both targets.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boots, targets } from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

const app = (name: string) => `tools/e2e/apps/${name}.ts`;

describe.each(targets)("on %s", (target) => {
  const run = (name: string, ...args: string[]) => boots(app(name), target, { args });

  it("a program that says nothing leaves the console empty", async () => {
    expect(await run("quiet")).toEqual({ code: 0, output: "" });
  });

  it.each([0, 1, 2, 42, 125])("exit code %i reaches the host", async (code) => {
    expect((await run("exit-code", `--code=${code}`)).code).toBe(code);
  });

  it.each(["globals", "fpu", "fair", "shortcuts", "segments"])("%s", async (name) => {
    expect(await run(name)).toEqual({ code: 0, output: "SUCCESS\n" });
  });

  it("clocks go on and agree with the host", async () => {
    expect(await run("time", `--now=${Math.round(Date.now() / 1000)}`)).toEqual({ code: 0, output: "SUCCESS\n" });
  });

  it("Math.random differs between boots", async () => {
    const outputs = new Set<string>();
    for (let boot = 0; boot < 3; boot++) outputs.add((await run("math-random")).output);
    expect(outputs.size).toBe(3);
    for (const output of outputs) {
      const numbers = JSON.parse(output) as number[];
      expect(new Set(numbers).size).toBe(3);
      for (const number of numbers) expect(number >= 0 && number < 1).toBe(true);
    }
  });

  it("an uncaught error prints its stack and ends with exit code 1", async () => {
    const { code, output } = await run("uncaught");
    expect(output).toContain("RangeError: an order of -1");
    expect(code).toBe(1);
  });

  it("a rejection that nobody handles is printed and ends with exit code 1, long before main would end", async () => {
    const { code, output } = await run("rejection");
    expect(output).toContain("nobody looks");
    expect(code).toBe(1);
  });

  it.each(["call", "catching", "sort", "getter", "json", "stringify", "regexp"])(
    "recursion without end (%s) ends in a clear message and exit code",
    async (kind) => {
      const { code, output } = await run("stack-overflow", `--kind=${kind}`);
      expect(output).toMatch(/stack overflow|call stack|too deep|nested|nesting/i);
      expect(code).toBe(1);
    },
  );

  it("JSON nested deeply is refused and the program goes on", async () => {
    const { code, output } = await run("deep-json");
    expect(output).toMatch(/^(refused: \w*Error\n){3}1000\n$/);
    expect(code).toBe(0);
  });

  it.each(["bytes", "objects", "string"])("no memory left (%s) ends in a clear message and exit code", async (kind) => {
    const { code, output } = await boots(app("out-of-memory"), target, { memory: 16, args: [`--kind=${kind}`] });
    expect(output).toMatch(/out of memory|string too long|invalid string length/i);
    expect(code).toBe(1);
  });

  it("one allocation that is too large is an error that the program can catch", async () => {
    const { code, output } = await run("catch-out-of-memory");
    expect(output).toMatch(/^(caught \w*Error\n){3}1000000\n$/);
    expect(code).toBe(0);
  });

  it("after a peak of memory cycles are still freed", async () => {
    const { code, output } = await boots(app("garbage-after-peak"), target, { memory: 48 });
    expect(output).toBe("peak 28000\nstill alive\n");
    expect(code).toBe(0);
  });

  it.each(["null-read", "null-write", "write-text", "execute-heap", "undefined-instruction", "native-stack"])(
    "a crash (%s) is stopped and reported, not survived",
    async (kind) => {
      const { code, output } = await run("crash", `--kind=${kind}`);
      expect(code).not.toBe(0);
      if (target === "virtio") {
        expect(code).toBe(255);
        expect(output).toMatch(/rip/i);
      } else {
        // The tender's process is ended by the signal that the fault is on Linux, or reports it and says so by its code.
        expect([132, 139, 255]).toContain(code);
      }
      expect(output).not.toBe("");
    },
  );
});

describe.each(targets)("block devices on %s", (target) => {
  const withDisk = async <T>(bytes: number, use: (path: string) => Promise<T>): Promise<T> => {
    const folder = mkdtempSync(join(tmpdir(), "soloist-disk-"));
    try {
      writeFileSync(join(folder, "disk.img"), new Uint8Array(bytes));
      return await use(join(folder, "disk.img"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it("whole blocks are written and read; what is wrong is refused by code", async () => {
    await withDisk(64 * 512, async (path) => {
      const { code, output } = await boots(app("block"), target, { blocks: { storage: path } });
      expect(output).toBe("64 blocks of 512\nERANGE\nERANGE\nERANGE\nEINVAL\nEINVAL\nERANGE\nSUCCESS\n");
      expect(code).toBe(0);
      const disk = readFileSync(path);
      for (const number of [0, 63]) expect([...disk.subarray(number * 512, number * 512 + 3)]).toEqual([0, 7, 14]);
      expect(disk.subarray(4 * 512, 7 * 512).every((byte) => byte === 0x5a)).toBe(true);
      expect(disk.subarray(7 * 512, 8 * 512).every((byte) => byte === 0)).toBe(true);
    });
  });

  it("two disks are told apart", async () => {
    await withDisk(8 * 512, (first) =>
      withDisk(16 * 512, async (second) => {
        const { code, output } = await boots(app("two-disks"), target, { blocks: { first, second } });
        expect({ code, output }).toEqual({ code: 0, output: "8 16\n" });
        expect(readFileSync(first)[0]).toBe("f".charCodeAt(0));
        expect(readFileSync(second)[0]).toBe("s".charCodeAt(0));
      }),
    );
  });

  it("a disk that the host did not attach is named", async () => {
    const { code, output } = await boots(app("block"), target);
    expect(output).toContain("storage");
    expect(code).not.toBe(0);
  });
});
