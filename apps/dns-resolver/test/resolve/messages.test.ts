import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createQuestion, randomCase, readReply } from "../../src/resolve/messages.ts";
import { a, emit, read } from "../messages.ts";

const ALTERNATING = () => 0x55555555;
const sent = createQuestion("host.test", 1, true, true, ALTERNATING)!;

describe("a question", () => {
  it("has random letters, identifier and room for answers", () => {
    expect(read(sent.bytes)).toMatchObject({ id: 0x5555, recursionDesired: true, udpSize: 1232 });
    expect(sent.name).toBe("HoSt.tEsT");
    expect(read(sent.bytes).questions).toEqual([{ name: "HoSt.tEsT", type: 1, class: 1 }]);
  });

  it("is none when the name is none", () => {
    expect(createQuestion(`${"x".repeat(64)}.test`, 1, true, true, ALTERNATING)).toBeUndefined();
  });

  it("is the same name in any case", () => {
    fc.assert(fc.property(fc.domain(), fc.nat(), (name, bits) => randomCase(name, () => bits).toLowerCase() === name));
  });
});

describe("a reply", () => {
  const answers = [a("host.test", "192.0.2.1")];
  const questions = [{ name: sent.name, type: 1, class: 1 }];
  const reply = { id: sent.id, response: true, questions, answers };

  it("that repeats identifier and letters is taken", () => {
    expect(readReply(emit(reply), sent)).toMatchObject({ answers });
  });

  it("in other letters is asked for in another way", () => {
    expect(readReply(emit({ ...reply, questions: [{ name: "host.test", type: 1, class: 1 }] }), sent)).toBe("case");
  });

  it.each<[string, Uint8Array]>([
    ["with another identifier", emit({ ...reply, id: 7 })],
    ["that is a query", emit({ ...reply, response: false })],
    ["to another name", emit({ ...reply, questions: [{ name: "other.test", type: 1, class: 1 }] })],
    ["to another type", emit({ ...reply, questions: [{ name: sent.name, type: 28, class: 1 }] })],
    ["to two questions", emit({ ...reply, questions: [...questions, ...questions] })],
    ["to no question, that claims success", emit({ ...reply, questions: [] })],
    ["that is cut", emit(reply).subarray(0, 20)],
  ])("%s is not taken", (_what, bytes) => expect(readReply(bytes, sent)).toBeUndefined());

  it("of a server that cannot read the question is its head alone", () => {
    expect(readReply(emit({ id: sent.id, response: true, rcode: 1 }), sent)).toMatchObject({ rcode: 1 });
  });
});
