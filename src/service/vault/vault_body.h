/* The bodies of requests to the vault (key-release.md 1.3, 1.9, 1.10, 4). Views are of the body's text
 * or of what the reading struct owns; it must not be moved. */
#ifndef QUOTH_SERVICE_VAULT_BODY_H
#define QUOTH_SERVICE_VAULT_BODY_H

#include "service/vault/vault_members.h"

#define VAULT_BODY_MAX (128u << 10) /* bytes; of a restore VAULT_BODY_RESTORE_MAX */
#define VAULT_BODY_RESTORE_MAX (6u << 20)

enum vault_number { /* the members of a JWK that are numbers or octets */
                    VAULT_N,
                    VAULT_E,
                    VAULT_D,
                    VAULT_P,
                    VAULT_Q,
                    VAULT_DP,
                    VAULT_DQ,
                    VAULT_QI,
                    VAULT_X,
                    VAULT_Y,
                    VAULT_K,
                    VAULT_NUMBERS
};

/* A key to be made or brought along; and, of neither, changes alone. */
struct vault_body { /* owned: vault_body_clear, which wipes */
    struct json_doc doc;
    struct vault_asked asked;
    struct material_spec spec;   /* of create */
    struct material_parts parts; /* of import */
    struct buffer curve, numbers[VAULT_NUMBERS];
    struct buffer value; /* of a secret */
};

void vault_body_clear(struct vault_body *b);
DEFINE_AUTO_VALUE(vault_body, struct vault_body, vault_body_clear)

/* ret_body must be zeroed. Sizes and curves are judged by the keys themselves. QUOTH_VAULT_TYPE,
 * QUOTH_VAULT_BYOK, and what vault_members.h has. */
bool vault_body_create(struct bytes body, struct vault_body *ret_body, struct quoth_error *err);
bool vault_body_import(struct bytes body, struct vault_body *ret_body, struct quoth_error *err);
bool vault_body_set(struct bytes body, struct vault_body *ret_body, struct quoth_error *err);
bool vault_body_update(struct bytes body, enum vault_kind kind, struct vault_body *ret_body,
                       struct quoth_error *err);

struct vault_operand { /* of a crypto operation; owned: vault_operand_clear, which wipes */
    struct buffer algorithm, value, iv, aad, tag, digest;
};

void vault_operand_clear(struct vault_operand *o);
DEFINE_AUTO_VALUE(vault_operand, struct vault_operand, vault_operand_clear)

/* alg and value must be there; value may be empty, as an empty text may be encrypted. */
bool vault_body_operand(struct bytes body, struct vault_operand *ret_operand,
                        struct quoth_error *err);

/* KeyRotationPolicy: times are judged by the vault. QUOTH_VAULT_ROTATION for a second action of a
 * type, one of another type, and a trigger that is none or two. */
bool vault_body_rotation(struct bytes body, struct vault_rotation *ret_rotation,
                         struct quoth_error *err);

/* {"value": octets}: a backup. Appends. */
bool vault_body_backup(struct bytes body, struct buffer *ret_backup, struct quoth_error *err);

/* {"count": 1..128}. QUOTH_VAULT_RANDOM. */
#define VAULT_RANDOM_MAX 128
bool vault_body_random(struct bytes body, size_t *ret_count, struct quoth_error *err);

#endif
