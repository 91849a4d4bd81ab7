/* In place of the target's: the test plays the host. */
#include <stdint.h>

int64_t syscall3(int64_t number, int64_t a, int64_t b, int64_t c);
int64_t syscall4(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d);
int64_t syscall6(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f);
