import { monotonic, wall } from "../platform.ts";

/** High Resolution Time: `now` and `timeOrigin`. Marks and measures are not supported. */
export const performance: Performance = {
  now: () => monotonic(),
  get timeOrigin() {
    return wall() - monotonic();
  },
  toJSON() {
    return { timeOrigin: this.timeOrigin };
  },
};

export { performance as "globalThis.performance" };
