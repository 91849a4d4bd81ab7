#include "manifest.h"

#include <stdbool.h>
#include <string.h>

static bool alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static int check_name(const char *name, unsigned index, struct failure *failure) {
    unsigned length = 0;
    while (length < MANIFEST_NAME_SIZE && name[length] != 0) {
        if (!alphanumeric(name[length]))
            return fail(failure, "bad manifest: the name of device %u has other characters than letters and digits",
                        index);
        length++;
    }
    if (length == 0) return fail(failure, "bad manifest: device %u has no name", index);
    if (length == MANIFEST_NAME_SIZE)
        return fail(failure, "bad manifest: the name of device %u is longer than %u characters", index,
                    MANIFEST_NAME_SIZE - 1);
    return 0;
}

static const char *type_name(uint32_t type) {
    return type == DEVICE_NET ? "network" : "block";
}

static const struct manifest_entry *find(const struct manifest *manifest, const char *name) {
    for (unsigned i = 1; i < manifest->entries; i++)
        if (strcmp(manifest->entry[i].name, name) == 0) return &manifest->entry[i];
    return NULL;
}

int manifest_check(struct manifest *manifest, uint32_t size, struct failure *failure) {
    if (size < MANIFEST_HEADER_SIZE) return fail(failure, "bad manifest: only %u bytes long", size);
    if (manifest->version != MANIFEST_VERSION)
        return fail(failure, "bad manifest: version %u, only 1 is known", manifest->version);
    if (manifest->entries < 1 || manifest->entries > MANIFEST_ENTRIES_MAX)
        return fail(failure, "bad manifest: %u entries, expected 1 to %u", manifest->entries, MANIFEST_ENTRIES_MAX);
    if (size != MANIFEST_HEADER_SIZE + manifest->entries * sizeof *manifest->entry)
        return fail(failure, "bad manifest: %u bytes for %u entries, expected %zu", size, manifest->entries,
                    MANIFEST_HEADER_SIZE + manifest->entries * sizeof *manifest->entry);
    if (manifest->entry[0].type != DEVICE_RESERVED_FIRST || manifest->entry[0].name[0] != 0)
        return fail(failure, "bad manifest: its first entry is not the reserved one");

    for (unsigned i = 0; i < manifest->entries; i++) {
        struct manifest_entry *entry = &manifest->entry[i];
        if (entry->attached != 0) return fail(failure, "bad manifest: device %u is marked as attached", i);
        if (i > 0 && entry->type != DEVICE_NET && entry->type != DEVICE_BLOCK)
            return fail(failure, "bad manifest: device %u has the unknown type %u", i, entry->type);
        if (i > 0 && check_name(entry->name, i, failure) != 0) return -1;
        for (unsigned j = 1; j < i; j++)
            if (strcmp(manifest->entry[j].name, entry->name) == 0)
                return fail(failure, "bad manifest: two devices are called '%s'", entry->name);
        memset(&entry->u, 0, sizeof entry->u);
        memset(&entry->b, 0, sizeof entry->b);
        memset(entry->padding, 0, sizeof entry->padding);
    }
    return 0;
}

static uint32_t option_type(enum option_kind kind) {
    return kind == OPTION_BLOCK || kind == OPTION_BLOCK_SECTOR_SIZE ? DEVICE_BLOCK : DEVICE_NET;
}

static int match_option(const struct manifest *manifest, const struct options *options, unsigned index,
                        struct failure *failure) {
    const struct device_option *option = &options->device[index];
    const char *flag = option_flag(option->kind);
    const struct manifest_entry *entry = find(manifest, option->name);
    if (entry == NULL)
        return fail(failure, "%s%s: the image declares no device '%s'", flag, option->name, option->name);
    if (entry->type != option_type(option->kind))
        return fail(failure, "%s%s: '%s' is a %s device: use %s%s=…", flag, option->name, option->name,
                    type_name(entry->type), option_flag(entry->type == DEVICE_NET ? OPTION_NET : OPTION_BLOCK),
                    option->name);
    for (unsigned i = 0; i < index; i++)
        if (options->device[i].kind == option->kind && strcmp(options->device[i].name, option->name) == 0)
            return fail(failure, "%s%s is given twice", flag, option->name);
    return 0;
}

int manifest_match(const struct manifest *manifest, const struct options *options, struct failure *failure) {
    for (unsigned i = 0; i < options->devices; i++)
        if (match_option(manifest, options, i, failure) != 0) return -1;
    for (unsigned i = 1; i < manifest->entries; i++) {
        const struct manifest_entry *entry = &manifest->entry[i];
        enum option_kind kind = entry->type == DEVICE_NET ? OPTION_NET : OPTION_BLOCK;
        bool attached = false;
        for (unsigned j = 0; j < options->devices; j++)
            attached |= options->device[j].kind == kind && strcmp(options->device[j].name, entry->name) == 0;
        if (!attached)
            return fail(failure, "its %s device '%s' is not attached: add %s%s=%s", type_name(entry->type), entry->name,
                        option_flag(kind), entry->name, kind == OPTION_NET ? "TAP" : "FILE");
    }
    return 0;
}

unsigned manifest_index(const struct manifest *manifest, const char *name) {
    return (unsigned)(find(manifest, name) - manifest->entry);
}
