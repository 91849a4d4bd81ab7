/*
 * Matches the devices that the manifest names with those that the machine has: first with first, by type. Those over MMIO come
 * first, as the command line names them, then those on PCI in order of slot.
 */
#include "devices.h"

#include "boot-record.h"
#include "text.h"
#include "virtio.h"

_Static_assert(sizeof(struct manifest) == BOOT_MANIFEST_SIZE, "manifest");

#define NOT_WORKING                                                                                                    \
    "does not work as virtio 1.x or legacy PCI device (QEMU's microvm: -global virtio-mmio.force-legacy=false)"

static struct manifest manifest;

static bool same(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

int devices_position(uint32_t type, const char *name) {
    int position = 0;
    for (uint32_t i = 1; i < manifest.entries; i++) {
        const struct manifest_entry *e = &manifest.e[i];
        if (e->type != type) continue;
        if (same(e->name, name)) return position;
        position++;
    }
    return -1;
}

/* boot_manifest is zero for the compiler: it may not see through that. */
static void copy_manifest(void) {
    for (size_t i = 0; i < sizeof manifest; i++) ((uint8_t *)&manifest)[i] = boot_manifest[i];
    if (manifest.version != 1 || manifest.entries > MANIFEST_ENTRIES_MAX) manifest.entries = 0;
    for (uint32_t i = 0; i < manifest.entries; i++) manifest.e[i].name[MANIFEST_NAME_SIZE - 1] = 0;
}

static bool find(unsigned type, unsigned position, uint32_t *where) {
    return mmio_find(type, &position, where) || pci_find(type, position, where);
}

void devices_init(void) {
    copy_manifest();
    unsigned nets = 0, blocks = 0, passed = 0;
    for (uint32_t i = 1; i < manifest.entries; i++) {
        const struct manifest_entry *e = &manifest.e[i];
        uint32_t where;
        if (e->type == MANIFEST_NET) {
            if (!find(VIRTIO_TYPE_NET, nets, &where))
                boot_fail(
                    "the manifest names network device", e->name,
                    "but the machine has no such device (QEMU: -netdev user,id=n0 -device virtio-net-pci,netdev=n0)");
            if (!net_prepare(nets++, where)) boot_fail("network device", e->name, NOT_WORKING);
        } else if (e->type == MANIFEST_BLOCK) {
            do {
                if (!find(VIRTIO_TYPE_BLOCK, blocks + passed, &where))
                    boot_fail("the manifest names block device", e->name,
                              "but the machine has no such device (QEMU: -drive file=FILE,format=raw,if=none,id=b0 "
                              "-device virtio-blk-pci,drive=b0)");
                if (!block_prepare(blocks, where)) boot_fail("block device", e->name, NOT_WORKING);
            } while (block_is_boot_disk(blocks) && ++passed);
            blocks++;
        }
    }
}
