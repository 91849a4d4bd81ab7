// The contracts of flows and disks, held by the machine that this runs on: `ok NAME` or `not ok NAME` for each case.
import "@soloist/net/streams";
import { stack } from "@soloist/net";
import { block, run } from "@soloist/runtime";
import { blockDeviceSuite, type Case, flowSuite } from "@soloist/testing";

run([stack({ name: "service" }), block("storage")], async ({ tcp, ipv4 }, disk) => {
  const flows = flowSuite(async (use) => {
    const listener = tcp.listen({ port: 0 });
    const connect = () => tcp.connect({ address: ipv4!.address, port: listener.local.port });
    const client = await connect();
    const server = (await listener.accept())!;
    try {
      await use({ listener, client, server, connect });
    } finally {
      client.abort();
      server.abort();
      listener.close();
    }
  });
  const failed =
    (await check("flow", flows)) +
    (await check(
      "disk",
      blockDeviceSuite((use) => use(disk)),
    ));
  console.log(`${failed} failed`);
  return failed === 0 ? 0 : 1;
});

async function check(contract: string, cases: readonly Case[]): Promise<number> {
  let failed = 0;
  for (const { name, run: hold } of cases) {
    try {
      await hold();
      console.log(`ok ${contract}: ${name}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${contract}: ${name}`, error);
    }
  }
  return failed;
}
