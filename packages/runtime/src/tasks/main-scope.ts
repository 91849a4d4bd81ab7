import { SoloistError } from "@soloist/interface";
import { fail } from "../report.ts";
import { OwningScope, type Task, type TaskContext } from "./scope.ts";

let mainScope: OwningScope | undefined;

/** Called when main is about to start. A task of main that fails ends the machine at once, whatever main waits for. */
export function openMainScope(): OwningScope {
  mainScope = new OwningScope((error) => fail("Uncaught", error));
  return mainScope;
}

/**
 * Starts a task that belongs to main: main's end waits for it, and when it throws, the machine stops with exit code 1 as for
 * any error that nobody caught. It needs not be awaited. For tasks that belong together, or fail together, see `scope`.
 *
 * @throws SoloistError `ERR_BUILD_TIME` before main was called
 * @example
 * for await (const flow of tcp.listen({ port: 7 })) spawn(() => echo(flow));
 */
export function spawn<T>(work: (context: TaskContext) => T | PromiseLike<T>): Task<T> {
  if (mainScope === undefined) {
    throw new SoloistError(
      "ERR_BUILD_TIME",
      "tasks are spawned in main, not while modules are evaluated at build time",
    );
  }
  return mainScope.background(work);
}
