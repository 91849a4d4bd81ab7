import { expect, it } from "vitest";
import { alone, frame, summed } from "./alone.ts";

/** From port 1024 to port 7, without options. */
function syn(from: string): Uint8Array {
  const header = new Uint8Array([4, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 16, 0, 0, 0, 0, 0]);
  return frame(6, summed(6, header, 16, { from }), { from });
}

it("SYNs of strangers on the link, whom nobody can answer, leave nothing behind", async () => {
  const { stack, deliver, poll } = await alone();
  stack.tcp.listen({ port: 7, backlog: 1000 });
  for (let stranger = 0; stranger < 600; stranger++) deliver(syn(`2001:db8::1:${stranger.toString(16)}`));
  expect(stack.usage.connections).toBeGreaterThan(500);
  expect(stack.usage.neighbours).toBeLessThan(200);
  for (let now = 2000; now < 200_000; now += 250) poll(now);
  expect(stack.usage.connections).toBe(0);
  expect(stack.usage.neighbours).toBe(0);
});
