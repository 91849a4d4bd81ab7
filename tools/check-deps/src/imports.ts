/** One module that a source file names. */
export interface Import {
  readonly specifier: string;
  /** From 1. */
  readonly line: number;
  /** Gone after compilation: `import type`, `export type … from`. */
  readonly typeOnly: boolean;
}

/** A `/` after one of these starts a regular expression, not a division. */
const beforeRegex = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw))\s*$/;

/**
 * The modules that a TypeScript source names, in order: static and dynamic imports, re-exports, `require`, and
 * `/// <reference types="…" />`. A scanner, not a parser: it knows comments, strings, templates and regular expressions, so that
 * the word "import" inside one of them is no import.
 */
export function findImports(source: string): Import[] {
  const found: Import[] = [];
  /** Code before the present place, without comments and without what strings hold. */
  let code = "";
  let line = 1;
  /** For each open template the number of braces open in its present `${…}`. */
  const templates: number[] = [];
  let at = 0;

  const skipTo = (end: number) => {
    for (let i = at; i < end; i++) if (source[i] === "\n") line++;
    at = end;
  };
  const skipTemplate = () => {
    let end = at;
    while (end < source.length && source[end] !== "`" && !source.startsWith("${", end))
      end += source[end] === "\\" ? 2 : 1;
    if (source[end] === "$") {
      skipTo(end + 2);
      templates.push(0);
    } else {
      skipTo(end + 1);
    }
    code += "``";
  };

  while (at < source.length) {
    const char = source[at]!;
    if (source.startsWith("//", at)) {
      const newline = source.indexOf("\n", at);
      const end = newline < 0 ? source.length : newline;
      const reference = /^\/\/\/\s*<reference\s+types="([^"]+)"/.exec(source.slice(at, end));
      if (reference) found.push({ specifier: reference[1]!, line, typeOnly: true });
      skipTo(end);
    } else if (source.startsWith("/*", at)) {
      const close = source.indexOf("*/", at + 2);
      skipTo(close < 0 ? source.length : close + 2);
    } else if (char === '"' || char === "'") {
      let end = at + 1;
      while (end < source.length && source[end] !== char && source[end] !== "\n") end += source[end] === "\\" ? 2 : 1;
      const typeOnly = namesModule(code);
      if (typeOnly !== undefined && end > at + 1) found.push({ specifier: source.slice(at + 1, end), line, typeOnly });
      code += '""';
      skipTo(end + 1);
    } else if (char === "`") {
      at++;
      skipTemplate();
    } else if (char === "}" && templates.at(-1) === 0) {
      templates.pop();
      at++;
      skipTemplate();
    } else if (char === "/" && beforeRegex.test(code.slice(-20))) {
      skipTo(endOfRegex(source, at));
      code += "/r/";
    } else {
      if (templates.length > 0) templates[templates.length - 1]! += char === "{" ? 1 : char === "}" ? -1 : 0;
      code += char;
      skipTo(at + 1);
    }
  }
  return found;
}

function endOfRegex(source: string, start: number): number {
  let inClass = false;
  let end = start + 1;
  for (; end < source.length && source[end] !== "\n"; end++) {
    if (source[end] === "\\") end++;
    else if (source[end] === "[") inClass = true;
    else if (source[end] === "]") inClass = false;
    else if (source[end] === "/" && !inClass) return end + 1;
  }
  return end;
}

/** Whether a string after this code names a module: undefined when not, else whether only types come from it. */
function namesModule(code: string): boolean | undefined {
  const tail = code.slice(-2000);
  if (/\b(?:import|require)\s*\(\s*$/.test(tail)) return false;
  if (/(?:^|[;\n}])\s*import\s*$/.test(tail)) return false;
  const clause = /(?:^|[;\n}])\s*(?:import|export)\b([^;"'`]*)\bfrom\s*$/.exec(tail);
  return clause ? /^\s*type\s+[^\s,]/.test(clause[1]!) : undefined;
}
