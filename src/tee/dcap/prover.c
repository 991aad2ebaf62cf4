#include "tee/dcap/prover.h"

void prover_init(struct prover *p, const struct tee_input *in, unsigned tee)
{
    *p = (struct prover){.shared = in->proofs, .tee = tee, .trust = in->trust, .at = in->at};
    p->grace = in->grace < 0                      ? 0
               : in->grace > COLLATERAL_GRACE_MAX ? COLLATERAL_GRACE_MAX
                                                  : in->grace;
    if (p->shared)
        proofs_begin(p->shared);
}

void prover_clear(struct prover *p)
{
    for (size_t i = 0; i < p->key_count; i++)
        p256_public_free(p->keys[i]);
    proofs_close(p->own);
    *p = (struct prover){0};
}

const struct p256_public *prover_key(struct prover *p, struct bytes point, struct quoth_error *err)
{
    struct p256_public *key = NULL;
    for (size_t i = 0; i < p->key_count; i++)
        if (bytes_equal(p256_public_point(p->keys[i]), point))
            return p->keys[i];
    if (p->key_count == PROVER_KEYS_MAX) {
        quoth_fail(err, QUOTH_INTERNAL, "keys", QUOTH_NO_OFFSET, "more keys than one run needs");
        return NULL;
    }
    if (!p256_public_from_point(point, &key, err))
        return NULL;
    p->keys[p->key_count++] = key;
    return key;
}

struct proof_key prover_proof(const struct prover *p, const char *role, const struct bytes *parts,
                              size_t count)
{
    struct proof_key key = {.role = role, .tee = p->tee, .trust = &p->trust->id, .count = count};
    for (size_t i = 0; i < count; i++)
        key.parts[i] = parts[i];
    return key;
}

const void *prover_find(struct prover *p, const struct proof_key *key)
{
    const void *value = p->shared ? proofs_find(p->shared, key, p->at) : NULL;
    return !value && p->own ? proofs_find(p->own, key, p->at) : value;
}

bool prover_keep(struct prover *p, const struct proof_key *key, int64_t from, int64_t until,
                 void *value, size_t size, void (*release)(void *), struct quoth_error *err)
{
    const bool holds_for_all = !p->untrusted && p->at >= from && p->at <= until;
    if (p->shared && holds_for_all)
        return proofs_keep(p->shared, key, from, until, value, size, release, err);
    if (!p->own && !proofs_open(PROOFS_BYTES_DEFAULT, &p->own, err)) {
        release(value);
        return false;
    }
    return proofs_keep(p->own, key, from, until, value, size, release, err);
}
