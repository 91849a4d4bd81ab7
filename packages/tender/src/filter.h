/* The seccomp filter: which system calls a guest may make, with which arguments. */
#ifndef TENDER_FILTER_H
#define TENDER_FILTER_H

#include <linux/filter.h>

#include "abi.h"
#include "failure.h"

struct filter {
    unsigned short length; /* instructions */
    struct sock_filter program[BPF_MAXINSNS];
};

/* Builds the filter for the attached devices and the two descriptors. 0, or -1 and *failure. */
int filter_build(const struct manifest *manifest, int epoll, int timer, struct filter *filter, struct failure *failure);

/*
 * Puts the filter in force, for good. Afterwards this process may make the guest's system calls only; any other raises
 * SIGSYS. 0, or -1 and *failure.
 */
int filter_install(const struct filter *filter, struct failure *failure);

#endif
