import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "../../../..");

/** A project outside of the repository that sees its packages. */
export class Project implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "soloist-project-"));

  constructor(files: Readonly<Record<string, string>>, dependencies: readonly string[]) {
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"));
    const named = Object.fromEntries(dependencies.map((name) => [name, "*"]));
    this.write("package.json", JSON.stringify({ name: "project", type: "module", dependencies: named }));
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Answers every connection with one line, and ends it. */
export const lineServer = (line: string) => `
import { stack } from "@soloist/net";
import { run } from "@soloist/runtime";

run([stack({ name: "service" })], async ({ tcp }) => {
  console.log("Listening");
  for await (const flow of tcp.listen({ port: 80 })) {
    await flow.write(${JSON.stringify(line)});
    await flow.close();
  }
});
`;
export const SERVER_PACKAGES = ["@soloist/net", "@soloist/runtime"];
