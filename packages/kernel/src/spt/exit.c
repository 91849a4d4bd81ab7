#include "binding.h"
#include "spt.h"

_Noreturn void machine_exit(int status) {
    for (;;) syscall3(SYS_EXIT_GROUP, status, 0, 0);
}

_Noreturn void crash_entry(const char *what, const char *registers);

/* Called by the tender on the stack of crash-entry.S. */
_Noreturn void crash_entry(const char *what, const char *registers) {
    kernel_fault(what, registers);
}
