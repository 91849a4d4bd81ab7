/*
 * soloist-spt hands a fault to the image that carries this note (packages/tender/README.md, "Crash entry"), which knows
 * where JavaScript was. Other tenders ignore it: then a fault ends the process.
 */
#define CRASH_STACK_SIZE 65536

    .section .note.soloist.crash, "a", @note
    .balign 4
    .long 8
    .long 16
    .long 0x48534352
    .asciz "Soloist"
    .quad crash_entry
    .quad crash_stack_end

    .section .bss.crash_stack, "aw", @nobits
    .balign 16
    .skip CRASH_STACK_SIZE
crash_stack_end:
