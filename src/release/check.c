#include "release/check.h"

#include "base/text.h"
#include "release/claim.h"

#include <stdio.h>

#define HEX_MIN 32u /* digits that are taken for a measurement */

struct checking {
    const struct release_policy *policy;
    struct policy_finding *to;
    size_t count;
};

static void warn(struct checking *c, const struct release_node *node, const char *code,
                 const char *text)
{
    if (c->count == POLICY_FINDINGS_MAX)
        return;
    const struct release_place place = release_policy_place(c->policy, node->at);
    struct policy_finding *f = &c->to[c->count++];
    *f = (struct policy_finding){
        .level = POLICY_WARNING, .code = code, .line = place.line, .column = place.column};
    snprintf(f->text, sizeof f->text, "%s", text);
}

/* ---- one clause */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* A long hexadecimal text with a capital in it: tokens write measurements in small letters. */
static bool is_capital_hex(struct bytes text)
{
    bool capital = false;
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.data[i];
        if (!is_digit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F'))
            return false;
        capital = capital || (c >= 'A' && c <= 'F');
    }
    return capital && text.len >= HEX_MIN;
}

static void check_clause(struct checking *c, const struct release_node *clause)
{
    char text[sizeof c->to->text], claim[64];
    text_escape(claim, sizeof claim, bytes_of_text(clause->claim));
    if (clause->op == RELEASE_EQUALS && bytes_equal(clause->value.text, BYTES_LITERAL("true")) &&
        release_mark_is(bytes_of_text(clause->claim))) {
        snprintf(text, sizeof text, "the key goes to a TEE of which %s is true", claim);
        warn(c, clause, "unfit-evidence", text);
    }
    if (is_capital_hex(clause->value.text)) {
        snprintf(text, sizeof text, "%s: capitals are compared as they are, and tokens have none",
                 claim);
        warn(c, clause, "capital-hex", text);
    }
}

/* ---- lists */

/* Whether it can hold although no claim has a value that was asked for.
 * NOLINTNEXTLINE(misc-no-recursion): RELEASE_DEPTH_MAX lists at most */
static bool demands_nothing(const struct release_node *node)
{
    if (node->kind == RELEASE_CLAUSE)
        return node->op == RELEASE_NOT_EQUALS || node->op == RELEASE_EXISTS;
    const bool all = node->kind == RELEASE_ALL_OF;
    for (const struct release_node *n = node->first; n; n = n->next)
        if (demands_nothing(n) != all)
            return !all;
    return all;
}

static bool contradict(const struct release_node *a, const struct release_node *b)
{
    return a->kind == RELEASE_CLAUSE && b->kind == RELEASE_CLAUSE && a->op == RELEASE_EQUALS &&
           b->op == RELEASE_EQUALS && strcmp(a->claim, b->claim) == 0 &&
           !bytes_equal(a->value.text, b->value.text);
}

static void check_contradictions(struct checking *c, const struct release_node *list)
{
    for (const struct release_node *a = list->first; a; a = a->next)
        for (const struct release_node *b = a->next; b; b = b->next)
            if (contradict(a, b)) {
                warn(c, b, "never-holds", "the claim must equal two values, and never does");
                return;
            }
}

/* NOLINTNEXTLINE(misc-no-recursion): RELEASE_DEPTH_MAX lists at most */
static void check_node(struct checking *c, const struct release_node *node)
{
    if (node->kind == RELEASE_CLAUSE) {
        check_clause(c, node);
        return;
    }
    if (node->kind == RELEASE_ALL_OF)
        check_contradictions(c, node);
    for (const struct release_node *n = node->first; n; n = n->next)
        check_node(c, n);
}

size_t release_policy_check(const struct release_policy *p,
                            struct policy_finding to[POLICY_FINDINGS_MAX])
{
    struct checking c = {.policy = p, .to = to};
    for (size_t i = 0; i < p->entry_count; i++) {
        const struct release_node *list = p->entries[i].conditions;
        if (demands_nothing(list))
            warn(&c, list, "demands-nothing",
                 "a token of this authority may do although no claim of it has a value that is "
                 "asked for");
        check_node(&c, list);
    }
    return c.count;
}
