/* Where the BIOS's boot loader is in memory and on the disk; packages/toolchain/src/package/disk/raw-disk.ts puts it there. */
#ifndef SOLOIST_DISK_BIOS_H
#define SOLOIST_DISK_BIOS_H

#define MEMORY_MAP 0x4000 /* entries of 24 bytes */
#define MAP_ENTRIES 256
#define STACK_TOP 0x7c00
#define LOADER 0x8000
#define LOADER_LBA 34 /* behind the partition table */
#define LOADER_SIZE 2048
/* One read: 32 KiB, which no DMA boundary divides. */
#define BUFFER 0x10000
#define CHUNK 64
#define SECTOR 512

#endif
