#include "service/release/release_record.h"

#include "service/policies/told_claims.h"

#include <stdio.h>

static void add_exchange(struct audit_line *line, const struct release_record *r)
{
    const struct http_field *client_id = http_head_find(&r->x->head, "x-ms-client-request-id");
    audit_text(line, "who", r->who ? r->who : "anonymous");
    audit_text(line, "request", r->x->id);
    audit_text(line, "peer", r->x->peer);
    if (client_id)
        audit_bytes(line, "clientRequest", client_id->value);
}

static void add_subject(struct audit_line *line, const struct release_record *r)
{
    const struct release_subject *s = r->subject;
    if (!s) {
        audit_bytes(line, "name", r->name);
        audit_bytes(line, "version", r->version);
        return;
    }
    audit_text(line, "name", s->item.name);
    audit_text(line, "version", s->version->id);
    audit_hex(line, "policyHash", BYTES_OF(s->policy_hash.bytes));
    audit_number(line, "policyNumber", s->item.policy_number);
}

/* Which token it was: by its hash in any case, by its names once they can be believed. */
static void add_token(struct audit_line *line, const struct release_record *r)
{
    const struct sha256 hash = sha256_of(buffer_bytes(&r->request->target));
    audit_hex(line, "tokenHash", BYTES_OF(hash.bytes));
    if (r->token)
        audit_text(line, "tokenKid", r->token->kid);
}

static void add_claim(struct audit_line *line, struct json claims, const char *name)
{
    AUTO(buffer) struct buffer text = {0};
    struct json value;
    if (!json_member(claims, name, &value))
        return;
    if (json_type(value) == JSON_STRING)
        json_text(value, &text);
    else if (json_type(value) != JSON_ARRAY && json_type(value) != JSON_OBJECT)
        buffer_add(&text, json_span(value));
    if (!text.failed)
        audit_bytes(line, name, buffer_bytes(&text));
}

static void add_claims(struct audit_line *line, const struct token *token)
{
    static const char *const names[] = {"iss", "iat", "x-ms-attestation-type",
                                        "x-ms-compliance-status"};
    const struct json claims = json_root(&token->payload);
    for (size_t i = 0; i < COUNT(names); i++)
        add_claim(line, claims, names[i]);
    for (size_t i = 0; told_claims[i]; i++)
        add_claim(line, claims, told_claims[i]);
}

/* What says simulated or debug, wherever it stands in the token. */
static void add_marks(struct audit_line *line, const struct release_marks *marks)
{
    AUTO(buffer) struct buffer list = {0};
    char path[96];
    for (size_t i = 0; i < marks->count && i < RELEASE_MARKS_MAX; i++)
        buffer_printf(&list, "%s%s", i ? " " : "", json_path(marks->claims[i], path, sizeof path));
    if (list.len > 0 && !list.failed)
        audit_bytes(line, "marks", buffer_bytes(&list));
}

static void add_verdict(struct audit_line *line, const struct release_record *r)
{
    const struct release_verdict *v = r->verdict;
    const struct release_entry *entry = v->evaluation.entry;
    struct quoth_error ignored = {0};
    AUTO(buffer) struct buffer thumbprint = {0};
    audit_bool(line, "challenge", v->challenge_met);
    add_marks(line, &v->evaluation.marks);
    if (entry && r->subject)
        audit_number(line, "entry", (int64_t)(entry - r->subject->policy.entries) + 1);
    if (v->recipient.key && release_thumbprint(v->recipient.key, &thumbprint, &ignored))
        audit_bytes(line, "recipient", buffer_bytes(&thumbprint));
}

struct audit_line release_record_line(const struct release_record *r, int64_t now)
{
    const bool released = r->why->code == QUOTH_OK;
    struct audit_line line =
        audit_begin(r->kind == VAULT_KEY ? "KeyRelease" : "SecretRelease", now);
    audit_text(&line, "decision", released ? "released" : "refused");
    add_exchange(&line, r);
    add_subject(&line, r);
    audit_text(&line, "enc", rsa_wrap_name(r->request->algorithm));
    add_token(&line, r);
    if (r->verified)
        add_claims(&line, r->token);
    if (r->verdict)
        add_verdict(&line, r);
    audit_failure(&line, r->why);
    if (r->why->expected[0]) {
        audit_text(&line, "found", r->why->found);
        audit_text(&line, "expected", r->why->expected);
    }
    return line;
}
