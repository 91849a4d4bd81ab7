/*
 * The tender's filter leaves no vDSO to look up, but soloist-spt says where its clock_gettime is; otherwise each reading is a
 * system call. The kernel's clocks count from the host's boot, ours from the image's.
 */
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

void yield_until(uint64_t deadline) {
    if (deadline == 0) return;
    struct {
        uint32_t events;
        uint32_t data[2];
    } __attribute__((packed)) ready[1];
    if (deadline != UINT64_MAX) {
        uint64_t time = clock_monotonic();
        if (deadline <= time) return;
        uint64_t at = deadline + origin;
        const int64_t timer[4] = {0, 0, (int64_t)(at / 1000000000u), (int64_t)(at % 1000000000u)};
        /* TFD_TIMER_ABSTIME */
        syscall4(SYS_TIMERFD_SETTIME, spt_info->timerfd, 1, (int64_t)(uintptr_t)timer, 0);
    } else {
        const int64_t timer[4] = {0};
        syscall4(SYS_TIMERFD_SETTIME, spt_info->timerfd, 1, (int64_t)(uintptr_t)timer, 0);
    }
    syscall6(SYS_EPOLL_PWAIT, spt_info->epollfd, (int64_t)(uintptr_t)ready, 1, -1, 0, 8);
}
