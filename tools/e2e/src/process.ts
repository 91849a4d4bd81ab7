import { readFileSync } from "node:fs";

/** `sysconf(_SC_CLK_TCK)`: fixed at 100 in Linux's user interface. */
const TICKS = 100;

/** Processor time that a process and its threads have used, in seconds; grows by hundredths. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // proc(5): utime and stime are fields 14 and 15; field 3 is the first one behind the name.
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Memory of a process that is in RAM, in bytes. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
}
