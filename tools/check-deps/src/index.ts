/**
 * The repository's dependency rules as a program.
 *
 * @example
 * for (const { path, line, message } of check(readFiles("/path/to/repository"))) console.error(`${path}:${line} ${message}`);
 */
export { check, type Violation } from "./check.ts";
export { findImports, type Import } from "./imports.ts";
export { readFiles } from "./read-files.ts";
