#include "notes.h"

#include <elf.h>
#include <string.h>

static uint32_t aligned4(uint32_t size) {
    return (size + 3) & ~3u;
}

static bool named(const Elf64_Nhdr *header, const uint8_t *name, const char *expected) {
    uint32_t size = (uint32_t)strlen(expected) + 1;
    return header->n_namesz == size && memcmp(name, expected, size) == 0;
}

static int add_abi(const uint8_t *content, uint32_t size, struct notes *notes, struct failure *failure) {
    if (notes->has_abi) return fail(failure, "bad note: two Solo5 ABI notes");
    if (size != sizeof notes->abi)
        return fail(failure, "bad note: the Solo5 ABI note has %u bytes, expected %zu", size, sizeof notes->abi);
    memcpy(&notes->abi, content, sizeof notes->abi);
    notes->has_abi = true;
    return 0;
}

static int add_manifest(const uint8_t *content, uint32_t size, struct notes *notes, struct failure *failure) {
    if (notes->manifest_size != 0) return fail(failure, "bad note: two Solo5 manifest notes");
    if (size <= MANIFEST_NOTE_PADDING || size - MANIFEST_NOTE_PADDING > sizeof notes->manifest)
        return fail(failure, "bad note: the Solo5 manifest note has %u bytes, expected %u to %zu", size,
                    MANIFEST_NOTE_PADDING + 1, sizeof notes->manifest + MANIFEST_NOTE_PADDING);
    notes->manifest_size = size - MANIFEST_NOTE_PADDING;
    memcpy(&notes->manifest, content + MANIFEST_NOTE_PADDING, notes->manifest_size);
    return 0;
}

static int add_crash(const uint8_t *content, uint32_t size, struct notes *notes, struct failure *failure) {
    if (notes->has_crash) return fail(failure, "bad note: two crash notes");
    if (size != sizeof notes->crash)
        return fail(failure, "bad note: the crash note has %u bytes, expected %zu", size, sizeof notes->crash);
    memcpy(&notes->crash, content, sizeof notes->crash);
    notes->has_crash = true;
    return 0;
}

static int add_host(const uint8_t *content, uint32_t size, struct notes *notes, struct failure *failure) {
    if (notes->has_host) return fail(failure, "bad note: two host notes");
    if (size != sizeof notes->host)
        return fail(failure, "bad note: the host note has %u bytes, expected %zu", size, sizeof notes->host);
    memcpy(&notes->host, content, sizeof notes->host);
    notes->has_host = true;
    return 0;
}

int notes_parse(const uint8_t *data, uint32_t size, struct notes *notes, struct failure *failure) {
    uint32_t at = 0;
    while (size - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr header;
        memcpy(&header, data + at, sizeof header);
        /* Linkers align notes to 4 or 8 bytes, whatever the program header says: zeroes between two are padding. */
        if (header.n_namesz == 0) {
            at += 4;
            continue;
        }
        uint32_t left = size - at - (uint32_t)sizeof header;
        if (header.n_namesz > left || aligned4(header.n_namesz) > left ||
            header.n_descsz > left - aligned4(header.n_namesz))
            return fail(failure, "bad note: it ends behind its segment of %u bytes", size);
        const uint8_t *name = data + at + sizeof header;
        const uint8_t *content = name + aligned4(header.n_namesz);

        int result = 0;
        if (named(&header, name, NOTE_NAME_SOLO5) && header.n_type == NOTE_TYPE_ABI)
            result = add_abi(content, header.n_descsz, notes, failure);
        else if (named(&header, name, NOTE_NAME_SOLO5) && header.n_type == NOTE_TYPE_MANIFEST)
            result = add_manifest(content, header.n_descsz, notes, failure);
        else if (named(&header, name, NOTE_NAME_SOLOIST) && header.n_type == NOTE_TYPE_CRASH)
            result = add_crash(content, header.n_descsz, notes, failure);
        else if (named(&header, name, NOTE_NAME_SOLOIST) && header.n_type == NOTE_TYPE_HOST)
            result = add_host(content, header.n_descsz, notes, failure);
        if (result != 0) return result;

        uint32_t length = (uint32_t)sizeof header + aligned4(header.n_namesz) + aligned4(header.n_descsz);
        at = length < size - at ? at + length : size;
    }
    return 0;
}
