#include "platform/pck_extension.h"

#include "codec/der.h"

#include <stdio.h>

/* Closes what was built in a buffer of its own; its failure to grow becomes that of to. */
static void wrap(struct buffer *to, uint8_t tag, const struct buffer *content)
{
    der_write_tlv(to, tag, buffer_bytes(content));
    to->failed |= content->failed;
}

/* One entry: SEQUENCE { OID "base.arc", value }, value being an element already. */
static void entry(struct buffer *to, const char *base, unsigned arc, const struct buffer *value)
{
    AUTO(buffer) struct buffer content = {0};
    char oid[48];

    snprintf(oid, sizeof oid, "%s.%u", base, arc);
    der_write_oid(&content, oid);
    buffer_add(&content, buffer_bytes(value));
    content.failed |= value->failed;
    wrap(to, DER_SEQUENCE, &content);
}

static void octets(struct buffer *to, const char *base, unsigned arc, struct bytes value)
{
    AUTO(buffer) struct buffer element = {0};

    der_write_tlv(&element, DER_OCTET_STRING, value);
    entry(to, base, arc, &element);
}

static void integer(struct buffer *to, const char *base, unsigned arc, unsigned value)
{
    AUTO(buffer) struct buffer element = {0};

    der_write_integer_u64(&element, value);
    entry(to, base, arc, &element);
}

static void boolean(struct buffer *to, const char *base, unsigned arc, bool value)
{
    AUTO(buffer) struct buffer element = {0};

    der_write_bool(&element, value);
    entry(to, base, arc, &element);
}

static void enumerated(struct buffer *to, const char *base, unsigned arc, unsigned value)
{
    const uint8_t content[] = {(uint8_t)value};
    AUTO(buffer) struct buffer element = {0};

    der_write_tlv(&element, DER_ENUMERATED, BYTES_OF(content));
    entry(to, base, arc, &element);
}

static void sequence(struct buffer *to, const char *base, unsigned arc,
                     const struct buffer *content)
{
    AUTO(buffer) struct buffer element = {0};

    wrap(&element, DER_SEQUENCE, content);
    entry(to, base, arc, &element);
}

static void tcb(struct buffer *to, const struct pck *p)
{
    static const char base[] = PCK_EXTENSION_OID ".2";
    AUTO(buffer) struct buffer content = {0};

    for (unsigned i = 0; i < sizeof p->components; i++)
        integer(&content, base, i + 1, p->components[i]);
    integer(&content, base, 17, p->pcesvn);
    octets(&content, base, 18, BYTES_OF(p->cpusvn));
    sequence(to, PCK_EXTENSION_OID, 2, &content);
}

static void configuration(struct buffer *to, const struct pck *p)
{
    static const char base[] = PCK_EXTENSION_OID ".7";
    AUTO(buffer) struct buffer content = {0};

    boolean(&content, base, 1, p->dynamic_platform);
    boolean(&content, base, 2, p->cached_keys);
    boolean(&content, base, 3, p->smt_enabled);
    sequence(to, PCK_EXTENSION_OID, 7, &content);
}

void pck_extension_write(const struct pck *p, struct buffer *to)
{
    AUTO(buffer) struct buffer content = {0};

    octets(&content, PCK_EXTENSION_OID, 1, BYTES_OF(p->ppid));
    tcb(&content, p);
    octets(&content, PCK_EXTENSION_OID, 3, BYTES_OF(p->pceid));
    octets(&content, PCK_EXTENSION_OID, 4, BYTES_OF(p->fmspc));
    enumerated(&content, PCK_EXTENSION_OID, 5, p->sgx_type);
    octets(&content, PCK_EXTENSION_OID, 6, BYTES_OF(p->platform_instance));
    configuration(&content, p);
    wrap(to, DER_SEQUENCE, &content);
}
