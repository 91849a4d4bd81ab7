/*
 * Where soloist-spt writes what it gives beyond Solo5 (packages/tender/README.md, "Gifts of the host"). Other tenders leave it
 * zero. The image writer fills in which network devices understand headers.
 */
    .section .note.soloist.host, "a", @note
    .balign 4
    .long 8
    .long 16
    .long 0x54534f48
    .asciz "Soloist"
    .quad spt_gifts
    .quad 0
