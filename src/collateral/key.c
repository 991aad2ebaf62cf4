#include "collateral/key.h"

#include <stdio.h>

static bool is_lower_hex(const char *text)
{
    return strspn(text, "0123456789abcdef") == strlen(text);
}

static bool is_one_of(const char *text, const char *a, const char *b)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

bool collateral_key_make(const struct sha256 *root, const char *tee, const char *fmspc,
                         const char *ca, struct collateral_key *ret_key, struct quoth_error *err)
{
    struct collateral_key key = {.root = *root};
    if (!is_one_of(tee, "sgx", "tdx"))
        return quoth_mismatch(err, QUOTH_USAGE, "tee", QUOTH_NO_OFFSET, tee, "sgx or tdx");
    if (strlen(fmspc) != sizeof key.fmspc - 1 || !is_lower_hex(fmspc))
        return quoth_mismatch(err, QUOTH_USAGE, "fmspc", QUOTH_NO_OFFSET, fmspc,
                              "12 lower-case hexadecimal digits");
    if (!is_one_of(ca, "platform", "processor"))
        return quoth_mismatch(err, QUOTH_USAGE, "ca", QUOTH_NO_OFFSET, ca, "platform or processor");
    snprintf(key.tee, sizeof key.tee, "%s", tee);
    snprintf(key.fmspc, sizeof key.fmspc, "%s", fmspc);
    snprintf(key.ca, sizeof key.ca, "%s", ca);
    *ret_key = key;
    return true;
}

bool collateral_key_equal(const struct collateral_key *a, const struct collateral_key *b)
{
    return sha256_equal(&a->root, &b->root) && strcmp(a->tee, b->tee) == 0 &&
           strcmp(a->fmspc, b->fmspc) == 0 && strcmp(a->ca, b->ca) == 0;
}

char *collateral_key_text(const struct collateral_key *key, char text[COLLATERAL_KEY_TEXT_SIZE])
{
    snprintf(text, COLLATERAL_KEY_TEXT_SIZE, "%s-%s-%s", key->tee, key->fmspc, key->ca);
    return text;
}
