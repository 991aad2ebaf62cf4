/* Release policies: which attested programs a key is handed to. The grammar is that of Azure Key
 * Vault's Secure Key Release, version 1.0.0 (key-release.md 3.1):
 *
 *     policy    = { "version": "1.0.0", "anyOf": [ entry, ... ] }
 *     entry     = { "authority": "https://...", ("allOf" | "anyOf"): [ condition, ... ] }
 *     condition = { ("allOf" | "anyOf"): [ condition, ... ] } | { "claim": "a.b.c", OPERATOR: value }
 *
 * Whatever else is written there is refused: unknown or doubled members, empty lists, a member
 * "condition" as older samples have it. */
#ifndef QUOTH_RELEASE_POLICY_H
#define QUOTH_RELEASE_POLICY_H

#include "base/arena.h"
#include "crypto/digest.h"
#include "release/authority.h"
#include "release/scalar.h"

#define RELEASE_POLICY_MAX (64u << 10) /* bytes of text */
#define RELEASE_AUTHORITIES_MAX 128u   /* entries */
#define RELEASE_CLAUSES_MAX 512u       /* of all entries together */
#define RELEASE_NODES_MAX 1024u        /* clauses and lists */
#define RELEASE_DEPTH_MAX 16u          /* lists inside each other, that of the entry included */
#define RELEASE_CLAIM_MAX 256u         /* bytes of a claim's name, dots included */

enum release_kind { RELEASE_ALL_OF, RELEASE_ANY_OF, RELEASE_CLAUSE };

struct release_node {
    enum release_kind kind;
    size_t number; /* unique in the policy, from 0 in the order of the text */
    size_t at;     /* offset of its object in the text; of an entry's list, of the entry */
    const struct release_node *next; /* in the list it stands in */

    const struct release_node *first; /* of a list; never empty */

    const char *claim; /* of a clause */
    enum release_operator op;
    struct bytes written;        /* the value as JSON, a view of the text */
    struct release_scalar value; /* RELEASE_EXISTS: text is "true" or "false" */
};

struct release_entry {
    struct bytes authority_text; /* unescaped */
    struct release_authority authority;
    const struct release_node *conditions; /* its list */
};

/* Immutable once read: any number of threads may judge by it. */
struct release_policy {
    struct buffer text; /* as given, or signed */
    struct arena arena; /* holds the rest */
    struct release_entry *entries;
    size_t entry_count, node_count, clause_count;
};

/* text: of the policy, or a JWS that holds it (release/policy_signed.h), whose signature is not looked
 * at here. ret_policy must be empty. QUOTH_JWS_*, QUOTH_RELEASE_POLICY_SYNTAX or QUOTH_RELEASE_POLICY_LIMIT, with line,
 * column, offset and the path in where: "anyOf[0].allOf[2]". */
bool release_policy_read(struct bytes text, struct release_policy *ret_policy,
                         struct quoth_error *err);
void release_policy_clear(struct release_policy *p);
DEFINE_AUTO_VALUE(release_policy, struct release_policy, release_policy_clear)

/* Line and column of an offset, from 1; columns count characters. */
struct release_place {
    unsigned line, column;
};
struct release_place release_policy_place(const struct release_policy *p, size_t offset);

/* Appends the policy without white space, members in bytewise order. Policies that say the same in
 * the same words have one such form, and one hash. */
bool release_policy_canonical(const struct release_policy *p, struct buffer *to,
                              struct quoth_error *err);
bool release_policy_hash(const struct release_policy *p, struct sha256 *ret_hash,
                         struct quoth_error *err);

/* Whether an entry names this issuer: asked before anything is fetched for a token (key-release.md
 * 2.2). An issuer that is no URL of an authority is never named. */
bool release_policy_names(const struct release_policy *p, struct bytes issuer);

#endif
