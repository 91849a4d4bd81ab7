/* For C and assembly. */
#ifndef SOLOIST_VIRTIO_SIZES_H
#define SOLOIST_VIRTIO_SIZES_H

#define TRAP_STACK_SIZE 0x2000
/* kernel_fault runs the engine's code, which makes the JavaScript stack's text. */
#define FAULT_STACK_SIZE 0x20000
/* Which GiB of the address space holds paging.c's window. */
#define WINDOW_POINTER 256

#endif
