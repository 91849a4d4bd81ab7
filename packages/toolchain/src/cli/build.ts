import { relative } from "node:path";
import { stop } from "esbuild";
import { type BuildOptions, buildImage } from "../app/build-image.ts";
import { UsageError } from "../errors.ts";
import type { Phase } from "../report/measure-boot.ts";
import { writeReport } from "../report/report.ts";
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
    report: { type: "boolean" },
    measure: { type: "boolean" },
    help: { type: "boolean" },
  });
  if (values.help) {
    terminal.out(BUILD_HELP);
    return 0;
  }
  if (values.measure && !values.report) throw new UsageError("--measure is about the report: add --report");
  const app = single(positionals, "app");
  const target = parseTarget(values.target);
  const steps = timeSteps(reporting(terminal));
  const built = await buildImage({
    ...(app === undefined ? {} : { app }),
    ...(target === undefined ? {} : { target }),
    ...(values.out === undefined ? {} : { out: values.out }),
    snapshot: !values["no-snapshot"],
    minify: values.minify === true,
    ...steps.reporting,
  });
  const phases = steps.end();
  let report: string | undefined;
  if (values.report) {
    await stop(); // what is measured has the machine for itself
    terminal.progress(values.measure ? "booting it once" : "writing the report");
    report = await writeReport({ built, build: phases, measure: values.measure === true });
  }
  terminal.clearProgress();
  const { inputs: _, contents: __, folder: ___, ...image } = built;
  const from = (path: string) => relative(process.cwd(), path);
  if (values.json) terminal.out(`${JSON.stringify({ ...image, ...(report === undefined ? {} : { report }) })}\n`);
  else {
    terminal.out(`${from(image.path)}  ${formatSize(image.size)}\n`);
    if (report !== undefined) terminal.out(`${from(report)}  what is in it\n`);
  }
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

/** Times the steps of a build. Steps with a comma (`crunching public, 3 of 9 files`) count as one. */
function timeSteps(said: ReturnType<typeof reporting>) {
  const phases: { name: string; time: number }[] = [];
  let since = performance.now();
  const close = (): void => {
    const now = performance.now();
    const last = phases[phases.length - 1];
    if (last) last.time += now - since;
    since = now;
  };
  return {
    reporting: {
      ...said,
      progress(step: string) {
        close();
        const name = step.split(",")[0]!;
        if (phases[phases.length - 1]?.name !== name) phases.push({ name, time: 0 });
        said.progress?.(step);
      },
    },
    end(): readonly Phase[] {
      close();
      return phases;
    },
  };
}
