/* The command line. Pure: looks at the arguments only, opens nothing, prints nothing. */
#ifndef TENDER_OPTIONS_H
#define TENDER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"
#include "failure.h"

/* Three for each of the 63 devices that a manifest can declare. */
#define DEVICE_OPTIONS_MAX 189u
#define MEMORY_DEFAULT_MB 512u

enum option_kind { OPTION_NET, OPTION_NET_MAC, OPTION_NET_OFFLOADS, OPTION_BLOCK, OPTION_BLOCK_SECTOR_SIZE };

struct device_option {
    enum option_kind kind;
    char name[MANIFEST_NAME_SIZE];
    const char *value;    /* NET: interface or @descriptor; BLOCK: path */
    uint8_t mac[6];       /* NET_MAC */
    bool off;             /* NET_OFFLOADS */
    uint16_t sector_size; /* BLOCK_SECTOR_SIZE */
};

struct options {
    enum { ACTION_RUN, ACTION_HELP, ACTION_VERSION } action;
    uint64_t memory_size; /* bytes */
    unsigned devices;
    struct device_option device[DEVICE_OPTIONS_MAX];
    const char *image;
    char **arguments; /* of the image; ends with NULL */
};

/* Fills *options from main's argv, argv[0] included. 0, or -1 and *failure. */
int options_parse(char **argv, struct options *options, struct failure *failure);

/* "--net:" for OPTION_NET, and so on. */
const char *option_flag(enum option_kind kind);

extern const char options_help[];

#endif
