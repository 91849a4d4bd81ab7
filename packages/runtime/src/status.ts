import type { Metric, StatusSource } from "@soloist/interface";
import { loopSize, onLoopDelay } from "./loop.ts";
import { memoryUsage, monotonic, wall } from "./platform.ts";
import { taskCount } from "./tasks/scope.ts";

const memory = new Float64Array(5);
/** How late turns of the loop began since this was first asked for, milliseconds. */
const delays = { sum: 0, count: 0, longest: 0 };

function noteDelay(delay: number): void {
  delays.sum += delay;
  delays.count++;
  if (delay > delays.longest) delays.longest = delay;
}

/**
 * How the machine is, for a status page: uptime, tasks, timers, memory, and how late the loop was. Measuring begins with this
 * call, and costs an image that never makes it nothing.
 *
 * @example
 * app.mount("/_soloist", status([machineStatus(), stackStatus(stack), httpStatus(counters)]));
 */
export function machineStatus(): StatusSource {
  onLoopDelay(noteDelay);
  return { title: "Machine", metrics: machineMetrics };
}

function machineMetrics(): readonly Metric[] {
  memoryUsage(memory);
  const [taken, limit, held, cycles, looks] = memory;
  const { timers, machines } = loopSize();
  const uptime = monotonic() / 1000;
  return [
    gauge("soloist_uptime_seconds", "Time since boot.", uptime),
    gauge("soloist_boot_time_seconds", "When the machine booted.", wall() / 1000 - uptime),
    gauge("soloist_tasks", "Tasks that have not ended.", taskCount()),
    gauge("soloist_timers", "Timers that wait.", timers),
    gauge("soloist_loop_machines", "Network stacks and what else the loop polls.", machines),
    counter("soloist_loop_delays_total", "Turns of the loop that began later than they were due.", delays.count),
    counter("soloist_loop_delay_seconds_total", "How much later they began, together.", delays.sum / 1000),
    gauge("soloist_loop_delay_longest_seconds", "The longest that the loop was late.", delays.longest / 1000),
    gauge("soloist_memory_limit_bytes", "Memory that JavaScript may have.", limit!),
    gauge("soloist_memory_taken_bytes", "Memory that the engine has taken; it gives none back.", taken!),
    gauge("soloist_heap_bytes", "What JavaScript's values hold.", held!),
    gauge("soloist_gc_threshold_bytes", "Heap at which the engine looks for cycles next.", cycles!),
    counter("soloist_gc_total", "How often the engine looked for cycles, once a turn at most.", looks!),
  ];
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, help, type: "gauge", value };
}

function counter(name: string, help: string, value: number): Metric {
  return { name, help, type: "counter", value };
}
