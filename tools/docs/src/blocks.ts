/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  /** What stands behind the language: `file=step-2/src/main.ts`, `run`, `not-run="needs root"`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
}

const FENCE = /^```(\S*)[ \t]*(.*)$/;

export function parseAttributes(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name, quoted, plain] of text.matchAll(/([\w-]+)(?:=(?:"([^"]*)"|(\S+)))?/g)) {
    found[name!] = quoted ?? plain ?? "";
  }
  return found;
}

/** The fenced blocks of a Markdown text, in order. */
export function findBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  mapBlocks(markdown, (block) => {
    blocks.push(block);
    return block.text;
  });
  return blocks;
}

/** The text with each block's content replaced by what `map` makes of it. */
export function mapBlocks(markdown: string, map: (block: Block) => string): string {
  const lines = markdown.split("\n");
  const result: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    result.push(line);
    const opening = FENCE.exec(line);
    if (!opening) continue;
    const end = lines.indexOf("```", index + 1);
    if (end < 0) throw new RangeError(`the block of line ${index + 1} does not end`);
    const text = lines.slice(index + 1, end).join("\n");
    const [, language = "", rest = ""] = opening;
    const content = map({ language, attributes: parseAttributes(rest), text, line: index + 1 });
    if (content !== "") result.push(...content.split("\n"));
    result.push("```");
    index = end;
  }
  return result.join("\n");
}
