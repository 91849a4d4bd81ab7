/**
 * The web-standard globals that an image has.
 *
 * Guest packages compile with these and without Node's (`"types": ["@soloist/interface/globals"]`), so that the use of
 * anything that an image lacks is a compile error. Kept by @soloist/runtime, whose README compares them with the WinterTC
 * list and whose tests read that table. `Headers`, `Request` and `Response` are exports of @soloist/web.
 */
export {};

declare global {
  // --- console ---------------------------------------------------------------------------------------------------------

  interface Console {
    log(...data: unknown[]): void;
    error(...data: unknown[]): void;
    warn(...data: unknown[]): void;
    info(...data: unknown[]): void;
    debug(...data: unknown[]): void;
    trace(...data: unknown[]): void;
    dir(value: unknown, options?: { depth?: number | null }): void;
    assert(condition?: unknown, ...data: unknown[]): void;
    group(...data: unknown[]): void;
    groupEnd(): void;
    count(label?: string): void;
    countReset(label?: string): void;
    time(label?: string): void;
    timeLog(label?: string, ...data: unknown[]): void;
    timeEnd(label?: string): void;
  }
  var console: Console;

  // --- timers and microtasks -------------------------------------------------------------------------------------------

  function setTimeout(callback: (_: undefined) => void, delay?: number): number;
  function setTimeout<Arguments extends unknown[]>(
    callback: (...args: Arguments) => void,
    delay?: number,
    ...args: Arguments
  ): number;
  function clearTimeout(id: number | undefined): void;
  function setInterval(callback: (_: undefined) => void, delay?: number): number;
  function setInterval<Arguments extends unknown[]>(
    callback: (...args: Arguments) => void,
    delay?: number,
    ...args: Arguments
  ): number;
  function clearInterval(id: number | undefined): void;
  function queueMicrotask(callback: () => void): void;
  /** Prints `error` as an uncaught exception does and ends the image with exit code 1. */
  function reportError(error: unknown): void;

  interface Performance {
    /** Milliseconds since boot, with a fraction. */
    now(): number;
    /** When the machine booted, milliseconds since the epoch. */
    readonly timeOrigin: number;
    toJSON(): unknown;
  }
  var performance: Performance;

  // --- events ----------------------------------------------------------------------------------------------------------

  interface EventInit {
    bubbles?: boolean;
    cancelable?: boolean;
    composed?: boolean;
  }
  interface Event {
    readonly type: string;
    readonly target: EventTarget | null;
    readonly currentTarget: EventTarget | null;
    readonly bubbles: boolean;
    readonly cancelable: boolean;
    readonly composed: boolean;
    readonly defaultPrevented: boolean;
    readonly eventPhase: number;
    readonly isTrusted: boolean;
    readonly timeStamp: number;
    composedPath(): EventTarget[];
    preventDefault(): void;
    stopPropagation(): void;
    stopImmediatePropagation(): void;
  }
  var Event: { prototype: Event; new (type: string, init?: EventInit): Event };

  interface CustomEvent<T = unknown> extends Event {
    readonly detail: T;
  }
  var CustomEvent: {
    prototype: CustomEvent;
    new <T = unknown>(type: string, init?: EventInit & { detail?: T }): CustomEvent<T>;
  };

  type EventListener = (event: Event) => void;
  interface EventListenerObject {
    handleEvent(event: Event): void;
  }
  type EventListenerOrEventListenerObject = EventListener | EventListenerObject;
  interface AddEventListenerOptions {
    capture?: boolean;
    once?: boolean;
    passive?: boolean;
    signal?: AbortSignal;
  }
  interface EventTarget {
    addEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject | null,
      options?: boolean | AddEventListenerOptions,
    ): void;
    removeEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject | null,
      options?: boolean | { capture?: boolean },
    ): void;
    dispatchEvent(event: Event): boolean;
  }
  var EventTarget: { prototype: EventTarget; new (): EventTarget };

  interface AbortSignal extends EventTarget {
    readonly aborted: boolean;
    readonly reason: unknown;
    onabort: ((event: Event) => void) | null;
    throwIfAborted(): void;
  }
  var AbortSignal: {
    prototype: AbortSignal;
    abort(reason?: unknown): AbortSignal;
    timeout(milliseconds: number): AbortSignal;
    any(signals: Iterable<AbortSignal>): AbortSignal;
  };
  interface AbortController {
    readonly signal: AbortSignal;
    abort(reason?: unknown): void;
  }
  var AbortController: { prototype: AbortController; new (): AbortController };

  interface DOMException extends Error {
    readonly code: number;
  }
  var DOMException: { prototype: DOMException; new (message?: string, name?: string): DOMException };

  // --- text, URLs, data ------------------------------------------------------------------------------------------------

  type BufferSource = ArrayBufferView | ArrayBuffer;

  interface TextEncoder {
    readonly encoding: string;
    encode(input?: string): Uint8Array<ArrayBuffer>;
    encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
  }
  var TextEncoder: { prototype: TextEncoder; new (): TextEncoder };

  interface TextDecoder {
    readonly encoding: string;
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    decode(input?: BufferSource | SharedArrayBuffer, options?: { stream?: boolean }): string;
  }
  var TextDecoder: {
    prototype: TextDecoder;
    new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder;
  };

  function atob(data: string): string;
  function btoa(data: string): string;
  function structuredClone<T>(value: T, options?: { transfer?: ArrayBuffer[] }): T;

  interface URLSearchParams {
    readonly size: number;
    append(name: string, value: string): void;
    delete(name: string, value?: string): void;
    get(name: string): string | null;
    getAll(name: string): string[];
    has(name: string, value?: string): boolean;
    set(name: string, value: string): void;
    sort(): void;
    toString(): string;
    forEach(callback: (value: string, key: string, parent: URLSearchParams) => void, thisArgument?: unknown): void;
    entries(): IterableIterator<[string, string]>;
    keys(): IterableIterator<string>;
    values(): IterableIterator<string>;
    [Symbol.iterator](): IterableIterator<[string, string]>;
  }
  var URLSearchParams: {
    prototype: URLSearchParams;
    new (
      init?: Iterable<readonly [string, string]> | Record<string, string> | string | URLSearchParams,
    ): URLSearchParams;
  };

  interface URL {
    hash: string;
    host: string;
    hostname: string;
    href: string;
    readonly origin: string;
    password: string;
    pathname: string;
    port: string;
    protocol: string;
    search: string;
    readonly searchParams: URLSearchParams;
    username: string;
    toString(): string;
    toJSON(): string;
  }
  var URL: {
    prototype: URL;
    new (url: string | URL, base?: string | URL): URL;
    canParse(url: string | URL, base?: string | URL): boolean;
    parse(url: string | URL, base?: string | URL): URL | null;
  };

  // --- streams: types alone; where the classes come from is said by @soloist/web and @soloist/net ------------------------

  interface ReadableStreamDefaultReader<R = unknown> {
    readonly closed: Promise<undefined>;
    read(): Promise<{ done: false; value: R } | { done: true; value?: R | undefined }>;
    cancel(reason?: unknown): Promise<void>;
    releaseLock(): void;
  }
  interface StreamPipeOptions {
    preventAbort?: boolean;
    preventCancel?: boolean;
    preventClose?: boolean;
    signal?: AbortSignal;
  }
  interface ReadableStream<R = unknown> extends AsyncIterable<R> {
    readonly locked: boolean;
    cancel(reason?: unknown): Promise<void>;
    getReader(): ReadableStreamDefaultReader<R>;
    pipeTo(destination: WritableStream<R>, options?: StreamPipeOptions): Promise<void>;
    pipeThrough<T>(
      pair: { readable: ReadableStream<T>; writable: WritableStream<R> },
      options?: StreamPipeOptions,
    ): ReadableStream<T>;
    tee(): [ReadableStream<R>, ReadableStream<R>];
  }
  interface WritableStreamDefaultWriter<W = unknown> {
    readonly closed: Promise<undefined>;
    readonly ready: Promise<undefined>;
    readonly desiredSize: number | null;
    write(chunk: W): Promise<void>;
    close(): Promise<void>;
    abort(reason?: unknown): Promise<void>;
    releaseLock(): void;
  }
  interface WritableStream<W = unknown> {
    readonly locked: boolean;
    getWriter(): WritableStreamDefaultWriter<W>;
    close(): Promise<void>;
    abort(reason?: unknown): Promise<void>;
  }

  // --- cryptography ----------------------------------------------------------------------------------------------------

  type KeyUsage = "encrypt" | "decrypt" | "sign" | "verify" | "deriveKey" | "deriveBits" | "wrapKey" | "unwrapKey";
  type KeyFormat = "raw" | "pkcs8" | "spki" | "jwk";
  type AlgorithmIdentifier = string | { name: string; [parameter: string]: unknown };
  interface CryptoKey {
    readonly type: "secret" | "private" | "public";
    readonly extractable: boolean;
    readonly algorithm: { name: string; [parameter: string]: unknown };
    readonly usages: KeyUsage[];
  }
  interface CryptoKeyPair {
    readonly publicKey: CryptoKey;
    readonly privateKey: CryptoKey;
  }
  var CryptoKey: { prototype: CryptoKey };

  interface SubtleCrypto {
    digest(algorithm: AlgorithmIdentifier, data: BufferSource): Promise<ArrayBuffer>;
    encrypt(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
    decrypt(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
    sign(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
    verify(
      algorithm: AlgorithmIdentifier,
      key: CryptoKey,
      signature: BufferSource,
      data: BufferSource,
    ): Promise<boolean>;
    generateKey(
      algorithm: AlgorithmIdentifier,
      extractable: boolean,
      usages: readonly KeyUsage[],
    ): Promise<CryptoKey | CryptoKeyPair>;
    importKey(
      format: KeyFormat,
      data: BufferSource | object,
      algorithm: AlgorithmIdentifier,
      extractable: boolean,
      usages: readonly KeyUsage[],
    ): Promise<CryptoKey>;
    exportKey(format: KeyFormat, key: CryptoKey): Promise<ArrayBuffer | object>;
    deriveBits(algorithm: AlgorithmIdentifier, key: CryptoKey, length?: number | null): Promise<ArrayBuffer>;
    deriveKey(
      algorithm: AlgorithmIdentifier,
      key: CryptoKey,
      derived: AlgorithmIdentifier,
      extractable: boolean,
      usages: readonly KeyUsage[],
    ): Promise<CryptoKey>;
  }
  var SubtleCrypto: { prototype: SubtleCrypto };

  interface Crypto {
    readonly subtle: SubtleCrypto;
    /** Fills an integer array of at most 65,536 bytes with random bytes and returns it. */
    getRandomValues<T extends ArrayBufferView>(array: T): T;
    randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
  }
  var crypto: Crypto;
}
