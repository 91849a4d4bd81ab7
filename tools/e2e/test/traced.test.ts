// What a booted image says of its packets, held against what tcpdump says of those that the image captured.
import { GUEST, HOST, namespacesMissing, runIn, serves } from "@soloist/tool-e2e";
import { describe, expect, it } from "vitest";

const missing = namespacesMissing();

/** Echoes a word, then fetches the capture and has tcpdump read it. */
const SCRIPT = `
exec 3<>/dev/tcp/${GUEST}/7 && printf hello >&3 && read -rN 5 word <&3 && echo "$word" && exec 3>&- &&
cat </dev/tcp/${GUEST}/9 | tcpdump -nn -S -t -r - -Z root`;

describe.skipIf(missing !== undefined)(`packets on spt${missing ? ` (skipped: ${missing})` : ""}`, () => {
  it("are echoed by web streams, printed, and captured for tcpdump", async () => {
    await using served = await serves("tools/e2e/apps/traced.ts", "spt", { args: ["--trace"] });
    const said = await runIn(served.net, "bash", ["-c", SCRIPT]);
    expect(said.code, said.stderr).toBe(0);
    const [word, ...theirs] = said.stdout.trimEnd().split("\n");
    expect(word).toBe("hello");
    expect(await served.guest.code(), served.guest.output).toBe(0);
    const traced = served.guest.output.split("\n").filter((line) => /^\d\d:\d\d:\d\d\.\d{6} (in |out) /.test(line));
    const ours = traced
      .map((line) => line.slice("00:00:00.000000 in  ".length))
      .filter((line) => !/\.9[: ]/.test(line));
    const connection = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith("IP "));
    expect(theirs.some((line) => line.startsWith(`IP ${HOST}.`) && line.includes("Flags [S]"))).toBe(true);
    // The end of the connection may still be on its way when the capture is handed out.
    expect(connection(ours).slice(0, connection(theirs).length)).toEqual(connection(theirs));
  });
});
