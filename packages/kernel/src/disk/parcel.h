/*
 * The parcel: all that a boot loader of a disk has to bring into memory, anywhere below 4 GiB, in one piece. A head of two pages,
 * then the image's segments. packages/toolchain/src/package/disk/parcel.ts makes it; the code at its start (parcel.S) takes it apart.
 */
#ifndef SOLOIST_DISK_PARCEL_H
#define SOLOIST_DISK_PARCEL_H

#define PARCEL_ENTRY32 0x0       /* code for 32-bit protected mode */
#define PARCEL_ENTRY64 0x8       /* the same for long mode, with this memory mapped to itself */
#define PARCEL_BOOT_SECTOR 0x200 /* the disk's first sector, by which the kernel tells it from disks with data */
#define PARCEL_SIZE 0x400        /* bytes, of head and segments; a multiple of 512 */
#define PARCEL_IMAGE_END 0x404   /* first byte behind the image in memory: the parcel has to lie above */
#define PARCEL_START 0x408       /* the kernel's PVH entry */
#define PARCEL_COUNT 0x40c       /* of segments */
#define PARCEL_SEGMENTS 0x410 /* for each: offset in the parcel, address, bytes, bytes of memory; all multiples of 4 */
#define PARCEL_START_INFO 0xf80 /* room for struct hvm_start_info, and a module behind it */
#define PARCEL_MODULE 0xfc0     /* struct hvm_modlist_entry: the boot sector */
#define PARCEL_COMMAND 0x1000   /* command line, ends with a NUL */
#define PARCEL_HEAD 0x2000

#endif
