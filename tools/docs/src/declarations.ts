import { join } from "node:path";

export interface Declaration {
  readonly name: string;
  readonly kind: string;
  /** The docstring without its stars. */
  readonly comment: string;
  /** The declaration as `tsc` wrote it, without `export declare` and private members. */
  readonly text: string;
}

export interface Module {
  /** The docstring of the module. */
  readonly about: string;
  readonly declarations: readonly Declaration[];
}

const STATEMENT = /^export (?:declare )?(?:abstract )?(function|const|class|interface|type)\s+([\w$]+)/;
const REEXPORT = /^export (?:type )?\{([^}]*)\} from "([^"]+)";/;
const STAR = /^export \* from "([^"]+)";/;

/**
 * What a `.d.ts` file exports, those of other files of the package among it. It reads what `tsc` writes, where each statement
 * begins at the start of a line.
 */
export function readDeclarations(
  path: string,
  read: (path: string) => string,
  folderOf: (path: string) => string,
): Module {
  const declarations: Declaration[] = [];
  const { about, statements } = splitStatements(read(path));
  const follow = (from: string) =>
    readDeclarations(join(folderOf(path), from.replace(/\.[jt]s$/, ".d.ts")), read, folderOf).declarations;
  const local = new Set<string>();
  for (const { comment, text } of statements) {
    const star = STAR.exec(text);
    const reexport = REEXPORT.exec(text);
    if (star?.[1]?.startsWith(".")) declarations.push(...follow(star[1]));
    else if (reexport) {
      const [, list = "", from = ""] = reexport;
      if (!from.startsWith(".")) continue;
      const all = follow(from);
      for (const item of list.split(",")) {
        const [inner, outer] = item
          .trim()
          .replace(/^type /, "")
          .split(" as ");
        for (const found of all) if (found.name === inner) declarations.push(outer ? { ...found, name: outer } : found);
      }
    } else {
      const [, kind, name] = STATEMENT.exec(text) ?? [];
      if (kind === undefined || name === undefined) continue;
      const known = declarations.findIndex((one) => local.has(name) && one.name === name && one.kind === kind);
      const shown = clean(text);
      local.add(name);
      if (known >= 0) {
        const before = declarations[known]!;
        declarations[known] = { ...before, text: `${before.text}\n${shown}` };
      } else declarations.push({ name, kind, comment, text: shown });
    }
  }
  return { about, declarations };
}

function clean(text: string): string {
  return text
    .replace(/^export (?:declare )?/, "")
    .replace(/^\s*(?:private [^;]*|#private);\n/gm, "")
    .trim();
}

/** Top-level statements with the docstring in front of each. A docstring that an import or a blank line follows is the module's. */
function splitStatements(source: string): { about: string; statements: { comment: string; text: string }[] } {
  const statements: { comment: string; text: string }[] = [];
  const lines = source.split("\n");
  let about = "";
  let comment = "";
  let index = 0;
  while (index < lines.length) {
    const line = lines[index]!;
    if (line.startsWith("/**")) {
      const end = lines.findIndex((one, at) => at >= index && one.includes("*/"));
      comment = strip(lines.slice(index, end + 1));
      const next = lines[end + 1] ?? "";
      if (statements.length === 0 && about === "" && /^(?:import|export (?:type )?[{*]|\s*$)/.test(next)) {
        about = comment;
        comment = "";
      }
      index = end + 1;
      continue;
    }
    if (!/^(?:export|declare|import|interface|type)\b/.test(line)) {
      index++;
      continue;
    }
    let end = index;
    // A statement goes on until the next line that begins one, or a docstring at the start of a line.
    while (end + 1 < lines.length && !/^(?:export|declare|import|interface|type|\/\*\*|\/\/#)/.test(lines[end + 1]!))
      end++;
    statements.push({
      comment,
      text: lines
        .slice(index, end + 1)
        .join("\n")
        .trim(),
    });
    comment = "";
    index = end + 1;
  }
  return { about, statements };
}

function strip(lines: readonly string[]): string {
  return lines
    .map((line) =>
      line
        .replace(/^\s*\/\*\*\s?/, "")
        .replace(/\s*\*\/\s*$/, "")
        .replace(/^\s*\* ?/, ""),
    )
    .join("\n")
    .trim();
}
