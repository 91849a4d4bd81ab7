/**
 * Where the pinned engine keeps its call stack: bytes from the start of each structure in linear memory, 32-bit pointers, as
 * `quickjs.wasm` of quickjs-wasi 3.6.2 has them. No header says so: they were found by looking at the memory of a stack whose
 * functions are known, and test/profile/engine-layout.test.ts looks again, so that another engine does not pass unnoticed.
 */
export const CONTEXT_RUNTIME = 8;
export const RUNTIME_ATOMS = 568;
export const RUNTIME_FRAME = 660;

/** JSStackFrame: the caller's frame, and the function as a value, whose tag is in its upper half. */
export const FRAME_SIZE = 16;
export const FRAME_PREVIOUS = 0;
export const FRAME_FUNCTION = 8;
export const FRAME_FUNCTION_TAG = 12;
export const TAG_OBJECT = 0xffffffff;

/** JSObject: its class (16 bits), and what a function of TypeScript or of C has. */
export const OBJECT_SIZE = 32;
export const OBJECT_CLASS = 10;
export const CLASS_NATIVE = 12;
/** Functions, generators, asynchronous functions and asynchronous generators. */
export const CLASSES_BYTECODE: readonly number[] = [13, 17, 55, 59];
export const OBJECT_BYTECODE = 24;
/** Slot of the function table. */
export const OBJECT_NATIVE = 28;

/** JSFunctionBytecode: name, and place in the bundle, counted from 1. */
export const BYTECODE_SIZE = 72;
export const BYTECODE_NAME = 20;
export const BYTECODE_LINE = 60;
export const BYTECODE_COLUMN = 64;

/** An atom's string: its length, and its characters where they are of one byte. */
export const STRING_LENGTH = 0;
export const STRING_TEXT = 24;
