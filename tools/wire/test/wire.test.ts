import { type ChildProcess, execFileSync, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { program } from "../src/build.ts";
import {
  connect,
  flood,
  frames,
  type Impairment,
  inject,
  Namespace,
  namespacesMissing,
  plan,
  plug,
  ScriptedPeer,
} from "../src/index.ts";

const missing = namespacesMissing();

describe("fates", () => {
  it("are the same for the same seed and differ for another", () => {
    const options = { loss: 10, duplicate: 5, corrupt: 5, reorder: 5, delay: 1, jitter: 3 };
    expect(plan({ ...options, seed: 42 }, 2000)).toEqual(plan({ ...options, seed: 42 }, 2000));
    expect(plan({ ...options, seed: 42 }, 2000)).not.toEqual(plan({ ...options, seed: 43 }, 2000));
  });

  it("come as often as the shares say", () => {
    const lines = plan({ seed: 5, loss: 5, duplicate: 20, corrupt: 1, reorder: 50 }, 100_000);
    const share = (word: string) => lines.filter((line) => line.includes(` ${word}`)).length / lines.length;
    expect(share("lost")).toBeCloseTo(0.05, 2);
    expect(share("duplicated")).toBeCloseTo(0.2, 2);
    expect(share("corrupted")).toBeCloseTo(0.01, 2);
    expect(share("reordered")).toBeCloseTo(0.5, 2);
  });

  it("leave every frame alone by default", () => {
    expect(plan({}, 3)).toEqual(["0 delay=0.000ms", "1 delay=0.000ms", "2 delay=0.000ms"]);
  });

  it("stay in the delay's bounds", () => {
    for (const line of plan({ delay: 10, jitter: 5 }, 1000)) {
      const delay = Number(/delay=([\d.]+)ms/.exec(line)?.[1]);
      expect(delay).toBeGreaterThanOrEqual(10);
      expect(delay).toBeLessThanOrEqual(15);
    }
  });
});

describe("command line", () => {
  it.each([
    [["--loss", "5"], "expected a share"],
    [["--loss", "120%"], "expected a share"],
    [["--delay", "10"], "expected a time"],
    [["--rate", "10"], "expected a rate"],
    [["--seed", "-1"], "expected a whole number"],
    [["--queue", "0"], "expected at least 1"],
    [["tap0"], "usage:"],
    [["--nonsense"], "usage:"],
  ])("%j is refused with one clear line", (args, message) => {
    const result = spawnSync(program("wire"), args, { encoding: "utf8" });
    expect(result.status).toBe(2);
    expect(result.stderr).toContain(message);
  });
});

/** Two namespaces, each with a tap and an address, for a cable between them. */
function twoHosts(): { a: Namespace; b: Namespace; ends: [string, string] } {
  const a = new Namespace();
  const b = new Namespace();
  opened.push(a, b);
  a.tap("tap0", "10.0.0.1/24");
  b.tap("tap0", "10.0.0.2/24");
  return { a, b, ends: [`tap0@${a.name}`, `tap0@${b.name}`] };
}

const opened: Namespace[] = [];
afterEach(() => {
  for (const namespace of opened.splice(0)) namespace.remove();
});

const sendBytes = `
  require("node:net").createServer((s) => { s.pipe(s); s.on("error", () => {}); }).listen(9, "10.0.0.2", () => console.log("listening"));
`;
const receiveBytes = `
  const socket = require("node:net").connect(9, "10.0.0.2");
  process.stdin.pipe(socket);
  const hash = require("node:crypto").createHash("sha256");
  socket.on("data", (bytes) => hash.update(bytes));
  socket.on("end", () => console.log(hash.digest("hex")));
`;

async function output(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout!.on("data", (chunk) => {
    text += chunk;
  });
  await once(child, "close");
  return text;
}

/** Sends `bytes` through the cable to an echo server on the far side and returns the digest of what came back. */
async function echoedDigest(a: Namespace, b: Namespace, bytes: Buffer): Promise<string> {
  const server = b.spawn(process.execPath, ["-e", sendBytes], { stdio: ["ignore", "pipe", "inherit"] });
  await once(server.stdout!, "data");
  const client = a.spawn(process.execPath, ["-e", receiveBytes], { stdio: ["pipe", "pipe", "inherit"] });
  client.stdin!.end(bytes);
  const digest = (await output(client)).trim();
  server.kill();
  await once(server, "close");
  return digest;
}

describe.skipIf(missing !== undefined)(`between two hosts${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

  it("a good cable carries everything and loses nothing", async () => {
    const { a, b, ends } = twoHosts();
    await using cable = await connect(...ends);
    const bytes = randomBytes(1_000_000);
    expect(await echoedDigest(a, b, bytes)).toBe(sha256(bytes));
    const [there, back] = await cable.end();
    for (const way of [there, back]) {
      expect(way.sent).toBe(way.received - way.waiting);
      expect(way.lost + way.corrupted + way.duplicated + way.overflowed).toBe(0);
    }
    expect(there.received).toBeGreaterThan(600);
  });

  it.each<[string, Impairment]>([
    ["5 % loss", { seed: 1, loss: 5 }],
    ["duplicates and corruption", { seed: 2, duplicate: 10, corrupt: 2 }],
    ["delay, jitter and reordering", { seed: 3, delay: 2, jitter: 1, reorder: 5 }],
    ["a slow line with a short queue", { seed: 4, rate: 20_000_000, queue: 30 }],
  ])("with %s TCP still carries every byte right", async (_name, impairment) => {
    const { a, b, ends } = twoHosts();
    await using cable = await connect(...ends, impairment);
    const bytes = randomBytes(200_000);
    expect(await echoedDigest(a, b, bytes)).toBe(sha256(bytes));
    const [there, back] = await cable.end();
    const sum = (key: keyof typeof there) => there[key] + back[key];
    if (impairment.loss) expect(sum("lost")).toBeGreaterThan(0);
    if (impairment.duplicate) expect(sum("duplicated")).toBeGreaterThan(0);
    if (impairment.corrupt) expect(sum("corrupted")).toBeGreaterThan(0);
    if (impairment.reorder) expect(sum("reordered")).toBeGreaterThan(0);
  });

  it("delay is seen in the round trip", async () => {
    const { a, ends } = twoHosts();
    await using _cable = await connect(...ends, { delay: 20 });
    const text = execFileSync("ip", ["netns", "exec", a.name, "ping", "-c", "2", "-i", "0.2", "10.0.0.2"], {
      encoding: "utf8",
    });
    const last = Number(/icmp_seq=2 .*time=([\d.]+) ms/.exec(text)?.[1]);
    expect(last).toBeGreaterThanOrEqual(40);
  });

  it("a packet end reaches the process that is behind a tap", async () => {
    const { a, b, ends } = twoHosts();
    // A second cable stands where a guest would: behind the tap of a third host's plug.
    const plug = new Namespace();
    opened.push(plug);
    plug.tap("guest0");
    await using _guest = await connect(`tap:guest0@${plug.name}`, ends[1]);
    await using _cable = await connect(`packet:guest0@${plug.name}`, ends[0], { loss: 2 });
    const bytes = randomBytes(50_000);
    expect(await echoedDigest(a, b, bytes)).toBe(sha256(bytes));
  });

  it("ends by SIGINT with exit code 0 and leaves no process", async () => {
    const { ends } = twoHosts();
    await using cable = await connect(...ends);
    await cable.end(); // rejects when the exit code is another
    expect(() => process.kill(cable.pid, 0)).toThrow("ESRCH");
  });

  it("an interface that does not exist is named", () => {
    const result = spawnSync(program("wire"), ["packet:nosuch0", "tap0"], { encoding: "utf8" });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain("nosuch0");
  });

  it("inject sends raw frames to whoever is behind the tap", async () => {
    const { a, b, ends } = twoHosts();
    await using cable = await connect(...ends);
    await using right = await plug(`packet:tap0@${b.name}`);
    const frame = new Uint8Array(60).fill(0x5a);
    expect(inject(`packet:tap0@${a.name}`, [frame, frame, new Uint8Array(3)])).toBe(2);
    for (let arrived = 0; arrived < 2; arrived++)
      await right.receive((other) => Buffer.compare(other, frame) === 0 || undefined);
    const [there] = await cable.end();
    expect(there.received).toBeGreaterThanOrEqual(2);
  });

  it("flood sends until it is stopped", async () => {
    const { a, b, ends } = twoHosts();
    await using cable = await connect(...ends);
    await using right = await plug(`packet:tap0@${b.name}`);
    const attack = flood(`packet:tap0@${a.name}`, (index) => new Uint8Array(60).fill(index));
    while (attack.sent < 500) await new Promise((resolve) => setTimeout(resolve, 5));
    await right.receive((frame) => frame.length === 60 || undefined);
    const sent = await attack.stop();
    expect(sent).toBeGreaterThanOrEqual(500);
    expect((await cable.end())[0].received).toBeGreaterThan(0);
  });

  it("a plug sends and receives whole frames", async () => {
    const { a, b, ends } = twoHosts();
    await using _cable = await connect(...ends);
    await using left = await plug(`packet:tap0@${a.name}`);
    await using right = await plug(`packet:tap0@${b.name}`);
    const sent = [64, 1514, 100].map((length) => new Uint8Array(length).fill(length));
    left.send(...sent);
    for (const frame of sent) {
      const same = (arrived: Uint8Array) => (Buffer.compare(arrived, frame) === 0 ? arrived.length : undefined);
      expect(await right.receive(same)).toBe(frame.length);
    }
    await expect(left.receive(() => undefined, 0.05)).rejects.toThrow("no such frame");
  });

  it("a scripted peer talks TCP with Linux, segment by segment", async () => {
    const { a, b, ends } = twoHosts();
    a.ip("addr", "flush", "dev", "tap0");
    await using _cable = await connect(...ends);
    const server = b.spawn(process.execPath, ["-e", sendBytes], { stdio: ["ignore", "pipe", "inherit"] });
    await once(server.stdout!, "data");
    await using peer = await ScriptedPeer.open(`packet:tap0@${a.name}`, "10.0.0.1", "10.0.0.2");
    expect(await peer.ask(9, "echo this")).toBe("echo this");
    const connection = await peer.connect(9);
    peer.segment(connection, frames.ACK | frames.PSH, { data: Buffer.from("late"), seq: connection.seq + 5 });
    peer.segment(connection, frames.ACK | frames.PSH, { data: Buffer.from("early") });
    connection.seq += 4;
    expect(Buffer.from(await peer.collect(connection, 9)).toString()).toBe("earlylate");
    server.kill();
    await once(server, "close");
  });
});

it("a namespace is gone when it is disposed", () => {
  if (missing) return;
  let name: string;
  {
    using namespace = new Namespace();
    name = namespace.name;
  }
  expect(execFileSync("ip", ["netns", "list"], { encoding: "utf8" })).not.toContain(name);
});
