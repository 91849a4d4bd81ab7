import { relative } from "node:path";
import { type BuildOptions, buildImage } from "../app/build-image.ts";
import { parse, parseTarget, single } from "./arguments.ts";
import { BUILD_HELP } from "./help.ts";
import { formatSize, type Terminal } from "./terminal.ts";

export async function buildCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parse(args, {
    target: { type: "string" },
    out: { type: "string" },
    "no-snapshot": { type: "boolean" },
    minify: { type: "boolean" },
    json: { type: "boolean" },
    help: { type: "boolean" },
  });
  if (values.help) {
    terminal.out(BUILD_HELP);
    return 0;
  }
  const app = single(positionals, "app");
  const target = parseTarget(values.target);
  const { inputs: _, ...image } = await buildImage({
    ...(app === undefined ? {} : { app }),
    ...(target === undefined ? {} : { target }),
    ...(values.out === undefined ? {} : { out: values.out }),
    snapshot: !values["no-snapshot"],
    minify: values.minify === true,
    ...reporting(terminal),
  });
  terminal.clearProgress();
  terminal.out(
    values.json ? `${JSON.stringify(image)}\n` : `${relative(process.cwd(), image.path)}  ${formatSize(image.size)}\n`,
  );
  return 0;
}

/** What a build says on the way: steps, and what the app's top level prints. */
export function reporting(terminal: Terminal): Pick<BuildOptions, "color" | "progress" | "consoleWrite"> {
  return {
    color: terminal.color,
    progress: (step) => terminal.progress(step),
    consoleWrite(bytes) {
      terminal.error(Buffer.from(bytes).toString());
    },
  };
}
