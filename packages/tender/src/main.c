/* soloist-spt: loads an image, attaches its devices, gives up every right that it does not need, and becomes the guest.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "block.h"
#include "boot.h"
#include "fault.h"
#include "filter.h"
#include "launch.h"
#include "manifest.h"
#include "memory.h"
#include "net.h"
#include "options.h"
#include "text.h"
#include "vdso.h"

#define EXIT_IMAGE 1
#define EXIT_USAGE 2

/* Static: together larger than a stack page or two, and untouched pages cost nothing. */
static struct options options;
static struct elf_image image;
static struct filter filter;
static struct host_gifts gifts;

/* One line on stderr, whatever bytes the image's path has. */
static int report(const char *path, const struct failure *failure, int status) {
    char line[1024];
    int length = path == NULL ? snprintf(line, sizeof line, "soloist-spt: %s", failure->text)
                              : snprintf(line, sizeof line, "soloist-spt: %.400s: %s", path, failure->text);
    size_t size = length < 0 ? 0 : (size_t)length < sizeof line ? (size_t)length : sizeof line - 1;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f) line[i] = '?';
    fprintf(stderr, "%.*s\n", (int)size, line);
    return status;
}

/* A guest may write to descriptor 1: no device and no image may come to lie there. */
static int keep_standard_descriptors(struct failure *failure) {
    for (int i = 0; i <= STDERR_FILENO; i++)
        if (fcntl(i, F_GETFD) < 0 && open("/dev/null", O_RDWR) != i)
            return fail(failure, "descriptor %d is closed and /dev/null cannot take its place", i);
    return 0;
}

static int check_personality(struct failure *failure) {
    int now = personality(0xffffffff);
    if (now < 0 || (now & READ_IMPLIES_EXEC) != 0)
        return fail(failure, "this process runs with READ_IMPLIES_EXEC: all memory would be executable");
    return 0;
}

/* Returns the descriptor of the image, or -1. */
static int read_image(struct failure *failure) {
    struct stat status;
    int descriptor = open(options.image, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return fail(failure, "cannot open: %s", strerror(errno));
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return fail(failure, "not a file");
    if (elf_read(descriptor, (uint64_t)status.st_size, options.memory_size, &image, failure) != 0 ||
        manifest_check(&image.manifest, image.manifest_size, failure) != 0 ||
        manifest_match(&image.manifest, &options, failure) != 0)
        return -1;
    return descriptor;
}

static const struct device_option *option_for(const char *name, enum option_kind kind) {
    for (unsigned i = 0; i < options.devices; i++)
        if (options.device[i].kind == kind && strcmp(options.device[i].name, name) == 0) return &options.device[i];
    return NULL;
}

static int attach_net(int epoll, unsigned handle, struct failure *failure) {
    struct manifest_entry *entry = &image.manifest.entry[handle];
    const struct device_option *mac = option_for(entry->name, OPTION_NET_MAC);
    const struct device_option *offloads = option_for(entry->name, OPTION_NET_OFFLOADS);
    bool headers = image.has_host_note && (image.host.nets >> handle & 1) != 0 && (offloads == NULL || !offloads->off);
    if (net_attach(option_for(entry->name, OPTION_NET)->value, headers, entry, &gifts.net[handle], failure) != 0)
        return -1;
    if (mac != NULL) memcpy(entry->u.net.mac, mac->mac, sizeof mac->mac);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = handle};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, entry->b.descriptor, &event) != 0)
        return errno == EEXIST
                   ? fail(failure, "--net:%s: descriptor %d is attached already", entry->name, entry->b.descriptor)
                   : fail(failure, "--net:%s: cannot wait for descriptor %d (%s): not a TAP or a socket", entry->name,
                          entry->b.descriptor, strerror(errno));
    return 0;
}

static int attach_devices(int epoll, struct failure *failure) {
    for (unsigned i = 1; i < image.manifest.entries; i++) {
        struct manifest_entry *entry = &image.manifest.entry[i];
        if (entry->type == DEVICE_NET) {
            if (attach_net(epoll, i, failure) != 0) return -1;
        } else {
            const struct device_option *size = option_for(entry->name, OPTION_BLOCK_SECTOR_SIZE);
            if (block_attach(option_for(entry->name, OPTION_BLOCK)->value,
                             size == NULL ? BLOCK_SIZE_DEFAULT : size->sector_size, entry, failure) != 0)
                return -1;
        }
        entry->attached = 1;
    }
    return 0;
}

static int open_waiting(int *epoll, int *timer, struct failure *failure) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = SPT_TIMER_EVENT};
    *epoll = epoll_create1(EPOLL_CLOEXEC);
    *timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (*epoll < 0 || *timer < 0 || epoll_ctl(*epoll, EPOLL_CTL_ADD, *timer, &event) != 0)
        return fail(failure, "no timer to wait with: %s", strerror(errno));
    return 0;
}

LEAVES_THE_STACK static int run(struct failure *failure) {
    int epoll;
    int timer;
    int descriptor;
    if (keep_standard_descriptors(failure) != 0 || check_personality(failure) != 0 ||
        (descriptor = read_image(failure)) < 0 || open_waiting(&epoll, &timer, failure) != 0 ||
        attach_devices(epoll, failure) != 0 || memory_map(options.memory_size, failure) != 0 ||
        memory_load(descriptor, &image, failure) != 0)
        return -1;
    close(descriptor);
    const struct boot_info info = {
        .memory_size = options.memory_size, .image_end = image.end, .epoll = epoll, .timer = timer};
    if (boot_write(&info, &image.manifest, options.arguments, failure) != 0 ||
        filter_build(&image.manifest, epoll, timer, &filter, failure) != 0 || fault_install(&image, failure) != 0)
        return -1;
    gifts.clock_gettime = vdso_clock_gettime();
    if (image.has_host_note) memcpy((void *)(uintptr_t)image.host.address, &gifts, sizeof gifts);
#ifdef TENDER_CHECK_ONLY
    return 0;
#else
    if (filter_install(&filter, failure) != 0) return -1;
    launch(image.entry, options.memory_size - 8);
#endif
}

int main(int argc, char **argv) {
    (void)argc;
    struct failure failure = {""};
    if (options_parse(argv, &options, &failure) != 0) return report(NULL, &failure, EXIT_USAGE);
    switch (options.action) {
    case ACTION_HELP:
        fputs(options_help, stdout);
        return 0;
    case ACTION_VERSION:
        printf("soloist-spt %s (Solo5 spt ABI %u)\n", SOLOIST_VERSION, ABI_VERSION_SPT);
        return 0;
    default:
        return run(&failure) == 0 ? 0 : report(options.image, &failure, EXIT_IMAGE);
    }
}
