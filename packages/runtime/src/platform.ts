/// <reference path="./native-platform.d.ts" />
/**
 * The one file that imports the native module. Everything else of the runtime imports from here, so that what the runtime
 * asks of the kernel can be read off this list.
 */
export {
  blockAcquire,
  blockRead,
  blockWrite,
  chacha20,
  checksum,
  commandLine,
  consoleWrite,
  copy,
  emitSegment,
  entropy,
  equal,
  exit,
  findByte,
  findInSet,
  latin1Decode,
  memoryUsage,
  monotonic,
  netAcquire,
  netRead,
  netReserve,
  netSend,
  parseSegment,
  register,
  seedMathRandom,
  seedRandom,
  setWall,
  utf8Decode,
  utf8Encode,
  wall,
} from "native:platform";
