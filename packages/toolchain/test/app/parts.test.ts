import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildImage } from "../../src/app/build-image.ts";
import { findPackage } from "../../src/base.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "soloist-parts-"));
  for (const path of ["src", "public", "node_modules/@soloist", "node_modules/tool/src/parts"]) {
    mkdirSync(join(folder, path), { recursive: true });
  }
  for (const name of ["@soloist/runtime", "@soloist/interface", "@soloist/crunch"]) {
    symlinkSync(findPackage(name)!, join(folder, "node_modules", name));
  }
  const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
  write("package.json", '{"name":"test-app","type":"module","dependencies":{"@soloist/runtime":"*"}}');
  write("public/index.html", "<p>.saw</p>");
  const tool = {
    name: "tool",
    type: "module",
    sideEffects: false,
    exports: "./src/index.ts",
    soloist: { parts: { saw: ["saw", "cut"] } },
  };
  write("node_modules/tool/package.json", JSON.stringify(tool));
  write(
    "node_modules/tool/src/index.ts",
    `import { createSaw } from "./parts/saw.ts";
     export const tools = () => ({ hammer: "bang", saw: createSaw(), cut: () => tools().saw });
     export const unused = (box) => box.saw;`,
  );
  write("node_modules/tool/src/parts/saw.ts", 'export const createSaw = () => "a real saw";');
  write("node_modules/tool/src/parts/no-saw.ts", 'export const createSaw = () => "no saw";');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What an app prints while it is built, which is what its bundle holds. */
async function prints(statement: string, minify: boolean): Promise<string> {
  const main = `import { run } from "@soloist/runtime"; import { tools } from "tool"; import files from "crunch:../public";
    run([], () => {});
    ${statement}`;
  writeFileSync(join(folder, "src/main.ts"), main);
  let output = "";
  const consoleWrite = (bytes: Uint8Array) => {
    output += Buffer.from(bytes).toString();
  };
  await buildImage({ app: folder, target: "spt", out: join(folder, "image.spt"), minify, consoleWrite });
  return output;
}

const byParts = 'tools()[["s", "a", "w"].join("")]';

it.each([
  ["as a property", "console.log(tools().saw);", "a real saw\n"],
  ["by destructuring", "const { hammer, saw } = tools(); console.log(saw);", "a real saw\n"],
  ["as a key", 'console.log(tools()["saw"]);', "a real saw\n"],
  ["by another name that leads to it", "console.log(tools().cut());", "a real saw\n"],
  ["never, but in texts", `console.log("I saw, you saw", ${byParts});`, "I saw, you saw no saw\n"],
  ["in a comment", `console.log(${byParts}); // tools().saw`, "no saw\n"],
  ["in code that is left out itself", `const unused = () => tools().saw; console.log(${byParts});`, "no saw\n"],
  ["in files", `console.log(files === undefined, ${byParts});`, "false no saw\n"],
])("a part that code names %s", async (_how, statement, output) => {
  for (const minify of [false, true]) expect(await prints(statement, minify)).toBe(output);
});
