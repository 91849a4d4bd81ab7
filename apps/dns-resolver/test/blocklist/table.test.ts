import { byteHelpers } from "@soloist/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeTable, namesOf, sumOf } from "../../src/blocklist/make.ts";
import { Blocklist, BlocklistError, readHead } from "../../src/blocklist/table.ts";

const open = (bytes: Uint8Array, allowed?: string[]) => Blocklist.open(bytes, sumOf, allowed);
const listOf = (names: string[], allowed?: string[]) => open(makeTable(names), allowed);

describe("a blocklist", () => {
  it("holds its names and all below them, and no others", () => {
    const list = listOf(["ads.example", "tracker.test"]);
    expect(list.count).toBe(2);
    for (const name of ["ads.example", "a.ads.example", "a.b.tracker.test"]) expect(list.has(name), name).toBe(true);
    for (const name of ["example", "bads.example", "ads.example.org", "tracker", "", "ads-example"]) {
      expect(list.has(name), name).toBe(false);
    }
  });

  it("lets names be allowed, with all below them", () => {
    const list = listOf(["example"], ["good.example"]);
    expect(
      ["example", "x.example", "good.example", "a.good.example", "not-good.example"].map((name) => list.has(name)),
    ).toEqual([true, true, false, false, true]);
  });

  it("of nothing blocks nothing", () => {
    expect(Blocklist.empty().has("ads.example")).toBe(false);
    expect(listOf([]).has("ads.example")).toBe(false);
  });

  it("of 20,000 names knows each of them, and none of 20,000 others", () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `n${index}.example`);
    const list = listOf(names);
    expect(list.count).toBe(20_000);
    expect(names.every((name) => list.has(name))).toBe(true);
    expect(names.some((name) => list.has(name.replace(".example", ".sample")))).toBe(false);
  });

  it("is the same for the same names in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.domain(), { maxLength: 40 }), (names) => {
        const table = makeTable(names);
        expect(makeTable([...names, ...names].reverse())).toEqual(table);
        const list = open(table);
        return names.every((name) => list.has(name));
      }),
    );
  });

  it("that is cut, damaged or something else is not opened", () => {
    const table = makeTable(["ads.example", "tracker.test"]);
    const { length } = readHead(table);
    const damaged = table.slice();
    damaged[length - 1] = damaged[length - 1]! ^ 1;
    const strange = table.slice();
    strange[12] = 30;
    for (const bytes of [new Uint8Array(512), damaged, strange, table.slice(0, length - 1)]) {
      expect(() => open(bytes)).toThrow(BlocklistError);
    }
  });

  it("lies on a disk in whole blocks, and its sum is the machine's", () => {
    const table = makeTable(["ads.example"]);
    expect(table.length % 512).toBe(0);
    const { sum, length } = readHead(table);
    expect(byteHelpers.checksum(table, 512, length - 512, 0)).toBe(sum);
  });
});

describe("a line of a list", () => {
  it.each<[string, string[] | undefined]>([
    ["0.0.0.0 ads.example", ["ads.example"]],
    ["127.0.0.1\tads.example tracker.test # two", ["ads.example", "tracker.test"]],
    ["::1 ip6-localhost", []],
    ["0.0.0.0 0.0.0.0", []],
    ["ADS.example.", ["ads.example"]],
    ["*.ads.example", ["ads.example"]],
    ["||ads.example^", ["ads.example"]],
    ["||ads.example^$third-party", ["ads.example"]],
    ["address=/ads.example/0.0.0.0", ["ads.example"]],
    ["# a comment", []],
    ["! a comment", []],
    ["[Adblock Plus]", []],
    ["", []],
    ["example.com##.banner", undefined],
    ["||ads.example/path^", undefined],
    ["@@||good.example^", undefined],
    ["two words.example", undefined],
    ["-bad.example", undefined],
  ])("%j", (line, names) => expect(namesOf(line)).toEqual(names));
});
