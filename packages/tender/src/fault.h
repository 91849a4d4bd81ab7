/*
 * What happens when the guest does what it may not: touch memory, divide by zero, run an undefined instruction, make a
 * system call that the filter refuses. The first time, an image with a crash note is entered there (README, "Crash
 * entry"); otherwise one line and the registers go to the console and the process ends with 128 + the signal's number.
 */
#ifndef TENDER_FAULT_H
#define TENDER_FAULT_H

#include "elf.h"
#include "failure.h"

/* Installs the signal handlers, on a stack of their own. `image` must stay. 0, or -1 and *failure. */
int fault_install(const struct elf_image *image, struct failure *failure);

#endif
