/* Console: the first serial port, 16550A, output only. */
#include "machine.h"
#include "x86.h"

#define COM1 0x3f8
#define INTERRUPT_ENABLE (COM1 + 1)
#define FIFO_CONTROL (COM1 + 2)
#define INTERRUPT_ID (COM1 + 2)
#define LINE_CONTROL (COM1 + 3)
#define MODEM_CONTROL (COM1 + 4)
#define LINE_STATUS (COM1 + 5)

#define TRANSMITTER_EMPTY 0x20
#define FIFO_SIZE 16

/*
 * A reader on the host that stops reading stops the port. Polls until a write is given up; one poll takes 0.5 us at the very
 * least (it leaves the virtual machine): about a second.
 */
#define POLLS_MAX 2000000u

static unsigned batch;    /* bytes that may be written when the transmitter is empty; 0: there is no port */
static uint32_t patience; /* polls; short after the port did not move once */

void console_init(void) {
    out8(INTERRUPT_ENABLE, 0);
    out8(LINE_CONTROL, 0x80);
    out8(COM1, 1); /* 115,200 bit/s */
    out8(INTERRUPT_ENABLE, 0);
    out8(LINE_CONTROL, 0x03); /* 8 bits, no parity, 1 stop bit */
    out8(FIFO_CONTROL, 0x07);
    out8(MODEM_CONTROL, 0x03);
    /* Without a port every read gives ones; the upper bits of this register are zero in every one that exists. */
    if (in8(LINE_CONTROL) != 0x03) return;
    batch = (in8(INTERRUPT_ID) & 0xc0) == 0xc0 ? FIFO_SIZE : 1;
    patience = POLLS_MAX;
}

static bool transmitter_ready(void) {
    for (uint32_t polls = 0; polls < patience; polls++) {
        if (in8(LINE_STATUS) & TRANSMITTER_EMPTY) {
            patience = POLLS_MAX;
            return true;
        }
        cpu_pause();
    }
    patience = 1;
    return false;
}

void console_write(const void *data, size_t length) {
    const uint8_t *bytes = data;
    while (length > 0 && batch > 0) {
        size_t part = length < batch ? length : batch;
        if (!transmitter_ready()) return;
        out8_string(COM1, bytes, part);
        bytes += part;
        length -= part;
    }
}
