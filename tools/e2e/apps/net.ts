// Echoes datagrams at port 7 and pings who asks for it, until somebody says bye.
import { stack } from "@soloist/net";
import { run } from "@soloist/runtime";

run([stack()], async ({ udp, icmp, tcp, ipv4, counters }) => {
  console.log(`listening ${JSON.stringify(ipv4)}`);
  const socket = udp.bind({ port: 7 });
  for await (const { data, remote } of socket) {
    const text = data.length < 100 ? String.fromCharCode(...data) : "";
    if (text === "bye") break;
    if (text.startsWith("ping ")) {
      const [, address, size, timeout = "60000"] = text.split(" ");
      const outcome = await icmp.ping(address!, { size: Number(size), timeout: Number(timeout) }).then(
        ({ rtt }) => `pong ${rtt}`,
        (error) => `failed ${error.code}`,
      );
      socket.send(new TextEncoder().encode(outcome), remote);
    } else if (text === "loop") {
      const listener = tcp.listen({ port: 99, address: "127.0.0.1" });
      const accepted = listener.accept();
      const flow = await tcp.connect({ address: "127.0.0.1", port: 99 });
      await flow.write("to myself");
      const heard = await (await accepted)!.read();
      socket.send(heard!, remote);
    } else {
      socket.send(data, remote);
    }
  }
  socket.close();
  console.log(`bye ${counters.reassembled}`);
});
