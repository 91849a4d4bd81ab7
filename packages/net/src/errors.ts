import { SoloistError } from "@soloist/interface";

/** The peer reset the connection: `ECONNRESET`. */
export class ConnectionResetError extends SoloistError {
  constructor(message = "the peer reset the connection") {
    super("ECONNRESET", message);
  }
}

/** Nobody listens there: `ECONNREFUSED`. */
export class ConnectionRefusedError extends SoloistError {
  constructor(message = "the peer refused the connection") {
    super("ECONNREFUSED", message);
  }
}

/** Nothing came back for too long: `ETIMEDOUT`. */
export class TimedOutError extends SoloistError {
  constructor(message = "the peer did not answer in time") {
    super("ETIMEDOUT", message);
  }
}

/** `abort()` was called on our side, or the stack was shut down: `ECONNABORTED`. */
export class ConnectionAbortedError extends SoloistError {
  constructor(message = "the connection was aborted") {
    super("ECONNABORTED", message);
  }
}

/** Our direction has ended; nothing can be written: `EPIPE`. */
export class BrokenPipeError extends SoloistError {
  constructor(message = "this direction of the connection has ended") {
    super("EPIPE", message);
  }
}

/** No route, or no neighbour of that address answers: `ENETUNREACH`, `EHOSTUNREACH`. */
export class UnreachableError extends SoloistError {
  constructor(code: "ENETUNREACH" | "EHOSTUNREACH", message: string) {
    super(code, message);
  }
}

/** The port is taken: `EADDRINUSE`; the address is not ours, or there is none: `EADDRNOTAVAIL`. */
export class AddressError extends SoloistError {
  constructor(code: "EADDRINUSE" | "EADDRNOTAVAIL", message: string) {
    super(code, message);
  }
}

/** A datagram is larger than what one packet carries: `EMSGSIZE`. */
export class MessageSizeError extends SoloistError {
  constructor(message: string) {
    super("EMSGSIZE", message);
  }
}

/** An argument makes no sense, such as port 70000: `EINVAL`. */
export class InvalidArgumentError extends SoloistError {
  constructor(message: string) {
    super("EINVAL", message);
  }
}

/** No network stack is open: `ENETDOWN`. */
export class NetworkDownError extends SoloistError {
  constructor(message: string) {
    super("ENETDOWN", message);
  }
}

/** The app does not import `@soloist/net/streams`, which `flow.readable` and `flow.writable` need: `ENOSYS`. */
export class NoStreamsError extends SoloistError {
  constructor() {
    super("ENOSYS", 'flow.readable and flow.writable need web streams: import "@soloist/net/streams"');
  }
}

/** The error of a connection that failed for this reason. */
export function failureError(code: string, peer: string): SoloistError {
  switch (code) {
    case "ECONNRESET":
      return new ConnectionResetError(`${peer} reset the connection`);
    case "ECONNREFUSED":
      return new ConnectionRefusedError(`${peer} refused the connection`);
    case "ETIMEDOUT":
      return new TimedOutError(`${peer} did not answer in time`);
    case "ENETUNREACH":
      return new UnreachableError("ENETUNREACH", `${peer} cannot be reached: a router knows no way to its network`);
    case "EMSGSIZE":
      return new MessageSizeError(`a packet to ${peer} was too big for its path`);
    case "EHOSTUNREACH":
      return new UnreachableError(
        "EHOSTUNREACH",
        `${peer} cannot be reached: nobody answers for its link address, or a router says so`,
      );
    default:
      return new ConnectionAbortedError(`the connection with ${peer} was aborted`);
  }
}
