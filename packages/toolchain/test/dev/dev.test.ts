import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, createConnection, createServer } from "node:net";
import { join } from "node:path";
import type { Settings } from "@soloist/unix/settings";
import { describe, expect, it } from "vitest";
import { type DevOptions, dev } from "../../src/dev/dev.ts";
import { lineServer, Project, SERVER_PACKAGES } from "./project.ts";

/** What a person at the terminal sees and does. */
class Session {
  text = "";
  readonly controller = new AbortController();
  readonly ended: Promise<number>;
  readonly #waiting = new Set<() => void>();

  constructor(app: string, options: Partial<Omit<DevOptions, "settings">> & { settings?: Partial<Settings> } = {}) {
    const take = (text: string): void => {
      this.text += text;
      for (const wake of this.#waiting) wake();
    };
    this.ended = dev({
      app,
      stack: "host",
      watch: true,
      color: false,
      console: (bytes) => take(Buffer.from(bytes).toString()),
      say: take,
      progress() {},
      ...options,
      signal: this.controller.signal,
      settings: { commandLine: "", ports: [], blocks: [], anyPort: true, ...options.settings },
    });
  }

  /** Waits until `pattern` was seen behind what was seen before. */
  async sees(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.text.slice(from));
      if (match) return match;
      await Promise.race([
        new Promise<void>((resolve) => this.#waiting.add(resolve)),
        this.ended.then((code) => {
          if (!pattern.test(this.text)) throw new Error(`it ended with ${code}:\n${this.text}`);
        }),
      ]);
    }
  }

  async stop(): Promise<number> {
    this.controller.abort();
    return this.ended;
  }
}

function answer(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    createConnection(port, "127.0.0.1")
      .setEncoding("utf8")
      .on("data", (data: string) => {
        text += data;
      })
      .on("error", reject)
      .on("close", () => resolve(text));
  });
}

const ADDRESS = /http:\/\/localhost:(\d+)\/ {2}\(the app's port 80\)\n/g;
const lastPort = (session: Session) => Number([...session.text.matchAll(ADDRESS)].at(-1)![1]);

describe("soloist dev", () => {
  it("serves, and serves what was saved; an error in between is shown with its line", async () => {
    using project = new Project({ "src/main.ts": lineServer("one\n") }, SERVER_PACKAGES);
    const session = new Session(project.folder);
    await session.sees(/\(the app's port 80\)\n/);
    expect(await answer(lastPort(session))).toBe("one\n");

    let seen = session.text.length;
    project.write("src/main.ts", `${lineServer("two\n")} const broken = ;`);
    await session.sees(/Unexpected ";"[\s\S]*src\/main\.ts:12:\d+/, seen);
    expect(await answer(lastPort(session))).toBe("one\n");

    seen = session.text.length;
    project.write("src/main.ts", lineServer("three\n"));
    await session.sees(/src\/main\.ts changed, reloaded in \d+ ms\n/, seen);
    await session.sees(/\(the app's port 80\)\n/, seen);
    expect(await answer(lastPort(session))).toBe("three\n");
    expect(await session.stop()).toBe(0);
    await expect(answer(lastPort(session))).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("gives the app its arguments, and exits with its exit code without --watch", async () => {
    const main = `
import { parameter, run, text } from "@soloist/runtime";
const who = parameter("who", { help: "whom to greet", placeholder: "NAME", parse: text() });
run([who], (who) => { console.log("Hello " + who); return 7; });`;
    using project = new Project({ "src/main.ts": main }, SERVER_PACKAGES);
    const session = new Session(project.folder, { watch: false, settings: { commandLine: '--who="Ada L"' } });
    expect(await session.ended).toBe(7);
    expect(session.text).toContain("Hello Ada L\n");
  });

  it("an error that nobody catches is shown with its place in TypeScript", async () => {
    const main = `
import { run, sleep } from "@soloist/runtime";
interface Nothing { readonly of: "that" }
run([], async () => {
  await sleep(1);
  throw new Error("boom");
});`;
    using project = new Project({ "src/main.ts": main }, SERVER_PACKAGES);
    const session = new Session(project.folder, { watch: false });
    expect(await session.ended).toBe(1);
    expect(session.text).toMatch(/Uncaught: Error: boom\n {4}at .*src\/main\.ts:6:9/);
    expect(session.text).toMatch(/6 │ {3}throw new Error\("boom"\);\n +╵ +\^/);
  });

  it("a clock and randomness at top level are warned of; in run() they are fine", async () => {
    const main = `
import { run } from "@soloist/runtime";
const started = Date.now();
const lot = Math.random();
setTimeout(() => {}, 1);
run([], () => console.log(Date.now() >= started, new Date() instanceof Date, lot < 1, typeof performance.now()));`;
    using project = new Project({ "src/main.ts": main }, SERVER_PACKAGES);
    const session = new Session(project.folder, { watch: false });
    expect(await session.ended).toBe(0);
    expect(session.text).toMatch(/warning: Date\.now\(\) is called while .*\n\n.*src\/main\.ts:3:/);
    expect(session.text).toMatch(/warning: Math\.random\(\) is called while .*\n\n.*src\/main\.ts:4:/);
    expect(session.text).toMatch(/warning: setTimeout\(\) is called while .*\n\n.*src\/main\.ts:5:/);
    expect(session.text.match(/warning:/g)).toHaveLength(3);
    // Said by another pipe, and earlier all the same.
    expect(session.text.indexOf(", ready in")).toBeLessThan(session.text.indexOf("true true true number"));
    expect(session.text).toContain("true true true number\n");
  });

  it("globals of Node.js that an image lacks are not there", async () => {
    const main = `
import { run } from "@soloist/runtime";
run([], () => {
  console.log(typeof process, typeof Buffer, typeof fetch, typeof setTimeout);
  try { process.exit(3); } catch (error) { console.log(error.name); }
});`;
    using project = new Project({ "src/main.ts": main }, SERVER_PACKAGES);
    const session = new Session(project.folder, { watch: false });
    expect(await session.ended).toBe(0);
    expect(session.text).toContain("undefined undefined undefined function\nReferenceError\n");
  });

  it("an edited asset is served after a reload", async () => {
    const main = `
import assets from "crunch:../public";
import { run } from "@soloist/runtime";
run([], async () => { console.log("it says " + assets.text("/a.txt")); await new Promise(() => {}); });`;
    using project = new Project({ "src/main.ts": main, "public/a.txt": "first" }, [
      ...SERVER_PACKAGES,
      "@soloist/crunch",
    ]);
    const session = new Session(project.folder);
    await session.sees(/it says first\n/);
    await session.sees(/ready in/);
    project.write("public/a.txt", "second");
    await session.sees(/it says second\n/);
    await session.sees(/public\/a\.txt changed, reloaded in/);
    await session.stop();
  });

  it("a disk that is missing is asked for in one line", async () => {
    const main = `
import { block, run } from "@soloist/runtime";
run([block("links")], () => {});`;
    using project = new Project({ "src/main.ts": main }, SERVER_PACKAGES);
    const session = new Session(project.folder, { watch: false });
    expect(await session.ended).toBe(2);
    expect(session.text).toMatch(/^soloist: the app needs a disk: --block links=FILE.*\n$/m);
  });

  it("on the app's own stack localhost answers over a link that loses frames, and the pcap file has them", async () => {
    using project = new Project({ "src/main.ts": lineServer("over the link\n") }, SERVER_PACKAGES);
    const pcap = join(project.folder, "link.pcap");
    const session = new Session(project.folder, {
      stack: "soloist",
      settings: { link: { drop: 0.05, corrupt: 0.02, delay: 1, seed: 3, pcap } },
    });
    await session.sees(/\(the app's port 80\)\n/);
    for (let round = 0; round < 5; round++) expect(await answer(lastPort(session))).toBe("over the link\n");
    await session.stop();
    const bytes = readFileSync(pcap);
    expect(bytes.readUInt32LE(0)).toBe(0xa1b23c4d);
    expect(bytes.includes("over the link\n")).toBe(true);
  });

  it("an app on its own stack reaches the host by TCP and UDP, hears a refusal, and asks the host's name server", async () => {
    const main = `
import { stack } from "@soloist/net";
import { parameter, run } from "@soloist/runtime";
const port = parameter("port", { help: "of the host", default: 0, parse: Number });
run([stack({ name: "service" }), port], async ({ tcp, udp, dns }, port) => {
  const address = "10.0.2.2";
  const flow = await tcp.connect({ address, port });
  await flow.write("tcp");
  console.log("read", new TextDecoder().decode(await flow.read()), flow.remote.port === port);
  await flow.close();
  const socket = udp.connect({ remote: { address, port } });
  socket.send(new TextEncoder().encode("udp"));
  for await (const { data } of socket) {
    console.log("received", new TextDecoder().decode(data));
    break;
  }
  await tcp.connect({ address, port: 1 }).catch((error) => console.log("refused", error.code));
  console.log("servers", dns.servers.join());
  return 0;
});`;
    using project = new Project({ "src/main.ts": main }, SERVER_PACKAGES);
    const server = createServer((socket) => void socket.pipe(socket)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const echo = createSocket("udp4", (message, from) => echo.send(message, from.port, from.address));
    echo.bind(port, "127.0.0.1");
    try {
      const session = new Session(project.folder, {
        watch: false,
        stack: "soloist",
        settings: { commandLine: `--port=${port}`, link: { drop: 0, corrupt: 0, delay: 1, seed: 3 } },
      });
      await session.ended;
      expect(session.text).toContain("read tcp true\nreceived udp\nrefused ECONNREFUSED\nservers 10.0.2.2\n");
    } finally {
      server.close();
      echo.close();
    }
  });

  it.each(["host", "soloist"] as const)("datagrams find the app on localhost, by the stack of %s", async (stack) => {
    const main = `
import { stack } from "@soloist/net";
import { run } from "@soloist/runtime";
run([stack({ name: "service" })], async ({ udp }) => {
  const socket = udp.bind({ port: 53 });
  for await (const { data, remote } of socket) socket.send(data, remote);
});`;
    using project = new Project({ "src/main.ts": main }, SERVER_PACKAGES);
    const link = { drop: 0, corrupt: 0, delay: 0, seed: 1 };
    const session = new Session(project.folder, { stack, ...(stack === "soloist" ? { settings: { link } } : {}) });
    const [, port] = await session.sees(/udp:\/\/localhost:(\d+) {2}\(the app's port 53\)\n/);
    const client = createSocket("udp4");
    try {
      const echoed = once(client, "message");
      client.send("over here", Number(port), "127.0.0.1");
      expect(String((await echoed)[0])).toBe("over here");
    } finally {
      client.close();
      await session.stop();
    }
  });

  it("an app that never calls run() is told so", async () => {
    using project = new Project({ "src/main.ts": "export const never = 1;" }, SERVER_PACKAGES);
    const session = new Session(project.folder, { watch: false });
    expect(await session.ended).toBe(1);
    expect(session.text).toContain("the app never called run()");
  });

  it("leaves no file behind", async () => {
    using project = new Project({ "src/main.ts": lineServer("here\n") }, SERVER_PACKAGES);
    const bundles = () => readdirSync(project.folder).filter((name) => name.startsWith("soloist-dev-"));
    const { TMPDIR } = process.env;
    process.env.TMPDIR = project.folder;
    try {
      const session = new Session(project.folder);
      await session.sees(/ready in/);
      expect(bundles()).toHaveLength(1);
      await session.stop();
      expect(bundles()).toEqual([]);
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    }
  });
});
