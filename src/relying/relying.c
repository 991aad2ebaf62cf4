#include <quoth/relying.h>

#include "relying/issuer_keys.h"
#include "relying/judge.h"

struct quoth_relying {
    struct issuer_keys *keys;
    char *issuer;
    bool allow_simulated;
};

DEFINE_AUTO(relying, struct quoth_relying *, quoth_relying_close)

bool quoth_relying_open(const struct quoth_relying_options *options,
                        struct quoth_relying **ret_relying, struct quoth_error *err)
{
    AUTO(relying) struct quoth_relying *r = calloc(1, sizeof *r);
    if (r)
        r->issuer = strdup(options->verifier);
    if (!r || !r->issuer)
        return quoth_fail(err, QUOTH_MEMORY, "relying", QUOTH_NO_OFFSET, "out of memory");
    r->allow_simulated = options->allow_simulated;
    if (!(options->keys_file
              ? issuer_keys_open_file(options->verifier, options->keys_file, &r->keys, err)
              : issuer_keys_open(options->verifier, options->ca_file, options->timeout_ms, &r->keys,
                                 err)))
        return false;
    *ret_relying = take(r);
    return true;
}

void quoth_relying_close(struct quoth_relying *r)
{
    if (!r)
        return;
    issuer_keys_close(r->keys);
    free(r->issuer);
    free(r);
}

void quoth_verified_clear(struct quoth_verified *v)
{
    free(v->held_data);
    free(v->certificate);
    *v = (struct quoth_verified){0};
}

bool quoth_relying_verify(struct quoth_relying *r, const char *text, size_t len, int64_t now,
                          struct quoth_verified *ret_verified, struct quoth_error *err)
{
    const struct judge_rules rules = {
        .issuer = r->issuer, .allow_simulated = r->allow_simulated, .now = now};
    AUTO(token) struct token t = {0};
    const struct public_key *key = NULL;
    return token_read((struct bytes){(const uint8_t *)text, len}, &t, err) && judge_form(&t, err) &&
           issuer_keys_find(r->keys, t.kid, &key, err) &&
           judge_token(&t, key, &rules, ret_verified, err);
}
