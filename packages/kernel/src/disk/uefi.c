/*
 * The boot loader under UEFI. The firmware loads all of its file, the parcel behind it included; this copies the parcel to a place
 * below 4 GiB that the image does not take, asks for the memory map, ends the firmware's services and enters the parcel.
 */
#include "uefi.h"

#include "parcel.h"

#define PAGE 4096u
#define MIB (1u << 20)
#define MAP_BYTES 0x10000u              /* the firmware's map */
#define MAP_ENTRIES_MAX 1024u           /* ours */
#define LOADER_REFUSED (1ull << 63 | 3) /* EFI_UNSUPPORTED */

/* Xen's include/public/arch-x86/hvm/start_info.h */
struct entry {
    uint64_t address, size;
    uint32_t type, reserved;
};
enum { RAM = 1, RESERVED, ACPI_TABLES, ACPI_NVS };

extern const uint8_t parcel[]; /* flat.lds */

typedef void enter_parcel(uint64_t parcel_address, const struct entry *map, uint64_t entries, uint64_t rsdp);

efi_status EFIAPI start_uefi(void *image, struct efi_system_table *system);

static uint32_t field(const uint8_t *base, unsigned at) {
    return *(const uint32_t *)(base + at);
}

/*
 * Nothing here sleeps or wakes, so that what firmware keeps for the way back (OVMF: at 8 MiB and above, in the middle of where an
 * image goes) may be written over. Higher up ACPI's own tables may lie.
 */
static uint32_t type_of(const struct efi_memory_descriptor *d) {
    switch (d->type) {
    case MEMORY_LOADER_CODE:
    case MEMORY_LOADER_DATA:
    case MEMORY_BOOT_CODE:
    case MEMORY_BOOT_DATA:
    case MEMORY_CONVENTIONAL:
        return RAM;
    case MEMORY_ACPI_TABLES:
        return ACPI_TABLES;
    case MEMORY_ACPI_NVS:
        return d->address < 16 * MIB ? RAM : ACPI_NVS;
    default:
        return RESERVED;
    }
}

static uint64_t convert(const uint8_t *from, uint64_t size, uint64_t step, struct entry *map) {
    uint64_t count = 0;
    for (uint64_t at = 0; at + step <= size; at += step) {
        const struct efi_memory_descriptor *d = (const struct efi_memory_descriptor *)(from + at);
        uint32_t type = type_of(d);
        if (count > 0 && map[count - 1].type == type && map[count - 1].address + map[count - 1].size == d->address) {
            map[count - 1].size += d->pages * PAGE;
        } else if (count < MAP_ENTRIES_MAX) {
            map[count].address = d->address;
            map[count].size = d->pages * PAGE;
            map[count].type = type;
            map[count++].reserved = 0;
        }
    }
    return count;
}

static uint64_t find_rsdp(const struct efi_system_table *system) {
    uint64_t found = 0;
    for (uint64_t i = 0; i < system->tables; i++) {
        const struct efi_guid *id = &system->table[i].id;
        /* EFI_ACPI_20_TABLE_GUID, else that of ACPI 1.0 */
        if (id->low == 0x11d3e4f18868e871 && id->high == 0x81883cc7800022bc) return (uint64_t)system->table[i].table;
        if (id->low == 0x11d32d88eb9d2d30 && id->high == 0x4dc13f279000169a) found = (uint64_t)system->table[i].table;
    }
    return found;
}

static efi_status refuse(struct efi_system_table *system, const uint16_t *text) {
    system->console->output(system->console, text);
    return LOADER_REFUSED;
}

efi_status EFIAPI __attribute__((section(".start"))) start_uefi(void *image, struct efi_system_table *system) {
    struct efi_boot_services *boot = system->boot;
    uint32_t size = field(parcel, PARCEL_SIZE);
    uint64_t parcel_pages = (size + PAGE - 1) / PAGE, map_bytes = MAP_ENTRIES_MAX * sizeof(struct entry);
    uint64_t pages = parcel_pages + (map_bytes + MAP_BYTES) / PAGE, place = UINT32_MAX;
    /* Code: the start of the parcel runs there, with the firmware's page tables. */
    if (boot->allocate_pages(ALLOCATE_MAX_ADDRESS, MEMORY_LOADER_CODE, pages, &place) != EFI_SUCCESS ||
        place < field(parcel, PARCEL_IMAGE_END))
        return refuse(system, u"soloist: the machine has too little memory for this image\r\n");
    const uint64_t *from = (const uint64_t *)parcel;
    volatile uint64_t *to = (volatile uint64_t *)place;
    for (uint32_t i = 0; i < size / 8; i++) to[i] = from[i];
    struct entry *map = (struct entry *)(place + parcel_pages * PAGE);
    uint8_t *firmware_map = (uint8_t *)map + map_bytes;
    uint64_t rsdp = find_rsdp(system);

    /* Asking and ending may have to be done again: the firmware's own timers may change the map in between (7.4.6). */
    uint64_t key, length, step;
    uint32_t version;
    for (int tries = 0;; tries++) {
        length = MAP_BYTES;
        if (tries == 8 || boot->get_memory_map(&length, firmware_map, &key, &step, &version) != EFI_SUCCESS)
            return refuse(system, u"soloist: the firmware does not let go of the machine\r\n");
        if (boot->exit_boot_services(image, key) == EFI_SUCCESS) break;
    }
    uint64_t entries = convert(firmware_map, length, step, map);
    ((enter_parcel *)(place + PARCEL_ENTRY64))(place, map, entries, rsdp);
    __builtin_unreachable();
}
