/* Which key of which token: a PKCS #11 URI (RFC 7512), as far as a service needs it.
 *
 *     pkcs11:token=LABEL;object=LABEL[;id=BYTES]?module-path=FILE&pin-source=FILE
 *
 * Attributes come in any order, each once, percent-encoded where RFC 7512 2.3 wants it. All but id are
 * needed. A PIN is never part of a setting (pin-value): settings are shown and logged. Slots have no
 * numbers here, for a token's number changes when another is plugged in. Any other attribute is
 * refused rather than ignored: it would narrow what is meant. */
#ifndef QUOTH_KEYS_PKCS11_URI_H
#define QUOTH_KEYS_PKCS11_URI_H

#include "base/bytes.h"

#define PKCS11_TOKEN_MAX 32 /* the length of the field in CK_TOKEN_INFO */
#define PKCS11_OBJECT_MAX 64
#define PKCS11_ID_MAX 32
#define PKCS11_FILE_MAX 255
#define PKCS11_URI_MAX 2048

struct pkcs11_uri {                                                  /* a plain value */
    char token[PKCS11_TOKEN_MAX + 1], object[PKCS11_OBJECT_MAX + 1]; /* UTF-8, no controls */
    uint8_t id[PKCS11_ID_MAX];
    size_t id_len;                         /* 0: any */
    char module_path[PKCS11_FILE_MAX + 1]; /* absolute, like the next */
    char pin_source[PKCS11_FILE_MAX + 1];  /* "file:" is taken off */
};

/* QUOTH_USAGE with the offset of what is wrong. */
bool pkcs11_uri_read(struct bytes text, struct pkcs11_uri *ret_uri, struct quoth_error *err);

#endif
