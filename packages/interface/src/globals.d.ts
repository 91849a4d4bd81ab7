/** The web-standard globals that an image has. Kept by @soloist/runtime, whose README compares them with the WinterTC list. */
export {};
declare global {
  var console: { log(...data: unknown[]): void; error(...data: unknown[]): void; warn(...data: unknown[]): void; info(...data: unknown[]): void; debug(...data: unknown[]): void };
}
