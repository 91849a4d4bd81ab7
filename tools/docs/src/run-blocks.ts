import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Block, findBlocks } from "./blocks.ts";
import { ROOT } from "./content.ts";

/** The `console run` blocks of a page. */
export function runnable(text: string): Block[] {
  return findBlocks(text).filter(({ language, attributes }) => language === "console" && "run" in attributes);
}

/**
 * Types a block's commands into a shell at the root of the repository, and returns the block as it then would read. A line `…` in the
 * block stands for any output.
 */
export function runBlock(block: Block): string {
  // npm's own variables, which this program has when npm started it, would have its npx speak of the user's settings.
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const environment = {
    ...Object.fromEntries(inherited),
    NO_COLOR: "1",
    npm_config_userconfig: "/dev/null",
    npm_config_update_notifier: "false",
    PATH: [join(ROOT, "node_modules/.bin"), process.env.PATH].join(delimiter),
  };
  mkdirSync(join(ROOT, "tools/docs/build"), { recursive: true });
  return block.text
    .split(/^(?=\$ )/m)
    .map((part) => {
      const [command = "", ...expected] = part.trimEnd().split("\n");
      const { stdout } = spawnSync("bash", ["-c", `${command.slice(2)} 2>&1`], {
        cwd: ROOT,
        encoding: "utf8",
        env: environment,
        timeout: 180_000,
      });
      const lines = stdout.trimEnd().split("\n");
      const cut = expected.indexOf("…");
      const shown = cut < 0 ? lines : [...lines.slice(0, cut), ...expected.slice(cut)];
      return [command, ...shown.filter((line) => line !== "" || expected.length > 0)].join("\n");
    })
    .join("\n");
}

/** Sizes and times differ from machine to machine. */
export function comparable(text: string): string {
  return text.replace(/\d+(?:\.\d+)? (MB|KB|ms|s)\b/g, "N $1").trim();
}
