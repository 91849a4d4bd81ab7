/** Flags of gcc for everything that goes into an image. */
export const COMMON_FLAGS = [
  "-O2",
  "-ffreestanding",
  "-march=x86-64-v2",
  // Interrupts on virtio use the stack that they find.
  "-mno-red-zone",
  "-fno-pic",
  "-no-pie",
  "-fno-stack-protector",
  "-fcf-protection=none",
  // The same code, and where debuggers find callers: include/unwind.h says where that goes.
  "-fasynchronous-unwind-tables",
  "-fno-math-errno",
  "-fno-trapping-math",
  "-ffunction-sections",
  "-fdata-sections",
  "-fno-ident",
] as const;

/** Generated C: what the compiler has to say about it helps nobody. */
export const ENGINE_FLAGS = [...COMMON_FLAGS, "-std=gnu11", "-w"] as const;

/**
 * The file that holds the interpreter. Measured with a loop, an indexed read and fib: -O3 takes a third off -O2, and a jump at
 * the end of each instruction (which the others keep gcc from merging again) another quarter.
 */
export const INTERPRETER_FLAGS = [
  ...ENGINE_FLAGS,
  "-O3",
  "--param=max-goto-duplication-insns=60",
  "-fno-gcse",
  "-fno-crossjumping",
] as const;

export const KERNEL_FLAGS = [
  ...COMMON_FLAGS,
  "-std=gnu11",
  "-Wall",
  "-Wextra",
  "-Wshadow",
  "-Wpointer-arith",
  "-Wcast-qual",
  "-Wsign-compare",
  "-Werror",
] as const;

/** Boot loaders under UEFI: they run anywhere, on any x86-64 processor, with no library behind them. */
export const LOADER_FLAGS = [
  ...KERNEL_FLAGS,
  "-march=x86-64",
  "-mgeneral-regs-only",
  "-fpie",
  "-fvisibility=hidden",
  "-fno-asynchronous-unwind-tables",
  "-fno-tree-loop-distribute-patterns",
] as const;

export const ASSEMBLER_FLAGS = ["-march=x86-64-v2", "-fno-pic"] as const;
