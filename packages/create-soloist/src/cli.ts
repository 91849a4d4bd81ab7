import { basename, relative, resolve } from "node:path";
import { parseArgs, styleText } from "node:util";
import { createQuestions, type Questions } from "./ask.ts";
import { nameProblem } from "./check-name.ts";
import { InterruptedError, UsageError } from "./errors.ts";
import { assertFree, projectFiles, writeProject } from "./project.ts";
import { TEMPLATE_NAMES, TEMPLATES, type Template } from "./templates.ts";

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

const HELP = `create-soloist: starts a TypeScript unikernel project

Usage: npm create soloist [folder] -- [--template TEMPLATE]

  folder               of the project, which is named after it; "." is the current one
  --template TEMPLATE  one of
${TEMPLATES.map(({ name, summary }) => `                         ${name.padEnd(9)} ${summary}`).join("\n")}
  --help

What is not given is asked for.

Examples:
  npm create soloist
  npm create soloist my-app -- --template web

Exit code: 0, 1 when files cannot be written, 2 for wrong usage.
`;

/** The streams that the command talks through. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** The `create-soloist` command. Folders are relative to `cwd`. Returns its exit code. */
export async function main(
  args: readonly string[],
  streams: Streams = process,
  cwd: string = process.cwd(),
): Promise<number> {
  try {
    const { values, positionals } = parse(args);
    if (values.help) {
      streams.stdout.write(HELP);
      return 0;
    }
    if (positionals.length > 1)
      throw new UsageError(`one folder, not ${positionals.length}: ${positionals.join(", ")}`);
    await create(positionals[0], values.template, streams, cwd);
    return 0;
  } catch (error) {
    if (error instanceof InterruptedError) {
      streams.stderr.write("\n");
      return EXIT_INTERRUPTED;
    }
    const isUsage = error instanceof UsageError;
    if (!isUsage && !isSystemError(error)) throw error;
    streams.stderr.write(`create-soloist: ${error.message}\n`);
    return isUsage ? EXIT_USAGE : EXIT_FAILURE;
  }
}

async function create(
  givenFolder: string | undefined,
  givenTemplate: string | undefined,
  streams: Streams,
  cwd: string,
): Promise<void> {
  const color = (streams.stdout as NodeJS.WriteStream).isTTY === true && !process.env.NO_COLOR;
  const bold = (text: string) => (color ? styleText("bold", text) : text);
  // What was given is judged before anything is asked.
  let folder = givenFolder === undefined ? undefined : parseFolder(givenFolder, cwd);
  let template = givenTemplate === undefined ? undefined : parseTemplate(givenTemplate);
  if (folder === undefined || template === undefined) {
    using questions = createQuestions(streams.stdin, streams.stdout);
    folder ??= await askFolder(questions, cwd);
    template ??= await askTemplate(questions, streams);
  }
  const name = basename(folder);
  writeProject(folder, projectFiles(template, name));
  const steps = [
    ...(relative(cwd, folder) === "" ? [] : [["cd", quote(relative(cwd, folder)), ""]]),
    ["npm", "install", ""],
    ["npm", "start", template.starts],
    ["npm", "test", ""],
  ].map(([command, rest, about]) => `  ${bold(`${command} ${rest}`)}${about ? `     # ${about}` : ""}\n`);
  streams.stdout.write(`${bold(name)} is there: ${template.summary}. Next:\n\n${steps.join("")}`);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { template: { type: "string", short: "t" }, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(error.message.split(/[.\n]/, 1)[0]!); // Node adds advice about `--` that does not fit here
  }
}

function parseFolder(given: string, cwd: string): string {
  if (given === "") throw new UsageError("a name is needed");
  const folder = resolve(cwd, given);
  const problem = nameProblem(basename(folder));
  if (problem !== undefined) throw new UsageError(problem);
  assertFree(folder);
  return folder;
}

function parseTemplate(given: string): Template {
  const found = TEMPLATES.find(({ name }) => name === given);
  if (!found) throw new UsageError(`there is no template "${given}"; there are ${TEMPLATE_NAMES.join(", ")}`);
  return found;
}

function askFolder(questions: Questions, cwd: string): Promise<string> {
  return questions.ask("Name of the project: ", "no name was given: npm create soloist my-app", (answer) =>
    parseFolder(answer, cwd),
  );
}

/** By name or by number. */
function askTemplate(questions: Questions, { stdout }: Streams): Promise<Template> {
  for (const [index, { name, summary }] of TEMPLATES.entries()) {
    stdout.write(`  ${index + 1}  ${name.padEnd(9)} ${summary}\n`);
  }
  const unanswered = `no template was given: --template ${TEMPLATE_NAMES.join(", ")}`;
  return questions.ask("Template: ", unanswered, (answer) => TEMPLATES[Number(answer) - 1] ?? parseTemplate(answer));
}

const isSystemError = (error: unknown): error is Error =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === "string";

/** As a shell takes it. */
const quote = (path: string) => (/^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
