/**
 * A module's top level runs at build time in an image, where clocks and randomness are refused. Here the same calls are
 * noticed and work all the same: one sees all of them at once.
 */

let isTopLevel = false;
let onMisuse: (api: string, stack: string) => void = () => {};
const seen = new Set<string>();
const originals = { Date, random: Math.random };

/** Called by everything that reads a clock or randomness. `api`: as the app spells it. */
export function assertBooted(api: string): void {
  if (!isTopLevel) return;
  const { stack = "" } = new Error(api);
  if (seen.has(stack)) return;
  seen.add(stack);
  onMisuse(api, stack);
}

export function watchTopLevel(tell: (api: string, stack: string) => void): void {
  isTopLevel = true;
  onMisuse = tell;
  Math.random = function random() {
    assertBooted("Math.random");
    return originals.random();
  };
  globalThis.Date = new Proxy(originals.Date, {
    construct(target, args, newTarget) {
      if (args.length === 0) assertBooted("new Date");
      return Reflect.construct(target, args, newTarget) as Date;
    },
    apply() {
      assertBooted("Date");
      return originals.Date();
    },
    get(target, key, receiver) {
      return key === "now" ? now : Reflect.get(target, key, receiver);
    },
  });
}

function now(): number {
  assertBooted("Date.now");
  return originals.Date.now();
}

export function endTopLevel(): void {
  if (!isTopLevel) return;
  isTopLevel = false;
  Math.random = originals.random;
  globalThis.Date = originals.Date;
}
