#include "platform/elf.h"

#include <elf.h>
#include <inttypes.h>

#define EHDR_SIZE 64u
#define PHDR_SIZE 56u
#define SHDR_SIZE 64u
#define DYN_SIZE 16u
#define PHDR_MAX 64u

struct header {
    uint16_t type, machine, phentsize, phnum, shentsize, shnum, shstrndx;
    uint64_t entry, phoff, shoff;
};

struct phdr {
    uint32_t type, flags;
    uint64_t offset, vaddr, filesz, memsz;
};

static bool refuse(struct quoth_error *err, const char *where, const char *why)
{
    return quoth_fail(err, QUOTH_ENCLAVE_IMAGE, where, QUOTH_NO_OFFSET, "%s", why);
}

static bool within(uint64_t offset, uint64_t len, uint64_t total)
{
    return offset <= total && len <= total - offset;
}

static uint64_t page_down(uint64_t address)
{
    return address & ~(uint64_t)(ELF_PAGE - 1);
}

static uint64_t page_up(uint64_t address) /* of numbers up to ELF_SIZE_MAX */
{
    return page_down(address + ELF_PAGE - 1);
}

static bool header_read(struct bytes file, struct header *ret_header, struct quoth_error *err)
{
    static const uint8_t ident[7] = {0x7F, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
    struct reader r = {.in = file, .err = err};
    struct header h = {0};

    const struct bytes found = reader_take(&r, sizeof ident, "elf.ident");
    (void)reader_take(&r, EI_NIDENT - sizeof ident, "elf.ident");
    h.type = reader_u16le(&r, "elf.type");
    h.machine = reader_u16le(&r, "elf.machine");
    (void)reader_u32le(&r, "elf.version");
    h.entry = reader_u64le(&r, "elf.entry");
    h.phoff = reader_u64le(&r, "elf.phoff");
    h.shoff = reader_u64le(&r, "elf.shoff");
    (void)reader_u32le(&r, "elf.flags");
    (void)reader_u16le(&r, "elf.ehsize");
    h.phentsize = reader_u16le(&r, "elf.phentsize");
    h.phnum = reader_u16le(&r, "elf.phnum");
    h.shentsize = reader_u16le(&r, "elf.shentsize");
    h.shnum = reader_u16le(&r, "elf.shnum");
    h.shstrndx = reader_u16le(&r, "elf.shstrndx");
    if (!reader_ok(&r))
        return false;
    if (!bytes_equal(found, BYTES_OF(ident)))
        return quoth_fail(err, QUOTH_MALFORMED, "elf.ident", 0,
                          "is not a 64-bit little-endian ELF file");
    *ret_header = h;
    return true;
}

static bool phdr_read(struct reader *r, struct phdr *ret_phdr)
{
    struct phdr p;
    p.type = reader_u32le(r, "elf.phdr.type");
    p.flags = reader_u32le(r, "elf.phdr.flags");
    p.offset = reader_u64le(r, "elf.phdr.offset");
    p.vaddr = reader_u64le(r, "elf.phdr.vaddr");
    (void)reader_u64le(r, "elf.phdr.paddr");
    p.filesz = reader_u64le(r, "elf.phdr.filesz");
    p.memsz = reader_u64le(r, "elf.phdr.memsz");
    (void)reader_u64le(r, "elf.phdr.align"); /* the kernel only aligns the load address by it */
    if (reader_ok(r))
        *ret_phdr = p;
    return reader_ok(r);
}

static bool kind_check(const struct header *h, struct quoth_error *err)
{
    if (h->machine != EM_X86_64)
        return refuse(err, "elf.machine", "is not a program for x86-64");
    if (h->type == ET_EXEC)
        return refuse(err, "elf.type", "is linked to a fixed address");
    if (h->type != ET_DYN)
        return refuse(err, "elf.type", "is not an executable program");
    if (h->phentsize != PHDR_SIZE || h->phnum == 0 || h->phnum > PHDR_MAX)
        return quoth_fail(err, QUOTH_MALFORMED, "elf.phnum", 54,
                          "has %u program headers of %u bytes, expected 1 to %u of %u", h->phnum,
                          h->phentsize, PHDR_MAX, PHDR_SIZE);
    return true;
}

/* Where the file bytes of the segments so far end. */
static uint64_t file_end(const struct elf_program *program)
{
    uint64_t end = 0;
    for (size_t i = 0; i < program->segment_count; i++) {
        const struct elf_segment *s = &program->segments[i];
        if (s->file_size)
            end = s->offset + s->file_size;
    }
    return end;
}

/* A segment as the kernel will map it: page by page, so that two segments never share one and what
 * follows the file bytes in memory is zero. */
static bool load_check(const struct phdr *p, struct bytes file, const struct elf_program *before,
                       struct quoth_error *err)
{
    if (p->memsz == 0 || p->filesz > p->memsz)
        return quoth_fail(err, QUOTH_MALFORMED, "elf.load", QUOTH_NO_OFFSET,
                          "has %" PRIu64 " bytes of file for %" PRIu64 " bytes of memory",
                          p->filesz, p->memsz);
    if ((p->filesz && !within(p->offset, p->filesz, file.len)) ||
        !within(p->vaddr, p->memsz, ELF_SIZE_MAX))
        return quoth_fail(err, QUOTH_MALFORMED, "elf.load", QUOTH_NO_OFFSET,
                          "reaches beyond the file or beyond 4 GiB of memory");
    if (p->offset % ELF_PAGE != p->vaddr % ELF_PAGE)
        return quoth_fail(err, QUOTH_MALFORMED, "elf.load", QUOTH_NO_OFFSET,
                          "lies elsewhere in its page in the file than in memory");
    if ((p->flags & ELF_W) && (p->flags & ELF_X))
        return refuse(err, "elf.load", "has a segment that is both writable and executable");
    if (!(p->flags & ELF_R) || (p->flags & ~(ELF_R | ELF_W | ELF_X)))
        return refuse(err, "elf.load", "has a segment with unusual access flags");
    if (p->memsz > p->filesz && !(p->flags & ELF_W))
        return refuse(err, "elf.load", "has uninitialised data in a segment that is not writable");
    if (before->segment_count == 0)
        return p->offset == 0 && p->vaddr == 0
                   ? true
                   : refuse(err, "elf.load", "does not begin with its own header at address 0");
    const struct elf_segment *last = &before->segments[before->segment_count - 1];
    if (page_down(p->vaddr) < page_up(last->vaddr + last->mem_size))
        return refuse(err, "elf.load",
                      "has segments that share a page or are out of order (link with -z "
                      "separate-code)");
    if (p->filesz && p->offset < file_end(before))
        return refuse(err, "elf.load", "has segments that overlap in the file");
    return true;
}

static bool load_add(const struct phdr *p, struct bytes file, struct elf_program *to,
                     struct quoth_error *err)
{
    if (!load_check(p, file, to, err))
        return false;
    if (to->segment_count == ELF_SEGMENTS_MAX)
        return refuse(err, "elf.load", "has more than 32 segments");
    to->segments[to->segment_count++] = (struct elf_segment){
        .offset = p->offset,
        .vaddr = p->vaddr,
        .file_size = p->filesz,
        .mem_size = p->memsz,
        .flags = p->flags,
    };
    return true;
}

/* PT_DYNAMIC of a static PIE holds relocations only. */
static bool dynamic_check(struct bytes table, struct quoth_error *err)
{
    struct reader r = {.in = table, .err = err};

    while (reader_left(&r) >= DYN_SIZE) {
        const uint64_t tag = reader_u64le(&r, "elf.dynamic.tag");
        const uint64_t value = reader_u64le(&r, "elf.dynamic.value");
        if (tag == DT_NULL)
            return true;
        if (tag == DT_NEEDED)
            return refuse(err, "elf.dynamic",
                          "needs shared libraries, which the measurement would not cover");
        if (tag == DT_TEXTREL || (tag == DT_FLAGS && (value & DF_TEXTREL)))
            return refuse(err, "elf.dynamic", "relocates its code (text relocations)");
    }
    return quoth_fail(err, QUOTH_MALFORMED, "elf.dynamic", QUOTH_NO_OFFSET, "has no end");
}

/* What the program headers say so far. */
struct reading {
    struct bytes file;
    struct elf_program program;
    struct phdr dynamic; /* type PT_NULL until there was one */
    bool stack_seen;
};

static bool phdr_check(const struct phdr *p, struct reading *to, struct quoth_error *err)
{
    switch (p->type) {
    case PT_LOAD:
        return load_add(p, to->file, &to->program, err);
    case PT_INTERP:
        return refuse(err, "elf.interp",
                      "is dynamically linked: its libraries would not be measured");
    case PT_DYNAMIC:
        if (to->dynamic.type == PT_DYNAMIC)
            return refuse(err, "elf.dynamic", "has two of them");
        to->dynamic = *p;
        return true;
    case PT_GNU_STACK:
        if (p->flags & ELF_X)
            return refuse(err, "elf.stack", "asks for an executable stack (-z execstack)");
        to->stack_seen = true;
        return true;
    default:
        return true; /* the kernel looks at no other that matters to what is mapped */
    }
}

static bool phdrs_read(const struct header *h, struct reading *to, struct quoth_error *err)
{
    const uint64_t size = (uint64_t)h->phnum * PHDR_SIZE;

    if (!within(h->phoff, size, to->file.len))
        return quoth_fail(err, QUOTH_MALFORMED, "elf.phoff", 32,
                          "program headers reach beyond the file");
    struct reader r = {bytes_slice(to->file, (size_t)h->phoff, (size_t)size), 0, err};
    for (unsigned i = 0; i < h->phnum; i++) {
        struct phdr p = {0};
        if (!phdr_read(&r, &p) || !phdr_check(&p, to, err))
            return false;
    }
    if (to->program.segment_count == 0)
        return refuse(err, "elf.load", "has nothing to load");
    const uint64_t first = to->program.segments[0].file_size;
    if (first < EHDR_SIZE || !within(h->phoff, size, first))
        return refuse(err, "elf.phoff",
                      "has its headers outside the first loaded segment, so that they would not be "
                      "measured");
    if (!to->stack_seen)
        return refuse(err, "elf.stack",
                      "does not say that its stack is not executable (no PT_GNU_STACK)");
    return true;
}

/* Relocations are part of what runs, so their table is part of what is measured. */
static bool dynamic_find(const struct reading *in, struct quoth_error *err)
{
    const struct phdr *d = &in->dynamic;

    if (d->type != PT_DYNAMIC)
        return true;
    for (size_t i = 0; i < in->program.segment_count; i++) {
        const struct elf_segment *s = &in->program.segments[i];
        if (d->offset >= s->offset && within(d->offset - s->offset, d->filesz, s->file_size))
            return dynamic_check(bytes_slice(in->file, (size_t)d->offset, (size_t)d->filesz), err);
    }
    return refuse(err, "elf.dynamic", "lies outside the loaded segments");
}

static bool entry_check(const struct elf_program *program, struct quoth_error *err)
{
    for (size_t i = 0; i < program->segment_count; i++) {
        const struct elf_segment *s = &program->segments[i];
        if ((s->flags & ELF_X) && program->entry >= s->vaddr &&
            program->entry - s->vaddr < s->file_size)
            return true;
    }
    return refuse(err, "elf.entry", "starts outside its executable segments");
}

bool elf_program_read(struct bytes file, struct elf_program *ret_program, struct quoth_error *err)
{
    struct reading in = {.file = file};
    struct header h = {0};

    if (!header_read(file, &h, err) || !kind_check(&h, err) || !phdrs_read(&h, &in, err) ||
        !dynamic_find(&in, err))
        return false;
    in.program.entry = h.entry;
    if (!entry_check(&in.program, err))
        return false;
    *ret_program = in.program;
    return true;
}

struct shdr {
    uint32_t name, type;
    uint64_t offset, size;
};

static bool shdr_read(struct bytes table, size_t index, struct shdr *ret_shdr,
                      struct quoth_error *err)
{
    struct reader r = {bytes_slice(table, index * SHDR_SIZE, SHDR_SIZE), 0, err};
    struct shdr s;
    s.name = reader_u32le(&r, "elf.section.name");
    s.type = reader_u32le(&r, "elf.section.type");
    (void)reader_take(&r, 16, "elf.section.flags");
    s.offset = reader_u64le(&r, "elf.section.offset");
    s.size = reader_u64le(&r, "elf.section.size");
    if (reader_ok(&r))
        *ret_shdr = s;
    return reader_ok(&r);
}

static bool name_is(struct bytes names, uint32_t at, const char *name)
{
    /* with its NUL, so that a longer name does not match */
    return bytes_equal(bytes_slice(names, at, strlen(name) + 1),
                       (struct bytes){(const uint8_t *)name, strlen(name) + 1});
}

bool elf_section(struct bytes file, const char *name, struct bytes *ret_section,
                 struct quoth_error *err)
{
    struct header h = {0};
    struct shdr s;

    if (!header_read(file, &h, err))
        return false;
    const uint64_t size = (uint64_t)h.shnum * SHDR_SIZE;
    if (h.shentsize != SHDR_SIZE || h.shstrndx >= h.shnum || !within(h.shoff, size, file.len))
        return quoth_fail(err, QUOTH_MALFORMED, "elf.sections", 40, "has no section headers");
    const struct bytes table = bytes_slice(file, (size_t)h.shoff, (size_t)size);
    if (!shdr_read(table, h.shstrndx, &s, err))
        return false;
    if (!within(s.offset, s.size, file.len))
        return quoth_fail(err, QUOTH_MALFORMED, "elf.sections", QUOTH_NO_OFFSET,
                          "section names reach beyond the file");
    const struct bytes names = bytes_slice(file, (size_t)s.offset, (size_t)s.size);
    for (size_t i = 0; i < h.shnum; i++) {
        if (!shdr_read(table, i, &s, err))
            return false;
        if (s.type == SHT_NOBITS || !name_is(names, s.name, name))
            continue;
        if (!within(s.offset, s.size, file.len))
            return quoth_fail(err, QUOTH_MALFORMED, "elf.sections", QUOTH_NO_OFFSET,
                              "section %s reaches beyond the file", name);
        *ret_section = bytes_slice(file, (size_t)s.offset, (size_t)s.size);
        return true;
    }
    return quoth_fail(err, QUOTH_MALFORMED, "elf.sections", QUOTH_NO_OFFSET, "has no section %s",
                      name);
}
