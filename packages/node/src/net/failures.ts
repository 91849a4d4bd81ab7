/** What Node adds to errors of the system, beside the `code` that ours have. */
export function describe(error: unknown, syscall: string, address?: string, port?: number): Error {
  const known = error instanceof Error ? error : new Error(String(error));
  return Object.assign(known, {
    syscall,
    ...(address === undefined ? {} : { address }),
    ...(port === undefined ? {} : { port }),
  });
}
