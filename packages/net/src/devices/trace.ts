import type { Device, NetDevice, Parameter } from "@soloist/interface";
import { describeFrame } from "./describe.ts";
import { tapped, wrapDevice } from "./tap.ts";

export interface TraceOptions {
  /**
   * Name of a flag of the command line without which nothing is printed and nothing costs time; default: always print.
   * @example trace(net("service"), { flag: "trace" }) // soloist run app -- --trace
   */
  readonly flag?: string;
  /** Gets each line; default: `console.log`. */
  readonly print?: (line: string) => void;
}

/**
 * A network device that prints a line for each packet, as `tcpdump -nn -S` does: time (UTC), direction, what it is.
 *
 * @example
 * run([stack({ device: trace(net("service")) })], async ({ tcp }) => …);
 * // 14:07:31.123456 in  IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [S], seq 3031420, win 64240, options [mss 1460], length 0
 */
export function trace(device: Device<NetDevice>, options: TraceOptions = {}): Device<NetDevice> {
  const { flag, print = (line: string) => console.log(line) } = options;
  const parameter: Parameter<boolean> | undefined =
    flag === undefined ? undefined : { name: flag, help: "print every packet", default: false, parse: parseFlag };
  return wrapDevice(device, parameter === undefined ? [] : [parameter], (inner, host) => {
    if (parameter !== undefined && host.parameter(parameter) !== true) return inner;
    return tapped(inner, (bytes, at, length, sent) => {
      print(`${timeOfDay(host.clock.wall())} ${sent ? "out" : "in "} ${describeFrame(bytes, at, length)}`);
    });
  });
}

function parseFlag(text: string): boolean {
  if (text !== "true" && text !== "false") throw new Error("expected true or false");
  return text === "true";
}

const DAY = 86_400_000;

/** UTC, microseconds. */
function timeOfDay(wall: number): string {
  const time = wall % DAY;
  const two = (number: number): string => String(Math.floor(number)).padStart(2, "0");
  const microseconds = String(Math.floor((time % 1000) * 1000)).padStart(6, "0");
  return `${two(time / 3_600_000)}:${two((time / 60_000) % 60)}:${two((time / 1000) % 60)}.${microseconds}`;
}
