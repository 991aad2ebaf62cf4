/* The envelope of Intel's signed JSON: {"NAME":{...},"signature":"r and s in hex"}. What is signed
 * is the value of NAME, byte for byte as it stands in the text (dcap.md 3.4). */
#ifndef QUOTH_TEE_DCAP_SIGNED_JSON_H
#define QUOTH_TEE_DCAP_SIGNED_JSON_H

#include "codec/json.h"
#include "crypto/p256.h"

#define SIGNED_JSON_MAX (256u << 10) /* bytes of text */

/* Owned: signed_json_clear. Views the text. Must not be moved while inner is in use. */
struct signed_json {
    struct json_doc doc;
    struct json inner;
    struct bytes signed_part;
    uint8_t signature[P256_SIGNATURE_SIZE];
};

/* Reads the envelope: one object with these two members and no others. */
bool signed_json_read(struct bytes text, const char *name, struct signed_json *ret,
                      struct quoth_error *err);
void signed_json_clear(struct signed_json *s);
DEFINE_AUTO_VALUE(signed_json, struct signed_json, signed_json_clear)

bool signed_json_signed_by(const struct signed_json *s, const struct p256_public *key);

#endif
