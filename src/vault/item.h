/* What the vault knows of a name: a key or a secret with its versions. Plain values. */
#ifndef QUOTH_VAULT_ITEM_H
#define QUOTH_VAULT_ITEM_H

#include "crypto/digest.h"
#include "crypto/material.h"
#include "keys/records.h"

enum vault_kind { VAULT_KEY, VAULT_SECRET };

#define VAULT_NAME_MAX 127
#define VAULT_VERSION_SIZE 33   /* 32 hex digits and a NUL */
#define VAULT_SECRET_MAX 25600u /* bytes of a secret's value (key-release.md 4) */
#define VAULT_TAGS_MAX 15u      /* names of a tag and values: 256 characters, for secrets 512 */
#define VAULT_CONTENT_TYPE_MAX 255u
#define VAULT_VERSIONS_MAX 500u     /* of a name, as Azure backs up no more */
#define VAULT_BACKUP_MAX (4u << 20) /* bytes of a backup */

enum vault_operation { /* in the order of key_ops in answers */
                       VAULT_ENCRYPT,
                       VAULT_DECRYPT,
                       VAULT_SIGN,
                       VAULT_VERIFY,
                       VAULT_WRAP,
                       VAULT_UNWRAP,
                       VAULT_IMPORT,
                       VAULT_EXPORT, /* allowed in key_ops, and nothing here does them */
                       VAULT_KEY_OPS,
                       VAULT_RELEASE = VAULT_KEY_OPS,
                       VAULT_GET /* not in key_ops */
};
/* "encrypt" ... "wrapKey": static. And back: VAULT_KEY_OPS if there is none. */
const char *vault_operation_name(enum vault_operation operation);
enum vault_operation vault_operation_find(struct bytes name);

struct vault_version { /* owned by its item */
    char id[VAULT_VERSION_SIZE];
    bool enabled, has_nbf, has_exp;
    int64_t nbf, exp, created, updated;
    struct buffer tags;   /* JSON object of texts; empty: none */
    struct sha256 secret; /* of the secret part */
    /* of a key: a new version may be another type and size */
    enum material_type type;
    bool hsm;           /* it was asked for as RSA-HSM ...: shown so, and no hardware is claimed */
    const char *curve;  /* EC: static; else NULL */
    unsigned key_ops;   /* bits: 1 << operation */
    unsigned bits;      /* of the modulus, the curve, or the key */
    struct buffer a, b; /* n and e, or x and y; of oct: empty */
    bool notified;      /* vault_tick has told that it nears its end */
    /* of a secret */
    struct buffer content_type;
};

enum vault_action { VAULT_ROTATE, VAULT_NOTIFY, VAULT_ACTIONS };

#define VAULT_DURATION_SIZE 32 /* an ISO 8601 duration as given, and a NUL */

/* When keys are made anew (key-release.md 1.9). A zeroed one with created 0 is the standard: notify
 * 30 days before a version ends. A plain value. */
struct vault_rotation {
    char expiry
        [VAULT_DURATION_SIZE]; /* of the versions that rotation makes; empty: they do not end */
    struct {
        bool is_set;
        bool before_expiry; /* else after creation */
        char time[VAULT_DURATION_SIZE];
    } actions[VAULT_ACTIONS];
    int64_t created, updated; /* 0: the standard, never set */
};

struct vault_item { /* owned: vault_item_clear */
    enum vault_kind kind;
    char name[VAULT_NAME_MAX + 1]; /* as first written */
    int64_t record;                /* version of its record */
    int64_t deleted_at, purge_at;  /* 0: not deleted */
    /* of a key */
    bool exportable;
    struct vault_rotation rotation;
    /* of both: who gets it without credentials */
    struct buffer policy;      /* as given; empty: none */
    struct buffer policy_type; /* contentType */
    bool policy_immutable;
    int64_t policy_number; /* 1 with the first; grows with every change, over deletion and purge */
    int64_t policy_since;  /* when one took the place of another last (THREATS 31); 0: never */
    struct vault_version *versions; /* the newest last */
    size_t version_count;
};

void vault_item_clear(struct vault_item *item);
DEFINE_AUTO_VALUE(vault_item, struct vault_item, vault_item_clear)

/* What a request wants to be otherwise; views. A member counts only if its has_ is true. */
struct vault_changes {
    bool has_enabled, enabled, has_nbf, has_exp;
    int64_t nbf, exp;
    bool has_tags;
    struct bytes tags; /* JSON object of texts: checked here */
    bool has_key_ops;
    unsigned key_ops;
    bool has_exportable, exportable;
    bool hsm;
    bool has_policy;
    bool policy_repeats;              /* it must be the one that is there: QUOTH_VAULT_BUSY */
    struct bytes policy, policy_type; /* text of the policy: read and checked here; may be empty if
                                         only the flag is set */
    bool policy_immutable;
    bool has_content_type;
    struct bytes content_type;
};

#endif
