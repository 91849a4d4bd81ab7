import { openStore } from "@soloist/kv";
import { PowerDevice } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { shortener, submit } from "./fixture.ts";

const ROUNDS = 6;
const AT_ONCE = 3;

/** Makes links by the pages, some at once, until the power fails; tells which were promised. */
async function work(disk: PowerDevice): Promise<{ promised: string[]; refused: number }> {
  const promised: string[] = [];
  let refused = 0;
  try {
    const { app, links } = await shortener(await openStore(disk));
    for (let round = 0; round < ROUNDS; round++) {
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, () => submit(app, "/links", { url: "https://example.org/a", alias: "kept" })),
      );
      for (const answer of answers) {
        const page = await answer.text();
        if (answer.status === 201) promised.push(/<title>\/(\S+) is ready/.exec(page)![1]!);
        else refused++;
      }
      await app.request("/kept");
      await links.flush();
    }
  } catch (error) {
    if (disk.hasPower) throw error;
  }
  return { promised, refused };
}

describe("when the power fails, at every single write of a block, and tears what is in flight", () => {
  it("each link that was promised is there after the next boot, works, and no more than were asked for", async () => {
    const whole = new PowerDevice();
    expect((await work(whole)).promised).toHaveLength(ROUNDS * AT_ONCE);
    expect(whole.writes).toBeGreaterThan(20);
    let cutWhileWorking = 0;
    for (let cutAt = 0; cutAt < whole.writes; cutAt++) {
      const disk = new PowerDevice({ cutAt, seed: cutAt });
      const log = console.error;
      console.error = () => {}; // the server logs what the disk threw
      const { promised, refused } = await work(disk).finally(() => {
        console.error = log;
      });
      expect(disk.hasPower).toBe(false);
      if (refused > 0) cutWhileWorking++;
      const { content } = disk;
      const { app, links } = await shortener(
        await openStore(new PowerDevice({ content }), { format: promised.length === 0 }),
      );
      const found = [...links.all()].map(({ alias }) => alias);
      expect(found).toEqual(expect.arrayContaining(promised));
      expect(found.length).toBeLessThanOrEqual(promised.length + refused + AT_ONCE);
      for (const alias of promised) expect((await app.request(`/${alias}`)).status).toBe(302);
    }
    expect(cutWhileWorking).toBeGreaterThan(5);
  });
});
