/** Where a template's value stands, which decides how it is written. */
export const TEXT = 0;
/** In a quoted attribute. */
export const ATTRIBUTE = 1;
/** At the beginning of a quoted attribute that is an address. */
export const ADDRESS = 2;
/** The same of an element that shows what the address leads to: pictures may be in the address itself. */
export const SOURCE = 3;
/** Among a tag's attributes: HTML or nothing. */
export const TAG = 4;
/** In a script, a style, a comment, an event handler: only HTML that the author vouches for. */
export const TRUSTED = 5;

const ADDRESSES = new Set(["href", "action", "formaction", "xlink:href", "data", "cite", "ping", "manifest"]);
const SOURCES = new Set(["src", "poster", "background"]);

/** An attribute's fragment on its own: `html` of ` title="…"`. */
const BEGINS_IN_TAG = /^\s+[\w:.-]+\s*=\s*["']/;

const known = new WeakMap<TemplateStringsArray, Uint8Array>();

/**
 * Kinds of a template's values, one for each; found once for a template and kept.
 *
 * @throws TypeError for a value where no escaping could hold it: a tag's name, an attribute without quotes.
 */
export function holesOf(strings: TemplateStringsArray): Uint8Array {
  let holes = known.get(strings);
  if (holes === undefined) {
    holes = scan(strings);
    known.set(strings, holes);
  }
  return holes;
}

type State = "text" | "name" | "tag" | "attribute" | "equals" | "double" | "single" | "bare" | "comment" | "raw";

function scan(strings: TemplateStringsArray): Uint8Array {
  const holes = new Uint8Array(strings.length - 1);
  let state: State = BEGINS_IN_TAG.test(strings[0]!) ? "tag" : "text";
  let tag = "";
  let attribute = "";
  /** Whether something of the attribute's value stands already. */
  let begun = false;
  for (let part = 0; part < strings.length; part++) {
    const text = strings[part]!;
    for (let at = 0; at < text.length; at++) {
      const character = text[at]!;
      switch (state) {
        case "text":
          if (character !== "<") break;
          if (text.startsWith("<!--", at)) state = "comment";
          else if (/[a-z/!]/i.test(text[at + 1] ?? (part < holes.length ? "/" : ""))) {
            state = "name";
            tag = "";
          }
          break;
        case "name":
          if (character === ">") state = isRaw(tag) ? "raw" : "text";
          else if (/\s/.test(character)) state = "tag";
          else tag += character.toLowerCase();
          break;
        case "tag":
        case "attribute":
          if (character === ">") state = isRaw(tag) ? "raw" : "text";
          else if (character === "=") state = "equals";
          else if (/[\s/]/.test(character)) {
            if (state === "attribute") state = "tag";
          } else if (state === "attribute") attribute += character.toLowerCase();
          else {
            attribute = character.toLowerCase();
            state = "attribute";
          }
          break;
        case "equals":
          if (/\s/.test(character)) break;
          state = character === '"' ? "double" : character === "'" ? "single" : character === ">" ? "text" : "bare";
          begun = false;
          break;
        case "double":
        case "single":
          if (character === (state === "double" ? '"' : "'")) state = "tag";
          else begun = true;
          break;
        case "bare":
          if (character === ">") state = isRaw(tag) ? "raw" : "text";
          else if (/\s/.test(character)) state = "tag";
          break;
        case "comment":
          if (text.startsWith("-->", at)) state = "text";
          break;
        case "raw":
          if (text.slice(at, at + tag.length + 2).toLowerCase() === `</${tag}`) {
            state = "name";
            tag = "";
          }
          break;
      }
    }
    if (part === holes.length) break;
    if ((state === "name" && tag !== "") || state === "attribute") state = "tag";
    holes[part] = kindOf(state, attribute, begun);
    begun = true;
  }
  return holes;
}

function isRaw(tag: string): boolean {
  return tag === "script" || tag === "style" || tag === "iframe" || tag === "noscript" || tag === "xmp";
}

function kindOf(state: State, attribute: string, begun: boolean): number {
  switch (state) {
    case "text":
      return TEXT;
    case "tag":
      return TAG;
    case "comment":
    case "raw":
      return TRUSTED;
    case "double":
    case "single":
      if (attribute.startsWith("on") || attribute === "srcdoc") return TRUSTED;
      if (begun) return ATTRIBUTE;
      if (ADDRESSES.has(attribute)) return ADDRESS;
      return SOURCES.has(attribute) ? SOURCE : ATTRIBUTE;
    case "equals":
    case "bare":
      throw new TypeError(`html: the value of ${attribute} needs quotes: ${attribute}="\${…}"`);
    default:
      throw new TypeError("html: a value cannot be the name of a tag");
  }
}

/** What stands in place of an address that would run a script. */
const UNSAFE = "about:invalid#unsafe";

/** An address that leads somewhere and runs nothing; browsers ignore controls and white space in and before a scheme. */
export function safeAddress(address: string, kind: number): string {
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(address.replace(/[\0-\x20\x7f-\x9f]/g, ""))?.[1]?.toLowerCase();
  if (scheme === "javascript" || scheme === "vbscript") return UNSAFE;
  if (scheme === "data" && !(kind === SOURCE && /^\s*data:(image|audio|video)\//i.test(address))) return UNSAFE;
  return address;
}
