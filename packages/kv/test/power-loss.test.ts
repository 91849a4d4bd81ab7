import { numbers, PowerDevice } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { type BlockStore, openStore } from "../src/index.ts";

type Model = Map<string, string>;
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);

interface Run {
  /** State after each acknowledged update; the last one is what has to be there. */
  acknowledged: Model;
  /** Updates that were asked for and not acknowledged, in order. */
  open: [string, string | undefined][][];
}

/** Updates of a seed: sets of many sizes, deletes, several keys at once, some of them without waiting for each other. */
async function work(store: BlockStore, seed: number, updates: number, run: Run): Promise<void> {
  const random = numbers(seed);
  const waiting: Promise<void>[] = [];
  for (let index = 0; index < updates; index++) {
    const keys = new Set(Array.from({ length: 1 + random(3) }, () => `key${random(24)}`));
    const change = [...keys].map((key): [string, string | undefined] => [
      key,
      random(4) === 0 ? undefined : `${index}:${"x".repeat(random(5) === 0 ? random(560) : random(60))}`,
    ]);
    run.open.push(change);
    const update = store
      .update(change.map(([key, value]) => [key, value === undefined ? undefined : bytes(value)] as const))
      .then(() => {
        expect(run.open[0], "updates become durable in their order").toBe(change);
        run.open.shift();
        apply(run.acknowledged, change);
      });
    if (random(3) > 0) await update;
    else waiting.push(update);
  }
  await Promise.all(waiting);
}

function apply(model: Model, change: readonly (readonly [string, string | undefined])[]): void {
  for (const [key, value] of change) {
    if (value === undefined) model.delete(key);
    else model.set(key, value);
  }
}

async function contentOf(store: BlockStore): Promise<Model> {
  const model: Model = new Map();
  for await (const [key, value] of store.entries()) model.set(key, text(value));
  return model;
}

const sorted = (model: Model) => [...model].sort(([a], [b]) => (a < b ? -1 : 1));

/** The store holds what was acknowledged, and of what was not a whole number of updates, in their order. */
async function expectSurvived(store: BlockStore, run: Run): Promise<Model> {
  const found = JSON.stringify(sorted(await contentOf(store)));
  const model = new Map(run.acknowledged);
  const allowed = [JSON.stringify(sorted(model))];
  for (const change of run.open) {
    apply(model, change);
    allowed.push(JSON.stringify(sorted(model)));
  }
  expect(allowed).toContain(found);
  return new Map(JSON.parse(found) as [string, string][]);
}

describe("power loss", () => {
  for (const [blockSize, updates, garbage] of [
    [512, 1300, true],
    [512, 1300, false],
    [4096, 900, true],
  ] as const) {
    const kind = garbage ? "torn, mixed or garbage" : "torn or mixed";
    it(`at every single block write, blocks of ${blockSize} bytes, ${kind}: what was acknowledged is there`, async () => {
      let run: Run = { acknowledged: new Map(), open: [] };
      let cuts = 0;
      let cutTails = 0;
      const device: PowerDevice = new PowerDevice({
        blockSize,
        garbage,
        seed: blockSize,
        async onWrite(content, write) {
          // Superblocks that are garbage in both copies are not a store; both are written before anything is acknowledged.
          if (write < 2 && garbage) return;
          const rebooted = new PowerDevice({ blockSize, content });
          const store = await openStore(rebooted);
          const found = await expectSurvived(store, run);
          cutTails += store.recovery.cut.length;
          cuts++;
          if (write % 16 > 0) return;
          // It can be written to, and closed, and has the same content again.
          await store.set("after", bytes("boot"));
          await store.close();
          found.set("after", "boot");
          expect(sorted(await contentOf(await openStore(rebooted)))).toEqual(sorted(found));
        },
      });
      const store = await openStore(device);
      run = { acknowledged: new Map(), open: [] };
      await work(store, 7, updates, run);
      expect(sorted(await contentOf(store))).toEqual(sorted(run.acknowledged));
      expect(cuts).toBeGreaterThanOrEqual(device.writes - 2);
      expect(cutTails).toBeGreaterThan(50);
      // The run went round the log, and compaction was cut as well.
      expect(store.statistics.segmentsCompacted).toBeGreaterThan(5);
      expect(device.writes).toBeGreaterThan(device.blocks);
      await store.close();
    }, 300_000);
  }

  it("again and again, each time soon after the boot: the log never runs out of room", async () => {
    const random = numbers(3);
    let content = new PowerDevice().content;
    let model: Model = new Map();
    for (let boot = 0; boot < 600; boot++) {
      const device = new PowerDevice({ content, cutAt: 2 + random(12), seed: boot });
      const run: Run = { acknowledged: new Map(model), open: [] };
      try {
        const store = await openStore(device);
        await expectSurvived(store, { acknowledged: model, open: [] });
        for (let index = 0; device.hasPower; index++) {
          const change: [string, string][] = [[`key${random(40)}`, `${boot}.${index}:${"y".repeat(random(1500))}`]];
          run.open.push(change);
          await store.update(change.map(([key, value]) => [key, bytes(value)] as const));
          run.open.shift();
          apply(run.acknowledged, change);
        }
      } catch (error) {
        expect((error as { code?: string }).code).toBe("EIO");
      }
      content = device.content;
      const store = await openStore(new PowerDevice({ content }));
      model = await expectSurvived(store, run);
    }
  });
});
