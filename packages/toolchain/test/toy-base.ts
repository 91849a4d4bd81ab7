import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Base, type BaseDescription, findPackage } from "../src/base.ts";
import { emitElf } from "../src/elf/write.ts";

const engineFolder = dirname(
  createRequire(join(findPackage("@soloist/kernel")!, "package.json")).resolve("quickjs-wasi/package.json"),
);
const engine = readFileSync(join(engineFolder, "quickjs.wasm"));

const FUNCTIONS = [
  "register",
  "commandLine",
  "consoleWrite",
  "monotonic",
  "entropy",
  "checksum",
  "findByte",
  "findInSet",
];
FUNCTIONS.push("copy", "equal", "utf8Decode", "utf8Encode", "latin1Decode", "base64Encode", "base64Decode", "netRead");

/** A base with the real engine, two of its modules, and a few bytes in place of the kernel. */
export function toyBase(): Base {
  const description: BaseDescription = {
    target: "spt",
    abi: { target: 2, version: 2 },
    engine: "a toy",
    linearBase: 0x500000,
    memory: { initialPages: 18 },
    moduleArea: { size: 8192 },
    modules: {
      encoding: {
        file: "quickjs-wasi/extensions/encoding/encoding.so",
        init: "qjs_ext_encoding_init",
        memoryBase: 0,
        memorySize: 904,
        tableBase: 540,
        tableSize: 10,
        gotFunc: {},
        segments: [{ vaddr: 0x300000, size: 0x1000 }],
      },
      headers: {
        file: "quickjs-wasi/extensions/headers/headers.so",
        init: "qjs_ext_headers_init",
        memoryBase: 0,
        memorySize: 580,
        tableBase: 550,
        tableSize: 12,
        gotFunc: {},
        segments: [{ vaddr: 0x301000, size: 0x1000 }],
      },
    },
    platform: { tableBase: 562, functions: FUNCTIONS.map((name) => ({ name, arity: 5 })) },
    table: { vaddr: 0x200000, entries: 600, entrySize: 8 },
    bootRecord: { vaddr: 0x202000, size: 128 },
    manifest: { vaddr: 0x203000, size: 6664 },
  };
  // Where malloc puts the area is the engine's business; the kernel's build asks it, too.
  const area = firstAllocation(description.moduleArea.size);
  Object.assign(description.modules.encoding!, { memoryBase: area });
  Object.assign(description.modules.headers!, { memoryBase: area + 1024 });
  const text = (value: number) => new Uint8Array(0x1000).fill(value);
  return {
    description,
    engine,
    module: (name) => readFileSync(join(engineFolder, "extensions", name, `${name}.so`)),
    elf: emitElf({
      entry: 0x100000,
      notes: [
        { note: { name: "Xen", type: 18, desc: Uint8Array.of(0, 0, 16, 0, 0, 0, 0, 0) }, align: 4 },
        { note: { name: "Soloist", type: 0x48534352, desc: new Uint8Array(16) }, align: 4 },
        {
          note: { name: "Soloist", type: 0x54534f48, desc: Buffer.from("00300000000000000000000000000000", "hex") },
          align: 4,
        },
      ],
      segments: [
        { vaddr: 0x100000, flags: 5, bytes: text(0x90), memorySize: 0x1000 },
        // The function table is full of 0x11; the boot record and the manifest lie in memory that the file leaves out.
        { vaddr: 0x200000, flags: 4, bytes: new Uint8Array(600 * 8).fill(0x11), memorySize: 0x6000 },
        { vaddr: 0x300000, flags: 5, bytes: text(0xe1), memorySize: 0x1000 },
        { vaddr: 0x301000, flags: 5, bytes: text(0xe2), memorySize: 0x1000 },
      ],
    }),
  };
}

let allocation: Promise<number> | undefined;
const areas = new Map<number, number>();

function firstAllocation(size: number): number {
  const known = areas.get(size);
  if (known === undefined) throw new Error("call prepareToyBase first");
  return known;
}

/** Asks the engine where its first allocation goes. */
export async function prepareToyBase(): Promise<void> {
  allocation ??= measure(8192);
  areas.set(8192, await allocation);
}

async function measure(size: number): Promise<number> {
  const nothing = () => 0;
  const imports: Record<string, Record<string, unknown>> = {};
  const module = await WebAssembly.compile(engine as Uint8Array<ArrayBuffer>);
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = nothing;
  }
  const { exports } = await WebAssembly.instantiate(module, imports);
  const functions = exports as unknown as Record<string, (...args: number[]) => number>;
  functions._initialize!();
  return functions.malloc!(size);
}
