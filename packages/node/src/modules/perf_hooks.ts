/** `perf_hooks`: the global `performance`. */
const clock: Pick<typeof globalThis.performance, "now" | "timeOrigin" | "toJSON"> = {
  now: () => performance.now(),
  get timeOrigin() {
    return performance.timeOrigin;
  },
  toJSON: () => performance.toJSON(),
};

export { clock as performance };
export default { performance: clock };
