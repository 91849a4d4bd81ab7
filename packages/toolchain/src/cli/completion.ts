import { UsageError } from "../errors.ts";
import { parse, single } from "./arguments.ts";
import { COMMAND_HELPS, COMPLETION_HELP, HELP } from "./help.ts";
import type { Terminal } from "./terminal.ts";

const SHELLS = { bash, zsh, fish } as const;

export function completionCommand(args: string[], terminal: Terminal): number {
  const { values, positionals } = parse(args, { help: { type: "boolean" } });
  if (values.help) {
    terminal.out(COMPLETION_HELP);
    return 0;
  }
  const shell = single(positionals, "shell");
  if (shell === undefined || !Object.hasOwn(SHELLS, shell)) {
    throw new UsageError(`${shell ?? "which shell"}? expected ${Object.keys(SHELLS).join(", ")}`);
  }
  terminal.out(SHELLS[shell as keyof typeof SHELLS](readCommands()));
  return 0;
}

interface Option {
  /** `--target`, `-p`. */
  readonly name: string;
  readonly about: string;
  /** What it takes; empty when it takes anything, undefined when nothing. */
  readonly choices?: readonly string[];
}

interface Command {
  readonly name: string;
  readonly about: string;
  readonly options: readonly Option[];
}

/** Words that options take, where they are few. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  "--target": ["virtio", "spt"],
  "--accel": ["auto", "kvm", "tcg"],
  "--stack": ["host", "soloist"],
};

/** Commands and options as the help texts list them: what completes is what is explained. */
export function readCommands(): Command[] {
  return HELP.split("\n").flatMap((line) => {
    const name = /^ {2}([a-z]+)/.exec(line)?.[1];
    const help = name !== undefined && Object.hasOwn(COMMAND_HELPS, name) ? COMMAND_HELPS[name] : undefined;
    return help ? [{ name: name!, about: line.slice(ABOUT_COLUMN).trim(), options: readOptions(help) }] : [];
  });
}

/** Where the help texts explain what stands before. */
const ABOUT_COLUMN = 19;

function readOptions(help: string): Option[] {
  const found: Option[] = [];
  for (const line of help.split("\n")) {
    const match = /^ {2}(-\S.*?)(?: {2,}(\S.*))?$/.exec(line);
    if (!match) continue;
    for (const part of match[1]!.split(", ")) {
      const option = /^(--?[a-z][a-z-]*)(\[=)?(?: ?([A-Z]\S*|\w+))?/.exec(part);
      if (!option) continue;
      const [, name, optional, value] = option;
      const takes = value !== undefined && optional === undefined;
      const about = (match[2] ?? "").replace(/[;:,.]\s.*|[;:,.]$/, "");
      found.push({ name: name!, about, ...(takes ? { choices: CHOICES[name!] ?? [] } : {}) });
    }
  }
  return found;
}

const PRELUDE = "made by: soloist completion";
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function bash(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const options = commands.map(
    ({ name, options: own }) => `    ${name}) options=${quote(own.map((option) => option.name).join(" "))} ;;`,
  );
  const choices = Object.entries(CHOICES).map(
    ([name, words]) => `    ${name}) COMPREPLY=($(compgen -W ${quote(words.join(" "))} -- "$word")); return ;;`,
  );
  return `# ${PRELUDE} bash
_soloist() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} options
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${names} --help --version' -- "$word"))
    return
  fi
  case $previous in
${choices.join("\n")}
  esac
  case \${COMP_WORDS[1]}:$word in
    completion:[!-]* | completion:) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$word")); return ;;
  esac
  case \${COMP_WORDS[1]} in
${options.join("\n")}
  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _soloist soloist
`;
}

function zsh(commands: readonly Command[]): string {
  const quoted = (text: string) => text.replace(/[[\]:\\]/g, "\\$&");
  const describe = commands.map(({ name, about }) => `    ${quote(`${name}:${quoted(about)}`)}`);
  const cases = commands.map(({ name, options }) => {
    const specs = options.map((option) => {
      const value =
        option.choices === undefined
          ? ""
          : option.choices.length > 0
            ? `:value:(${option.choices.join(" ")})`
            : ":value:_files";
      return `      ${quote(`*${option.name}[${quoted(option.about)}]${value}`)}`;
    });
    const rest = name === "completion" ? "      '*:shell:(bash zsh fish)'" : "      '*:file:_files'";
    return `    ${name}) _arguments \\\n${[...specs, rest].join(" \\\n")} ;;`;
  });
  return `#compdef soloist
# ${PRELUDE} zsh
_soloist() {
  local -a commands
  commands=(
${describe.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = _soloist ]; then _soloist "$@"; else compdef _soloist soloist; fi
`;
}

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap(({ name, about, options }) => [
    `complete -c soloist -n __fish_use_subcommand -a ${name} -d ${quote(about)}`,
    ...options.map((option) => {
      const flag = option.name.startsWith("--") ? `-l ${option.name.slice(2)}` : `-s ${option.name.slice(1)}`;
      const value =
        option.choices === undefined
          ? ""
          : option.choices.length > 0
            ? ` -x -a ${quote(option.choices.join(" "))}`
            : " -r";
      return `complete -c soloist -n '__fish_seen_subcommand_from ${name}' ${flag}${value} -d ${quote(option.about)}`;
    }),
  ]);
  return `# ${PRELUDE} fish
${lines.join("\n")}
complete -c soloist -n '__fish_seen_subcommand_from completion' -x -a 'bash zsh fish'
`;
}
