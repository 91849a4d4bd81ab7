/* The kernel's code in every process that reads clocks without a system call, where the processor's counter allows it. */
#ifndef TENDER_VDSO_H
#define TENDER_VDSO_H

#include <stdint.h>

/* Address of a function with clock_gettime's arguments and results (-errno on failure), or 0: there is none. */
uint64_t vdso_clock_gettime(void);

#endif
