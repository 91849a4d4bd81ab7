#define _GNU_SOURCE
#include "end.h"

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

static void enter_namespace(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "/var/run/netns/%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) err(1, "network namespace %s", name);
    if (setns(fd, CLONE_NEWNET) < 0) err(1, "setns %s", name);
    close(fd);
}

static int open_tap(const char *name) {
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) err(1, "/dev/net/tun");
    struct ifreq request = {0};
    snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (ioctl(fd, TUNSETIFF, &request) < 0) err(1, "tap %s", name);
    return fd;
}

static int open_packet(const char *name) {
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
    if (fd < 0) err(1, "packet socket");
    struct ifreq request = {0};
    snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
    if (ioctl(fd, SIOCGIFINDEX, &request) < 0) err(1, "interface %s", name);
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = request.ifr_ifindex};
    /* Before bind: no copy of our own frames may slip in between. */
    int one = 1;
    if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) < 0) err(1, "PACKET_IGNORE_OUTGOING");
    int bytes = 4 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) err(1, "bind to %s", name);
    struct packet_mreq promiscuous = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
    if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) < 0)
        err(1, "promiscuous %s", name);
    return fd;
}

int end_open(const char *spec) {
    int packet = strncmp(spec, "packet:", 7) == 0;
    if (packet)
        spec += 7;
    else if (strncmp(spec, "tap:", 4) == 0)
        spec += 4;

    char name[IFNAMSIZ];
    const char *at = strchr(spec, '@');
    size_t length = at ? (size_t)(at - spec) : strlen(spec);
    if (length == 0 || length >= sizeof name) errx(1, "%s: not an interface name", spec);
    memcpy(name, spec, length);
    name[length] = '\0';

    int home = -1;
    if (at) {
        home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        if (home < 0) err(1, "/proc/self/ns/net");
        enter_namespace(at + 1);
    }
    int fd = packet ? open_packet(name) : open_tap(name);
    if (home >= 0) {
        if (setns(home, CLONE_NEWNET) < 0) err(1, "setns back");
        close(home);
    }
    return fd;
}
