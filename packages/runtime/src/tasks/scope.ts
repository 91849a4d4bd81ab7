import { abortSignal, makeSignal } from "../standards/abort.ts";
import { CancelledError, NotAwaitedError, ScopeEndedError } from "./errors.ts";

/** How far a chain of causes is followed. */
const MAX_CAUSES = 16;

/** What the function of a task is called with. */
export interface TaskContext {
  /** Aborted when the task is cancelled, its scope is, or a sibling fails. */
  readonly signal: AbortSignal;
}

/** A running function that belongs to a scope. Await it for its result. */
export interface Task<T> extends PromiseLike<T> {
  readonly name: string;
  /**
   * Asks the task to end: aborts its signal, with a {@link CancelledError} unless `reason` is given. Awaiting it then
   * rejects with whatever its function throws. A cancelled task needs not be awaited, and its end is no failure of the scope
   * when it throws the reason.
   */
  cancel(reason?: unknown): void;
}

/** Owner of tasks. */
export interface Scope {
  /** Aborted when a task of the scope, or its body, failed, or the scope was cancelled. */
  readonly signal: AbortSignal;
  /**
   * Starts `work` as a task of this scope, at once: it runs up to its first `await` before `spawn` returns.
   *
   * The task must be awaited, or cancelled, before the body ends.
   */
  spawn<T>(work: (context: TaskContext) => T | PromiseLike<T>): Task<T>;
  /**
   * Starts a task whose result nobody wants, as a server does for each connection. The scope waits for it all the same, and
   * fails when it fails.
   */
  background<T>(work: (context: TaskContext) => T | PromiseLike<T>): Task<T>;
  /** Aborts the signals of the scope and of all its tasks; the scope then rejects with `reason`. */
  cancel(reason?: unknown): void;
}

/**
 * Runs `body`, and ends when it and every task that it spawned have ended. The rules are Miou's:
 *
 * - A task belongs to the scope that spawned it, and does not outlive it.
 * - A task that was neither awaited nor cancelled when the body ends is an error, `ERR_NOT_AWAITED`.
 * - When a task or the body throws, the signals of the scope and of all its tasks are aborted, and once all have ended the
 *   scope rejects with that first error; with an AggregateError when others failed for reasons of their own.
 * - Cancelling is asking: a task that ignores its signal is waited for.
 *
 * `options.signal` cancels the scope from outside.
 *
 * @example
 * const [a, b] = await scope(async (s) => {
 *   const left = s.spawn(({ signal }) => load("a", signal));
 *   const right = s.spawn(({ signal }) => load("b", signal));
 *   return [await left, await right];
 * });
 */
export async function scope<T>(
  body: (scope: Scope) => T | PromiseLike<T>,
  options: { signal?: AbortSignal } = {},
): Promise<T> {
  const owner = new OwningScope();
  const outer = options.signal;
  const onAbort = () => owner.cancel(outer?.reason);
  if (outer?.aborted) onAbort();
  else outer?.addEventListener("abort", onAbort, { once: true });

  let result: T | undefined;
  try {
    result = await body(owner);
  } catch (error) {
    owner.fail(error);
  }
  owner.close();
  await owner.ended();
  outer?.removeEventListener("abort", onAbort);
  owner.throwFailures();
  return result as T;
}

let alive = 0;

/** Tasks of all scopes that have not ended. */
export function taskCount(): number {
  return alive;
}

/** The state behind {@link scope} and main. */
export class OwningScope implements Scope {
  readonly #tasks = new Set<TaskState<unknown>>();
  /** Ended tasks that nobody awaited yet. */
  readonly #forgotten = new Set<TaskState<unknown>>();
  readonly #failures: unknown[] = [];
  #signal: AbortSignal | undefined;
  #isCancelled = false;
  #reason: unknown;
  #isClosed = false;
  #onEmpty: (() => void) | undefined;
  #spawned = 0;
  readonly #onFailure: ((error: unknown) => void) | undefined;

  /** @param onFailure told of the first failure as it happens */
  constructor(onFailure?: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      this.#signal = makeSignal();
      if (this.#isCancelled) abortSignal(this.#signal, this.#reason);
    }
    return this.#signal;
  }

  spawn<T>(work: (context: TaskContext) => T | PromiseLike<T>): Task<T> {
    return this.#start(work, false);
  }

  background<T>(work: (context: TaskContext) => T | PromiseLike<T>): Task<T> {
    return this.#start(work, true);
  }

  cancel(reason: unknown = new CancelledError("the scope was cancelled")): void {
    if (this.#isCancelled) return;
    if (this.#failures.length === 0) this.#failures.push(reason);
    this.#abort(reason);
  }

  /** Something failed: the first failure cancels everything else. */
  fail(error: unknown): void {
    if (!this.#isCancelled) {
      this.#failures.push(error);
      this.#onFailure?.(error);
      this.#abort(error);
    } else if (hasCause(error, this.#failures[0])) {
      // The same failure, told by somebody who knows more about it.
      this.#failures[0] = error;
    } else if (error !== this.#reason && !isCancellation(error)) {
      this.#failures.push(error);
    }
  }

  #abort(reason: unknown): void {
    this.#isCancelled = true;
    this.#reason = reason;
    if (this.#signal !== undefined) abortSignal(this.#signal, reason);
    for (const task of [...this.#tasks]) task.cancel(reason);
  }

  /** The body has ended. */
  close(): void {
    this.#isClosed = true;
    const left = [...this.#forgotten, ...this.#tasks].filter((task) => !task.isExpected);
    if (left.length > 0 && !this.#isCancelled) this.fail(new NotAwaitedError(left.map(({ name }) => name)));
  }

  ended(): Promise<void> | undefined {
    if (this.#tasks.size === 0) return undefined;
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  throwFailures(): void {
    if (this.#failures.length === 0) return;
    const [first] = this.#failures;
    if (this.#failures.length === 1) throw first;
    throw new AggregateError(this.#failures, first instanceof Error ? first.message : String(first));
  }

  /** Called by a task that was awaited or cancelled. */
  expected(task: TaskState<unknown>): void {
    this.#forgotten.delete(task);
  }

  taskEnded(task: TaskState<unknown>): void {
    this.#tasks.delete(task);
    alive--;
    if (!task.isExpected) this.#forgotten.add(task);
    if (this.#tasks.size === 0) this.#onEmpty?.();
  }

  #start<T>(work: (context: TaskContext) => T | PromiseLike<T>, isBackground: boolean): Task<T> {
    if (this.#isCancelled) throw this.#reason;
    if (this.#isClosed) throw new ScopeEndedError();
    const task = new TaskState<T>(this, work.name || `task ${++this.#spawned}`, isBackground);
    this.#tasks.add(task);
    alive++;
    task.start(work);
    return task;
  }
}

class TaskState<T> implements Task<T>, TaskContext {
  readonly name: string;
  /** Whether somebody knows of its end: it was awaited or cancelled, or it runs in the background. */
  isExpected: boolean;
  readonly #scope: OwningScope;
  #promise: Promise<T> | undefined;
  #signal: AbortSignal | undefined;
  #isCancelled = false;
  #reason: unknown;

  constructor(scope: OwningScope, name: string, isExpected: boolean) {
    this.#scope = scope;
    this.name = name;
    this.isExpected = isExpected;
  }

  start(work: (context: TaskContext) => T | PromiseLike<T>): void {
    this.#promise = this.#run(work);
    // Whoever awaits the task gets its error too; the scope has it in any case.
    this.#promise.catch(ignore);
  }

  async #run(work: (context: TaskContext) => T | PromiseLike<T>): Promise<T> {
    try {
      return await work(this);
    } catch (error) {
      if (!this.#isCancelled || (error !== this.#reason && !isCancellation(error))) this.#scope.fail(error);
      throw error;
    } finally {
      this.#scope.taskEnded(this as TaskState<unknown>);
    }
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      this.#signal = makeSignal();
      if (this.#isCancelled) abortSignal(this.#signal, this.#reason);
    }
    return this.#signal;
  }

  cancel(reason: unknown = new CancelledError()): void {
    this.#expect();
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.#reason = reason;
    if (this.#signal !== undefined) abortSignal(this.#signal, reason);
  }

  // biome-ignore lint/suspicious/noThenProperty: a task is awaited like a promise, and the scope must learn of it.
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#expect();
    return this.#promise!.then(onFulfilled, onRejected);
  }

  #expect(): void {
    if (this.isExpected) return;
    this.isExpected = true;
    this.#scope.expected(this as TaskState<unknown>);
  }
}

function isCancellation(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function hasCause(error: unknown, cause: unknown): boolean {
  for (let depth = 0; depth < MAX_CAUSES && error instanceof Error; depth++, error = error.cause) {
    if (error.cause !== undefined && error.cause === cause) return true;
  }
  return false;
}

function ignore(): void {}
