import { memoryBlockDevice, seededRng } from "@soloist/testing";
import { describe, expect, it } from "vitest";
import { StackState } from "../src/state.ts";

const MAC = new Uint8Array([2, 0, 0, 0, 0, 1]);
const ADDRESS = 0x0a000005;

function boot(disk: ReturnType<typeof memoryBlockDevice>, mac = MAC, seed = 1): StackState {
  const rng = seededRng(seed);
  return new StackState(disk, mac, () => rng.uint32());
}

describe("the state of a network on a disk", () => {
  it("an empty disk gets a secret, which stays", () => {
    const disk = memoryBlockDevice();
    const first = boot(disk, MAC, 1).remembered;
    expect(first).toMatchObject({ address: 0, until: 0 });
    expect(boot(disk, MAC, 2).remembered.secret).toEqual(first.secret);
    expect(boot(memoryBlockDevice(), MAC, 2).remembered.secret).not.toEqual(first.secret);
  });
  it("a lease is there at the next boot, with its end, and is another machine's never", () => {
    const disk = memoryBlockDevice();
    boot(disk).save(ADDRESS, 1.5e12);
    expect(boot(disk).remembered).toMatchObject({ address: ADDRESS, until: 1.5e12 });
    expect(boot(disk, MAC.with(5, 2)).remembered.address).toBe(0);
    boot(disk).save(ADDRESS, Number.POSITIVE_INFINITY);
    expect(boot(disk).remembered.until).toBe(Number.POSITIVE_INFINITY);
    boot(disk).save(0, 0);
    expect(boot(disk).remembered.address).toBe(0);
  });
  it("a block of which any byte was spoiled is not believed", () => {
    for (let at = 4; at < 48; at++) {
      const disk = memoryBlockDevice();
      boot(disk).save(ADDRESS, 1.5e12);
      const block = new Uint8Array(disk.blockSize);
      disk.readSync(0, block);
      block[at]! ^= 1;
      disk.writeSync(0, block);
      // Between the MAC and the address there are two bytes of nothing, which are checked all the same.
      expect(boot(disk, MAC, 9).remembered.address).toBe(0);
    }
  });
  it("a disk with something else in it is left alone", () => {
    const disk = memoryBlockDevice();
    const block = new Uint8Array(disk.blockSize).fill(7);
    disk.writeSync(0, block);
    expect(() => boot(disk)).toThrow(expect.objectContaining({ code: "EINVAL" }));
    const after = new Uint8Array(disk.blockSize);
    disk.readSync(0, after);
    expect(after).toEqual(block);
  });
});
