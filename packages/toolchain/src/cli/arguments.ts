import { type ParseArgsConfig, parseArgs } from "node:util";
import { TARGETS, type Target } from "../base.ts";
import { UsageError } from "../errors.ts";

/** `parseArgs`, with its errors in one line. `hint` ends the one about unknown options. */
export function parse<const Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: string[],
  options: Options,
  hint = "",
) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    if (!code?.startsWith("ERR_PARSE_ARGS")) throw error;
    const unknown = /^Unknown option '([^']*)'/.exec(message);
    if (unknown) throw new UsageError(`unknown option ${unknown[1]}${hint}`);
    const valueless = /^Option '((?:-\w, )?(-[^' ]+))(?: <value>)?' argument (missing|is ambiguous)/.exec(message);
    if (!valueless) throw new UsageError(firstSentence(message));
    const [, names, name, why] = valueless;
    throw new UsageError(`${names} needs a value${why === "missing" ? "" : `, ${name}=-… if it begins with -`}`);
  }
}

const firstSentence = (text: string) => text.split(/\.\s|\n/)[0]!.replace(/\.$/, "");

/** The only positional, or none. */
export function single(positionals: readonly string[], what: string): string | undefined {
  if (positionals.length > 1)
    throw new UsageError(`one ${what} at a time, not ${positionals.length}: ${positionals.join(", ")}`);
  return positionals[0];
}

export function parseTarget(text: string | undefined): Target | undefined {
  if (text === undefined) return undefined;
  if (!(TARGETS as readonly string[]).includes(text)) {
    throw new UsageError(`--target ${text}: expected ${TARGETS.join(" or ")}`);
  }
  return text as Target;
}
