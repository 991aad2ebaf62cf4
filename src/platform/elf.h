/* Static position-independent ELF programs for x86-64, read strictly: what is accepted here is
 * exactly what the kernel maps later. Source: System V ABI, generic part, "Program Loading and
 * Dynamic Linking"; AMD64 supplement; Linux fs/binfmt_elf.c for what execve() does with it. */
#ifndef QUOTH_PLATFORM_ELF_H
#define QUOTH_PLATFORM_ELF_H

#include "base/bytes.h"

#define ELF_PAGE 4096u
#define ELF_SEGMENTS_MAX 32u
#define ELF_SIZE_MAX (1ull << 32) /* bytes of memory of a program, and of its file */

#define ELF_X 1u /* flags of a segment */
#define ELF_W 2u
#define ELF_R 4u

struct elf_segment {              /* one PT_LOAD */
    uint64_t offset, vaddr;       /* equal modulo ELF_PAGE */
    uint64_t file_size, mem_size; /* file_size <= mem_size */
    uint32_t flags;
};

struct elf_program {
    uint64_t entry; /* inside an executable segment */
    struct elf_segment segments[ELF_SEGMENTS_MAX];
    size_t segment_count; /* ascending, no two share a page */
};

/* Accepts a static PIE: ET_DYN without PT_INTERP and without needed libraries; ELF header and
 * program headers in the first PT_LOAD, which starts at offset 0 and address 0; no text
 * relocations; no segment writable and executable; a PT_GNU_STACK that is not executable; only a
 * writable segment has memory beyond its file bytes. False: QUOTH_ENCLAVE_IMAGE for a program of
 * another kind, QUOTH_MALFORMED for what is no ELF file or contradicts itself. */
bool elf_program_read(struct bytes file, struct elf_program *ret_program, struct quoth_error *err);

/* The contents of the first section of this name. False with QUOTH_MALFORMED if there is none or
 * the file is not 64-bit little-endian ELF. */
bool elf_section(struct bytes file, const char *name, struct bytes *ret_section,
                 struct quoth_error *err);

#endif
