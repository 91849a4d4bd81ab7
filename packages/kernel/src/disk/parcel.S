/*
 * The start of a parcel: puts each segment where it belongs and enters the kernel as a PVH machine would. Runs where the parcel
 * lies, with interrupts off and no stack.
 *
 * In: %ebx the parcel's address, %esi and %ecx memory map (struct hvm_memmap_table_entry) and its number of entries, %edi the
 * address of ACPI's root pointer or 0. None of these may lie where the image goes.
 */
#include "parcel.h"

#define CODE32 0x08
#define DATA   0x10

#define START_MAGIC 0x336ec578

    .text
    .code32
    jmp     place

    .code64
    .org    PARCEL_ENTRY64                  /* by the C calling convention: parcel, map, entries, ACPI's root pointer */
    cli
    movl    %edi, %ebx
    movl    %ecx, %edi
    movl    %edx, %ecx
    leaq    gdt(%rip), %rax
    movq    %rax, gdt_pointer + 2(%rip)
    lgdt    gdt_pointer(%rip)
    leaq    leave_long_mode(%rip), %rax
    pushq   $CODE32
    pushq   %rax
    lretq

    .code32
leave_long_mode:
    movl    $DATA, %eax
    movl    %eax, %ds
    movl    %eax, %es
    movl    %eax, %ss
    movl    %eax, %fs
    movl    %eax, %gs
    movl    $0x11, %eax                     /* ET, PE: no paging any more */
    movl    %eax, %cr0
    movl    %ecx, %ebp
    movl    $0xc0000080, %ecx               /* EFER */
    xorl    %eax, %eax
    xorl    %edx, %edx
    wrmsr
    movl    %eax, %cr4
    movl    %ebp, %ecx

place:
    cld
    leal    PARCEL_START_INFO(%ebx), %eax
    movl    $START_MAGIC, (%eax)
    movl    $1, 4(%eax)                     /* version */
    movl    $1, 12(%eax)                    /* modules */
    leal    PARCEL_MODULE(%ebx), %edx
    movl    %edx, 16(%eax)
    leal    PARCEL_BOOT_SECTOR(%ebx), %ebp
    movl    %ebp, (%edx)
    movl    $512, 8(%edx)
    leal    PARCEL_COMMAND(%ebx), %edx
    movl    %edx, 24(%eax)
    movl    %edi, 32(%eax)
    movl    %esi, 40(%eax)
    movl    %ecx, 48(%eax)

    leal    PARCEL_SEGMENTS(%ebx), %ebp
    movl    PARCEL_COUNT(%ebx), %edx
1:  movl    (%ebp), %esi
    addl    %ebx, %esi
    movl    4(%ebp), %edi
    movl    8(%ebp), %ecx
    shrl    $2, %ecx
    rep movsl
    movl    12(%ebp), %ecx
    subl    8(%ebp), %ecx
    shrl    $2, %ecx
    xorl    %eax, %eax
    rep stosl
    addl    $16, %ebp
    decl    %edx
    jnz     1b

    movl    PARCEL_START(%ebx), %eax
    addl    $PARCEL_START_INFO, %ebx
    jmp     *%eax

    .balign 8
gdt:
    .quad   0
    .quad   0x00cf9b000000ffff              /* CODE32 */
    .quad   0x00cf93000000ffff              /* DATA */
gdt_pointer:
    .word   23
    .quad   0
    .org    PARCEL_BOOT_SECTOR
