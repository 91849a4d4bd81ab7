import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Blob, File } from "../../src/fetch/blob.ts";
import { FormData } from "../../src/fetch/form-data.ts";
import { parseParts } from "../../src/fetch/multipart.ts";
import { Request, Response } from "../../src/index.ts";

const request = (body: string | AsyncIterable<string>, type: string) =>
  new Request("http://localhost/", { method: "POST", body, headers: { "content-type": type } });
const TYPE = "multipart/form-data; boundary=x";
const part = (name: string, text: string) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;

describe("FormData", () => {
  it("set replaces in place and removes further values", () => {
    const form = new FormData();
    for (const [name, value] of ["a1", "b2", "a3"]) form.append(name!, value!);
    form.set("a", "4");
    expect([...form]).toEqual([
      ["a", "4"],
      ["b", "2"],
    ]);
  });

  it("what is sent as multipart arrives the same", async () => {
    const field = fc.tuple(fc.string({ unit: "grapheme" }), fc.oneof(fc.string({ unit: "grapheme" }), fc.uint8Array()));
    await fc.assert(
      fc.asyncProperty(fc.array(field, { maxLength: 5 }), async (fields) => {
        const form = new FormData();
        for (const [name, value] of fields) {
          // Line breaks of text become CRLF, and %22, %0D and %0A in names cannot be told from what they stand for.
          const safe = name.replace(/[%\\]/g, "");
          if (typeof value === "string") form.append(safe, value.replace(/[\r\n]/g, "").replace(/^\ufeff/, ""));
          else form.append(safe, new File([value as Uint8Array<ArrayBuffer>], "f", { type: "image/png" }));
        }
        const arrived = await new Response(form).formData();
        const shown = (list: FormData) =>
          Promise.all(
            Array.from(list, async ([n, v]) => [n, typeof v === "string" ? v : [v.name, v.type, ...(await v.bytes())]]),
          );
        expect(await shown(arrived)).toEqual(await shown(form));
      }),
      { numRuns: 50 },
    );
  });

  it("a boundary is not one that a file holds", async () => {
    const form = new FormData();
    form.append("f", new Blob(["\r\n------soloist\r\nevil"]));
    const file = (await new Response(form).formData()).get("f") as File;
    expect(await file.text()).toBe("\r\n------soloist\r\nevil");
  });
});

describe("multipart", () => {
  const whole = `preamble\r\n${part("a", "1\r\n--\r\n--xy".replace("--xy", "--y"))}${part("b", "")}--x--\r\nepilogue`;

  it("every split of the content gives the same form", async () => {
    for (let at = 0; at <= whole.length; at++) {
      const content = (async function* () {
        yield whole.slice(0, at);
        yield whole.slice(at);
      })();
      const form = await request(content, TYPE).formData();
      expect([...form]).toEqual([
        ["a", "1\r\n--\r\n--y"],
        ["b", ""],
      ]);
    }
  });

  it.each([
    ["cut short in a part", part("a", "1")],
    ["cut short in a head", "--x\r\nContent-Dispo"],
    ["without a boundary at all", "nothing"],
    ["with a part without a name", "--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--"],
    ["with a head that is too long", `--x\r\nA: ${"a".repeat(9000)}\r\n\r\n1\r\n--x--`],
  ])("content %s is refused with 400", async (_name, text) => {
    await expect(request(text, TYPE).formData()).rejects.toMatchObject({ status: 400, code: "ERR_MULTIPART" });
  });

  it.each([
    ['form-data; filename="a; name=\\"evil\\".txt"; name="real"', "real", 'a; name="evil".txt'],
    ['form-data; name="a; filename=b"', "a; filename=b", undefined],
    ['form-data; name="a"; name="b"', "a", undefined],
    ["form-data; Name=a ; FileName=b.txt", "a", "b.txt"],
  ])("what stands between quotes is no parameter: %s", async (disposition, name, filename) => {
    const content = `--x\r\nContent-Disposition: ${disposition}\r\n\r\n1\r\n--x--`;
    const parts: unknown[] = [];
    for await (const each of parseParts(TYPE, content)) parts.push([each.name, each.filename]);
    expect(parts).toEqual([[name, filename]]);
  });

  it("more than 1,000 fields are refused with 413", async () => {
    const many = `${Array.from({ length: 1001 }, () => part("a", "")).join("")}--x--`;
    await expect(request(many, TYPE).formData()).rejects.toMatchObject({ status: 413 });
    const pairs = Array.from({ length: 1001 }, () => "a=1").join("&");
    await expect(request(pairs, "application/x-www-form-urlencoded").formData()).rejects.toMatchObject({ status: 413 });
  });

  it("parts are given while later ones are still to come, and unread ones are skipped", async () => {
    const steps: string[] = [];
    const content = (async function* () {
      for (const name of ["a", "b", "c"]) {
        steps.push(`sent ${name}`);
        yield part(name, "x".repeat(1000));
      }
      yield "--x--";
    })();
    for await (const { name, text } of parseParts(TYPE, content)) {
      steps.push(`got ${name}`);
      if (name === "b") expect((await text()).length).toBe(1000);
    }
    expect(steps.indexOf("got a")).toBeLessThan(steps.indexOf("sent b"));
    expect(steps.filter((step) => step.startsWith("got"))).toEqual(["got a", "got b", "got c"]);
  });
});

describe("Blob", () => {
  it("slices as arrays do", async () => {
    const blob = new Blob(["hello ", new Blob(["world"])], { type: "TEXT/plain" });
    expect([blob.size, blob.type, await blob.slice(-5, -1).text()]).toEqual([11, "text/plain", "worl"]);
    expect(await blob.slice(4, 2).text()).toBe("");
    expect(await new Response(blob).text()).toBe("hello world");
    expect(new Response(blob).headers.get("content-type")).toBe("text/plain");
  });
});
