#include "layout.h"

/* Entry of an spt image: rdi = struct spt_boot_info *. The tender's stack lies where linear memory ends: take our own. */
    .section .text.boot, "ax"
    .globl _start
_start:
    leaq native_stack_top, %rsp
    xorl %ebp, %ebp
    call spt_start
    ud2

    .section .stack, "aw", @nobits
    .balign 4096
    .globl native_stack
native_stack:
    .skip STACK_SIZE
native_stack_top:
