import type { Engine } from "./engine.ts";
import type { JsValue } from "./values.ts";

/** Bytes that become part of linear memory as they are: no literal, no text of the program. */
export interface Asset {
  /** Names the module, `native:asset/ID`. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** Where the bundle finds the buffers of assets when it is evaluated. */
const ASSETS_GLOBAL = "native:assets";

/** Takes the buffer out: what the app does not keep is not kept for it. */
export function assetModule(id: string): string {
  const [global, key] = [JSON.stringify(ASSETS_GLOBAL), JSON.stringify(id)];
  return [
    "export default /* @__PURE__ */ (() => {",
    `  const assets = globalThis[${global}], buffer = assets[${key}];`,
    `  delete assets[${key}];`,
    "  return new Uint8Array(buffer);",
    "})();",
    "",
  ].join("\n");
}

/** Copies assets into the engine's memory, once, and leaves their buffers, which nobody can write to, for the bundle. */
export function placeAssets(engine: Engine, global: JsValue, assets: readonly Asset[]): void {
  if (assets.length === 0) return;
  const object = engine.value("JS_NewObject", engine.context);
  for (const { id, bytes } of assets) {
    const { address, length } = engine.alloc(bytes);
    const buffer = engine.value("JS_NewArrayBuffer", engine.context, address, length, 0, 0, 0);
    engine.call("JS_SetImmutableArrayBuffer", buffer, 1);
    engine.set(object, id, buffer);
  }
  engine.set(global, ASSETS_GLOBAL, object);
}
