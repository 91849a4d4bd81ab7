/** Why a request is not read any further. `code` is stable; `status` is what the client is told. */
export class Refusal {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    this.status = status;
    this.code = code;
  }
}

/** RFC 9112 unless another one is named. */
export const REFUSALS = {
  // 4: status line, of responses
  statusLine: new Refusal(502, "status-line"),
  // 3: request line
  requestLine: new Refusal(400, "request-line"),
  method: new Refusal(400, "method"),
  target: new Refusal(400, "target"),
  lineTooLong: new Refusal(414, "request-line-too-long"),
  methodUnknown: new Refusal(501, "method-unknown"),
  version: new Refusal(505, "version"),
  // 2.2: a bare CR or LF; a control byte where text belongs
  bareLf: new Refusal(400, "bare-lf"),
  bareCr: new Refusal(400, "bare-cr"),
  control: new Refusal(400, "control-byte"),
  // 5: field lines
  fieldName: new Refusal(400, "field-name"),
  spaceBeforeColon: new Refusal(400, "space-before-colon"),
  obsFold: new Refusal(400, "obs-fold"),
  headersTooLarge: new Refusal(431, "headers-too-large"),
  tooManyHeaders: new Refusal(431, "too-many-headers"),
  // 3.2: Host
  hostMissing: new Refusal(400, "host-missing"),
  hostRepeated: new Refusal(400, "host-repeated"),
  hostInvalid: new Refusal(400, "host-invalid"),
  // 6: framing
  contentLength: new Refusal(400, "content-length"),
  contentLengthRepeated: new Refusal(400, "content-length-repeated"),
  bothFramings: new Refusal(400, "content-length-and-transfer-encoding"),
  transferEncoding: new Refusal(400, "transfer-encoding"),
  transferCodingUnknown: new Refusal(501, "transfer-coding-unknown"),
  bodyTooLarge: new Refusal(413, "body-too-large"),
  // RFC 9110 10.1.1
  expectation: new Refusal(417, "expectation"),
  // 7.1: chunks
  chunkSize: new Refusal(400, "chunk-size"),
  chunkExtension: new Refusal(400, "chunk-extension"),
  chunkLineTooLong: new Refusal(400, "chunk-line-too-long"),
  chunkEnd: new Refusal(400, "chunk-end"),
  trailerField: new Refusal(400, "trailer-field"),
  // RFC 9110 15.5.9
  timeout: new Refusal(408, "timeout"),
  bodyTooSlow: new Refusal(408, "body-too-slow"),
  // RFC 9110 15.6.4
  inFlight: new Refusal(503, "in-flight"),
  contents: new Refusal(503, "contents"),
} as const;
