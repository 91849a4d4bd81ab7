/*
 * The end of the machine. Status 0: ACPI power-off or, where there is none, a reset; both are exit code 0 of QEMU. Others go to QEMU's isa-debug-exit device
 * where there is one (-device isa-debug-exit,iobase=0x501,iosize=2), which ends QEMU with exit code 2 * value + 1. Only 8 bits of
 * an exit code reach the host, so of the 256 statuses 1 to 125 and 255 arrive as they are, 126 to 254 as 126:
 * host code 0 -> 0; 255 -> 255; odd n -> (n - 1) / 2.
 */
#include "machine.h"
#include "x86.h"

#define DEBUG_EXIT 0x501

/* A host whose processors are all busy has been seen to take more than 100 ms for one frame. */
#define DRAIN_NS 1000000000u

#define KEYBOARD_CONTROLLER 0x64
#define KEYBOARD_RESET 0xfe

#define SLEEP_ENABLE (1u << 13)
#define SLEEP_TYPE_SHIFT 10

static uint16_t debug_exit_value(int status) {
    unsigned s = (unsigned)status & 0xff;
    if (s == 255) return 127;
    return s > 126 ? 126 : (uint16_t)s;
}

/* A machine that cannot be switched off: Firecracker, and QEMU with -no-reboot, end when it is reset. */
static void reset(void) {
    const struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) no_gates = {0, 0};
    out8(KEYBOARD_CONTROLLER, KEYBOARD_RESET);
    __asm__ volatile("lidt %0; int3" : : "m"(no_gates));
}

static void power_off(void) {
    if (!acpi.can_power_off) return reset();
    if (acpi.sleep_control) out8(acpi.sleep_control, (uint8_t)(acpi.sleep_a << 2 | 1u << 5));
    if (acpi.pm1a_control)
        out16(acpi.pm1a_control, (uint16_t)((unsigned)acpi.sleep_a << SLEEP_TYPE_SHIFT | SLEEP_ENABLE));
    if (acpi.pm1b_control)
        out16(acpi.pm1b_control, (uint16_t)((unsigned)acpi.sleep_b << SLEEP_TYPE_SHIFT | SLEEP_ENABLE));
}

/* Frames sent just before the end still leave; not tried again if it faults. */
static void drain(void) {
    static bool tried;
    if (tried) return;
    tried = true;
    uint64_t start = clock_monotonic();
    while (!net_drained_all() && clock_monotonic() - start < DRAIN_NS) cpu_pause();
}

_Noreturn void machine_exit(int status) {
    __asm__ volatile("cli");
    drain();
    if ((status & 0xff) != 0) out16(DEBUG_EXIT, debug_exit_value(status));
    power_off();
    for (;;) __asm__ volatile("cli; hlt");
}
