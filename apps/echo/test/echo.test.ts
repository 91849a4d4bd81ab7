import { client, GUEST, namespacesMissing, type Serving, serves, targets } from "@soloist/tool-e2e";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const missing = namespacesMissing();

describe.skipIf(missing !== undefined).each(targets)(
  `echo on %s${missing ? ` (skipped: ${missing})` : ""}`,
  (target) => {
    let echo: Serving;
    beforeAll(async () => {
      echo = await serves("apps/echo", target, { args: ["--port=4000"] });
    });
    afterAll(() => echo[Symbol.asyncDispose]());

    const exchange = (bytes: number, seed = 1) =>
      client<Record<string, number>>(echo.net, "echo", [GUEST, 4000, bytes, seed]);

    it.each([0, 1, 1459, 1460, 1461, 65536, 1_000_000])("%i bytes come back as they were", async (bytes) => {
      expect(await exchange(bytes, bytes + 1)).toMatchObject({ sent: bytes, received: bytes, wrong: -1 });
    });

    it("serves several at once, each its own bytes", async () => {
      const results = await Promise.all([1, 2, 3, 4].map((seed) => exchange(100_000, seed)));
      for (const result of results) expect(result).toMatchObject({ received: 100_000, wrong: -1 });
    });

    it.each([1, 1472, 1473, 9000])("a datagram of %i bytes comes back as it was", async (bytes) => {
      expect(await client(echo.net, "datagram", [GUEST, 4000, bytes])).toMatchObject({ length: bytes, same: true });
    });

    it("is still alive after all that", () => {
      expect(echo.guest.alive).toBe(true);
    });
  },
);
