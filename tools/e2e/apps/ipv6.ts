// Echoes at port 7, both TCP and UDP, and does over IPv6 what datagrams ask for, until somebody says bye.
import { stack } from "@soloist/net";
import { run, spawn } from "@soloist/runtime";

run([stack()], async (network) => {
  const { udp, icmp, tcp, dns, counters } = network;
  console.log(`listening ${network.ipv4?.address}`);
  const listener = tcp.listen({ port: 7 });
  spawn(async () => {
    for await (const flow of listener) {
      spawn(async () => {
        for (let data = await flow.read(); data; data = await flow.read()) await flow.write(data);
        await flow.close();
      });
    }
  });
  const does: Record<string, (...args: string[]) => Promise<string>> = {
    ping: async (address, size) => `pong ${(await icmp.ping(address!, { size: Number(size), timeout: 60_000 })).rtt}`,
    lookup: async (name) => (await dns.lookup(name!)).map(({ address }) => address).join(" "),
    connect: async (host, port) => {
      await using flow = await tcp.connect({ host: host!, port: Number(port), timeout: 60_000 });
      await flow.write("hello");
      flow.shutdown();
      const chunk = await flow.read();
      return `${flow.remote.address} ${flow.local.address} ${String.fromCharCode(...(chunk ?? []))}`;
    },
    info: async () => JSON.stringify({ ...network.ipv6, dns: dns.servers }),
    counters: async () => JSON.stringify(counters.dropped),
  };
  const socket = udp.bind({ port: 7 });
  for await (const { data, remote } of socket) {
    const text = data.length < 200 ? String.fromCharCode(...data) : "";
    const [verb, ...args] = text.split(" ");
    if (verb === "bye") break;
    const action = does[verb!];
    if (action === undefined) {
      socket.send(data, remote);
      continue;
    }
    const outcome = await action(...args).catch((error) => `failed ${error.code}`);
    socket.send(new TextEncoder().encode(outcome), remote);
  }
  listener.close();
  socket.close();
});
