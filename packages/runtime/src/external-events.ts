/** Shortest time between two calls of the hooks, milliseconds: under load they must cost nothing. */
const MIN_INTERVAL = 1;

const hooks: (() => void)[] = [];
let last = -Infinity;

/**
 * Calls `hook` when a device gave the machine something to do after it had nothing: a frame arrived at an empty ring. At
 * most once a millisecond. Hooks must be short and must not throw; the runtime's own feeds the moment to the entropy pools.
 */
export function onExternalEvent(hook: () => void): void {
  hooks.push(hook);
}

/** Called by devices at the first frame after an empty ring; `now` in milliseconds. */
export function externalEvent(now: number): void {
  if (now - last < MIN_INTERVAL) return;
  last = now;
  for (let index = 0; index < hooks.length; index++) hooks[index]!();
}
