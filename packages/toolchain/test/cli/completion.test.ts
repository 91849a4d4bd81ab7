import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { completionCommand, readCommands } from "../../src/cli/completion.ts";
import { COMMAND_HELPS } from "../../src/cli/help.ts";

function script(shell: string): string {
  let text = "";
  const terminal = {
    out: (part: string) => (text += part),
    error() {},
    progress() {},
    clearProgress() {},
    color: false,
  };
  completionCommand([shell], terminal as never);
  return text;
}

/** What bash offers for the last of these words. */
function complete(...words: string[]): string[] {
  const program = `${script("bash")}
COMP_WORDS=(soloist ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}
_soloist; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", program], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

it("bash completes commands, options and their words", () => {
  expect(complete("")).toEqual([...Object.keys(COMMAND_HELPS), "--help", "--version"]);
  expect(complete("com")).toEqual(["compose", "completion"].sort().reverse());
  expect(complete("run", "--acc")).toEqual(["--accel"]);
  expect(complete("run", "--accel", "")).toEqual(["auto", "kvm", "tcg"]);
  expect(complete("build", "--target", "v")).toEqual(["virtio"]);
  expect(complete("completion", "z")).toEqual(["zsh"]);
});

it("bash completes files where a command takes them", () => {
  expect(complete("run", "package.js")).toEqual(["package.json"]);
});

it("all commands have their options with what the help says", () => {
  const commands = readCommands();
  expect(commands.map(({ name }) => name)).toEqual(Object.keys(COMMAND_HELPS));
  const run = commands.find(({ name }) => name === "run")!;
  expect(run.options.find(({ name }) => name === "--watch")).toEqual({
    name: "--watch",
    about: expect.stringContaining("build and boot it again"),
  });
  expect(run.options.find(({ name }) => name === "--mem")?.choices).toEqual([]);
});

it.each(["zsh", "fish"])("%s: each command and long option is there", (shell) => {
  const text = script(shell);
  for (const { name, options } of readCommands()) {
    expect(text).toContain(name);
    for (const option of options.filter((each) => each.name.startsWith("--")))
      expect(text).toContain(option.name.slice(2));
  }
});
