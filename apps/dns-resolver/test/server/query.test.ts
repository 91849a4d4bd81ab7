import { FORMERR, NOTIMP } from "@soloist/net/dns";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createQuery, MAX_DATAGRAM, readQuery } from "../../src/server/query.ts";
import { a, ask, emit } from "../messages.ts";

const query = createQuery();
const read = (bytes: Uint8Array) => {
  readQuery(bytes, query);
  return { ...query };
};

describe("a query", () => {
  it("is read: name, type, class", () => {
    expect(read(ask("host.test", 28))).toMatchObject({
      kind: "query",
      type: 28,
      class: 1,
      nameEnd: 23,
      limit: 512,
      edns: false,
    });
  });

  it.each([
    [4096, MAX_DATAGRAM],
    [600, 600],
    [100, 512],
  ])("with EDNS that takes %i bytes is answered with up to %i", (udpSize, limit) => {
    const bytes = ask("host.test", 1, { udpSize: 512 });
    bytes[bytes.length - 8] = udpSize >> 8;
    bytes[bytes.length - 7] = udpSize & 255;
    expect(read(bytes)).toMatchObject({ kind: "query", edns: true, limit });
  });

  it("does not keep what the one before it had", () => {
    read(ask("host.test", 1, { udpSize: 1232 }));
    expect(read(ask("host.test"))).toMatchObject({ edns: false, limit: 512, version: 0 });
  });

  it("that answers is told apart, so that two servers do not talk for ever", () => {
    expect(read(ask("host.test", 1, { response: true })).kind).toBe("response");
  });

  it.each<[string, Uint8Array, number]>([
    ["another opcode", ask("host.test", 1, { opcode: 5 }), NOTIMP],
    ["no question", emit({}), FORMERR],
    [
      "two questions",
      emit({
        questions: [
          { name: "a", type: 1, class: 1 },
          { name: "b", type: 1, class: 1 },
        ],
      }),
      FORMERR,
    ],
    ["an answer", ask("host.test", 1, { answers: [a("host.test", "1.2.3.4")] }), FORMERR],
    ["a record that is no OPT", ask("host.test", 1, { additionals: [a("host.test", "1.2.3.4")] }), FORMERR],
    ["a name that ends nowhere", ask("host.test").subarray(0, 20), FORMERR],
    ["a type that is cut", ask("host.test").subarray(0, 25), FORMERR],
    ["a pointer as name", Uint8Array.of(0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1), FORMERR],
  ])("with %s is refused", (_what, bytes, rcode) => {
    expect(read(bytes)).toMatchObject({ kind: "refuse", rcode });
  });

  it("shorter than a head is nothing", () => {
    for (let length = 0; length < 12; length++) expect(read(new Uint8Array(length)).kind).toBe("malformed");
  });

  it("of any bytes is read without failing, and its name lies inside of them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const { kind, nameEnd } = read(bytes);
        if (kind === "query") expect(nameEnd + 4).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});
