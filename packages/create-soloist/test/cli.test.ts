import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { main } from "../src/cli.ts";
import { TEMPLATE_NAMES, TEMPLATES, TOOLS } from "../src/templates.ts";

const read = (...path: string[]) => readFileSync(join(...path), "utf8");
const manifestOf = (folder: string) => JSON.parse(read(folder, "package.json"));

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "create-soloist-cli-"));
});
afterEach(() => rmSync(cwd, { recursive: true }));

function sink() {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => chunks.join("") };
}

/** Runs the command with `input` as what is typed. */
async function create(args: readonly string[], input = "") {
  const [stdout, stderr] = [sink(), sink()];
  const stdin = Readable.from(input === "" ? [] : [input]);
  const code = await main(args, { stdin, stdout: stdout.stream, stderr: stderr.stream }, cwd);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

describe.each(TEMPLATES)("the template $name", ({ name, packages, scripts }) => {
  it("is written whole, with the project's name in it and nothing left to fill in", async () => {
    expect(await create(["my-app", "--template", name])).toMatchObject({ code: 0, stderr: "" });
    const project = join(cwd, "my-app");
    const files = readdirSync(project, { recursive: true, encoding: "utf8" });
    expect(files).toEqual(
      expect.arrayContaining([
        ...["package.json", "tsconfig.json", "README.md", ".gitignore", ".github/workflows/ci.yml"],
        ...["src/main.ts", "test/tsconfig.json"],
      ]),
    );
    expect(files.filter((file) => file.endsWith(".test.ts"))).toHaveLength(1);
    expect(read(project, "README.md")).toMatch(/^# my-app\n/);
    for (const file of files.filter((one) => /\.\w+$/.test(one) && !one.startsWith(".github"))) {
      expect(read(project, file)).not.toContain("{{");
    }
    expect(manifestOf(project)).toMatchObject({ name: "my-app", private: true, scripts });
    expect(Object.keys(manifestOf(project).dependencies)).toEqual(packages);
  });

  it("depends on every package that its modules import", async () => {
    await create(["my-app", "--template", name]);
    const project = join(cwd, "my-app");
    for (const file of readdirSync(join(project, "src"))) {
      for (const [, imported] of read(project, "src", file).matchAll(/from "(@[^"/]+\/[^"/]+)"/g)) {
        expect(packages).toContain(imported);
      }
    }
  });
});

it("the versions are those that Soloist has and uses itself", async () => {
  await create(["my-app", "--template", "web"]);
  const { dependencies, devDependencies } = manifestOf(join(cwd, "my-app"));
  const packages = join(import.meta.dirname, "../..");
  for (const [name, range] of Object.entries({ ...dependencies, ...devDependencies })) {
    if (!name.startsWith("@soloist/")) continue;
    expect(range).toBe(`^${manifestOf(join(packages, name.slice("@soloist/".length))).version}`);
  }
  const { devDependencies: own } = manifestOf(join(packages, ".."));
  for (const [name, range] of Object.entries(TOOLS)) expect(range, name).toBe(own[name]);
});

describe("questions", () => {
  it("asks for what was not given; a template by name or number", async () => {
    const { code, stdout } = await create([], "one\nweb\n");
    expect(code).toBe(0);
    expect(stdout).toContain("one is there: a web server");
    expect(await create(["two"], "1\n")).toMatchObject({ code: 0 });
    expect(manifestOf(join(cwd, "two")).scripts.start).toBe("soloist run --target spt");
  });

  it("says what is wrong with an answer and asks again", async () => {
    const { code, stdout } = await create([], "My App\nmy-app\nmailer\necho\n");
    expect(code).toBe(0);
    expect(stdout).toContain('"My App" is not a package\'s name');
    expect(stdout).toContain('there is no template "mailer"');
    expect(readdirSync(cwd)).toEqual(["my-app"]);
  });

  it.each([
    ["the name", [], /no name was given: npm create soloist my-app\n$/],
    ["the template", ["my-app"], /no template was given: --template hello, echo, web, shortener\n$/],
  ])("input that ends before %s: exit code 2, nothing is written", async (_what, args, message) => {
    const { code, stderr } = await create(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe("wrong usage: one line and exit code 2, nothing is written", () => {
  it.each([
    [
      "an unknown template",
      ["my-app", "-t", "shop"],
      `there is no template "shop"; there are ${TEMPLATE_NAMES.join(", ")}`,
    ],
    ["a name with capitals", ["MyApp", "-t", "web"], '"MyApp" is not a package\'s name'],
    ["a name with a space", ["my app", "-t", "web"], '"my app" is not a package\'s name'],
    ["a hidden name", [".app", "-t", "web"], 'it begins with "."'],
    ["a long name", ["a".repeat(215), "-t", "web"], "at most 214 characters"],
    ["the name of a tool of the project", ["vitest", "-t", "web"], '"vitest" cannot be a project\'s name'],
    ["an empty name", ["", "-t", "web"], "a name is needed"],
    ["an unknown option", ["my-app", "--tempalte", "web"], "Unknown option '--tempalte'"],
    ["an option without its value", ["my-app", "--template"], "argument missing"],
    ["two folders", ["one", "two", "-t", "web"], "one folder, not 2"],
  ])("%s", async (_what, args, message) => {
    const { code, stdout, stderr } = await create(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^create-soloist: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe("folders", () => {
  it("one that is not empty stays as it is", async () => {
    mkdirSync(join(cwd, "my-app"));
    writeFileSync(join(cwd, "my-app", "thesis.txt"), "all of it");
    const { code, stderr } = await create(["my-app", "-t", "web"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/my-app exists and is not empty\n$/);
    expect(readdirSync(join(cwd, "my-app"))).toEqual(["thesis.txt"]);
  });

  it("a file in its place is said to be one", async () => {
    writeFileSync(join(cwd, "my-app"), "");
    expect(await create(["my-app", "-t", "web"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is a file\n$/),
    });
  });

  it("an empty one, or a repository without files, is used", async () => {
    mkdirSync(join(cwd, "my-app", ".git"), { recursive: true });
    expect(await create(["my-app", "-t", "hello"])).toMatchObject({ code: 0 });
  });

  it("one further down is made, is named after its last part, and the way there is told", async () => {
    const { code, stdout } = await create(["a/b c/my-app", "-t", "hello"]);
    expect(code).toBe(0);
    expect(stdout).toContain("cd 'a/b c/my-app'");
    expect(manifestOf(join(cwd, "a/b c/my-app")).name).toBe("my-app");
  });

  it("one that cannot be made: one line and exit code 1", async () => {
    writeFileSync(join(cwd, "file"), "");
    const { code, stderr } = await create(["file/my-app", "-t", "hello"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^create-soloist: [^\n]+\n$/);
  });
});

it("--help names every template and gives examples", async () => {
  const { code, stdout } = await create(["--help"]);
  expect(code).toBe(0);
  for (const name of TEMPLATE_NAMES) expect(stdout).toContain(` ${name} `);
  expect(stdout).toContain("npm create soloist my-app -- --template web");
});
