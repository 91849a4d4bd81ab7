import { type Flow, SoloistError } from "@soloist/interface";
import { stack } from "@soloist/net";
import { integer, parameter, run, spawn } from "@soloist/runtime";

const port = parameter("port", {
  help: "TCP port to listen on",
  placeholder: "PORT",
  default: 7,
  parse: integer({ min: 1, max: 65535 }),
});

run([stack({ name: "service" }), port], async ({ tcp }, port) => {
  const listener = tcp.listen({ port });
  console.log(`Listening on port ${port}`);
  for await (const flow of listener) spawn(() => echo(flow));
});

async function echo(flow: Flow): Promise<void> {
  try {
    for (let bytes = await flow.read(); bytes !== undefined; bytes = await flow.read()) await flow.write(bytes);
    await flow.close();
  } catch (error) {
    if (!(error instanceof SoloistError)) throw error; // the peer's reset or silence ends this connection alone
  }
}
