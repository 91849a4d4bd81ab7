/*
 * Sends every frame back with its addresses swapped, by the device that it came from. A payload that begins with "quit" ends the
 * program; "stop" makes it deaf for 300 ms first (more frames than the ring holds come then); "talk" sends 600 frames; "full"
 * fills the transmit ring, gives up, must then be able to sleep, and says "done".
 */
#include "layout.h"
#include "support.h"

TEST_DEVICES(NET("service"), BLOCK("unused0"), NET("second"));

#define SLOTS 256
#define HEADER 14

static int handles[2];
static struct net_memory shared[2];
static uint32_t dropped, received, refused;

static void print_info(const char *name, const struct net_info *info) {
    say(name);
    for (int i = 0; i < 6; i++) {
        say(i ? ":" : " ");
        say_hex(info->mac[i], 2);
    }
    say(" mtu ");
    say_number(info->mtu);
    say("\n");
}

static void send_to(int n, const uint8_t *frame, uint32_t length) {
    int32_t place = net_reserve(handles[n], HEADER + 1500);
    if (place < 0) { /* the device may give one back at any moment: asking again proves nothing */
        refused++;
        return;
    }
    expect(place == net_reserve(handles[n], HEADER + 1500), "reserving again gives the same place");
    uint8_t *out = shared[n].tx + place;
    memcpy(out, frame, length);
    memcpy(out, frame + 6, 6);
    memcpy(out + 6, frame, 6);
    expect(net_send(handles[n], (uint32_t)place, length, 0) == 1, "a frame of good length is sent");
}

static void talk(int n, const uint8_t *frame) {
    uint8_t out[1000];
    memcpy(out, frame, HEADER);
    for (unsigned i = 0; i < 600;) {
        memset(out + HEADER, (int)i, sizeof out - HEADER);
        memcpy(out + HEADER, &i, 4);
        uint32_t before = refused;
        send_to(n, out, sizeof out);
        if (refused == before)
            i++;
        else
            yield_until(clock_monotonic() + 1000000000);
    }
}

/* Whoever finds no place and does not ask again must still be able to wait. */
static void fill_and_wait(int n, const uint8_t *frame) {
    uint32_t before = refused;
    for (int i = 0; i < 100000 && refused == before; i++) send_to(n, frame, 60);
    expect(refused > before, "the ring is full some time");
    uint64_t start = clock_monotonic(), deadline = start + 200000000;
    int rounds = 0;
    for (; clock_monotonic() < deadline; rounds++) yield_until(deadline);
    expect(rounds < 20, "waiting with a ring that was full is not a busy loop");
    uint8_t done[60];
    memcpy(done, frame, HEADER);
    memcpy(done + HEADER, "done", 4);
    send_to(n, done, sizeof done);
}

int test(const struct boot_info *boot) {
    static const char *const names[2] = {"service", "second"};
    (void)boot;
    expect(net_acquire("unknown", &shared[0], &(struct net_info){.mtu = 0}) == -1,
           "a name that the manifest lacks is refused");
    for (int n = 0; n < 2; n++) {
        uint8_t *memory = (uint8_t *)LINEAR_BASE + 0x20000 + n * 0x200000;
        struct net_info info;
        shared[n] = (struct net_memory){memory, SLOTS, memory + SLOTS * NET_SLOT_SIZE, SLOTS, 0};
        handles[n] = net_acquire(names[n], &shared[n], &info);
        expect(handles[n] >= 0, "the device is acquired");
        expect(net_acquire(names[n], &shared[n], &info) == -1, "once");
        print_info(names[n], &info);
    }
    say("ready\n");
    for (uint64_t end = clock_monotonic() + 20000000000; clock_monotonic() < end; yield_until(end)) {
        for (int n = 0; n < 2; n++) {
            uint32_t offset, length, flags;
            while ((length = net_read(handles[n], &offset, &dropped, &flags)) != 0) {
                const uint8_t *frame = shared[n].rx + offset;
                received++;
                send_to(n, frame, length);
                if (memcmp(frame + HEADER, "talk", 4) == 0) talk(n, frame);
                if (memcmp(frame + HEADER, "full", 4) == 0) fill_and_wait(n, frame);
                if (memcmp(frame + HEADER, "stop", 4) == 0) {
                    uint64_t until = clock_monotonic() + 300000000;
                    while (clock_monotonic() < until) continue;
                }
                if (memcmp(frame + HEADER, "quit", 4) != 0) continue;
                yield_until(0);
                say("received ");
                say_number(received);
                say(" dropped ");
                say_number(dropped);
                say("\nSUCCESS\n");
                return 0;
            }
        }
    }
    say("nobody said quit\n");
    return 1;
}
