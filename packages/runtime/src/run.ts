import type { Device, ManifestEntry, Opened, Parameter } from "@soloist/interface";
import { SoloistError } from "@soloist/interface";
import { logFormat, logRules } from "./log-rules.ts";
import { allocateNetMemory } from "./net-device.ts";

/** What `run` was given, checked. */
export interface Program {
  readonly devices: readonly Device<unknown>[];
  readonly main: (...opened: never[]) => unknown;
  readonly manifest: readonly ManifestEntry[];
  readonly parameters: readonly Parameter[];
}

let program: Program | undefined;

/** Solo5's manifest has room for 64 entries, the first of which is reserved. */
const MAX_DEVICES = 63;
const DEVICE_NAME = /^[A-Za-z0-9]{1,67}$/;
const PARAMETER_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * Declares the program: opens `devices` at boot and calls `main` with their values, in the same order.
 *
 * Call it once, at the top level of the app's main module. At build time it collects the hardware and the command line
 * keys of all devices; nothing is opened then. When main's promise settles, the machine shuts down: with exit code 0, or
 * the code that main returned (0 to 254); with 1 when it threw.
 *
 * @throws SoloistError `ERR_RUN_TWICE`, `ERR_DEVICE_NAME`, `ERR_DEVICE_DUPLICATE`, `ERR_DEVICE_COUNT`,
 * `ERR_PARAMETER_NAME`, `ERR_PARAMETER_DUPLICATE`
 * @example
 * const who = parameter("who", { help: "whom to greet", placeholder: "NAME", default: "World", parse: text() });
 *
 * run([who], (who) => {
 *   console.log(`Hello ${who}!`);
 * });
 */
export function run<const Devices extends readonly Device<unknown>[]>(
  devices: Devices,
  // biome-ignore lint/suspicious/noConfusingVoidType: main returns an exit code or nothing.
  main: (...opened: Opened<Devices>) => number | void | Promise<number | void>,
): void {
  if (program !== undefined) {
    throw new SoloistError("ERR_RUN_TWICE", "run() was called twice; an app has one main");
  }
  const manifest = collectManifest(devices);
  program = { devices, main, manifest, parameters: collectParameters(devices) };
  for (const entry of manifest) if (entry.type === "net") allocateNetMemory(entry.name, entry.offloads);
}

/** @throws SoloistError `ERR_RUN_NEVER` when the app's modules ended without a call of `run`. */
export function declaredProgram(): Program {
  if (program === undefined) {
    throw new SoloistError(
      "ERR_RUN_NEVER",
      "the app never called run(); its main module must call run(devices, main) at top level",
    );
  }
  return program;
}

function collectManifest(devices: readonly Device<unknown>[]): ManifestEntry[] {
  const byName = new Map<string, ManifestEntry>();
  for (const device of devices) {
    for (const entry of device.manifest) {
      if (!DEVICE_NAME.test(entry.name)) {
        throw new SoloistError(
          "ERR_DEVICE_NAME",
          `invalid device name ${JSON.stringify(entry.name)}: 1 to 67 letters and digits`,
        );
      }
      if (byName.has(entry.name)) {
        throw new SoloistError(
          "ERR_DEVICE_DUPLICATE",
          `two devices are named "${entry.name}"; each name is taken once`,
        );
      }
      byName.set(entry.name, entry);
    }
  }
  if (byName.size > MAX_DEVICES) {
    throw new SoloistError(
      "ERR_DEVICE_COUNT",
      `${byName.size} devices are declared; an image has room for ${MAX_DEVICES}`,
    );
  }
  return [...byName.values()];
}

function collectParameters(devices: readonly Device<unknown>[]): Parameter[] {
  const byName = new Map<string, Parameter>();
  for (const parameter of [logRules, logFormat]) byName.set(parameter.name, parameter as Parameter);
  for (const device of devices) {
    for (const parameter of device.parameters) {
      if (!PARAMETER_NAME.test(parameter.name) || parameter.name === "help") {
        throw new SoloistError(
          "ERR_PARAMETER_NAME",
          `invalid parameter name ${JSON.stringify(parameter.name)}: lower-case words joined by "-", and not "help"`,
        );
      }
      const other = byName.get(parameter.name);
      if (other !== undefined && other !== parameter) {
        throw new SoloistError("ERR_PARAMETER_DUPLICATE", `two devices read a parameter named "${parameter.name}"`);
      }
      byName.set(parameter.name, parameter);
    }
  }
  return [...byName.values()];
}
