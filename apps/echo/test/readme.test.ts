// Does what README.md shows under "Measuring", and compares line by line; numbers may differ.
import { readFileSync } from "node:fs";
import { build, Guest, Namespace, namespacesMissing } from "@soloist/tool-e2e";
import { expect, it } from "vitest";

const missing = namespacesMissing();
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const consoles = [...readme.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);
const RUN = /^# npx soloist run apps\/echo --target spt --net tap:(\w+) -- (.*)$/;

interface Step {
  readonly tap: string;
  readonly args: readonly string[];
  readonly said: readonly string[];
}

const steps: Step[] = [];
for (const line of consoles.flatMap((text) => text.trimEnd().split("\n"))) {
  const match = RUN.exec(line);
  if (match) steps.push({ tap: match[1]!, args: match[2]!.split(" "), said: [] });
  else if (/^[#$] /.test(line)) steps.push({ tap: "", args: [], said: [] });
  else (steps.at(-1)!.said as string[]).push(line);
}
const runs = steps.filter(({ tap }) => tap !== "");

/** Shapes of lines, each once: how many of a kind there are, and how wide their numbers, is up to the machine. */
function shapes(lines: readonly string[]): string[] {
  const shape = (line: string) =>
    line
      .replace(/(?<= )[\d.]+ (?:[KMG]?B)(?=\/s|[ ,]|$)/g, "N")
      .replace(/(?<![\w.:[])\d+(?:\.\d+)?(?![\w.:\]])/g, "N")
      .replace(/round trip N ms/, "round trip N")
      .replace(/ +/g, " ")
      .trim();
  return [...new Set(lines.map(shape))].filter((line) => line !== "" && !/^nothing came$|no round trip$/.test(line));
}

it("is a README with a server and three clients", () => {
  expect(runs.map(({ tap }) => tap)).toEqual(["tap0", "tap1", "tap1", "tap1"]);
});

it.skipIf(missing !== undefined)(`echo, as its README runs it${missing ? ` (skipped: ${missing})` : ""}`, async () => {
  const image = build("apps/echo", "spt");
  using net = new Namespace();
  net.ip("link", "add", "br0", "type", "bridge");
  net.up("br0", "10.0.0.1/24");
  for (const tap of ["tap0", "tap1"]) {
    net.tap(tap);
    net.ip("link", "set", tap, "master", "br0");
  }
  const boot = ({ tap, args }: Step) =>
    Guest.boot({ target: "spt", image, namespace: net, nets: { service: tap }, args });
  const [serving, ...measuring] = runs;
  await using server = boot(serving!);
  await server.says(/Listening on port 7/);
  for (const step of measuring) {
    await using client = boot(step);
    const code = await client.code();
    const lines = client.output.trimEnd().split("\n");
    expect(shapes(lines), client.output).toEqual(shapes(step.said));
    expect(code, client.output).toBe(step.said.some((line) => line.includes("ECONN")) ? 1 : 0);
  }
  expect(server.output).toMatch(/MB\/s in .*MB\/s out/);
  expect(server.alive).toBe(true);
});
