import { resolve } from "node:path";
import { compose } from "../compose/compose.ts";
import { findComposeFile, readComposition } from "../compose/compose-file.ts";
import { createConsoleLog } from "../logs/console-log.ts";
import { parse, single } from "./arguments.ts";
import { COMPOSE_HELP } from "./help.ts";
import { interruption } from "./interruption.ts";
import { parseAccelerator } from "./run.ts";
import type { Terminal } from "./terminal.ts";

export async function composeCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parse(args, { accel: { type: "string" }, help: { type: "boolean" } });
  if (values.help) {
    terminal.out(COMPOSE_HELP);
    return 0;
  }
  const composition = readComposition(findComposeFile(resolve(single(positionals, "file") ?? ".")));
  const { signal, code } = interruption();
  const ended = await compose({
    composition,
    accelerator: parseAccelerator(values.accel),
    color: terminal.color && process.stdout.isTTY === true,
    signal,
    write(bytes) {
      terminal.clearProgress();
      process.stdout.write(bytes);
    },
    progress: (step) => terminal.progress(step),
    record: createConsoleLog,
  });
  terminal.clearProgress();
  return code() || ended;
}
