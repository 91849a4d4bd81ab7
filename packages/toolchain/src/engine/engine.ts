import { dropLocalNames, hasDirectEval } from "./local-names.ts";
import { EXCEPTION, isException, type JsValue } from "./values.ts";

export type WasmFunction = (...args: (number | bigint)[]) => number | bigint;

const EVAL_MODULE = 1;
const EVAL_STRICT = 1 << 3;
const EVAL_COMPILE_ONLY = 1 << 5;
const WRITE_BYTECODE = 1;
const WRITE_STRIP_SOURCE = 1 << 4;

/** An exception of the app, as the engine describes it. */
export class EvaluationError extends Error {
  override readonly name = "EvaluationError";
  /** Frames as QuickJS prints them, against the bundle. */
  readonly jsStack: string;
  readonly code: string | undefined;

  constructor(message: string, jsStack: string, code?: string) {
    super(message);
    this.jsStack = jsStack;
    this.code = code;
  }
}

/**
 * The very same `quickjs.wasm` that images are made of, run by Node.js. Module data, table slots and platform functions are
 * where the image has them, so that its linear memory can be dumped into one.
 */
export class Engine {
  readonly exports: Record<string, WasmFunction>;
  readonly memory: WebAssembly.Memory;
  readonly context: number;
  /** First address that the engine's allocator gave out. */
  readonly heapStart: number;
  readonly #stackPointer: WebAssembly.Global;

  constructor(instance: WebAssembly.Instance, heapStart: number) {
    this.heapStart = heapStart;
    this.exports = instance.exports as unknown as Record<string, WasmFunction>;
    this.memory = instance.exports.memory as WebAssembly.Memory;
    this.#stackPointer = instance.exports.__stack_pointer as WebAssembly.Global;
    this.context = this.call("qjs_get_context_ptr");
  }

  get stackPointer(): number {
    return this.#stackPointer.value as number;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  /** Calls a function of the engine that returns an int or address. */
  call(name: string, ...args: (number | bigint)[]): number {
    return Number(this.exports[name]!(...args)) >>> 0;
  }

  /** Calls a function of the engine that returns a JSValue; an exception in it is thrown as {@link EvaluationError}. */
  value(name: string, ...args: (number | bigint)[]): JsValue {
    const result = BigInt.asUintN(64, this.exports[name]!(...args) as bigint);
    if (isException(result)) throw this.takeException();
    return result;
  }

  /** Copies bytes, with a NUL behind them, into memory of the engine. Free with {@link Engine.free}. */
  alloc(bytes: Uint8Array | string): { address: number; length: number } {
    const data = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    const address = this.call("malloc", data.length + 1);
    if (address === 0) throw new Error("the engine is out of memory");
    const memory = this.bytes;
    memory.set(data, address);
    memory[address + data.length] = 0;
    return { address, length: data.length };
  }

  free(address: number): void {
    this.exports.free!(address);
  }

  withCString<T>(text: string, use: (address: number, length: number) => T): T {
    const { address, length } = this.alloc(text);
    try {
      return use(address, length);
    } finally {
      this.free(address);
    }
  }

  string(text: string): JsValue {
    return this.withCString(text, (address, length) => this.value("JS_NewStringLen", this.context, address, length));
  }

  /** The value converted to a string, as `String(value)` does. */
  text(value: JsValue): string {
    const address = this.call("JS_ToCStringLen2", this.context, 0, value, 0);
    if (address === 0) throw this.takeException();
    const bytes = this.bytes;
    const result = new TextDecoder().decode(bytes.subarray(address, bytes.indexOf(0, address)));
    this.exports.JS_FreeCString!(this.context, address);
    return result;
  }

  get(object: JsValue, name: string): JsValue {
    return this.withCString(name, (address) => this.value("JS_GetPropertyStr", this.context, object, address));
  }

  /** Takes the value over. */
  set(object: JsValue, name: string, value: JsValue): void {
    this.withCString(name, (address) => this.call("JS_SetPropertyStr", this.context, object, address, value));
  }

  get global(): JsValue {
    return this.value("JS_GetGlobalObject", this.context);
  }

  dup(value: JsValue): JsValue {
    return BigInt.asUintN(64, this.exports.JS_DupValue!(this.context, value) as bigint);
  }

  release(value: JsValue): void {
    this.exports.JS_FreeValue!(this.context, value);
  }

  callFunction(callee: JsValue, thisValue: JsValue, ...args: JsValue[]): JsValue {
    const argv = args.length === 0 ? 0 : this.call("malloc", args.length * 8);
    const view = this.view;
    args.forEach((arg, index) => {
      view.setBigUint64(argv + index * 8, arg, true);
    });
    try {
      return this.value("JS_Call", this.context, callee, thisValue, args.length, argv);
    } finally {
      if (argv !== 0) this.free(argv);
    }
  }

  /** Evaluates a script and returns the value of its last expression. */
  evaluate(source: string, fileName: string): JsValue {
    return this.#eval(source, fileName, 0);
  }

  /** Evaluates a module and returns the promise of its evaluation. */
  evaluateModule(source: string, fileName: string): JsValue {
    return this.#eval(source, fileName, EVAL_MODULE);
  }

  /**
   * Compiles a module without imports and exports to bytecode that {@link Engine.evaluateBytecode} of another engine takes.
   *
   * As a function, since the engine keeps the code of a module's top level for ever: of no use in an image, where it has run
   * (78 KB of apps/web-server). Places in stacks are those of the source, but for columns of its first line.
   */
  compileModule(source: string, fileName: string): Uint8Array {
    return this.withCString(`(async () => {${source}\n})();`, (code, length) =>
      this.withCString(fileName, (name) => {
        const flags = EVAL_STRICT | EVAL_COMPILE_ONLY;
        const bytecode = this.#emitBytecode(this.value("JS_Eval", this.context, code, length, name, flags));
        if (hasDirectEval(source)) return bytecode;
        // Once more through the engine, which writes no atoms but those that something names.
        return this.#emitBytecode(this.#readBytecode(dropLocalNames(bytecode)));
      }),
    );
  }

  #emitBytecode(script: JsValue): Uint8Array {
    const sizeAt = this.call("malloc", 4);
    const address = this.call("JS_WriteObject", this.context, sizeAt, script, WRITE_BYTECODE | WRITE_STRIP_SOURCE);
    if (address === 0) throw this.takeException();
    const bytecode = this.bytes.slice(address, address + this.view.getUint32(sizeAt, true));
    this.exports.js_free!(this.context, address);
    this.free(sizeAt);
    return bytecode;
  }

  #readBytecode(bytecode: Uint8Array): JsValue {
    const { address, length } = this.alloc(bytecode);
    const script = this.value("JS_ReadObject", this.context, address, length, WRITE_BYTECODE);
    this.free(address);
    return script;
  }

  /** Evaluates what {@link Engine.compileModule} made and returns the promise of its evaluation. */
  evaluateBytecode(bytecode: Uint8Array): JsValue {
    return this.value("JS_EvalFunction", this.context, this.#readBytecode(bytecode));
  }

  #eval(source: string, fileName: string, flags: number): JsValue {
    return this.withCString(source, (code, length) =>
      this.withCString(fileName, (name) => this.value("JS_Eval", this.context, code, length, name, flags)),
    );
  }

  /** Runs pending jobs until there are none. Returns how many ran; stops after `limit`. */
  runJobs(limit: number): number {
    const runtime = this.call("JS_GetRuntime", this.context);
    let count = 0;
    for (; count < limit && this.call("JS_IsJobPending", runtime) !== 0; count++) {
      if (this.call("JS_ExecutePendingJob", runtime, 0) >> 31 !== 0) throw this.takeException();
    }
    return count;
  }

  /** Whether long-running code is asked to stop; off in snapshots. */
  watch(enabled: boolean): void {
    this.exports.qjs_set_interrupt_handler!(enabled ? 1 : 0);
  }

  collectGarbage(): void {
    this.exports.JS_RunGC!(this.call("JS_GetRuntime", this.context));
  }

  takeException(): EvaluationError {
    const exception = BigInt.asUintN(64, this.exports.JS_GetException!(this.context) as bigint);
    const error = this.describe(exception);
    this.release(exception);
    return error;
  }

  /** An exception or a rejection's reason, with its stack. */
  describe(reason: JsValue): EvaluationError {
    if (this.call("JS_IsError", reason) === 0) return new EvaluationError(`Uncaught ${this.#safeText(reason)}`, "");
    const field = (name: string) => {
      const value = this.get(reason, name);
      const text = this.#safeText(value);
      this.release(value);
      return text;
    };
    const code = field("code");
    return new EvaluationError(this.#safeText(reason), field("stack"), code === "undefined" ? undefined : code);
  }

  #safeText(value: JsValue): string {
    try {
      return this.text(value);
    } catch {
      return "a value that cannot be printed";
    }
  }

  /** Throws an Error with a code into the app; for native functions. */
  throwError(message: string, code?: string): JsValue {
    const error = this.value("JS_NewError", this.context);
    this.set(error, "message", this.string(message));
    if (code !== undefined) this.set(error, "code", this.string(code));
    // QuickJS fills in `stack` when an error is constructed, not when it is thrown.
    this.exports.JS_Throw!(this.context, error);
    return EXCEPTION;
  }

  throwRangeError(message: string): JsValue {
    return this.#throwPlain("RangeError", message);
  }

  throwTypeError(message: string): JsValue {
    return this.#throwPlain("TypeError", message);
  }

  #throwPlain(type: "RangeError" | "TypeError", message: string): JsValue {
    this.exports.JS_Throw!(this.context, this.evaluate(`new ${type}(${JSON.stringify(message)})`, "<native>"));
    return EXCEPTION;
  }

  /** The stack of the code that runs now, without the frames of this question itself. */
  currentStack(): string {
    const stack = this.evaluate("new Error().stack", "<stack>");
    const text = this.text(stack);
    this.release(stack);
    return text
      .split("\n")
      .filter((line) => !line.includes("<stack>"))
      .join("\n");
  }

  /** A function object for a slot of the table. */
  nativeFunction(name: string, arity: number, slot: number): JsValue {
    return this.withCString(name, (address) =>
      this.value("JS_NewCFunction2", this.context, slot, address, arity, 0, 0),
    );
  }
}
