import type { SoloistError } from "@soloist/interface";
import {
  AddressError,
  ConnectionAbortedError,
  ConnectionRefusedError,
  ConnectionResetError,
  InvalidArgumentError,
  MessageSizeError,
  TimedOutError,
  UnreachableError,
} from "@soloist/net";

/** The error that the app's own stack would have: Node.js's codes are the same, its classes are not. */
export function socketError(error: unknown, peer: string): SoloistError {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case "ECONNREFUSED":
      return new ConnectionRefusedError(`${peer} refused the connection`);
    case "ETIMEDOUT":
      return new TimedOutError(`${peer} did not answer in time`);
    case "ENETUNREACH":
    case "EHOSTUNREACH":
      return new UnreachableError(code, `${peer} cannot be reached`);
    case "EADDRINUSE":
    case "EADDRNOTAVAIL":
      return new AddressError(code, message);
    case "EMSGSIZE":
      return new MessageSizeError(`a packet to ${peer} was too big`);
    case "EINVAL":
      return new InvalidArgumentError(message);
    // Writing to a connection that the peer has reset.
    case "ECONNRESET":
    case "EPIPE":
      return new ConnectionResetError(`${peer} reset the connection`);
    default:
      return new ConnectionAbortedError(`the connection with ${peer} was aborted: ${message}`);
  }
}

export function assertPort(port: number, least: number): void {
  if (!Number.isInteger(port) || port < least || port > 65_535) {
    throw new InvalidArgumentError(`a port is ${least} to 65535, not ${port}`);
  }
}

export function assertAddress(text: string): string {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) {
    throw new InvalidArgumentError(`not an IPv4 address: ${JSON.stringify(text)}`);
  }
  return text;
}
