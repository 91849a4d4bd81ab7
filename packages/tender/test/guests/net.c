/*
 * One network device, `service`. Answers ARP requests for 10.77.0.2 and ICMP echo requests to it, sends every frame
 * with EtherType 0x88b5 (IEEE 802: local experiments) back with its addresses exchanged, and ends after one that holds
 * "quit".
 */
#include "guest.h"

ABI_NOTE
MANIFEST(1, {.name = "service", .type = DEVICE_NET})

static uint8_t frame[16384];
static const uint8_t address[4] = {10, 77, 0, 2};
static uint8_t mac[6];

static void copy(uint8_t *into, const uint8_t *from, size_t length) {
    for (size_t i = 0; i < length; i++) into[i] = from[i];
}

static int same(const uint8_t *a, const void *b, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (a[i] != ((const uint8_t *)b)[i]) return 0;
    return 1;
}

static void say_mac(void) {
    for (unsigned i = 0; i < 6; i++) {
        char text[4] = {"0123456789abcdef"[mac[i] >> 4], "0123456789abcdef"[mac[i] & 15], i < 5 ? ':' : ' ', 0};
        say(text);
    }
}

/* Length of the answer in `frame`, 0: none. */
static long answer(long length) {
    static uint8_t asking[4];
    if (length < 14) return 0;
    copy(frame, frame + 6, 6);
    copy(frame + 6, mac, 6);
    if (same(frame + 12, "\x88\xb5", 2)) return length;
    if (same(frame + 12, "\x08\x06", 2) && length >= 42 && frame[21] == 1 && same(frame + 38, address, 4)) {
        frame[21] = 2;
        copy(frame + 32, frame + 22, 10);
        copy(frame + 22, mac, 6);
        copy(frame + 28, address, 4);
        return 42;
    }
    if (same(frame + 12, "\x08\x00\x45", 3) && length >= 42 && frame[23] == 1 && frame[34] == 8 &&
        same(frame + 30, address, 4)) {
        copy(asking, frame + 26, 4);
        copy(frame + 26, address, 4);
        copy(frame + 30, asking, 4);
        frame[34] = 0;
        /* RFC 1624: the type's change from 8 to 0 adds 0x0800 to the checksum. */
        uint32_t sum = (uint32_t)(frame[36] << 8 | frame[37]) + 0x0800;
        sum = (sum & 0xffff) + (sum >> 16);
        frame[36] = (uint8_t)(sum >> 8);
        frame[37] = (uint8_t)sum;
        return length;
    }
    return 0;
}

int guest_main(const struct boot_info *boot, const char *command) {
    const struct manifest_entry *service = &((const struct manifest *)boot->manifest)->entry[1];
    uint64_t quit_at = now(1) + 20000000000;
    copy(mac, service->u.net.mac, 6);
    say_mac();
    say_number(service->u.net.mtu);
    say("\n");
    if (equal(command, "info")) return 0;
    while (now(1) < quit_at) {
        struct ready ready[2];
        long length = call(SYS_read, service->b.descriptor, (long)frame, sizeof frame, 0);
        if (length == -11) { /* EAGAIN */
            if (wait_until(boot, quit_at, ready, 2) < 1 || ready[0].data != 1) return 10;
            continue;
        }
        if (length <= 0) return 11;
        int quit = length >= 18 && same(frame + 14, "quit", 4);
        length = answer(length);
        if (length > 0 && call(SYS_write, service->b.descriptor, (long)frame, length, 0) != length) return 12;
        if (quit) return 0;
    }
    return 13;
}
