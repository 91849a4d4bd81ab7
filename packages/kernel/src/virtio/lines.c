/* Devices without MSI-X: interrupts by line, through the two 8259A interrupt controllers as firmware wired them. */
#pragma GCC target("general-regs-only") /* runs in interrupts */

#include "virtio.h"

#define PIC1 0x20
#define PIC2 0xa0

#define LEGACY_ISR 19

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

void lines_acknowledge(uint8_t line) {
    for (unsigned i = 0; i < sharing_count; i++) {
        const struct virtio *d = sharing[i];
        if (d->modern)
            (void)*d->isr;
        else
            (void)in8(d->port + LEGACY_ISR);
    }
    if (line >= 8) out8(PIC2, 0x20);
    out8(PIC1, 0x20);
}
