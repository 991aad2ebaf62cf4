/* Keys with their certificates, and settings, as sealed records. */
#ifndef QUOTH_KEYS_KEEP_H
#define QUOTH_KEYS_KEEP_H

#include "crypto/key.h"
#include "keys/records.h"

struct kept_key { /* owned: kept_key_clear */
    char id[64];  /* unique for its issuer and purpose */
    int64_t version, created;
    int64_t signs_from; /* of a key for tokens: shown from created on, signs from then on */
    bool distrusted;    /* neither signs nor is shown */
    struct private_key *key;
    struct buffer certificate; /* DER */
};

void kept_key_clear(struct kept_key *k);
DEFINE_AUTO_VALUE(kept_key, struct kept_key, kept_key_clear)

#define KEPT_KEYS_MAX 16

struct kept_keys {
    struct kept_key keys[KEPT_KEYS_MAX]; /* the latest to sign first */
    size_t count;
};

void kept_keys_clear(struct kept_keys *set);
DEFINE_AUTO_VALUE(kept_keys, struct kept_keys, kept_keys_clear)

/* A key as a record, for record_keep_all: of kind "key." and the purpose, with its private key,
 * certificate, date and state in the value. value holds it, and must live as long. */
bool key_record(const char *issuer, const char *purpose, const struct kept_key *k,
                struct buffer *value, struct store_put *ret_put, struct quoth_error *err);

/* The record that takes the place of a key nobody needs any more: its private part is gone for good.
 * k->version is that of the record, one more than that of the key. */
void key_record_gone(const char *issuer, const char *purpose, const struct kept_key *k,
                     struct store_put *ret_put);

/* Adds a key, or replaces the one of this id whose version is one less. */
bool key_keep(struct store *store, const struct master_key *master, const char *issuer,
              const char *purpose, const struct kept_key *k, struct quoth_error *err);

/* All keys of an issuer for a purpose ("token", "ca", "tls", "release"). QUOTH_SEAL_BROKEN names the one that
 * does not open; then none is given. */
bool keys_load(struct store *store, const struct master_key *master, const char *issuer,
               const char *purpose, struct kept_keys *ret_set, struct quoth_error *err);

/* Settings that decide something, sealed like keys: records of kind "setting", nobody's. */
#define KIND_SETTING "setting"

bool setting_keep(struct store *store, const struct master_key *master, const char *name,
                  int64_t version, struct bytes value, struct quoth_error *err);

/* *ret_version is 0 when there is no such setting. Appends. */
bool setting_load(struct store *store, const struct master_key *master, const char *name,
                  int64_t *ret_version, struct buffer *ret_value, struct quoth_error *err);

#endif
