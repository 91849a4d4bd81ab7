import { monotonic, wall } from "../platform.ts";

/** High Resolution Time: `now` and `timeOrigin`. Marks and measures are not supported. */
export const performance = {
  now: (): number => monotonic(),
  get timeOrigin(): number {
    return wall() - monotonic();
  },
  toJSON(): unknown {
    return { timeOrigin: this.timeOrigin };
  },
};

export { performance as "globalThis.performance" };
