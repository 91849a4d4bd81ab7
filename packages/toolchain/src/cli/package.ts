import { dirname, join, relative, resolve } from "node:path";
import { stop } from "esbuild";
import { readApp } from "../app/app.ts";
import { buildImage } from "../app/build-image.ts";
import { UsageError } from "../errors.ts";
import { inspectImage } from "../inspect.ts";
import { bootCommand } from "../package/disk/boot-command.ts";
import { firecrackerCommands } from "../package/firecracker.ts";
import { PACKAGE_KINDS, writePackage } from "../package/write-package.ts";
import { parseAssignment, parseMemory, parsePortForward } from "../run/options.ts";
import { parse, parseTarget, single } from "./arguments.ts";
import { reporting } from "./build.ts";
import { PACKAGE_HELP } from "./help.ts";
import { isImage } from "./run.ts";
import type { Terminal } from "./terminal.ts";

const DEFAULT_MEMORY = 128;

export async function packageCommand(args: string[], terminal: Terminal): Promise<number> {
  const separator = args.indexOf("--");
  const own = separator < 0 ? args : args.slice(0, separator);
  const { values, positionals } = parse(
    own,
    {
      oci: { type: "boolean" },
      libvirt: { type: "boolean" },
      nomad: { type: "boolean" },
      kubernetes: { type: "boolean" },
      firecracker: { type: "boolean" },
      raw: { type: "boolean" },
      target: { type: "string" },
      out: { type: "string" },
      mem: { type: "string" },
      publish: { type: "string", short: "p", multiple: true },
      block: { type: "string", multiple: true },
      help: { type: "boolean" },
    },
    " (arguments of the app go behind --)",
  );
  if (values.help) {
    terminal.out(PACKAGE_HELP);
    return 0;
  }
  const kinds = PACKAGE_KINDS.filter((kind) => values[kind]);
  if (kinds.length === 0) {
    throw new UsageError(`for what? expected ${PACKAGE_KINDS.map((kind) => `--${kind}`).join(", ")}`);
  }
  const path = single(positionals, "app or image") ?? ".";
  const target = parseTarget(values.target);
  const memory = values.mem === undefined ? DEFAULT_MEMORY : parseMemory(values.mem);
  const ports = (values.publish ?? []).map(parsePortForward);
  const disks = (values.block ?? []).map((text) => {
    const { value, ...name } = parseAssignment("--block", text);
    return { ...name, value: resolve(value) };
  });
  const isBuilt = isImage(path);
  const file = isBuilt
    ? resolve(path)
    : (await buildImage({ app: path, ...(target === undefined ? {} : { target }), ...reporting(terminal) })).path;
  await stop();
  const image = inspectImage(file);
  if (target !== undefined && image.target !== target) {
    throw new UsageError(`--target ${target}: the image is for ${image.target}`);
  }
  const folder = values.out ?? (isBuilt ? dirname(file) : join(readApp(path).folder, "dist"));
  const options = { image, path: file, memory, args: separator < 0 ? [] : args.slice(separator + 1), ports, disks };
  terminal.clearProgress();
  for (const kind of kinds) {
    const written = relative(process.cwd(), writePackage(kind, options, folder));
    terminal.out(`${written}\n`);
    if (kind === "firecracker") {
      terminal.error(
        `starts by:\n${firecrackerCommands(options, written)
          .map((line) => `  ${line}\n`)
          .join("")}`,
      );
    }
    if (kind === "raw") terminal.error(`boots by BIOS and UEFI, as in:\n  ${bootCommand(options, written)}\n`);
  }
  return 0;
}
