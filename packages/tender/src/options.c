#include "options.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Guest addresses stay below 64 GB, far below where Linux loads this program. */
#define MEMORY_MAX_MB 65536u
#define SECTOR_SIZE_MIN 512u
/* The greatest power of two that fits into the manifest's 16 bits. */
#define SECTOR_SIZE_MAX 32768u

const char options_help[] =
    "usage: soloist-spt [OPTIONS] [--] IMAGE [ARGUMENTS…]\n"
    "\n"
    "Runs IMAGE, a unikernel built for Solo5's spt target, as a process that may make nine system calls.\n"
    "\n"
    "  --mem=MB                     memory of the guest (512; pages that it does not touch cost nothing)\n"
    "  --net:NAME=IFACE             attach the TAP interface IFACE as network device NAME\n"
    "  --net:NAME=@FD               the same for an open descriptor: TAP, or datagram or packet socket\n"
    "  --net-mac:NAME=MAC           its MAC address (default: a random, locally administered one)\n"
    "  --net-offloads:NAME=off      finished frames of at most the MTU, also where image and TAP could do more (on)\n"
    "  --block:NAME=PATH            attach the file or disk PATH as block device NAME\n"
    "  --block-sector-size:NAME=N   its block size: a power of two from 512 to 32768 (512)\n"
    "  --help, --version\n"
    "\n"
    "Every device that the image declares has to be attached. The exit code is the image's; 1: the image cannot run,\n"
    "2: wrong usage, 128 + N: signal N (139: the guest touched memory that it may not, 159: a system call refused).\n";

static const char *const flags[] = {
    [OPTION_NET] = "--net:",
    [OPTION_NET_MAC] = "--net-mac:",
    [OPTION_NET_OFFLOADS] = "--net-offloads:",
    [OPTION_BLOCK] = "--block:",
    [OPTION_BLOCK_SECTOR_SIZE] = "--block-sector-size:",
};

const char *option_flag(enum option_kind kind) {
    return flags[kind];
}

/* Decimal digits alone, up to `limit`. */
static bool parse_number(const char *text, uint64_t limit, uint64_t *value) {
    uint64_t result = 0;
    if (*text == 0) return false;
    for (; *text != 0; text++) {
        if (*text < '0' || *text > '9') return false;
        result = result * 10 + (uint64_t)(*text - '0');
        if (result > limit) return false;
    }
    *value = result;
    return true;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_mac(const char *text, uint8_t mac[6]) {
    for (unsigned i = 0; i < 6; i++) {
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0 || text[2] != (i < 5 ? ':' : 0)) return false;
        mac[i] = (uint8_t)(high << 4 | low);
        text += 3;
    }
    return true;
}

static int parse_memory(const char *text, struct options *options, struct failure *failure) {
    uint64_t megabytes = 0;
    if (!parse_number(text, MEMORY_MAX_MB, &megabytes) || megabytes == 0)
        return fail(failure, "--mem=%s: expected a whole number of megabytes from 1 to %u", text, MEMORY_MAX_MB);
    options->memory_size = megabytes << 20;
    return 0;
}

static int parse_value(const char *argument, struct device_option *option, struct failure *failure) {
    uint64_t size = 0;
    switch (option->kind) {
    case OPTION_NET:
        if (*option->value == 0) return fail(failure, "%s: expected an interface or @descriptor after '='", argument);
        break;
    case OPTION_BLOCK:
        if (*option->value == 0) return fail(failure, "%s: expected a path after '='", argument);
        break;
    case OPTION_NET_MAC:
        if (!parse_mac(option->value, option->mac))
            return fail(failure, "%s: expected a MAC address like 02:00:00:12:34:56", argument);
        if ((option->mac[0] & 1) != 0 || memcmp(option->mac, "\0\0\0\0\0\0", 6) == 0)
            return fail(failure, "%s: not the address of a single device", argument);
        break;
    case OPTION_NET_OFFLOADS:
        option->off = strcmp(option->value, "off") == 0;
        if (!option->off && strcmp(option->value, "on") != 0)
            return fail(failure, "%s: expected on or off after '='", argument);
        break;
    case OPTION_BLOCK_SECTOR_SIZE:
        if (!parse_number(option->value, SECTOR_SIZE_MAX, &size) || size < SECTOR_SIZE_MIN || (size & (size - 1)) != 0)
            return fail(failure, "%s: expected a power of two from %u to %u", argument, SECTOR_SIZE_MIN,
                        SECTOR_SIZE_MAX);
        option->sector_size = (uint16_t)size;
        break;
    }
    return 0;
}

static int parse_device(const char *argument, enum option_kind kind, struct options *options, struct failure *failure) {
    if (options->devices == DEVICE_OPTIONS_MAX)
        return fail(failure, "too many device options: at most %u", DEVICE_OPTIONS_MAX);
    struct device_option *option = &options->device[options->devices++];
    const char *name = argument + strlen(flags[kind]);
    size_t length = 0;
    while (isalnum((unsigned char)name[length])) length++;
    if (length == 0 || name[length] != '=')
        return fail(failure, "%s: expected %sNAME=…, NAME of letters and digits", argument, flags[kind]);
    if (length >= MANIFEST_NAME_SIZE)
        return fail(failure, "%s: a name has at most %u characters", argument, MANIFEST_NAME_SIZE - 1);
    memset(option, 0, sizeof *option);
    option->kind = kind;
    memcpy(option->name, name, length);
    option->value = name + length + 1;
    return parse_value(argument, option, failure);
}

static int parse_option(const char *argument, struct options *options, struct failure *failure) {
    if (strcmp(argument, "--help") == 0) {
        options->action = ACTION_HELP;
        return 0;
    }
    if (strcmp(argument, "--version") == 0) {
        options->action = ACTION_VERSION;
        return 0;
    }
    if (strncmp(argument, "--mem=", 6) == 0) return parse_memory(argument + 6, options, failure);
    for (unsigned kind = 0; kind < sizeof flags / sizeof *flags; kind++)
        if (strncmp(argument, flags[kind], strlen(flags[kind])) == 0)
            return parse_device(argument, (enum option_kind)kind, options, failure);
    return fail(failure, "unknown option %s: see --help", argument);
}

int options_parse(char **argv, struct options *options, struct failure *failure) {
    options->action = ACTION_RUN;
    options->memory_size = (uint64_t)MEMORY_DEFAULT_MB << 20;
    options->devices = 0;
    if (*argv != NULL) argv++;
    for (; *argv != NULL && **argv == '-'; argv++) {
        if (strcmp(*argv, "--") == 0) {
            argv++;
            break;
        }
        if (parse_option(*argv, options, failure) != 0) return -1;
        if (options->action != ACTION_RUN) return 0;
    }
    if (*argv == NULL) return fail(failure, "which image? See --help");
    options->image = *argv;
    options->arguments = argv + 1;
    return 0;
}
