/**
 * Values as text for people, laid out as Node.js lays them out where that is worth the code: objects on one line while
 * they are short, cycles named, depth bounded. Differs from Node.js: long arrays are filled line by line, without columns;
 * the state of a Promise is not shown.
 */

/** Length up to which an object stays on one line. */
const LINE = 80;
/** Levels of nesting that may share a line. */
const COMPACT = 3;
const MAX_ITEMS = 100;
const MAX_STRING = 10_000;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

export interface InspectOptions {
  /** Levels of nested objects that are shown; null: all. */
  readonly depth?: number | null;
}

/** Formats any value; never throws for what a value's own code throws. */
export function inspect(value: unknown, options: InspectOptions = {}): string {
  const { depth = 2 } = options;
  return formatValue({ depth: depth ?? Infinity, stack: [], circular: new Map(), indentation: 0, level: 0 }, value, 0);
}

/** An error with name, message, stack, own properties and causes; any other value inspected. */
export function formatError(error: unknown): string {
  return typeof error === "string" ? error : inspect(error);
}

interface Context {
  readonly depth: number;
  /** Objects that enclose the one being formatted. */
  readonly stack: object[];
  /** Objects that contain themselves, numbered. */
  readonly circular: Map<object, number>;
  indentation: number;
  /** Nesting of the object that was formatted last. */
  level: number;
}

function formatValue(context: Context, value: unknown, level: number): string {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return formatPrimitive(value);
  if (context.stack.includes(value)) {
    let index = context.circular.get(value);
    if (index === undefined) {
      index = context.circular.size + 1;
      context.circular.set(value, index);
    }
    return `[Circular *${index}]`;
  }
  try {
    return formatObject(context, value, level);
  } catch (error) {
    return `[not inspectable: ${error instanceof Error ? error.message : typeof error}]`;
  }
}

function formatPrimitive(value: unknown): string {
  if (typeof value === "string") {
    if (value.length <= MAX_STRING) return quote(value);
    return `${quote(value.slice(0, MAX_STRING))}... ${value.length - MAX_STRING} more characters`;
  }
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  return String(value);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
  "\\": "\\\\",
};

function quote(value: string): string {
  let mark = "'";
  if (value.includes("'")) {
    if (!value.includes('"')) mark = '"';
    else if (!value.includes("`") && !value.includes("${")) mark = "`";
  }
  let result = mark;
  for (const character of value) {
    const code = character.charCodeAt(0);
    if (character === mark) result += `\\${mark}`;
    else if (character in ESCAPES) result += ESCAPES[character];
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) result += `\\x${hex(code)}`;
    else if (character.length === 1 && code >= 0xd800 && code < 0xe000) result += `\\u${code.toString(16)}`;
    else result += character;
  }
  return result + mark;
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, "0");
}

/** How an object is shown: `prefix { entries }`. */
interface Shape {
  prefix: string;
  open: string;
  close: string;
  entries: string[];
  /** Shown instead of empty braces; with entries it stands before them. */
  bare?: string;
  isList?: boolean;
}

/** A method of this name says how an object is shown: `(depth, options, inspect) => string or something to show`. */
export const CUSTOM = Symbol.for("nodejs.util.inspect.custom");

function formatObject(context: Context, value: object, level: number): string {
  const custom: unknown = (value as Record<symbol, unknown>)[CUSTOM];
  if (typeof custom === "function") {
    const shown: unknown = custom.call(value, context.depth - level, {}, inspect);
    if (shown !== value) return typeof shown === "string" ? shown : formatValue(context, shown, level);
  }
  const name = nameOf(value);
  const keys = shownKeys(value);
  const hasContents = keys.length > 0 || !isEmpty(value);
  if (level > context.depth && hasContents && !isLeaf(value))
    return `[${Array.isArray(value) ? "Array" : (name ?? "Object: null prototype")}]`;

  context.stack.push(value);
  if (hasContents) context.level = level;
  const entry = (item: unknown): string => {
    context.indentation += 2;
    const text = formatValue(context, item, level + 1);
    context.indentation -= 2;
    return text;
  };
  const shape = shapeOf(value, name, entry);
  if (shape.bare?.includes("\n")) shape.bare = shape.bare.replaceAll("\n", `\n${" ".repeat(context.indentation)}`);
  for (const key of keys) shape.entries.push(formatProperty(value, key, entry));
  context.stack.pop();

  const index = context.circular.get(value);
  if (index !== undefined) shape.prefix = `<ref *${index}> ${shape.prefix}`;
  return layOut(context, shape, level);
}

/** Whether a value is short enough to be shown at any depth. */
function isLeaf(value: object): boolean {
  return typeof value === "function" || value instanceof Date || value instanceof RegExp || value instanceof Error;
}

/** Whether a value has nothing but properties. */
function isEmpty(value: object): boolean {
  if (value instanceof Map || value instanceof Set) return value.size === 0;
  return !Array.isArray(value) || value.length === 0;
}

function nameOf(value: object): string | undefined {
  for (let object: object | null = value; object !== null; object = Object.getPrototypeOf(object)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, "constructor");
    if (typeof descriptor?.value === "function" && descriptor.value.name !== "") return descriptor.value.name;
  }
  return undefined;
}

function shownKeys(value: object): PropertyKey[] {
  const isIndexed = Array.isArray(value) || ArrayBuffer.isView(value);
  return Reflect.ownKeys(value).filter((key) => {
    if (isIndexed && typeof key === "string" && /^\d+$/.test(key)) return false;
    if (value instanceof Error) {
      if (key === "cause" || key === "errors") return true;
      if (key === "name" || key === "message" || key === "stack") return false;
    }
    return Object.prototype.propertyIsEnumerable.call(value, key);
  });
}

function formatProperty(value: object, key: PropertyKey, entry: (item: unknown) => string): string {
  const descriptor = Object.getOwnPropertyDescriptor(value, key);
  let label = typeof key === "symbol" ? String(key) : IDENTIFIER.test(String(key)) ? String(key) : quote(String(key));
  if (descriptor !== undefined && !descriptor.enumerable) label = `[${label}]`;
  if (descriptor?.get !== undefined)
    return `${label}: ${descriptor.set === undefined ? "[Getter]" : "[Getter/Setter]"}`;
  if (descriptor?.set !== undefined) return `${label}: [Setter]`;
  return `${label}: ${entry(descriptor?.value)}`;
}

function shapeOf(value: object, name: string | undefined, entry: (item: unknown) => string): Shape {
  const shape: Shape = { prefix: "", open: "{", close: "}", entries: [] };
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    const list = value as unknown as ArrayLike<unknown>;
    shape.open = "[";
    shape.close = "]";
    shape.isList = true;
    if (name !== "Array") shape.prefix = `${name ?? "[Array: null prototype]"}(${list.length}) `;
    shape.entries = listItems(list, entry);
  } else if (typeof value === "function") {
    shape.bare = describeFunction(value);
  } else if (value instanceof Error) {
    shape.bare = describeError(value);
  } else if (value instanceof Map) {
    shape.prefix = `${name}(${value.size}) `;
    for (const [key, item] of value) shape.entries.push(`${entry(key)} => ${entry(item)}`);
  } else if (value instanceof Set) {
    shape.prefix = `${name}(${value.size}) `;
    for (const item of value) shape.entries.push(entry(item));
  } else if (value instanceof Date) {
    shape.bare = Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  } else if (value instanceof RegExp) {
    shape.bare = String(value);
  } else if (value instanceof ArrayBuffer) {
    shape.prefix = "ArrayBuffer ";
    const shown = new Uint8Array(value, 0, Math.min(50, value.byteLength));
    const more = value.byteLength > 50 ? ` ... ${value.byteLength - 50} more bytes` : "";
    const bytes = [...shown].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    shape.entries.push(`[Uint8Contents]: <${bytes}${more}>`, `byteLength: ${value.byteLength}`);
  } else if (value instanceof WeakMap || value instanceof WeakSet) {
    shape.prefix = `${name} `;
    shape.entries.push("<items unknown>");
  } else if (value instanceof Number || value instanceof Boolean || value instanceof String) {
    shape.bare = `[${name}: ${formatPrimitive(value.valueOf())}]`;
  } else {
    shape.prefix = objectPrefix(value, name);
  }
  return shape;
}

function objectPrefix(value: object, name: string | undefined): string {
  const tag: unknown = (value as Record<symbol, unknown>)[Symbol.toStringTag];
  const label = name ?? "[Object: null prototype]";
  if (typeof tag === "string" && tag !== "" && tag !== name) return `${label} [${tag}] `;
  return label === "Object" ? "" : `${label} `;
}

function listItems(list: ArrayLike<unknown>, entry: (item: unknown) => string): string[] {
  const items: string[] = [];
  let holes = 0;
  const flush = () => {
    if (holes > 0) items.push(`<${holes} empty item${holes > 1 ? "s" : ""}>`);
    holes = 0;
  };
  let index = 0;
  for (; index < list.length && items.length < MAX_ITEMS; index++) {
    if (index in list) {
      flush();
      items.push(entry(list[index]));
    } else {
      holes++;
    }
  }
  flush();
  const more = list.length - index;
  if (more > 0) items.push(`... ${more} more item${more > 1 ? "s" : ""}`);
  return items;
}

function describeFunction(value: { readonly name: string }): string {
  const source = Function.prototype.toString.call(value);
  if (source.startsWith("class") && !/^class\s*\(/.test(source)) {
    const base = Object.getPrototypeOf(value)?.name;
    return `[class ${value.name || "(anonymous)"}${base ? ` extends ${base}` : ""}]`;
  }
  const tag: unknown = (value as unknown as Record<symbol, unknown>)[Symbol.toStringTag];
  const kind = typeof tag === "string" ? tag : "Function";
  return value.name === "" ? `[${kind} (anonymous)]` : `[${kind}: ${value.name}]`;
}

function describeError(error: Error): string {
  let { name } = error;
  if (name === "Error" || name === undefined) name = nameOf(error) ?? "Error";
  const title = error.message ? `${name}: ${error.message}` : String(name);
  const stack = typeof error.stack === "string" ? error.stack.trimEnd() : "";
  // V8 puts the title in front of the frames, QuickJS only has the frames.
  const at = stack.search(/^ {4}at /m);
  const frames = at < 0 ? "" : withoutConstructors(stack.slice(at), error);
  return frames === "" ? `[${title}]` : `${title}\n${frames}`;
}

/** QuickJS lists the constructors of an error's classes as its first frames; V8 does not, and nobody wants them. */
function withoutConstructors(frames: string, error: Error): string {
  const names: string[] = [];
  for (let object = Object.getPrototypeOf(error); object !== null; object = Object.getPrototypeOf(object)) {
    names.push(`    at ${object.constructor?.name} (`);
  }
  let rest = frames;
  while (rest.includes("\n") && names.some((name) => rest.startsWith(name))) rest = rest.slice(rest.indexOf("\n") + 1);
  return rest;
}

function layOut(context: Context, shape: Shape, level: number): string {
  const { entries, open, close, prefix } = shape;
  const head = shape.bare === undefined ? `${prefix}${open}` : `${prefix}${shape.bare}`;
  if (entries.length === 0) return shape.bare === undefined ? `${prefix}${open}${close}` : head;
  const start = shape.bare === undefined ? head : `${head} {`;
  const indentation = `\n${" ".repeat(context.indentation)}`;
  let total = entries.length + start.length + context.indentation + 10;
  for (const text of entries) total += text.length;
  const isShort =
    total + entries.length <= LINE && !start.includes("\n") && !entries.some((text) => text.includes("\n"));
  if (isShort && context.level - level < COMPACT && !(shape.isList && entries.length > 6 && total > LINE)) {
    return `${start} ${entries.join(", ")} ${close}`;
  }
  const lines = shape.isList && entries.length > 6 ? fill(entries, context.indentation) : entries;
  return `${start}${indentation}  ${lines.join(`,${indentation}  `)}${indentation}${close}`;
}

/** Puts as many items on each line as fit. */
function fill(entries: readonly string[], indentation: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const text of entries) {
    if (line !== "" && (line.length + text.length + 5 + indentation > LINE || text.includes("\n"))) {
      lines.push(line);
      line = text;
    } else {
      line = line === "" ? text : `${line}, ${text}`;
    }
  }
  lines.push(line);
  return lines;
}
