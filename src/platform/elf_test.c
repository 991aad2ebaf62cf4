#include "platform/elf.h"

#include "platform/test_elf.h"
#include "tests/unit.h"

static void a_static_pie_is_accepted(void **state)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer hold = {0};
    const struct test_elf elf = test_elf_good();
    struct elf_program p;

    (void)state;
    if (!elf_program_read(test_elf_file(&elf, &hold), &p, &err))
        fail_msg("%s: %s", err.where, err.message);
    assert_int_equal(p.entry, 0x1010);
    assert_int_equal(p.segment_count, 3);
    assert_int_equal(p.segments[1].flags, ELF_R | ELF_X);
    assert_int_equal(p.segments[2].vaddr, 0x2F80);
    assert_int_equal(p.segments[2].mem_size, 0x3000);
}

/* Each breaks one thing. */
static void fixed_address(struct test_elf *e)
{
    e->header.e_type = ET_EXEC;
}
static void object_file(struct test_elf *e)
{
    e->header.e_type = ET_REL;
}
static void other_machine(struct test_elf *e)
{
    e->header.e_machine = EM_AARCH64;
}
static void other_class(struct test_elf *e)
{
    e->header.e_ident[EI_CLASS] = ELFCLASS32;
}
static void big_endian(struct test_elf *e)
{
    e->header.e_ident[EI_DATA] = ELFDATA2MSB;
}
static void no_phdrs(struct test_elf *e)
{
    e->header.e_phnum = 0;
}
static void many_phdrs(struct test_elf *e)
{
    e->header.e_phnum = 65;
}
static void odd_phdrs(struct test_elf *e)
{
    e->header.e_phentsize = 32;
}
static void phdrs_beyond(struct test_elf *e)
{
    e->header.e_phoff = TEST_ELF_SIZE - 8;
}
static void phdrs_wrap(struct test_elf *e)
{
    e->header.e_phoff = UINT64_MAX - 8;
}
static void phdrs_outside(struct test_elf *e)
{
    e->phdrs[TEST_ELF_HEADERS].p_filesz = e->phdrs[TEST_ELF_HEADERS].p_memsz = 0x100;
}
static void header_outside(struct test_elf *e)
{
    e->phdrs[TEST_ELF_HEADERS].p_vaddr = 0x1000;
    e->phdrs[TEST_ELF_HEADERS].p_offset = 0x1000;
}
static void interpreter(struct test_elf *e)
{
    e->phdrs[TEST_ELF_STACK].p_type = PT_INTERP;
}
static void needed(struct test_elf *e)
{
    e->dynamic[1].d_tag = DT_NEEDED;
}
static void textrel(struct test_elf *e)
{
    e->dynamic[1].d_tag = DT_TEXTREL;
}
static void textrel_flag(struct test_elf *e)
{
    e->dynamic[1].d_tag = DT_FLAGS;
    e->dynamic[1].d_un.d_val = DF_TEXTREL | DF_BIND_NOW;
}
static void dynamic_without_end(struct test_elf *e)
{
    e->phdrs[TEST_ELF_DYNAMIC].p_filesz = 16;
}
static void dynamic_beyond(struct test_elf *e)
{
    e->phdrs[TEST_ELF_DYNAMIC].p_offset = UINT64_MAX - 8;
}
static void dynamic_elsewhere(struct test_elf *e)
{
    e->phdrs[TEST_ELF_DYNAMIC].p_offset = TEST_ELF_SIZE - 64;
}
static void dynamic_twice(struct test_elf *e)
{
    e->phdrs[TEST_ELF_STACK].p_type = PT_DYNAMIC;
}
static void executable_stack(struct test_elf *e)
{
    e->phdrs[TEST_ELF_STACK].p_flags |= PF_X;
}
static void no_stack_header(struct test_elf *e)
{
    e->phdrs[TEST_ELF_STACK].p_type = PT_NULL;
}
static void writable_code(struct test_elf *e)
{
    e->phdrs[TEST_ELF_CODE].p_flags |= PF_W;
}
static void unreadable_code(struct test_elf *e)
{
    e->phdrs[TEST_ELF_CODE].p_flags = PF_X;
}
static void unusual_flags(struct test_elf *e)
{
    e->phdrs[TEST_ELF_CODE].p_flags |= 0x100000;
}
static void bss_in_code(struct test_elf *e)
{
    e->phdrs[TEST_ELF_CODE].p_memsz += 1;
}
static void more_file_than_memory(struct test_elf *e)
{
    e->phdrs[TEST_ELF_DATA].p_memsz = 0x100;
}
static void no_memory(struct test_elf *e)
{
    e->phdrs[TEST_ELF_DATA].p_memsz = e->phdrs[TEST_ELF_DATA].p_filesz = 0;
}
static void beyond_the_file(struct test_elf *e)
{
    e->phdrs[TEST_ELF_DATA].p_filesz = 0x1000;
}
static void wraps_in_the_file(struct test_elf *e)
{
    e->phdrs[TEST_ELF_DATA].p_offset = UINT64_MAX - 0x7F;
}
static void wraps_in_memory(struct test_elf *e)
{
    e->phdrs[TEST_ELF_DATA].p_vaddr = UINT64_MAX - 0x7F;
}
static void too_much_memory(struct test_elf *e)
{
    e->phdrs[TEST_ELF_DATA].p_memsz = 1ull << 33;
}
static void misaligned(struct test_elf *e)
{
    e->phdrs[TEST_ELF_DATA].p_vaddr += 8;
}
static void shared_page(struct test_elf *e)
{
    e->phdrs[TEST_ELF_DATA].p_vaddr -= 0x1000;
}
static void out_of_order(struct test_elf *e)
{
    const Elf64_Phdr code = e->phdrs[TEST_ELF_CODE];
    e->phdrs[TEST_ELF_CODE] = e->phdrs[TEST_ELF_DATA];
    e->phdrs[TEST_ELF_DATA] = code;
}
static void overlap_in_the_file(struct test_elf *e)
{
    e->phdrs[TEST_ELF_DATA].p_offset = 0xF80;
}
static void nothing_to_load(struct test_elf *e)
{
    for (unsigned i = 0; i < 3; i++)
        e->phdrs[i].p_type = PT_NOTE;
}
static void entry_in_data(struct test_elf *e)
{
    e->header.e_entry = 0x2F90;
}
static void entry_after_code(struct test_elf *e)
{
    e->header.e_entry = 0x1F00;
}

static const struct {
    void (*break_it)(struct test_elf *);
    const char *where, *words;
    enum quoth_code code;
} refusals[] = {
    {fixed_address,         "elf.type",    "fixed address",       QUOTH_ENCLAVE_IMAGE},
    {object_file,           "elf.type",    "not an executable",   QUOTH_ENCLAVE_IMAGE},
    {other_machine,         "elf.machine", "x86-64",              QUOTH_ENCLAVE_IMAGE},
    {other_class,           "elf.ident",   "64-bit",              QUOTH_MALFORMED    },
    {big_endian,            "elf.ident",   "little-endian",       QUOTH_MALFORMED    },
    {no_phdrs,              "elf.phnum",   "0 program headers",   QUOTH_MALFORMED    },
    {many_phdrs,            "elf.phnum",   "65 program headers",  QUOTH_MALFORMED    },
    {odd_phdrs,             "elf.phnum",   "of 32 bytes",         QUOTH_MALFORMED    },
    {phdrs_beyond,          "elf.phoff",   "beyond the file",     QUOTH_MALFORMED    },
    {phdrs_wrap,            "elf.phoff",   "beyond the file",     QUOTH_MALFORMED    },
    {phdrs_outside,         "elf.phoff",   "not be measured",     QUOTH_ENCLAVE_IMAGE},
    {header_outside,        "elf.load",    "own header",          QUOTH_ENCLAVE_IMAGE},
    {interpreter,           "elf.interp",  "dynamically linked",  QUOTH_ENCLAVE_IMAGE},
    {needed,                "elf.dynamic", "shared libraries",    QUOTH_ENCLAVE_IMAGE},
    {textrel,               "elf.dynamic", "text relocations",    QUOTH_ENCLAVE_IMAGE},
    {textrel_flag,          "elf.dynamic", "text relocations",    QUOTH_ENCLAVE_IMAGE},
    {dynamic_without_end,   "elf.dynamic", "no end",              QUOTH_MALFORMED    },
    {dynamic_beyond,        "elf.dynamic", "outside the loaded",  QUOTH_ENCLAVE_IMAGE},
    {dynamic_elsewhere,     "elf.dynamic", "outside the loaded",  QUOTH_ENCLAVE_IMAGE},
    {dynamic_twice,         "elf.dynamic", "two of them",         QUOTH_ENCLAVE_IMAGE},
    {executable_stack,      "elf.stack",   "executable stack",    QUOTH_ENCLAVE_IMAGE},
    {no_stack_header,       "elf.stack",   "PT_GNU_STACK",        QUOTH_ENCLAVE_IMAGE},
    {writable_code,         "elf.load",    "both writable",       QUOTH_ENCLAVE_IMAGE},
    {unreadable_code,       "elf.load",    "unusual",             QUOTH_ENCLAVE_IMAGE},
    {unusual_flags,         "elf.load",    "unusual",             QUOTH_ENCLAVE_IMAGE},
    {bss_in_code,           "elf.load",    "not writable",        QUOTH_ENCLAVE_IMAGE},
    {more_file_than_memory, "elf.load",    "bytes of memory",     QUOTH_MALFORMED    },
    {no_memory,             "elf.load",    "bytes of memory",     QUOTH_MALFORMED    },
    {beyond_the_file,       "elf.load",    "beyond the file",     QUOTH_MALFORMED    },
    {wraps_in_the_file,     "elf.load",    "beyond the file",     QUOTH_MALFORMED    },
    {wraps_in_memory,       "elf.load",    "4 GiB",               QUOTH_MALFORMED    },
    {too_much_memory,       "elf.load",    "4 GiB",               QUOTH_MALFORMED    },
    {misaligned,            "elf.load",    "elsewhere",           QUOTH_MALFORMED    },
    {shared_page,           "elf.load",    "share a page",        QUOTH_ENCLAVE_IMAGE},
    {out_of_order,          "elf.load",    "out of order",        QUOTH_ENCLAVE_IMAGE},
    {overlap_in_the_file,   "elf.load",    "overlap in the file", QUOTH_ENCLAVE_IMAGE},
    {nothing_to_load,       "elf.load",    "nothing to load",     QUOTH_ENCLAVE_IMAGE},
    {entry_in_data,         "elf.entry",   "executable segments", QUOTH_ENCLAVE_IMAGE},
    {entry_after_code,      "elf.entry",   "executable segments", QUOTH_ENCLAVE_IMAGE},
};

static void anything_else_is_refused_with_the_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct quoth_error err = {0};
        AUTO(buffer) struct buffer hold = {0};
        struct test_elf elf = test_elf_good();
        struct elf_program p;
        refusals[i].break_it(&elf);
        print_message("  %s\n", refusals[i].words);
        assert_false(elf_program_read(test_elf_file(&elf, &hold), &p, &err));
        assert_string_equal(err.where, refusals[i].where);
        assert_non_null(strstr(err.message, refusals[i].words));
        assert_int_equal(err.code, refusals[i].code);
    }
}

static void every_truncation_is_refused(void **state)
{
    AUTO(buffer) struct buffer hold = {0};
    const struct test_elf elf = test_elf_good();
    const struct bytes file = test_elf_file(&elf, &hold);

    (void)state;
    for (size_t len = 0; len < 0x2380; len++) { /* where the data ends */
        struct quoth_error err = {0};
        struct elf_program p;
        assert_false(elf_program_read(bytes_slice(file, 0, len), &p, &err));
        assert_true(err.code == QUOTH_MALFORMED);
    }
}

/* What the compiler makes of a test like this one: dynamic, so no enclave. */
static void a_dynamic_program_is_told_what_to_do(void **state)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer file = {0};
    struct elf_program p;

    (void)state;
    assert_true(file_read("/proc/self/exe", 64u << 20, &file, &err));
    assert_false(elf_program_read(buffer_bytes(&file), &p, &err));
    assert_int_equal(err.code, QUOTH_ENCLAVE_IMAGE);
    assert_string_equal(err.where, "elf.interp");
    assert_non_null(strstr(quoth_code_hint(err.code), "-static-pie"));
}

static void sections_are_found_by_name(void **state)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer file = {0}, hold = {0};
    const struct test_elf elf = test_elf_good();
    struct bytes section;

    (void)state;
    assert_true(file_read("/proc/self/exe", 64u << 20, &file, &err));
    assert_true(elf_section(buffer_bytes(&file), ".interp", &section, &err));
    assert_true(section.len > 4 && memcmp(section.data, "/lib", 4) == 0);
    assert_false(elf_section(buffer_bytes(&file), ".inter", &section, &err));
    assert_int_equal(err.code, QUOTH_MALFORMED);
    err = (struct quoth_error){0};
    assert_false(
        elf_section(buffer_bytes(&file), ".bss", &section, &err)); /* nothing in the file */
    err = (struct quoth_error){0};
    assert_false(elf_section(test_elf_file(&elf, &hold), ".text", &section, &err));
    assert_int_equal(err.code, QUOTH_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_static_pie_is_accepted),
        cmocka_unit_test(anything_else_is_refused_with_the_reason),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(a_dynamic_program_is_told_what_to_do),
        cmocka_unit_test(sections_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
