/*
 * What happens to the frames of one direction: a pure machine. The same options and the same frame number give the same
 * fate, whatever happened to other frames and whenever they came. Times are nanoseconds.
 */
#ifndef WIRE_IMPAIR_H
#define WIRE_IMPAIR_H

#include <stdbool.h>
#include <stdint.h>

struct impairment {
    uint64_t seed;
    double loss, duplicate, corrupt, reorder; /* probabilities, 0 to 1 */
    uint64_t delay, jitter;                   /* jitter: up to so much more, frame by frame */
    uint64_t rate;                            /* bits a second; 0: no limit */
    uint32_t queue;                           /* frames that may be on their way; more are dropped */
};

/* What a frame that `reorder` picks is held back by, so that the ones behind it overtake it, at least. */
#define REORDER_MIN UINT64_C(2000000)

struct fate {
    bool lost, duplicated, corrupted, reordered;
    uint32_t flip_bit; /* of a corrupted frame: which bit, modulo the frame's bits */
    uint64_t delay;
};

/* `direction` 0 or 1; `number` counts the frames of that direction from 0. */
struct fate impair(const struct impairment *options, int direction, uint64_t number);

/* Time that a frame of `length` bytes takes on a line of `rate`. */
uint64_t transmission_time(const struct impairment *options, uint32_t length);

#endif
