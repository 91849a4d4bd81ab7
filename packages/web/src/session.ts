import { type Flow, SoloistError } from "@soloist/interface";
import { failureOf, isPlain, isThenable, toResponse } from "./answer.ts";
import { DISPATCH, type DirectApp } from "./app.ts";
import { bytes } from "./bytes.ts";
import { ClientWatch, type WatchedConnection } from "./client-watch.ts";
import type { HandlerResult, RequestSource } from "./context.ts";
import type { BodyStream, Content } from "./fetch/body.ts";
import { type Request, receivedRequest, type SignalSource } from "./fetch/request.ts";
import { Response, sendResponse } from "./fetch/response.ts";
import { Html } from "./html.ts";
import { CLOSED, MORE, REQUEST, ServerConnection } from "./http/connection.ts";
import type { HeaderBlock } from "./http/header-block.ts";
import { REFUSALS, type Refusal } from "./http/refusal.ts";
import { HTML, JSON_TEXT } from "./http/response-heads.ts";
import { HttpError } from "./http-error.ts";
import { type ContentSource, IncomingBody } from "./incoming-body.ts";
import { Input } from "./input.ts";
import { logFailure, logRefusal } from "./log.ts";
import { Sender } from "./sender.ts";
import type { Server } from "./serve.ts";
import { PrefixedFlow, type Upgraded, type UpgradeResponse } from "./upgrade.ts";

/** What a turn of a session ends with: what it waits for. */
const READ = 0;
const WRITE = 1;
const HANDLER = 2;
const CLOSE = 3;
type Wait = typeof READ | typeof WRITE | typeof HANDLER | typeof CLOSE;

/** What the client is waited for, which decides the timeout. */
const IDLE = 0;
const HEADERS = 1;
const STALLED = 2;
/** The server's own turn: no timeout. */
const RUNNING = 3;
const CLOSING = 4;
/** A handler reads the request's content. */
const BODY = 5;
/** Another protocol is spoken, which has timeouts of its own. */
const UPGRADED = 6;

/**
 * One connection of a server: moves bytes between its flow and its machine, and requests to the app. A turn is synchronous:
 * it reads, parses, calls handlers and writes for all requests that have arrived, in buffers that all sessions share. What
 * is left at its end, unread or unsent, moves to buffers of the session's own.
 */
export class Session implements SignalSource, RequestSource, ContentSource, WatchedConnection {
  readonly server: Server;
  readonly flow: Flow;
  readonly connection: ServerConnection;
  readonly #direct: boolean;

  readonly input: Input;
  readonly #sender: Sender;

  // The request that is being answered.
  serial = 0;
  #target = "";
  #content: Content | null = null;
  #pending: Promise<HandlerResult> | undefined = undefined;
  body: IncomingBody | undefined = undefined;
  #client: ClientWatch | undefined = undefined;
  #upgraded: Upgraded | undefined = undefined;

  #waitingFor: number = IDLE;
  #since: number;
  ended = false;
  #refused = false;
  /** Bytes of the request's content that count as held. */
  #held = 0;
  /** Whether the request counts as in flight. */
  #counted = false;
  #settles: ((result: HandlerResult) => void) | undefined = undefined;
  #rejects: ((error: unknown) => void) | undefined = undefined;

  constructor(server: Server, flow: Flow) {
    this.server = server;
    this.flow = flow;
    this.#direct = DISPATCH in server.app;
    this.input = new Input(flow, server.window);
    this.#sender = new Sender(flow, server.output);
    this.connection = new ServerConnection(server.limits, server.output, server.heads);
    if (server.remembered !== undefined) this.connection.parser.remembered = server.remembered;
    this.#since = server.tick;
  }

  /** Begins, and goes on when what was waited for is there. Never throws. */
  wake(): void {
    try {
      const wait = this.#turn();
      if (wait === READ) {
        const flow = this.flow;
        if (flow.wakeWhenReadable !== undefined) flow.wakeWhenReadable(this);
        else this.#after(flow.whenReadable(), () => this.wake());
      } else if (wait === HANDLER) this.#handle();
      else if (wait === WRITE) this.#after(this.flow.whenWritable(), () => this.wake());
      else this.#close();
    } catch (error) {
      this.fails(error);
    }
  }

  #after(waited: Promise<void>, go: () => void): void {
    waited.then(go, (error) => this.fails(error));
  }

  /** The connection cannot go on. */
  fails(error: unknown): void {
    // The flow's errors are the client's doing; anything else is a mistake of this package, and no reason to stop.
    if (!(error instanceof SoloistError)) logFailure("A connection failed", error);
    this.#release();
    // Sections between two waits leave the shared output empty, so what is in it is this session's.
    this.server.output.clear();
    this.abort();
  }

  /** Called about once a second: ends the connection when the client was waited for too long. */
  sweep(): void {
    const server = this.server;
    const age = server.tick - this.#since;
    switch (this.#waitingFor) {
      case IDLE:
        if (age > server.idleTicks) this.#close();
        break;
      case HEADERS:
        if (age <= server.headerTicks) break;
        server.counters.timeouts++;
        this.count(REFUSALS.timeout);
        this.#refuseTimeout();
        break;
      case BODY:
        this.body?.sweep(age);
        break;
      case STALLED:
      case CLOSING:
        if (age <= server.stallTicks) break;
        server.counters.timeouts++;
        this.abort();
        break;
      case UPGRADED:
        this.#upgraded!.tick?.(server.tick, server.stallTicks);
        break;
      default:
        break;
    }
  }

  /** The server stops: an idle connection ends now, a busy one with the answer to its request. */
  stop(): void {
    this.connection.stopping = true;
    this.#upgraded?.stop?.();
    // A handler that stops the server is called while nothing is waited for yet.
    if (this.#waitingFor === IDLE && !this.connection.unanswered) this.#close();
  }

  abort(): void {
    this.clientGone();
    this.flow.abort();
    this.#end();
  }

  get env(): unknown {
    return this.server.env;
  }

  clientSignal(serial: number): AbortSignal {
    // Whoever asks for the first time when the answer is given learns nothing any more.
    if (serial !== this.serial) return new AbortController().signal;
    this.#client ??= new ClientWatch(this);
    return this.#client.signal;
  }

  contentRead(): void {
    this.#client?.listen();
  }

  clientGone(): void {
    this.#client?.gone();
  }

  #end(): void {
    if (this.#waitingFor === CLOSING && this.ended) return;
    this.ended = true;
    this.#waitingFor = CLOSING;
    this.server.ended(this);
  }

  /** Everything is sent: ends the connection as soon as the client has it. */
  #close(): void {
    if (this.#waitingFor === CLOSING) return;
    this.#wait(CLOSING);
    this.flow.close().then(
      () => this.#end(),
      () => this.abort(),
    );
  }

  #refuseTimeout(): void {
    try {
      this.connection.refuse(REFUSALS.timeout);
      this.#sender.flush();
      this.#close();
    } catch {
      this.abort();
    }
  }

  #wait(reason: number): void {
    this.#waitingFor = reason;
    this.#since = this.server.tick;
  }

  #turn(): Wait {
    if (this.#waitingFor === CLOSING) return CLOSE;
    if (this.#sender.waiting && !this.#sender.flush()) return this.#stalled();
    const server = this.server;
    const connection = this.connection;
    const parser = connection.parser;
    const input = this.input;
    const window = server.window;
    const output = server.output;
    input.load();
    let served = false;
    // Whether the flow may have more than was read.
    let more = true;
    for (;;) {
      if (input.from === input.to && !connection.closing && !parser.inMessage) {
        // Between two requests. The short way: a turn takes a third of a microsecond less with it.
        if (more) {
          const length = input.refill();
          if (length < 0) connection.closing = true;
          more = length === input.size;
          continue;
        }
        if (output.length !== 0 && !this.#sender.flush()) return this.#stalled();
        if (connection.stopping) return CLOSE;
        this.#waitingFor = IDLE;
        this.#since = server.tick;
        return READ;
      }
      const event = connection.next(window, input.from, input.to);
      input.from = parser.next;
      if (event === REQUEST) {
        served = true;
        server.counters.requests++;
        if (!this.#dispatch(window)) {
          input.save();
          // A handler that reads at once waits for the client already.
          if (this.#waitingFor !== BODY) this.#waitingFor = RUNNING;
          this.#sender.flush();
          return HANDLER;
        }
        if (input.waiting) input.load();
        if ((more || input.from !== input.to) && output.full && !this.#sender.flush()) {
          input.save();
          return this.#stalled();
        }
        continue;
      }
      if (event === MORE) {
        if (more) {
          const room = input.makeRoom();
          const length = input.read();
          more = length === room;
          // The end of the stream: nothing can be answered that is not complete.
          if (length < 0) connection.closing = true;
          if (length !== 0) continue;
        }
        const unread = input.to !== input.from;
        if (unread) input.save();
        if (output.length !== 0 && !this.#sender.flush()) return this.#stalled();
        const reason = parser.inMessage ? STALLED : HEADERS;
        // The header timeout counts from a head's first byte, however slowly the others follow.
        if (served || reason !== HEADERS || this.#waitingFor !== HEADERS) {
          this.#waitingFor = reason;
          this.#since = server.tick;
        }
        return READ;
      }
      if (event === CLOSED) {
        if (connection.refusal !== undefined) this.count(connection.refusal);
        return this.#sender.flush() ? CLOSE : this.#stalled();
      }
      // CONTENT and CONTENT_END: what a handler did not read is dropped.
    }
  }

  /** Calls the app. False: the answer is not there yet. */
  #dispatch(window: Uint8Array): boolean {
    const server = this.server;
    const connection = this.connection;
    const parser = connection.parser;
    const target = bytes.latin1Decode(window, parser.targetStart, parser.targetEnd - parser.targetStart);
    this.#target = target;
    if (!parser.plain) {
      if (server.remembered === undefined) server.remembered = parser.remembered;
      if (parser.hasBody) {
        this.#content = this.#takeContent(window);
        if (server.held > server.maxContents) return this.#turnAway(REFUSALS.contents);
      }
    }
    let result: HandlerResult | Promise<HandlerResult>;
    try {
      if (server.inFlight >= server.maxInFlight) return this.#turnAway(REFUSALS.inFlight);
      result = this.#direct
        ? (server.app as unknown as DirectApp)[DISPATCH](parser.method, target, this)
        : server.app.fetch(this.makeRequest(), server.env);
      if (typeof result === "string") {
        connection.sendText(result);
        if (parser.plain && this.#client === undefined) this.serial++;
        else this.#forget();
        return true;
      }
      if (isThenable(result)) {
        this.#pending = result;
        return false;
      }
      this.#answer(result);
    } catch (error) {
      this.#fail(error);
    }
    if (connection.stream !== undefined || this.#upgraded !== undefined) return false;
    this.#forget();
    return true;
  }

  /** Answers a request that is one too many; those that come later on this connection may find room. */
  #turnAway(refusal: Refusal): boolean {
    const { status } = refusal;
    this.#countRefused(refusal);
    sendResponse(new Response(null, { status, headers: { "retry-after": "1" } }), this.connection);
    this.#forget();
    return true;
  }

  get block(): HeaderBlock {
    return this.connection.parser.headers;
  }

  makeRequest(): Request {
    const parser = this.connection.parser;
    return receivedRequest(parser.method, this.#target, parser.headers, this.#content, this);
  }

  /** The request is answered: what was not asked for by now is gone. */
  #forget(): void {
    this.serial++;
    this.#release();
    this.#content = null;
    this.body = undefined;
    this.#client?.end();
    this.#client = undefined;
  }

  #answer(result: HandlerResult): void {
    if (isPlain(result)) this.connection.sendText(JSON.stringify(result), JSON_TEXT);
    else if (result instanceof Response) {
      if (result.status === 101) this.#upgrade(result as UpgradeResponse);
      else sendResponse(result, this.connection);
    } else if (result instanceof Html) this.connection.sendText(result.toString(), HTML);
    else sendResponse(toResponse(result), this.connection);
  }

  #upgrade(response: UpgradeResponse): void {
    if (!this.connection.switchProtocols(response.headers)) {
      throw new HttpError(400, "The client did not ask for another protocol", { code: "ERR_UPGRADE" });
    }
    this.#upgraded = response.upgraded;
  }

  #fail(error: unknown): void {
    if (!(error instanceof HttpError)) this.server.counters.failures++;
    if (this.connection.unanswered) sendResponse(failureOf(error), this.connection);
    else logFailure("A handler failed after its answer had begun", error);
  }

  // --- answers that take longer than a turn --------------------------------------------------------------------------

  #handle(): void {
    this.server.inFlight++;
    this.#counted = true;
    if (this.#sender.waiting) this.#after(this.drain(), () => this.#attend());
    else this.#attend();
  }

  #attend(): void {
    const pending = this.#pending;
    if (pending === undefined) this.#conclude();
    else {
      this.#settles ??= (result) => this.#settled(result, false);
      this.#rejects ??= (error) => this.#settled(error as HandlerResult, true);
      // Not awaited: that would be two promises more for each request.
      Promise.resolve(pending).then(this.#settles, this.#rejects);
    }
  }

  /** Answers with what a handler promised. */
  #settled(result: HandlerResult, failed: boolean): void {
    try {
      this.#pending = undefined;
      if (!this.ended) {
        // A handler that read its content may have left output behind.
        if (!this.#sender.flush()) {
          this.#after(this.drain(), () => this.#settled(result, failed));
          return;
        }
        try {
          if (failed) throw result;
          if (typeof result === "string") this.connection.sendText(result);
          else this.#answer(result);
        } catch (error) {
          this.#fail(error);
        }
      }
      this.#conclude();
    } catch (error) {
      this.fails(error);
    }
  }

  /**
   * Ends an answer that has begun. Its output goes out before anybody else's turn: all connections build their answers in one
   * buffer.
   */
  #conclude(): void {
    const isOpen = this.connection.stream !== undefined || this.#upgraded !== undefined;
    if (!this.ended && (isOpen || !this.#sender.flush())) {
      void this.#finish();
      return;
    }
    this.#forget();
    const { connection, flow } = this;
    if (this.input.waiting || connection.closing || connection.stopping || connection.parser.inMessage) this.wake();
    else if (flow.wakeWhenReadable === undefined || this.#waitingFor === CLOSING) this.wake();
    else {
      // A turn would find nothing to do: 1 us less.
      this.#wait(IDLE);
      flow.wakeWhenReadable(this);
    }
  }

  async #finish(): Promise<void> {
    try {
      await this.drain();
      if (this.connection.stream !== undefined) await this.#pump(this.connection.stream);
      this.#forget();
      if (!this.ended) await this.drain();
      if (this.#upgraded !== undefined && !this.ended) await this.#speak(this.#upgraded);
    } catch (error) {
      this.fails(error);
      return;
    }
    this.wake();
  }

  /** The request is not in flight any more, and its content not held. */
  #release(): void {
    const { server } = this;
    server.held -= this.#held;
    this.#held = 0;
    if (this.#counted) server.inFlight--;
    this.#counted = false;
  }

  /** Another protocol has the connection until its end. */
  #speak(upgraded: Upgraded): Promise<void> {
    const server = this.server;
    const flow = this.flow;
    const rest = this.input.take();
    this.#waitingFor = UPGRADED;
    return upgraded.run(rest === undefined ? flow : new PrefixedFlow(flow, rest), server.window, server.tick);
  }

  /** Sends a stream as fast as the client takes it. A stream that fails cuts the connection: the client must see it. */
  async #pump(stream: BodyStream): Promise<void> {
    const connection = this.connection;
    try {
      for await (const piece of stream) {
        connection.chunk(piece);
        await this.drain();
      }
      connection.finish();
    } catch (error) {
      if (!(error instanceof SoloistError) || error instanceof HttpError) {
        this.server.counters.failures++;
        logFailure("A response's stream failed", error);
      }
      connection.output.clear();
      this.abort();
    }
  }

  // --- content of requests ---------------------------------------------------------------------------------------------

  /** Content that is here already, or a stream of it. */
  #takeContent(window: Uint8Array): Content {
    const connection = this.connection;
    const parser = connection.parser;
    if (!parser.headers.chunked && parser.remaining <= this.input.to - this.input.from) {
      connection.takeContent();
      const content = window.slice(parser.dataStart, parser.dataEnd);
      this.#held = content.length;
      this.server.held += content.length;
      this.input.from = parser.next;
      return content;
    }
    // The handler may begin to read it before this turn goes on.
    this.input.save();
    this.body = new IncomingBody(this);
    return this.body;
  }

  hold(bytes: number): void {
    const { server } = this;
    this.#held += bytes;
    server.held += bytes;
    if (server.held <= server.maxContents) return;
    this.#countRefused(REFUSALS.contents);
    throw new HttpError(503, "The server holds too much content of requests", { code: "ERR_CONTENTS" });
  }

  waitForContent(waiting: boolean): void {
    if (waiting) this.#wait(BODY);
    else if (this.#waitingFor === BODY) this.#waitingFor = RUNNING;
  }

  // --- output ----------------------------------------------------------------------------------------------------------

  #stalled(): Wait {
    this.#wait(STALLED);
    return WRITE;
  }

  /** Waits until all output is with the flow. */
  async drain(): Promise<void> {
    while (!this.#sender.flush()) {
      this.#wait(STALLED);
      await this.flow.whenWritable();
      if (this.ended) return;
      this.#waitingFor = RUNNING;
    }
  }

  /** Once: a connection ends with its first refusal. */
  count(refusal: Refusal): void {
    if (this.#refused) return;
    this.#refused = true;
    this.#countRefused(refusal);
    logRefusal(refusal.code, this.flow);
  }

  #countRefused({ code }: Refusal): void {
    const { refused } = this.server.counters;
    refused[code] = (refused[code] ?? 0) + 1;
  }
}
