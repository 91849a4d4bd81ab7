/*
 * Devices without MSI-X: interrupts by line. Those on PCI through the two 8259A interrupt controllers as firmware wired them, those
 * over MMIO through the I/O APIC, which is where every machine has it that offers such devices.
 */
#pragma GCC target("general-regs-only") /* runs in interrupts */

#include "virtio.h"

#define PIC1 0x20
#define PIC2 0xa0

#define LEGACY_ISR 19

#define IO_APIC 0xfec00000u
#define IO_APIC_SELECT 0 /* by index of 32 bits */
#define IO_APIC_WINDOW 4
#define IO_APIC_VERSION 1
#define IO_APIC_REDIRECTION 0x10

static const struct virtio *sharing[64];
static unsigned sharing_count;

/* All lines masked, at vectors of their own: what firmware left pending ends nowhere near the exceptions. */
void pic_init(void) {
    static const uint8_t words[4][2] = {{0x11, 0x11}, {VECTOR_PIC, VECTOR_PIC + 8}, {4, 2}, {1, 1}};
    out8(PIC1, words[0][0]);
    out8(PIC2, words[0][1]);
    for (int i = 1; i < 4; i++) {
        out8(PIC1 + 1, words[i][0]);
        out8(PIC2 + 1, words[i][1]);
    }
    out8(PIC1 + 1, 0xff);
    out8(PIC2 + 1, 0xff);
}

void pic_enable(uint8_t line) {
    apic_accept_lines();
    if (line >= 8) {
        out8(PIC2 + 1, (uint8_t)(in8(PIC2 + 1) & ~(1u << (line - 8))));
        line = 2;
    }
    out8(PIC1 + 1, (uint8_t)(in8(PIC1 + 1) & ~(1u << line)));
}

void lines_share(const struct virtio *d) {
    if (sharing_count < sizeof sharing / sizeof *sharing) sharing[sharing_count++] = d;
}

/* Edges, active high: Firecracker's and QEMU's devices both rise when there is news, the latter stay up until silenced. */
bool io_apic_enable(unsigned input) {
    static volatile uint32_t *registers;
    if (!registers) registers = window_map(IO_APIC, PAGE_SIZE, true);
    if (!registers) return false;
    registers[IO_APIC_SELECT] = IO_APIC_VERSION;
    if (input > (registers[IO_APIC_WINDOW] >> 16 & 0xff)) return false;
    registers[IO_APIC_SELECT] = IO_APIC_REDIRECTION + 2 * input + 1;
    registers[IO_APIC_WINDOW] = apic_id() << 24;
    registers[IO_APIC_SELECT] = IO_APIC_REDIRECTION + 2 * input;
    registers[IO_APIC_WINDOW] = VECTOR_IO_APIC;
    return true;
}

static void silence(void) {
    for (unsigned i = 0; i < sharing_count; i++) {
        const struct virtio *d = sharing[i];
        if (d->mmio)
            d->mmio[MMIO_INTERRUPT_ACK] = d->mmio[MMIO_INTERRUPT_STATUS];
        else if (d->modern)
            (void)*d->isr;
        else
            (void)in8(d->port + LEGACY_ISR);
    }
}

/* The driver looks at the rings afterwards: what comes in between is not lost. */
void io_apic_interrupt(void) {
    silence();
    apic_end_of_interrupt();
}

void lines_acknowledge(uint8_t line) {
    silence();
    if (line >= 8) out8(PIC2, 0x20);
    out8(PIC1, 0x20);
}
