import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { guest, sanitizedTender, tender, withTap } from "./support/build.ts";
import { createNamespace, type Namespace, noNamespaces } from "./support/namespace.ts";
import { run } from "./support/run.ts";

const net = guest("net");
const gifts = guest("gifts");

/** An Ethernet frame for local experiments (EtherType 0x88b5) with 46 bytes or more of `payload`. */
function frame(payload: string, length = 60): Buffer {
  const result = Buffer.alloc(length);
  result.write("0200000000010200000000028" + "8b5", "hex");
  result.write(payload, 14, "latin1");
  return result;
}

async function receive(stream: Duplex, length: number): Promise<Buffer> {
  for (;;) {
    const chunk = stream.read(length) as Buffer | null;
    if (chunk !== null) return chunk;
    await once(stream, "readable");
  }
}

describe("a network device behind an inherited descriptor", () => {
  const start = (options: readonly string[], program = tender): ChildProcess & { stdio: { 3: Duplex } } =>
    spawn(program, ["--net:service=@3", ...options, net], {
      stdio: ["ignore", "pipe", "inherit", "pipe"],
      env: { ...process.env, ASAN_OPTIONS: "detect_leaks=0" },
    }) as never;

  it.each([tender, sanitizedTender])("carries frames both ways, and wakes the guest (%s)", async (program) => {
    const child = start(["--net-mac:service=02:00:00:12:34:56"], program);
    const exited = once(child, "close");
    let printed = "";
    child.stdout!.on("data", (chunk: Buffer) => (printed += chunk));
    for (const payload of ["one", "two", "quit"]) {
      child.stdio[3].write(frame(payload));
      const answer = await receive(child.stdio[3], 60);
      expect(answer.subarray(0, 12).toString("hex")).toBe("020000000002020000123456");
      expect(answer.subarray(14)).toEqual(frame(payload).subarray(14));
    }
    expect(await exited).toEqual([0, null]);
    expect(printed).toBe("02:00:00:12:34:56 1500\n");
  });

  it("descriptors that are not open, or no network: refused", () => {
    const refusal = (value: string): string =>
      run([`--net:service=${value}`, net, "info"])
        .stderr.replace(/^.*: --net:/, "")
        .trimEnd();
    expect(refusal("@")).toBe("service=@: expected the number of an open descriptor, from 3 on");
    expect(refusal("@x")).toBe("service=@x: expected the number of an open descriptor, from 3 on");
    expect(refusal("@-3")).toBe("service=@-3: expected the number of an open descriptor, from 3 on");
    expect(refusal("@1")).toBe("service=@1: expected the number of an open descriptor, from 3 on");
    expect(refusal("@77")).toBe("service=@77: no such descriptor is open");
    const shell = spawnSync("sh", ["-c", `exec 5</bin/sh; exec ${tender} --net:service=@5 ${net}`], {
      encoding: "utf8",
    });
    expect(shell.status).toBe(1);
    expect(shell.stderr).toMatch(/cannot wait for descriptor 5 \(Operation not permitted\): not a TAP or a socket\n$/);
  });
});

const reason = noNamespaces();

describe.skipIf(reason !== undefined)(`a TAP interface${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  const withOneTap = async (test: (namespace: Namespace) => Promise<void> | void): Promise<void> => {
    using namespace = createNamespace();
    namespace.ip("link set lo up");
    namespace.ip("tuntap add tap0 mode tap");
    namespace.ip("addr add 10.77.0.1/24 dev tap0");
    namespace.ip("link set tap0 mtu 1400 up");
    await test(namespace);
  };
  const withTaps = (test: (namespace: Namespace) => Promise<void>) =>
    withOneTap(async (namespace) => {
      namespace.ip("tuntap add tap1 mode tap");
      namespace.ip("link set tap1 up");
      await test(namespace);
    });
  const inside = (namespace: Namespace, ...command: readonly string[]) => {
    const [program = "", ...args] = [...namespace.prefix, ...command];
    return spawnSync(program, args, { encoding: "utf8", timeout: 60_000 });
  };

  it("gives the guest its MTU and a random, locally administered address", () =>
    withOneTap((namespace) => {
      const greetings = [1, 2].map(() => inside(namespace, tender, "--net:service=tap0", net, "info").stdout);
      for (const greeting of greetings) expect(greeting).toMatch(/^[0-9a-f][26ae](:[0-9a-f]{2}){5} 1400\n$/);
      expect(greetings[0]).not.toBe(greetings[1]);
    }));

  it("carries ping", () =>
    withOneTap(async (namespace) => {
      const [program = "", ...args] = [...namespace.prefix, tender, "--net:service=tap0", net];
      const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
      const exited = once(child, "exit");
      await once(child.stdout, "data");
      const ping = inside(namespace, "ping", "-c", "20", "-i", "0.01", "-s", "1372", "-W", "30", "10.77.0.2");
      expect(ping.stdout).toContain("20 packets transmitted, 20 received, 0% packet loss");
      const busy = inside(namespace, tender, "--net:service=tap0", net, "info");
      expect(busy.stderr).toMatch(/--net:service: interface 'tap0' is in use by another process\n$/);
      child.kill("SIGTERM");
      await exited;
    }));

  it("of an image that understands headers: they are on, unless told otherwise, and off for its other device", () =>
    withTaps(async (namespace) => {
      const says = (...options: string[]) =>
        inside(namespace, tender, "--net:large=tap0", "--net:plain=tap1", ...options, gifts).stdout;
      expect(says()).toBe("1 0 clocks\n");
      expect(says("--net-offloads:large=on", "--net-offloads:plain=on")).toBe("1 0 clocks\n");
      expect(says("--net-offloads:large=off")).toBe("0 0 clocks\n");
    }));

  it("as a descriptor: with headers for an image that understands them, plain for each", () =>
    withTaps(async (namespace) => {
      const says = (mode: string, device: string, other: string) => {
        const options = [`--net:${device}=@9`, `--net:${other}=tap1`];
        return inside(namespace, withTap, "tap0", mode, tender, ...options, gifts);
      };
      expect(says("headers", "large", "plain").stdout).toBe("1 0 clocks\n");
      expect(says("plain", "large", "plain").stdout).toBe("0 0 clocks\n");
      expect(says("plain", "plain", "large").stdout).toBe("1 0 clocks\n");
      expect(says("headers", "plain", "large").stderr).toMatch(
        /--net:plain=@9: attached with IFF_VNET_HDR, which is not for this image\n$/,
      );
    }));

  it("that does not exist, is down, is no TAP, has too long a name: refused, says what to do", () =>
    withOneTap((namespace) => {
      const refusal = (name: string): string =>
        inside(namespace, tender, `--net:service=${name}`, net, "info")
          .stderr.replace(/^.*: --net:/, "")
          .trimEnd();
      expect(refusal("tap9")).toBe("service: no interface 'tap9': make one with `ip tuntap add tap9 mode tap`");
      expect(refusal("lo")).toBe("service: interface 'lo' is not a TAP interface with one queue");
      expect(refusal("a".repeat(16))).toBe(`service: '${"a".repeat(16)}' is too long for an interface's name`);
      namespace.ip("link set tap0 down");
      expect(refusal("tap0")).toBe("service: interface 'tap0' is down: `ip link set tap0 up`");
    }));

  it("of another user: refused, says what to do", () =>
    withOneTap((namespace) => {
      // A TAP without an owner is anybody's.
      namespace.ip("tuntap add tap1 mode tap user 0");
      namespace.ip("link set tap1 up");
      const asNobody = ["setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"];
      // The package may lie in a directory that another user cannot enter.
      const directory = mkdtempSync(join(tmpdir(), "soloist-tender-"));
      chmodSync(directory, 0o755);
      for (const file of [tender, net]) copyFileSync(file, join(directory, basename(file)));
      const outcome = inside(
        namespace,
        ...asNobody,
        `${directory}/soloist-spt`,
        "--net:service=tap1",
        `${directory}/net.spt`,
      );
      rmSync(directory, { recursive: true });
      expect(outcome.stderr).toMatch(
        /no permission to (open \/dev\/net\/tun: run as|attach to 'tap1': run as root, or)/,
      );
      expect(outcome.status).toBe(1);
    }));
});
