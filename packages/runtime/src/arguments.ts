import type { Parameter, ParameterValues } from "@soloist/interface";
import { SoloistError } from "@soloist/interface";

/** The command line does not fit the app's parameters. The message is one line for whoever started the image. */
export class ArgumentError extends SoloistError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("ERR_ARGUMENT", message, options);
  }
}

/**
 * Cuts a command line at white space. Double quotes keep white space (`--who="Ada Lovelace"`); within them `\"` is a
 * quote and `\\` a backslash. Anything else is taken as it is.
 */
export function splitCommandLine(line: string): string[] {
  const words: string[] = [];
  let word = "";
  let inWord = false;
  let quoted = false;
  for (let index = 0; index < line.length; index++) {
    const character = line[index]!;
    if (quoted && character === "\\" && (line[index + 1] === '"' || line[index + 1] === "\\")) {
      word += line[++index]!;
    } else if (character === '"') {
      quoted = !quoted;
      inWord = true;
    } else if (!quoted && /\s/.test(character)) {
      if (inWord) words.push(word);
      word = "";
      inWord = false;
    } else {
      word += character;
      inWord = true;
    }
  }
  if (quoted) throw new ArgumentError('a double quote is not closed (use \\" for a quote within quotes)');
  if (inWord) words.push(word);
  return words;
}

/** Whether `--help` is among the words. */
export function wantsHelp(words: readonly string[]): boolean {
  return words.includes("--help");
}

/**
 * Values of `--name=value` words, by name; parameters that are absent have their defaults, if any.
 *
 * @throws ArgumentError for words that are no key of `parameters`, keys given twice, and values that do not parse
 */
export function parseArguments(words: readonly string[], parameters: readonly Parameter[]): ParameterValues {
  const values = new Map<string, unknown>();
  for (const word of words) {
    const equals = word.indexOf("=");
    const key = equals < 0 ? word : word.slice(0, equals);
    const parameter = parameters.find(({ name }) => `--${name}` === key);
    if (parameter === undefined) {
      throw new ArgumentError(`unknown argument ${JSON.stringify(word)} (--help lists what there is)`);
    }
    if (values.has(parameter.name)) throw new ArgumentError(`${key} is given twice`);
    if (equals < 0 && parameter.placeholder !== undefined) {
      throw new ArgumentError(`${key} needs a value: ${key}=${parameter.placeholder}`);
    }
    values.set(parameter.name, parseValue(parameter, equals < 0 ? "true" : word.slice(equals + 1)));
  }
  for (const parameter of parameters) {
    if (!values.has(parameter.name) && parameter.default !== undefined) values.set(parameter.name, parameter.default);
  }
  return values;
}

function parseValue(parameter: Parameter, text: string): unknown {
  try {
    return parameter.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ArgumentError(`--${parameter.name}: ${reason}`, { cause: error });
  }
}

/** What `--help` prints. */
export function formatHelp(parameters: readonly Parameter[]): string {
  const keys = parameters.map(({ name, placeholder }) =>
    placeholder === undefined ? `--${name}` : `--${name}=${placeholder}`,
  );
  keys.push("--help");
  const helps = parameters.map(({ help, default: value }) =>
    value === undefined || value === false ? help : `${help} (default: ${formatDefault(value)})`,
  );
  helps.push("print this and exit");
  const width = Math.max(...keys.map((key) => key.length));
  return `Arguments of this image:\n${keys.map((key, index) => `  ${key.padEnd(width)}  ${helps[index]}\n`).join("")}`;
}

function formatDefault(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
