import { expect, test } from "vitest";
import { echo } from "../src/echo.ts";

test("sends back what it reads, in order, then closes", async () => {
  const input = ["one", "two"].map((text) => new TextEncoder().encode(text));
  const sent: (Uint8Array | string)[] = [];
  let closed = false;

  await echo({
    read: async () => input.shift(),
    write: async (bytes) => {
      sent.push(bytes);
    },
    close: async () => {
      closed = true;
    },
  });

  expect(sent.map((bytes) => (typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes)))).toEqual([
    "one",
    "two",
  ]);
  expect(closed).toBe(true);
});
