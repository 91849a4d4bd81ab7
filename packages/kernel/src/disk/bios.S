/*
 * The BIOS's boot loader: asks for the memory map, reads the parcel into memory above the image's place by chunks, and enters it.
 * Messages go to the screen and to the first serial port.
 */
#include "bios.h"

#define CODE32 0x08
#define DATA   0x10

    .text
    .code16
    jmp     start
    .balign 8
/* Filled in by the toolchain. */
parcel_lba:     .quad 0
parcel_sectors: .long 0
parcel_address: .long 0
parcel_end:     .long 0

start:
    movb    %dl, drive
    movw    $0x2401, %ax                    /* address line 20 on */
    int     $0x15
    inb     $0x92, %al
    testb   $2, %al
    jnz     1f
    orb     $2, %al
    andb    $0xfe, %al
    outb    %al, $0x92
1:
    /* Memory map (ACPI 6.5, 15.1): entries of 20 bytes, which with 4 more are PVH's. */
    movw    $MEMORY_MAP, %di
    xorl    %ebx, %ebx
    xorl    %ebp, %ebp
2:  movl    $0xe820, %eax
    movl    $0x534d4150, %edx               /* SMAP */
    movl    $20, %ecx
    int     $0x15
    jc      4f
    cmpl    $0x534d4150, %eax
    jne     4f
    movl    $0, 20(%di)
    incl    %ebp
    cmpl    $1, 16(%di)
    jne     3f
    /* Whether the parcel fits into this piece of memory, the upper halves being zero. */
    cmpl    $0, 4(%di)
    jne     3f
    movl    (%di), %eax
    cmpl    parcel_address, %eax
    ja      3f
    movl    8(%di), %edx
    addl    %edx, %eax
    movl    12(%di), %edx
    adcl    $0, %edx
    jnz     fits
    cmpl    parcel_end, %eax
    jb      3f
fits:
    movb    $1, room
3:  addw    $24, %di
    testl   %ebx, %ebx
    jz      4f
    cmpl    $MAP_ENTRIES, %ebp
    jb      2b
4:  movl    %ebp, map_entries
    movw    $no_room, %si
    cmpb    $0, room
    je      failed

    movl    parcel_lba, %eax
    movl    %eax, packet_lba
next:
    movl    parcel_sectors, %ecx
    testl   %ecx, %ecx
    jz      enter
    cmpl    $CHUNK, %ecx
    jbe     1f
    movl    $CHUNK, %ecx
1:  movw    %cx, packet_count
    pushl   %ecx
    movb    $0x42, %ah
    movb    drive, %dl
    movw    $packet, %si
    int     $0x13
    popl    %ecx
    movw    $no_read, %si
    jc      failed
    addl    %ecx, packet_lba
    subl    %ecx, parcel_sectors

    /* Segment limits of protected mode stay after it: the copy reaches all memory. The BIOS may change them, so each time. */
    cli
    pushl   %ecx
    lgdtl   gdt_pointer
    movl    %cr0, %eax
    incw    %ax
    movl    %eax, %cr0
    movw    $DATA, %bx
    movw    %bx, %ds
    movw    %bx, %es
    decw    %ax
    movl    %eax, %cr0
    xorw    %bx, %bx
    movw    %bx, %ds
    movw    %bx, %es
    shll    $7, %ecx                        /* sectors to words of 4 bytes */
    movl    $BUFFER, %esi
    movl    where, %edi
    testl   %edi, %edi
    jnz     1f
    movl    parcel_address, %edi
1:  cld
    addr32 rep movsl
    movl    %edi, where
    popl    %ecx
    sti
    jmp     next

enter:
    cli
    lgdtl   gdt_pointer
    movl    %cr0, %eax
    orb     $1, %al
    movl    %eax, %cr0
    ljmpl   $CODE32, $start32

    .code32
start32:
    movl    $DATA, %eax
    movl    %eax, %ds
    movl    %eax, %es
    movl    %eax, %ss
    movl    %eax, %fs
    movl    %eax, %gs
    movl    parcel_address, %ebx
    movl    $MEMORY_MAP, %esi
    movl    map_entries, %ecx
    xorl    %edi, %edi                      /* ACPI's root pointer is where the kernel looks for it */
    jmp     *%ebx

    .code16
failed:
    lodsb
    testb   %al, %al
    jz      2f
    movb    $0x0e, %ah                      /* teletype */
    movw    $7, %bx
    int     $0x10
    movb    -1(%si), %al
    movb    $0x01, %ah                      /* serial port */
    xorw    %dx, %dx
    int     $0x14
    jmp     failed
2:  hlt
    jmp     2b

no_room:
    .asciz  "soloist: the machine has too little memory for this image\r\n"
no_read:
    .asciz  "soloist: the image cannot be read from this disk\r\n"

    .balign 8
gdt:
    .quad   0
    .quad   0x00cf9b000000ffff              /* CODE32 */
    .quad   0x00cf93000000ffff              /* DATA */
gdt_pointer:
    .word   23
    .long   gdt

packet:
    .byte   16, 0
packet_count:
    .word   0
    .word   0, BUFFER >> 4
packet_lba:
    .quad   0
where:       .long 0
map_entries: .long 0
drive:       .byte 0
room:        .byte 0

    .org    LOADER_SIZE
