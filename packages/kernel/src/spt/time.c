/*
 * The tender's filter leaves no vDSO to look up, but soloist-spt says where its clock_gettime is; otherwise each reading is a
 * system call. The kernel's clocks count from the host's boot, ours from the image's.
 */
#include <stdbool.h>

#include "binding.h"
#include "spt.h"

enum { REALTIME, MONOTONIC };

static uint64_t origin;

static uint64_t now(int64_t clock) {
    struct {
        int64_t seconds, nanoseconds;
    } time;
    if (spt_gifts.clock_gettime == NULL || spt_gifts.clock_gettime(clock, &time) != 0)
        syscall3(SYS_CLOCK_GETTIME, clock, (int64_t)(uintptr_t)&time, 0);
    return (uint64_t)time.seconds * 1000000000u + (uint64_t)time.nanoseconds;
}

uint64_t clock_wall(void) {
    return now(REALTIME);
}

uint64_t clock_monotonic(void) {
    uint64_t time = now(MONOTONIC);
    if (origin == 0) origin = time - 1;
    return time - origin;
}

/* Whether a device is ready before `timeout` (0, or -1: for ever) or the timer has fired. */
static int64_t wait(int64_t timeout) {
    struct {
        uint32_t events;
        uint32_t data[2];
    } __attribute__((packed)) ready[1];
    return syscall6(SYS_EPOLL_PWAIT, spt_info->epollfd, (int64_t)(uintptr_t)ready, 1, timeout, 0, 8);
}

/* When the timer fires, and makes each wait end until it is set again; 0: never. */
static uint64_t armed;

static void set_timer(uint64_t deadline) {
    uint64_t at = deadline == UINT64_MAX ? 0 : deadline + origin;
    const int64_t timer[4] = {0, 0, (int64_t)(at / 1000000000u), (int64_t)(at % 1000000000u)};
    /* TFD_TIMER_ABSTIME */
    syscall4(SYS_TIMERFD_SETTIME, spt_info->timerfd, 1, (int64_t)(uintptr_t)timer, 0);
    armed = deadline == UINT64_MAX ? 0 : deadline;
}

/*
 * Before a wait, devices are looked at for a while: whoever sleeps is woken by an interrupt from another processor, which takes 5 to
 * 50 us in a virtual machine. When nothing came, the next looks are left out, twice as many each time: being idle costs nothing, nor
 * does a peer that cannot go on before we sleep. A look that took much longer than it may was interrupted: somebody else needs
 * this processor, perhaps the very peer.
 */
#define LOOK_TIME 50000u
#define LEFT_OUT_CONTENDED 256u
#define LEFT_OUT_MAX 4096u

static uint32_t left_out, leave_out = 1;

/* Whether there is something to do. */
static bool look(uint64_t start, uint64_t deadline) {
    if (left_out > 0) {
        left_out--;
        return false;
    }
    uint64_t time = start, end = start + LOOK_TIME < deadline ? start + LOOK_TIME : deadline;
    bool ready = false;
    while (!ready && time < end) {
        ready = wait(0) > 0;
        time = clock_monotonic();
    }
    if (ready && time <= end && (armed == 0 || time < armed)) {
        leave_out = 1;
    } else {
        if (time > end + LOOK_TIME && leave_out < LEFT_OUT_CONTENDED) leave_out = LEFT_OUT_CONTENDED;
        left_out = leave_out;
        if (leave_out < LEFT_OUT_MAX) leave_out *= 2;
    }
    return ready || time >= deadline;
}

void yield_until(uint64_t deadline) {
    if (deadline == 0) return;
    uint64_t time = clock_monotonic();
    if (deadline <= time) return;
    if (armed != 0 && armed <= time) set_timer(deadline);
    if (look(time, deadline)) return;
    /*
     * Deadlines mostly move away with each packet: a timer that fires too early is left alone, and wakes for nothing once, where
     * setting it each time is a system call a wait.
     */
    if (armed == 0 ? deadline != UINT64_MAX : armed > deadline) set_timer(deadline);
    wait(-1);
}
