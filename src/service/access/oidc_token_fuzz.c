/* Whatever a token says: one that passes names this issuer and audience, an algorithm with a public
 * key, and nobody whose name could harm a log. */
#include "service/access/oidc_token.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct oidc_rules rules = {
        .issuer = "https://i",
        .audience = "https://a",
        .role_claim = "r.oles",
        .values = {"reader", "contributor", "officer", "policy"}
    };
    struct quoth_error err = {0};
    struct token t = {0};
    struct admin who = {0};
    struct json member;
    if (!token_read((struct bytes){data, len}, &t, &err))
        return 0;
    if (oidc_token_check(&t, &rules, 1000, &err)) {
        const struct json payload = json_root(&t.payload);
        require(strcmp(t.alg, "RS256") == 0 || strcmp(t.alg, "ES256") == 0);
        require(json_member(payload, "iss", &member) && json_text_is(member, rules.issuer));
        require(json_member(payload, "exp", &member) && t.kid[0] != '\0');
        require(!json_member(json_root(&t.header), "jku", &member));
        require(!json_member(payload, "x-ms-ver", &member));
    } else {
        require(err.code == QUOTH_ADMIN_UNAUTHENTICATED || err.code == QUOTH_MEMORY);
        err = (struct quoth_error){0};
    }
    if (oidc_token_admin(&t, &rules, &who, &err)) {
        require((who.roles & ~(unsigned)ROLE_ALL) == 0);
        for (const char *c = who.name; *c; c++)
            require((uint8_t)*c >= 0x20 && *c != 0x7f);
    }
    token_clear(&t);
    return 0;
}
