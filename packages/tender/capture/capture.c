/*
 * soloist-capture: writes what passes over a network interface to a pcap file, until SIGTERM or SIGINT.
 *
 * An spt guest reads and writes its TAP interface itself, with the tender out of the way: so frames are taken by a packet
 * socket on the interface, which needs CAP_NET_RAW. Says "capturing" on stdout once no frame can be missed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Frames may be as long as an IP packet where several segments are handed over at once, by the host's stack or by the guest. */
#define FRAME_MAX 65549u
#define HEADER sizeof(struct virtio_net_hdr)
/* What a busy guest sends while this process does not run. Only CAP_NET_ADMIN may ask for more than the system's limit. */
#define BUFFER_SIZE (16 << 20)

static volatile sig_atomic_t ending;

static void on_signal(int number) {
    (void)number;
    ending = 1;
}

static int fail(const char *what) {
    fprintf(stderr, "soloist-capture: %s: %s\n", what, strerror(errno));
    return 1;
}

static int open_socket(const char *interface) {
    int on = 1;
    int size = BUFFER_SIZE;
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    address.sll_ifindex = (int)if_nametoindex(interface);
    if (address.sll_ifindex == 0) return -1;
    /* Without a protocol nothing arrives before it is bound to the one interface. */
    int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 ||
        setsockopt(descriptor, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0 ||
        bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0)
        return -1;
    return descriptor;
}

/* draft-ietf-opsawg-pcap, section 4: nanoseconds, link type 1 (Ethernet), in this machine's order of bytes. */
static void write_header(FILE *file) {
    const struct {
        uint32_t magic;
        uint16_t major, minor;
        uint32_t reserved[2], snap_length, link_type;
    } header = {0xa1b23c4d, 2, 4, {0, 0}, FRAME_MAX, 1};
    fwrite(&header, sizeof header, 1, file);
}

static void write_frame(FILE *file, const struct timespec *time, const void *frame, uint32_t captured,
                        uint32_t length) {
    const uint32_t header[] = {(uint32_t)time->tv_sec, (uint32_t)time->tv_nsec, captured, length};
    fwrite(header, sizeof header, 1, file);
    fwrite(frame, captured, 1, file);
}

/* Fills in a checksum that was left to the device: RFC 1071, over a field that holds the sum of the pseudo-header. */
static void complete(const struct virtio_net_hdr *header, uint8_t *frame, uint32_t length) {
    uint32_t start = header->csum_start, at = start + header->csum_offset;
    uint64_t sum = 0;
    if ((header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0 || at + 2 > length) return;
    for (uint32_t i = start; i < length; i++) sum += (uint64_t)frame[i] << ((i - start) % 2 == 0 ? 8 : 0);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    /* UDP's 0 would mean that there is none. */
    sum = sum == 0xffff ? 0xffff : ~sum & 0xffff;
    frame[at] = (uint8_t)(sum >> 8);
    frame[at + 1] = (uint8_t)sum;
}

/* Whether there was a frame. */
static int take_frame(int descriptor, FILE *file) {
    static uint8_t frame[FRAME_MAX];
    struct virtio_net_hdr header;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
    struct iovec vectors[] = {{&header, HEADER}, {frame, sizeof frame}};
    struct msghdr message = {
        .msg_iov = vectors, .msg_iovlen = 2, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(descriptor, &message, MSG_TRUNC);
    if (length < 0) return 0;
    length -= (ssize_t)HEADER;
    struct timespec time = {0, 0};
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part != NULL; part = CMSG_NXTHDR(&message, part))
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS)
            memcpy(&time, CMSG_DATA(part), sizeof time);
    uint32_t captured = length > (ssize_t)sizeof frame ? (uint32_t)sizeof frame : (uint32_t)length;
    complete(&header, frame, captured);
    write_frame(file, &time, frame, captured, (uint32_t)length);
    return 1;
}

static void report_losses(int descriptor) {
    struct tpacket_stats statistics;
    socklen_t size = sizeof statistics;
    if (getsockopt(descriptor, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0 && statistics.tp_drops > 0)
        fprintf(stderr, "soloist-capture: %u frames were lost: they came faster than they could be written\n",
                statistics.tp_drops);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fputs("usage: soloist-capture INTERFACE FILE\n", stderr);
        return 2;
    }
    sigset_t blocked, waiting;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, &waiting);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);

    int descriptor = open_socket(argv[1]);
    if (descriptor < 0) return fail(argv[1]);
    FILE *file = fopen(argv[2], "wbe");
    if (file == NULL) return fail(argv[2]);
    write_header(file);
    if (fflush(file) != 0) return fail(argv[2]);
    puts("capturing");
    fflush(stdout);

    struct pollfd poller = {.fd = descriptor, .events = POLLIN};
    for (;;) {
        while (take_frame(descriptor, file)) continue;
        /* Whoever looks at the file while nothing happens finds whole frames. */
        if (fflush(file) != 0) return fail(argv[2]);
        if (ending) break;
        if (ppoll(&poller, 1, NULL, &waiting) < 0 && errno != EINTR) return fail(argv[1]);
        if ((poller.revents & POLLERR) != 0) {
            errno = ENETDOWN;
            return fail(argv[1]);
        }
    }
    report_losses(descriptor);
    return fclose(file) == 0 ? 0 : fail(argv[2]);
}
