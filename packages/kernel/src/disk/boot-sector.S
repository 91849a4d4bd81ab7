/* What a BIOS starts: loads the rest of the loader and goes there. Drive number in %dl. Room for 440 bytes. */
#include "bios.h"

    .text
    .code16
    ljmp    $0, $1f
1:  cli
    xorw    %ax, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    movw    $STACK_TOP, %sp
    sti
    cld
    movb    $0x42, %ah                      /* extended read */
    movw    $packet, %si
    int     $0x13
    jc      failed
    ljmp    $0, $LOADER

failed:
    movw    $message, %si
2:  lodsb
    testb   %al, %al
    jz      3f
    movb    $0x0e, %ah                      /* teletype */
    movw    $7, %bx
    int     $0x10
    jmp     2b
3:  hlt
    jmp     3b

message:
    .asciz  "soloist: the boot loader cannot be read from this disk\r\n"

    .balign 4
packet:
    .byte   16, 0
    .word   LOADER_SIZE / SECTOR
    .word   LOADER, 0
    .quad   LOADER_LBA

    .org    440
