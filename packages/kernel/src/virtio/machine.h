/* What the files of this target give one another. All addresses below 4 GiB are physical and virtual alike. */
#ifndef SOLOIST_VIRTIO_MACHINE_H
#define SOLOIST_VIRTIO_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "binding.h"

#define PAGE_SIZE 4096u
#define LARGE_PAGE_SIZE 0x200000u

#define VECTOR_PIC 0x20     /* 16 lines */
#define VECTOR_TIMER 0x40   /* local APIC timer */
#define VECTOR_VIRTIO 0x41  /* every MSI-X interrupt */
#define VECTOR_IO_APIC 0x42 /* every line of the I/O APIC */
#define VECTOR_SPURIOUS 0xff

/* console.c */
void console_init(void);

/* boot.c: prints "soloist: …" and ends the machine with status 1. `subject` goes between two quotes behind `what` when not NULL. */
_Noreturn void boot_fail(const char *what, const char *subject, const char *advice);

/* The first sector of the disk that our boot loader came from, when there is one. */
#define BOOT_SECTOR_SIZE 512u
extern bool boot_from_disk;
extern uint8_t boot_sector[BOOT_SECTOR_SIZE];

/* traps.c */
void traps_init(void);

/* paging.c */
struct memory {
    uint64_t image_end; /* first byte behind what the loader filled in: above it pages are zeroed when first touched */
    uint64_t end;       /* first byte behind the memory for the common part */
};
extern struct memory memory;
void *window_map(uint64_t physical, uint64_t length, bool device);
/* Zeroed pages that lie in one piece, taken from the end of memory; only before protect_memory. */
void *take_pages(uint64_t bytes, uint64_t *physical);
void protect_memory(void);
/* True when `address` was memory not touched before, which now reads as zeros. Called by traps.c. */
bool memory_appear(uint64_t address);
/* Has to precede giving memory to a device: a device does not cause page faults. */
void memory_touch(const void *start, uint64_t length);

/* acpi.c */
struct acpi {
    uint16_t pm1a_control, pm1b_control; /* 0: none */
    uint8_t sleep_a, sleep_b;            /* SLP_TYP of S5 */
    uint16_t sleep_control;              /* hardware-reduced ACPI: sleep control register, an I/O port; 0: none */
    uint16_t pm_timer;                   /* I/O port; 0: none */
    uint8_t century;                     /* index of the century in the RTC's memory; 0: none */
    bool can_power_off;
};
extern struct acpi acpi;
void acpi_init(uint64_t rsdp);

/* apic.c */
void apic_init(void);
uint32_t apic_id(void);
void apic_end_of_interrupt(void);
void apic_timer_calibrated(uint64_t hz);
void apic_timer_start_measuring(void);
uint32_t apic_timer_measured(void); /* ticks since apic_timer_start_measuring */
bool apic_timer_needs_calibration(void);
void apic_timer_arm(uint64_t nanoseconds);
/* When, by the monotonic clock, the timer was set to fire; UINT64_MAX once it has: only its interrupt knows, it may be early or late. */
extern volatile uint64_t apic_timer_armed;
void apic_accept_lines(void);

/* lines.c */
void pic_init(void);
void pic_enable(uint8_t line);
/* Called in interrupts: silences the devices that share lines (reading their status does), then ends the interrupt. */
void lines_acknowledge(uint8_t line);

bool io_apic_enable(unsigned input);
void io_apic_interrupt(void);

/* mmio.c: takes the words about devices and the machine out of the command line, which the virtual machine monitor appended. */
void mmio_init(char *command_line);

/* time.c */
void time_init(void);
void time_refine(void);
uint64_t time_to_tsc(uint64_t nanoseconds);

/* yield.c: halts until an interrupt, at the latest at `deadline`. Interrupts are off before and after. */
void cpu_idle(uint64_t deadline);

/* pci.c, net.c, block.c: finds and prepares the devices that the manifest names. */
void devices_init(void);
void net_flush_all(void);
/* True: a device is ready, waiting would be wrong. */
bool net_arm_all(void);
void net_disarm_all(void);
/* Whether the devices have taken all frames that were sent. */
bool net_drained_all(void);

#endif
