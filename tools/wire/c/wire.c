/*
 * A bad cable: relays Ethernet frames between two interfaces and loses, delays, reorders, duplicates, corrupts and
 * rate-limits them, by a seed. SIGINT or SIGTERM ends it; it then prints its counters.
 */
#define _GNU_SOURCE
#include "end.h"
#include "impair.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX 65536
/* Frames read from one end before the other has its turn. */
#define BURST 64

struct frame {
    uint64_t due;
    uint64_t order; /* frames that are due together keep their order */
    uint32_t length;
    uint8_t bytes[];
};

struct direction {
    int from, to;
    const char *name;
    struct frame **heap;
    uint32_t waiting;
    uint64_t line_free; /* when the rate-limited line can take the next frame */
    uint64_t received, sent, lost, duplicated, corrupted, reordered, overflowed, refused;
};

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static bool earlier(const struct frame *a, const struct frame *b) {
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void heap_push(struct direction *d, struct frame *frame) {
    uint32_t i = d->waiting++;
    while (i > 0 && earlier(frame, d->heap[(i - 1) / 2])) {
        d->heap[i] = d->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    d->heap[i] = frame;
}

static struct frame *heap_pop(struct direction *d) {
    struct frame *first = d->heap[0], *last = d->heap[--d->waiting];
    uint32_t i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= d->waiting) break;
        if (child + 1 < d->waiting && earlier(d->heap[child + 1], d->heap[child])) child++;
        if (!earlier(d->heap[child], last)) break;
        d->heap[i] = d->heap[child];
        i = child;
    }
    d->heap[i] = last;
    return first;
}

static void enqueue(struct direction *d, const struct impairment *options, const uint8_t *bytes, uint32_t length,
                    uint64_t due) {
    static uint64_t order;
    if (d->waiting == options->queue) {
        d->overflowed++;
        return;
    }
    struct frame *frame = malloc(sizeof *frame + length);
    if (!frame) err(1, "malloc");
    frame->due = due;
    frame->order = order++;
    frame->length = length;
    memcpy(frame->bytes, bytes, length);
    heap_push(d, frame);
}

static void take(struct direction *d, int number, const struct impairment *options, uint8_t *bytes, uint32_t length,
                 uint64_t time) {
    struct fate fate = impair(options, number, d->received++);
    if (fate.lost) {
        d->lost++;
        return;
    }
    if (fate.corrupted) {
        uint32_t bit = fate.flip_bit % (length * 8);
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        d->corrupted++;
    }
    d->reordered += fate.reordered;
    uint64_t start = d->line_free > time ? d->line_free : time;
    d->line_free = start + transmission_time(options, length);
    enqueue(d, options, bytes, length, d->line_free + fate.delay);
    if (fate.duplicated) {
        d->duplicated++;
        enqueue(d, options, bytes, length, d->line_free + fate.delay);
    }
}

static void receive(struct direction *d, int number, const struct impairment *options) {
    static uint8_t bytes[FRAME_MAX];
    for (int i = 0; i < BURST; i++) {
        ssize_t length = read(d->from, bytes, sizeof bytes);
        if (length <= 0) {
            if (length < 0 && errno != EAGAIN && errno != ENETDOWN && errno != EINTR && errno != EIO)
                err(1, "read %s", d->name);
            return;
        }
        take(d, number, options, bytes, (uint32_t)length, now());
    }
}

static void deliver(struct direction *d, uint64_t time) {
    while (d->waiting > 0 && d->heap[0]->due <= time) {
        struct frame *frame = heap_pop(d);
        /* A full device or one that is down drops the frame, as a cable without a listener does. */
        if (write(d->to, frame->bytes, frame->length) == (ssize_t)frame->length)
            d->sent++;
        else
            d->refused++;
        free(frame);
    }
}

static void report(const struct direction *d) {
    printf("%s: received %llu, sent %llu, lost %llu, duplicated %llu, corrupted %llu, reordered %llu, overflowed %llu, "
           "refused %llu, "
           "waiting %u\n",
           d->name, (unsigned long long)d->received, (unsigned long long)d->sent, (unsigned long long)d->lost,
           (unsigned long long)d->duplicated, (unsigned long long)d->corrupted, (unsigned long long)d->reordered,
           (unsigned long long)d->overflowed, (unsigned long long)d->refused, d->waiting);
}

static void relay(const struct impairment *options, const char *a, const char *b) {
    struct direction ways[2] = {{.name = "a->b"}, {.name = "b->a"}};
    ways[0].from = ways[1].to = end_open(a);
    ways[0].to = ways[1].from = end_open(b);
    for (int i = 0; i < 2; i++) {
        ways[i].heap = calloc(options->queue, sizeof *ways[i].heap);
        if (!ways[i].heap) err(1, "calloc");
    }

    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    int signals = signalfd(-1, &ends, SFD_CLOEXEC);
    if (signals < 0) err(1, "signalfd");

    printf("wire: ready\n");
    fflush(stdout);
    for (;;) {
        uint64_t first = UINT64_MAX, time = now();
        for (int i = 0; i < 2; i++)
            if (ways[i].waiting > 0 && ways[i].heap[0]->due < first) first = ways[i].heap[0]->due;
        uint64_t wait = first <= time ? 0 : first - time;
        struct timespec timeout = {.tv_sec = (time_t)(wait / 1000000000), .tv_nsec = (long)(wait % 1000000000)};
        struct pollfd fds[3] = {{.fd = ways[0].from, .events = POLLIN},
                                {.fd = ways[1].from, .events = POLLIN},
                                {.fd = signals, .events = POLLIN}};
        if (ppoll(fds, 3, first == UINT64_MAX ? NULL : &timeout, NULL) < 0 && errno != EINTR) err(1, "poll");
        if (fds[2].revents) break;
        for (int i = 0; i < 2; i++)
            if (fds[i].revents) receive(&ways[i], i, options);
        for (int i = 0; i < 2; i++) deliver(&ways[i], now());
    }
    report(&ways[0]);
    report(&ways[1]);
}

/* Decisions alone, without any device: what a test or a reader compares. */
static void plan(const struct impairment *options, uint64_t frames) {
    for (uint64_t i = 0; i < frames; i++) {
        struct fate fate = impair(options, 0, i);
        printf("%llu%s%s%s%s delay=%.3fms\n", (unsigned long long)i, fate.lost ? " lost" : "",
               fate.duplicated ? " duplicated" : "", fate.corrupted ? " corrupted" : "",
               fate.reordered ? " reordered" : "", (double)fate.delay / 1e6);
    }
}

static _Noreturn void usage(int status) {
    fprintf(status ? stderr : stdout,
            "usage: wire [options] END END\n"
            "  END              [tap:|packet:]INTERFACE[@NETNS]\n"
            "  --seed N         the same seed gives the same fates, frame by frame (default 1)\n"
            "  --loss P%%        share of frames lost\n"
            "  --duplicate P%%   sent twice\n"
            "  --corrupt P%%     one bit flipped\n"
            "  --reorder P%%     held back so that later ones overtake\n"
            "  --delay T        every frame, such as 10ms or 500us\n"
            "  --jitter T       up to so much more\n"
            "  --rate R         bits a second, such as 10mbit or 64kbit\n"
            "  --queue N        frames on their way, more are dropped (default 1024)\n"
            "  --plan N         print the fates of N frames and open nothing\n");
    exit(status);
}

static double number_with(const char *text, const char **unit) {
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || errno || !(value >= 0 && value <= 1e15)) errx(2, "%s: expected a number", text);
    *unit = end;
    return value;
}

static double parse_share(const char *text) {
    const char *unit;
    double value = number_with(text, &unit);
    if (strcmp(unit, "%") != 0 || value > 100) errx(2, "%s: expected a share, such as 5%%", text);
    return value / 100;
}

static uint64_t parse_time(const char *text) {
    const char *unit;
    double value = number_with(text, &unit);
    if (strcmp(unit, "us") == 0) return (uint64_t)(value * 1e3);
    if (strcmp(unit, "ms") == 0) return (uint64_t)(value * 1e6);
    if (strcmp(unit, "s") == 0) return (uint64_t)(value * 1e9);
    errx(2, "%s: expected a time, such as 10ms", text);
}

static uint64_t parse_rate(const char *text) {
    const char *unit;
    double value = number_with(text, &unit);
    if (strcmp(unit, "kbit") == 0) return (uint64_t)(value * 1e3);
    if (strcmp(unit, "mbit") == 0) return (uint64_t)(value * 1e6);
    if (strcmp(unit, "gbit") == 0) return (uint64_t)(value * 1e9);
    errx(2, "%s: expected a rate, such as 10mbit", text);
}

static uint64_t parse_count(const char *text, uint64_t max) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (end == text || *end || errno || *text == '-' || value > max)
        errx(2, "%s: expected a whole number up to %llu", text, (unsigned long long)max);
    return value;
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"seed", 1, 0, 's'},    {"loss", 1, 0, 'l'},    {"duplicate", 1, 0, 'd'},
                                            {"corrupt", 1, 0, 'c'}, {"reorder", 1, 0, 'r'}, {"delay", 1, 0, 't'},
                                            {"jitter", 1, 0, 'j'},  {"rate", 1, 0, 'b'},    {"queue", 1, 0, 'q'},
                                            {"plan", 1, 0, 'p'},    {"help", 0, 0, 'h'},    {0}};
    struct impairment impairment = {.seed = 1, .queue = 1024};
    uint64_t planned = 0;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
            impairment.seed = parse_count(optarg, UINT64_MAX);
            break;
        case 'l':
            impairment.loss = parse_share(optarg);
            break;
        case 'd':
            impairment.duplicate = parse_share(optarg);
            break;
        case 'c':
            impairment.corrupt = parse_share(optarg);
            break;
        case 'r':
            impairment.reorder = parse_share(optarg);
            break;
        case 't':
            impairment.delay = parse_time(optarg);
            break;
        case 'j':
            impairment.jitter = parse_time(optarg);
            break;
        case 'b':
            impairment.rate = parse_rate(optarg);
            break;
        case 'q':
            impairment.queue = (uint32_t)parse_count(optarg, 1 << 20);
            break;
        case 'p':
            planned = parse_count(optarg, 1 << 24);
            break;
        case 'h':
            usage(0);
        default:
            usage(2);
        }
    }
    if (impairment.queue == 0) errx(2, "--queue: expected at least 1");
    if (planned > 0) {
        plan(&impairment, planned);
        return 0;
    }
    if (argc - optind != 2) usage(2);
    relay(&impairment, argv[optind], argv[optind + 1]);
    return 0;
}
