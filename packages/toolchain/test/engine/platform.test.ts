import { beforeAll, describe, expect, it } from "vitest";
import { evaluate } from "../../src/engine/evaluate.ts";
import { prepareToyBase, toyBase } from "../toy-base.ts";

beforeAll(prepareToyBase);

/** Evaluates an expression with the platform in scope, at build time. */
async function value(expression: string): Promise<string> {
  let output = "";
  await evaluate({
    base: toyBase(),
    modules: [],
    snapshot: true,
    source: `
      const p = globalThis["native:platform"];
      p.register({ manifest: () => '{"type":"solo5.manifest","version":1,"devices":[]}', boot() {}, turn() {}, uncaught() {}, rejection() {} });
      const bytes = Uint8Array.from([1, 2, 3, 200, 255, 65, 66, 0, 67]);
      let result;
      try { result = ${expression} } catch (error) { result = error.name }
      p.consoleWrite(String(result));
    `,
    consoleWrite: (chunk) => {
      output += Buffer.from(chunk).toString();
    },
  });
  return output;
}

describe("the byte helpers do at build time what they do in an image", () => {
  it.each([
    ["p.checksum(bytes, 0, 4, 0)", String(0x0102 + 0x03c8)],
    ["p.checksum(bytes, 0, 3, 0)", String(0x0102 + 0x0300)],
    ["p.checksum(Uint8Array.of(255, 255, 0, 2), 0, 4, 0)", "2"],
    ["p.checksum(bytes, 0, 2, 0xffff)", String(0x0102)],
    ["p.findByte(bytes, 255, 1, 8)", "4"],
    ["p.findByte(bytes, 9, 0, 9)", "-1"],
    ["p.findInSet(bytes, new Uint8Array(256).fill(1, 65, 67), 0, 9)", "5"],
    ["(p.copy(bytes, 1, bytes, 0, 4), bytes.join())", "1,1,2,3,200,65,66,0,67"],
    ["p.equal(bytes, 0, Uint8Array.of(1, 2), 0, 2)", "true"],
    ["p.equal(bytes, 1, Uint8Array.of(1, 2), 0, 2)", "false"],
    ["p.utf8Decode(Uint8Array.of(195, 164, 255), 0, 3)", "ä\ufffd"],
    ["p.utf8Encode('ä', bytes, 7) + ' ' + bytes[7] + ' ' + bytes[8]", "2 195 164"],
    ["p.utf8Encode('äb', bytes, 7)", "-1"],
    ["p.latin1Decode(bytes, 3, 2)", "Èÿ"],
    ["p.base64Encode(bytes, 0, 4)", Buffer.from([1, 2, 3, 200]).toString("base64")],
    ["p.base64Decode(' AQ ID', bytes, 0)", "3"],
    ["p.base64Decode('A?==', bytes, 0)", "-1"],
    ["p.base64Decode('A', bytes, 0)", "-1"],
    ["p.checksum(bytes, 5, 5, 0)", "RangeError"],
    ["p.findByte(bytes, 1, -1, 2)", "RangeError"],
    ["p.copy([], 0, bytes, 0, 1)", "TypeError"],
  ])("%s is %s", async (expression, expected) => {
    expect(await value(expression)).toBe(expected);
  });
});
