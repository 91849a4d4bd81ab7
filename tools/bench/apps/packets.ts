// Microseconds of JavaScript per packet of each kind: one stack over a device in memory, in whose place this program is the
// peer. Prints one line of JSON. Each figure is the least of many rounds: what the code costs, without the machine's noise.
import type { Flow } from "@soloist/interface";
import { run } from "@soloist/runtime";
import { ACK, bench, MSS, PSH, SYN } from "./peer.ts";

run([bench], async ({ clock, peer, listener, poll }) => {
  const figures: Record<string, number> = {};
  let now = 1000;
  /** Notes the least time that `timed` took, divided by `count`; `before` and `after` are not timed. */
  const measure = (
    name: string,
    count: number,
    before: () => void,
    timed: () => void,
    after: () => void,
    rounds = 300,
  ) => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      now += 0.05;
      peer.clear();
      before();
      const started = clock.monotonic();
      timed();
      const time = clock.monotonic() - started;
      if (time < best) best = time;
      peer.clear();
      after();
      poll(now);
    }
    figures[name] = (best * 1000) / count;
  };

  // Who we are: the stack has the peer's MAC from its ARP request.
  peer.introduce();
  poll(now);
  peer.clear();
  peer.segment(5000, SYN, 100, 0, 0);
  poll(now);
  let seq = 101;
  let ack = (peer.sequence + 1) | 0;
  peer.clear();
  peer.segment(5000, ACK, seq, ack, 0);
  poll(now);
  const flow: Flow = (await listener.accept())!;
  const buffer = new Uint8Array(64 * 1024);
  const take = () => void flow.readInto(buffer, 0);
  const acknowledge = () => peer.segment(5000, ACK, seq, ack, 0);

  measure(
    "idle poll",
    20,
    () => {},
    () => {
      for (let n = 0; n < 20; n++) poll(now);
    },
    () => {},
  );
  measure(
    "pure ACK",
    8,
    () => {
      for (let n = 0; n < 8; n++) flow.writeFrom(buffer, 0, 1000);
      poll(now);
      for (let n = 0; n < 8; n++) {
        ack = (ack + 1000) | 0;
        acknowledge();
      }
    },
    () => poll(now),
    () => {},
  );
  measure(
    "data in order",
    32,
    () => {
      for (let n = 0; n < 32; n++) {
        peer.segment(5000, ACK, seq, ack, MSS);
        seq = (seq + MSS) | 0;
      }
    },
    () => {
      poll(now);
      take();
      poll(now);
    },
    () => {},
  );
  measure(
    "data out of order",
    16,
    () => {
      for (let n = 1; n <= 16; n++) peer.segment(5000, ACK, (seq + n * MSS) | 0, ack, MSS);
    },
    () => poll(now),
    () => {
      peer.segment(5000, ACK, seq, ack, MSS);
      seq = (seq + 17 * MSS) | 0;
      poll(now);
      take();
    },
  );
  measure(
    "data sent",
    10,
    () => {},
    () => {
      flow.writeFrom(buffer, 0, 10 * MSS);
      poll(now);
    },
    () => {
      ack = (ack + 10 * MSS) | 0;
      acknowledge();
    },
  );
  measure(
    "request and answer of 100 B",
    1,
    () => {
      peer.segment(5000, ACK | PSH, seq, ack, 100);
      seq = (seq + 100) | 0;
    },
    () => {
      poll(now);
      take();
      flow.writeFrom(buffer, 0, 100);
      poll(now);
    },
    () => {
      ack = (ack + 100) | 0;
      acknowledge();
    },
  );
  let port = 10_000;
  const opened: Flow[] = [];
  measure(
    "SYN",
    1,
    () => peer.segment(++port, SYN, 1000, 0, 0),
    () => poll(now),
    () => {
      peer.segment(port, ACK, 1001, (peer.sequence + 1) | 0, 0);
      poll(now);
      void listener.accept().then((accepted) => opened.push(accepted!));
    },
  );
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  for (const each of opened) each.abort();
  poll(now);
  opened.length = 0;
  measure(
    "new connection, to accept()",
    1,
    () => {},
    () => {
      peer.segment(++port, SYN, 1000, 0, 0);
      poll(now);
      const next = (peer.sequence + 1) | 0;
      peer.clear();
      peer.segment(port, ACK, 1001, next, 0);
      poll(now);
      void listener.accept().then((accepted) => accepted!.abort());
    },
    () => {},
  );
  console.log(JSON.stringify(figures));
});
