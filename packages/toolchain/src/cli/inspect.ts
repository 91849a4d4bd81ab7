import { UsageError } from "../errors.ts";
import { type ImageInfo, inspectImage } from "../inspect.ts";
import { parse, single } from "./arguments.ts";
import { INSPECT_HELP } from "./help.ts";
import { formatSize, type Terminal } from "./terminal.ts";

export function inspectCommand(args: string[], terminal: Terminal): number {
  const { values, positionals } = parse(args, { json: { type: "boolean" }, help: { type: "boolean" } });
  if (values.help) {
    terminal.out(INSPECT_HELP);
    return 0;
  }
  const path = single(positionals, "image");
  if (path === undefined) throw new UsageError("which image? soloist inspect IMAGE");
  const info = inspectImage(path);
  terminal.out(values.json ? `${JSON.stringify(info)}\n` : formatInfo(info));
  return 0;
}

const hex = (value: number) => `0x${value.toString(16)}`;
const MEGABYTE = 1024 * 1024;
const KINDS = { NET_BASIC: "net", BLOCK_BASIC: "block" } as const;

function formatInfo(info: ImageInfo): string {
  const rows: [string, string][] = [
    ["image", `${info.file}  ${formatSize(info.size)}`],
    ...(info.app === undefined ? [] : ([["app", info.app]] as [string, string][])),
    ["target", `${info.target}, ABI version ${info.abi.version}`],
    [
      "devices",
      info.devices
        .map(({ name, type, optional }) => `${name} (${optional ? "optional " : ""}${KINDS[type]})`)
        .join(", ") || "none",
    ],
    ["engine", info.engine ?? "unknown: not made by Soloist"],
    ...(info.modules === undefined ? [] : ([["modules", info.modules.join(", ") || "none"]] as [string, string][])),
    ...(info.snapshot === undefined
      ? []
      : ([["snapshot", info.snapshot ? "yes: the top level was evaluated when it was built" : "no"]] as [
          string,
          string,
        ][])),
    ["memory", `${Math.ceil(info.memory / MEGABYTE)} MiB at boot, and what the app allocates`],
    ["entry", hex(info.entry)],
  ];
  const segments = info.segments.map(
    ({ address, fileSize, memorySize, permissions }) =>
      `  ${hex(address).padEnd(10)}  ${permissions}  ${String(memorySize).padStart(9)}  ${String(fileSize).padStart(9)}`,
  );
  return [
    ...rows.map(([name, value]) => `${name.padEnd(10)}${value}`),
    "segments",
    "  address     prot  in memory    in file",
    ...segments,
    "",
  ].join("\n");
}
