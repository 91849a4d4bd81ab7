import { utf8 } from "../bytes.ts";
import { HttpError } from "../http-error.ts";
import { Query } from "../query.ts";
import { Blob, blobBytes, File } from "./blob.ts";
import { type Content, ENCODE } from "./body.ts";
import { parseParts } from "./multipart.ts";

export type FormDataEntryValue = string | File;

/** The Fetch standard's FormData: names and values in order, text or files. */
export class FormData implements Iterable<[string, FormDataEntryValue]> {
  readonly #entries: [string, FormDataEntryValue][] = [];

  append(name: string, value: string | Blob, filename?: string): void {
    this.#entries.push([String(name), entryValue(value, filename)]);
  }

  /** Puts the value where the name was first, and removes further ones. */
  set(name: string, value: string | Blob, filename?: string): void {
    const key = String(name);
    const entry = this.#entries.find((pair) => pair[0] === key);
    if (entry === undefined) {
      this.append(key, value, filename);
      return;
    }
    entry[1] = entryValue(value, filename);
    this.#remove((pair) => pair[0] === key && pair !== entry);
  }

  delete(name: string): void {
    this.#remove((pair) => pair[0] === name);
  }

  #remove(goes: (pair: [string, FormDataEntryValue]) => boolean): void {
    const kept = this.#entries.filter((pair) => !goes(pair));
    this.#entries.length = 0;
    this.#entries.push(...kept);
  }

  get(name: string): FormDataEntryValue | null {
    return this.#entries.find((pair) => pair[0] === name)?.[1] ?? null;
  }

  getAll(name: string): FormDataEntryValue[] {
    return this.#entries.filter((pair) => pair[0] === name).map((pair) => pair[1]);
  }

  has(name: string): boolean {
    return this.#entries.some((pair) => pair[0] === name);
  }

  forEach(callback: (value: FormDataEntryValue, name: string, form: FormData) => void, thisArgument?: unknown): void {
    for (const [name, value] of this) callback.call(thisArgument, value, name, this);
  }

  *entries(): Generator<[string, FormDataEntryValue], undefined> {
    for (const [name, value] of this.#entries) yield [name, value];
  }

  *keys(): Generator<string, undefined> {
    for (const [name] of this.#entries) yield name;
  }

  *values(): Generator<FormDataEntryValue, undefined> {
    for (const [, value] of this.#entries) yield value;
  }

  [Symbol.iterator](): Generator<[string, FormDataEntryValue], undefined> {
    return this.entries();
  }

  [ENCODE](): { content: Content; type: string } {
    return encodeFormData(this);
  }

  get [Symbol.toStringTag](): string {
    return "FormData";
  }
}

function entryValue(value: string | Blob, filename: string | undefined): FormDataEntryValue {
  if (!(value instanceof Blob)) return String(value);
  if (value instanceof File && filename === undefined) return value;
  return new File([value], filename ?? "blob", { type: value.type });
}

/** Fields of one form at most. */
export const MAX_FORM_FIELDS = 1000;

/**
 * A form from a request's content.
 *
 * @throws HttpError 415 for a type that no form has, 413 above {@link MAX_FORM_FIELDS} fields, 400 for broken multipart content.
 */
export async function decodeForm(
  contentType: string | null,
  content: Content | null,
  read: () => Promise<string>,
): Promise<FormData> {
  const form = new FormData();
  const type = contentType ?? "";
  if (/^\s*application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) {
    const text = await read();
    let count = 1;
    for (let at = text.indexOf("&"); at >= 0; at = text.indexOf("&", at + 1)) count++;
    if (count > MAX_FORM_FIELDS) throw tooMany();
    for (const [name, value] of new Query(text)) form.append(name, value);
    return form;
  }
  let count = 0;
  for await (const part of parseParts(type, content)) {
    if (++count > MAX_FORM_FIELDS) throw tooMany();
    if (part.filename === undefined) form.append(part.name, await part.text());
    else form.append(part.name, new File([await part.bytes()], part.filename, { type: part.type }));
  }
  return form;
}

function tooMany(): HttpError {
  return new HttpError(413, `The form has more than ${MAX_FORM_FIELDS} fields`, { code: "ERR_FORM_FIELDS" });
}

/** A form as `multipart/form-data`, and the type that names its boundary. RFC 7578. */
export function encodeFormData(form: FormData): { content: Uint8Array; type: string } {
  const parts = Array.from(form, ([name, value]) => {
    const disposition = `content-disposition: form-data; name="${escapeName(name)}"`;
    if (typeof value === "string") return { head: disposition, content: utf8(value.replace(/\r\n?|\n/g, "\r\n")) };
    const type = value.type === "" ? "application/octet-stream" : value.type;
    const head = `${disposition}; filename="${escapeName(value.name)}"\r\ncontent-type: ${type}`;
    return { head, content: blobBytes(value) };
  });
  // No randomness needed: a boundary that no part holds is right by RFC 2046 5.1.1.
  let boundary = "----soloist";
  for (let number = 0; parts.some(({ content }) => holds(content, boundary)); number++)
    boundary = `----soloist${number}`;
  const pieces: (string | Uint8Array)[] = [];
  for (const { head, content } of parts) pieces.push(`--${boundary}\r\n${head}\r\n\r\n`, content, "\r\n");
  pieces.push(`--${boundary}--\r\n`);
  return {
    content: blobBytes(new Blob(pieces as (string | Uint8Array<ArrayBuffer>)[])),
    type: `multipart/form-data; boundary=${boundary}`,
  };
}

function holds(content: Uint8Array, text: string): boolean {
  const wanted = utf8(`\r\n--${text}`);
  for (let at = content.indexOf(13); at >= 0; at = content.indexOf(13, at + 1)) {
    let length = 0;
    while (length < wanted.length && content[at + length] === wanted[length]) length++;
    if (length === wanted.length) return true;
  }
  return content.length >= wanted.length - 2 && utf8(`--${text}`).every((byte, index) => content[index] === byte);
}

const ESCAPES: Readonly<Record<string, string>> = { '"': "%22", "\r": "%0D", "\n": "%0A" };

function escapeName(name: string): string {
  return name.replace(/["\r\n]/g, (character) => ESCAPES[character]!);
}
