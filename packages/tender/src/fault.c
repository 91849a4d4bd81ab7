/*
 * The handler runs under the filter and with the guest's FS base: it makes write and exit_group calls only, and uses
 * neither libc nor a stack protector. The guest may have overwritten anything writable, this program's data too; then
 * the handler faults itself, and the counter or the kernel ends the process. Nothing here gives the guest more than the
 * filter allows.
 */
#define _GNU_SOURCE
#include "fault.h"

#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "text.h"

/* The kernel's frame takes up to about 11 KB with AMX state; the rest is ample for the functions here. */
#define HANDLER_STACK_SIZE 65536u
#define WHAT_SIZE 256u
#define REGISTERS_SIZE 1024u
_Static_assert(WHAT_SIZE + REGISTERS_SIZE <= PAGE_SIZE, "the texts share a page");

/* x86 exception numbers (Intel SDM volume 3, 6.3.1). */
enum { TRAP_DIVIDE = 0, TRAP_INVALID = 6, TRAP_STACK = 12, TRAP_PROTECTION = 13, TRAP_PAGE = 14, TRAP_ALIGNMENT = 17 };
enum { PAGE_PRESENT = 1, PAGE_WRITE = 2, PAGE_FETCH = 16 };

static uint8_t handler_stack[HANDLER_STACK_SIZE] __attribute__((aligned(64)));
static const struct elf_image *guest;
static volatile unsigned faults;

NO_STACK_PROTECTOR static long call(long number, long first, long second, long third) {
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second), "d"(third)
                     : "rcx", "r11", "memory");
    return result;
}

NO_STACK_PROTECTOR static void print(const struct text *text) {
    size_t at = 0;
    while (at < text->length) {
        long written = call(SYS_write, STDOUT_FILENO, (long)(uintptr_t)(text->start + at), (long)(text->length - at));
        if (written <= 0 && written != -EINTR && written != -EAGAIN) return;
        at += written > 0 ? (size_t)written : 0;
    }
}

_Noreturn LEAVES_THE_STACK static void end(int status) {
    for (;;) call(SYS_exit_group, status, 0, 0);
}

NO_STACK_PROTECTOR static void describe_page_fault(struct text *text, uint64_t error, const siginfo_t *info) {
    uint64_t address = (uint64_t)(uintptr_t)info->si_addr;
    text_string(text, (error & PAGE_FETCH) != 0   ? "page fault: execution of address 0x"
                      : (error & PAGE_WRITE) != 0 ? "page fault: write to address 0x"
                                                  : "page fault: read of address 0x");
    text_hex(text, address, 1);
    if (info->si_signo == SIGBUS)
        text_string(text, " (the image file became shorter)");
    else if (address < PAGE_SIZE)
        text_string(text, " (null pointer)");
    else
        text_string(text, info->si_code == SEGV_ACCERR ? " (not permitted)" : " (not mapped)");
}

/* Numbers that the filter knows: the call is refused for its arguments. */
NO_STACK_PROTECTOR static const char *abi_call(long number) {
    switch (number) {
    case SYS_read:
        return "read";
    case SYS_write:
        return "write";
    case SYS_pread64:
        return "pread64";
    case SYS_pwrite64:
        return "pwrite64";
    case SYS_arch_prctl:
        return "arch_prctl";
    case SYS_clock_gettime:
        return "clock_gettime";
    case SYS_epoll_pwait:
        return "epoll_pwait";
    case SYS_timerfd_settime:
        return "timerfd_settime";
    default:
        return NULL;
    }
}

NO_STACK_PROTECTOR static void describe_call(struct text *text, const siginfo_t *info, const greg_t *registers) {
    bool native = info->si_arch == AUDIT_ARCH_X86_64;
    const char *name = native ? abi_call(info->si_syscall) : NULL;
    text_string(text, native ? "forbidden system call " : "forbidden 32-bit system call ");
    text_decimal(text, (uint64_t)(unsigned)info->si_syscall);
    if (name == NULL) return;
    static const int order[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10};
    text_string(text, " (");
    text_string(text, name);
    text_string(text, ") with the arguments");
    for (unsigned i = 0; i < sizeof order / sizeof *order; i++) {
        text_string(text, i == 0 ? " 0x" : ", 0x");
        text_hex(text, (uint64_t)registers[order[i]], 1);
    }
}

NO_STACK_PROTECTOR static void describe(struct text *text, const siginfo_t *info, const greg_t *registers) {
    if (info->si_signo == SIGSYS && info->si_code > 0)
        describe_call(text, info, registers);
    else if (info->si_code <= 0)
        text_string(text, "a signal sent by another process");
    else if (info->si_signo == SIGTRAP)
        text_string(text, "breakpoint");
    else
        switch (registers[REG_TRAPNO]) {
        case TRAP_PAGE:
            describe_page_fault(text, (uint64_t)registers[REG_ERR], info);
            break;
        case TRAP_DIVIDE:
            text_string(text, "division by zero or out of range");
            break;
        case TRAP_INVALID:
            text_string(text, "undefined instruction");
            break;
        case TRAP_STACK:
        case TRAP_PROTECTION:
            text_string(text, "general protection fault");
            break;
        case TRAP_ALIGNMENT:
            text_string(text, "unaligned access");
            break;
        default:
            text_string(text, "processor exception ");
            text_decimal(text, (uint64_t)registers[REG_TRAPNO]);
        }
    text_string(text, " at rip 0x");
    text_hex(text, (uint64_t)registers[REG_RIP], 1);
}

NO_STACK_PROTECTOR static void dump(struct text *text, const greg_t *registers) {
    static const struct {
        char name[4];
        int index;
    } rows[] = {
        {"rip", REG_RIP}, {"rsp", REG_RSP}, {"rbp", REG_RBP}, {"flg", REG_EFL}, {"rax", REG_RAX}, {"rbx", REG_RBX},
        {"rcx", REG_RCX}, {"rdx", REG_RDX}, {"rsi", REG_RSI}, {"rdi", REG_RDI}, {"r8 ", REG_R8},  {"r9 ", REG_R9},
        {"r10", REG_R10}, {"r11", REG_R11}, {"r12", REG_R12}, {"r13", REG_R13}, {"r14", REG_R14}, {"r15", REG_R15},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        text_string(text, i % 3 == 0 ? "  " : " ");
        text_string(text, rows[i].name);
        text_string(text, " ");
        text_hex(text, (uint64_t)registers[rows[i].index], 16);
        if (i % 3 == 2) text_string(text, "\n");
    }
}

/* Like a call to the entry: the stack pointer is 8 below a multiple of 16. The place of the return address is not
 * written. */
_Noreturn LEAVES_THE_STACK static void enter_crash(const char *what, const char *registers) {
    __asm__ volatile("mov %0, %%rsp\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "jmp *%1"
                     :
                     : "r"(guest->crash.stack - 8), "r"(guest->crash.entry), "D"(what), "S"(registers)
                     : "memory");
    __builtin_unreachable();
}

LEAVES_THE_STACK static void on_fault(int signal, siginfo_t *info, void *context) {
    const greg_t *registers = ((const ucontext_t *)context)->uc_mcontext.gregs;
    unsigned earlier = faults++;
    if (earlier > 2) end(128 + signal);

    if (earlier == 0 && guest->has_crash_note) {
        struct text what = {.start = (char *)(uintptr_t)SPT_CRASH_TEXT, .size = WHAT_SIZE - 1};
        struct text rows = {.start = what.start + WHAT_SIZE, .size = REGISTERS_SIZE - 1};
        describe(&what, info, registers);
        dump(&rows, registers);
        enter_crash(what.start, rows.start);
    }

    char buffer[WHAT_SIZE + REGISTERS_SIZE + 1];
    struct text text = {.start = buffer, .size = sizeof buffer - 1};
    text_string(&text,
                earlier == 0 ? "soloist-spt: guest fault: " : "soloist-spt: fault while the guest reported one: ");
    describe(&text, info, registers);
    text_string(&text, "\n");
    dump(&text, registers);
    print(&text);
    end(128 + signal);
}

LEAVES_THE_STACK static void on_end(int signal) {
    end(128 + signal);
}

int fault_install(const struct elf_image *image, struct failure *failure) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
    const stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
    /* SA_NODEFER: the handler may leave for the crash entry for good, and a fault there has to arrive. */
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    guest = image;
    if (sigaltstack(&stack, NULL) != 0) return fail(failure, "no stack for the fault handler: %s", strerror(errno));
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
        if (sigaction(signals[i], &action, NULL) != 0)
            return fail(failure, "cannot handle signal %d: %s", signals[i], strerror(errno));
    /* The first process of a container: Linux ignores these for it unless there is a handler. */
    if (getpid() == 1) {
        struct sigaction ending = {.sa_handler = on_end, .sa_flags = SA_ONSTACK};
        if (sigaction(SIGINT, &ending, NULL) != 0 || sigaction(SIGTERM, &ending, NULL) != 0)
            return fail(failure, "cannot handle SIGTERM: %s", strerror(errno));
    }
    return 0;
}
