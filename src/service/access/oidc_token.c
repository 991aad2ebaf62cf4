#include "service/access/oidc_token.h"

#include "base/text.h"
#include "base/time.h"

#include <stdio.h>

static bool refuse(const char *where, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, where, QUOTH_NO_OFFSET, "%s", what);
}

static bool is_one_of(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal_fold(bytes_of_text(text), bytes_of_text(list[i])))
            return true;
    return false;
}

/* The header decides nothing but which of the configured issuer's keys is asked. */
static bool check_header(const struct token *t, struct quoth_error *err)
{
    static const char *const keys_of_its_own[] = {"jku", "jwk", "x5u", "x5c"};
    static const char *const types[] = {"", "JWT", "at+jwt", "application/at+jwt"};
    struct json member;
    if (strcmp(t->alg, "RS256") != 0 && strcmp(t->alg, "ES256") != 0)
        return quoth_mismatch(err, QUOTH_ADMIN_UNAUTHENTICATED, "token.header.alg", QUOTH_NO_OFFSET,
                              t->alg[0] ? t->alg : "\"\"", "RS256 or ES256");
    if (t->kid[0] == '\0')
        return refuse("token.header.kid", "is missing", err);
    if (!is_one_of(t->typ, types, COUNT(types)))
        return quoth_mismatch(err, QUOTH_ADMIN_UNAUTHENTICATED, "token.header.typ", QUOTH_NO_OFFSET,
                              t->typ, "JWT or at+jwt");
    for (size_t i = 0; i < COUNT(keys_of_its_own); i++)
        if (json_member_fold(json_root(&t->header), keys_of_its_own[i], &member))
            return refuse("token.header", "brings a key of its own", err);
    return true;
}

/* A verifier says what evidence is worth, not who may administer: its tokens, and those about
 * policies, carry names that no identity provider uses. */
static bool check_kind(const struct token *t, struct quoth_error *err)
{
    static const struct bytes prefixes[] = {BYTES_INIT("x-ms-"), BYTES_INIT("x-quoth-")};
    const struct json payload = json_root(&t->payload);
    for (struct json m = json_first(payload); json_exists(m); m = json_next(m)) {
        AUTO(buffer) struct buffer name = {0};
        json_text(json_member_name(m), &name);
        if (!buffer_ok(&name, err))
            return false;
        for (size_t i = 0; i < COUNT(prefixes); i++)
            if (text_equal_fold(bytes_slice(buffer_bytes(&name), 0, prefixes[i].len), prefixes[i]))
                return refuse("token", "is a verifier's token: it says nothing of its bearer", err);
    }
    return true;
}

static bool check_text(struct json payload, const char *name, const char *expected,
                       struct quoth_error *err)
{
    char where[32], found[128];
    struct json member;
    snprintf(where, sizeof where, "token.%s", name);
    if (!json_member(payload, name, &member))
        return refuse(where, "is missing", err);
    return json_text_is(member, expected) ||
           quoth_mismatch(err, QUOTH_ADMIN_UNAUTHENTICATED, where, QUOTH_NO_OFFSET,
                          text_escape(found, sizeof found, json_span(member)), expected);
}

/* A text, or a list in which it stands (RFC 7519 4.1.3). */
static bool check_audience(struct json payload, const char *expected, struct quoth_error *err)
{
    struct json aud;
    if (!json_member(payload, "aud", &aud) || json_type(aud) != JSON_ARRAY)
        return check_text(payload, "aud", expected, err);
    for (struct json one = json_first(aud); json_exists(one); one = json_next(one))
        if (json_text_is(one, expected))
            return true;
    return refuse("token.aud", "does not name this tenant", err);
}

/* ret_time stays as it is without such a member. Fractions, which RFC 7519 allows, are cut off. */
static bool read_time(struct json payload, const char *name, int64_t *ret_time,
                      struct quoth_error *err)
{
    char where[32];
    struct json member;
    struct quoth_error inner = {0};
    if (!json_member(payload, name, &member))
        return true;
    snprintf(where, sizeof where, "token.%s", name);
    return json_get_int(member, 0, INT64_C(253402300799), ret_time, &inner) ||
           refuse(where, inner.message, err);
}

static bool check_times(struct json payload, int64_t now, struct quoth_error *err)
{
    char text[TIME_TEXT_SIZE];
    int64_t exp = -1, nbf = 0, iat = 0;
    if (!read_time(payload, "exp", &exp, err) || !read_time(payload, "nbf", &nbf, err) ||
        !read_time(payload, "iat", &iat, err))
        return false;
    if (exp < 0)
        return refuse("token.exp", "is missing", err);
    if (now >= exp + OIDC_SLACK)
        return quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, "token.exp", QUOTH_NO_OFFSET,
                          "it expired at %s", time_format(exp, text));
    const int64_t from = nbf > iat ? nbf : iat;
    return now + OIDC_SLACK >= from ||
           quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, nbf > iat ? "token.nbf" : "token.iat",
                      QUOTH_NO_OFFSET, "it holds from %s", time_format(from, text));
}

bool oidc_token_check(const struct token *t, const struct oidc_rules *rules, int64_t now,
                      struct quoth_error *err)
{
    const struct json payload = json_root(&t->payload);
    return check_header(t, err) && check_kind(t, err) &&
           check_text(payload, "iss", rules->issuer, err) &&
           check_audience(payload, rules->audience, err) && check_times(payload, now, err);
}

/* A member of that very name (some providers write them as URLs), or, of "realm_access.roles", the
 * member roles of the member realm_access. */
static bool find_claim(struct json object, const char *path, struct json *ret_value)
{
    char name[64];
    while (!json_member(object, path, ret_value)) {
        const char *dot = strchr(path, '.');
        if (!dot || (size_t)(dot - path) >= sizeof name)
            return false;
        snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
        struct json inner;
        if (!json_member(object, name, &inner))
            return false;
        object = inner;
        path = dot + 1;
    }
    return true;
}

static bool names_role(struct json claim, const char *role)
{
    if (!role)
        return false;
    if (json_type(claim) != JSON_ARRAY)
        return json_text_is(claim, role);
    for (struct json one = json_first(claim); json_exists(one); one = json_next(one))
        if (json_text_is(one, role))
            return true;
    return false;
}

static unsigned roles_of(struct json payload, const struct oidc_rules *rules)
{
    struct json claim;
    unsigned roles = ROLE_ANYONE;
    if (!rules->role_claim || !find_claim(payload, rules->role_claim, &claim))
        return ROLE_ANYONE;
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (names_role(claim, rules->values[i]))
            roles |= role_rows[i].has;
    return roles;
}

bool oidc_token_admin(const struct token *t, const struct oidc_rules *rules,
                      struct admin *ret_admin, struct quoth_error *err)
{
    struct admin who = {.roles = roles_of(json_root(&t->payload), rules)};
    struct json sub;
    AUTO(buffer) struct buffer subject = {0};
    char text[sizeof who.name - 8];
    if (!json_member(json_root(&t->payload), "sub", &sub) || json_type(sub) != JSON_STRING)
        return refuse("token.sub", "is missing", err);
    json_text(sub, &subject);
    if (!buffer_ok(&subject, err))
        return false;
    if (subject.len == 0)
        return refuse("token.sub", "is empty", err);
    snprintf(who.name, sizeof who.name, "oidc:%s",
             text_escape(text, sizeof text, buffer_bytes(&subject)));
    *ret_admin = who;
    return true;
}
