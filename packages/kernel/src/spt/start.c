#include "binding.h"
#include "cpu.h"
#include "spt.h"

const struct spt_boot_info *spt_info;

/* Volatile: the compiler must not know that nothing in here writes to it. */
volatile struct spt_gifts spt_gifts;

_Noreturn void spt_start(const struct spt_boot_info *info);

_Noreturn void spt_start(const struct spt_boot_info *info) {
    spt_info = info;
    const char *missing = cpu_missing();
    if (missing != NULL) kernel_fault(missing, NULL);
    const struct boot_info boot = {.command_line = info->cmdline, .memory_end = info->mem_size};
    kernel_main(&boot);
}

static uint64_t acquired;

static int same(const char *a, const char *b) {
    while (*a != 0 && *a == *b) a++, b++;
    return *a == *b;
}

int spt_acquire(const char *name, uint32_t type) {
    const struct mft *mft = spt_info->mft;
    for (uint32_t n = 0; n < mft->entries && n < 64; n++) {
        const struct mft_entry *entry = &mft->e[n];
        if (entry->type != type || !entry->attached || acquired >> n & 1 || !same(entry->name, name)) continue;
        acquired |= (uint64_t)1 << n;
        return (int)n;
    }
    return -1;
}

const struct mft_entry *spt_device(int handle) {
    return &spt_info->mft->e[handle];
}
