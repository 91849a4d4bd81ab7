import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createStackStream } from "../../src/run/stack-stream.ts";

let folder: string;
let mapPath: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "soloist-ü-"));
  mapPath = join(folder, "image.map");
  const { outputFiles } = buildSync({
    stdin: {
      contents: "export const a: number = 1;\nexport const b: number = a;\n",
      loader: "ts",
      sourcefile: join(folder, "m.ts"),
    },
    sourcemap: "external",
    outfile: join(folder, "app.js"),
    write: false,
  });
  writeFileSync(mapPath, outputFiles.find(({ path }) => path.endsWith(".map"))!.text);
});
afterAll(() => rmSync(folder, { recursive: true }));

function pass(chunks: Uint8Array[]): Buffer {
  const stream = createStackStream(mapPath, "/");
  return Buffer.concat([...chunks.map((chunk) => stream.push(chunk)), stream.end()]);
}

const TEXT = Buffer.concat([
  Buffer.from("Hello aap app.j\napp.js app.js: ä\n    at f (app.js:1:5)\n    at app.js:2:1"),
  Buffer.from([0, 255, 128]),
  Buffer.from("myapp.json app.js:"),
]);

it("maps places, in paths of any alphabet, and passes all other bytes", () => {
  const text = pass([TEXT]).toString("latin1");
  const path = Buffer.from(join(folder, "m.ts").slice(1)).toString("latin1");
  expect(text).toContain(`at f (${path}:1:`);
  expect(text).toContain(`at ${path}:2:`);
  expect(text.replaceAll(path, "app.js")).toHaveLength(TEXT.length + (text.match(/:1:\d\d/g)?.length ?? 0));
  expect(text.endsWith("\x00\xff\x80myapp.json app.js:")).toBe(true);
});

it("chunks may end anywhere", () => {
  const whole = pass([TEXT]);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: TEXT.length }), { maxLength: 12 }), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), TEXT.length];
      expect(pass(at.slice(1).map((end, index) => TEXT.subarray(at[index], end)))).toEqual(whole);
    }),
    { numRuns: 300 },
  );
});

it("text that cannot be part of a place passes at once", () => {
  const stream = createStackStream(mapPath);
  expect(stream.push(Buffer.from("Listening on port 80")).toString()).toBe("Listening on port 80");
  expect(stream.push(Buffer.from("at app")).toString()).toBe("at ");
  expect(stream.push(Buffer.from("le")).toString()).toBe("apple");
});

it("without a map stacks stay as they are", () => {
  const stream = createStackStream(join(folder, "none.map"));
  expect(stream.push(Buffer.from("at app.js:1:5\n")).toString()).toBe("at app.js:1:5\n");
});
