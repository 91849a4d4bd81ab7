import { stack } from "/work/main/packages/net/src/index.ts";
import { pattern, readAll, Simulation } from "/work/main/packages/testing/src/index.ts";

for (const loss of [0, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3]) {
  const simulation = new Simulation({ seed: 3, loss, delay: 50 });
  const data = pattern(2 << 20, 1);
  await simulation.run(
    (async () => {
      const a = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24" } }));
      const b = await stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.2/24" } }));
      const buffers = process.argv[2] ? {} : { receiveBuffer: 32768, sendBuffer: 32768 };
      const listener = a.tcp.listen({ port: 7, ...buffers });
      const received = listener.accept().then((f) => readAll(f!));
      const flow = await b.tcp.connect({ address: "10.0.0.1", port: 7, ...buffers });
      await flow.write(data);
      flow.shutdown();
      await received;
      const t = b.counters.tcp;
      console.log(
        loss,
        Math.round((data.length / simulation.now) * 1000),
        "B/s; timeouts",
        t.timeouts,
        "fast",
        t.fastRetransmitted,
        "re",
        t.retransmitted,
        "sent",
        t.sent,
        "dups",
        t.duplicateAcks,
        flow.info().roundTrip.toFixed(0),
        flow.info().retransmissionTimeout.toFixed(0),
      );
    })(),
    9_000_000,
  );
}
