import type { Rng } from "@soloist/interface";
import { SoloistError } from "@soloist/interface";

let current: Rng | undefined;

export function setRng(rng: Rng): void {
  current = rng;
}

/** The machine's generator, for the globals that need one. Throws `ERR_BUILD_TIME` before boot. */
export function machineRng(): Rng {
  if (current === undefined) {
    throw new SoloistError(
      "ERR_BUILD_TIME",
      "there is no randomness while modules are evaluated at build time; move this into run()'s main",
    );
  }
  return current;
}
