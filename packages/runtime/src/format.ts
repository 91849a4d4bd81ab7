import { inspect } from "./inspect.ts";

/**
 * The text of a console call: `%s`, `%d`, `%i`, `%f`, `%j`, `%o`, `%O`, `%c` and `%%` in a leading string are replaced as
 * the Console Standard and Node.js do; what is left over is appended, separated by spaces.
 */
export function format(data: readonly unknown[]): string {
  const first = data[0];
  if (data.length === 1) return typeof first === "string" ? first : inspect(first);
  let used = 0;
  let result = "";
  if (typeof first === "string") {
    used = 1;
    result = !first.includes("%")
      ? first
      : first.replace(/%[sdifjoOc%]/g, (directive) => {
          if (directive === "%%") return "%";
          if (used >= data.length) return directive;
          return formatDirective(directive, data[used++]);
        });
  }
  for (let index = used; index < data.length; index++) {
    const value = data[index];
    if (index > 0) result += " ";
    result += typeof value === "string" ? value : inspect(value);
  }
  return result;
}

function formatDirective(directive: string, value: unknown): string {
  switch (directive) {
    case "%s":
      if (typeof value === "string") return value;
      if (typeof value === "object" && value !== null && !hasOwnToString(value)) return inspect(value, { depth: 0 });
      return typeof value === "bigint" || Object.is(value, -0) ? inspect(value) : String(value);
    case "%d":
      return formatNumber(value, Number);
    case "%i":
      return formatNumber(value, (from) => Number.parseInt(String(from), 10));
    case "%f":
      return formatNumber(value, (from) => Number.parseFloat(String(from)));
    case "%j":
      return formatJson(value);
    case "%o":
      return inspect(value, { depth: 4 });
    case "%O":
      return inspect(value);
    default:
      return "";
  }
}

function hasOwnToString(value: object): boolean {
  return value.toString !== Object.prototype.toString && value.toString !== Array.prototype.toString;
}

function formatNumber(value: unknown, convert: (value: unknown) => number): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol" || (typeof value === "object" && value !== null)) return "NaN";
  return inspect(convert(value));
}

function formatJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "undefined";
  } catch (error) {
    if (error instanceof TypeError) return "[Circular]";
    throw error;
  }
}
