#include "crypto/x509_make.h"

#include "codec/der.h"
#include "crypto/random.h"

#include <arpa/inet.h>

/* What writes appends to a buffer, which remembers a failure of its own or of what went into it;
 * the public functions ask once, at the end. */

static bool refuse(struct quoth_error *err, const char *where, const char *message)
{
    return quoth_fail(err, QUOTH_INTERNAL, where, QUOTH_NO_OFFSET, "%s", message);
}

/* Wraps what is nested and clears it. */
static void wrap(struct buffer *to, uint8_t tag, struct buffer *inner)
{
    der_write_tlv(to, tag, buffer_bytes(inner));
    to->failed |= inner->failed;
    buffer_clear(inner);
}

static const struct attribute {
    const char *name, *oid;
    uint8_t tag;
} attributes[] = {
    {"CN",           "2.5.4.3",  DER_UTF8_STRING     },
    {"serialNumber", "2.5.4.5",  DER_PRINTABLE_STRING},
    {"C",            "2.5.4.6",  DER_PRINTABLE_STRING},
    {"L",            "2.5.4.7",  DER_UTF8_STRING     },
    {"ST",           "2.5.4.8",  DER_UTF8_STRING     },
    {"O",            "2.5.4.10", DER_UTF8_STRING     },
    {"OU",           "2.5.4.11", DER_UTF8_STRING     },
};

static const struct attribute *attribute_find(const char *name)
{
    for (size_t i = 0; i < COUNT(attributes); i++)
        if (strcmp(attributes[i].name, name) == 0)
            return &attributes[i];
    return NULL;
}

bool x509_name_write(const struct x509_name_part *parts, size_t count, struct buffer *ret_name,
                     struct quoth_error *err)
{
    AUTO(buffer) struct buffer rdns = {0}, rdn = {0}, part = {0};
    for (size_t i = 0; i < count; i++) {
        const struct attribute *a = attribute_find(parts[i].attribute);
        if (!a || parts[i].value[0] == '\0')
            return refuse(err, "name", "has an unknown attribute or an empty value");
        der_write_oid(&part, a->oid);
        der_write_text(&part, a->tag, parts[i].value);
        wrap(&rdn, DER_SEQUENCE, &part);
        wrap(&rdns, DER_SET, &rdn);
    }
    wrap(ret_name, DER_SEQUENCE, &rdns);
    return buffer_ok(ret_name, err);
}

/* A named bit list: no zeros behind the last bit that is set (X.690 11.2.2). */
static void write_key_usage(const struct x509_extension *e, struct buffer *to)
{
    uint8_t bits[3] = {0};
    size_t len = 1;
    for (unsigned bit = 0; bit < 9; bit++) {
        if (!(e->bits >> bit & 1))
            continue;
        bits[1 + bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        bits[0] = (uint8_t)(7 - bit % 8);
        len = 2 + bit / 8;
    }
    der_write_tlv(to, DER_BIT_STRING, (struct bytes){bits, len});
}

static void write_basic_constraints(const struct x509_extension *e, struct buffer *to)
{
    AUTO(buffer) struct buffer fields = {0};
    if (e->is_ca)
        der_write_bool(&fields, true);
    if (e->is_ca && e->path_len != CERT_NO_PATH_LEN)
        der_write_integer_u64(&fields, (uint64_t)e->path_len);
    wrap(to, DER_SEQUENCE, &fields);
}

static void write_authority_key_id(const struct x509_extension *e, struct buffer *to)
{
    AUTO(buffer) struct buffer fields = {0};
    der_write_tlv(&fields, DER_CONTEXT_PRIMITIVE(0), e->id);
    wrap(to, DER_SEQUENCE, &fields);
}

static void write_subject_key_id(const struct x509_extension *e, struct buffer *to)
{
    der_write_tlv(to, DER_OCTET_STRING, e->id);
}

static void write_extended_key_usage(const struct x509_extension *e, struct buffer *to)
{
    AUTO(buffer) struct buffer oids = {0};
    for (const char *const *oid = e->oids; *oid; oid++)
        der_write_oid(&oids, *oid);
    wrap(to, DER_SEQUENCE, &oids);
}

static void write_crl_distribution_point(const struct x509_extension *e, struct buffer *to)
{
    AUTO(buffer) struct buffer uri = {0}, full_name = {0}, name = {0}, point = {0};
    der_write_text(&uri, DER_CONTEXT_PRIMITIVE(6), e->uri);
    wrap(&full_name, DER_CONTEXT(0), &uri);
    wrap(&name, DER_CONTEXT(0), &full_name);
    wrap(&point, DER_SEQUENCE, &name);
    wrap(to, DER_SEQUENCE, &point);
}

/* An address of 4 or 16 bytes; as a constraint, followed by a mask that leaves this one host. */
static void write_ip(const char *text, bool with_mask, struct buffer *to)
{
    uint8_t address[32];
    size_t len = 0;
    memset(address, 0xFF, sizeof address);
    if (inet_pton(AF_INET, text, address) == 1)
        len = 4;
    else if (inet_pton(AF_INET6, text, address) == 1)
        len = 16;
    to->failed |= len == 0;
    der_write_tlv(to, DER_CONTEXT_PRIMITIVE(7), (struct bytes){address, with_mask ? 2 * len : len});
}

static void write_dns(const char *name, struct buffer *to)
{
    der_write_text(to, DER_CONTEXT_PRIMITIVE(2), name);
}

static void write_subject_alt_name(const struct x509_extension *e, struct buffer *to)
{
    AUTO(buffer) struct buffer names = {0};
    for (const char *const *dns = e->dns; dns && *dns; dns++)
        write_dns(*dns, &names);
    for (const char *const *ip = e->ips; ip && *ip; ip++)
        write_ip(*ip, false, &names);
    wrap(to, DER_SEQUENCE, &names);
}

/* Constraints bind only the kinds of names they mention (RFC 5280 4.2.1.10): a kind of which none
 * is permitted is excluded as a whole. */
static void write_excluded(const struct x509_extension *e, struct buffer *to)
{
    static const uint8_t any[32];
    AUTO(buffer) struct buffer subtree = {0};
    if (!e->dns) {
        write_dns("", &subtree);
        wrap(to, DER_SEQUENCE, &subtree);
    }
    for (size_t len = 8; !e->ips && len <= 32; len *= 4) { /* address and mask, v4 and v6 */
        der_write_tlv(&subtree, DER_CONTEXT_PRIMITIVE(7), (struct bytes){any, len});
        wrap(to, DER_SEQUENCE, &subtree);
    }
}

static void write_name_constraints(const struct x509_extension *e, struct buffer *to)
{
    AUTO(buffer) struct buffer subtree = {0}, permitted = {0}, excluded = {0}, both = {0};
    for (const char *const *dns = e->dns; dns && *dns; dns++) {
        write_dns(*dns, &subtree);
        wrap(&permitted, DER_SEQUENCE, &subtree);
    }
    for (const char *const *ip = e->ips; ip && *ip; ip++) {
        write_ip(*ip, true, &subtree);
        wrap(&permitted, DER_SEQUENCE, &subtree);
    }
    write_excluded(e, &excluded);
    if (permitted.len > 0)
        wrap(&both, DER_CONTEXT(0), &permitted);
    if (excluded.len > 0)
        wrap(&both, DER_CONTEXT(1), &excluded);
    wrap(to, DER_SEQUENCE, &both);
}

static void write_other(const struct x509_extension *e, struct buffer *to)
{
    buffer_add(to, e->value);
}

static const struct {
    const char *oid; /* NULL: the extension brings its own */
    void (*write)(const struct x509_extension *e, struct buffer *to);
} extension_kinds[] = {
    [X509_AUTHORITY_KEY_ID] = {"2.5.29.35", write_authority_key_id      },
    [X509_SUBJECT_KEY_ID] = {"2.5.29.14", write_subject_key_id        },
    [X509_KEY_USAGE] = {"2.5.29.15", write_key_usage             },
    [X509_BASIC_CONSTRAINTS] = {"2.5.29.19", write_basic_constraints     },
    [X509_EXTENDED_KEY_USAGE] = {"2.5.29.37", write_extended_key_usage    },
    [X509_SUBJECT_ALT_NAME] = {"2.5.29.17", write_subject_alt_name      },
    [X509_CRL_DISTRIBUTION_POINT] = {"2.5.29.31", write_crl_distribution_point},
    [X509_NAME_CONSTRAINTS] = {"2.5.29.30", write_name_constraints      },
    [X509_OTHER] = {NULL,        write_other                 },
};

static void write_extension(const struct x509_extension *e, struct buffer *to)
{
    AUTO(buffer) struct buffer value = {0}, fields = {0};
    const char *oid = extension_kinds[e->kind].oid;
    extension_kinds[e->kind].write(e, &value);
    der_write_oid(&fields, oid ? oid : e->oid);
    if (e->critical)
        der_write_bool(&fields, true);
    wrap(&fields, DER_OCTET_STRING, &value);
    wrap(to, DER_SEQUENCE, &fields);
}

/* AlgorithmIdentifier of signatures by this key: RFC 5758 3.2, RFC 4055 5. */
static void write_algorithm(const struct private_key *key, struct buffer *to)
{
    AUTO(buffer) struct buffer fields = {0};
    if (private_key_kind(key) == KEY_KIND_P256) {
        der_write_oid(&fields, "1.2.840.10045.4.3.2");
    } else {
        der_write_oid(&fields, "1.2.840.113549.1.1.11");
        der_write_null(&fields);
    }
    wrap(to, DER_SEQUENCE, &fields);
}

/* ECDSA signatures become ECDSA-Sig-Value (RFC 3279 2.2.3). */
static void write_signature(const struct private_key *key, struct bytes raw, struct buffer *to)
{
    AUTO(buffer) struct buffer numbers = {0}, sequence = {0};
    if (private_key_kind(key) != KEY_KIND_P256) {
        der_write_bit_string(to, raw);
        return;
    }
    der_write_integer(&numbers, bytes_slice(raw, 0, 32));
    der_write_integer(&numbers, bytes_slice(raw, 32, 32));
    wrap(&sequence, DER_SEQUENCE, &numbers);
    der_write_bit_string(to, buffer_bytes(&sequence));
    to->failed |= sequence.failed;
}

/* What is to be signed, its algorithm and its signature, as one SEQUENCE. */
static bool write_signed(struct buffer *fields, struct private_key *key, struct buffer *ret_der,
                         struct quoth_error *err)
{
    AUTO(buffer) struct buffer tbs = {0}, raw = {0};
    wrap(&tbs, DER_SEQUENCE, fields);
    if (tbs.failed)
        return refuse(err, "certificate", "cannot be written: an OID, an address, or no memory");
    const struct sha256 digest = sha256_of(buffer_bytes(&tbs));
    if (!private_key_sign_digest(key, &digest, &raw, err))
        return false;
    write_algorithm(key, &tbs);
    write_signature(key, buffer_bytes(&raw), &tbs);
    wrap(ret_der, DER_SEQUENCE, &tbs);
    return buffer_ok(ret_der, err);
}

static bool is_serial(struct bytes serial)
{
    return serial.len > 0 && serial.len <= 20 && !bytes_all_zero(serial);
}

bool x509_make(const struct x509_spec *spec, const struct public_key *subject_key,
               struct private_key *issuer_key, struct buffer *ret_der, struct quoth_error *err)
{
    AUTO(buffer) struct buffer tbs = {0}, part = {0}, extensions = {0};
    if (!is_serial(spec->serial) || spec->subject.len == 0)
        return refuse(err, "certificate", "needs a serial from 1 in 20 bytes, and a subject");
    der_write_integer_u64(&part, 2); /* v3 */
    wrap(&tbs, DER_CONTEXT(0), &part);
    der_write_integer(&tbs, spec->serial);
    write_algorithm(issuer_key, &tbs);
    buffer_add(&tbs, spec->issuer.len > 0 ? spec->issuer : spec->subject);
    der_write_time(&part, spec->not_before);
    der_write_time(&part, spec->not_after);
    wrap(&tbs, DER_SEQUENCE, &part);
    buffer_add(&tbs, spec->subject);
    if (!public_key_to_spki(subject_key, &tbs, err))
        return false;
    for (size_t i = 0; i < spec->extension_count; i++)
        write_extension(&spec->extensions[i], &extensions);
    if (spec->extension_count > 0) {
        wrap(&part, DER_SEQUENCE, &extensions);
        wrap(&tbs, DER_CONTEXT(3), &part);
    }
    return write_signed(&tbs, issuer_key, ret_der, err);
}

static void write_revoked(const struct x509_revoked *revoked, struct buffer *to)
{
    static const uint8_t key_compromise[] = {DER_ENUMERATED, 1, 1}; /* RFC 5280 5.3.1 */
    const struct x509_extension reason = {
        .kind = X509_OTHER, .oid = "2.5.29.21", .value = BYTES_OF(key_compromise)};
    AUTO(buffer) struct buffer fields = {0}, extensions = {0};
    der_write_integer(&fields, revoked->serial);
    der_write_time(&fields, revoked->time);
    write_extension(&reason, &extensions);
    wrap(&fields, DER_SEQUENCE, &extensions);
    wrap(to, DER_SEQUENCE, &fields);
}

bool x509_make_crl(const struct x509_crl_spec *spec, struct private_key *issuer_key,
                   struct buffer *ret_der, struct quoth_error *err)
{
    AUTO(buffer) struct buffer tbs = {0}, revoked = {0}, number = {0}, extensions = {0}, list = {0};
    der_write_integer_u64(&tbs, 1); /* v2 */
    write_algorithm(issuer_key, &tbs);
    buffer_add(&tbs, spec->issuer);
    der_write_time(&tbs, spec->this_update);
    der_write_time(&tbs, spec->next_update);
    for (size_t i = 0; i < spec->revoked_count; i++)
        write_revoked(&spec->revoked[i], &revoked);
    if (spec->revoked_count > 0) /* else absent */
        wrap(&tbs, DER_SEQUENCE, &revoked);
    der_write_integer_u64(&number, spec->number);
    const struct x509_extension both[] = {
        {.kind = X509_OTHER, .oid = "2.5.29.20", .value = buffer_bytes(&number)},
        {.kind = X509_AUTHORITY_KEY_ID,                  .id = spec->authority_key_id       },
    };
    for (size_t i = 0; i < COUNT(both); i++)
        write_extension(&both[i], &extensions);
    wrap(&list, DER_SEQUENCE, &extensions);
    wrap(&tbs, DER_CONTEXT(0), &list);
    tbs.failed |= number.failed;
    return write_signed(&tbs, issuer_key, ret_der, err);
}

bool x509_random_serial(uint8_t *ret_serial, size_t len, struct quoth_error *err)
{
    do {
        if (!random_fill(ret_serial, len, err))
            return false;
        ret_serial[0] &= 0x7F;
    } while (ret_serial[0] == 0);
    return true;
}

bool x509_key_id(const struct public_key *key, struct sha1 *ret_id, struct quoth_error *err)
{
    AUTO(buffer) struct buffer spki = {0};
    if (!public_key_to_spki(key, &spki, err))
        return false;
    struct reader r = {.in = buffer_bytes(&spki), .err = err}, fields;
    der_take_tag(&r, DER_SEQUENCE, &fields, "SubjectPublicKeyInfo");
    der_take_span(&fields, "algorithm");
    const struct bytes bits = der_bit_string(&fields, "subjectPublicKey");
    if (!reader_end(&fields, "SubjectPublicKeyInfo"))
        return false;
    *ret_id = sha1_of(bits);
    return true;
}

bool x509_key_id_intel(const struct public_key *key, struct sha1 *ret_id, struct quoth_error *err)
{
    AUTO(buffer) struct buffer spki = {0};
    if (!public_key_to_spki(key, &spki, err))
        return false;
    *ret_id = sha1_of(buffer_bytes(&spki));
    return true;
}
