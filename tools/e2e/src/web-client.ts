// What the cases of the frameworks share: how they ask, and what they ask with.

export interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}
export type Send = (
  path: string,
  init?: { method?: string; headers?: Record<string, string>; body?: string; redirect?: "manual" },
) => Promise<Answer>;

export function equal(actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`got ${a}, not ${b}`);
}

export const text = async (answer: Promise<Answer>) => (await answer).text();
export const json = async (answer: Promise<Answer>) => JSON.parse(await text(answer)) as unknown;
export const post = (body: string, type: string) => ({ method: "POST", headers: { "content-type": type }, body });

export const multipart = [
  "--frontier",
  'Content-Disposition: form-data; name="title"',
  "",
  "Größe",
  "--frontier",
  'Content-Disposition: form-data; name="file"; filename="a \\"b\\".txt"',
  "Content-Type: text/css",
  "",
  "--front\r\n--frontie\r\nend",
  "--frontier--",
  "",
].join("\r\n");
