#include "binding.h"
#include "spt.h"

_Noreturn void machine_exit(int status) {
    for (;;) syscall3(SYS_EXIT_GROUP, status, 0, 0);
}
