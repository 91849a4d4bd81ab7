// Looks names up as the command line says, connects to one by name, asks for the time, and takes a name of its own: one line of
// result each.
import { stack } from "@soloist/net";
import { parameter, run } from "@soloist/runtime";

const list = (text: string) => text.split(",");
const names = parameter("names", { help: "names to look up", placeholder: "NAME,…", default: [], parse: list });
const records = parameter("records", {
  help: "records to ask for, such as TXT:example.com",
  placeholder: "TYPE:NAME,…",
  default: [],
  parse: list,
});
const connect = parameter("connect", {
  help: "where to connect to by name",
  placeholder: "NAME:PORT",
  parse: (text) => text,
});
const time = parameter("time", { help: "time server", placeholder: "NAME", parse: (text) => text });
const publish = parameter("publish", { help: "name on the link", placeholder: "NAME", parse: (text) => text });

async function say(what: string, work: Promise<unknown>): Promise<void> {
  try {
    console.log(`${what} ${JSON.stringify(await work)}`);
  } catch (error) {
    console.log(`${what} ${(error as { code?: string }).code ?? String(error)}`);
  }
}

run(
  [stack({ name: "service" }), names, records, connect, time, publish],
  async ({ tcp, dns, ntp, mdns }, names, records, connect, time, publish) => {
    for (const name of names) {
      const found = dns.lookup(name).then((addresses) => addresses.map(({ address }) => address));
      await say(name, found);
    }
    for (const record of records) {
      const [type, name] = record.split(":") as ["TXT", string];
      await say(
        record,
        (type as string) === "COUNT" ? dns.resolve(name).then(({ length }) => length) : dns.resolve(name, type),
      );
    }
    if (connect !== undefined) {
      const [host, port] = connect.split(":") as [string, string];
      const hello = async () => {
        await using flow = await tcp.connect({ host, port: Number(port) });
        await flow.write("hello\n");
        return [flow.remote.address, new TextDecoder().decode(await flow.read())];
      };
      await say(connect, hello());
    }
    if (time !== undefined) {
      const before = ntp.clock.wall();
      const date = Date.now();
      const since = performance.now();
      await say(time, ntp.sync({ server: time }).then(Math.round));
      console.log(`clock ${Math.round(ntp.clock.wall() - before)}`);
      console.log(`date ${Date.now() - date}`);
      console.log(`apart ${Math.round(Math.abs(Date.now() - ntp.clock.wall()))}`);
      console.log(`monotonic ${Math.round(performance.now() - since)}`);
    }
    if (publish !== undefined) {
      const { hostname } = await mdns.publish({ name: publish });
      console.log(`published ${hostname}`);
      await new Promise((resolve) => setTimeout(resolve, 600_000));
    }
    console.log(`counters ${JSON.stringify(dns.counters)}`);
  },
);
