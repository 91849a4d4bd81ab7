// What a booted image fetches: from Node's http server, and from another image.
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ADDRESS, build, GUEST, Guest, HOST, Namespace, namespacesMissing } from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

const missing = namespacesMissing();
const nameServer = fileURLToPath(new URL("../clients/name-server.ts", import.meta.url));
const program = fileURLToPath(new URL("../clients/http-server.ts", import.meta.url));

function results(output: string): Record<string, unknown> {
  const lines = output
    .trim()
    .split("\n")
    .filter((line) => /^[a-z]+ [["{\dtf]/.test(line));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(" ")), JSON.parse(line.slice(line.indexOf(" ")))]),
  );
}

/** What the app's `sum` makes of so many bytes. */
function sumOf(length: number, value: (at: number) => number): number {
  let total = 0;
  for (let at = 0; at < length; at += 61) total += value(at);
  return total;
}

describe.skipIf(missing !== undefined)(`fetch on spt${missing ? ` (skipped: ${missing})` : ""}`, () => {
  it("from Node's http server: up, down, redirections, time-outs, connections that stay and that do not", async () => {
    const image = build("tools/e2e/apps/fetch.ts", "spt");
    using net = new Namespace();
    net.tap("tap0", `${HOST}/24`);
    const names = net.spawn(process.execPath, [nameServer, HOST], { stdio: ["ignore", "pipe", "inherit"] });
    const server = net.spawn(process.execPath, [program, HOST], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      let said = "";
      server.stdout!.on("data", (data) => (said += data));
      await Promise.all([once(server.stdout!, "data"), once(names.stdout!, "data")]);
      const args = [...ADDRESS, `--dns=${HOST}`, `--from=http://here.test:${said.trim()}`];
      await using guest = Guest.boot({ target: "spt", image, namespace: net, nets: { service: "tap0" }, args });
      expect(await guest.code(), guest.output).toBe(0);
      const seen = results(guest.output);
      expect(seen).toMatchObject({
        hello: "hello\n",
        reuse: 1,
        upload: "10000000",
        large: "5000000",
        redirect: ["/redirect/0", true, "arrived"],
        loop: "ERR_REDIRECT",
        manual: 302,
        abort: ["TimeoutError", true],
        left: true,
        closed: "xxxxx",
        tls: "ERR_TLS",
        refused: "ECONNREFUSED",
        together: 1,
      });
      expect(seen.download).toEqual([20_000_000, sumOf(20_000_000, (at) => Math.floor(at / 100_000) & 0xff)]);
      expect(seen.gzip).toEqual([1_000_000, sumOf(1_000_000, () => 7)]);
      const counters = seen.counters as Record<string, number>;
      server.kill("SIGTERM");
      await once(server, "close");
      // The refused one was never a connection.
      expect(Number(said.trim().split("\n")[1])).toBe(counters.connections);
      expect(counters.reused! + counters.connections!).toBe(counters.requests);
    } finally {
      server.kill("SIGKILL");
      names.kill("SIGKILL");
    }
  });

  it("from another image", async () => {
    const image = build("tools/e2e/apps/fetch.ts", "spt");
    using net = new Namespace();
    net.ip("link", "add", "bridge", "type", "bridge");
    for (const tap of ["tap0", "tap1"]) {
      net.tap(tap);
      net.ip("link", "set", tap, "master", "bridge");
    }
    net.up("bridge");
    await using server = Guest.boot({
      target: "spt",
      image,
      namespace: net,
      nets: { service: "tap0" },
      args: [...ADDRESS, "--serve"],
    });
    await server.says(/Listening/);
    const args = ["--ipv4=10.0.0.3/24", `--from=http://${GUEST}`];
    await using guest = Guest.boot({ target: "spt", image, namespace: net, nets: { service: "tap1" }, args });
    expect(await guest.code(), guest.output).toBe(0);
    expect(results(guest.output)).toMatchObject({
      hello: "hello from an image\n",
      reuse: 1,
      upload: "10000000",
      large: "5000000",
      refused: "ECONNREFUSED",
      together: 1,
    });
  });
});
