/* What the boot loader uses of UEFI 2.10. Members that it does not use have no names. */
#ifndef SOLOIST_DISK_UEFI_H
#define SOLOIST_DISK_UEFI_H

#include <stddef.h>
#include <stdint.h>

#define EFIAPI __attribute__((ms_abi))

typedef uint64_t efi_status;
#define EFI_SUCCESS 0

enum { ALLOCATE_MAX_ADDRESS = 1 };

/* EFI_MEMORY_TYPE */
enum {
    MEMORY_LOADER_CODE = 1,
    MEMORY_LOADER_DATA,
    MEMORY_BOOT_CODE,
    MEMORY_BOOT_DATA,
    MEMORY_CONVENTIONAL = 7,
    MEMORY_ACPI_TABLES = 9,
    MEMORY_ACPI_NVS = 10,
};

struct efi_memory_descriptor {
    uint32_t type;
    uint64_t address, virtual_address, pages, attributes;
};

struct efi_text_output {
    void *unused0;
    efi_status(EFIAPI *output)(struct efi_text_output *self, const uint16_t *text);
};

struct efi_boot_services {
    uint8_t header[24];
    void *unused0[2];
    efi_status(EFIAPI *allocate_pages)(int how, int memory_type, uint64_t pages, uint64_t *address);
    void *unused1;
    efi_status(EFIAPI *get_memory_map)(uint64_t *size, void *map, uint64_t *key, uint64_t *descriptor_size,
                                       uint32_t *version);
    void *unused2[21];
    efi_status(EFIAPI *exit_boot_services)(void *image, uint64_t key);
};
_Static_assert(offsetof(struct efi_boot_services, exit_boot_services) == 24 + 26 * 8, "EFI_BOOT_SERVICES");

struct efi_guid {
    uint64_t low, high;
};

struct efi_configuration_table {
    struct efi_guid id;
    void *table;
};

struct efi_system_table {
    uint8_t header[24];
    void *unused0[5];
    struct efi_text_output *console;
    void *unused1[3];
    struct efi_boot_services *boot;
    uint64_t tables;
    struct efi_configuration_table *table;
};
_Static_assert(offsetof(struct efi_system_table, boot) == 96, "EFI_SYSTEM_TABLE");

#endif
