import type { Host } from "@soloist/interface";
import { describe, expect, test } from "vitest";
import { createMachine, inMain, jobs } from "./machine.ts";

/** A device that puts a machine into the loop. */
const driven = (poll: (now: number) => number, onOpen?: (wake: () => void) => void) => ({
  manifest: [],
  parameters: [],
  open: (host: Host) => {
    const wakeup = host.drive({ poll });
    onOpen?.(() => wakeup.wake());
  },
});

describe("turn", () => {
  test("returns the earliest of timers and machines", async () => {
    const machine = await createMachine(({ run, sleep }) => run([driven(() => 30), driven(() => 20)], () => sleep(25)));
    machine.fake.handlers!.boot();
    machine.fake.handlers!.turn();
    await jobs();
    expect(machine.fake.handlers!.turn()).toBe(20);
  });

  test("with nothing due returns Infinity: no busy waiting", async () => {
    const machine = await createMachine(({ run }) => run([driven(() => Infinity)], () => new Promise<void>(() => {})));
    machine.fake.handlers!.boot();
    machine.fake.handlers!.turn();
    await jobs();
    expect(machine.fake.handlers!.turn()).toBe(Infinity);
    expect(machine.fake.handlers!.turn()).toBe(Infinity);
  });

  test("a wake() during a turn asks for another one at once", async () => {
    let wake = () => {};
    let polls = 0;
    const count = () => {
      polls++;
      return Infinity;
    };
    const machine = await createMachine(({ run }) =>
      run(
        [
          driven(count, (given) => {
            wake = given;
          }),
        ],
        () => new Promise<void>(() => {}),
      ),
    );
    machine.fake.handlers!.boot();
    machine.fake.handlers!.turn();
    const before = polls;
    wake();
    await machine.run(1);
    expect(polls).toBeGreaterThan(before);
  });

  test("fires one timer, so that its reactions run before the next", async () => {
    const order = await inMain(async ({ sleep }, { timers: { setTimeout } }) => {
      const order: string[] = [];
      setTimeout(() => {
        order.push("first");
        queueMicrotask(() => order.push("its reaction"));
      });
      setTimeout(() => order.push("second"));
      await sleep(1);
      return order;
    });
    expect(order).toEqual(["first", "its reaction", "second"]);
  });
});

describe("fairness", () => {
  test("a task that never stops making jobs does not keep devices waiting", async () => {
    // The kernel runs a bounded number of jobs between turns; here a turn comes after every 100 steps of the task.
    let polls = 0;
    const count = () => {
      polls++;
      return Infinity;
    };
    let steps = 0;
    const machine = await createMachine(({ run, spawn }) =>
      run([driven(count)], async () => {
        spawn(async () => {
          for (;;) {
            steps++;
            if (steps % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
            else await null;
          }
        });
        await new Promise(() => {});
      }),
    );
    machine.fake.handlers!.boot();
    for (let turn = 0; turn < 50; turn++) {
      machine.fake.handlers!.turn();
      await jobs();
    }
    expect(polls).toBe(50);
    expect(steps).toBeGreaterThan(1000);
  });

  test("a task in an endless loop of yieldNow() leaves timers and devices their turns", async () => {
    let polls = 0;
    const count = () => {
      polls++;
      return Infinity;
    };
    const machine = await createMachine(({ run, spawn, yieldNow, sleep }) =>
      run([driven(count)], async () => {
        let isDone = false;
        spawn(async () => {
          while (!isDone) {
            machine.fake.time += 1;
            await yieldNow();
          }
        });
        await sleep(50);
        isDone = true;
      }),
    );
    await machine.boot();
    expect(machine.fake.exitCode).toBe(0);
    expect(polls).toBeGreaterThanOrEqual(50);
  });

  test("timers that are always due do not keep devices waiting", async () => {
    let polls = 0;
    const count = () => {
      polls++;
      return Infinity;
    };
    const machine = await createMachine(({ run }) =>
      run([driven(count)], async () => {
        const { setTimeout } = machine.timers;
        let fired = 0;
        await new Promise<void>((resolve) => {
          const again = () => (++fired === 100 ? resolve() : void setTimeout(again, 0));
          again();
        });
      }),
    );
    await machine.boot();
    expect(machine.fake.exitCode).toBe(0);
    expect(polls).toBeGreaterThanOrEqual(99);
  });
});
