/* From start.S to kernel_main: what the machine is, what it has, and then its protection. */

/* What the compiler may use elsewhere, by the bits of CPUID leaf 1, ECX; this file does with what every 64-bit processor has. */
static const struct {
    unsigned char bit;
    const char *name;
} needed[] = {
#ifdef __SSE3__
    {0, "SSE3"},
#endif
#ifdef __SSSE3__
    {9, "SSSE3"},
#endif
#ifdef __SSE4_1__
    {19, "SSE4.1"},
#endif
#ifdef __SSE4_2__
    {20, "SSE4.2"},
#endif
#ifdef __POPCNT__
    {23, "POPCNT"},
#endif
    {0, (const char *)0},
};
#pragma GCC target("arch=x86-64")

#include "boot-record.h"
#include "layout.h"
#include "machine.h"
#include "text.h"
#include "x86.h"

#define START_MAGIC 0x336ec578u
#define MEMORY_IS_RAM 1u
#define COMMAND_LINE_SIZE 8192u
#define MEMORY_MOST 0x100000000ull

/* Xen's include/public/arch-x86/hvm/start_info.h */
struct start_info {
    uint32_t magic, version, flags, modules;
    uint64_t modules_at, command_line_at, rsdp_at, memory_map_at;
    uint32_t memory_map_entries, reserved;
};
_Static_assert(sizeof(struct start_info) == 56, "hvm_start_info");

struct module {
    uint64_t address, size, command_line_at, reserved;
};

struct memory_map_entry {
    uint64_t address, size;
    uint32_t type, reserved;
};

_Noreturn void start_virtio(const struct start_info *info);

static char command_line[COMMAND_LINE_SIZE];
bool boot_from_disk;
uint8_t boot_sector[BOOT_SECTOR_SIZE];

_Noreturn void boot_fail(const char *what, const char *subject, const char *advice) {
    static char buffer[400];
    struct text t = text_in(buffer, sizeof buffer);
    text_string(&t, "soloist: ");
    text_string(&t, what);
    if (subject) {
        text_string(&t, " '");
        text_string(&t, subject);
        text_char(&t, '\'');
    }
    if (advice) {
        text_char(&t, ' ');
        text_string(&t, advice);
    }
    text_char(&t, '\n');
    console_write(buffer, (size_t)(t.at - buffer));
    machine_exit(1);
}

static void check_processor(void) {
    uint32_t has = cpuid(1).ecx;
    for (unsigned i = 0; needed[i].name; i++)
        if (!(has >> needed[i].bit & 1)) boot_fail("this processor lacks", needed[i].name, "(QEMU: add -cpu max)");
}

static void read_command_line(uint64_t at) {
    const char *from = (const char *)at;
    for (unsigned i = 0; at != 0 && i + 1 < COMMAND_LINE_SIZE && from[i]; i++) command_line[i] = from[i];
}

/* Our boot loaders give the first sector of their disk as a module (src/disk). */
static void read_boot_sector(const struct start_info *info) {
    const struct module *module = (const struct module *)info->modules_at;
    boot_from_disk = info->modules == 1 && module->size == BOOT_SECTOR_SIZE;
    for (unsigned i = 0; boot_from_disk && i < BOOT_SECTOR_SIZE; i++)
        boot_sector[i] = ((const uint8_t *)module->address)[i];
}

/*
 * QEMU puts the image into memory before the firmware runs, and SeaBIOS (1.16, measured) works in up to 330 KB below the end of
 * memory; where there are more than 32 MiB, below a place 16 MiB under the end. An image that reaches there may be damaged.
 */
static uint64_t firmware_low(uint64_t end) {
    const uint64_t mib = 1 << 20;
    uint64_t top = end > 32 * mib ? end - 16 * mib : end;
    return top > mib / 2 ? top - mib / 2 : 0;
}

static void find_memory(const struct start_info *info) {
    const struct memory_map_entry *map = (const struct memory_map_entry *)info->memory_map_at;
    uint32_t entries = info->version >= 1 && info->memory_map_at ? info->memory_map_entries : 0;
    for (uint32_t i = 0; i < entries; i++) {
        uint64_t end = map[i].address + map[i].size;
        if (map[i].type == MEMORY_IS_RAM && map[i].address <= LINEAR_BASE && end > LINEAR_BASE) memory.end = end;
    }
    if (entries == 0) boot_fail("the machine gave no memory map (PVH version 1)", NULL, NULL);
    if (memory.end > MEMORY_MOST) memory.end = MEMORY_MOST;
    memory.end -= memory.end % PAGE_SIZE;
    memory.image_end = LINEAR_BASE + (uint64_t)boot_record.memory_pages * 65536;
    if (memory.image_end > firmware_low(memory.end))
        boot_fail("the machine has too little memory for this image", NULL, "(QEMU: -m 64)");
}

_Noreturn void start_virtio(const struct start_info *info) {
    static struct boot_info boot;
    console_init();
    traps_init();
    if (info->magic != START_MAGIC) boot_fail("not started by the PVH boot protocol", NULL, NULL);
    acpi_init(info->rsdp_at); /* from here on the machine can be switched off */
    check_processor();
    find_memory(info);
    read_command_line(info->command_line_at);
    read_boot_sector(info);
    mmio_init(command_line);
    pic_init();
    apic_init();
    time_init();
    devices_init();
    protect_memory();
    boot.command_line = command_line;
    boot.memory_end = memory.end;
    kernel_main(&boot);
}
