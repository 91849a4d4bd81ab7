import { logFailure } from "./log.ts";

/** Something that an app declared by {@link App.device}. */
export interface DeclaredDevice {
  readonly name: string;
  readonly make: (env: never) => unknown;
  readonly finalise: ((value: never) => unknown) | undefined;
}

/** What the handlers of a started app share. Disposed of, its devices are finalised, the last made first. */
export interface MadeDevices extends AsyncDisposable {
  readonly env: unknown;
}

/**
 * Makes devices in the order of their declaration; each sees those before it. When one cannot be made, those that were are
 * finalised, and its error is thrown.
 */
export async function makeDevices(declared: readonly DeclaredDevice[], given: unknown): Promise<MadeDevices> {
  if (declared.length === 0) return { env: given, async [Symbol.asyncDispose]() {} };
  if (given !== undefined && !isPlainObject(given)) {
    throw new TypeError("An app with devices takes a plain object as its env: they are put beside what is in it");
  }
  const env: Record<string, unknown> = { ...(given as object | undefined) };
  const made: (() => unknown)[] = [];
  const dispose = async () => {
    const errors: unknown[] = [];
    for (let finalise = made.pop(); finalise !== undefined; finalise = made.pop()) {
      try {
        await finalise();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} devices failed to be finalised`);
  };
  try {
    for (const { name, make, finalise } of declared) {
      if (Object.hasOwn(env, name)) throw new TypeError(`The device "${name}" is in the env already`);
      const value = await make(env as never);
      env[name] = value;
      made.push(finalise === undefined ? () => disposeOf(value) : () => finalise(value as never));
    }
  } catch (error) {
    await dispose().catch((later: unknown) => logFailure("A device failed to be finalised", later));
    throw error;
  }
  return { env, [Symbol.asyncDispose]: dispose };
}

/** Adds to `list` what it does not hold yet. @throws TypeError for another device with a name that is taken. */
export function addDevices(list: DeclaredDevice[], more: readonly DeclaredDevice[]): void {
  for (const device of more) {
    if (list.includes(device)) continue;
    if (device.name === "__proto__" || list.some(({ name }) => name === device.name)) {
      throw new TypeError(`There cannot be two devices "${device.name}"`);
    }
    list.push(device);
  }
}

function disposeOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const { [Symbol.asyncDispose]: later, [Symbol.dispose]: now } = value as Partial<AsyncDisposable & Disposable>;
  return later === undefined ? now?.call(value) : later.call(value);
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
