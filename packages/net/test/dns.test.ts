import { createDnsMessage, emitDns, parseDns, RECORD_TYPES } from "@soloist/net/dns";
import { describe, expect, it } from "vitest";

describe("@soloist/net/dns", () => {
  it("writes a reply of a server and reads it again", () => {
    const into = new Uint8Array(512).fill(0xa5);
    const questions = [{ name: "host.example", type: RECORD_TYPES.A, class: 1 }];
    const answers = [{ name: "host.example", class: 1, ttl: 60, type: "A" as const, address: 0x0a000001 }];
    const length = emitDns(into, 0, { ...createDnsMessage(), id: 7, response: true, questions, answers });
    expect(parseDns(into, 0, length)).toMatchObject({ id: 7, response: true, questions, answers });
  });

  it("reads nothing from bytes that are cut", () => {
    const into = new Uint8Array(512);
    const length = emitDns(into, 0, {
      ...createDnsMessage(),
      questions: [{ name: "host.example", type: 1, class: 1 }],
    });
    for (let cut = 0; cut < length; cut++) expect(parseDns(into, 0, cut)).toBeUndefined();
  });
});
