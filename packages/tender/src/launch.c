#include "launch.h"

#include <asm/prctl.h>
#include <sys/syscall.h>

#include "abi.h"

_Noreturn void launch(uint64_t entry, uint64_t stack) {
    __asm__ volatile("mov %0, %%rsp\n\t"
                     "mov %1, %%r15\n\t"
                     "mov %2, %%eax\n\t"
                     "mov %3, %%edi\n\t"
                     "xor %%esi, %%esi\n\t"
                     "syscall\n\t"
                     "mov %4, %%edi\n\t"
                     "xor %%eax, %%eax\n\t"
                     "xor %%ebx, %%ebx\n\t"
                     "xor %%ecx, %%ecx\n\t"
                     "xor %%edx, %%edx\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "xor %%r8d, %%r8d\n\t"
                     "xor %%r9d, %%r9d\n\t"
                     "xor %%r10d, %%r10d\n\t"
                     "xor %%r11d, %%r11d\n\t"
                     "xor %%r12d, %%r12d\n\t"
                     "xor %%r13d, %%r13d\n\t"
                     "xor %%r14d, %%r14d\n\t"
                     "jmp *%%r15"
                     :
                     : "r"(stack), "r"(entry), "i"(SYS_arch_prctl), "i"(ARCH_SET_FS), "i"(SPT_BOOT_INFO)
                     : "memory");
    __builtin_unreachable();
}
