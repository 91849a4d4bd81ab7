import { boots, targets } from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

describe.each(targets)("hello on %s", (target) => {
  it("greets the world and ends with exit code 0", async () => {
    expect(await boots("apps/hello", target)).toEqual({ code: 0, output: "Hello World!\n" });
  });

  it("greets whom the command line names", async () => {
    expect(await boots("apps/hello", target, { args: ["--who=Ada"] })).toEqual({ code: 0, output: "Hello Ada!\n" });
  });

  it("--help lists its arguments", async () => {
    const { code, output } = await boots("apps/hello", target, { args: ["--help"] });
    expect(code).toBe(0);
    expect(output).toContain("--who=NAME");
    expect(output).toContain("whom to greet (default: World)");
  });

  it("a bad argument stops the boot with one line and exit code 2", async () => {
    const { code, output } = await boots("apps/hello", target, { args: ["--whom=Ada"] });
    expect(code).toBe(2);
    expect(output).toMatch(/^error: unknown argument "--whom=Ada".*\n$/);
  });
});
