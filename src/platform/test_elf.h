/* For tests only: a small static PIE, and what can be wrong with one. */
#ifndef QUOTH_PLATFORM_TEST_ELF_H
#define QUOTH_PLATFORM_TEST_ELF_H

#include "base/bytes.h"

#include <elf.h>

/* Segments: headers R, code RX, data RW with uninitialised data behind it; then PT_GNU_STACK and
 * PT_DYNAMIC. Data begins in the file right behind the code's page, at another offset in its page.
 */
enum {
    TEST_ELF_HEADERS,
    TEST_ELF_CODE,
    TEST_ELF_DATA,
    TEST_ELF_STACK,
    TEST_ELF_DYNAMIC,
    TEST_ELF_PHDRS,
};

#define TEST_ELF_SIZE 0x2500u /* of which the last 0x100 bytes belong to no segment */

struct test_elf {
    Elf64_Ehdr header;
    Elf64_Phdr phdrs[TEST_ELF_PHDRS];
    Elf64_Dyn dynamic[4]; /* at the start of the data */
};

static inline struct test_elf test_elf_good(void)
{
    return (struct test_elf){
        .header =
            {
                     .e_ident = {0x7F, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                     .e_type = ET_DYN,
                     .e_machine = EM_X86_64,
                     .e_version = EV_CURRENT,
                     .e_entry = 0x1010,
                     .e_phoff = sizeof(Elf64_Ehdr),
                     .e_ehsize = sizeof(Elf64_Ehdr),
                     .e_phentsize = sizeof(Elf64_Phdr),
                     .e_phnum = TEST_ELF_PHDRS,
                     },
        .phdrs =
            {
                     [TEST_ELF_HEADERS] =
                    {.p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = 0x800, .p_memsz = 0x800},
                     [TEST_ELF_CODE] = {.p_type = PT_LOAD,
                                   .p_flags = PF_R | PF_X,
                                   .p_offset = 0x1000,
                                   .p_vaddr = 0x1000,
                                   .p_filesz = 0xF00,
                                   .p_memsz = 0xF00},
                     [TEST_ELF_DATA] = {.p_type = PT_LOAD,
                                   .p_flags = PF_R | PF_W,
                                   .p_offset = 0x1F80,
                                   .p_vaddr = 0x2F80,
                                   .p_filesz = 0x400,
                                   .p_memsz = 0x3000},
                     [TEST_ELF_STACK] = {.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W},
                     [TEST_ELF_DYNAMIC] = {.p_type = PT_DYNAMIC,
                                      .p_flags = PF_R,
                                      .p_offset = 0x1F80,
                                      .p_vaddr = 0x2F80,
                                      .p_filesz = 64,
                                      .p_memsz = 64},
                     },
        .dynamic = {{.d_tag = DT_FLAGS_1, .d_un.d_val = 0x08000000}                                                    },
    };
}

/* The file: every byte that no header fills tells where it is. */
static inline struct bytes test_elf_file(const struct test_elf *elf, struct buffer *hold)
{
    buffer_clear(hold);
    uint8_t *file = buffer_extend(hold, TEST_ELF_SIZE);
    for (size_t i = 0; i < TEST_ELF_SIZE; i++)
        file[i] = (uint8_t)(0x40 | (i >> 8 ^ i));
    bytes_copy(file, (struct bytes){(const uint8_t *)&elf->header, sizeof elf->header});
    bytes_copy(file + sizeof elf->header,
               (struct bytes){(const uint8_t *)elf->phdrs, sizeof elf->phdrs});
    bytes_copy(file + 0x1F80, (struct bytes){(const uint8_t *)elf->dynamic, sizeof elf->dynamic});
    return buffer_bytes(hold);
}

#endif
