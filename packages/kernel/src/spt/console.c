#include "binding.h"
#include "spt.h"

void console_write(const void *data, size_t length) {
    for (const char *at = data; length > 0;) {
        int64_t written = syscall3(SYS_WRITE, 1, (int64_t)(uintptr_t)at, (int64_t)length);
        if (written == -4 || written == -11) continue; /* EINTR, EAGAIN */
        if (written <= 0) return;
        at += written;
        length -= (size_t)written;
    }
}
