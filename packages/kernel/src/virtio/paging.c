/*
 * Page tables. start.S maps the first 4 GiB to themselves; protect_memory leaves only what the image is made of and memory, each
 * with its own rights. Device registers and rings live in a window far above: a device may be anywhere, and no address that the
 * engine can compute (LINEAR_BASE plus two 32-bit numbers) reaches it.
 *
 * Memory above the image is mapped, 2 MiB at a time, when it is first touched, and zeroed then: firmware leaves remains in it, and
 * clearing all of it at boot would cost time and the host's memory.
 */
#pragma GCC target("general-regs-only") /* runs inside page faults, which do not save vector registers */

#include "layout.h"
#include "machine.h"
#include "sizes.h"
#include "x86.h"

#define PRESENT 1ull
#define WRITABLE 2ull
#define UNCACHED (1ull << 3 | 1ull << 4)
#define LARGE (1ull << 7)
#define NO_EXECUTE (1ull << 63)

#define ENTRIES 512u
#define LOW_TABLES ((LINEAR_BASE + LARGE_PAGE_SIZE - 1) / LARGE_PAGE_SIZE)
#define LOW_END (LOW_TABLES * (uint64_t)LARGE_PAGE_SIZE)
#define WINDOW_BASE ((uint64_t)WINDOW_POINTER << 30)
#define WINDOW_TABLES 4u

extern uint64_t page_root[ENTRIES], page_directories[4 * ENTRIES], page_window[ENTRIES];
extern uint8_t text_start[], text_end[], rodata_start[], rodata_end[], data_start[], data_end[], modules_start[],
    modules_end[];
extern uint8_t native_stack_guard[], fault_stack_guard[];

static uint64_t low_tables[LOW_TABLES * ENTRIES] __attribute__((aligned(4096)));
static uint64_t tail_table[ENTRIES] __attribute__((aligned(4096)));
static uint64_t window_tables[WINDOW_TABLES * ENTRIES] __attribute__((aligned(4096)));
static unsigned window_used; /* pages */
static bool protected;

struct memory memory;

static void zero(uint64_t from, uint64_t to) {
    uint64_t words = (to - from) / 8;
    if (from < to) __asm__ volatile("rep stosq" : "+D"(from), "+c"(words) : "a"(0) : "memory");
}

static void load_root(void) {
    __asm__ volatile("mov %0, %%cr3" : : "r"((uint64_t)page_root) : "memory");
}

void *window_map(uint64_t physical, uint64_t length, bool device) {
    uint64_t offset = physical % PAGE_SIZE;
    uint64_t pages = (offset + length + PAGE_SIZE - 1) / PAGE_SIZE;
    if (pages > WINDOW_TABLES * ENTRIES - window_used) return NULL;
    uint8_t *mapped = (uint8_t *)(WINDOW_BASE + (uint64_t)window_used * PAGE_SIZE + offset);
    for (uint64_t i = 0; i < pages; i++)
        window_tables[window_used++] =
            (physical - offset + i * PAGE_SIZE) | PRESENT | WRITABLE | NO_EXECUTE | (device ? UNCACHED : 0);
    for (unsigned t = 0; t < WINDOW_TABLES; t++)
        page_window[t] = (uint64_t)&window_tables[t * ENTRIES] | PRESENT | WRITABLE;
    return mapped;
}

void *take_pages(uint64_t bytes, uint64_t *physical) {
    uint64_t size = (bytes + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
    if (memory.end - memory.image_end < size) return NULL;
    memory.end -= size;
    zero(memory.end, memory.end + size);
    *physical = memory.end;
    return window_map(memory.end, size, false);
}

static void map_low(uint64_t from, uint64_t to, uint64_t rights) {
    for (uint64_t page = from / PAGE_SIZE; page < (to + PAGE_SIZE - 1) / PAGE_SIZE && page < LOW_TABLES * ENTRIES;
         page++)
        low_tables[page] = page * PAGE_SIZE | PRESENT | rights;
}

static void unmap_low(const uint8_t *address) {
    low_tables[(uint64_t)address / PAGE_SIZE] = 0;
}

/* The directory's entry for the 2 MiB at `base`, all of which below memory.end becomes accessible. */
static uint64_t large_entry(uint64_t base) {
    if (base + LARGE_PAGE_SIZE <= memory.end) return base | PRESENT | WRITABLE | LARGE | NO_EXECUTE;
    for (unsigned i = 0; i < ENTRIES && base + i * PAGE_SIZE < memory.end; i++)
        tail_table[i] = (base + i * PAGE_SIZE) | PRESENT | WRITABLE | NO_EXECUTE;
    return (uint64_t)tail_table | PRESENT | WRITABLE;
}

void protect_memory(void) {
    uint64_t seen = (memory.image_end + LARGE_PAGE_SIZE - 1) / LARGE_PAGE_SIZE * LARGE_PAGE_SIZE;
    if (seen < LOW_END) seen = LOW_END;
    zero(memory.image_end, seen < memory.end ? seen : memory.end);

    map_low((uint64_t)text_start, (uint64_t)text_end, 0);
    map_low((uint64_t)rodata_start, (uint64_t)rodata_end, NO_EXECUTE);
    map_low((uint64_t)data_start, (uint64_t)data_end, WRITABLE | NO_EXECUTE);
    map_low((uint64_t)modules_start, (uint64_t)modules_end, 0);
    map_low(LINEAR_BASE, memory.end < LOW_END ? memory.end : LOW_END, WRITABLE | NO_EXECUTE);
    unmap_low(native_stack_guard);
    unmap_low(fault_stack_guard);

    for (uint64_t i = 0; i < 4 * ENTRIES; i++) {
        uint64_t base = i * LARGE_PAGE_SIZE;
        if (i < LOW_TABLES)
            page_directories[i] = (uint64_t)&low_tables[i * ENTRIES] | PRESENT | WRITABLE;
        else
            page_directories[i] = base < seen && base < memory.end ? large_entry(base) : 0;
    }
    load_root();
    protected = true;
}

bool memory_appear(uint64_t address) {
    if (!protected || address < LOW_END || address >= memory.end) return false;
    uint64_t *entry = &page_directories[address / LARGE_PAGE_SIZE];
    if (*entry & PRESENT) return false;
    uint64_t base = address / LARGE_PAGE_SIZE * LARGE_PAGE_SIZE, end = base + LARGE_PAGE_SIZE;
    *entry = large_entry(base);
    zero(base, end < memory.end ? end : memory.end);
    return true;
}

void memory_touch(const void *start, uint64_t length) {
    const volatile uint8_t *bytes = start;
    for (uint64_t at = 0; at < length; at += LARGE_PAGE_SIZE) (void)bytes[at];
    if (length > 0) (void)bytes[length - 1];
}
