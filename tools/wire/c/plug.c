/*
 * A peer's own network card: frames from stdin go to one end, frames that come from it go to stdout, each behind its length (two
 * bytes, big-endian); for tests that play a peer packet by packet. Ends with stdin.
 */
#define _GNU_SOURCE
#include "end.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void write_all(int fd, const uint8_t *bytes, size_t length) {
    while (length > 0) {
        ssize_t count = write(fd, bytes, length);
        if (count < 0 && errno != EINTR) err(1, "stdout");
        if (count > 0) {
            bytes += count;
            length -= (size_t)count;
        }
    }
}

/* Frames that are whole in `bytes` are sent; returns how many bytes of a frame that is not are left, moved to the front. */
static size_t send_frames(int fd, uint8_t *bytes, size_t length) {
    size_t at = 0;
    while (length - at >= 2) {
        size_t frame = (size_t)bytes[at] << 8 | bytes[at + 1];
        if (length - at < 2 + frame) break;
        /* What the kernel refuses, no peer could send. */
        while (write(fd, bytes + at + 2, frame) < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
            struct pollfd ready = {.fd = fd, .events = POLLOUT};
            poll(&ready, 1, 100);
        }
        at += 2 + frame;
    }
    memmove(bytes, bytes + at, length - at);
    return length - at;
}

int main(int argc, char **argv) {
    static uint8_t in[1 << 18], out[65538];
    if (argc != 2 || strcmp(argv[1], "--help") == 0) {
        fprintf(stderr, "usage: plug [tap:|packet:]INTERFACE[@NETNS] < frames > frames\n");
        return 2;
    }
    int fd = end_open(argv[1]);
    size_t held = 0;
    /* An empty frame says that the end is open. */
    write_all(STDOUT_FILENO, (const uint8_t[]){0, 0}, 2);
    for (;;) {
        struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR) err(1, "poll");
        if (fds[0].revents) {
            ssize_t count = read(STDIN_FILENO, in + held, sizeof in - held);
            if (count <= 0) return 0;
            held = send_frames(fd, in, held + (size_t)count);
        }
        if (fds[1].revents) {
            ssize_t length = read(fd, out + 2, sizeof out - 2);
            if (length <= 0) continue;
            out[0] = (uint8_t)(length >> 8);
            out[1] = (uint8_t)length;
            write_all(STDOUT_FILENO, out, (size_t)length + 2);
        }
    }
}
