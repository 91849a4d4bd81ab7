// Linux's TCP with every combination of its options, as client and as server, over a clean tap and over a bad cable.
import {
  ADDRESS,
  build,
  client,
  GUEST,
  Guest,
  HOST,
  Namespace,
  namespacesMissing,
  type Target,
} from "@soloist/tool-e2e";
import { connect, type Impairment } from "@soloist/tool-wire";
import { describe, expect, it } from "vitest";

const missing = namespacesMissing();
/** Bytes of each transfer; both ends send and receive so many. */
const BYTES = Number(process.env.SOLOIST_LINUX_BYTES ?? 150_000);

interface Side {
  readonly received: number;
  readonly wrong: number;
  /** Of `ss -ti`. */
  readonly info: string;
}

interface Result {
  readonly combination: string;
  readonly client: Side;
  readonly server: Side;
}

/** By hand SOLOIST_LINUX_TARGET=virtio: with all that QEMU's device offers on the clean tap, with none of it on the cable. */
const target = (process.env.SOLOIST_LINUX_TARGET ?? "spt") as Target;

/** SACK, timestamps, window scaling, ECN. */
const ALL = Array.from({ length: 16 }, (_, index) => index.toString(2).padStart(4, "0"));
const WORDS = [/ sack /, / ts /, / wscale:/, / ecn /] as const;
const IPV6 = ["2001:db8::1", "2001:db8::2"] as const;

const links: [string, Impairment | undefined][] = [
  ["a clean tap", undefined],
  ["a bad cable", { seed: 11, loss: 0.7, duplicate: 0.7, corrupt: 0.5, reorder: 1, delay: 0.5, jitter: 0.3 }],
];

async function exchange(impairment: Impairment | undefined, ipv6: boolean): Promise<Result[]> {
  const image = build("tools/e2e/apps/peer.ts", target);
  using net = new Namespace();
  const tap = impairment === undefined ? "guest0" : "client0";
  net.tap("guest0", impairment === undefined ? `${HOST}/24` : undefined);
  if (impairment !== undefined) net.tap(tap, `${HOST}/24`);
  if (ipv6) net.allowIpv6(tap, `${IPV6[0]}/64`);
  const args = ipv6 ? ["--ipv4=off", `--ipv6=${IPV6[1]}/64`] : [...ADDRESS, "--ipv6=off"];
  const offloads = impairment === undefined;
  await using guest = Guest.boot({ target, image, namespace: net, nets: { service: "guest0" }, args, offloads });
  await using cable = impairment && (await connect(`packet:guest0@${net.name}`, `tap:client0@${net.name}`, impairment));
  await guest.says(/listening/);
  const ends = ipv6 ? [IPV6[1], IPV6[0]] : [GUEST, HOST];
  const results = await client<Result[]>(net, "options", [...ends, BYTES, ALL.join(",")]);
  if (cable !== undefined) {
    const [out, back] = await cable.end();
    for (const fate of ["lost", "duplicated", "corrupted", "reordered"] as const)
      expect(out[fate] + back[fate], fate).toBeGreaterThan(0);
  }
  return results;
}

const suffix = missing ? ` (skipped: ${missing})` : "";

describe.skipIf(missing !== undefined)(`Linux's options${suffix}`, () => {
  describe.each(links)("over %s", (_name, impairment) => {
    it.each([
      ["IPv4", false],
      ["IPv6", true],
    ])("%s, all sixteen: every byte is right both ways, and both ends agree on the options", async (_family, ipv6) => {
      const results = await exchange(impairment, ipv6);
      expect(results.map(({ combination }) => combination)).toEqual(ALL);
      for (const result of results) {
        for (const side of ["client", "server"] as const) {
          const { received, wrong, info } = result[side];
          expect({ combination: result.combination, side, received, wrong }).toEqual({
            combination: result.combination,
            side,
            received: BYTES,
            wrong: -1,
          });
          WORDS.forEach((word, index) => {
            const on = result.combination[index] === "1";
            // Over a bad cable a SYN of ours may have to be sent again, without ECN.
            if (on && impairment !== undefined && index === 3) return;
            expect(word.test(info), `${side} ${result.combination} ${word}: ${info}`).toBe(on);
          });
        }
      }
    });
  });
});
