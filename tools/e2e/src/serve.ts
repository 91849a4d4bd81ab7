import { Namespace } from "@soloist/tool-wire";
import { ADDRESS, Guest, type GuestOptions, HOST } from "./guest.ts";
import { build, type Target } from "./images.ts";

/** An app with its own network, booted and ready. */
export interface Serving extends AsyncDisposable {
  readonly net: Namespace;
  readonly guest: Guest;
}

/**
 * Boots an app with the network device `service` on a tap `tap0` of a new namespace whose own address is `HOST`, and waits for
 * `ready` on its console.
 */
export async function serves(
  app: string,
  target: Target,
  options: Partial<GuestOptions> & { ready?: RegExp; flags?: readonly string[] } = {},
): Promise<Serving> {
  const image = build(app, target, options.flags);
  const net = new Namespace();
  net.tap("tap0", `${HOST}/24`);
  const args = [...ADDRESS, ...(options.args ?? [])];
  const guest = Guest.boot({ nets: { service: "tap0" }, ...options, target, image, namespace: net, args });
  const dispose = async () => {
    await guest[Symbol.asyncDispose]();
    net.remove();
  };
  try {
    await guest.says(options.ready ?? /listening/i);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { net, guest, [Symbol.asyncDispose]: dispose };
}

/** Boots an image without devices, waits for its end and returns what it said. */
export async function boots(
  app: string,
  target: Target,
  options: Partial<GuestOptions> & { flags?: readonly string[] } = {},
): Promise<{ code: number; output: string }> {
  const guest = Guest.boot({ ...options, target, image: build(app, target, options.flags) });
  try {
    const code = await guest.code();
    return { code, output: guest.output };
  } finally {
    await guest[Symbol.asyncDispose]();
  }
}
