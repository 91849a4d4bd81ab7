import { buildSync } from "esbuild";
import { expect, it } from "vitest";
import { createStackMapper } from "../src/stacks.ts";

const source = "interface Order { n: number }\n\nexport function check(order: Order): number {\n  return order.n;\n}\n";
const { outputFiles } = buildSync({
  stdin: { contents: source, loader: "ts", sourcefile: "/somewhere/src/main.ts" },
  sourcemap: "external",
  outfile: "/somewhere/dist/app.js",
  write: false,
});
const map = outputFiles.find(({ path }) => path.endsWith(".map"))!.text;
const code = outputFiles.find(({ path }) => path.endsWith(".js"))!.text.split("\n");
const line = code.findIndex((text) => text.includes("return order.n")) + 1;
const column = code[line - 1]!.indexOf("order.n") + 1;

it("a place in the bundle becomes the place in TypeScript", () => {
  const mapper = createStackMapper(map, "/somewhere/dist/image.map", "/somewhere");
  const position = mapper.position(line, column);
  expect(position).toMatchObject({ line: 4, column: 10 });
  expect(position!.path).toMatch(/\/src\/main\.ts$/);
});

it("text around it stays as it is", () => {
  const mapper = createStackMapper(map, "/somewhere/dist/image.map", "/somewhere");
  const text = mapper.text(`Error: no\n    at check (app.js:${line}:${column})\n    at map (native)\n`);
  expect(text).toMatch(/^Error: no\n {4}at check \(\S*main\.ts:4:10\)\n {4}at map \(native\)\n$/);
});

it("places that the map does not know stay as they are", () => {
  const mapper = createStackMapper(map, "/somewhere/dist/image.map");
  expect(mapper.text("at x (app.js:9999:1), myapp.json:1, app.js")).toBe("at x (app.js:9999:1), myapp.json:1, app.js");
});
