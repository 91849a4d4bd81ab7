/*
 * Exceptions and interrupts. All arrive on the trap stack (IST 1): engine code may use the red zone below its stack pointer.
 * Interrupts are on only while the processor is halted in cpu_idle.
 */
#include "sizes.h"

    .text

.macro SAVE
    pushq   %rax
    pushq   %rbx
    pushq   %rcx
    pushq   %rdx
    pushq   %rsi
    pushq   %rdi
    pushq   %rbp
    pushq   %r8
    pushq   %r9
    pushq   %r10
    pushq   %r11
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    cld
.endm

.macro RESTORE
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %r11
    popq    %r10
    popq    %r9
    popq    %r8
    popq    %rbp
    popq    %rdi
    popq    %rsi
    popq    %rdx
    popq    %rcx
    popq    %rbx
    popq    %rax
    addq    $16, %rsp
    iretq
.endm

    /* 16 bytes each: traps.c computes their addresses. Vectors 8, 10-14, 17, 21, 29 and 30 come with an error code. */
    .balign 16
    .globl trap_entries
trap_entries:
    .set    vector, 0
    .rept   48
    .balign 16
    .if vector >= 32 || !((1 << vector) & 0x60227d00)
    pushq   $0
    .endif
    pushq   $vector
    .if vector < 32
    jmp     exception
    .else
    jmp     line_interrupt
    .endif
    .set    vector, vector + 1
    .endr
    .balign 16

exception:
    SAVE
    movq    %rsp, %rdi
    call    trap_exception
    testb   %al, %al
    jz      1f
    RESTORE
1:  movq    $fault_stack_top, %rsp
    xorl    %ebp, %ebp
    call    trap_fatal
    ud2

line_interrupt:
    SAVE
    movq    %rsp, %rdi
    call    trap_line
    RESTORE

    .globl trap_message, trap_io_apic, trap_timer, trap_spurious
    .balign 16
trap_message:
    pushq   $0
    pushq   $0
    SAVE
    call    apic_end_of_interrupt
    RESTORE

    .balign 16
trap_io_apic:
    pushq   $0
    pushq   $0
    SAVE
    call    io_apic_interrupt
    RESTORE

    .balign 16
trap_timer:
    pushq   $0
    pushq   $0
    SAVE
    call    apic_timer_interrupt
    RESTORE

    .balign 16
trap_spurious:
    iretq

    .bss
    .balign 16
    .globl trap_stack_top
    .skip   TRAP_STACK_SIZE
trap_stack_top:
