import { SoloistError } from "@soloist/interface";

/**
 * Ends a request with a status other than 500. Thrown by a handler, or by the body of a request that is too large (413),
 * cut short, or not what it claims to be (400).
 *
 * @example
 * if (link === undefined) throw new HttpError(404, "No such link");
 */
export class HttpError extends SoloistError {
  /** 400 to 599. */
  readonly status: number;

  /** `message` is what the client is shown. */
  constructor(status: number, message: string, options?: { cause?: unknown; code?: string }) {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`HttpError: status ${status} is not between 400 and 599`);
    }
    super(options?.code ?? `HTTP_${status}`, message, options);
    this.status = status;
  }
}
