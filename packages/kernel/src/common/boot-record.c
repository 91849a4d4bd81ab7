/* Filled in by the image writer; volatile, so that the compiler does not believe the zeros. */
#include "boot-record.h"

const volatile struct boot_record boot_record __attribute__((section(".rodata.boot_record"), aligned(64))) = {0};
const volatile uint8_t boot_manifest[BOOT_MANIFEST_SIZE]
    __attribute__((section(".rodata.boot_manifest"), aligned(64))) = {0};
