/* Carries a crash note. */
#include "guest.h"

ABI_NOTE
MANIFEST(0)

__attribute__((aligned(16))) static uint8_t emergency[16384];
static int again;

/* Called with rdi, rsi set; the assembler part hands over the stack pointer that it was given. */
_Noreturn void crash_main(const char *what, const char *registers, uint64_t stack) {
    if (again) poke(0x28);
    /* An instruction that faults on a stack that is not aligned as the C ABI says. */
    __attribute__((aligned(16))) volatile uint8_t local[32];
    __asm__ volatile("movaps %%xmm0, %0" : "=m"(*(volatile uint8_t(*)[16])local));
    say("crash: ");
    say(what);
    say("\n");
    say(registers);
    say(stack == (uint64_t)emergency + sizeof emergency - 8 ? "on the emergency stack\n" : "on another stack\n");
    for (;;) call(SYS_exit_group, 42, 0, 0, 0);
}

__asm__(".text\n"
        "crash_entry:\n"
        "  mov %rsp, %rdx\n"
        "  jmp crash_main\n"
        ".section .note.soloist.crash, \"a\", @note\n"
        ".balign 4\n"
        ".long 8, 16, 0x48534352\n"
        ".asciz \"Soloist\"\n"
        ".quad crash_entry\n"
        ".quad emergency + 16384\n"
        ".text\n");

int guest_main(const struct boot_info *boot, const char *command) {
    (void)boot;
    if (equal(command, "twice")) again = 1;
    if (equal(command, "system-call")) call(SYS_getpid, 0, 0, 0, 0);
    if (equal(command, "stack")) __asm__ volatile("mov $0x20, %%rsp; push %%rax" ::: "memory");
    poke(8);
    return 99;
}
