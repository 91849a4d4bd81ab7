/*
 * Runs on the host: spt/time.c on a host that is played, with its own time, timer and device. Prints what is wrong, or SUCCESS.
 */
#include <stdio.h>
#include <stdlib.h>

#include "binding.h"
#include "spt.h"

#define MICROSECOND 1000ull
#define MILLISECOND 1000000ull
#define NEVER UINT64_MAX
#define CHECK(condition)                                                                                               \
    if (!(condition)) printf("line %d: " #condition "\n", __LINE__), exit(1)

static uint64_t now = 5000 * MILLISECOND, timer, frame_at = NEVER;
/* An interruption of the next look, and what comes so long after a wait has begun. */
static uint64_t interruption, answer_after = NEVER;
static unsigned waits, looks, settings;

static int read_clock(int64_t clock, void *time) {
    (void)clock;
    now += 25;
    ((int64_t *)time)[0] = (int64_t)(now / 1000000000);
    ((int64_t *)time)[1] = (int64_t)(now % 1000000000);
    return 0;
}

volatile struct spt_gifts spt_gifts = {.clock_gettime = read_clock};
static const struct spt_boot_info info = {.epollfd = 3, .timerfd = 4};
const struct spt_boot_info *spt_info = &info;

int64_t syscall3(int64_t number, int64_t a, int64_t b, int64_t c) {
    (void)number, (void)a, (void)b, (void)c;
    abort();
}

int64_t syscall4(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d) {
    const int64_t *value = (const int64_t *)c;
    if (number != SYS_TIMERFD_SETTIME || a != 4 || b != 1 || d != 0) abort();
    now += 300;
    settings++;
    timer = (uint64_t)value[2] * 1000000000 + (uint64_t)value[3];
    return 0;
}

static int64_t ready(void) {
    return frame_at <= now || (timer != 0 && timer <= now);
}

int64_t syscall6(int64_t number, int64_t a, int64_t b, int64_t c, int64_t timeout, int64_t e, int64_t f) {
    (void)b, (void)e, (void)f;
    if (number != SYS_EPOLL_PWAIT || a != 3 || c != 1) abort();
    now += 300;
    if (timeout == 0) {
        looks++;
        now += interruption;
        interruption = 0;
        return ready();
    }
    waits++;
    if (ready()) return 1;
    uint64_t from_wait = answer_after == NEVER ? NEVER : now + answer_after;
    if (from_wait < frame_at) frame_at = from_wait;
    uint64_t end = timer != 0 && timer < frame_at ? timer : frame_at;
    CHECK(end != NEVER);
    now = end + 20 * MICROSECOND;
    return 1;
}

static void reset(void) {
    frame_at = answer_after = NEVER;
    waits = looks = settings = 0;
}

/* A machine that does nothing but what a timer asks for. */
static void idles(void) {
    reset();
    uint64_t start = now;
    for (int n = 0; n < 10000; n++) {
        uint64_t deadline = clock_monotonic() + MILLISECOND;
        while (clock_monotonic() < deadline) yield_until(deadline);
    }
    CHECK(now - start < 10000 * (MILLISECOND + 50 * MICROSECOND));
    CHECK(looks * 325 < (now - start) / 100);
    CHECK(waits >= 9900 && waits <= 10100);
}

/* A peer that answers 30 us after we have sent: nobody sleeps. */
static void answered_soon(void) {
    reset();
    for (int n = 0; n < 10000; n++) {
        frame_at = now + 30 * MICROSECOND;
        yield_until(UINT64_MAX);
        CHECK(frame_at <= now);
    }
    /* It may take a while until it looks again. */
    CHECK(waits <= 4200 && settings <= 1);
    waits = 0;
    for (int n = 0; n < 10000; n++) {
        frame_at = now + 30 * MICROSECOND;
        yield_until(UINT64_MAX);
    }
    CHECK(waits == 0);
}

/* A peer that can only go on when we sleep. */
static void shares_the_processor(void) {
    reset();
    answer_after = 10 * MICROSECOND;
    uint64_t looked = 0;
    for (int n = 0; n < 100000; n++) {
        frame_at = NEVER;
        unsigned before = looks;
        yield_until(UINT64_MAX);
        looked += looks > before;
    }
    CHECK(waits == 100000 && looked < 50);
}

/* The same, where it takes the processor from us: each look finds something, after a while. */
static void is_interrupted(void) {
    reset();
    for (int n = 0; n < 10000; n++) frame_at = now + 10 * MICROSECOND, yield_until(UINT64_MAX);
    unsigned looked = 0;
    for (int n = 0; n < 20000; n++) {
        unsigned before = looks;
        interruption = 200 * MICROSECOND;
        frame_at = now + 100 * MICROSECOND;
        yield_until(UINT64_MAX);
        looked += looks > before;
    }
    interruption = 0;
    CHECK(looked < 50);
}

/* As a connection's: each packet moves the deadline away. */
static void leaves_the_timer_alone(void) {
    reset();
    for (int n = 0; n < 10000; n++) {
        uint64_t deadline = clock_monotonic() + 40 * MILLISECOND;
        frame_at = now + 100 * MICROSECOND;
        while (frame_at > now) yield_until(deadline);
    }
    CHECK(settings < 200 && waits < 10200);
    /* And no deadline is missed for it. */
    frame_at = NEVER;
    for (int n = 0; n < 1000; n++) {
        uint64_t delay = (n * 7919ull % 60 + 1) * MILLISECOND, deadline = clock_monotonic() + delay;
        while (clock_monotonic() < deadline) yield_until(deadline);
        CHECK(clock_monotonic() - deadline < 60 * MICROSECOND);
    }
    CHECK(waits < 13000);
}

static void returns_at_once(void) {
    reset();
    uint64_t before = now;
    yield_until(0);
    yield_until(clock_monotonic());
    CHECK(waits == 0 && looks == 0 && now - before < 100);
}

int main(void) {
    clock_monotonic();
    returns_at_once();
    idles();
    answered_soon();
    shares_the_processor();
    is_interrupted();
    leaves_the_timer_alone();
    puts("SUCCESS");
}
