import { posix } from "node:path";
import { expect, it } from "vitest";
import { readDeclarations } from "../src/declarations.ts";
import { docstring } from "../src/reference.ts";

const files: Record<string, string> = {
  "/p/index.d.ts": `/**
 * About all.
 */
export { make, type Thing } from "./make.js";
export * from "./other.js";
//# sourceMappingURL=index.d.ts.map`,
  "/p/make.d.ts": `import { Hidden } from "./hidden.js";
/** Makes one.
 *
 * @throws RangeError when it cannot
 */
export declare function make(size: number): Thing;
export declare function make(): Thing;
/** A thing. */
export interface Thing {
    /** Its size. */
    readonly size: number;
}
/** Nobody's business. */
export declare const inner: number;`,
  "/p/other.d.ts": `export declare class Other {
    #private;
    /** Does it. */
    run(): void;
}`,
};
const read = (path: string) => files[path] ?? "";
const module = readDeclarations("/p/index.d.ts", read, posix.dirname);

it("the module's own docstring is told from those of its exports", () => {
  expect(module.about).toBe("About all.");
});

it("what is exported by name, or all of a file, is found; what is not stays out", () => {
  expect(module.declarations.map(({ name, kind }) => [name, kind])).toEqual([
    ["make", "function"],
    ["Thing", "interface"],
    ["Other", "class"],
  ]);
});

it("overloads are one declaration", () => {
  expect(module.declarations[0]!.text).toBe("function make(size: number): Thing;\nfunction make(): Thing;");
});

it("private members are not shown, docstrings of members are", () => {
  expect(module.declarations[2]!.text).toBe("class Other {\n    /** Does it. */\n    run(): void;\n}");
});

it("tags of a docstring become words and blocks", () => {
  expect(docstring("Does {@link it}.\n\n@throws RangeError when not\n@example\nit();")).toBe(
    "Does `it`.\n\nThrows RangeError when not\n\n```ts\nit();\n```",
  );
});
