#include "release/evaluate.h"

#include "base/text.h"
#include "codec/base64.h"
#include "codec/json_write.h"
#include "token/held.h"

#include <stdio.h>

#define AGE "x-quoth-token-age"
#define CHALLENGE "x-quoth-challenge"

/* The ways in which a condition holds, told by the marks that its clauses speak for: bit m is set
 * if there is a way that speaks for the marks in m and no others. 0: it does not hold. */
typedef uint64_t ways;

_Static_assert(1u << RELEASE_MARKS_MAX <= 64, "a way for each set of marks has its bit");

struct evaluating {
    const struct release_policy *policy;
    struct json claims;
    const struct release_facts *facts;
    struct release_evaluation *e;
};

static ways way(unsigned marks)
{
    return UINT64_C(1) << marks;
}

/* Both hold: each way of one goes with each way of the other. */
static ways both(ways a, ways b)
{
    ways all = 0;
    for (ways x = a; x; x &= x - 1)
        for (ways y = b; y; y &= y - 1)
            all |= way((unsigned)(__builtin_ctzll(x) | __builtin_ctzll(y)));
    return all;
}

/* ---- one clause */

static bool age(const struct evaluating *v, int64_t *ret_age)
{
    struct json iat;
    struct quoth_error ignored = {0};
    int64_t issued;
    if (!json_member(v->claims, "iat", &iat) ||
        !json_get_int(iat, 0, RELEASE_INTEGER_MAX, &issued, &ignored) || issued > v->facts->now)
        return false;
    *ret_age = v->facts->now - issued;
    return true;
}

bool release_claim_is_computed(const char *claim)
{
    return strcmp(claim, AGE) == 0 || strcmp(claim, CHALLENGE) == 0;
}

static bool compare_text(const struct release_node *c, struct bytes text, bool is_integer,
                         int64_t integer)
{
    const struct release_scalar found = {
        .text = text, .is_integer = is_integer, .integer = integer};
    return release_scalar_compare(&found, c->op, &c->value);
}

static bool exists_holds(const struct release_node *c, enum release_found found)
{
    return found ==
           (bytes_equal(c->value.text, BYTES_LITERAL("true")) ? RELEASE_FOUND : RELEASE_ABSENT);
}

static bool judge_computed(const struct evaluating *v, const struct release_node *c,
                           struct release_step *step)
{
    const bool is_age = strcmp(c->claim, AGE) == 0;
    char text[24];
    step->computed = v->facts->challenge_met;
    step->found = !is_age || age(v, &step->computed) ? RELEASE_FOUND : RELEASE_ABSENT;
    if (c->op == RELEASE_EXISTS)
        return exists_holds(c, step->found);
    if (step->found != RELEASE_FOUND)
        return false;
    if (!is_age)
        return compare_text(c, bytes_of_text(step->computed ? "true" : "false"), false, 0);
    snprintf(text, sizeof text, "%lld", (long long)step->computed);
    return compare_text(c, bytes_of_text(text), true, step->computed);
}

/* A string so long that it cannot be equal is not unescaped to find out: "\u0041" has the most
 * bytes that one can be written with. */
static bool too_long(const struct release_node *c, struct json value)
{
    return json_type(value) == JSON_STRING && json_span(value).len > 6 * c->value.text.len + 2;
}

static bool judge_claim(const struct evaluating *v, const struct release_node *c,
                        struct release_step *step)
{
    AUTO(buffer) struct buffer hold = {0};
    struct release_scalar found;
    step->found = release_claim_find(v->claims, c->claim, &step->value);
    if (c->op == RELEASE_EXISTS)
        return exists_holds(c, step->found);
    if (step->found != RELEASE_FOUND)
        return false;
    if (too_long(c, step->value))
        return c->op == RELEASE_NOT_EQUALS && !c->value.is_inexact;
    return release_scalar_read(step->value, &hold, &found) &&
           release_scalar_compare(&found, c->op, &c->value);
}

/* The mark that a clause speaks for, as a set of one or none. */
static unsigned spoken_for(const struct evaluating *v, const struct release_node *c,
                           const struct release_step *step)
{
    const struct release_marks *marks = &v->e->marks;
    if (c->op != RELEASE_EQUALS || !bytes_equal(c->value.text, BYTES_LITERAL("true")))
        return 0;
    for (size_t i = 0; i < marks->count && i < RELEASE_MARKS_MAX; i++)
        if (json_exists(step->value) && step->value.index == marks->claims[i].index)
            return 1u << i;
    return 0;
}

/* ---- trees of them, of RELEASE_DEPTH_MAX lists at most: NOLINTBEGIN(misc-no-recursion) */

static ways evaluate(const struct evaluating *v, const struct release_node *node);

static ways evaluate_clause(const struct evaluating *v, const struct release_node *c)
{
    struct release_step *step = &v->e->steps[c->number];
    const bool held =
        release_claim_is_computed(c->claim) ? judge_computed(v, c, step) : judge_claim(v, c, step);
    return held ? way(spoken_for(v, c, step)) : 0;
}

/* All of them, also behind one that failed: the trace tells of each. */
static ways evaluate_list(const struct evaluating *v, const struct release_node *list)
{
    const bool all = list->kind == RELEASE_ALL_OF;
    ways result = all ? way(0) : 0;
    for (const struct release_node *n = list->first; n; n = n->next) {
        const ways one = evaluate(v, n);
        result = all ? both(result, one) : result | one;
    }
    return result;
}

static ways evaluate(const struct evaluating *v, const struct release_node *node)
{
    const ways result =
        node->kind == RELEASE_CLAUSE ? evaluate_clause(v, node) : evaluate_list(v, node);
    v->e->steps[node->number].reached = true;
    v->e->steps[node->number].held = result != 0;
    return result;
}

/* NOLINTEND(misc-no-recursion) */

/* ---- the verdict */

/* The clause that failed, of a node that does not hold: the first on the way down. */
static const struct release_node *first_failed(const struct release_evaluation *e,
                                               const struct release_node *node)
{
    while (node->kind != RELEASE_CLAUSE) {
        const struct release_node *n = node->first;
        while (e->steps[n->number].held)
            n = n->next; /* there is one: the list does not hold */
        node = n;
    }
    return node;
}

void release_step_write(struct buffer *to, const struct release_node *clause,
                        const struct release_step *step)
{
    if (step->found == RELEASE_FOUND && json_exists(step->value))
        buffer_add(to, json_span(step->value));
    else if (step->found == RELEASE_FOUND && strcmp(clause->claim, AGE) == 0)
        buffer_printf(to, "%lld", (long long)step->computed);
    else if (step->found == RELEASE_FOUND)
        buffer_text(to, step->computed ? "true" : "false");
    else
        buffer_text(to, step->found == RELEASE_ABSENT ? "nothing" : "two values");
}

static bool refuse_unmet(const struct evaluating *v, struct quoth_error *err)
{
    const struct release_node *c = v->e->decided;
    const struct release_place place = release_policy_place(v->policy, c->at);
    char claim[sizeof err->where], found[sizeof err->found], expected[sizeof err->expected],
        wanted[64];
    AUTO(buffer) struct buffer text = {0};
    release_step_write(&text, c, &v->e->steps[c->number]);
    snprintf(expected, sizeof expected, "%s %s", release_operator_name(c->op),
             text_escape(wanted, sizeof wanted, c->written));
    quoth_mismatch(err, QUOTH_RELEASE_UNMET,
                   text_escape(claim, sizeof claim, bytes_of_text(c->claim)), c->at,
                   text_escape(found, sizeof found, buffer_bytes(&text)), expected);
    return quoth_at(err, place.line, place.column);
}

/* Names a mark that no clause that held speaks for; if there is none, the first: then the clauses
 * that speak are not of one way. */
static bool refuse_unfit(const struct evaluating *v, unsigned spoken, struct quoth_error *err)
{
    const struct release_marks *marks = &v->e->marks;
    char path[64];
    size_t i = 0;
    while (i < RELEASE_MARKS_MAX && i < marks->count && spoken >> i & 1)
        i++;
    if (marks->count > RELEASE_MARKS_MAX)
        return quoth_fail(err, QUOTH_RELEASE_UNFIT, "token", QUOTH_NO_OFFSET,
                          "%zu claims mark the evidence, a policy can speak for %u", marks->count,
                          RELEASE_MARKS_MAX);
    const bool none = i < marks->count;
    return quoth_fail(err, QUOTH_RELEASE_UNFIT,
                      json_path(marks->claims[none ? i : 0], path, sizeof path), QUOTH_NO_OFFSET,
                      none ? "the way in which the policy holds does not say that it equals true"
                           : "no single way in which the policy holds speaks for all marks");
}

static unsigned union_of(ways w)
{
    unsigned all = 0;
    for (unsigned i = 0; i < 64; i++)
        all |= w >> i & 1 ? i : 0;
    return all;
}

static bool is_released(const struct release_marks *marks, ways w)
{
    return marks->count <= RELEASE_MARKS_MAX && w >> ((1u << marks->count) - 1) & 1;
}

/* How near an entry came: it does not hold, it holds but not for this evidence, it releases. */
static unsigned nearness(const struct release_marks *marks, ways w)
{
    return is_released(marks, w) ? 2 : w != 0;
}

static bool judge(const struct evaluating *v, const struct release_authority *issuer,
                  struct quoth_error *err)
{
    struct release_evaluation *e = v->e;
    ways nearest = 0;
    for (size_t i = 0; i < v->policy->entry_count; i++) {
        const struct release_entry *entry = &v->policy->entries[i];
        if (!release_authority_equal(&entry->authority, issuer))
            continue;
        const ways w = evaluate(v, entry->conditions);
        if (e->entry && nearness(&e->marks, w) <= nearness(&e->marks, nearest))
            continue;
        e->entry = entry;
        nearest = w;
    }
    if (!e->entry)
        return quoth_fail(err, QUOTH_RELEASE_AUTHORITY, "iss", QUOTH_NO_OFFSET,
                          "no entry of the policy names this issuer");
    if (is_released(&e->marks, nearest))
        return true;
    if (nearest)
        return refuse_unfit(v, union_of(nearest), err);
    e->decided = first_failed(e, e->entry->conditions);
    return refuse_unmet(v, err);
}

static bool read_issuer(struct json claims, struct buffer *hold,
                        struct release_authority *ret_issuer, struct quoth_error *err)
{
    struct json iss;
    struct quoth_error inner = {0};
    if (!json_member(claims, "iss", &iss) || !json_get_text(iss, hold, &inner))
        return quoth_fail(err, inner.code == QUOTH_MEMORY ? QUOTH_MEMORY : QUOTH_TOKEN_CLAIM, "iss",
                          QUOTH_NO_OFFSET, "the token does not name its issuer");
    return release_authority_read(buffer_bytes(hold), ret_issuer, &inner) ||
           quoth_fail(err, QUOTH_RELEASE_AUTHORITY, "iss", QUOTH_NO_OFFSET,
                      "the issuer is no https URL: %s", inner.message);
}

bool release_evaluate(const struct release_policy *p, struct json claims,
                      const struct release_facts *facts, struct release_evaluation *e,
                      struct quoth_error *err)
{
    const struct evaluating v = {p, claims, facts, e};
    AUTO(buffer) struct buffer hold = {0};
    struct release_authority issuer;
    e->steps = calloc(p->node_count, sizeof *e->steps);
    if (!e->steps)
        return quoth_fail(err, QUOTH_MEMORY, "policy", QUOTH_NO_OFFSET, "out of memory");
    release_marks_find(claims, &e->marks);
    if (read_issuer(claims, &hold, &issuer, &e->error) && judge(&v, &issuer, &e->error))
        return true;
    *err = e->error;
    return false;
}

void release_evaluation_clear(struct release_evaluation *e)
{
    free(e->steps);
    *e = (struct release_evaluation){0};
}

bool release_challenge_read(struct json claims, struct buffer *ret_challenge,
                            struct quoth_error *err)
{
    struct json runtime, nonce;
    struct bytes text;
    struct quoth_error inner = {0};
    AUTO(buffer) struct buffer challenge = {0};
    if (!json_member(claims, "x-ms-runtime", &runtime) || !json_member(runtime, "nonce", &nonce))
        return quoth_fail(err, QUOTH_TOKEN_NONCE, "x-ms-runtime.nonce", QUOTH_NO_OFFSET,
                          "the hashed runtime data answers no challenge");
    if (!json_get_plain(nonce, &text, &inner) || !base64url_decode(text, &challenge, &inner))
        return quoth_fail(err, QUOTH_TOKEN_NONCE, "x-ms-runtime.nonce", QUOTH_NO_OFFSET, "%s",
                          inner.message);
    if (challenge.len < HELD_NONCE_MIN || challenge.len > HELD_NONCE_MAX)
        return quoth_fail(err, QUOTH_TOKEN_NONCE, "x-ms-runtime.nonce", QUOTH_NO_OFFSET,
                          "has %zu bytes, %u to %u are allowed", challenge.len, HELD_NONCE_MIN,
                          HELD_NONCE_MAX);
    buffer_add(ret_challenge, buffer_bytes(&challenge));
    return buffer_ok(ret_challenge, err);
}
