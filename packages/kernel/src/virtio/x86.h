/* The processor's instructions that C has no words for. */
#ifndef SOLOIST_VIRTIO_X86_H
#define SOLOIST_VIRTIO_X86_H

#include <stdbool.h>
#include <stdint.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE void out8(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}
ALWAYS_INLINE void out16(uint16_t port, uint16_t value) {
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}
ALWAYS_INLINE void out32(uint16_t port, uint32_t value) {
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}
ALWAYS_INLINE uint8_t in8(uint16_t port) {
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
ALWAYS_INLINE uint16_t in16(uint16_t port) {
    uint16_t value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
ALWAYS_INLINE uint32_t in32(uint16_t port) {
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
/* One exit to the hypervisor for the whole string. */
ALWAYS_INLINE void out8_string(uint16_t port, const void *from, uint64_t count) {
    __asm__ volatile("rep outsb" : "+S"(from), "+c"(count) : "d"(port) : "memory");
}

ALWAYS_INLINE uint64_t read_msr(uint32_t msr) {
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
    return (uint64_t)high << 32 | low;
}
ALWAYS_INLINE void write_msr(uint32_t msr, uint64_t value) {
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};
ALWAYS_INLINE struct cpuid cpuid(uint32_t leaf) {
    struct cpuid r;
    __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
    return r;
}

/* Not before earlier loads. */
ALWAYS_INLINE uint64_t read_tsc(void) {
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* a * b / c with 128 bits in between; the result has to fit. */
ALWAYS_INLINE uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c) {
    uint64_t high;
    __asm__("mulq %3; divq %4" : "=&a"(a), "=&d"(high) : "0"(a), "rm"(b), "rm"(c) : "cc");
    return a;
}

ALWAYS_INLINE void cpu_pause(void) {
    __asm__ volatile("pause" : : : "memory");
}

/* Memory that another party writes too: the compiler may not move accesses over it, x86 does not (stores before loads aside). */
#define COMPILER_BARRIER() __asm__ volatile("" : : : "memory")
#define FULL_BARRIER() __atomic_thread_fence(__ATOMIC_SEQ_CST)

#endif
