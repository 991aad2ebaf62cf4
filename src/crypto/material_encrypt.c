#include "crypto/material_inside.h"

#define USES_ENCRYPT (1u << MATERIAL_ENCRYPTS | 1u << MATERIAL_WRAPS)

/* A member that the algorithm has no use for is a mistake of the client's, who may take it for
 * bound. len bytes where it has. */
static bool check_member(struct bytes member, const char *name, size_t len, struct quoth_error *err)
{
    char expected[24];
    if (member.len == len)
        return true;
    snprintf(expected, sizeof expected, "%zu", len);
    return material_input(err, name, member.len, len ? expected : "none for this algorithm");
}

static bool check(const struct material *m, const struct material_algorithm *a,
                  const struct material_text *t, size_t gcm_iv, size_t gcm_tag,
                  struct quoth_error *err)
{
    const bool is_gcm = a->method == METHOD_GCM;
    const bool is_cbc = a->method == METHOD_CBC || a->method == METHOD_CBC_PAD;
    if (!material_has(m, a, USES_ENCRYPT, err))
        return false;
    if (t->value.len > MATERIAL_TEXT_MAX + 16) /* ciphertexts may be a block longer */
        return material_input(err, "value", t->value.len, "at most 65536");
    if (is_gcm && t->aad.len > MATERIAL_TEXT_MAX)
        return material_input(err, "aad", t->aad.len, "at most 65536");
    return check_member(t->iv, "iv",
                        is_gcm   ? gcm_iv
                        : is_cbc ? 16
                                 : 0,
                        err) &&
           check_member(t->tag, "tag", is_gcm ? gcm_tag : 0, err) &&
           (is_gcm || check_member(t->aad, "aad", 0, err));
}

bool material_encrypt(struct material *m, const struct material_algorithm *a,
                      const struct material_text *plain, struct buffer *ret_value,
                      struct buffer *ret_iv, struct buffer *ret_tag, struct quoth_error *err)
{
    if (!check(m, a, plain, 0, 0, err))
        return false;
    return m->type == MATERIAL_RSA
               ? material_rsa_encrypt(m, a, plain->value, ret_value, err)
               : material_aes_encrypt(m, a, plain, ret_value, ret_iv, ret_tag, err);
}

bool material_decrypt(struct material *m, const struct material_algorithm *a,
                      const struct material_text *sealed, struct buffer *ret_plain,
                      struct quoth_error *err)
{
    if (!check(m, a, sealed, 12, 16, err))
        return false;
    return m->type == MATERIAL_RSA ? material_rsa_decrypt(m, a, sealed->value, ret_plain, err)
                                   : material_aes_decrypt(m, a, sealed, ret_plain, err);
}
