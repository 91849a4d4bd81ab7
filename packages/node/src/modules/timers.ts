/**
 * `timers`, and the global `setImmediate`. Timers are numbers, as in browsers: without `ref()` and `unref()`, which mean nothing
 * where main's end ends the program.
 */
export function setImmediate<Arguments extends unknown[]>(
  callback: (...args: Arguments) => void,
  ...args: Arguments
): number {
  return globalThis.setTimeout(callback, 0, ...args) as unknown as number;
}

export function clearImmediate(id: number | undefined): void {
  globalThis.clearTimeout(id);
}

export function setTimeout<Arguments extends unknown[]>(
  callback: (...args: Arguments) => void,
  delay?: number,
  ...args: Arguments
): number {
  return globalThis.setTimeout(callback, delay, ...args) as unknown as number;
}

export function setInterval<Arguments extends unknown[]>(
  callback: (...args: Arguments) => void,
  delay?: number,
  ...args: Arguments
): number {
  return globalThis.setInterval(callback, delay, ...args) as unknown as number;
}

export function clearTimeout(id: number | undefined): void {
  globalThis.clearTimeout(id);
}

export function clearInterval(id: number | undefined): void {
  globalThis.clearInterval(id);
}

export default { setImmediate, clearImmediate, setTimeout, setInterval, clearTimeout, clearInterval };
