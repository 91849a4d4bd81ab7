/* Each program here is the common part of a kernel: it defines `test` and, with TEST_DEVICES, the manifest. */
#ifndef SOLOIST_TEST_SUPPORT_H
#define SOLOIST_TEST_SUPPORT_H

#include "binding.h"
#include "boot-record.h"
#include "manifest.h"

/* What the image writer would fill in. */
#define TEST_DEVICES(...)                                                                                              \
    const volatile struct manifest test_manifest __asm__("boot_manifest") = {                                          \
        .version = 1,                                                                                                  \
        .entries = 1 + sizeof((struct manifest_entry[]){__VA_ARGS__}) / sizeof(struct manifest_entry),                 \
        .e = {{.type = 1u << 30}, __VA_ARGS__}}
#define TEST_NO_DEVICES                                                                                                \
    const volatile struct manifest test_manifest __asm__("boot_manifest") = {                                          \
        .version = 1, .entries = 1, .e = {{.type = 1u << 30}}}
#define NET(n)                                                                                                         \
    { .name = n, .type = MANIFEST_NET }
#define BLOCK(n)                                                                                                       \
    { .name = n, .type = MANIFEST_BLOCK }

/* Returns the exit code. */
int test(const struct boot_info *boot);

void say(const char *text);
void say_number(uint64_t number);
void say_hex(uint64_t number, int digits);
/* Prints what failed and ends with code 1 when not `holds`. */
void expect(int holds, const char *what);

void *memset(void *to, int byte, size_t length);
void *memcpy(void *to, const void *from, size_t length);
int memcmp(const void *a, const void *b, size_t length);

#endif
