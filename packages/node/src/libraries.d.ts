// What is used here of the libraries below, which bring no types, or Node.js's with all its globals. They are named by their
// files, because plain "events" is the module of Node.js wherever there is one.

declare module "events/events.js" {
  type Listener = (...args: never[]) => void;
  class EventEmitter {
    static readonly EventEmitter: typeof EventEmitter;
    static defaultMaxListeners: number;
    static once(emitter: EventEmitter, name: string | symbol): Promise<unknown[]>;
    static listenerCount(emitter: EventEmitter, name: string | symbol): number;
    on(name: string | symbol, listener: Listener): this;
    addListener(name: string | symbol, listener: Listener): this;
    once(name: string | symbol, listener: Listener): this;
    off(name: string | symbol, listener: Listener): this;
    removeListener(name: string | symbol, listener: Listener): this;
    removeAllListeners(name?: string | symbol): this;
    emit(name: string | symbol, ...args: unknown[]): boolean;
    listenerCount(name: string | symbol): number;
    setMaxListeners(count: number): this;
  }
  export default EventEmitter;
}

declare module "buffer/index.js" {
  type Encoding = string;
  export class Buffer extends Uint8Array<ArrayBuffer> {
    static from(data: string, encoding?: Encoding): Buffer;
    static from(data: ArrayBufferLike, offset?: number, length?: number): Buffer;
    static from(data: Iterable<number> | ArrayLike<number>): Buffer;
    static alloc(size: number): Buffer;
    static allocUnsafe(size: number): Buffer;
    static isBuffer(value: unknown): value is Buffer;
    static isEncoding(name: string): boolean;
    static byteLength(text: string | ArrayBufferView | ArrayBufferLike, encoding?: Encoding): number;
    static concat(list: readonly Uint8Array[], length?: number): Buffer;
    static compare(a: Uint8Array, b: Uint8Array): number;
    toString(encoding?: Encoding, start?: number, end?: number): string;
    write(text: string, ...rest: (number | string | undefined)[]): number;
    equals(other: Uint8Array): boolean;
  }
  export const SlowBuffer: (size: number) => Buffer;
  export const INSPECT_MAX_BYTES: number;
  export const kMaxLength: number;
}

declare module "string_decoder/lib/string_decoder.js" {
  export class StringDecoder {
    constructor(encoding?: string);
    write(bytes: Uint8Array): string;
    end(bytes?: Uint8Array): string;
  }
}

declare module "readable-stream/lib/stream.js" {
  import EventEmitter from "events/events.js";

  export interface StreamOptions {
    readonly allowHalfOpen?: boolean;
    readonly autoDestroy?: boolean;
    readonly emitClose?: boolean;
    readonly decodeStrings?: boolean;
    readonly highWaterMark?: number;
  }
  export class Stream extends EventEmitter {
    pipe<T>(to: T): T;
  }
  export class Readable extends Stream {
    readonly readable: boolean;
    readonly readableEnded: boolean;
    readonly readableFlowing: boolean | null;
    destroyed: boolean;
    readonly errored: Error | null;
    constructor(options?: StreamOptions);
    push(chunk: Uint8Array | string | null): boolean;
    read(size?: number): unknown;
    pause(): this;
    resume(): this;
    isPaused(): boolean;
    setEncoding(name: string): this;
    destroy(error?: Error | null): this;
    _read(size: number): void;
    [Symbol.asyncIterator](): AsyncIterableIterator<unknown>;
  }
  export class Duplex extends Readable {
    readonly writable: boolean;
    readonly writableEnded: boolean;
    readonly writableFinished: boolean;
    readonly writableLength: number;
    allowHalfOpen: boolean;
    write(
      chunk: Uint8Array | string,
      encoding?: string | ((error?: Error | null) => void),
      done?: (error?: Error | null) => void,
    ): boolean;
    end(chunk?: unknown, encoding?: unknown, done?: unknown): this;
    cork(): void;
    uncork(): void;
    _write(chunk: Uint8Array, encoding: string, done: (error?: Error | null) => void): void;
    _writev?(chunks: { chunk: Uint8Array; encoding: string }[], done: (error?: Error | null) => void): void;
    _final(done: (error?: Error | null) => void): void;
    _destroy(error: Error | null, done: (error?: Error | null) => void): void;
  }
  export const Writable: typeof Duplex;
  export const Transform: typeof Duplex;
  export const PassThrough: typeof Duplex;
  export const pipeline: (...parts: unknown[]) => unknown;
  export const finished: (...parts: unknown[]) => unknown;
  export const compose: (...parts: unknown[]) => unknown;
  export const addAbortSignal: (signal: AbortSignal, stream: Stream) => Stream;
  export const isDisturbed: (stream: unknown) => boolean;
  export const isErrored: (stream: unknown) => boolean;
  export const isReadable: (stream: unknown) => boolean;
  export const promises: {
    readonly pipeline: (...parts: unknown[]) => Promise<void>;
    readonly finished: (...parts: unknown[]) => Promise<void>;
  };
  /** Node's `require("stream")`: the legacy class, with everything above as properties. */
  const legacy: typeof Stream;
  export default legacy;
}
