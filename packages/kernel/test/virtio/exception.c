/* One way to die for each command line. */
#include "layout.h"
#include "support.h"

TEST_NO_DEVICES;

extern uint8_t text_start[], rodata_start[], native_stack_guard[], fault_stack_guard[], data_end[], modules_end[];
static uint8_t in_data[64];

static void run_bytes(uint8_t *where) {
    where[0] = 0xc3;
    void (*function)(void);
    __builtin_memcpy(&function, &where, sizeof function);
    function();
}

static volatile int deepest = INT32_MAX;

static __attribute__((noinline)) int recurse(volatile int *depth) {
    volatile int here[100];
    here[0] = *depth + 1;
    if (here[0] == deepest) return 0;
    return recurse(here) + here[0];
}

static void die(const char *how) {
    uint8_t on_stack[16];
    volatile int zero = 0;
    switch (how[0]) {
    case 'a':
        *(volatile int *)(uintptr_t)(zero + 8) = 1;
        break; /* zero page, write */
    case 'b':
        (void)*(volatile int *)(uintptr_t)zero;
        break; /* zero page, read */
    case 'c':
        *(volatile uint8_t *)text_start = 0;
        break; /* text is not writable */
    case 'd':
        *(volatile uint8_t *)rodata_start = 0;
        break; /* constants are not writable */
    case 'e':
        run_bytes(on_stack);
        break; /* stack is not executable */
    case 'f':
        run_bytes(in_data);
        break; /* data is not executable */
    case 'g':
        run_bytes((uint8_t *)LINEAR_BASE + 100);
        break; /* heap is not executable */
    case 'h':
        run_bytes((uint8_t *)LINEAR_BASE + 0x1000000);
        break; /* nor memory touched for the first time */
    case 'i':
        (void)recurse(&(volatile int){0});
        break; /* native stack overflow */
    case 'j':
        __asm__ volatile("ud2");
        break;
    case 'k':
        __asm__ volatile("mov $0x1234567812345678, %r15; xor %edx, %edx; xor %ecx, %ecx; div %ecx");
        break;
    case 'l':
        *(volatile uint8_t *)0x8000000000ull = 0;
        break; /* far outside */
    case 'm':
        (void)*(volatile uint8_t *)0xfee00000;
        break; /* device registers are not where they were */
    case 'n':
        __asm__ volatile("mov $0x8000000000000000, %rax; mov (%rax), %al");
        break; /* not canonical */
    case 'o':
        (void)*(volatile uint8_t *)0x80000;
        break; /* the firmware's memory */
    case 'p':
        (void)*(volatile uint8_t *)modules_end;
        break; /* between the image and linear memory */
    case 'q':
        __asm__ volatile("mov $0, %rsp; push %rax");
        break; /* no stack */
    default:
        say("unknown\n");
    }
}

int test(const struct boot_info *boot) {
    die(boot->command_line);
    say("survived\n");
    return 0;
}
