/**
 * What an app calls first: `run`, devices, tasks.
 *
 * @example A whole program:
 * import { parameter, run, text } from "@soloist/runtime";
 *
 * const who = parameter("who", { help: "whom to greet", placeholder: "NAME", default: "World", parse: text() });
 *
 * run([who], (who) => {
 *   console.log(`Hello ${who}!`);
 * });
 */
export { ArgumentError } from "./arguments.ts";
export { block } from "./block-device.ts";
export { onExternalEvent } from "./external-events.ts";
export { log, setLogLevel } from "./log.ts";
export type { LogLevel } from "./log-rules.ts";
export { net } from "./net-device.ts";
export { type ParameterOptions, parameter } from "./parameter.ts";
export { boolean, integer, oneOf, text } from "./parse.ts";
export { run } from "./run.ts";
export { machineStatus } from "./status.ts";
export { type Channel, createChannel } from "./tasks/channel.ts";
export { CancelledError, NotAwaitedError, ScopeEndedError, TimeoutError } from "./tasks/errors.ts";
export { spawn } from "./tasks/main-scope.ts";
export { type Condition, createCondition, createMutex, type Lock, type Mutex } from "./tasks/mutex.ts";
export { type Scope, scope, type Task, type TaskContext } from "./tasks/scope.ts";
export { createSemaphore, type Semaphore } from "./tasks/semaphore.ts";
export { interruptible, sleep, withTimeout } from "./tasks/sleep.ts";
export { yieldNow } from "./yield-now.ts";
