/*
 * How to find the caller of a function, for debuggers: in the base's own `.debug_frame`, which no image carries, instead of
 * `.eh_frame`, which would be loaded.
 */
#ifndef SOLOIST_UNWIND_H
#define SOLOIST_UNWIND_H

__asm__(".cfi_sections .debug_frame");

#endif
