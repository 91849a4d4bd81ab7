// A peer for Linux's stack: echoes TCP at port 7, and at port 8 with every option on; takes and drops bytes at port 9; says
// hello and hangs up first at port 10; sends the pattern without end at port 11, where who is silent for two seconds is given up;
// thinks before it echoes at port 12; reads nothing for as many seconds as the first line says at port 13, then compares what comes
// with the pattern; does at port 14 as at 11, for whoever is silent, too; and does what connections to port 1 ask for: `status`, and
// `echo ADDRESS PORT BYTES`, which sends the pattern to an echo server and compares.
import type { Flow } from "@soloist/interface";
import { SoloistError } from "@soloist/interface";
import { stack } from "@soloist/net";
import { run, sleep, spawn } from "@soloist/runtime";
import { CHUNK, PERIOD, patternTable } from "./pattern.ts";

run([stack()], async (network) => {
  const { tcp, udp, counters } = network;
  const table = patternTable();
  const flows = new Set<WeakRef<object>>();
  /** Accepted flows that `flows` may hold before those that are gone are taken out: it is no part of what is measured. */
  let mostFlows = 1024;
  const failures: Record<string, number> = {};

  /** How many flows that were accepted are still in memory. */
  const alive = (): number => {
    for (const reference of flows) if (reference.deref() === undefined) flows.delete(reference);
    return flows.size;
  };

  /** Serves connections to a port, each until its peer's end, reset or silence. */
  const listen = (port: number, options: object, serve: (flow: Flow) => Promise<void>): void => {
    const listener = tcp.listen({ port, ...options });
    const guarded = async (flow: Flow): Promise<void> => {
      try {
        await serve(flow);
        await flow.close();
      } catch (error) {
        if (!(error instanceof SoloistError)) throw error;
        failures[error.code] = (failures[error.code] ?? 0) + 1;
      }
    };
    spawn(async () => {
      for await (const flow of listener) {
        if (flows.add(new WeakRef(flow)).size > mostFlows) mostFlows = Math.max(1024, 2 * alive());
        spawn(() => guarded(flow));
      }
    });
  };
  const serveEcho = async (flow: Flow): Promise<void> => {
    for (let data = await flow.read(); data; data = await flow.read()) await flow.write(data);
  };
  listen(7, {}, serveEcho);
  listen(8, { timestamps: true, ecn: true }, serveEcho);
  listen(9, {}, async (flow) => {
    while ((await flow.read()) !== undefined);
  });
  listen(10, {}, (flow) => flow.write("hello\n"));
  const serveEndless = async (flow: Flow): Promise<void> => {
    for (let sent = 0; ; sent = (sent + CHUNK) % PERIOD) await flow.write(table.subarray(sent, sent + CHUNK));
  };
  listen(11, { userTimeout: 2000 }, serveEndless);
  listen(14, {}, serveEndless);

  listen(12, {}, async (flow) => {
    for (let data = await flow.read(); data; data = await flow.read()) {
      await sleep(2500);
      await flow.write(data);
    }
  });

  /** Where the first byte is that is none of the pattern's, counted from `from`; -1: nowhere. */
  const firstWrong = (data: Uint8Array, from: number): number => {
    for (let at = 0; at < data.length; at += CHUNK) {
      const length = Math.min(CHUNK, data.length - at);
      if (!tcp.bytes.equal(data, at, table, (from + at) % PERIOD, length)) return from + at;
    }
    return -1;
  };
  listen(13, { receiveBuffer: 65_536 }, async (flow) => {
    const byte = new Uint8Array(1);
    let line = "";
    while (!line.endsWith("\n")) {
      const taken = flow.readInto(byte, 0);
      if (taken < 0) return;
      if (taken === 0) await flow.whenReadable();
      else line += String.fromCharCode(byte[0]!);
    }
    await sleep(Number(line) * 1000);
    let received = 0;
    let wrong = -1;
    for (let data = await flow.read(); data; data = await flow.read()) {
      if (wrong < 0) wrong = firstWrong(data, received);
      received += data.length;
    }
    await flow.write(JSON.stringify({ received, wrong }));
  });

  async function echo(address: string, port: number, total: number): Promise<object> {
    const flow = await tcp.connect({ address, port, timestamps: true, ecn: true, timeout: 60_000 });
    const sending = (async () => {
      for (let sent = 0; sent < total; ) {
        const length = Math.min(CHUNK, total - sent);
        await flow.write(table.subarray(sent % PERIOD, (sent % PERIOD) + length));
        sent += length;
      }
    })();
    let received = 0;
    let wrong = -1;
    while (received < total) {
      const data = await flow.read();
      if (data === undefined) break;
      if (wrong < 0) wrong = firstWrong(data, received);
      received += data.length;
    }
    await sending;
    await flow.close();
    return { received, wrong };
  }

  const ask = async (command: string): Promise<object> => {
    const [verb, ...args] = command.trim().split(" ");
    if (verb === "echo") return echo(args[0]!, Number(args[1]), Number(args[2]));
    return { alive: alive(), ...network.usage, tcp: counters.tcp, dropped: counters.dropped, failures };
  };

  async function answer(flow: Flow): Promise<void> {
    try {
      let command = "";
      for (let data = await flow.read(); data; data = await flow.read()) command += String.fromCharCode(...data);
      await flow.write(JSON.stringify(await ask(command)));
      await flow.close();
    } catch (error) {
      if (!(error instanceof SoloistError)) throw error;
      console.log(`a command failed: ${error.code}`);
    }
  }

  const control = tcp.listen({ port: 1 });
  spawn(async () => {
    for await (const flow of control) spawn(() => answer(flow));
  });
  const socket = udp.bind({ port: 7 });
  console.log("listening");
  for await (const { data, remote } of socket) socket.send(data, remote);
});
