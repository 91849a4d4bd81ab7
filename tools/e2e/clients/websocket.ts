// node websocket.ts HOST: speaks to apps/websocket.ts with Node's own client and with ws, and prints what it saw as JSON.
import { once } from "node:events";
import { WebSocket as Ws } from "ws";

const host = process.argv[2]!;
const url = (path: string) => `ws://${host}${path}`;
const seen: Record<string, unknown> = {};

async function open(path: string, protocols: string[] = []): Promise<Ws> {
  const client = new Ws(url(path), protocols);
  await once(client, "open");
  return client;
}
const message = async (client: Ws): Promise<Buffer> => (await once(client, "message"))[0];

{
  const client = new WebSocket(url("/echo"), ["echo.v1", "echo.v2"]);
  client.binaryType = "arraybuffer";
  await once(client, "open");
  const texts = Array.from({ length: 1000 }, (_, index) => `message ${index} ${"é".repeat(index % 100)}`);
  const got: unknown[] = [];
  const all = new Promise<void>((resolve) => {
    client.onmessage = ({ data }) => {
      got.push(data);
      if (got.length === texts.length) resolve();
    };
  });
  for (const text of texts) client.send(text);
  await all;
  seen.messages = got.filter((text, index) => text === texts[index]).length;
  seen.protocol = client.protocol;
  client.close(3000, "done");
  const [event] = (await once(client, "close")) as [CloseEvent];
  seen.closed = [event.code, event.wasClean];
}

{
  const client = await open("/echo");
  client.send("one ", { fin: false });
  client.ping("between");
  client.send("two", { fin: true });
  const [[pong], [text]] = await Promise.all([once(client, "pong"), once(client, "message")]);
  seen.fragments = [`${pong}`, `${text}`];
  const large = Buffer.alloc(1024 * 1024);
  for (let at = 0; at < large.length; at++) large[at] = (at * 7) % 253;
  client.send(large);
  seen.megabyte = large.equals(await message(client));
  const long = "€".repeat(350_000);
  client.send(long);
  seen.longText = `${await message(client)}` === long;
  client.send(Buffer.alloc(2 * 1024 * 1024 + 1));
  const [code] = await once(client, "close");
  seen.tooBig = code;
}

seen.codes = [];
for (const code of [1000, 1001, 1011, 4999]) {
  const client = await open(`/close/${code}`);
  const [got, reason] = await once(client, "close");
  (seen.codes as unknown[]).push([got, `${reason}`]);
}

{
  const elsewhere = new Ws(url("/echo"), { origin: "http://elsewhere.test" });
  const [error] = await once(elsewhere, "error");
  seen.elsewhere = String(error);
}

{
  const clients: Ws[] = [];
  for (let index = 0; index < 200; index++) clients.push(await open(`/room/m${index}`));
  const heard = clients.slice(1).map(message);
  clients[0]!.send("hello all");
  seen.heard = (await Promise.all(heard)).filter((text) => `${text}` === "m0: hello all").length;
  seen.size = await (await fetch(`http://${host}/size`)).text();
  // Half of them vanish, the others say goodbye.
  const last = clients.pop()!;
  for (const [index, client] of clients.entries()) {
    if (index % 2 === 0) client.terminate();
    else client.close();
  }
  for (let waited = 0; waited < 2000 && (await (await fetch(`http://${host}/size`)).text()) !== "1"; waited++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  seen.left = await (await fetch(`http://${host}/size`)).text();
  last.removeAllListeners("message");
  const closed = once(last, "close");
  await fetch(`http://${host}/stop`, { method: "POST", headers: { connection: "close" } });
  const [code] = await closed;
  seen.stopped = code;
}

console.log(JSON.stringify(seen));
process.exit(0);
