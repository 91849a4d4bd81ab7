export interface InspectOptions {
  /** Levels of nested objects that are shown; null: all. Default 2. */
  readonly depth?: number | null;
}

const CUSTOM = Symbol.for("nodejs.util.inspect.custom");
const MAX_ITEMS = 100;
const MAX_BYTES = 50;

/** A value as text for people, on one line: for messages of errors and for debugging, shorter than Node's own. */
export function inspect(value: unknown, options: InspectOptions = {}): string {
  return show(value, options.depth === null ? Number.POSITIVE_INFINITY : (options.depth ?? 2), []);
}
inspect.custom = CUSTOM;

function show(value: unknown, depth: number, around: readonly object[]): string {
  if (typeof value === "string") return `'${value.replace(/[\\']/g, "\\$&").replaceAll("\n", "\\n")}'`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function")
    return `[${isClass(value) ? "class" : "Function"}${value.name ? `: ${value.name}` : " (anonymous)"}]`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (around.includes(value)) return "[Circular]";
  const custom = (value as Record<symbol, unknown>)[CUSTOM];
  if (typeof custom === "function") {
    const shown: unknown = custom.call(value, depth, { depth }, inspect);
    if (typeof shown === "string") return shown;
    if (shown !== value) return show(shown, depth, [...around, value]);
  }
  if (value instanceof Error)
    return value.stack?.includes(value.message)
      ? `${value.name}: ${value.message}\n${value.stack}`
      : `${value.name}: ${value.message}`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  const name = value.constructor?.name ?? "[Object: null prototype]";
  if (depth < 0) return Array.isArray(value) ? "[Array]" : `[${name}]`;
  const inner = [...around, value];
  const one = (item: unknown): string => show(item, depth - 1, inner);
  if (value instanceof Uint8Array) {
    const bytes = Array.from(value.subarray(0, MAX_BYTES), (byte) => byte.toString(16).padStart(2, "0"));
    return `<${name}${bytes.map((byte) => ` ${byte}`).join("")}${value.length > MAX_BYTES ? " …" : ""}>`;
  }
  if (value instanceof Map)
    return `${name}(${value.size}) ${braces([...value].map(([key, item]) => `${one(key)} => ${one(item)}`))}`;
  if (value instanceof Set) return `${name}(${value.size}) ${braces([...value].map(one))}`;
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map(one);
    if (value.length > MAX_ITEMS) items.push(`… ${value.length - MAX_ITEMS} more items`);
    return items.length === 0 ? "[]" : `[ ${items.join(", ")} ]`;
  }
  const keys = Object.keys(value).map(
    (key) =>
      `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : show(key, 0, [])}: ${one((value as Record<string, unknown>)[key])}`,
  );
  return `${name === "Object" ? "" : `${name} `}${braces(keys)}`;
}

function braces(items: readonly string[]): string {
  return items.length === 0 ? "{}" : `{ ${items.join(", ")} }`;
}

function isClass(value: object): boolean {
  return Function.prototype.toString.call(value).startsWith("class");
}
