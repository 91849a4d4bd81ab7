import type { BlockDevice, Clock, Host, NetDevice, ParameterValues, Rng } from "@soloist/interface";
import { SoloistError } from "@soloist/interface";
import { openBlockDevice } from "./block-device.ts";
import { log } from "./log.ts";
import { drive, stopLoop } from "./loop.ts";
import { openNetDevice } from "./net-device.ts";
import {
  checksum,
  copy,
  emitSegment,
  equal,
  findByte,
  findInSet,
  latin1Decode,
  monotonic,
  parseSegment,
  setWall,
  utf8Decode,
  utf8Encode,
  wall,
} from "./platform.ts";
import type { Program } from "./run.ts";

/** Both clocks of the machine. */
export const clock: Clock = {
  monotonic: () => monotonic(),
  wall: () => wall(),
  setWall: (base, slew, from, rate) => setWall(base, slew, from, rate),
};

const cleanups: (() => void | Promise<void>)[] = [];

/** What devices are opened with. */
export function createHost(options: { rng: Rng; values: ParameterValues; program: Program }): Host {
  const { rng, values, program } = options;
  const taken = new Set<string>();

  function take(name: string, type: "net" | "block"): void {
    if (!program.manifest.some((entry) => entry.name === name && entry.type === type)) {
      throw new SoloistError("ENODEV", `${type} device "${name}" is not in the manifest of the device that opens it`);
    }
    if (taken.has(name)) throw new SoloistError("EBUSY", `${type} device "${name}" is taken already`);
    taken.add(name);
  }

  return {
    clock,
    rng,
    bytes: {
      checksum,
      findByte,
      findInSet,
      copy,
      equal,
      utf8Decode,
      utf8Encode,
      latin1Decode,
      parseSegment,
      emitSegment,
    },
    log,
    netDevice(name: string, options?: { readonly offloads?: boolean }): NetDevice {
      take(name, "net");
      return openNetDevice(name, options?.offloads ?? false);
    },
    blockDevice(name: string): BlockDevice {
      take(name, "block");
      return openBlockDevice(name);
    },
    parameter(parameter) {
      if (!program.parameters.includes(parameter)) {
        throw new SoloistError("EINVAL", `parameter "${parameter.name}" was not declared by a device`);
      }
      return values.get(parameter.name) as never;
    },
    drive,
    onShutdown: (cleanup) => void cleanups.push(cleanup),
  };
}

/** Runs the clean-ups, last registered first, all of them; then throws the first error that one of them threw. */
export async function runShutdown(): Promise<void> {
  const failures: unknown[] = [];
  for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) {
    try {
      await cleanup();
    } catch (error) {
      failures.push(error);
    }
  }
  stopLoop();
  if (failures.length > 0) throw failures[0];
}
