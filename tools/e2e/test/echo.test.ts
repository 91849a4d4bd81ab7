// Many bytes through apps/echo, over a good cable and over a bad one, and every byte compared.
import {
  ADDRESS,
  build,
  client,
  GUEST,
  Guest,
  HOST,
  Namespace,
  namespacesMissing,
  serves,
  targets,
} from "@soloist/tool-e2e";
import { connect, type Impairment } from "@soloist/tool-wire";
import { describe, expect, it } from "vitest";

const missing = namespacesMissing();
const MEGABYTE = 1_000_000;

interface Echoed {
  readonly sent: number;
  readonly received: number;
  readonly wrong: number;
}

describe.skipIf(missing !== undefined).each(targets)(
  `echo on %s${missing ? ` (skipped: ${missing})` : ""}`,
  (target) => {
    it("100 MB come back as they were", async () => {
      await using echo = await serves("apps/echo", target);
      const result = await client<Echoed>(echo.net, "echo", [GUEST, 7, 100 * MEGABYTE]);
      expect(result).toMatchObject({ sent: 100 * MEGABYTE, received: 100 * MEGABYTE, wrong: -1 });
    });

    it.each<[string, Impairment, number]>([
      ["5 % of the frames lost", { seed: 1, loss: 5 }, MEGABYTE],
      ["duplicates, reordering and jitter", { seed: 2, duplicate: 5, reorder: 5, delay: 1, jitter: 1 }, MEGABYTE],
      ["one frame in fifty with a flipped bit", { seed: 3, corrupt: 2 }, MEGABYTE],
      ["a line of 20 Mbit/s with a short queue", { seed: 4, rate: 20_000_000, queue: 40, delay: 5 }, 2 * MEGABYTE],
    ])("with %s every byte is right", async (_name, impairment, bytes) => {
      const image = build("apps/echo", target);
      using net = new Namespace();
      net.tap("guest0");
      net.tap("client0", `${HOST}/24`);
      const nets = { service: "guest0" };
      await using guest = Guest.boot({ target, image, namespace: net, nets, args: ADDRESS, offloads: false });
      await guest.says(/listening/i);
      await using cable = await connect(`packet:guest0@${net.name}`, `tap:client0@${net.name}`, impairment);
      const result = await client<Echoed>(net, "echo", [GUEST, 7, bytes, 9]);
      expect(result).toMatchObject({ sent: bytes, received: bytes, wrong: -1 });
      const [out, back] = await cable.end();
      expect(
        out.lost + out.duplicated + out.corrupted + out.reordered + out.overflowed + back.lost + back.overflowed,
      ).toBeGreaterThan(0);
    });
  },
);
