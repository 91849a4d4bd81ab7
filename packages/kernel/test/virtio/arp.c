/* Asks the gateway of QEMU's user network for its address, 600 times: both rings go round, each answer has to end a wait. */
#include <stdbool.h>

#include "layout.h"
#include "support.h"

TEST_DEVICES(NET("service"));

#define SLOTS 256
#define FRAME 42
#define ROUNDS 600
#define SECOND 1000000000ull

/* RFC 826; 10.0.2.15 asks for 10.0.2.2 */
static const uint8_t request[FRAME] = {0xff, 0xff, 0xff,      0xff, 0xff, 0xff, [12] = 0x08, 0x06, 0, 1, 0x08, 0, 6, 4,
                                       0,    1,    [28] = 10, 0,    2,    15,   [38] = 10,   0,    2, 2};

int test(const struct boot_info *boot) {
    (void)boot;
    uint8_t *memory = (uint8_t *)LINEAR_BASE + 0x20000;
    struct net_memory shared = {memory, SLOTS, memory + SLOTS * NET_SLOT_SIZE, SLOTS, 0};
    struct net_info info;
    int handle = net_acquire("service", &shared, &info);
    expect(handle >= 0, "the device is acquired");
    uint32_t dropped = 0, answers = 0;
    uint64_t start = clock_monotonic();
    for (int round = 0; round < ROUNDS; round++) {
        int32_t place = net_reserve(handle, FRAME);
        expect(place >= 0, "there is room for a frame");
        uint8_t *out = shared.tx + place;
        memcpy(out, request, FRAME);
        memcpy(out + 6, info.mac, 6);
        memcpy(out + 22, info.mac, 6);
        expect(net_send(handle, (uint32_t)place, FRAME, 0) == 1, "a frame is sent");
        uint64_t asked = clock_monotonic();
        for (bool answered = false; !answered;) {
            uint32_t offset, flags, length;
            while ((length = net_read(handle, &offset, &dropped, &flags)) != 0) {
                const uint8_t *frame = shared.rx + offset;
                bool reply = length >= FRAME && memcmp(frame + 12, request + 12, 9) == 0 && frame[21] == 2;
                answered =
                    answered || (reply && memcmp(frame + 28, request + 38, 4) == 0 && memcmp(frame, info.mac, 6) == 0);
            }
            if (!answered) yield_until(asked + 4 * SECOND);
            expect(clock_monotonic() - asked < 4 * SECOND, "the answer's interrupt ends the wait");
        }
        answers++;
    }
    say_number(answers);
    say(" answers, each took ");
    say_number((clock_monotonic() - start) / 1000 / ROUNDS);
    say(" us\n");
    expect(dropped == 0, "nothing is dropped");
    say("SUCCESS\n");
    return 0;
}
