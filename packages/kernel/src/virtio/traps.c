/* Interrupt descriptors, the text of a register dump. */
#pragma GCC target("general-regs-only") /* what returns from here does not save vector registers */

#include "machine.h"
#include "text.h"
#include "x86.h"

#define GATE_INTERRUPT 0x8e
#define CODE64 0x08
#define TSS 0x18

struct frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};
_Static_assert(sizeof(struct gate) == 16, "gate");

struct tss {
    uint32_t reserved0;
    uint64_t rsp[3], reserved1, ist[7], reserved2;
    uint16_t reserved3, io_map;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "task state segment");

extern uint8_t trap_entries[], trap_message[], trap_io_apic[], trap_timer[], trap_spurious[], trap_stack_top[],
    native_stack_guard[], fault_stack_guard[];
extern uint64_t tss_descriptor[2];
bool trap_exception(const struct frame *frame);
_Noreturn void trap_fatal(void);
void trap_line(const struct frame *frame);

static struct gate gates[256] __attribute__((aligned(16)));
static struct tss tss;
static char dump[640], summary[160];

static void set_gate(unsigned vector, const uint8_t *entry) {
    uint64_t address = (uint64_t)entry;
    gates[vector] = (struct gate){.offset_low = (uint16_t)address,
                                  .selector = CODE64,
                                  .ist = 1,
                                  .type = GATE_INTERRUPT,
                                  .offset_middle = (uint16_t)(address >> 16),
                                  .offset_high = (uint32_t)(address >> 32)};
}

void traps_init(void) {
    for (unsigned v = 0; v < 48; v++) set_gate(v, trap_entries + 16 * v);
    set_gate(VECTOR_TIMER, trap_timer);
    set_gate(VECTOR_VIRTIO, trap_message);
    set_gate(VECTOR_IO_APIC, trap_io_apic);
    set_gate(VECTOR_SPURIOUS, trap_spurious);

    uint64_t base = (uint64_t)&tss, limit = sizeof tss - 1;
    tss.ist[0] = (uint64_t)trap_stack_top;
    tss.io_map = sizeof tss;
    tss_descriptor[0] = limit | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
    tss_descriptor[1] = base >> 32;

    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) pointer = {sizeof gates - 1, (uint64_t)gates};
    __asm__ volatile("lidt %0; ltr %w1" : : "m"(pointer), "r"(TSS));
}

static const char *const names[32] = {
    [0] = "division by zero",
    [1] = "debug",
    [2] = "non-maskable interrupt",
    [3] = "breakpoint",
    [4] = "overflow",
    [5] = "bound range exceeded",
    [6] = "invalid instruction",
    [7] = "no coprocessor",
    [8] = "double fault",
    [10] = "invalid TSS",
    [11] = "segment not present",
    [12] = "stack segment fault",
    [13] = "general protection fault",
    [14] = "page fault",
    [16] = "x87 floating-point error",
    [17] = "alignment check",
    [18] = "machine check",
    [19] = "SIMD floating-point error",
    [20] = "virtualization exception",
    [21] = "control protection",
};

static void describe_page_fault(struct text *t, uint64_t error, uint64_t address) {
    const uint64_t native = (uint64_t)native_stack_guard, fault = (uint64_t)fault_stack_guard;
    text_string(t, error & 16 ? ": execution of 0x" : error & 2 ? ": write to 0x" : ": read of 0x");
    text_hex(t, address, 16);
    if (address < PAGE_SIZE)
        text_string(t, " (null pointer)");
    else if ((address >= native && address < native + PAGE_SIZE) || (address >= fault && address < fault + PAGE_SIZE))
        text_string(t, " (native stack overflow)");
    else
        text_string(t, error & 1 ? " (not permitted)" : " (not mapped)");
}

static void describe(const struct frame *f, uint64_t cr2) {
    struct text t = text_in(summary, sizeof summary);
    const char *name = f->vector < 32 ? names[f->vector] : NULL;
    text_string(&t, "processor exception: ");
    text_string(&t, name ? name : "reserved");
    if (f->vector == 14) describe_page_fault(&t, f->error, cr2);

    const struct {
        const char *name;
        uint64_t value;
    } registers[] = {
        {"rip", f->rip}, {"rsp", f->rsp}, {"flg", f->rflags}, {"cr2", cr2},    {"err", f->error}, {"vec", f->vector},
        {"rax", f->rax}, {"rbx", f->rbx}, {"rcx", f->rcx},    {"rdx", f->rdx}, {"rsi", f->rsi},   {"rdi", f->rdi},
        {"rbp", f->rbp}, {"r8 ", f->r8},  {"r9 ", f->r9},     {"r10", f->r10}, {"r11", f->r11},   {"r12", f->r12},
        {"r13", f->r13}, {"r14", f->r14}, {"r15", f->r15},
    };
    t = text_in(dump, sizeof dump);
    for (unsigned i = 0; i < sizeof registers / sizeof *registers; i++) {
        text_string(&t, registers[i].name);
        text_char(&t, ' ');
        text_hex(&t, registers[i].value, 16);
        text_char(&t, i % 3 == 2 ? '\n' : ' ');
    }
}

bool trap_exception(const struct frame *frame) {
    uint64_t cr2;
    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    bool absent_data = frame->vector == 14 && (frame->error & (1 | 8 | 16)) == 0;
    if (absent_data && memory_appear(cr2)) return true;
    describe(frame, cr2);
    return false;
}

_Noreturn void trap_fatal(void) {
    kernel_fault(summary, dump);
}

void trap_line(const struct frame *frame) {
    lines_acknowledge((uint8_t)(frame->vector - VECTOR_PIC));
}
