#include "policy/evaluate.h"

#include "codec/base64.h"
#include "crypto/digest.h"

#include <stdio.h>

/* ---- text in */

void policy_close(struct policy *policy)
{
    if (!policy)
        return;
    arena_clear(&policy->arena);
    free(policy);
}

bool policy_open(struct bytes text, struct policy **ret_policy, struct policy_fault *ret_fault,
                 struct quoth_error *err)
{
    struct policy_fault fault = {0};
    if (text.len > POLICY_TEXT_MAX)
        return quoth_fail(err, QUOTH_POLICY_LIMIT, "policy", QUOTH_NO_OFFSET,
                          "has %zu bytes, the limit is %u", text.len, POLICY_TEXT_MAX);
    AUTO(policy) struct policy *p = calloc(1, sizeof *p);
    if (!p)
        return quoth_fail(err, QUOTH_MEMORY, "policy", QUOTH_NO_OFFSET, "out of memory");
    p->arena.limit = POLICY_MEMORY;
    p->text = arena_copy(&p->arena, text);
    if (!p->text.data)
        return quoth_fail(err, QUOTH_MEMORY, "policy", QUOTH_NO_OFFSET, "out of memory");
    if (!policy_parse(p, ret_fault ? ret_fault : &fault, err))
        return false;
    *ret_policy = take(p);
    return true;
}

void policy_fault_write(struct buffer *to, const struct policy_fault *f)
{
    buffer_printf(to,
                  "Offending symbol: '%s'. Line: '%u'. Column: '%u'. Failure message: '%s'. "
                  "Failing rule: '%s'",
                  f->symbol, f->line, f->column, f->message, f->rule);
}

struct bytes policy_source(const struct policy *policy)
{
    return policy->text;
}

bool policy_hash(struct bytes text, char ret_hash[POLICY_HASH_SIZE], struct quoth_error *err)
{
    AUTO(buffer) struct buffer encoded = {0}, hash = {0};
    base64url_encode(text, &encoded);
    if (!buffer_ok(&encoded, err))
        return false;
    const struct sha256 digest = sha256_of(buffer_bytes(&encoded));
    base64url_encode(BYTES_OF(digest.bytes), &hash);
    if (!buffer_ok(&hash, err))
        return false;
    snprintf(ret_hash, POLICY_HASH_SIZE, "%.*s", (int)hash.len, (const char *)hash.data);
    return true;
}

/* ---- claims out */

static bool is_same_type(const struct policy_claim *a, const struct policy_claim *b)
{
    return bytes_equal(a->type, b->type);
}

static void issue_one(struct claims *to, const struct policy_claim *c, const char *name)
{
    static const enum claim_kind kinds[] = {
        [POLICY_BOOLEAN] = CLAIM_BOOL, [POLICY_INTEGER] = CLAIM_INT, [POLICY_STRING] = CLAIM_TEXT};
    claims_add(to, &(struct claim){.name = name,
                                   .kind = kinds[c->value.kind],
                                   .origin = CLAIM_FROM_POLICY,
                                   .boolean = c->value.boolean,
                                   .integer = c->value.integer,
                                   .text = c->value.text});
}

/* All claims of the type of the one at index first. */
static bool issue_several(struct claims *to, const struct policy_claim_list *list, size_t first,
                          const char *name, struct quoth_error *err)
{
    AUTO(buffer) struct buffer array = {0};
    json_array_begin(&array);
    for (size_t i = first; i < list->count; i++)
        if (is_same_type(list->items[i], list->items[first]))
            policy_value_write(&array, &list->items[i]->value);
    json_array_end(&array);
    if (!buffer_ok(&array, err))
        return false;
    claims_add_json(to, CLAIM_FROM_POLICY, name, buffer_bytes(&array));
    return true;
}

/* The claims of one type, once: when its first one is met. */
static bool issue_type(const struct policy_claim_list *list, size_t index, struct claims *to,
                       struct quoth_error *err)
{
    const struct policy_claim *c = list->items[index];
    AUTO(buffer) struct buffer copy = {0};
    size_t before = 0, same = 0;
    for (size_t k = 0; k < list->count; k++) {
        const bool is = is_same_type(c, list->items[k]);
        before += is && k < index;
        same += is;
    }
    if (before > 0)
        return true;
    buffer_add(&copy, c->type);
    AUTO(text) char *name = buffer_take_text(&copy, err);
    if (name && same == 1)
        issue_one(to, c, name);
    return name && (same == 1 || issue_several(to, list, index, name, err));
}

bool policy_issued(const struct policy_evaluation *e, struct claims *ret_issued,
                   struct quoth_error *err)
{
    for (size_t i = 0; i < e->outgoing.count; i++)
        if (!issue_type(&e->outgoing, i, ret_issued, err))
            return false;
    return claims_ok(ret_issued, err);
}

/* ---- judgement */

bool policy_decide(const struct policy *policy, const struct claims *in, struct claims *ret_issued,
                   struct quoth_error *err)
{
    AUTO(policy_evaluation) struct policy_evaluation e = POLICY_EVALUATION_INIT;
    policy_add_claims(&e, in);
    policy_evaluate(policy, &e);
    if (e.error.code == QUOTH_OK)
        return policy_issued(&e, ret_issued, err);
    if (err->code == QUOTH_OK)
        *err = e.error;
    return false;
}

static void add_issued(struct claims *c, const struct claims *issued)
{
    AUTO(buffer) struct buffer object = {0};
    if (claims_count(issued) == 0)
        return;
    claims_write(&object, issued);
    claims_add_written(c, CLAIM_FROM_POLICY, "x-ms-policy", &object);
    for (size_t i = 0; i < claims_count(issued); i++) {
        const struct claim *claim = claims_at(issued, i);
        if (!claim_name_is_reserved(bytes_of_text(claim->name)) && !claims_find(c, claim->name))
            claims_add(c, claim);
    }
}

bool policy_apply(const struct policy *policy, struct claims *claims, struct quoth_error *err)
{
    AUTO(claims) struct claims *issued = claims_open();
    if (!issued)
        return quoth_fail(err, QUOTH_MEMORY, "policy", QUOTH_NO_OFFSET, "out of memory");
    char hash[POLICY_HASH_SIZE];
    if (!policy_decide(policy, claims, issued, err) || !policy_hash(policy->text, hash, err))
        return false;
    claims_add_text(claims, CLAIM_FROM_SERVICE, "x-ms-policy-hash", bytes_of_text(hash));
    add_issued(claims, issued);
    return claims_ok(claims, err);
}
