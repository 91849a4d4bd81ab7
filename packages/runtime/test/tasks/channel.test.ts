import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inMain } from "../machine.ts";

describe("channel", () => {
  test("a full one makes the sender wait", async () => {
    const order = await inMain(async ({ createChannel, scope, sleep }) => {
      const channel = createChannel<number>(2);
      const order: string[] = [];
      await scope(async (s) => {
        s.background(async () => {
          for (let value = 1; value <= 4; value++) {
            await channel.send(value);
            order.push(`sent ${value}`);
          }
          channel.close();
        });
        await sleep(10);
        order.push("receiving");
        for await (const value of channel) order.push(`received ${value}`);
      });
      return order;
    });
    expect(order.slice(0, 3)).toEqual(["sent 1", "sent 2", "receiving"]);
    expect(order.filter((line) => line.startsWith("received"))).toEqual(
      [1, 2, 3, 4].map((value) => `received ${value}`),
    );
  });

  test("what is in it when it is closed can still be received; then undefined", async () => {
    const got = await inMain(async ({ createChannel }) => {
      const channel = createChannel<string>(3);
      await channel.send("a");
      await channel.send("b");
      channel.close();
      return [await channel.receive(), await channel.receive(), await channel.receive(), channel.trySend("c")];
    });
    expect(got).toEqual(["a", "b", undefined, false]);
  });

  test("sending to a closed one rejects with EPIPE, also while waiting", async () => {
    const codes = await inMain(async ({ createChannel, sleep }) => {
      const channel = createChannel<number>(1);
      await channel.send(1);
      const waiting = channel.send(2).catch((error: { code: unknown }) => error.code);
      await sleep(1);
      channel.close();
      const later = channel.send(3).catch((error: { code: unknown }) => error.code);
      return [await waiting, await later];
    });
    expect(codes).toEqual(["EPIPE", "EPIPE"]);
  });

  test("a receiver that gives up takes nothing with it", async () => {
    const value = await inMain(({ createChannel, scope, sleep }) =>
      scope(async (s) => {
        const channel = createChannel<number>(1);
        const impatient = s.spawn(({ signal }) => channel.receive({ signal }));
        await sleep(1);
        impatient.cancel();
        await channel.send(5);
        return await channel.receive();
      }),
    );
    expect(value).toBe(5);
  });

  test("any number of senders and receivers: every value arrives once, those of one sender in order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.array(fc.nat(3), { maxLength: 8 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }),
        async (capacity, senders, receivers) => {
          const received = await inMain(async ({ createChannel, scope, sleep }) => {
            const channel = createChannel<[number, number]>(capacity);
            const received: [number, number][] = [];
            await scope(async (s) => {
              for (const pause of receivers) {
                s.background(async () => {
                  for await (const value of channel) {
                    received.push(value);
                    if (pause > 0) await sleep(pause);
                  }
                });
              }
              await scope((inner) => {
                senders.forEach((pauses, sender) => {
                  inner.background(async () => {
                    for (const [index, pause] of pauses.entries()) {
                      await channel.send([sender, index]);
                      if (pause > 0) await sleep(pause);
                    }
                  });
                });
              });
              channel.close();
            });
            return received;
          });
          for (const [sender, pauses] of senders.entries()) {
            const indexes = received.filter(([from]) => from === sender).map(([, index]) => index);
            expect(indexes).toEqual(pauses.map((_, index) => index));
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  test("no room at all is refused", async () => {
    await expect(inMain(({ createChannel }) => createChannel(0))).rejects.toThrow(RangeError);
  });
});
