import { stop } from "esbuild";
import { readApp } from "../app/app.ts";
import { DEFAULT_TARGET } from "../base.ts";
import { UsageError } from "../errors.ts";
import { runTests } from "../test/run-tests.ts";
import { parse, parseTarget, single } from "./arguments.ts";
import { TEST_HELP } from "./help.ts";
import type { Terminal } from "./terminal.ts";

export async function testCommand(args: string[], terminal: Terminal): Promise<number> {
  const separator = args.indexOf("--");
  const own = separator < 0 ? args : args.slice(0, separator);
  const filters = separator < 0 ? [] : args.slice(separator + 1);
  const { values, positionals } = parse(
    own,
    {
      image: { type: "boolean" },
      target: { type: "string" },
      watch: { type: "boolean" },
      help: { type: "boolean" },
    },
    " (names of test files go behind --)",
  );
  if (values.help) {
    terminal.out(TEST_HELP);
    return 0;
  }
  const wrong = filters.find((word) => word.startsWith("-"));
  if (wrong !== undefined) throw new UsageError(`${wrong}: behind -- are parts of the names of test files`);
  const target = parseTarget(values.target);
  if (target !== undefined && !values.image) throw new UsageError("--target is about images: add --image");
  const app = readApp(single(positionals, "app") ?? ".");
  // vitest itself colours what a pipe gets.
  if (!process.stdout.isTTY && process.env.FORCE_COLOR === undefined) process.env.NO_COLOR ??= "1";
  try {
    return await runTests({
      app,
      filters,
      watch: values.watch === true,
      ...(values.image ? { image: target ?? DEFAULT_TARGET } : {}),
    });
  } finally {
    await stop();
  }
}
