/* What a guest finds in memory when it starts: boot information, manifest, command line. */
#ifndef TENDER_BOOT_H
#define TENDER_BOOT_H

#include "abi.h"
#include "failure.h"

/*
 * Writes them from SPT_BOOT_INFO on into the guest's memory; `info` comes without command_line and manifest.
 * `arguments` (ends with NULL) are joined by spaces. 0, or -1 when they are too long.
 */
int boot_write(const struct boot_info *info, const struct manifest *manifest, char **arguments,
               struct failure *failure);

#endif
