/** `util/types` */
const isTag =
  (tag: string) =>
  (value: unknown): boolean =>
    Object.prototype.toString.call(value) === `[object ${tag}]`;

export const isDate: (value: unknown) => boolean = isTag("Date");
export const isRegExp: (value: unknown) => boolean = isTag("RegExp");
export const isMap: (value: unknown) => boolean = isTag("Map");
export const isSet: (value: unknown) => boolean = isTag("Set");
export const isPromise: (value: unknown) => boolean = isTag("Promise");
export const isAsyncFunction: (value: unknown) => boolean = isTag("AsyncFunction");
export const isGeneratorFunction: (value: unknown) => boolean = isTag("GeneratorFunction");
export const isArrayBuffer: (value: unknown) => boolean = isTag("ArrayBuffer");
export const isSharedArrayBuffer: (value: unknown) => boolean = isTag("SharedArrayBuffer");
export const isAnyArrayBuffer = (value: unknown): boolean => isArrayBuffer(value) || isSharedArrayBuffer(value);
export const isNativeError = (value: unknown): boolean => value instanceof Error;
export const isUint8Array = (value: unknown): boolean => value instanceof Uint8Array;
export const isTypedArray = (value: unknown): boolean => ArrayBuffer.isView(value) && !(value instanceof DataView);
export const isArrayBufferView = (value: unknown): boolean => ArrayBuffer.isView(value);
export const isBoxedPrimitive = (value: unknown): boolean =>
  value instanceof Number || value instanceof String || value instanceof Boolean;

export default {
  isDate,
  isRegExp,
  isMap,
  isSet,
  isPromise,
  isAsyncFunction,
  isGeneratorFunction,
  isArrayBuffer,
  isSharedArrayBuffer,
  isAnyArrayBuffer,
  isNativeError,
  isUint8Array,
  isTypedArray,
  isArrayBufferView,
  isBoxedPrimitive,
};
