/* Sealed by a TPM 2.0 (key-release.md 6.6; numbers of parts are those of TCG's library specification).
 * A storage key is made anew from the owner's seed at each visit, so that nothing is stored in the TPM;
 * below it the 32 bytes are sealed, together with the SHA-256 of the label. They come out in a policy
 * session alone: for Unseal, with the PCRs as they were. Both ways they are encrypted on the bus. */
#include "codec/hex.h"
#include "crypto/digest.h"
#include "keys/device.h"
#include "keys/tpm.h"
#include "keys/tpm_source.h"
#include "keys/tpm_wrapped.h"

#include <stdio.h>

#define LABEL_HASH_SIZE 32
#define SEALED_SIZE (DEVICE_SECRET_SIZE + LABEL_HASH_SIZE)

struct tpm_device {
    struct tpm_source source;
    uint8_t parent[TPM_NAME_SIZE]; /* of the TPM that was there when the device was opened */
};

static bool refuse(struct quoth_error *err, const char *why)
{
    return quoth_fail(err, QUOTH_DEVICE_REFUSED, "tpm", QUOTH_NO_OFFSET, "%s", why);
}

static bool altered(struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_SEAL_BROKEN, "wrapped", QUOTH_NO_OFFSET,
                      "was sealed for another purpose, or was altered");
}

/* TCG's storage root key (EK Credential Profile 2.5, template H-2 but for its place): whatever is made
 * of one seed by one template is the same key. */
static const TPM2B_PUBLIC storage_key = {
    .publicArea =
        {
                     .type = TPM2_ALG_ECC,
                     .nameAlg = TPM2_ALG_SHA256,
                     .objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                                TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
                                TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
                     .parameters.eccDetail =
                {
                    .symmetric = {.algorithm = TPM2_ALG_AES,
                                  .keyBits.aes = 128,
                                  .mode.aes = TPM2_ALG_CFB},
                    .scheme.scheme = TPM2_ALG_NULL,
                    .curveID = TPM2_ECC_NIST_P256,
                    .kdf.scheme = TPM2_ALG_NULL,
                }, .unique.ecc = {.x.size = 32, .y.size = 32},
                     },
};

/* It has neither password nor a use outside its policy. */
static TPM2B_PUBLIC sealed_object(const TPM2B_DIGEST *policy)
{
    return (TPM2B_PUBLIC){
        .publicArea =
            {
                         .type = TPM2_ALG_KEYEDHASH,
                         .nameAlg = TPM2_ALG_SHA256,
                         .objectAttributes =
                    TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_NODA,
                         .authPolicy = *policy,
                         .parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
                         },
    };
}

static TPML_PCR_SELECTION selection_of(uint32_t pcrs)
{
    return (TPML_PCR_SELECTION){
        .count = 1,
        .pcrSelections[0] =
            {
                               .hash = TPM2_ALG_SHA256,
                               .sizeofSelect = 3,
                               .pcrSelect = {(uint8_t)pcrs, (uint8_t)(pcrs >> 8), (uint8_t)(pcrs >> 16)},
                               },
    };
}

/* A policy over PCRs that the TPM does not keep would hold always: it leaves them out, silently
 * (part 3, 23.7: "PCR that are not implemented"). */
static bool check_pcrs(struct tpm *t, uint32_t pcrs, struct quoth_error *err)
{
    TPMS_CAPABILITY_DATA *found = NULL;
    uint32_t kept = 0;
    if (!tpm_ok("GetCapability",
                t->lib.Esys_GetCapability(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                          TPM2_CAP_PCRS, 0, 1, NULL, &found),
                err))
        return false;
    const TPML_PCR_SELECTION *banks = &found->data.assignedPCR;
    for (size_t i = 0; i < banks->count && i < COUNT(banks->pcrSelections); i++)
        for (size_t b = 0; b < banks->pcrSelections[i].sizeofSelect && b < 3; b++)
            if (banks->pcrSelections[i].hash == TPM2_ALG_SHA256)
                kept |= (uint32_t)banks->pcrSelections[i].pcrSelect[b] << 8 * b;
    t->lib.Esys_Free(found);
    return (pcrs & ~kept) == 0 ||
           refuse(err, "the TPM has no SHA-256 bank for these PCRs: the firmware can switch it on");
}

/* What must hold before the session may unseal. */
static bool apply_policy(struct tpm *t, uint32_t pcrs, struct quoth_error *err)
{
    const TPML_PCR_SELECTION selection = selection_of(pcrs);
    const TPM2B_DIGEST as_they_are = {0};
    return tpm_ok("PolicyCommandCode",
                  t->lib.Esys_PolicyCommandCode(t->esys, t->session, ESYS_TR_NONE, ESYS_TR_NONE,
                                                ESYS_TR_NONE, TPM2_CC_Unseal),
                  err) &&
           (!pcrs || tpm_ok("PolicyPCR",
                            t->lib.Esys_PolicyPCR(t->esys, t->session, ESYS_TR_NONE, ESYS_TR_NONE,
                                                  ESYS_TR_NONE, &as_they_are, &selection),
                            err));
}

static bool policy_digest(struct tpm *t, uint32_t pcrs, TPM2B_DIGEST *ret_policy,
                          struct quoth_error *err)
{
    TPM2B_DIGEST *digest = NULL;
    if ((pcrs && !check_pcrs(t, pcrs, err)) ||
        !tpm_start_session(t, TPM2_SE_TRIAL, ESYS_TR_NONE, 0, err) || !apply_policy(t, pcrs, err) ||
        !tpm_ok("PolicyGetDigest",
                t->lib.Esys_PolicyGetDigest(t->esys, t->session, ESYS_TR_NONE, ESYS_TR_NONE,
                                            ESYS_TR_NONE, &digest),
                err))
        return false;
    *ret_policy = *digest;
    t->lib.Esys_Free(digest);
    return true;
}

/* The storage key and its name, which is that of the TPM and of its present owner. */
static bool make_parent(struct tpm *t, ESYS_TR *ret_key, uint8_t ret_name[TPM_NAME_SIZE],
                        struct quoth_error *err)
{
    const TPM2B_SENSITIVE_CREATE no_password = {0};
    const TPM2B_DATA nothing = {0};
    const TPML_PCR_SELECTION no_pcrs = {0};
    TPM2B_NAME *name = NULL;
    ESYS_TR key;
    if (!tpm_ok("CreatePrimary",
                t->lib.Esys_CreatePrimary(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                          ESYS_TR_NONE, &no_password, &storage_key, &nothing,
                                          &no_pcrs, &key, NULL, NULL, NULL, NULL),
                err))
        return false;
    tpm_hold(t, key);
    if (!tpm_ok("GetName", t->lib.Esys_TR_GetName(t->esys, key, &name), err))
        return false;
    /* the algorithm in two bytes, then the digest (part 1, 16) */
    const struct bytes digest = bytes_slice((struct bytes){name->name, name->size}, 2, name->size);
    const bool fits = digest.len == TPM_NAME_SIZE;
    if (fits)
        bytes_copy(ret_name, digest);
    t->lib.Esys_Free(name);
    *ret_key = key;
    return fits || refuse(err, "its storage key has another name than SHA-256 gives");
}

/* Finds the TPM of the device, and no other. */
static bool visit(const struct tpm_device *d, struct tpm *ret_tpm, ESYS_TR *ret_parent,
                  struct quoth_error *err)
{
    AUTO(tpm) struct tpm t = {0};
    uint8_t name[TPM_NAME_SIZE];
    if (!tpm_open(d->source.tcti, &t, err) || !make_parent(&t, ret_parent, name, err))
        return false;
    if (!bytes_equal(BYTES_OF(name), BYTES_OF(d->parent)))
        return refuse(err, "it is another TPM than at the start, or was cleared meanwhile");
    *ret_tpm = take_value(t);
    return true;
}

static bool seal(struct tpm *t, ESYS_TR parent, const TPM2B_DIGEST *policy,
                 const struct sha256 *label, const uint8_t *secret, TPM2B_PUBLIC **ret_public,
                 TPM2B_PRIVATE **ret_private, struct quoth_error *err)
{
    const TPM2B_PUBLIC object = sealed_object(policy);
    const TPM2B_DATA nothing = {0};
    const TPML_PCR_SELECTION no_pcrs = {0};
    TPM2B_SENSITIVE_CREATE sensitive = {.sensitive.data.size = SEALED_SIZE};
    bytes_copy(sensitive.sensitive.data.buffer, (struct bytes){secret, DEVICE_SECRET_SIZE});
    bytes_copy(sensitive.sensitive.data.buffer + DEVICE_SECRET_SIZE, BYTES_OF(label->bytes));
    const bool done =
        tpm_start_session(t, TPM2_SE_HMAC, parent, TPMA_SESSION_DECRYPT, err) &&
        tpm_ok("Create",
               t->lib.Esys_Create(t->esys, parent, t->session, ESYS_TR_NONE, ESYS_TR_NONE,
                                  &sensitive, &object, &nothing, &no_pcrs, ret_private, ret_public,
                                  NULL, NULL, NULL),
               err);
    bytes_wipe(&sensitive, sizeof sensitive);
    return done;
}

/* What Load does not take is not this TPM's, or is not as it was made: it checks the integrity of all
 * of it under a key of the parent (part 1, 23.3). */
static bool load(struct tpm *t, ESYS_TR parent, const TPM2B_PUBLIC *public_area,
                 const TPM2B_PRIVATE *private_area, ESYS_TR *ret_object, struct quoth_error *err)
{
    const TSS2_RC rc = t->lib.Esys_Load(t->esys, parent, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                        ESYS_TR_NONE, private_area, public_area, ret_object);
    if (tpm_answer(rc) & TPM2_RC_FMT1)
        return altered(err);
    if (!tpm_ok("Load", rc, err))
        return false;
    tpm_hold(t, *ret_object);
    return true;
}

static bool open_content(const TPM2B_SENSITIVE_DATA *content, const struct sha256 *label,
                         uint8_t ret_secret[DEVICE_SECRET_SIZE], struct quoth_error *err)
{
    const struct bytes all = {content->buffer, content->size};
    if (all.len != SEALED_SIZE ||
        !bytes_equal_secret(bytes_slice(all, DEVICE_SECRET_SIZE, all.len), BYTES_OF(label->bytes)))
        return altered(err);
    bytes_copy(ret_secret, bytes_slice(all, 0, DEVICE_SECRET_SIZE));
    return true;
}

static bool unseal(struct tpm *t, ESYS_TR parent, const TPM2B_PUBLIC *public_area,
                   const TPM2B_PRIVATE *private_area, uint32_t pcrs, const struct sha256 *label,
                   uint8_t ret_secret[DEVICE_SECRET_SIZE], struct quoth_error *err)
{
    TPM2B_SENSITIVE_DATA *content = NULL;
    ESYS_TR object;
    if (!load(t, parent, public_area, private_area, &object, err) ||
        !tpm_start_session(t, TPM2_SE_POLICY, parent, TPMA_SESSION_ENCRYPT, err) ||
        !apply_policy(t, pcrs, err) ||
        !tpm_ok(
            "Unseal",
            t->lib.Esys_Unseal(t->esys, object, t->session, ESYS_TR_NONE, ESYS_TR_NONE, &content),
            err))
        return false;
    const bool fits = open_content(content, label, ret_secret, err);
    bytes_wipe(content, sizeof *content);
    t->lib.Esys_Free(content);
    return fits;
}

/* What was sealed is unsealed at once: whether the TPM gives it back must not be found out on the day
 * it is needed. */
static bool proves(struct tpm *t, ESYS_TR parent, const TPM2B_PUBLIC *public_area,
                   const TPM2B_PRIVATE *private_area, uint32_t pcrs, const struct sha256 *label,
                   const uint8_t *secret, struct quoth_error *err)
{
    uint8_t again[DEVICE_SECRET_SIZE];
    const bool same =
        unseal(t, parent, public_area, private_area, pcrs, label, again, err) &&
        (bytes_equal_secret(BYTES_OF(again), (struct bytes){secret, DEVICE_SECRET_SIZE}) ||
         refuse(err, "the TPM does not give back what it was given"));
    bytes_wipe(again, sizeof again);
    return same;
}

static bool write_wrapped(const struct tpm *t, const struct tpm_device *d,
                          const TPM2B_PUBLIC *public_area, const TPM2B_PRIVATE *private_area,
                          struct buffer *ret_wrapped, struct quoth_error *err)
{
    uint8_t public_text[sizeof *public_area], private_text[sizeof *private_area];
    size_t public_len = 0, private_len = 0;
    if (!tpm_ok("Marshal",
                t->lib.Tss2_MU_TPM2B_PUBLIC_Marshal(public_area, public_text, sizeof public_text,
                                                    &public_len),
                err) ||
        !tpm_ok("Marshal",
                t->lib.Tss2_MU_TPM2B_PRIVATE_Marshal(private_area, private_text,
                                                     sizeof private_text, &private_len),
                err))
        return false;
    tpm_wrapped_write(
        &(struct tpm_wrapped){
            .pcrs = d->source.pcrs,
            .parent = BYTES_OF(d->parent),
            .public_area = {public_text,  public_len },
            .private_area = {private_text, private_len}
    },
        ret_wrapped);
    return buffer_ok(ret_wrapped, err);
}

static bool read_areas(const struct tpm *t, const struct tpm_wrapped *w, TPM2B_PUBLIC *ret_public,
                       TPM2B_PRIVATE *ret_private, struct quoth_error *err)
{
    size_t public_len = 0, private_len = 0;
    *ret_public = (TPM2B_PUBLIC){0};
    *ret_private = (TPM2B_PRIVATE){0};
    return (t->lib.Tss2_MU_TPM2B_PUBLIC_Unmarshal(w->public_area.data, w->public_area.len,
                                                  &public_len, ret_public) == TSS2_RC_SUCCESS &&
            t->lib.Tss2_MU_TPM2B_PRIVATE_Unmarshal(w->private_area.data, w->private_area.len,
                                                   &private_len, ret_private) == TSS2_RC_SUCCESS &&
            public_len == w->public_area.len && private_len == w->private_area.len) ||
           altered(err);
}

static bool tpm_wrap(void *self, struct bytes label, const uint8_t *secret,
                     struct buffer *ret_wrapped, struct quoth_error *err)
{
    const struct tpm_device *d = self;
    const struct sha256 hash = sha256_of(label);
    AUTO(tpm) struct tpm t = {0};
    TPM2B_PUBLIC *public_area = NULL;
    TPM2B_PRIVATE *private_area = NULL;
    TPM2B_DIGEST policy;
    ESYS_TR parent;
    if (!visit(d, &t, &parent, err) || !policy_digest(&t, d->source.pcrs, &policy, err) ||
        !seal(&t, parent, &policy, &hash, secret, &public_area, &private_area, err))
        return false;
    const bool done =
        proves(&t, parent, public_area, private_area, d->source.pcrs, &hash, secret, err) &&
        write_wrapped(&t, d, public_area, private_area, ret_wrapped, err);
    t.lib.Esys_Free(public_area);
    t.lib.Esys_Free(private_area);
    return done;
}

/* A setting that names PCRs promises that nothing opens without them. */
static bool check_setting(const struct tpm_device *d, const struct tpm_wrapped *w,
                          struct quoth_error *err)
{
    if (!bytes_equal(w->parent, BYTES_OF(d->parent)))
        return quoth_fail(err, QUOTH_SEAL_BROKEN, "wrapped", QUOTH_NO_OFFSET,
                          "was sealed by another TPM, or before this one was cleared");
    return w->pcrs == d->source.pcrs ||
           refuse(err, "was sealed to other PCRs than the setting names: open it by the old "
                       "setting, or by another slot, and wrap it anew");
}

static bool tpm_unwrap(void *self, struct bytes label, struct bytes wrapped, uint8_t *ret_secret,
                       struct quoth_error *err)
{
    const struct tpm_device *d = self;
    const struct sha256 hash = sha256_of(label);
    AUTO(tpm) struct tpm t = {0};
    struct tpm_wrapped w;
    TPM2B_PUBLIC public_area;
    TPM2B_PRIVATE private_area;
    ESYS_TR parent;
    return tpm_wrapped_read(wrapped, &w, err) && check_setting(d, &w, err) &&
           visit(d, &t, &parent, err) && read_areas(&t, &w, &public_area, &private_area, err) &&
           unseal(&t, parent, &public_area, &private_area, d->source.pcrs, &hash, ret_secret, err);
}

/* There is nothing to be made: the storage key is made at each visit. */
static bool tpm_prepare(void *self, struct quoth_error *err)
{
    (void)self, (void)err;
    return true;
}

static void tpm_device_close(void *self)
{
    free(self);
}

/* "tpm:1f3a5c7e9b0d2f4a", of the storage key's name, or "tpm:1f3a5c7e9b0d2f4a/000880" with the PCRs. */
static void write_name(const struct tpm_device *d, char ret_name[DEVICE_NAME_SIZE])
{
    char hex[17];
    hex_text(bytes_slice(BYTES_OF(d->parent), 0, 8), hex, sizeof hex);
    if (d->source.pcrs)
        snprintf(ret_name, DEVICE_NAME_SIZE, "tpm:%s/%06x", hex, d->source.pcrs);
    else
        snprintf(ret_name, DEVICE_NAME_SIZE, "tpm:%s", hex);
}

static bool tpm_device_open(const char *source, const char *state_folder, void **ret_self,
                            char ret_name[DEVICE_NAME_SIZE], struct quoth_error *err)
{
    AUTO(tpm) struct tpm t = {0};
    struct tpm_device d;
    ESYS_TR parent;
    (void)state_folder;
    if (!tpm_source_of_key(bytes_of_text(source), &d.source, err) ||
        !tpm_open(d.source.tcti, &t, err) || !make_parent(&t, &parent, d.parent, err))
        return false;
    struct tpm_device *self = malloc(sizeof *self);
    if (!self)
        return quoth_fail(err, QUOTH_MEMORY, "tpm", QUOTH_NO_OFFSET, "out of memory");
    *self = d;
    write_name(self, ret_name);
    *ret_self = self;
    return true;
}

const struct device_driver device_tpm = {
    .scheme = "tpm:",
    .open = tpm_device_open,
    .close = tpm_device_close,
    .prepare = tpm_prepare,
    .wrap = tpm_wrap,
    .unwrap = tpm_unwrap,
};
