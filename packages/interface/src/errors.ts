/**
 * Base of every error that a caller of Soloist may act on.
 *
 * `code` is stable and is what programs compare; `message` is for people. Codes that Node.js has too are named as Node
 * names them (`ECONNREFUSED`, `ETIMEDOUT`…).
 *
 * @example
 * try { await tcp.connect({ address: "10.0.0.9", port: 80 }) }
 * catch (error) { if (error instanceof SoloistError && error.code === "ECONNREFUSED") … }
 */
export class SoloistError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}
