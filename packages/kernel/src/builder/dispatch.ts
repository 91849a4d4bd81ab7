/**
 * How the interpreter gets from one instruction to the next.
 *
 * LLVM made one loop with one jump of it, and let instructions share their ends. Here every end gets a dispatch of its own:
 * first comparisons with the opcodes that come next most often (branches that processors foresee well), then a jump by
 * table. On a Zen 3 an indirect jump costs five to six cycles, as much as a whole short instruction.
 */
import { createHash } from "node:crypto";
import type { Opcodes } from "./opcodes.ts";
import { shortcuts } from "./shortcuts.ts";
import type { CFunction } from "./translate.ts";

const OPCODES = 256;
/** Lines of C up to which an end of instructions is copied to each of them. */
const LONGEST_END = 40;

/** For each end, in the order of the C, the opcodes to compare with. Learnt from programs that ran (README), for one interpreter only. */
export interface Successors {
  /** Hash of the interpreter whose ends these are. */
  interpreter: string;
  ends: number[][];
}

/** Names of C variables in the interpreter. */
export interface Registers {
  /** Address behind the opcode of the instruction that runs. */
  next: string;
  /** The value stack's pointer, one behind the value on top. */
  stack: string;
  /** Address of local variable 0. */
  locals: string;
  context: string;
  /** Address of a word that looking a property up may write to. */
  frame: string;
  /** C function (word, object, atom) that gives the address of the property's entry in the shape, or 0. */
  findProperty: string;
  /** C function (context, value) that drops the last reference to a value. */
  freeValue: string;
}

export interface DispatchOptions {
  memory: Uint8Array;
  opcodes: Opcodes;
  successors: Successors | undefined;
  /** Counts what follows what in `dispatch_counts`, instead of comparing. */
  count: boolean;
}

export interface Loop {
  label: string;
  /** Where in the body the loop's label starts, and where its dispatch ends. */
  start: number;
  end: number;
  /** Statements that each instruction starts with. */
  prologue: string;
  pc: string;
  opcode: string;
  first: string;
  next: string;
  targets: string[];
}

/** The loop of LLVM: `next = pc + 1` in front, then statements, `opcode = load(pc)`, and a switch by a constant table. */
export function findLoop(body: string, memory: Uint8Array): Loop {
  const dispatch =
    /\n +(L\d+): \n((?: +[ijl]\d+ = [^;(]*;\n)*) +(\w+) = i32_load8_u\(\(u64\)\(\3\)\);\s+(\w+) = \3;\s+(\w+) = 2u;\s+\3 <<= \(\5 & 31\);\s+\3 = i32_load\(\(u64\)\(\3\) \+ (\d+)u\);\s+\5 = (\d+)u;\s+\3 -= \5;\s+switch \(\3\) \{\n([^}]*)\}/;
  const match = dispatch.exec(body);
  const [whole, label, setup, first, opcode, , table, bias, cases] = (match ?? []) as unknown as string[];
  const pc = new RegExp(`^((?:.*\\n)*) +${first} = (\\w+);\\n$`).exec(setup ?? "");
  const before = body.slice(0, match?.index);
  const next = new RegExp(`(\\w+) = ${pc?.[2]};\\s+(\\w+) = 1u;\\s+\\1 \\+= \\2;\\s+(\\w+) = \\1;$`).exec(before)?.[3];
  if (match === null || pc === null || next === undefined)
    throw new Error("the interpreter's dispatch was not found: it has changed");
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  const labels = new Map([...cases!.matchAll(/case (\d+): goto (\w+);/g)].map(([, n, to]) => [Number(n), to!]));
  const otherwise = /default: goto (\w+);/.exec(cases!)![1]!;
  const targets = Array.from({ length: OPCODES }, (_, n) => {
    const index = view.getUint32(Number(table) + 4 * n, true) - Number(bias);
    return labels.get(index) ?? otherwise;
  });
  return {
    label: label!,
    start: match.index,
    end: match.index + whole!.length,
    prologue: pc[1]!.trim().replaceAll(/\n\s+/g, " "),
    pc: pc[2]!,
    opcode: opcode!,
    first: first!,
    next,
    targets,
  };
}

/** Returns the hash that {@link Successors} are kept under, and the function that looks properties up. */
export function giveEveryEndItsDispatch(
  interpreter: CFunction,
  options: DispatchOptions,
): { hash: string; findProperty: string } {
  const loop = findLoop(interpreter.body, options.memory);
  const { label, next } = loop;
  const rest = copyEnds(interpreter.body.slice(loop.end), label);
  const registers = findRegisters(rest, loop, options.opcodes);
  const fast = shortcuts(options.opcodes, registers, `goto ${label};`);
  const entries = loop.targets.map((target, n) => {
    const state = `${loop.prologue} ${loop.pc} = ${next} - 1u; ${loop.opcode} = ${loop.first} = ${n}u;`;
    return `        O${n}:; ${fast.code.get(n) ?? ""} ${state} goto ${target};`;
  });
  const all = [...entries, rest].join("\n");
  const hash = createHash("sha256").update(all).digest("hex").slice(0, 16);
  const { successors } = options;
  if (!options.count && successors?.interpreter !== hash)
    throw new Error(`successors.json is of another interpreter than ${hash}: learn them again (README)`);
  let ends = 0;
  const withDispatch = all.replaceAll(`goto ${label};`, () => {
    const end = ends++;
    if (options.count) return `{ dispatch_counts[${end * OPCODES}u + NEXT_OPCODE]++; goto *dispatch[NEXT_OPCODE]; }`;
    // Without the barrier gcc makes a switch of the comparisons, and a table jump of that.
    const comparisons = (successors?.ends[end] ?? []).map((n) => `if (op == ${n}u) goto O${n}; KEEP_APART(op);`);
    return `{ u32 op = NEXT_OPCODE; ${comparisons.join(" ")} goto *dispatch[op]; }`;
  });
  const table = loop.targets.map((_, n) => `&&O${n}`).join(", ");
  interpreter.body = [
    interpreter.body.slice(0, loop.start),
    `#define NEXT_OPCODE i32_load8_u((u64)${next} - 1)`,
    `        static const void *const dispatch[${OPCODES}] = {${table}};`,
    `        ${label}:;`,
    "        goto *dispatch[NEXT_OPCODE];",
    withDispatch,
  ].join("\n");
  interpreter.declarations = fast.declarations + (options.count ? `u32 dispatch_counts[${ends * OPCODES}];\n` : "");
  return { hash, findProperty: registers.findProperty };
}

/** Where instructions share an end, copies it to each that jumps there: what comes next depends on the instruction. */
export function copyEnds(body: string, loop: string): string {
  const lines = body.split("\n");
  const ends = new Map<string, string>();
  lines.forEach((line, at) => {
    const label = /^\s*(B\d+):;$/.exec(line)?.[1];
    if (label === undefined) return;
    let depth = 0;
    for (let end = at + 1; end < lines.length && end - at <= LONGEST_END; end++) {
      const text = lines[end]!;
      depth += (text.match(/\{/g)?.length ?? 0) - (text.match(/\}/g)?.length ?? 0);
      if (/^\s*[BL]\d+:/.test(text) || depth < 0) return;
      if (depth > 0 || !/^\s*goto /.test(text)) continue;
      if (text.trim() === `goto ${loop};`) ends.set(label, lines.slice(at + 1, end + 1).join("\n"));
      return;
    }
  });
  return body.replaceAll(/\bgoto (B\d+);/g, (jump, label: string) => {
    const end = ends.get(label);
    return end === undefined ? jump : `{\n${end}\n}`;
  });
}

/** From what `get_loc_check`, `get_field` and `dup` do. */
function findRegisters(body: string, loop: Loop, opcodes: Opcodes): Registers {
  const code = (name: string) => {
    const target = loop.targets[opcodes(name)]!;
    return body
      .slice(body.search(new RegExp(`\\b${target}:;`)), undefined)
      .slice(0, 2000)
      .replaceAll(/\s+/g, " ");
  };
  const stack = /^\w+:; (\w+) = (\w+); (\w+) = 8u; \1 -= \3; (\w+) = i64_load\(\(u64\)\(\1\)\);/.exec(code("dup"))?.[2];
  const locals = new RegExp(`= (\\w+); (\\w+) = ${loop.next}; \\2 = i32_load16_u\\(\\(u64\\)\\(\\2\\)\\);`).exec(
    code("get_loc_check"),
  )?.[1];
  const lookup = /(\w+) = (l\d+); (\w+) = (\d+)u; \1 \+= \3; \w+ = \w+; \w+ = \w+; \w+ = (\w+)\(\1, \w+, \w+\);/.exec(
    code("get_field"),
  );
  const release = /(\w+) = (\w+); (\w+) = \w+; \{ if \(!engine_release\(\3\)\) (\w+)\(\1, \3\); \}/.exec(
    code("get_field"),
  );
  if (!stack || !locals || !lookup || !release) throw new Error("the interpreter's registers were not found");
  return {
    next: loop.next,
    stack,
    locals,
    frame: `${lookup[2]} + ${lookup[4]}u`,
    findProperty: lookup[5]!,
    context: release[2]!,
    freeValue: release[4]!,
  };
}
