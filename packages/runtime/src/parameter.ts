import type { Device, Parameter } from "@soloist/interface";

/** What {@link parameter} needs besides the name; see {@link Parameter}. */
export type ParameterOptions<T> = Omit<Parameter<T>, "name" | "default"> & {
  /** See {@link Parameter.default}. What `parse` returns says the type: `oneOf("a", "b")` stays a union. */
  readonly default?: NoInfer<T>;
};

/**
 * A key of the command line as a device: main gets its parsed value.
 *
 * @example
 * const port = parameter("port", {
 *   help: "TCP port to listen on",
 *   placeholder: "PORT",
 *   default: 7,
 *   parse: integer({ min: 1, max: 65535 }),
 * });
 * run([stack({ name: "service" }), port], async ({ tcp }, port) => { … });
 */
export function parameter<T>(name: string, options: ParameterOptions<T> & { default: NoInfer<T> }): Device<T>;
export function parameter<T>(name: string, options: ParameterOptions<T>): Device<T | undefined>;
export function parameter<T>(name: string, options: ParameterOptions<T>): Device<T | undefined> {
  const declared = { ...options, name } as Parameter<T>;
  return {
    manifest: [],
    parameters: [declared as Parameter],
    open: (host) => host.parameter(declared),
  };
}
