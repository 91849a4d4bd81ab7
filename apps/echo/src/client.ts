import { SoloistError } from "@soloist/interface";
import type { Stack } from "@soloist/net";
import { sleep } from "@soloist/runtime";
import { Meter } from "./meter.ts";
import type { Peer } from "./peer.ts";

export interface MeasureOptions {
  readonly udp: boolean;
  readonly seconds: number;
  readonly size: number;
  readonly connections: number;
}

/** Milliseconds: a peer that says nothing for so long is gone. */
const SILENCE = 10_000;
/** Milliseconds after which a datagram is lost. */
const LOST = 1000;

/** Sends to an echo server and compares what comes back; a line each second. Returns the exit code. */
export async function measure(net: Stack, to: Peer, options: MeasureOptions): Promise<number> {
  const { udp, seconds, size, connections } = options;
  if (to.host.includes(":")) await addressed(net);
  const end = performance.now() + seconds * 1000;
  const meter = new Meter(performance.now());
  const unit = udp ? "on their way" : "connections";
  console.log(
    `To ${to.host} port ${to.port}, ${udp ? "UDP" : "TCP"}: ${connections} ${unit}, ${size} bytes ${udp ? "a datagram" : "a write"}, ${seconds} s`,
  );
  const timer = setInterval(() => console.log(meter.line(performance.now()) ?? "nothing came"), 1000);
  try {
    const one = udp ? await datagrams(net, to, size, end, meter) : () => stream(net, to, size, end, meter);
    await Promise.all(Array.from({ length: connections }, one));
  } catch (error) {
    if (!(error instanceof SoloistError)) throw error;
    console.error(`${to.host} port ${to.port}: ${error.code}, ${error.message}`);
    return 1;
  } finally {
    clearInterval(timer);
  }
  console.log(meter.summary(performance.now()));
  return udp && meter.total.datagrams === 0 ? 1 : 0;
}

/** Waits until our IPv6 addresses are known to be nobody else's (RFC 4862 5.4): main starts before that. */
async function addressed(net: Stack): Promise<void> {
  for (let tries = 0; tries < 60 && net.ipv6?.tentative.length !== 0; tries++) await sleep(50);
}

/** What came back is not what was sent. */
class WrongBytesError extends SoloistError {
  constructor(at: number) {
    super("EPROTO", `what came back differs in the write at byte ${at}`);
  }
}

function pattern(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) & 255);
}

async function stream({ tcp }: Stack, to: Peer, size: number, end: number, { total }: Meter): Promise<void> {
  const sent = pattern(size);
  const flow = await tcp.connect({ ...to, timeout: SILENCE });
  const compare = async (): Promise<void> => {
    let at = 0;
    for (let data = await flow.read({ timeout: SILENCE }); data; data = await flow.read({ timeout: SILENCE })) {
      for (let from = 0; from < data.length; ) {
        const offset = (at + from) % size;
        const length = Math.min(size - offset, data.length - from);
        if (!tcp.bytes.equal(data, from, sent, offset, length)) throw new WrongBytesError(at + from);
        from += length;
      }
      at += data.length;
      total.bytesIn += data.length;
    }
  };
  const write = async (): Promise<void> => {
    while (performance.now() < end) {
      await flow.write(sent);
      total.bytesOut += size;
    }
    flow.shutdown();
  };
  try {
    await Promise.all([compare(), write()]);
  } finally {
    flow.abort();
  }
}

/** Each task has one datagram on its way. */
async function datagrams(
  { udp, dns }: Stack,
  { host, port }: Peer,
  size: number,
  end: number,
  { total }: Meter,
): Promise<() => Promise<void>> {
  const [found] = await dns.lookup(host, { family: 0 });
  const remote = { address: found!.address, port };
  return async () => {
    await using socket = udp.connect({ remote });
    const sent = pattern(size);
    while (performance.now() < end) {
      const began = performance.now();
      socket.send(sent);
      total.bytesOut += size;
      try {
        const datagram = await socket.receive({ timeout: LOST });
        if (datagram === undefined) return;
        total.bytesIn += datagram.data.length;
        total.datagrams++;
        total.waited += performance.now() - began;
      } catch (error) {
        if (!(error instanceof SoloistError) || error.code !== "ETIMEDOUT") throw error;
        total.lost++;
      }
    }
  };
}
