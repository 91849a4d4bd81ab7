#define _GNU_SOURCE
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_MTU 1500
/* RFC 791: every network forwards packets of 68 bytes. */
#define MTU_MIN 68

static int random_mac(uint8_t mac[6], struct failure *failure) {
    if (getrandom(mac, 6, 0) != 6) return fail(failure, "no random MAC address: %s", strerror(errno));
    mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02); /* IEEE 802: individual, locally administered */
    return 0;
}

static void name_request(struct ifreq *request, const char *name) {
    memset(request, 0, sizeof *request);
    memcpy(request->ifr_name, name, strlen(name));
}

/* Any socket answers questions about interfaces; this family is always there. */
static int question_socket(void) {
    return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int mtu_of(int questions, const char *name) {
    struct ifreq request;
    name_request(&request, name);
    return ioctl(questions, SIOCGIFMTU, &request) == 0 ? request.ifr_mtu : -1;
}

/* Asking first: attaching to a name that does not exist would make an interface of that name. */
static int check_interface(int questions, const char *name, const char *device, struct failure *failure) {
    struct ifreq request;
    name_request(&request, name);
    if (ioctl(questions, SIOCGIFFLAGS, &request) != 0)
        return errno == ENODEV
                   ? fail(failure, "--net:%s: no interface '%s': make one with `ip tuntap add %s mode tap`", device,
                          name, name)
                   : fail(failure, "--net:%s: cannot look at interface '%s': %s", device, name, strerror(errno));
    if ((request.ifr_flags & IFF_UP) == 0)
        return fail(failure, "--net:%s: interface '%s' is down: `ip link set %s up`", device, name, name);
    return 0;
}

/*
 * Frames of 64 KiB, cut and joined by the host's stack or left whole between two guests. An earlier user of the interface may have
 * left another size of header.
 */
static int set_headers(int descriptor, const char *device, struct failure *failure) {
    int size = sizeof(struct virtio_net_hdr);
    if (ioctl(descriptor, TUNSETVNETHDRSZ, &size) != 0 ||
        ioctl(descriptor, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) != 0)
        return fail(failure, "--net:%s: this kernel's TAP interfaces have no offloads (%s): --net-offloads:%s=off",
                    device, strerror(errno), device);
    return 0;
}

static int open_tap(const char *name, const char *device, bool headers, struct failure *failure) {
    struct ifreq request;
    int descriptor = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0 && (errno == EACCES || errno == EPERM))
        return fail(failure, "--net:%s: no permission to open /dev/net/tun: run as a user who may", device);
    if (descriptor < 0)
        return fail(failure, "--net:%s: cannot open /dev/net/tun (%s): does the kernel have the tun module?", device,
                    strerror(errno));
    name_request(&request, name);
    request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | (headers ? IFF_VNET_HDR : 0));
    if (ioctl(descriptor, TUNSETIFF, &request) != 0) {
        int error = errno;
        close(descriptor);
        if (error == EPERM)
            return fail(failure,
                        "--net:%s: no permission to attach to '%s': run as root, or give it to you with `ip tuntap add "
                        "%s mode tap user $USER`",
                        device, name, name);
        if (error == EBUSY) return fail(failure, "--net:%s: interface '%s' is in use by another process", device, name);
        if (error == EINVAL)
            return fail(failure, "--net:%s: interface '%s' is not a TAP interface with one queue", device, name);
        return fail(failure, "--net:%s: cannot attach to '%s': %s", device, name, strerror(error));
    }
    /* Offloads that an earlier user left on would bring frames longer than the MTU, which a guest would see cut off. */
    if (!headers) {
        ioctl(descriptor, TUNSETOFFLOAD, 0);
    } else if (set_headers(descriptor, device, failure) != 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

static int attach_interface(const char *name, bool headers, struct manifest_entry *entry, uint8_t *gift,
                            struct failure *failure) {
    const char *device = entry->name;
    if (strlen(name) >= IFNAMSIZ)
        return fail(failure, "--net:%s: '%s' is too long for an interface's name", device, name);
    int questions = question_socket();
    if (questions < 0) return fail(failure, "--net:%s: no socket to look at interfaces: %s", device, strerror(errno));
    int result = check_interface(questions, name, device, failure);
    int mtu = mtu_of(questions, name);
    close(questions);
    if (result != 0) return -1;
    int descriptor = open_tap(name, device, headers, failure);
    if (descriptor < 0) return -1;
    if (mtu < MTU_MIN || mtu > UINT16_MAX)
        return fail(failure, "--net:%s: interface '%s' has an MTU of %d", device, name, mtu);
    entry->b.descriptor = descriptor;
    entry->u.net.mtu = (uint16_t)mtu;
    *gift = headers ? HOST_NET_HEADERS : 0;
    return 0;
}

static int attach_descriptor(const char *text, bool headers, struct manifest_entry *entry, uint8_t *gift,
                             struct failure *failure) {
    const char *device = entry->name;
    char *rest = NULL;
    long number = *text >= '0' && *text <= '9' ? strtol(text, &rest, 10) : -1;
    if (rest == NULL || *rest != 0 || number < 3 || number > 1 << 20)
        return fail(failure, "--net:%s=@%s: expected the number of an open descriptor, from 3 on", device, text);
    int descriptor = (int)number;
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0)
        return fail(failure, "--net:%s=@%s: no such descriptor is open", device, text);

    int mtu = DEFAULT_MTU;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    if (ioctl(descriptor, TUNGETIFF, &request) == 0) {
        bool has_headers = (request.ifr_flags & IFF_VNET_HDR) != 0;
        if ((request.ifr_flags & IFF_TAP) == 0 || (request.ifr_flags & IFF_NO_PI) == 0)
            return fail(failure, "--net:%s=@%s: not attached with IFF_TAP | IFF_NO_PI", device, text);
        if (has_headers && !headers)
            return fail(failure, "--net:%s=@%s: attached with IFF_VNET_HDR, which is not for this image", device, text);
        if (has_headers && set_headers(descriptor, device, failure) != 0) return -1;
        *gift = has_headers ? HOST_NET_HEADERS : 0;
        int questions = question_socket();
        /* The interface may be in another network namespace than this process: no answer then. */
        int found = questions < 0 ? -1 : mtu_of(questions, request.ifr_name);
        if (questions >= 0) close(questions);
        if (found >= MTU_MIN && found <= UINT16_MAX) mtu = found;
    }
    entry->b.descriptor = descriptor;
    entry->u.net.mtu = (uint16_t)mtu;
    return 0;
}

int net_attach(const char *target, bool headers, struct manifest_entry *entry, uint8_t *gift, struct failure *failure) {
    *gift = 0;
    int result = *target == '@' ? attach_descriptor(target + 1, headers, entry, gift, failure)
                                : attach_interface(target, headers, entry, gift, failure);
    if (result == 0) result = random_mac(entry->u.net.mac, failure);
    return result;
}
