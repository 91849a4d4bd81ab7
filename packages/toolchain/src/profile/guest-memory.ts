import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import type { BaseDescription } from "../base.ts";

/** The memory of a guest that runs, read through a file of the host. */
export class GuestMemory {
  readonly #path: string;
  #file: number | undefined;
  readonly #buffer = Buffer.alloc(4096);

  /**
   * `path`: `/proc/PID/mem` of a tender, whose guest has its own addresses; or the file that is the memory of a virtual machine,
   * in which the image lies at its physical addresses, which are the same.
   */
  constructor(path: string) {
    this.#path = path;
  }

  /** Valid until the next call. */
  read(address: number, length: number): DataView | undefined {
    try {
      this.#file ??= openSync(this.#path, "r");
      if (readSync(this.#file, this.#buffer, 0, length, address) !== length) return undefined;
    } catch {
      return undefined;
    }
    return new DataView(this.#buffer.buffer, this.#buffer.byteOffset, length);
  }

  /** What the file was before may be gone: a process that became another program has another memory. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

const MAGIC = 0x544c4f53;
const CONTEXT = 16;

/** The engine's context by the boot record of a loaded image; undefined: none is loaded yet. */
export function findContext(memory: GuestMemory, { bootRecord }: BaseDescription): number | undefined {
  const record = memory.read(bootRecord.vaddr, CONTEXT + 4);
  if (record === undefined || record.getUint32(0, true) !== MAGIC) return undefined;
  const context = record.getUint32(CONTEXT, true);
  return context === 0 ? undefined : context;
}

/** Whether one of a process' threads is on a processor, or waits for one. */
export function isRunning(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).some((task) =>
      /^.*\) R /.test(readFileSync(`/proc/${pid}/task/${task}/stat`, "latin1")),
    );
  } catch {
    return false;
  }
}

/** In ticks of the system's clock. */
export interface ProcessorTime {
  readonly user: number;
  readonly system: number;
}

/** What a process has used so far; undefined: it is gone. */
export function processorTime(pid: number): ProcessorTime | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // proc(5): fields 14 and 15; the name, field 2, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { user: Number(fields[11]), system: Number(fields[12]) };
  } catch {
    return undefined;
  }
}
