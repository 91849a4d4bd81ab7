import { type Flow, SoloistError } from "@soloist/interface";
import type { IncomingBody } from "./incoming-body.ts";
import type { Input } from "./input.ts";

/** The connection of a request: a session. */
export interface WatchedConnection {
  readonly flow: Flow;
  readonly input: Input;
  /** The request's content, where it still arrives. */
  readonly body: IncomingBody | undefined;
  readonly ended: boolean;
  /** The connection cannot go on. */
  fails(error: unknown): void;
}

/**
 * Whether the client of one request is still there: made when somebody asks for the request's signal. While a handler runs nobody
 * reads from the connection; this does, for no more than one byte.
 */
export class ClientWatch {
  readonly #controller = new AbortController();
  readonly #connection: WatchedConnection;
  #isOver = false;

  constructor(connection: WatchedConnection) {
    this.#connection = connection;
    this.listen();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The request is answered: what happens to the client is nothing to it any more. */
  end(): void {
    this.#isOver = true;
  }

  /** The client went away, or has ended its direction: it may still take the answer, if the handler gives one all the same. */
  gone(): void {
    this.#controller.abort(new SoloistError("ECONNRESET", "The client went away"));
  }

  /** Waits for the client's end. Who reads content that still arrives finds it there. */
  listen(): void {
    const { body, flow } = this.#connection;
    if (body !== undefined && !body.ended) return;
    const look = () => this.#look();
    flow.whenReadable().then(look, look);
  }

  #look(): void {
    const connection = this.#connection;
    // A client that sends its next request is there; it is not listened to any further.
    if (this.#isOver || connection.ended || connection.input.waiting) return;
    try {
      if (connection.input.listen() < 0) this.gone();
    } catch (error) {
      connection.fails(error);
    }
  }
}
