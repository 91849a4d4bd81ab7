import { expect, it } from "vitest";
import { createMergedLog } from "../../src/compose/merged-log.ts";

function log(color: boolean) {
  let text = "";
  const open = createMergedLog({
    names: ["web", "links"],
    color,
    write: (bytes) => (text += Buffer.from(bytes).toString()),
  });
  return { web: open("web"), links: open("links"), text: () => text };
}

it("lines of several consoles stay whole, each behind its name", () => {
  const { web, links, text } = log(false);
  web.write(Buffer.from("Liste"));
  links.write(Buffer.from("one\r\ntwo\n"));
  web.write(Buffer.from("ning\n"));
  expect(text()).toBe("links | one\nlinks | two\nweb   | Listening\n");
});

it("a line without its end is written at the end, or when something is to be said", () => {
  const { web, text } = log(false);
  web.write(Buffer.from("half"));
  web.note("ended with exit code 1");
  web.end();
  expect(text()).toBe("web   | half\nweb   | ended with exit code 1\n");
});

it("a line that never ends is bounded", () => {
  const { web, text } = log(false);
  for (let index = 0; index < 40; index++) web.write(Buffer.alloc(1024, "x"));
  expect(text().split("\n").length).toBeGreaterThan(2);
});

it("letters of several bytes that arrive in pieces come out whole", () => {
  const { web, text } = log(false);
  for (const byte of Buffer.from("Zürich\n")) web.write(Uint8Array.of(byte));
  expect(text()).toBe("web   | Zürich\n");
});

it("names have colours where these are wanted", () => {
  const { web, text } = log(true);
  web.write(Buffer.from("x\n"));
  expect(text()).toBe("\x1b[36mweb   |\x1b[39m x\n");
});
