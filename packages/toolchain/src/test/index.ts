/**
 * For the tests of an app: boots it, on Node.js or as an image, and says where it answers.
 *
 * @example
 * import { boot } from "@soloist/toolchain/test";
 * import { expect, test } from "vitest";
 *
 * test("greets by name", async () => {
 *   await using app = await boot();
 *   const response = await app.fetch("/hello/Ada");
 *   expect(await response.text()).toBe("Hello Ada!\n");
 * });
 */

export { type Booted, type BootOptions, boot, type TestRequest, type TestResponse } from "./boot.ts";
