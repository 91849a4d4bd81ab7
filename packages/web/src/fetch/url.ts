import { utf8 } from "../bytes.ts";

/** Percent-encode sets of the URL standard, each as what is not in it and needs no look. */
const PATH_SET = /[^!$%&'()*+,\-./0-9:;=@A-Z[\]_a-z|~\\]+/g;
const QUERY_SET = /[^!$%&()*+,\-./0-9:;=?@A-Z[\\\]^_`a-z{|}~]+/g;
const FRAGMENT_SET = /[^!#$%&'()*+,\-./0-9:;=?@A-Z[\\\]^_a-z{|}~]+/g;

/** What a path that is normal already does not hold. */
const UNUSUAL_PATH = /[^!$%&'()*+,\-./0-9:;=@A-Z[\]_a-z|~]|\/(?:\.|%2e)/i;
const UNUSUAL_QUERY = /['"<>]/;

const USUAL_TARGET =
  /^(?:\/(?!\.|%2e)[!$%&'()*+,\-.0-9:;=@A-Z[\]_a-z|~]*)+(?:\?[!$%&()*+,\-./0-9:;=?@A-Z[\\\]^_`a-z{|}~]*)?$/i;

/** Whether this is a path, perhaps with a query, that {@link normalUrl} would leave as it is. */
export function isUsualTarget(text: string): boolean {
  return USUAL_TARGET.test(text);
}

/** `text`: path, and query from its "?" on, as a request's target has them. */
export function normalTarget(text: string): string {
  const mark = text.indexOf("?");
  if (mark < 0) return UNUSUAL_PATH.test(text) ? normalPath(text) : text;
  const path = text.slice(0, mark);
  const query = text.slice(mark);
  const isUsual = !UNUSUAL_PATH.test(path) && !UNUSUAL_QUERY.test(query);
  return isUsual ? text : normalPath(path) + query.replace(QUERY_SET, percentEncoded);
}

/** A Host field's value, as it stands in a URL. What is no host there stays as it is: the server did not refuse it. */
export function normalHost(host: string): string {
  return host.toLowerCase().replace(/:(80)?$/, "");
}

/**
 * An absolute URL in the one form that the URL standard writes it in: scheme and host in lower case, no default port, dot
 * segments resolved, the rest percent-encoded where it has to be.
 *
 * Not supported: host names outside of ASCII (give them in Punycode), shortening of IPv6 addresses. Schemes other than http
 * and https stay as they are behind their colon.
 *
 * @throws TypeError for what is no absolute URL, and for one with a user's name, as the Fetch standard asks.
 */
export function normalUrl(text: string): string {
  const input = text.replace(/^[\0-\x20]+|[\0-\x20]+$/g, "").replace(/[\t\n\r]/g, "");
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(input)?.[1]?.toLowerCase();
  const fail = (why: string): never => {
    throw new TypeError(`${JSON.stringify(text)} is no URL for a request: ${why}`);
  };
  if (scheme === undefined) return fail("it is not absolute");
  const rest = input.slice(scheme.length + 1);
  if (scheme !== "http" && scheme !== "https") return `${scheme}:${rest}`;
  const [, authority = "", path = "", query = "", fragment = ""] = /^[/\\]*([^/\\?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(
    rest,
  )!;
  if (authority.includes("@")) return fail("it has a user's name or password");
  const [, name = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/s.exec(authority) ?? fail("its port is no number");
  if (Number(port ?? 0) > 65_535) return fail("its port is too large");
  const host = hostOf(name) ?? fail("it has no host that can be");
  const isDefault = port === undefined || port === "" || Number(port) === (scheme === "http" ? 80 : 443);
  const shown = isDefault ? "" : `:${Number(port)}`;
  const end = query.replace(QUERY_SET, percentEncoded) + fragment.replace(FRAGMENT_SET, percentEncoded);
  return `${scheme}://${host}${shown}${normalPath(path)}${end}`;
}

function normalPath(path: string): string {
  const segments = path.split(/[/\\]/);
  const kept: string[] = [];
  for (let index = 1; index < segments.length; index++) {
    const segment = segments[index]!;
    const isLast = index === segments.length - 1;
    if (/^(\.|%2e){2}$/i.test(segment)) {
      kept.pop();
      if (isLast) kept.push("");
    } else if (/^(\.|%2e)$/i.test(segment)) {
      if (isLast) kept.push("");
    } else kept.push(segment.replace(PATH_SET, percentEncoded));
  }
  return `/${kept.join("/")}`;
}

function percentEncoded(text: string): string {
  let encoded = "";
  for (const byte of utf8(text)) encoded += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  return encoded;
}

/** `undefined` for what cannot be a host. */
function hostOf(name: string): string | undefined {
  if (name.startsWith("[")) return /^\[[\da-f:.]+\]$/i.test(name) ? name.toLowerCase() : undefined;
  let host = name;
  try {
    host = decodeURIComponent(name).toLowerCase();
  } catch {
    return undefined;
  }
  if (!/^[!"$&'()*+,\-.0-9;=_`a-z{}~]+$/.test(host) || /(^|\.)xn--(\.|$)/.test(host)) return undefined;
  const labels = host.split(".");
  if (labels.at(-1) === "" && labels.length > 1) labels.pop();
  return /^(\d+|0x[\da-f]*)$/.test(labels.at(-1)!) ? ipv4Of(labels) : host;
}

/** An IPv4 address in any of the forms that browsers take: 127.1, 0x7f000001, 017700000001. */
function ipv4Of(labels: readonly string[]): string | undefined {
  if (labels.length > 4) return undefined;
  const numbers = labels.map((label) => {
    if (/^0x[\da-f]*$/.test(label)) return label === "0x" ? 0 : Number(label);
    if (/^0[0-7]*$/.test(label)) return Number.parseInt(label, 8);
    return /^[1-9]\d*$/.test(label) ? Number(label) : Number.NaN;
  });
  const last = numbers.pop()!;
  if (numbers.some((number) => !(number <= 255)) || !(last < 256 ** (4 - numbers.length))) return undefined;
  const address = numbers.reduce((sum, number, index) => sum + number * 256 ** (3 - index), last);
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
