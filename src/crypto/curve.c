#include "crypto/curve.h"

#include "codec/der.h"

static const struct curve curves[] = {
    {"P-256",  "prime256v1", "1.2.840.10045.3.1.7", 256, 32},
    {"P-384",  "secp384r1",  "1.3.132.0.34",        384, 48},
    {"P-521",  "secp521r1",  "1.3.132.0.35",        521, 66},
    {"P-256K", "secp256k1",  "1.3.132.0.10",        256, 32},
};

const struct curve *curve_by_name(struct bytes name)
{
    for (size_t i = 0; i < COUNT(curves); i++)
        if (bytes_equal(name, bytes_of_text(curves[i].name)))
            return &curves[i];
    return NULL;
}

const struct curve *curve_by_group(const char *openssl)
{
    for (size_t i = 0; i < COUNT(curves); i++)
        if (strcmp(curves[i].openssl, openssl) == 0)
            return &curves[i];
    return NULL;
}

const struct curve *curve_by_oid(struct bytes oid)
{
    for (size_t i = 0; i < COUNT(curves); i++)
        if (der_oid_is(oid, curves[i].oid))
            return &curves[i];
    return NULL;
}
