#include "tee/trust.h"

/* Intel SGX Root CA: SHA-256 of the certificate served at certificates.trustedservices.intel.com,
 * and the key that Intel's own verifier has compiled in (INTEL_ROOT_PUB_KEY in its QvE). */
static const struct trust_anchor intel_sgx_root = {
    .class = TRUST_BUILT_IN,
    .tees = TRUST_FOR_SGX | TRUST_FOR_TDX,
    .fingerprint = {{0x44, 0xa0, 0x19, 0x6b, 0x2b, 0x99, 0xf8, 0x89, 0xb8, 0xe1, 0x49,
                     0xe9, 0x5b, 0x80, 0x7a, 0x35, 0x0e, 0x74, 0x24, 0x96, 0x43, 0x99,
                     0xe8, 0x85, 0xa7, 0xcb, 0xb8, 0xcc, 0xfa, 0xb6, 0x74, 0xd3}},
    .point = { 0x04, 0x0b, 0xa9, 0xc4, 0xc0, 0xc0, 0xc8, 0x61, 0x93, 0xa3, 0xfe, 0x23, 0xd6,
                    0xb0, 0x2c, 0xda, 0x10, 0xa8, 0xbb, 0xd4, 0xe8, 0x8e, 0x48, 0xb4, 0x45, 0x85,
                    0x61, 0xa3, 0x6e, 0x70, 0x55, 0x25, 0xf5, 0x67, 0x91, 0x8e, 0x2e, 0xdc, 0x88,
                    0xe4, 0x0d, 0x86, 0x0b, 0xd0, 0xcc, 0x4e, 0xe2, 0x6a, 0xac, 0xc9, 0x88, 0xe5,
                    0x05, 0xa9, 0x53, 0x55, 0x8c, 0x45, 0x3f, 0x6b, 0x09, 0x04, 0xae, 0x73, 0x94},
};

const char *trust_class_name(enum trust_class class)
{
    static const char *const names[] = {
        [TRUST_BUILT_IN] = "built-in",
        [TRUST_HARDWARE] = "hardware",
        [TRUST_SIMULATED] = "simulated",
    };
    return (size_t) class < COUNT(names) ? names[class] : "unknown";
}

/* The identity of the set: every fact of every anchor, in the order in which they were added. */
static void update_id(struct trust *t)
{
    uint8_t facts[TRUST_ANCHORS_MAX][2];
    struct bytes parts[3 * TRUST_ANCHORS_MAX + 1];
    size_t count = 0;
    parts[count++] = BYTES_LITERAL("quoth trust set 1");
    for (size_t i = 0; i < t->count; i++) {
        facts[i][0] = (uint8_t)t->anchors[i].class;
        facts[i][1] = (uint8_t)t->anchors[i].tees;
        parts[count++] = BYTES_OF(facts[i]);
        parts[count++] = BYTES_OF(t->anchors[i].fingerprint.bytes);
        parts[count++] = BYTES_OF(t->anchors[i].point);
    }
    t->id = sha256_of_parts(parts, count);
}

void trust_init_built_in(struct trust *ret_trust)
{
    *ret_trust = (struct trust){.anchors = {intel_sgx_root}, .count = 1};
    update_id(ret_trust);
}

bool trust_is_marked(const struct cert *root)
{
    static const struct bytes mark = BYTES_INIT("SIMULATED");
    for (size_t i = 0; i < root->subject.len; i++)
        if (bytes_equal(bytes_slice(root->subject, i, mark.len), mark))
            return true;
    return false;
}

/* A root that vouches for itself in the vendor's profile. */
static bool read_root(struct bytes der, struct cert *ret_cert, struct quoth_error *err)
{
    struct quoth_error inner = {0};
    AUTO(p256_public) struct p256_public *key = NULL;
    struct cert c = {0};
    if (!cert_read(der, &c, &inner) || !p256_public_from_point(c.point, &key, &inner))
        return quoth_fail(err, QUOTH_TRUST_ROOT, "trust", QUOTH_NO_OFFSET, "%s", inner.message);
    if (!bytes_equal(c.issuer, c.subject) || !cert_signed_by(&c, key))
        return quoth_fail(err, QUOTH_TRUST_ROOT, "trust", QUOTH_NO_OFFSET, "is not self-signed");
    if (!c.is_ca || !(c.key_usage & CERT_KEY_CERT_SIGN))
        return quoth_fail(err, QUOTH_TRUST_ROOT, "trust", QUOTH_NO_OFFSET,
                          "may not sign certificates");
    *ret_cert = c;
    return true;
}

static bool would_mix(const struct trust *t, enum trust_class class)
{
    for (size_t i = 0; i < t->count; i++)
        if ((t->anchors[i].class == TRUST_SIMULATED) != (class == TRUST_SIMULATED))
            return true;
    return false;
}

bool trust_add(struct trust *trust, enum trust_class class, unsigned tees, struct bytes der,
               struct quoth_error *err)
{
    struct cert c = {0};
    if (!read_root(der, &c, err))
        return false;
    if (class != TRUST_SIMULATED && trust_is_marked(&c))
        return quoth_fail(err, QUOTH_TRUST_MARKED, "trust", QUOTH_NO_OFFSET,
                          "the root is marked as simulated, and vouches for no hardware");
    if (would_mix(trust, class))
        return quoth_fail(err, QUOTH_TRUST_MIXED, "trust", QUOTH_NO_OFFSET,
                          "simulated roots and others can't be trusted together");

    struct trust_anchor anchor = {.class = class, .tees = tees, .fingerprint = sha256_of(der)};
    bytes_copy(anchor.point, c.point);
    for (size_t i = 0; i < trust->count; i++)
        if (bytes_equal(BYTES_OF(trust->anchors[i].point), c.point) &&
            (trust->anchors[i].tees & tees) == tees)
            return true;
    if (trust->count == TRUST_ANCHORS_MAX)
        return quoth_fail(err, QUOTH_TRUST_ROOT, "trust", QUOTH_NO_OFFSET,
                          "there are more than %d roots", TRUST_ANCHORS_MAX);
    trust->anchors[trust->count++] = anchor;
    update_id(trust);
    return true;
}

const struct trust_anchor *trust_find(const struct trust *trust, unsigned tee, struct bytes point)
{
    for (size_t i = 0; i < trust->count; i++)
        if ((trust->anchors[i].tees & tee) && bytes_equal(BYTES_OF(trust->anchors[i].point), point))
            return &trust->anchors[i];
    return NULL;
}
