/** Runs gcc, two at a time; an object file is kept under the hash of everything that it depends on. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

export interface CompileJob {
  /** C or assembler file. */
  source: string;
  /** Object file to make. */
  object: string;
  flags: readonly string[];
  /** Directories for #include; all headers in them count as used. */
  includes: readonly string[];
}

function headersHash(includes: readonly string[]): string {
  const hash = createHash("sha256");
  for (const directory of includes)
    for (const file of readdirSync(directory).sort())
      if (file.endsWith(".h")) hash.update(file).update(readFileSync(join(directory, file)));
  return hash.digest("hex");
}

const run = (command: string, args: readonly string[]) =>
  new Promise<void>((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "inherit", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk) => (errors += chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(" ")}\n${errors}`));
    });
  });

export async function compileAll(
  jobs: readonly CompileJob[],
  cache: string,
  progress: (line: string) => void,
): Promise<void> {
  mkdirSync(cache, { recursive: true });
  const compiler = spawnSync("gcc", ["--version"], { encoding: "utf8" }).stdout;
  const headers = new Map<string, string>();
  // The longest first, so that no processor waits for it at the end.
  const queue = [...jobs].sort((a, b) => statSync(b.source).size - statSync(a.source).size);
  let done = 0;
  const worker = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const key = job.includes.join("\0");
      if (!headers.has(key)) headers.set(key, headersHash(job.includes));
      const hash = createHash("sha256")
        .update(JSON.stringify([compiler, job.flags, basename(job.source), headers.get(key)]))
        .update(readFileSync(job.source))
        .digest("hex");
      const cached = join(cache, `${hash}.o`);
      const hit = existsSync(cached);
      if (!hit) {
        const part = `${cached}.${process.pid}.part`;
        const includes = job.includes.map((directory) => `-I${directory}`);
        await run("gcc", [
          ...job.flags,
          ...includes,
          `-frandom-seed=${basename(job.source)}`,
          "-c",
          job.source,
          "-o",
          part,
        ]);
        renameSync(part, cached);
      }
      writeFileSync(job.object, readFileSync(cached));
      done++;
      if (!hit) progress(`[${done}/${jobs.length}] ${basename(job.source)}`);
    }
  };
  await Promise.all([worker(), worker()]);
}
