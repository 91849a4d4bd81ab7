/* In place of the processor's instructions, for programs that run on the host: a machine that the program plays. */
#ifndef SOLOIST_VIRTIO_X86_H
#define SOLOIST_VIRTIO_X86_H

#include <stdbool.h>
#include <stdint.h>

#define COMPILER_BARRIER() __asm__ volatile("" : : : "memory")

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

struct cpuid cpuid(uint32_t leaf);
uint64_t read_tsc(void);
uint64_t read_msr(uint32_t msr);
void write_msr(uint32_t msr, uint64_t value);
uint8_t in8(uint16_t port);
uint32_t in32(uint16_t port);
void out8(uint16_t port, uint8_t value);
static inline void cpu_pause(void) {
}
static inline uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c) {
    return (uint64_t)((unsigned __int128)a * b / c);
}

#endif
