#include "platform/enclave.h"

#include "platform/enclave_key.h"
#include "platform/test_elf.h"
#include "tests/unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[40];

static int enter_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/quoth-enclave.XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
    static const char *const files[] = {"app",         "app.sig",    "app.enclave",
                                        "private.pem", "public.pem", "ego"};
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++)
        remove(files[i]);
    return chdir("/") != 0 || rmdir(folder) != 0;
}

static void write_app(void)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer hold = {0};
    const struct test_elf elf = test_elf_good();
    assert_true(file_write("app", test_elf_file(&elf, &hold), 0755, &err));
}

static struct sigstruct sign_app(bool debug)
{
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = NULL;
    const struct enclave_config config = {
        .debug = debug, .heap_mib = 1, .product_id = 1234, .security_version = 2};
    struct sigstruct s;
    bool made;

    write_app();
    assert_true(enclave_key_open("private.pem", &key, &made, &err));
    const struct enclave_signing signing = {.exe = "app", .config = &config, .key = key};
    if (!enclave_sign(&signing, &s, &err))
        fail_msg("%s: %s", err.where, err.message);
    return s;
}

static void what_was_signed_is_loaded(void **state)
{
    struct quoth_error err = {0};
    AUTO(enclave) struct enclave e = {0};
    const struct sigstruct s = sign_app(false);

    (void)state;
    assert_true(enclave_load("app", &e, &err));
    assert_memory_equal(e.identity.mr_enclave, s.body.mr_enclave, 32);
    assert_memory_equal(e.identity.mr_signer, s.mr_signer, 32);
    assert_int_equal(e.identity.isv_prod_id, 1234);
    assert_int_equal(e.identity.isv_svn, 2);
    assert_int_equal(e.identity.flags, SGX_FLAG_INIT | SGX_FLAG_MODE64BIT);
    assert_int_equal(e.identity.xfrm, 3);
}

static void signing_leaves_the_program_alone(void **state)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer before = {0}, after = {0}, first = {0}, second = {0};
    const struct test_elf elf = test_elf_good();

    (void)state;
    sign_app(false);
    assert_true(file_read("app.sig", 4096, &first, &err));
    sign_app(false);
    assert_true(file_read("app.sig", 4096, &second, &err));
    assert_true(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
    assert_true(file_read("app", 1u << 20, &after, &err));
    assert_true(bytes_equal(test_elf_file(&elf, &before), buffer_bytes(&after)));
}

static void a_new_key_is_the_owners_alone(void **state)
{
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = NULL, *again = NULL;
    AUTO(buffer) struct buffer private = {0}, public = {0};
    uint8_t one[32], two[32];
    struct stat st;
    bool made;

    (void)state;
    remove("private.pem");
    assert_true(enclave_key_open("private.pem", &key, &made, &err));
    assert_true(made);
    assert_int_equal(stat("private.pem", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(enclave_key_open("private.pem", &again, &made, &err));
    assert_false(made);
    assert_true(file_read("private.pem", 8192, &private, &err));
    assert_true(file_read("public.pem", 8192, &public, &err));
    assert_true(sigstruct_signer_of_pem(buffer_bytes(&private), one, &err));
    assert_true(sigstruct_signer_of_pem(buffer_bytes(&public), two, &err));
    assert_memory_equal(one, two, 32);
}

static void what_is_no_key_has_no_signer(void **state)
{
    static const char pem[] = "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n";
    struct quoth_error err = {0};
    uint8_t id[32];

    (void)state;
    assert_false(sigstruct_signer_of_pem(bytes_of_text(pem), id, &err));
    err = (struct quoth_error){0};
    assert_false(sigstruct_signer_of_pem((struct bytes){0}, id, &err));
}

/* Attributes as EINIT compares them. */
static const struct {
    const char *name, *where;
    uint64_t flags, flags_mask, xfrm, xfrm_mask;
    uint32_t misc, misc_mask;
    uint16_t product;
    bool debug, kss, accepted;
} launches[] = {
    {"as signed",                     "",                      4,    ~0ull,    3, ~0ull, 0, ~0u, 1, false, false, true },
    {"debug as signed",               "",                      6,    ~0ull,    3, ~0ull, 0, ~0u, 1, true,  false, true },
    {"debug left open",               "",                      4,    ~2ull,    3, ~0ull, 0, ~0u, 1, true,  false, true },
    {"debug though not signed",       "attributes.flags",      4,    ~0ull,    3, ~0ull, 0, ~0u, 1, true,  false,
     false                                                                                                             },
    {"signed for debug, run without", "attributes.flags",      6,    ~0ull,    3, ~0ull, 0, ~0u, 1, false,
     false,                                                                                                       false},
    {"32-bit mode",                   "attributes.flags",      0,    ~0ull,    3, ~0ull, 0, ~0u, 1, false, false, false},
    {"KSS demanded",                  "attributes.flags",      0x84, ~0ull,    3, ~0ull, 0, ~0u, 1, false, false, false},
    {"provisioning key",              "attributes.flags",      0x14, ~0x10ull, 3, ~0ull, 0, ~0u, 1, false, false,
     false                                                                                                             },
    {"launch key",                    "attributes.flags",      0x24, ~0x20ull, 3, ~0ull, 0, ~0u, 1, false, false, false},
    {"AVX demanded",                  "attributes.xfrm",       4,    ~0ull,    7, ~0ull, 0, ~0u, 1, false, false, false},
    {"AVX allowed",                   "",                      4,    ~0ull,    7, ~4ull, 0, ~0u, 1, false, false, true },
    {"exception information",         "misc_select",           4,    ~0ull,    3, ~0ull, 1, ~0u, 1, false, false, false},
    {"ids without KSS",               "isv_family_id",         4,    ~0ull,    3, ~0ull, 0, ~0u, 1, false, true,  false},
    {"another product",               "sigstruct.isv_prod_id", 4,    ~0ull,    3, ~0ull, 0, ~0u, 9, false, false,
     false                                                                                                             },
};

static void launches_are_judged_as_by_EINIT(void **state)
{
    const struct sha256 mr_enclave = {.bytes = {0xE1}};

    (void)state;
    for (size_t i = 0; i < COUNT(launches); i++) {
        struct quoth_error err = {0};
        struct enclave_identity id;
        const struct enclave_config config = {.debug = launches[i].debug, .product_id = 1};
        const struct sigstruct s = {
            .body = {.flags = launches[i].flags,
                     .flags_mask = launches[i].flags_mask,
                     .xfrm = launches[i].xfrm,
                     .xfrm_mask = launches[i].xfrm_mask,
                     .misc_select = launches[i].misc,
                     .misc_mask = launches[i].misc_mask,
                     .mr_enclave = {0xE1},
                     .isv_prod_id = launches[i].product},
            .kss_ids = launches[i].kss,
        };
        print_message("  %s\n", launches[i].name);
        assert_int_equal(enclave_init(&s, &mr_enclave, &config, &id, &err), launches[i].accepted);
        assert_string_equal(err.where, launches[i].where);
        if (!launches[i].accepted)
            assert_int_equal(err.code, QUOTH_ENCLAVE_ATTRIBUTES);
    }
}

static void another_measurement_is_refused(void **state)
{
    struct quoth_error err = {0};
    const struct sha256 mr_enclave = {.bytes = {0xE2}};
    const struct enclave_config config = {0};
    const struct sigstruct s = {
        .body = {.flags = 4, .xfrm = 3, .mr_enclave = {0xE1}}
    };
    struct enclave_identity id;

    (void)state;
    assert_false(enclave_init(&s, &mr_enclave, &config, &id, &err));
    assert_int_equal(err.code, QUOTH_ENCLAVE_MEASUREMENT);
    assert_int_equal(strncmp(err.found, "e200", 4), 0);
    assert_int_equal(strncmp(err.expected, "e100", 4), 0);
}

/* Somebody else's signature, good in itself, beside the same program. */
static void another_signer_is_another_identity(void **state)
{
    struct quoth_error err = {0};
    AUTO(enclave) struct enclave e = {0};
    const struct sigstruct one = sign_app(false);

    (void)state;
    remove("private.pem");
    const struct sigstruct two = sign_app(false);
    assert_memory_equal(one.body.mr_enclave, two.body.mr_enclave, 32);
    assert_memory_not_equal(one.mr_signer, two.mr_signer, 32);
    assert_true(enclave_load("app", &e, &err));
    assert_memory_equal(e.identity.mr_signer, two.mr_signer, 32);
}

/* An ELF file with a section .oeinfo: null, .shstrtab, .oeinfo. */
static void write_ego_program(struct bytes sigstruct)
{
    static const char names[] = "\0.shstrtab\0.oeinfo";
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer file = {0};
    const Elf64_Ehdr header = {
        .e_ident = {0x7F, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_DYN,
        .e_machine = EM_X86_64,
        .e_shoff = sizeof header,
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = 3,
        .e_shstrndx = 1,
    };
    const uint64_t after = sizeof header + 3 * sizeof(Elf64_Shdr);
    const Elf64_Shdr sections[3] = {
        {.sh_type = SHT_NULL     },
        { .sh_name = 1,  .sh_type = SHT_STRTAB, .sh_offset = after, .sh_size = sizeof names},
        { .sh_name = 11,
         .sh_type = SHT_PROGBITS,
         .sh_offset = after + sizeof names,
         .sh_size = 2064},
    };
    buffer_add(&file, (struct bytes){(const uint8_t *)&header, sizeof header});
    buffer_add(&file, (struct bytes){(const uint8_t *)sections, sizeof sections});
    buffer_add(&file, BYTES_OF(names));
    buffer_fill(&file, 144, 0xAA);
    buffer_add(&file, sigstruct);
    buffer_fill(&file, 2064 - 144 - sigstruct.len, 0);
    assert_true(file_write("ego", buffer_bytes(&file), 0755, &err));
}

static void programs_signed_by_ego_are_read(void **state)
{
    static const uint8_t blank_bytes[SIGSTRUCT_SIZE];
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer signature = {0};
    const struct sigstruct ours = sign_app(false);
    struct sigstruct s = {0};
    bool blank = false;

    (void)state;
    assert_true(file_read("app.sig", SIGSTRUCT_SIZE, &signature, &err));
    write_ego_program(buffer_bytes(&signature));
    assert_true(enclave_sigstruct("ego", &s, &blank, &err));
    assert_false(blank);
    assert_memory_equal(s.mr_signer, ours.mr_signer, 32);
    assert_memory_equal(s.body.mr_enclave, ours.body.mr_enclave, 32);
    signature.data[1000] ^= 1;
    write_ego_program(buffer_bytes(&signature));
    assert_false(enclave_sigstruct("ego", &s, &blank, &err));
    write_ego_program(BYTES_OF(blank_bytes)); /* built, never signed */
    err = (struct quoth_error){0};
    assert_true(enclave_sigstruct("ego", &s, &blank, &err));
    assert_true(blank);
    assert_false(enclave_sigstruct("ego", &s, NULL, &err));
}

static void what_is_not_signed_is_said_to_be_so(void **state)
{
    struct quoth_error err = {0};
    AUTO(enclave) struct enclave e = {0};
    struct sigstruct s;

    (void)state;
    sign_app(false);
    remove("app.enclave");
    assert_false(enclave_load("app", &e, &err));
    assert_int_equal(err.code, QUOTH_ENCLAVE_UNSIGNED);
    sign_app(false);
    remove("app.sig");
    err = (struct quoth_error){0};
    assert_false(enclave_load("app", &e, &err));
    assert_int_equal(err.code, QUOTH_ENCLAVE_UNSIGNED);
    err = (struct quoth_error){0};
    assert_false(enclave_sigstruct("app", &s, NULL, &err));
    assert_int_equal(err.code, QUOTH_ENCLAVE_UNSIGNED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_signed_is_loaded),
        cmocka_unit_test(signing_leaves_the_program_alone),
        cmocka_unit_test(a_new_key_is_the_owners_alone),
        cmocka_unit_test(what_is_no_key_has_no_signer),
        cmocka_unit_test(launches_are_judged_as_by_EINIT),
        cmocka_unit_test(another_measurement_is_refused),
        cmocka_unit_test(another_signer_is_another_identity),
        cmocka_unit_test(programs_signed_by_ego_are_read),
        cmocka_unit_test(what_is_not_signed_is_said_to_be_so),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
