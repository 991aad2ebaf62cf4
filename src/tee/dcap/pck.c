#include "tee/dcap/pck.h"

#include "codec/der.h"

/* 1.2.840.113741.1.13.1, as the contents of an OBJECT IDENTIFIER; each arc below is one byte. */
static const uint8_t sgx_arc[] = {0x2A, 0x86, 0x48, 0x86, 0xF8, 0x4D, 0x01, 0x0D, 0x01};

enum { PPID = 1, TCB, PCEID, FMSPC, SGX_TYPE, PLATFORM_INSTANCE, CONFIGURATION };
enum { COMPONENTS = 16, PCESVN = 17, CPUSVN = 18 };
enum { DYNAMIC_PLATFORM = 1, CACHED_KEYS, SMT_ENABLED };

/* Steps into SEQUENCE { OID, value } whose identifier is the SGX arc, then the arcs of parent, then
 * one from 1 to last that seen has no bit for. Gives that arc, or 0 with the error set. */
static unsigned enter(struct reader *list, struct bytes parent, unsigned last, uint32_t *seen,
                      struct reader *ret_value, const char *field)
{
    const size_t start = list->pos;
    const size_t known = sizeof sgx_arc + parent.len;
    der_take_tag(list, DER_SEQUENCE, ret_value, field);
    const struct bytes oid = der_oid(ret_value, field);
    if (!reader_ok(list))
        return 0;
    const unsigned arc = oid.len == known + 1 ? oid.data[known] : 0;
    if (arc == 0 || arc > last ||
        !bytes_equal(bytes_slice(oid, 0, sizeof sgx_arc), BYTES_OF(sgx_arc)) ||
        !bytes_equal(bytes_slice(oid, sizeof sgx_arc, parent.len), parent)) {
        quoth_fail(list->err, QUOTH_CERTIFICATE_MALFORMED, field, start,
                   "the entry is not one that is known here");
        return 0;
    }
    if (*seen >> arc & 1u) {
        quoth_fail(list->err, QUOTH_CERTIFICATE_MALFORMED, field, start, "entry %u is there twice",
                   arc);
        return 0;
    }
    *seen |= 1u << arc;
    return arc;
}

/* All of the arcs 1 to last, or some of them are missing. */
static void expect_seen(struct reader *r, uint32_t seen, unsigned last, const char *field)
{
    for (unsigned arc = 1; arc <= last; arc++)
        if (!(seen >> arc & 1u))
            quoth_fail(r->err, QUOTH_CERTIFICATE_MALFORMED, field, r->pos, "entry %u is missing",
                       arc);
}

static void read_octets(struct reader *r, uint8_t *to, size_t len, const char *field)
{
    const size_t start = r->pos;
    const struct bytes b = der_content(r, DER_OCTET_STRING, field);
    if (reader_ok(r) && b.len != len)
        quoth_fail(r->err, QUOTH_CERTIFICATE_MALFORMED, field, start, "has %zu bytes, expected %zu",
                   b.len, len);
    if (reader_ok(r))
        bytes_copy(to, b);
}

static void read_tcb(struct reader *value, struct pck *p)
{
    static const uint8_t arc[] = {TCB};
    struct reader list, entry;
    uint32_t seen = 0;
    der_take_tag(value, DER_SEQUENCE, &list, "sgx.tcb");
    while (reader_ok(&list) && reader_left(&list) > 0) {
        const unsigned at = enter(&list, BYTES_OF(arc), CPUSVN, &seen, &entry, "sgx.tcb");
        if (at >= 1 && at <= COMPONENTS)
            p->components[at - 1] = (uint8_t)der_small_uint(&entry, UINT8_MAX, "sgx.tcb.svn");
        else if (at == PCESVN)
            p->pcesvn = (uint16_t)der_small_uint(&entry, UINT16_MAX, "sgx.tcb.pcesvn");
        else if (at == CPUSVN)
            read_octets(&entry, p->cpusvn, sizeof p->cpusvn, "sgx.tcb.cpusvn");
        reader_end(&entry, "sgx.tcb");
    }
    expect_seen(&list, seen, CPUSVN, "sgx.tcb");
}

static void read_sgx_type(struct reader *value, struct pck *p)
{
    const size_t start = value->pos;
    const struct bytes b = der_content(value, DER_ENUMERATED, "sgx.type");
    if (reader_ok(value) && (b.len != 1 || b.data[0] > SGX_SCALABLE_WITH_INTEGRITY))
        quoth_fail(value->err, QUOTH_CERTIFICATE_MALFORMED, "sgx.type", start, "is not 0, 1 or 2");
    if (reader_ok(value))
        p->sgx_type = (enum sgx_type)b.data[0];
}

static void read_configuration(struct reader *value, struct pck *p)
{
    static const uint8_t arc[] = {CONFIGURATION};
    struct reader list, entry;
    uint32_t seen = 0;
    der_take_tag(value, DER_SEQUENCE, &list, "sgx.configuration");
    while (reader_ok(&list) && reader_left(&list) > 0) {
        const unsigned at =
            enter(&list, BYTES_OF(arc), SMT_ENABLED, &seen, &entry, "sgx.configuration");
        const bool on = der_bool(&entry, "sgx.configuration");
        reader_end(&entry, "sgx.configuration");
        if (at == DYNAMIC_PLATFORM)
            p->dynamic_platform = on;
        else if (at == CACHED_KEYS)
            p->cached_keys = on;
        else if (at == SMT_ENABLED)
            p->smt_enabled = on;
    }
    expect_seen(&list, seen, SMT_ENABLED, "sgx.configuration");
}

static void read_entry(struct reader *list, struct pck *p, uint32_t *seen)
{
    struct reader value;
    switch (enter(list, (struct bytes){0}, CONFIGURATION, seen, &value, "sgx")) {
    case PPID:
        read_octets(&value, p->ppid, sizeof p->ppid, "sgx.ppid");
        break;
    case TCB:
        read_tcb(&value, p);
        break;
    case PCEID:
        read_octets(&value, p->pceid, sizeof p->pceid, "sgx.pceid");
        break;
    case FMSPC:
        read_octets(&value, p->fmspc, sizeof p->fmspc, "sgx.fmspc");
        break;
    case SGX_TYPE:
        read_sgx_type(&value, p);
        break;
    case PLATFORM_INSTANCE:
        read_octets(&value, p->platform_instance, sizeof p->platform_instance,
                    "sgx.platform_instance");
        break;
    case CONFIGURATION:
        read_configuration(&value, p);
        break;
    }
    reader_end(&value, "sgx");
}

bool pck_read(struct bytes extension, struct pck *ret_pck, struct quoth_error *err)
{
    struct pck p = {0};
    struct reader r = {.in = extension, .err = err}, list;
    uint32_t seen = 0;
    der_take_tag(&r, DER_SEQUENCE, &list, "sgx");
    reader_end(&r, "sgx");
    while (reader_ok(&list) && reader_left(&list) > 0)
        read_entry(&list, &p, &seen);

    /* The last two come together or not at all. */
    p.is_platform = seen >> PLATFORM_INSTANCE & 3u;
    expect_seen(&list, seen, p.is_platform ? CONFIGURATION : SGX_TYPE, "sgx");
    if (!reader_ok(&list))
        return quoth_within(err, "pck");
    *ret_pck = p;
    return true;
}

struct sha256 pck_platform_id(const uint8_t ppid[16])
{
    const struct bytes parts[] = {
        BYTES_LITERAL("quoth platform-id dcap ppid 1\n"), {ppid, 16}
    };
    return sha256_of_parts(parts, COUNT(parts));
}
