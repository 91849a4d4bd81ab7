/* The jump into the guest. */
#ifndef TENDER_LAUNCH_H
#define TENDER_LAUNCH_H

#include <stdint.h>

/*
 * Enters the guest at `entry` with rdi = SPT_BOOT_INFO, rsp = `stack`, and nothing of the tender in the other
 * registers. FS base is 0: thread-local storage that the guest did not set up faults, where the tender's own would be
 * read silently.
 */
_Noreturn void launch(uint64_t entry, uint64_t stack);

#endif
