#include "impair.h"

/* SplitMix64 (Steele, Lea, Flood 2014): a good hash of a counter, which is what a fate by frame number needs. */
static uint64_t next(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static double unit(uint64_t *state) {
    return (double)(next(state) >> 11) * 0x1.0p-53;
}

struct fate impair(const struct impairment *options, int direction, uint64_t number) {
    uint64_t state = options->seed;
    state = next(&state) ^ (number * 2 + (uint64_t)direction);
    (void)next(&state);

    struct fate fate;
    fate.lost = unit(&state) < options->loss;
    fate.duplicated = unit(&state) < options->duplicate;
    fate.corrupted = unit(&state) < options->corrupt;
    fate.reordered = unit(&state) < options->reorder;
    fate.flip_bit = (uint32_t)next(&state);
    fate.delay = options->delay + (uint64_t)(unit(&state) * (double)options->jitter);
    if (fate.reordered) fate.delay += options->delay > REORDER_MIN ? options->delay : REORDER_MIN;
    return fate;
}

uint64_t transmission_time(const struct impairment *options, uint32_t length) {
    if (options->rate == 0) return 0;
    return (uint64_t)length * 8 * UINT64_C(1000000000) / options->rate;
}
