import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "@soloist/tool-docs";
import { startRegistry } from "./registry.ts";
import { npmCache, strangersEnvironment, upstreamRegistry } from "./stranger.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

/** Packages that the workshop installs, one after the other. */
const NAMES = ["runtime", "net", "web", "crunch", "kv", "toolchain"].map((name) => `@soloist/${name}`);
const NPM_TIMEOUT = 600_000;

export interface Walk {
  /** What the terminal showed, by the name that the guide's blocks give. */
  readonly scenes: ReadonlyMap<string, string>;
  /** Milliseconds, by what they are of. */
  readonly times: ReadonlyMap<string, number>;
}

export interface WalkOptions {
  /** Whether npm may use what this machine has downloaded before. */
  readonly warm: boolean;
  /** Only to the first booted image. */
  readonly short?: boolean;
  progress?(scene: string): void;
}

/** Walks through the workshop, from an empty folder to the fifth app, by typing into a terminal. Packages must be built. */
export async function walk({ warm, short = false, progress = () => {} }: WalkOptions): Promise<Walk> {
  const folder = mkdtempSync(join(tmpdir(), "soloist-workshop-"));
  const [tarballs, desk] = [join(folder, "tarballs"), join(folder, "desk")];
  for (const one of [tarballs, desk]) mkdirSync(one);
  try {
    await using registry = await startRegistry(
      join(ROOT, "packages"),
      ["create-soloist", ...NAMES],
      tarballs,
      upstreamRegistry(),
    );
    const environment = strangersEnvironment({
      HISTFILE: "/dev/null",
      TERM: "xterm-256color",
      NO_COLOR: "1",
      npm_config_registry: registry.url,
      npm_config_cache: npmCache(folder, warm),
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_replace_registry_host: "never",
      npm_config_loglevel: "error",
    });
    const session = `soloist-${process.pid}`;
    using main = openTerminal(session, desk, environment);
    using other = openTerminal(`${session}-other`, desk, environment);
    const scenes = new Map<string, string>();
    const times = new Map<string, number>();
    const scene = async (name: string, at: Terminal, act: () => Promise<void>) => {
      progress(name);
      at.clear();
      await act();
      scenes.set(name, shown(at.text()).replaceAll(desk, "~"));
    };
    const timed = async (name: string, act: () => Promise<void>) => {
      const began = performance.now();
      await act();
      times.set(name, performance.now() - began);
    };
    await steps({ main, other, scene, timed, project: join(desk, "my-links"), short });
    return { scenes, times };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

interface Desk {
  readonly main: Terminal;
  readonly other: Terminal;
  readonly project: string;
  readonly short: boolean;
  scene(name: string, at: Terminal, act: () => Promise<void>): Promise<void>;
  timed(name: string, act: () => Promise<void>): Promise<void>;
}

async function steps({ main, other, scene, timed, project, short }: Desk): Promise<void> {
  /** Saves the files of a step, as an editor would. */
  const save = (step: number) => cpSync(join(ROOT, `docs/workshop/step-${step}`), project, { recursive: true });
  const edit = (path: string, change: (text: string) => string) => {
    const file = join(project, path);
    writeFileSync(file, change(readFileSync(file, "utf8")));
  };
  const run = (command: string) => main.run(command, NPM_TIMEOUT);
  /** The address may be printed before the app listens, when that takes long. */
  const listens = async (command: string, guest: number, host: number) => {
    await main.start(command, new RegExp(`Listening on port ${guest}\\b`));
    await main.sees(new RegExp(`localhost:${host}/`));
  };

  await timed("empty folder to the first output of a booted image", async () => {
    await scene("1-create", main, async () => {
      await main.start("npm create soloist my-links -- --template hello", /Ok to proceed/);
      main.type("y");
      await main.sees(/npm test\n\$$/);
    });
    await scene("1-install", main, async () => {
      await run("cd my-links");
      await run("npm install");
    });
    await scene("1-start", main, () => main.start("npm start", /Hello World!\n(?:.*\n)*\$$/));
  });
  if (short) return;

  await run("npm test");
  await scene("1-arguments", main, () => main.run("npm start -- -- --who=Ada"));
  await scene("1-dev", main, async () => {
    await timed("dev start, npm included", () => main.start("npm run dev", /it starts again when a file changes/));
    edit("src/greeting.ts", (text) => text.replace("Hello", "Good morning"));
    await timed("dev reload, the watcher's delay included", () => main.sees(/Good morning World!/));
    await main.sees(/(?:starts again when a file changes[\s\S]*){2}/);
    edit("src/greeting.ts", (text) => text.replace("Good morning", "Hello"));
    await main.sees(/(?:starts again when a file changes[\s\S]*){3}/);
    await main.interrupt();
  });
  await scene("1-broken", main, async () => {
    await main.start("npm run dev", /it starts again when a file changes/);
    edit("src/greeting.ts", (text) => text.replace("return", "return ="));
    await main.sees(/╵/);
    edit("src/greeting.ts", (text) => text.replace("return =", "return"));
    await main.sees(/(?:starts again when a file changes[\s\S]*){2}/);
    await main.interrupt();
  });
  await scene("1-inspect", main, () => main.run("npx soloist inspect dist/my-links.spt"));

  await scene("2-install", main, async () => {
    await run("npm install @soloist/net");
    await run(`npm pkg set scripts.start="soloist run -p 7000:7000" scripts.build="soloist build"`);
  });
  rmSync(join(project, "test/greeting.test.ts"));
  save(2);
  await other.run("cd my-links");
  await scene("2-dev", main, async () => {
    await listens("npm run dev", 7000, 7000);
    await scene("2-ask-dev", other, () => other.run("echo Ada | curl telnet://localhost:7000"));
    await main.interrupt();
  });
  await scene("2-start", main, async () => {
    await listens("npm start", 7000, 7000);
    await scene("2-ask", other, () => other.run("echo Ada | curl telnet://localhost:7000"));
    await main.interrupt();
  });
  await scene("2-typecheck", main, () => run("npm run typecheck"));
  await scene("2-clash", main, async () => {
    other.clear();
    await other.start("npm run dev", /localhost:7000/);
    await main.start("npm run dev", /localhost:7001/);
    await main.interrupt();
    await main.run("npm start");
    await other.interrupt();
  });

  await scene("3-install", main, async () => {
    await run("npm install @soloist/web");
    await run(`npm pkg set scripts.start="soloist run -p 8080:80"`);
  });
  rmSync(join(project, "test/greet.test.ts"));
  rmSync(join(project, "src/greet.ts"));
  save(3);
  await scene("3-dev", main, async () => {
    await listens("npm run dev", 80, 8080);
    await scene("3-ask-dev", other, async () => {
      await other.run("curl http://localhost:8080/hello/Ada");
      await other.run("curl http://localhost:8080/square/circle");
    });
    await main.interrupt();
  });
  await scene("3-test", main, () => main.run("npm test"));
  await scene("3-start", main, async () => {
    await listens("npm start", 80, 8080);
    await scene("3-ask", other, () => other.run("curl -i http://localhost:8080/square/12"));
    await main.interrupt();
  });
  await run("npm run typecheck");

  await scene("4-install", main, () => run("npm install @soloist/crunch"));
  save(4);
  edit("tsconfig.json", (text) => text.replace('/globals"]', '/globals", "@soloist/crunch/ambient"]'));
  await scene("4-start", main, async () => {
    await listens("npx soloist run -p 8080:80 --watch", 80, 8080);
    await scene("4-ask", other, () => other.run("curl -sI --compressed http://localhost:8080/style.css"));
    edit("public/index.html", (text) => text.replace("<h1>my-links</h1>", "<h1>My links</h1>"));
    await timed("rebuild and reboot, to where it listens", () => main.sees(/(?:Listening on port 80[\s\S]*){2}/));
    await main.interrupt();
  });
  await scene("4-typo", main, async () => {
    edit("src/app.ts", (text) =>
      text.replace("staticFiles(assets)", 'staticFiles(assets).bind(assets.file("/stile.css"))'),
    );
    await run("npm run typecheck");
    edit("src/app.ts", (text) => text.replace('.bind(assets.file("/stile.css"))', ""));
  });
  await main.run("npm test");

  await scene("5-install", main, async () => {
    await run("npm install @soloist/kv");
    await run(`npm pkg set scripts.dev="soloist dev --block links=links.img,size=1M"`);
    await run(`npm pkg set scripts.start="soloist run -p 8080:80 --block links=links.img,size=1M"`);
  });
  for (const path of ["src/greeting.ts", "test/app.test.ts", "public/index.html"]) rmSync(join(project, path));
  const shortener = join(ROOT, "packages/create-soloist/templates/shortener");
  for (const part of ["src", "test", "public"]) cpSync(join(shortener, part), join(project, part), { recursive: true });
  await scene("5-start", main, async () => {
    await listens("npm start", 80, 8080);
    await scene("5-add", other, async () => {
      await other.run("curl -i -d url=https://example.org/a/long/way -d alias=way http://localhost:8080/links");
      await other.run("curl -i http://localhost:8080/way");
    });
    await main.interrupt();
  });
  await scene("5-again", main, async () => {
    await listens("npm start", 80, 8080);
    await scene("5-ask", other, () => other.run("curl -i http://localhost:8080/way"));
    await main.interrupt();
  });
  await run("npm run typecheck");
  await scene("5-test", main, () => main.run("npm test"));
}

/** From the first prompt that something was typed at, without the one that waits at the end. */
function shown(text: string): string {
  const lines = text.split("\n");
  while (lines[0] === "$" || lines[0] === "") lines.shift();
  while (lines.at(-1) === "$" || lines.at(-1) === "") lines.pop();
  return lines.join("\n").replace(/(?<=\S)\$$/, "");
}
