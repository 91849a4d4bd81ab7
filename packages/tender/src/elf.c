#define _GNU_SOURCE
#include "elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "notes.h"

/* What Solo5's toolchain puts into PT_INTERP, so that a host kernel refuses to run an image as a program. */
#define SOLO5_INTERPRETER "/nonexistent/solo5/"

static int read_at(int descriptor, void *into, uint64_t size, uint64_t offset, struct failure *failure) {
    uint8_t *at = into;
    while (size > 0) {
        ssize_t got = pread(descriptor, at, size, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(failure, "cannot read: %s", strerror(errno));
        if (got == 0) return fail(failure, "truncated: the file became shorter while it was read");
        at += got;
        offset += (uint64_t)got;
        size -= (uint64_t)got;
    }
    return 0;
}

static bool within(uint64_t offset, uint64_t size, uint64_t limit) {
    return size <= limit && offset <= limit - size;
}

static int check_header(const Elf64_Ehdr *header, uint64_t file_size, struct failure *failure) {
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return fail(failure, "not an ELF file");
    if (header->e_ident[EI_CLASS] == ELFCLASS32) return fail(failure, "a 32-bit ELF file: an image is a 64-bit one");
    if (header->e_ident[EI_CLASS] != ELFCLASS64)
        return fail(failure, "ELF class %u: an image is a 64-bit ELF file", header->e_ident[EI_CLASS]);
    if (header->e_ident[EI_DATA] != ELFDATA2LSB)
        return fail(failure, "a big-endian ELF file: this tender runs x86-64 images");
    if (header->e_ident[EI_VERSION] != EV_CURRENT || header->e_version != EV_CURRENT)
        return fail(failure, "ELF version %u: only 1 is known", header->e_version);
    if (header->e_machine != EM_X86_64)
        return fail(failure, "for ELF machine %u: this tender runs x86-64 (%u) images", header->e_machine, EM_X86_64);
    if (header->e_type == ET_DYN)
        return fail(failure,
                    "position-independent or shared (ET_DYN): an image is linked to fixed addresses (ET_EXEC)");
    if (header->e_type != ET_EXEC)
        return fail(failure, "ELF type %u: an image is an executable (ET_EXEC, 2)", header->e_type);
    if (header->e_ehsize != sizeof(Elf64_Ehdr) || header->e_phentsize != sizeof(Elf64_Phdr))
        return fail(failure, "ELF header sizes %u and %u: expected 64 and 56", header->e_ehsize, header->e_phentsize);
    if (header->e_phnum == 0) return fail(failure, "no program headers: nothing to load");
    if (header->e_phnum > ELF_SEGMENTS_MAX)
        return fail(failure, "%u program headers: at most %u are allowed", header->e_phnum, ELF_SEGMENTS_MAX);
    if (!within(header->e_phoff, header->e_phnum * sizeof(Elf64_Phdr), file_size))
        return fail(failure, "truncated: %u program headers at offset 0x%llx do not fit into the file's %llu bytes",
                    header->e_phnum, (unsigned long long)header->e_phoff, (unsigned long long)file_size);
    return 0;
}

static int check_range(unsigned index, const Elf64_Phdr *header, uint64_t file_size, struct failure *failure) {
    if (!within(header->p_offset, header->p_filesz, file_size))
        return fail(failure, "truncated: program header %u wants %llu bytes at offset 0x%llx, the file has %llu", index,
                    (unsigned long long)header->p_filesz, (unsigned long long)header->p_offset,
                    (unsigned long long)file_size);
    return 0;
}

static int add_segment(unsigned index, const Elf64_Phdr *header, uint64_t memory_size, struct elf_image *image,
                       struct failure *failure) {
    uint64_t align = header->p_align;
    uint64_t last = header->p_vaddr + header->p_memsz;
    struct elf_segment segment = {
        .address = header->p_vaddr, .offset = header->p_offset, .file_size = header->p_filesz};

    if (header->p_filesz > header->p_memsz)
        return fail(failure, "segment %u is larger in the file (%llu bytes) than in memory (%llu)", index,
                    (unsigned long long)header->p_filesz, (unsigned long long)header->p_memsz);
    if (header->p_vaddr < SPT_IMAGE_BASE)
        return fail(failure, "segment %u starts at 0x%llx, below 0x%llx", index, (unsigned long long)header->p_vaddr,
                    SPT_IMAGE_BASE);
    if (align < PAGE_SIZE || (align & (align - 1)) != 0)
        return fail(failure, "segment %u is aligned to %llu: a power of two of at least %llu is needed", index,
                    (unsigned long long)align, PAGE_SIZE);
    segment.start = header->p_vaddr & -align;
    segment.end = (last + align - 1) & -align;
    if (last < header->p_vaddr || segment.end < last || segment.end > memory_size)
        return fail(failure, "segment %u (%llu bytes at 0x%llx) ends beyond the guest's memory of %llu MB: see --mem",
                    index, (unsigned long long)header->p_memsz, (unsigned long long)header->p_vaddr,
                    (unsigned long long)(memory_size >> 20));
    if (segment.start < SPT_IMAGE_BASE)
        return fail(failure, "segment %u, aligned to 0x%llx, starts at 0x%llx, below 0x%llx", index,
                    (unsigned long long)align, (unsigned long long)segment.start, SPT_IMAGE_BASE);
    if ((header->p_flags & PF_W) != 0 && (header->p_flags & PF_X) != 0)
        return fail(failure, "segment %u is writable and executable: no segment may be both", index);
    if (image->segments > 0) {
        const struct elf_segment *before = &image->segment[image->segments - 1];
        if (header->p_vaddr < before->address)
            return fail(failure, "segment %u at 0x%llx comes after one at 0x%llx: segments must ascend", index,
                        (unsigned long long)header->p_vaddr, (unsigned long long)before->address);
        if (segment.start < before->end)
            return fail(failure, "segment %u, pages 0x%llx to 0x%llx, overlaps the segment before it, up to 0x%llx",
                        index, (unsigned long long)segment.start, (unsigned long long)segment.end,
                        (unsigned long long)before->end);
    }
    segment.protection = ((header->p_flags & PF_R) != 0 ? PROT_READ : 0) |
                         ((header->p_flags & PF_W) != 0 ? PROT_WRITE : 0) |
                         ((header->p_flags & PF_X) != 0 ? PROT_EXEC : 0);
    image->segment[image->segments++] = segment;
    image->end = segment.end;
    return 0;
}

static int check_interpreter(int descriptor, const Elf64_Phdr *header, struct failure *failure) {
    char name[sizeof SOLO5_INTERPRETER] = "";
    uint64_t size = header->p_filesz < sizeof name ? header->p_filesz : sizeof name;
    if (read_at(descriptor, name, size, header->p_offset, failure) != 0) return -1;
    if (memcmp(name, SOLO5_INTERPRETER, sizeof name) != 0)
        return fail(failure, "dynamically linked, a program of the host: an image is linked statically");
    return 0;
}

static int read_notes(int descriptor, unsigned index, const Elf64_Phdr *header, struct notes *notes,
                      struct failure *failure) {
    static uint8_t buffer[NOTES_SIZE_MAX] __attribute__((aligned(8)));
    if (header->p_filesz > sizeof buffer)
        return fail(failure, "bad note: program header %u holds %llu bytes of notes, at most %zu are allowed", index,
                    (unsigned long long)header->p_filesz, sizeof buffer);
    if (read_at(descriptor, buffer, header->p_filesz, header->p_offset, failure) != 0) return -1;
    return notes_parse(buffer, (uint32_t)header->p_filesz, notes, failure);
}

static const struct elf_segment *segment_of(const struct elf_image *image, uint64_t address) {
    for (unsigned i = 0; i < image->segments; i++)
        if (address >= image->segment[i].start && address < image->segment[i].end) return &image->segment[i];
    return NULL;
}

static bool executable(const struct elf_image *image, uint64_t address) {
    const struct elf_segment *segment = segment_of(image, address);
    return segment != NULL && (segment->protection & PROT_EXEC) != 0;
}

static int check_crash_note(const struct elf_image *image, uint64_t memory_size, struct failure *failure) {
    uint64_t stack = image->crash.stack;
    if (!executable(image, image->crash.entry))
        return fail(failure, "bad crash note: its entry 0x%llx is not in an executable segment",
                    (unsigned long long)image->crash.entry);
    if (stack % 16 != 0 || stack <= SPT_IMAGE_BASE || stack > memory_size)
        return fail(failure, "bad crash note: its stack 0x%llx is not a multiple of 16 in the guest's memory",
                    (unsigned long long)stack);
    const struct elf_segment *segment = segment_of(image, stack - 1);
    if (segment != NULL && (segment->protection & PROT_WRITE) == 0)
        return fail(failure, "bad crash note: its stack 0x%llx is not writable", (unsigned long long)stack);
    return 0;
}

static int check_host_note(const struct elf_image *image, struct failure *failure) {
    uint64_t address = image->host.address;
    const struct elf_segment *segment = segment_of(image, address);
    if (address % 8 != 0 || segment == NULL ||
        (segment->protection & (PROT_READ | PROT_WRITE)) != (PROT_READ | PROT_WRITE) ||
        segment->end - address < sizeof(struct host_gifts))
        return fail(failure, "bad host note: no room for %zu bytes at 0x%llx in a writable segment",
                    sizeof(struct host_gifts), (unsigned long long)address);
    return 0;
}

static int check_abi(const struct notes *notes, struct failure *failure) {
    static const char *const targets[] = {"none", "hvt", "spt", "virtio", "muen", "genode", "xen"};
    uint32_t target = notes->abi.target;
    if (!notes->has_abi) return fail(failure, "no Solo5 ABI note: not an image for a Solo5 tender");
    if (target != ABI_TARGET_SPT)
        return fail(failure, "built for target %u (%s): this tender runs spt (%u)", target,
                    target < sizeof targets / sizeof *targets ? targets[target] : "unknown", ABI_TARGET_SPT);
    if (notes->abi.version != ABI_VERSION_SPT)
        return fail(failure, "wants version %u of the spt ABI: this tender speaks version %u", notes->abi.version,
                    ABI_VERSION_SPT);
    if (notes->manifest_size == 0)
        return fail(failure, "no Solo5 manifest note: the image does not say which devices it uses");
    return 0;
}

/* Everything but segments, which make sense only once the notes say whom the image is for. */
static int read_other(int descriptor, unsigned index, const Elf64_Phdr *program, uint64_t file_size,
                      struct notes *notes, struct failure *failure) {
    switch (program->p_type) {
    case PT_DYNAMIC:
        return fail(failure, "dynamically linked (program header %u): an image is linked statically", index);
    case PT_LOAD:
        return check_range(index, program, file_size, failure);
    case PT_NOTE:
        return check_range(index, program, file_size, failure) != 0
                   ? -1
                   : read_notes(descriptor, index, program, notes, failure);
    case PT_INTERP:
        return check_range(index, program, file_size, failure) != 0 ? -1
                                                                    : check_interpreter(descriptor, program, failure);
    default:
        return 0;
    }
}

int elf_read(int descriptor, uint64_t file_size, uint64_t memory_size, struct elf_image *image,
             struct failure *failure) {
    Elf64_Ehdr header;
    static Elf64_Phdr programs[ELF_SEGMENTS_MAX];
    static struct notes notes;

    if (file_size < sizeof header)
        return fail(failure, "not an ELF file: only %llu bytes long", (unsigned long long)file_size);
    if (read_at(descriptor, &header, sizeof header, 0, failure) != 0 || check_header(&header, file_size, failure) != 0)
        return -1;
    if (read_at(descriptor, programs, header.e_phnum * sizeof *programs, header.e_phoff, failure) != 0) return -1;

    memset(&notes, 0, sizeof notes);
    for (unsigned i = 0; i < header.e_phnum; i++)
        if (read_other(descriptor, i, &programs[i], file_size, &notes, failure) != 0) return -1;
    if (check_abi(&notes, failure) != 0) return -1;

    image->entry = header.e_entry;
    image->end = 0;
    image->segments = 0;
    for (unsigned i = 0; i < header.e_phnum; i++) /* Solo5's linker scripts leave an empty one at address 0. */
        if (programs[i].p_type == PT_LOAD && (programs[i].p_memsz | programs[i].p_filesz) != 0 &&
            add_segment(i, &programs[i], memory_size, image, failure) != 0)
            return -1;
    if (image->segments == 0) return fail(failure, "no segments: nothing to load");
    if (!executable(image, image->entry))
        return fail(failure, "its entry 0x%llx is not in an executable segment", (unsigned long long)image->entry);

    image->manifest_size = notes.manifest_size;
    image->manifest = notes.manifest;
    image->has_crash_note = notes.has_crash;
    image->crash = notes.crash;
    image->has_host_note = notes.has_host;
    image->host = notes.host;
    if (image->has_host_note && check_host_note(image, failure) != 0) return -1;
    return image->has_crash_note ? check_crash_note(image, memory_size, failure) : 0;
}
