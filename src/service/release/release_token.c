#include "service/release/release_token.h"

#include "base/text.h"
#include "base/time.h"

#define TIME_MAX INT64_C(253402300799) /* the end of year 9999 */

static bool refuse(const char *where, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_RELEASE_TOKEN, where, QUOTH_NO_OFFSET, "%s", what);
}

bool release_token_form(const struct token *t, struct quoth_error *err)
{
    if (strcmp(t->alg, "RS256") != 0 && strcmp(t->alg, "ES256") != 0)
        return quoth_mismatch(err, QUOTH_RELEASE_TOKEN, "token.header.alg", QUOTH_NO_OFFSET,
                              t->alg[0] ? t->alg : "nothing", "RS256 or ES256");
    if (!text_equal_fold(bytes_of_text(t->typ), BYTES_LITERAL("JWT"))) /* RFC 7515 4.1.9 */
        return quoth_mismatch(err, QUOTH_RELEASE_TOKEN, "token.header.typ", QUOTH_NO_OFFSET,
                              t->typ[0] ? t->typ : "nothing", "JWT");
    return t->kid[0] != '\0' || refuse("token.header.kid", "is missing", err);
}

/* RFC 7519 2: a number; fractions, which it allows, no attestation service writes. */
static bool read_time(struct json claims, const char *name, int64_t *ret_time,
                      struct quoth_error *err)
{
    struct json member;
    struct quoth_error inner = {0};
    if (!json_member(claims, name, &member))
        return refuse(name, "is missing", err);
    return json_get_int(member, 0, TIME_MAX, ret_time, &inner) || refuse(name, inner.message, err);
}

static bool is_not_ahead(const char *name, int64_t time, int64_t now, struct quoth_error *err)
{
    char text[TIME_TEXT_SIZE];
    return time <= now + RELEASE_TOKEN_LEEWAY ||
           quoth_fail(err, QUOTH_RELEASE_TOKEN, name, QUOTH_NO_OFFSET, "lies in the future: %s",
                      time_format(time, text));
}

static bool check_times(struct json claims, int64_t now, int64_t *ret_issued,
                        struct quoth_error *err)
{
    char text[TIME_TEXT_SIZE];
    int64_t expires, issued = 0, from = 0;
    struct json nbf;
    if (!read_time(claims, "exp", &expires, err) || !read_time(claims, "iat", &issued, err) ||
        (json_member(claims, "nbf", &nbf) && !read_time(claims, "nbf", &from, err)))
        return false;
    if (expires <= now)
        return quoth_fail(err, QUOTH_RELEASE_TOKEN, "exp", QUOTH_NO_OFFSET, "it expired at %s",
                          time_format(expires, text));
    if (!is_not_ahead("iat", issued, now, err) || !is_not_ahead("nbf", from, now, err))
        return false;
    *ret_issued = issued;
    return true;
}

static bool check_ours(struct json claims, struct quoth_error *err)
{
    struct json type, version;
    if (!json_member(claims, "x-ms-attestation-type", &type) || json_type(type) != JSON_STRING)
        return refuse("x-ms-attestation-type", "is missing: it is no attestation result", err);
    return (json_member(claims, "x-ms-ver", &version) && json_text_is(version, "1.0")) ||
           refuse("x-ms-ver", "is not 1.0: it is no attestation result", err);
}

bool release_token_check(struct json claims, bool is_ours, int64_t now, int64_t *ret_issued,
                         struct quoth_error *err)
{
    struct json audience;
    int64_t issued = 0;
    if (!check_times(claims, now, &issued, err))
        return false;
    if (json_member(claims, "aud", &audience)) /* RFC 7519 4.1.3 */
        return refuse("aud", "is there: the token is meant for somebody else", err);
    if (is_ours && !check_ours(claims, err))
        return false;
    *ret_issued = issued;
    return true;
}
