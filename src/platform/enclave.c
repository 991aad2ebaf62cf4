#include "platform/enclave.h"

#include <inttypes.h>

#include "base/file.h"
#include "codec/hex.h"

/* Where Open Enclave keeps the SIGSTRUCT in its section; EGo does, too. */
#define OEINFO_SECTION ".oeinfo"
#define OEINFO_SIGSTRUCT_AT 144u

/* Attributes that give keys to Intel's own enclaves. */
#define PRIVILEGED (SGX_FLAG_PROVISION_KEY | SGX_FLAG_EINITTOKEN_KEY)

void enclave_clear(struct enclave *enclave)
{
    image_clear(&enclave->image);
    enclave_config_clear(&enclave->config);
    *enclave = (struct enclave){0};
}

char *enclave_path(const char *exe, const char *suffix, struct quoth_error *err)
{
    AUTO(buffer) struct buffer path = {0};
    buffer_printf(&path, "%s%s", exe, suffix);
    return buffer_take_text(&path, err);
}

static bool masked_check(uint64_t ours, uint64_t signers, uint64_t mask, const char *field,
                         struct quoth_error *err)
{
    char found[24], expected[24];
    if ((ours & mask) == (signers & mask))
        return true;
    snprintf(found, sizeof found, "0x%" PRIx64, ours & mask);
    snprintf(expected, sizeof expected, "0x%" PRIx64, signers & mask);
    return quoth_mismatch(err, QUOTH_ENCLAVE_ATTRIBUTES, field, QUOTH_NO_OFFSET, found, expected);
}

static bool ids_check(const struct sigstruct_body *body, const struct enclave_config *config,
                      struct quoth_error *err)
{
    if (body->isv_prod_id == config->product_id && body->isv_svn == config->security_version)
        return true;
    return quoth_fail(err, QUOTH_ENCLAVE_ATTRIBUTES, "sigstruct.isv_prod_id", QUOTH_NO_OFFSET,
                      "signed as product %u, version %u, but configured as product %u, version %u",
                      body->isv_prod_id, body->isv_svn, config->product_id,
                      config->security_version);
}

bool enclave_init(const struct sigstruct *sigstruct, const struct sha256 *mr_enclave,
                  const struct enclave_config *config, struct enclave_identity *ret_identity,
                  struct quoth_error *err)
{
    const struct sigstruct_body *body = &sigstruct->body;
    struct enclave_identity id = {
        .flags = SGX_FLAG_MODE64BIT | (config->debug ? SGX_FLAG_DEBUG : 0),
        .xfrm = SGX_XFRM_LEGACY,
        .isv_prod_id = body->isv_prod_id,
        .isv_svn = body->isv_svn,
    };
    char found[72], expected[72];

    if (!bytes_equal(BYTES_OF(mr_enclave->bytes), BYTES_OF(body->mr_enclave)))
        return quoth_mismatch(err, QUOTH_ENCLAVE_MEASUREMENT, "mr_enclave", QUOTH_NO_OFFSET,
                              hex_text(BYTES_OF(mr_enclave->bytes), found, sizeof found),
                              hex_text(BYTES_OF(body->mr_enclave), expected, sizeof expected));
    if (body->flags & PRIVILEGED)
        return quoth_fail(err, QUOTH_ENCLAVE_ATTRIBUTES, "attributes.flags", QUOTH_NO_OFFSET,
                          "asks for keys of Intel's own enclaves (0x%" PRIx64 ")",
                          body->flags & PRIVILEGED);
    if (sigstruct->kss_ids)
        return quoth_fail(err, QUOTH_ENCLAVE_ATTRIBUTES, "isv_family_id", QUOTH_NO_OFFSET,
                          "has family or extended product ids without KSS");
    if (!masked_check(id.flags, body->flags, body->flags_mask, "attributes.flags", err) ||
        !masked_check(id.xfrm, body->xfrm, body->xfrm_mask, "attributes.xfrm", err) ||
        !masked_check(id.misc_select, body->misc_select, body->misc_mask, "misc_select", err) ||
        !ids_check(body, config, err))
        return false;
    id.flags |= SGX_FLAG_INIT;
    bytes_copy(id.mr_enclave, BYTES_OF(mr_enclave->bytes));
    bytes_copy(id.mr_signer, BYTES_OF(sigstruct->mr_signer));
    *ret_identity = id;
    return true;
}

/* Reads EXE with a suffix, which is there if EXE was signed. */
static bool part_read(const char *exe, const char *suffix, size_t limit, struct buffer *ret_data,
                      struct quoth_error *err)
{
    AUTO(text) char *path = enclave_path(exe, suffix, err);
    if (!path)
        return false;
    if (!file_exists(path))
        return quoth_fail(err, QUOTH_ENCLAVE_UNSIGNED, exe, QUOTH_NO_OFFSET, "there is no %s",
                          path);
    return file_read(path, limit, ret_data, err);
}

bool enclave_load(const char *exe, struct enclave *ret_enclave, struct quoth_error *err)
{
    AUTO(enclave) struct enclave e = {0};
    AUTO(buffer) struct buffer program = {0}, signature = {0}, config = {0};
    struct sigstruct sigstruct;
    struct sha256 mr_enclave;

    if (!file_read(exe, ENCLAVE_PROGRAM_LIMIT, &program, err) ||
        !part_read(exe, ".sig", SIGSTRUCT_SIZE, &signature, err) ||
        !part_read(exe, ".enclave", ENCLAVE_CONFIG_LIMIT, &config, err))
        return false;
    if (!sigstruct_read(buffer_bytes(&signature), &sigstruct, err) ||
        !enclave_config_read_measured(buffer_bytes(&config), &e.config, err) ||
        !image_build(buffer_bytes(&program), &e.image, err) ||
        !image_measure(&e.image, buffer_bytes(&config), e.config.heap_mib, e.config.executable_heap,
                       NULL, &mr_enclave, err) ||
        !enclave_init(&sigstruct, &mr_enclave, &e.config, &e.identity, err))
        return false;
    *ret_enclave = take_value(e);
    return true;
}

bool enclave_sign(const struct enclave_signing *signing, struct sigstruct *ret_sigstruct,
                  struct quoth_error *err)
{
    const struct enclave_config *config = signing->config;
    AUTO(image) struct image image = {0};
    AUTO(buffer) struct buffer program = {0}, measured = {0}, signature = {0};
    AUTO(text) char *config_path = enclave_path(signing->exe, ".enclave", err);
    AUTO(text) char *sig_path = config_path ? enclave_path(signing->exe, ".sig", err) : NULL;
    struct sigstruct_body body;
    struct sha256 mr_enclave;

    if (!sig_path || !file_read(signing->exe, ENCLAVE_PROGRAM_LIMIT, &program, err) ||
        !image_build(buffer_bytes(&program), &image, err) ||
        !enclave_config_write_measured(config, &measured, err) ||
        !image_measure(&image, buffer_bytes(&measured), config->heap_mib, config->executable_heap,
                       signing->records, &mr_enclave, err))
        return false;
    sigstruct_defaults(config->debug, &body);
    body.date = signing->date;
    body.isv_prod_id = config->product_id;
    body.isv_svn = config->security_version;
    bytes_copy(body.mr_enclave, BYTES_OF(mr_enclave.bytes));
    return sigstruct_write(&body, signing->key, &signature, err) &&
           sigstruct_read(buffer_bytes(&signature), ret_sigstruct, err) &&
           file_write(config_path, buffer_bytes(&measured), 0644, err) &&
           file_write(sig_path, buffer_bytes(&signature), 0644, err);
}

static bool oeinfo_read(struct bytes program, struct sigstruct *ret_sigstruct, bool *ret_blank,
                        struct quoth_error *err)
{
    struct bytes section;

    if (!elf_section(program, OEINFO_SECTION, &section, err))
        return false;
    const struct bytes in = bytes_slice(section, OEINFO_SIGSTRUCT_AT, SIGSTRUCT_SIZE);
    if (ret_blank && in.len == SIGSTRUCT_SIZE && bytes_all_zero(in)) {
        *ret_blank = true;
        return true;
    }
    return sigstruct_read(in, ret_sigstruct, err) || quoth_within(err, OEINFO_SECTION);
}

bool enclave_sigstruct(const char *path, struct sigstruct *ret_sigstruct, bool *ret_blank,
                       struct quoth_error *err)
{
    AUTO(buffer) struct buffer file = {0}, beside = {0};
    AUTO(text) char *sig_path = enclave_path(path, ".sig", err);
    struct quoth_error why = {0};

    if (!sig_path || !file_read(path, ENCLAVE_PROGRAM_LIMIT, &file, err))
        return false;
    if (file.len == SIGSTRUCT_SIZE)
        return sigstruct_read(buffer_bytes(&file), ret_sigstruct, err);
    if (file_exists(sig_path))
        return file_read(sig_path, SIGSTRUCT_SIZE, &beside, err) &&
               sigstruct_read(buffer_bytes(&beside), ret_sigstruct, err);
    if (elf_section(buffer_bytes(&file), OEINFO_SECTION, &(struct bytes){0}, &why))
        return oeinfo_read(buffer_bytes(&file), ret_sigstruct, ret_blank, err);
    return quoth_fail(err, QUOTH_ENCLAVE_UNSIGNED, path, QUOTH_NO_OFFSET,
                      "is no SIGSTRUCT, has no %s beside it and no section " OEINFO_SECTION,
                      sig_path);
}
