/* What the test guests share: system calls, printing, notes. Each guest is one file with its manifest and guest_main.
 */
#ifndef GUEST_H
#define GUEST_H

#include "abi.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#define ABI_NOTE                                                                                                       \
    __attribute__((section(".note.solo5.abi"), used, aligned(4))) static const struct {                                \
        uint32_t sizes[3];                                                                                             \
        char name[8];                                                                                                  \
        struct abi_note content;                                                                                       \
    } guest_abi_note = {{6, 16, NOTE_TYPE_ABI}, "Solo5", {ABI_TARGET_SPT, ABI_VERSION_SPT, {0, 0}}};

/* Devices are struct manifest_entry initialisers; `count` of them. */
#define MANIFEST(count, ...)                                                                                           \
    __attribute__((section(".note.solo5.manifest"), used, aligned(8))) static const struct {                           \
        uint32_t sizes[3];                                                                                             \
        char name[8];                                                                                                  \
        uint32_t padding;                                                                                              \
        uint32_t version, entries;                                                                                     \
        struct manifest_entry entry[1 + (count)];                                                                      \
    } guest_manifest_note = {                                                                                          \
        {6, 12 + 104 * (1 + (count)), NOTE_TYPE_MANIFEST}, "Solo5", 0, MANIFEST_VERSION, 1 + (count),                  \
        {{.type = DEVICE_RESERVED_FIRST}, __VA_ARGS__}};

int guest_main(const struct boot_info *boot, const char *command);

static inline long call(long number, long a, long b, long c, long d) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = 0;
    register long r9 __asm__("r9") = 0;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline void say(const char *text) {
    size_t length = 0;
    while (text[length] != 0) length++;
    call(SYS_write, 1, (long)text, (long)length, 0);
}

static inline void say_number(uint64_t value) {
    char digits[24];
    unsigned at = sizeof digits - 1;
    digits[at] = 0;
    do digits[--at] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    say(digits + at);
}

/* The compiler must not know the address, or it turns the access into a trap of its own. */
static inline void poke(uint64_t address) {
    __asm__ volatile("movl $1, (%0)" ::"r"(address) : "memory");
}

static inline int equal(const char *a, const char *b) {
    while (*a != 0 && *a == *b) a++, b++;
    return *a == *b;
}

static inline uint64_t number(const char *text) {
    uint64_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++) value = value * 10 + (uint64_t)(*text - '0');
    return value;
}

static inline uint64_t now(int clock) {
    struct {
        uint64_t seconds, nanoseconds;
    } time = {0, 0};
    call(SYS_clock_gettime, clock, (long)&time, 0, 0);
    return time.seconds * 1000000000 + time.nanoseconds;
}

struct ready {
    uint32_t events;
    uint64_t data;
} __attribute__((packed));

/* Waits until `deadline` (monotonic, ns) or a network device is readable; how many events arrived. */
static inline long wait_until(const struct boot_info *boot, uint64_t deadline, struct ready *ready, int count) {
    const uint64_t timer[4] = {0, 0, deadline / 1000000000, deadline % 1000000000 | 1};
    call(SYS_timerfd_settime, boot->timer, 1, (long)timer, 0);
    return call(SYS_epoll_pwait, boot->epoll, (long)ready, count, -1);
}

_Noreturn void start(const struct boot_info *boot) {
    int status = guest_main(boot, (const char *)boot->command_line);
    for (;;) call(SYS_exit_group, status, 0, 0, 0);
}

#endif
