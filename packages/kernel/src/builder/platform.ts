/** The functions of the module `native:platform`, in table order: append only, or every snapshot changes. */
export interface PlatformFunction {
  name: string;
  arity: number;
}

/** C implements NAME as `platform_NAME` with the signature of a JSCFunction. */
export const PLATFORM: readonly PlatformFunction[] = [
  { name: "register", arity: 1 },
  { name: "commandLine", arity: 0 },
  { name: "exit", arity: 1 },
  { name: "crash", arity: 1 },
  { name: "consoleWrite", arity: 1 },
  { name: "monotonic", arity: 0 },
  { name: "wall", arity: 0 },
  { name: "entropy", arity: 2 },
  { name: "seedMathRandom", arity: 1 },
  { name: "netAcquire", arity: 5 },
  { name: "netRead", arity: 1 },
  { name: "netReserve", arity: 2 },
  { name: "netSend", arity: 4 },
  { name: "blockAcquire", arity: 2 },
  { name: "blockRead", arity: 4 },
  { name: "blockWrite", arity: 4 },
  { name: "checksum", arity: 4 },
  { name: "findByte", arity: 4 },
  { name: "findInSet", arity: 4 },
  { name: "copy", arity: 5 },
  { name: "equal", arity: 5 },
  { name: "utf8Decode", arity: 3 },
  { name: "utf8Encode", arity: 3 },
  { name: "latin1Decode", arity: 3 },
  { name: "base64Encode", arity: 3 },
  { name: "base64Decode", arity: 3 },
  { name: "seedRandom", arity: 1 },
  { name: "chacha20", arity: 6 },
  { name: "memoryUsage", arity: 1 },
  { name: "setWall", arity: 4 },
  { name: "parseSegment", arity: 5 },
  { name: "emitSegment", arity: 10 },
];
