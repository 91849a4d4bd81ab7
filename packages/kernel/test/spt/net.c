/*
 * Runs on the host, with sanitizers: spt/net.c on a pair of sockets in place of a tap. Prints what is wrong, or SUCCESS.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "binding.h"
#include "net-header.h"
#include "spt.h"

#define SLOTS 33
#define HEADER 10

volatile struct spt_gifts spt_gifts;
static struct mft_entry device = {.name = "service", .type = MFT_NET_BASIC, .u.net = {{2, 0, 0, 0, 0, 1}, 1500}};
static int host;
static uint8_t frame[HEADER + NET_LARGE_FRAME + 1];

int spt_acquire(const char *name, uint32_t type) {
    return type == MFT_NET_BASIC && strcmp(name, "service") == 0 ? 1 : -1;
}
const struct mft_entry *spt_device(int handle) {
    (void)handle;
    return &device;
}

#define CHECK(condition)                                                                                               \
    if (!(condition)) printf("line %d: " #condition "\n", __LINE__), exit(1)

static struct net_info open_device(int headers, int offloads) {
    int ends[2], size = 1 << 20;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) != 0) abort();
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    host = ends[0];
    device.b.hostfd = ends[1];
    spt_gifts.net[1] = (uint8_t)headers;
    /* As large as they have to be, so that the sanitizer sees what goes beyond. */
    struct net_memory memory = {malloc(SLOTS * NET_SLOT_SIZE), SLOTS, malloc(SLOTS * NET_SLOT_SIZE), SLOTS, offloads};
    struct net_info info;
    CHECK(net_acquire("service", &memory, &info) == 1);
    return info;
}

static uint32_t dropped, flags, offset;

static void arrives(const uint8_t header[HEADER], uint32_t length) {
    memcpy(frame, header, HEADER);
    CHECK(write(host, frame, HEADER + length) == (ssize_t)(HEADER + length));
}

static void plain(int offloads) {
    struct net_info info = open_device(0, offloads);
    CHECK(info.offloads == 0 && info.mtu == 1500);
    CHECK(write(host, frame, 60) == 60);
    CHECK(net_read(1, &offset, &dropped, &flags) == 60 && offset == 0);
    CHECK(net_read(1, &offset, &dropped, &flags) == 0);
    CHECK(net_reserve(1, 1514) == 0 && net_reserve(1, 2049) == -1);
    CHECK(net_send(1, 0, 1514, 0) == 1 && net_send(1, 0, 1515, 0) == -1);
    CHECK(net_send(1, 0, 60, 34 | 16 << 8) == -1 && net_send(1, 10, 60, 0) == -1);
    CHECK(read(host, frame, sizeof frame) == 1514);
}

static void receives_with_headers(void) {
    const uint8_t bare[HEADER] = {0}, valid[HEADER] = {NET_HEADER_DATA_VALID};
    const uint8_t unfinished[HEADER] = {NET_HEADER_NEEDS_CHECKSUM, 0, 0, 0, 0, 0, 34, 0, 16, 0};
    const uint8_t joined[HEADER] = {NET_HEADER_NEEDS_CHECKSUM, NET_HEADER_TCP4, 54, 0, 0xb4, 5, 34, 0, 16, 0};
    const uint8_t udp[HEADER] = {0, 3},
                  congested[HEADER] = {NET_HEADER_NEEDS_CHECKSUM, 0x81, 54, 0, 0xb4, 5, 34, 0, 16};
    arrives(bare, 60);
    CHECK(net_read(1, &offset, &dropped, &flags) == 60 && offset == HEADER && flags == 0);
    arrives(valid, 60);
    CHECK(net_read(1, &offset, &dropped, &flags) == 60 && flags == NET_FRAME_CHECKED);
    arrives(joined, NET_LARGE_FRAME);
    CHECK(net_read(1, &offset, &dropped, &flags) == NET_LARGE_FRAME && flags == NET_FRAME_CHECKED);
    arrives(unfinished, 52);
    CHECK(dropped == 0);
    CHECK(net_read(1, &offset, &dropped, &flags) == 52 && dropped == 0);
    /* No room for the checksum, no whole header of Ethernet, no whole header, segments that nobody asked for. */
    arrives(unfinished, 51);
    arrives(bare, 13);
    CHECK(write(host, bare, HEADER - 1) == HEADER - 1);
    arrives(udp, 60);
    arrives(congested, 60);
    arrives(bare, 70);
    CHECK(net_read(1, &offset, &dropped, &flags) == 70 && dropped == 5 && flags == 0);
    CHECK(net_read(1, &offset, &dropped, &flags) == 0 && dropped == 5);
}

static void sends_with_headers(void) {
    CHECK(net_reserve(1, NET_LARGE_FRAME) == HEADER && net_reserve(1, NET_LARGE_FRAME + 1) == -1);
    CHECK(net_send(1, 0, 60, 0) == -1 && net_send(1, HEADER, 1515, 0) == -1);
    CHECK(net_send(1, HEADER, 60, 34 | 25 << 8) == -1);
    CHECK(net_send(1, HEADER, NET_LARGE_FRAME + 1, 34 | 16 << 8 | 1460 << 16) == -1);
    CHECK(net_send(1, HEADER, 1514, 0) == 1);
    CHECK(read(host, frame, sizeof frame) == HEADER + 1514 && frame[0] == 0 && frame[1] == 0);
    CHECK(net_send(1, HEADER, NET_LARGE_FRAME, 34 | 16 << 8 | 1460 << 16) == 1);
    CHECK(read(host, frame, sizeof frame) == HEADER + NET_LARGE_FRAME);
    CHECK(frame[0] == NET_HEADER_NEEDS_CHECKSUM && frame[1] == NET_HEADER_TCP4);
    CHECK(net_header_16(frame, NET_HEADER_SEGMENT) == 1460 && net_header_16(frame, NET_HEADER_CHECKSUM_START) == 34);
}

static void refuses_what_cannot_be_turned_off(void) {
    struct net_memory memory = {frame, SLOTS, frame, SLOTS, 0};
    struct net_info info;
    CHECK(net_acquire("service", &memory, &info) == -1);
    memory.offloads = 1, memory.tx_slots = SLOTS - 1;
    CHECK(net_acquire("service", &memory, &info) == -1);
}

int main(void) {
    plain(0);
    plain(1);
    struct net_info info = open_device(SPT_NET_HEADERS, 1);
    CHECK(info.offloads == 31);
    receives_with_headers();
    sends_with_headers();
    refuses_what_cannot_be_turned_off();
    puts("SUCCESS");
}
