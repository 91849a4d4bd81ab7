/* No devices. The command line says what to do. */
#include "guest.h"

ABI_NOTE
MANIFEST(0)

static const char constant[] = "constant";
static uint8_t code[16] = {0xc3};
static uint64_t zeroes[4096];

/* Whole pages that are read late. */
static const uint8_t large[32768] = {1};

/* Whole pages of text. */
__asm__(".text\n.space 12288, 0xcc\n");

static volatile uint64_t sink;

static int check_memory(const struct boot_info *boot) {
    volatile uint64_t *last = (uint64_t *)(boot->memory_size - 4096);
    volatile uint64_t *first = (uint64_t *)SPT_MEMORY_BASE;
    for (size_t i = 0; i < sizeof zeroes / sizeof *zeroes; i++)
        if (zeroes[i] != 0) return 10;
    for (uint64_t at = boot->image_end; at < boot->image_end + 65536; at += 8)
        if (*(volatile uint64_t *)at != 0) return 11;
    *first = 1;
    *last = 2;
    if (*first != 1 || *last != 2) return 12;
    say_number(boot->memory_size >> 20);
    say(" MB\n");
    return 0;
}

static int check_time(const struct boot_info *boot) {
    struct ready ready;
    uint64_t before = now(1);
    if (wait_until(boot, before + 50000000, &ready, 1) != 1 || ready.data != SPT_TIMER_EVENT) return 10;
    uint64_t slept = now(1) - before;
    say_number(slept / 1000000);
    say(" ms\n");
    if (wait_until(boot, 0, &ready, 1) != 1) return 11;
    if (now(0) < 1600000000000000000) return 12;
    return slept >= 50000000 ? 0 : 13;
}

static int check_thread_storage(void) {
    static uint64_t block[2] = {0, 77};
    uint64_t value;
    if (call(SYS_arch_prctl, 0x1002, (long)block, 0, 0) != 0) return 10;
    __asm__ volatile("mov %%fs:8, %0" : "=r"(value));
    return value == 77 ? 0 : 11;
}

static int run_at(const void *address) {
    ((void (*)(void))(uintptr_t)address)();
    return 10;
}

static uint64_t recurse(uint64_t depth) {
    volatile uint8_t frame[4096];
    frame[0] = (uint8_t)depth;
    return depth == 0 ? 0 : recurse(depth - 1) + frame[0];
}

static int fault(const char *kind, const struct boot_info *boot) {
    if (equal(kind, "null"))
        poke(8);
    else if (equal(kind, "unmapped"))
        sink = *(volatile uint64_t *)(boot->memory_size + 4096);
    else if (equal(kind, "text"))
        poke((uint64_t)fault);
    else if (equal(kind, "constant"))
        poke((uint64_t)constant);
    else if (equal(kind, "execute-data"))
        return run_at(code);
    else if (equal(kind, "execute-heap")) {
        *(volatile uint8_t *)(boot->image_end + 4096) = 0xc3;
        return run_at((void *)(boot->image_end + 4096));
    } else if (equal(kind, "execute-stack")) {
        volatile uint8_t local = 0xc3;
        return run_at((const void *)&local);
    } else if (equal(kind, "divide"))
        __asm__ volatile("xor %%eax, %%eax; xor %%edx, %%edx; div %%eax" ::: "eax", "edx");
    else if (equal(kind, "undefined"))
        __asm__ volatile("ud2");
    else if (equal(kind, "breakpoint"))
        __asm__ volatile("int3");
    else if (equal(kind, "protection"))
        __asm__ volatile("hlt");
    else if (equal(kind, "thread-storage"))
        __asm__ volatile("mov %%fs:0, %%rax" ::: "rax");
    else if (equal(kind, "bad-thread-storage")) {
        call(SYS_arch_prctl, 0x1002, 0x500000000, 0, 0);
        poke(8);
    } else if (equal(kind, "stack"))
        sink = recurse(1000000);
    return 99;
}

/* Each has to be refused. */
static int forbidden(const char *kind) {
    static char buffer[16];
    if (equal(kind, "getpid"))
        call(SYS_getpid, 0, 0, 0, 0);
    else if (equal(kind, "read-stdin"))
        call(SYS_read, 0, (long)buffer, sizeof buffer, 0);
    else if (equal(kind, "write-stderr"))
        call(SYS_write, 2, (long)"escaped\n", 8, 0);
    else if (equal(kind, "other-clock"))
        call(SYS_clock_gettime, 2, (long)buffer, 0, 0);
    else if (equal(kind, "set-gs"))
        call(SYS_arch_prctl, 0x1001, 0, 0, 0);
    else if (equal(kind, "mprotect"))
        call(SYS_mprotect, 0x100000, 4096, 7, 0);
    else if (equal(kind, "other-epoll"))
        call(SYS_epoll_pwait, 0, (long)buffer, 1, 0);
    else if (equal(kind, "32-bit"))
        __asm__ volatile("int $0x80" ::"a"(20) : "memory");
    else if (equal(kind, "sigreturn"))
        call(SYS_rt_sigreturn, 0, 0, 0, 0);
    say("not refused\n");
    return 99;
}

static int starts(const char *text, const char *word, const char **rest) {
    while (*word != 0)
        if (*text++ != *word++) return 0;
    *rest = text;
    return 1;
}

int guest_main(const struct boot_info *boot, const char *command) {
    const char *rest;
    if (starts(command, "exit ", &rest)) return (int)number(rest);
    if (starts(command, "fault ", &rest)) return fault(rest, boot);
    if (starts(command, "forbidden ", &rest)) return forbidden(rest);
    if (equal(command, "memory")) return check_memory(boot);
    if (equal(command, "time")) return check_time(boot);
    if (equal(command, "thread-storage")) return check_thread_storage();
    struct ready ready;
    if (equal(command, "read-late")) {
        say("waiting\n");
        wait_until(boot, now(1) + 300000000, &ready, 1);
        for (unsigned i = 0; i < sizeof large; i += 4096) sink = *(const volatile uint8_t *)(large + i);
        return 0;
    }
    if (equal(command, "for-ever")) {
        say("waiting\n");
        for (;;) wait_until(boot, now(1) + 1000000000, &ready, 1);
    }
    say("Hello World!\n[");
    say(command);
    say("]\n");
    return 0;
}
