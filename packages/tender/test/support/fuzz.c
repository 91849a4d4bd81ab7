/*
 * Feeds broken images and command lines to the tender's own code, under AddressSanitizer and
 * UndefinedBehaviorSanitizer.
 *
 *     fuzz SEED MILLISECONDS IMAGE…
 *
 * Each round breaks a copy of one of the images in a few places and takes it all the way to a filled guest memory, or
 * to a line that says why not. Prints how often what happened; ends with 1 and the round's number when a line is empty
 * or not one.
 */
#define _GNU_SOURCE
#include "boot.h"
#include "elf.h"
#include "manifest.h"
#include "memory.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SIZE_MAX_IMAGE 65536u
#define GUEST_MEMORY (4ull << 20)

static uint64_t state;

/* Marsaglia's xorshift64. */
static uint64_t random64(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint32_t below(uint32_t limit) {
    return (uint32_t)(random64() >> 32) % limit;
}

static uint64_t interesting(void) {
    static const uint64_t values[] = {0,
                                      1,
                                      7,
                                      8,
                                      12,
                                      64,
                                      0xfff,
                                      0x1000,
                                      0x1001,
                                      0xffff,
                                      0x10000,
                                      0xff000,
                                      0x100000,
                                      0x101000,
                                      0x3ff000,
                                      0x400000,
                                      0x7fffffff,
                                      0x80000000,
                                      0xfffffff0,
                                      0xffffffff,
                                      0x7fffffffffffffff,
                                      0xfffffffffffff000,
                                      0xffffffffffffffff};
    return below(4) == 0 ? random64() : values[below(sizeof values / sizeof *values)] + below(3) - 1;
}

static void put(uint8_t *data, uint32_t size, uint32_t at, uint64_t value, unsigned width) {
    if (at + width <= size) memcpy(data + at, &value, width);
}

/* Where the structures are that the tender reads: the header, program headers, and behind the text the notes. */
static uint32_t somewhere(uint32_t size) {
    switch (below(4)) {
    case 0:
        return below(64);
    case 1:
        return 64 + below(8 * 56);
    case 2:
        return 0x1000 + below(0x1800);
    default:
        return below(size);
    }
}

static uint32_t mutate(uint8_t *data, uint32_t size) {
    for (uint32_t left = 1 + below(5); left > 0; left--) {
        uint32_t header = 64 + 56 * below(8);
        static const uint8_t fields[] = {8, 16, 32, 40, 48};
        switch (below(8)) {
        case 0:
            put(data, size, somewhere(size), random64(), 1);
            break;
        case 1:
            put(data, size, somewhere(size) & ~7u, interesting(), 8);
            break;
        case 2:
            put(data, size, somewhere(size) & ~3u, interesting(), 4);
            break;
        case 3:
        case 4:
            put(data, size, header + fields[below(sizeof fields)], interesting(), 8);
            break;
        case 5:
            put(data, size, header + 4 * below(2), below(8), 4);
            break;
        case 6:
            if (size > 64 + 16 * 56) memmove(data + header, data + 64 + 56 * below(8), 56);
            break;
        default:
            if (below(4) == 0) size = 1 + below(size);
        }
    }
    return size;
}

static int take(int descriptor, uint32_t size, const struct options *options, struct failure *failure) {
    static struct elf_image image;
    static char word[] = "a";
    static char *arguments[] = {word, word, NULL};
    struct boot_info info = {.memory_size = GUEST_MEMORY};
    if (elf_read(descriptor, size, GUEST_MEMORY, &image, failure) != 0 ||
        manifest_check(&image.manifest, image.manifest_size, failure) != 0 ||
        manifest_match(&image.manifest, options, failure) != 0 || memory_map(GUEST_MEMORY, failure) != 0)
        return -1;
    int result = memory_load(descriptor, &image, failure);
    if (result == 0 && image.has_host_note) memset((void *)(uintptr_t)image.host.address, 1, sizeof(struct host_gifts));
    if (result == 0) result = boot_write(&info, &image.manifest, arguments, failure);
    for (unsigned i = 0; i < image.segments && result == 0; i++) {
        const struct elf_segment *segment = &image.segment[i];
        if ((segment->protection & PROT_READ) == 0 || segment->end == segment->start) continue;
        *(volatile uint8_t *)(uintptr_t)segment->start;
        *(volatile uint8_t *)(uintptr_t)(segment->end - 1);
    }
    memory_unmap(GUEST_MEMORY);
    return result;
}

static int parse_something(struct options *options, struct failure *failure) {
    static const char *const pieces[] = {"--mem=",
                                         "--net:",
                                         "--block:",
                                         "--net-mac:",
                                         "--block-sector-size:",
                                         "service",
                                         "data",
                                         "=",
                                         "512",
                                         "65536",
                                         "02:00:00:00:00:01",
                                         "tap0",
                                         "@3",
                                         "--",
                                         "--help",
                                         "-",
                                         "999999999999999999999",
                                         ":",
                                         "\xff",
                                         "a.spt",
                                         "",
                                         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    static char words[8][400];
    static char *argv[10];
    uint32_t count = below(8);
    argv[0] = words[0];
    for (uint32_t i = 0; i < count; i++) {
        words[i][0] = 0;
        for (uint32_t left = below(7); left > 0; left--)
            strcat(words[i], pieces[below(sizeof pieces / sizeof *pieces)]);
        argv[i + 1] = words[i];
    }
    argv[count + 1] = NULL;
    return options_parse(argv, options, failure);
}

static void check_line(const struct failure *failure, unsigned long round) {
    if (failure->text[0] != 0 && strchr(failure->text, '\n') == NULL) return;
    fprintf(stderr, "round %lu: not one line: %s\n", round, failure->text);
    exit(1);
}

static uint64_t milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

int main(int argc, char **argv) {
    static uint8_t base[8][SIZE_MAX_IMAGE];
    static uint8_t data[SIZE_MAX_IMAGE];
    static struct options options;
    uint32_t sizes[8] = {0};
    int bases = argc - 3 < 8 ? argc - 3 : 8;
    if (bases < 1) return 2;
    state = strtoull(argv[1], NULL, 10) * 2 + 1;
    uint64_t end = milliseconds() + strtoull(argv[2], NULL, 10);
    for (int i = 0; i < bases; i++) {
        FILE *file = fopen(argv[3 + i], "rb");
        if (file == NULL) return 2;
        sizes[i] = (uint32_t)fread(base[i], 1, SIZE_MAX_IMAGE, file);
        fclose(file);
    }

    unsigned long taken = 0;
    unsigned long refused = 0;
    unsigned long usage = 0;
    int descriptor = memfd_create("image", 0);
    for (unsigned long round = 0; milliseconds() < end; round++) {
        struct failure failure = {""};
        int chosen = (int)below((uint32_t)bases);
        memcpy(data, base[chosen], sizes[chosen]);
        uint32_t size = mutate(data, sizes[chosen]);
        if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, data, size, 0) != (ssize_t)size) return 2;
        memset(&options, 0, sizeof options);
        if (below(4) == 0 && parse_something(&options, &failure) != 0) {
            usage++;
            check_line(&failure, round);
            options.devices = 0;
        }
        failure.text[0] = 0;
        if (take(descriptor, size, &options, &failure) == 0) {
            taken++;
            continue;
        }
        refused++;
        check_line(&failure, round);
    }
    printf("%lu images taken, %lu refused, %lu command lines refused\n", taken, refused, usage);
    return 0;
}
