/*
 * Entry by PVH (Xen's docs/misc/pvh.pandoc): 32-bit protected mode, paging off, no stack, %ebx = hvm_start_info.
 * Leaves in long mode on the native stack, with the first 4 GiB mapped to themselves (boot.c narrows that), and
 * write protection, no-execute and SSE on.
 */
#include "layout.h"
#include "sizes.h"

#define CODE64 0x08
#define DATA   0x10

    /* QEMU reads the descriptor of an ELF64 file's note as 8 bytes, others as 4: the upper half is zero. */
    .section .note.pvh, "a", @note
    .balign 4
    .long 4                         /* size of the name */
    .long 8                         /* size of the descriptor */
    .long 18                        /* XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .long start32
    .long 0

    .section .text.boot, "ax"
    .code32
    .globl start32
start32:
    cli
    cld
    movl    $native_stack_top, %esp
    movl    %ebx, %edi

    movl    $0x80000000, %eax
    cpuid
    cmpl    $0x80000001, %eax
    jb      no_long_mode
    movl    $0x80000001, %eax
    cpuid
    andl    $(1 << 29 | 1 << 20), %edx      /* long mode, no-execute */
    cmpl    $(1 << 29 | 1 << 20), %edx
    jne     no_long_mode

    /* 2,048 large pages: present, writable. */
    movl    $page_directories, %eax
    movl    $0x83, %edx
1:  movl    %edx, (%eax)
    addl    $8, %eax
    addl    $0x200000, %edx
    jnc     1b

    movl    $page_pointers, %eax
    movl    $(page_directories + 3), %edx
    movl    $4, %ecx
2:  movl    %edx, (%eax)
    addl    $8, %eax
    addl    $4096, %edx
    loop    2b
    movl    $(page_window + 3), page_pointers + 8 * WINDOW_POINTER  /* see paging.c */
    movl    $(page_pointers + 3), page_root

    movl    $page_root, %eax
    movl    %eax, %cr3
    movl    $(1 << 5 | 1 << 9 | 1 << 10), %eax      /* PAE, OSFXSR, OSXMMEXCPT */
    movl    %eax, %cr4
    movl    $0xc0000080, %ecx               /* EFER */
    xorl    %edx, %edx
    movl    $(1 << 8 | 1 << 11), %eax       /* LME, NXE */
    wrmsr
    movl    $(1 << 31 | 1 << 16 | 1 << 5 | 1 << 1 | 1), %eax    /* PG, WP, NE, MP, PE */
    movl    %eax, %cr0

    lgdt    gdt_pointer
    ljmp    $CODE64, $start64

no_long_mode:
    movl    $no_long_mode_text, %esi
    movl    $(no_long_mode_end - no_long_mode_text), %ecx
1:  movl    $10000, %ebp                    /* a serial port that is not there never becomes ready */
    movw    $0x3fd, %dx
2:  inb     %dx, %al
    testb   $0x20, %al
    jnz     3f
    decl    %ebp
    jnz     2b
3:  movw    $0x3f8, %dx
    lodsb
    outb    %al, %dx
    loop    1b
    movw    $0x501, %dx                     /* see exit.c */
    movw    $1, %ax
    outw    %ax, %dx
4:  cli
    hlt
    jmp     4b

    .code64
start64:
    movl    $DATA, %eax
    movl    %eax, %ds
    movl    %eax, %es
    movl    %eax, %ss
    xorl    %eax, %eax
    movl    %eax, %fs
    movl    %eax, %gs
    movq    $native_stack_top, %rsp
    fninit
    movl    $0x1f80, -8(%rsp)               /* all SSE exceptions masked, round to nearest */
    ldmxcsr -8(%rsp)
    movl    %edi, %edi                      /* the upper half is undefined after the mode switch */
    xorl    %ebp, %ebp
    call    start_virtio
    ud2

    .section .rodata, "a"
no_long_mode_text:
    .ascii "soloist: this image needs a 64-bit processor with no-execute pages\n"
no_long_mode_end:

    .balign 8
gdt_pointer:
    .word   gdt_end - gdt - 1
    .quad   gdt

    .data
    .balign 16
    .globl gdt, tss_descriptor
gdt:
    .quad   0
    .quad   0x00af9b000000ffff              /* CODE64 */
    .quad   0x00cf93000000ffff              /* DATA */
tss_descriptor:                             /* 0x18, filled in by traps.c: the processor marks it busy */
    .quad   0, 0
gdt_end:

    .bss
    .balign 4096
    .globl page_root, page_pointers, page_directories, page_window
page_root:        .skip 4096
page_pointers:    .skip 4096
page_directories: .skip 4 * 4096
page_window:      .skip 4096

    /* Each stack has an unmapped page below it (paging.c). The fault stack serves kernel_fault, which may run the engine. */
    .section .stack, "aw", @nobits
    .balign 4096
    .globl native_stack_guard, native_stack_top, fault_stack_guard, fault_stack_top
native_stack_guard: .skip 4096
    .skip STACK_SIZE
native_stack_top:
fault_stack_guard:  .skip 4096
    .skip FAULT_STACK_SIZE
fault_stack_top:
