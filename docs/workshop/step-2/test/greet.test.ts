import { expect, test } from "vitest";
import { greet } from "../src/greet.ts";

test("a name may arrive in pieces", async () => {
  const pieces = ["A", "da\nrest"].map((text) => new TextEncoder().encode(text));
  let written = "";
  await greet({
    read: async () => pieces.shift(),
    write: async (bytes) => {
      written += new TextDecoder().decode(bytes);
    },
    close: async () => {},
  });
  expect(written).toBe("Hello Ada!\n");
});
