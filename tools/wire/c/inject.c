/*
 * Sends raw Ethernet frames from stdin, each behind its length (two bytes, big-endian), to one end; for tests of what a
 * guest does with bytes that no kernel would send.
 */
#define _GNU_SOURCE
#include "end.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* False: the kernel refuses the frame (a packet socket takes none shorter than an Ethernet header), so no guest can see it. */
static bool send_frame(int fd, const uint8_t *bytes, size_t length) {
    while (write(fd, bytes, length) < 0) {
        if (errno != EAGAIN && errno != ENOBUFS) return false;
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        poll(&ready, 1, 100);
    }
    return true;
}

int main(int argc, char **argv) {
    static uint8_t bytes[65536];
    if (argc != 2 || strcmp(argv[1], "--help") == 0) {
        fprintf(stderr, "usage: inject [tap:|packet:]INTERFACE[@NETNS] < frames\n");
        return 2;
    }
    int fd = end_open(argv[1]);
    unsigned long sent = 0, refused = 0;
    uint8_t header[2];
    while (fread(header, 1, 2, stdin) == 2) {
        size_t length = (size_t)header[0] << 8 | header[1];
        if (fread(bytes, 1, length, stdin) != length) errx(1, "the last frame is cut off");
        if (send_frame(fd, bytes, length))
            sent++;
        else
            refused++;
    }
    printf("sent %lu, refused %lu\n", sent, refused);
    return 0;
}
