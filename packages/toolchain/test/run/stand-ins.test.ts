import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { attachStandIns } from "../../src/run/stand-ins.ts";

const devices = [
  { name: "service", type: "NET_BASIC" },
  { name: "data", type: "BLOCK_BASIC" },
  { name: "links", type: "BLOCK_BASIC", optional: true },
] as const;

describe("stand-ins", () => {
  it("an optional disk that was not given gets a file of one block, for as long as the guest runs", () => {
    const { blocks, remove } = attachStandIns({ devices }, [{ value: "data.img" }]);
    expect(blocks.map(({ name }) => name)).toEqual(["data", "links"]);
    expect(blocks[0]!.value).toBe("data.img");
    const file = blocks[1]!.value;
    expect([...readFileSync(file)]).toEqual(new Array(512).fill(0));
    remove();
    expect(existsSync(dirname(file))).toBe(false);
  });

  it("a disk that was given stays, and one that the app needs is not made up", () => {
    const given = [{ name: "links", value: "links.img" }];
    expect(attachStandIns({ devices }, given).blocks).toEqual(given);
  });

  it("a name that the image does not have is refused", () => {
    expect(() => attachStandIns({ devices }, [{ name: "other", value: "x" }])).toThrow(/the image has no other/);
  });
});
