import { describe, expect, it } from "vitest";
import { findImports } from "../src/index.ts";

const specifiers = (source: string) => findImports(source).map((one) => one.specifier);

describe("findImports", () => {
  it.each([
    ['import a from "x";', "x"],
    ["import a from 'x';", "x"],
    ['import "x";', "x"],
    ['import * as a from "x";', "x"],
    ['import a, { b as c } from "x";', "x"],
    ['import {\n  a,\n  b,\n} from "x";', "x"],
    ['export { a } from "x";', "x"],
    ['export * from "x";', "x"],
    ['const a = await import("x");', "x"],
    ['const a = await import(/* webpack: no */ "x");', "x"],
    ['const a = require("x");', "x"],
    ['type A = import("x").B;', "x"],
    ['/// <reference types="x" />', "x"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
    ['const a = `${await import("x")}`;', "x"],
  ])("%j names %s", (source, specifier) => {
    expect(specifiers(source)).toEqual([specifier]);
  });

  it.each([
    '// import a from "x";',
    '/* import a from "x"; */',
    "const text = 'import a from \"x\"';",
    'const text = `import a from "x";`;',
    'const re = /import a from "x"/;',
    'const a = Array.from("x");',
    'const message = "from"; const b = "x";',
    'declare module "x" {}',
  ])("%j names nothing", (source) => {
    expect(specifiers(source)).toEqual([]);
  });

  it("goes on after a division, a regular expression with a quote, and a nested template", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
    const source = 'const a = b / c / d;\nconst e = x.split(/["`]/);\nconst f = `${`${{ g: 1 }}`}`;\nimport "last";\n';
    expect(findImports(source)).toEqual([{ specifier: "last", line: 4, typeOnly: false }]);
  });

  it("tells types from values", () => {
    expect(
      findImports(
        'import type { A } from "x";\nimport { type A } from "x";\nexport type { A } from "x";\nimport type from "x";',
      ),
    ).toEqual([
      { specifier: "x", line: 1, typeOnly: true },
      { specifier: "x", line: 2, typeOnly: false },
      { specifier: "x", line: 3, typeOnly: true },
      { specifier: "x", line: 4, typeOnly: false },
    ]);
  });
});
