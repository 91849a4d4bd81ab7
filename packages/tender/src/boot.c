#include "boot.h"

#include <string.h>

static int join(char *into, char **arguments, struct failure *failure) {
    size_t length = 0;
    for (char **argument = arguments; *argument != NULL; argument++) {
        size_t size = strlen(*argument);
        size_t space = argument == arguments ? 0 : 1;
        if (size + space > SPT_COMMAND_LINE_SIZE - 1 - length)
            return fail(failure, "its arguments are too long: at most %u bytes", SPT_COMMAND_LINE_SIZE - 1);
        if (space != 0) into[length++] = ' ';
        memcpy(into + length, *argument, size);
        length += size;
    }
    into[length] = 0;
    return 0;
}

int boot_write(const struct boot_info *info, const struct manifest *manifest, char **arguments,
               struct failure *failure) {
    size_t manifest_size = MANIFEST_HEADER_SIZE + manifest->entries * sizeof *manifest->entry;
    struct boot_info filled = *info;
    filled.manifest = SPT_BOOT_INFO + sizeof filled;
    filled.command_line = filled.manifest + manifest_size;
    memcpy((void *)(uintptr_t)SPT_BOOT_INFO, &filled, sizeof filled);
    memcpy((void *)(uintptr_t)filled.manifest, manifest, manifest_size);
    return join((char *)(uintptr_t)filled.command_line, arguments, failure);
}
