import { type Flow, SoloistError } from "@soloist/interface";
import type { Stack } from "@soloist/net";
import { spawn } from "@soloist/runtime";
import { Meter } from "./meter.ts";

const SECOND = 1000;

/** Sends back what comes to `port`, over TCP and UDP, IPv4 and IPv6; a line each second while something comes. */
export async function serve({ tcp, udp }: Stack, port: number): Promise<void> {
  const listener = tcp.listen({ port });
  const socket = udp.bind({ port });
  const report = reporter();
  console.log(`Listening on port ${port}`);
  spawn(async () => {
    for await (const { data, remote } of socket) {
      // Two echo servers would never stop, once somebody introduced them to each other.
      if (remote.port === port || remote.port === 7) continue;
      const { total } = report();
      total.datagrams++;
      total.bytesIn += data.length;
      total.bytesOut += data.length;
      socket.send(data, remote);
    }
  });
  for await (const flow of listener) spawn(() => echo(flow, report));
}

async function echo(flow: Flow, report: () => Meter): Promise<void> {
  try {
    for (let bytes = await flow.read(); bytes !== undefined; bytes = await flow.read()) {
      const { length } = bytes;
      report().total.bytesIn += length;
      await flow.write(bytes);
      report().total.bytesOut += length;
    }
    await flow.close();
  } catch (error) {
    if (!(error instanceof SoloistError)) throw error; // the peer's reset or silence ends this connection alone
  }
}

/** The meter that runs: it prints a line each second, and rests when nothing happened in one. */
function reporter(): () => Meter {
  let meter: Meter | undefined;
  return () => {
    if (meter !== undefined) return meter;
    const started = new Meter(performance.now(), 0);
    const timer = setInterval(() => {
      const line = started.line(performance.now());
      if (line !== undefined) return console.log(line);
      clearInterval(timer);
      meter = undefined;
    }, SECOND);
    meter = started;
    return started;
  };
}
