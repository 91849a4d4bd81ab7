// Real clients against apps/web-server, each target on a tap of its own namespace.
import {
  client,
  cpuSeconds,
  curl,
  GUEST,
  namespacesMissing,
  runIn,
  type Serving,
  serves,
  targets,
} from "@soloist/tool-e2e";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const missing = namespacesMissing();
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.skipIf(missing !== undefined).each(targets)(
  `web-server on %s${missing ? ` (skipped: ${missing})` : ""}`,
  (target) => {
    let server: Serving;
    beforeAll(async () => {
      server = await serves("apps/web-server", target);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    /** Sends bytes over one connection, half-closes, and returns what came back until the end. */
    const raw = (bytes: string | Uint8Array) =>
      client<{ answer: string; closed: string }>(server.net, "raw", [GUEST, 80], bytes);

    it("the very first connection loses no packet", async () => {
      // A machine that stands still for a second makes Linux send again, too. A fault of ours shows in every boot.
      for (let boot = 0, sentAgain = ""; sentAgain !== "0"; boot++) {
        expect(boot).toBeLessThan(5);
        await using fresh = await serves("apps/web-server", target);
        expect(await curl(fresh.net, [`http://${GUEST}/hello/Ada`])).toBe("Hello Ada!\n");
        const counters = (await runIn(fresh.net, "cat", ["/proc/net/snmp"])).stdout;
        const [names, values] = [...counters.matchAll(/^Tcp: (.*)$/gm)].map(([, line]) => line!.split(" "));
        sentAgain = values![names!.indexOf("RetransSegs")]!;
      }
    });

    it("answers ping", async () => {
      const { code, stdout } = await runIn(server.net, "ping", ["-c", "3", "-i", "0.2", "-s", "1400", GUEST]);
      expect(stdout).toContain("3 received");
      expect(code).toBe(0);
    });

    it("serves several requests over one connection", async () => {
      const urls = Array.from({ length: 20 }, (_, index) => `http://${GUEST}/hello/${index}`);
      const text = await curl(server.net, ["-w", "%{num_connects}\n", ...urls]);
      expect(text).toBe(urls.map((_, index) => `Hello ${index}!\n${index === 0 ? 1 : 0}\n`).join(""));
    });

    it("answers pipelined requests in order", async () => {
      const requests = Array.from({ length: 50 }, (_, index) => `GET /hello/${index} HTTP/1.1\r\nHost: guest\r\n\r\n`);
      const { answer } = await raw(requests.join(""));
      const names = [...answer.matchAll(/Hello (\d+)!/g)].map((match) => Number(match[1]));
      expect(names).toEqual(requests.map((_, index) => index));
    });

    it("serves 1,000 connections one after another", async () => {
      expect(await client(server.net, "connect-many", [GUEST, 80, 1000, 1])).toEqual({ ok: 1000 });
    });

    it("serves 200 clients at once", async () => {
      expect(await client(server.net, "connect-many", [GUEST, 80, 1000, 200])).toEqual({ ok: 1000 });
    });

    it("holds 200 open connections and answers on each", async () => {
      expect(await client(server.net, "hold-open", [GUEST, 80, 200])).toEqual({ ok: 200 });
    });

    it.each([
      ["no request at all", ""],
      ["bytes that are no text", Uint8Array.from({ length: 2000 }, (_, index) => (index * 37) & 255)],
      ["a request line without an end", "GET / HTTP/1.1"],
      ["a method that is none", "G(E)T / HTTP/1.1\r\nHost: guest\r\n\r\n"],
      ["a version that is none", "GET / HTTP/9.9\r\nHost: guest\r\n\r\n"],
      ["no host", "GET / HTTP/1.1\r\n\r\n"],
      ["two lengths", "POST /echo HTTP/1.1\r\nHost: guest\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"],
      [
        "a length and chunks",
        "POST /echo HTTP/1.1\r\nHost: guest\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      ],
      ["a negative length", "POST /echo HTTP/1.1\r\nHost: guest\r\nContent-Length: -1\r\n\r\n"],
      ["an endless length", `POST /echo HTTP/1.1\r\nHost: guest\r\nContent-Length: ${"9".repeat(400)}\r\n\r\n`],
      ["a chunk size that is none", "POST /echo HTTP/1.1\r\nHost: guest\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"],
      ["a header with a space before the colon", "GET / HTTP/1.1\r\nHost : guest\r\n\r\n"],
      ["a header that does not end", `GET / HTTP/1.1\r\nHost: guest\r\nX: ${"a".repeat(100_000)}`],
      ["ten thousand headers", `GET / HTTP/1.1\r\nHost: guest\r\n${"A: b\r\n".repeat(10_000)}\r\n`],
      ["a long path", `GET /${"a".repeat(100_000)} HTTP/1.1\r\nHost: guest\r\n\r\n`],
      ["a path that does not decode", "GET /hello/%E0%A4%A HTTP/1.1\r\nHost: guest\r\n\r\n"],
      ["a bare CR", "GET / HTTP/1.1\rHost: guest\r\r"],
      ["NUL in a header", "GET / HTTP/1.1\r\nHost: guest\r\nX: a\0b\r\n\r\n"],
    ])("%s gets an error or a closed connection, and the next client is served", async (_name, bytes) => {
      const { answer, closed } = await raw(bytes);
      expect(closed).toMatch(/^(end|ECONNRESET|EPIPE)$/);
      if (answer !== "") expect(answer).toMatch(/^HTTP\/1\.1 (4\d\d|505|501) /);
      expect(await curl(server.net, [`http://${GUEST}/hello/Ada`])).toBe("Hello Ada!\n");
    });

    it("JSON nested 100,000 deep gets a 400, and the next client is served", async () => {
      const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
      const status = await curl(
        server.net,
        ["-o", "/dev/null", "-w", "%{http_code}", "--data-binary", "@-", `http://${GUEST}/echo`],
        deep,
      );
      expect(status).toMatch(/^4(00|13)$/);
      expect(await curl(server.net, [`http://${GUEST}/hello/Ada`])).toBe("Hello Ada!\n");
    });

    it("left idle it uses under 1 % of a processor", async () => {
      // Connections of the tests before may still be in TIME-WAIT, with timers of their own.
      for (let tries = 0, share = 1; share >= 0.01; tries++) {
        expect(tries, `still ${share}`).toBeLessThan(10);
        const before = cpuSeconds(server.guest.pid);
        const started = performance.now();
        await sleep(3000);
        share = (cpuSeconds(server.guest.pid) - before) / ((performance.now() - started) / 1000);
      }
    });

    it("Ctrl-C on the machine ends it and leaves nothing", async () => {
      server.guest.kill("SIGINT");
      await server.guest.code();
      expect(() => process.kill(server.guest.pid, 0)).toThrow("ESRCH");
    });
  },
);
