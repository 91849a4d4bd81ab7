/**
 * A key of the command line, `--name=value`, typed by its parser.
 *
 * `parse` throws an Error whose message says what was expected; the boot then stops with that message and exit code 2.
 *
 * @example
 * const port: Parameter<number> = { name: "port", help: "TCP port to listen on", placeholder: "PORT", default: 7, parse: parsePort };
 */
export interface Parameter<T = unknown> {
  /** Without the dashes; lower case, words joined by "-". */
  readonly name: string;
  /** One line for `--help`. */
  readonly help: string;
  /** What stands for the value in `--help`; a parameter without one is a flag: `--name` alone is parsed as "true". */
  readonly placeholder?: string;
  /** Value when the key is absent. A parameter without `default` is undefined then. */
  readonly default?: T;
  parse(text: string): T;
}

export type ParameterValues = ReadonlyMap<string, unknown>;
