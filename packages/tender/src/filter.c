#define _GNU_SOURCE
#include "filter.h"

#include <asm/prctl.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static bool allow(scmp_filter_ctx context, int call, unsigned count, const struct scmp_arg_cmp *conditions) {
    return seccomp_rule_add_array(context, SCMP_ACT_ALLOW, call, count, conditions) == 0;
}

static bool allow_if_first(scmp_filter_ctx context, int call, uint64_t value) {
    struct scmp_arg_cmp condition = SCMP_A0(SCMP_CMP_EQ, value);
    return allow(context, call, 1, &condition);
}

/* One whole block at an offset within the device; so a guest cannot grow the file either. */
static bool allow_block(scmp_filter_ctx context, int call, const struct manifest_entry *entry) {
    struct scmp_arg_cmp conditions[] = {
        SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)entry->b.descriptor),
        SCMP_A2(SCMP_CMP_EQ, entry->u.block.block_size),
        SCMP_A3(SCMP_CMP_LE, entry->u.block.capacity - entry->u.block.block_size),
    };
    return allow(context, call, 3, conditions);
}

static bool add_rules(scmp_filter_ctx context, const struct manifest *manifest, int epoll, int timer) {
    bool ok = allow_if_first(context, SCMP_SYS(write), STDOUT_FILENO) &&
              allow(context, SCMP_SYS(exit_group), 0, NULL) &&
              allow_if_first(context, SCMP_SYS(epoll_pwait), (uint64_t)epoll) &&
              allow_if_first(context, SCMP_SYS(timerfd_settime), (uint64_t)timer) &&
              allow_if_first(context, SCMP_SYS(clock_gettime), CLOCK_MONOTONIC) &&
              allow_if_first(context, SCMP_SYS(clock_gettime), CLOCK_REALTIME) &&
              allow_if_first(context, SCMP_SYS(arch_prctl), ARCH_SET_FS);
    for (unsigned i = 1; i < manifest->entries && ok; i++) {
        const struct manifest_entry *entry = &manifest->entry[i];
        if (entry->type == DEVICE_NET)
            ok = allow_if_first(context, SCMP_SYS(read), (uint64_t)entry->b.descriptor) &&
                 allow_if_first(context, SCMP_SYS(write), (uint64_t)entry->b.descriptor);
        else
            ok = allow_block(context, SCMP_SYS(pread64), entry) && allow_block(context, SCMP_SYS(pwrite64), entry);
    }
    /* The filter asks for these first: a busy server makes them for every frame. */
    seccomp_syscall_priority(context, SCMP_SYS(read), 255);
    seccomp_syscall_priority(context, SCMP_SYS(write), 254);
    seccomp_syscall_priority(context, SCMP_SYS(epoll_pwait), 253);
    return ok;
}

/*
 * libseccomp 2.5 can write its program to a descriptor only. Loading it with seccomp_load would leave memory to be
 * freed under the filter, which forbids that.
 */
static int export_program(scmp_filter_ctx context, struct filter *filter, struct failure *failure) {
    int descriptor = memfd_create("filter", MFD_CLOEXEC);
    if (descriptor < 0) return fail(failure, "no memory file for the system call filter: %s", strerror(errno));
    int result = seccomp_export_bpf(context, descriptor);
    ssize_t size = result != 0 ? -1 : pread(descriptor, filter->program, sizeof filter->program, 0);
    close(descriptor);
    if (size <= 0 || (size_t)size >= sizeof filter->program)
        return fail(failure, "cannot build the system call filter: %s", result != 0 ? strerror(-result) : "too long");
    filter->length = (unsigned short)((size_t)size / sizeof *filter->program);
    return 0;
}

int filter_build(const struct manifest *manifest, int epoll, int timer, struct filter *filter,
                 struct failure *failure) {
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_TRAP);
    if (context == NULL) return fail(failure, "no memory for the system call filter");
    int result;
    if (seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_TRAP) != 0 ||
        !add_rules(context, manifest, epoll, timer))
        result = fail(failure, "libseccomp refuses a rule of the system call filter");
    else
        result = export_program(context, filter, failure);
    seccomp_release(context);
    return result;
}

int filter_install(const struct filter *filter, struct failure *failure) {
    struct sock_fprog program = {.len = filter->length, .filter = (struct sock_filter *)(uintptr_t)filter->program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(failure, "cannot give up privileges: %s", strerror(errno));
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
        return fail(failure, "this kernel refuses the system call filter (%s): it needs CONFIG_SECCOMP_FILTER",
                    strerror(errno));
    return 0;
}
