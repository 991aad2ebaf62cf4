#include "platform/processor.h"

#include "crypto/cmac.h"
#include "crypto/kdf.h"
#include "crypto/random.h"

#include <stdio.h>

#define TARGET_SIZE 128 /* bytes of TARGETINFO before the reserved ones */
#define KEY_ID_SIZE 32

/* KEYREQUEST, as far as SEAL and REPORT use it. */
struct key_request {
    uint16_t name, policy, isv_svn, config_svn;
    struct bytes cpu_svn, key_id;
    uint64_t flags_mask, xfrm_mask;
    uint32_t misc_mask;
};

bool processor_init(struct processor *ret_cpu, struct bytes fuse, struct bytes cpu_svn,
                    struct bytes owner_epoch, struct quoth_error *err)
{
    AUTO(processor) struct processor cpu = {0};

    if (fuse.len != PROCESSOR_FUSE_SIZE || cpu_svn.len != sizeof cpu.cpu_svn ||
        owner_epoch.len != sizeof cpu.owner_epoch)
        return quoth_fail(err, QUOTH_MALFORMED, "platform", QUOTH_NO_OFFSET,
                          "fuse, CPUSVN or owner epoch has another length than 32, 16 and 16");
    bytes_copy(cpu.cpu_svn, cpu_svn);
    bytes_copy(cpu.owner_epoch, owner_epoch);
    if (!hkdf_sha256((struct bytes){0}, fuse, BYTES_LITERAL("quoth simulated processor: root key"),
                     cpu.root_key, sizeof cpu.root_key, err) ||
        !random_fill(cpu.report_key_id, sizeof cpu.report_key_id, err))
        return false;
    *ret_cpu = take_value(cpu);
    return true;
}

void processor_clear(struct processor *cpu)
{
    bytes_wipe(cpu, sizeof *cpu);
}

static bool expect_length(struct bytes b, size_t len, const char *what, struct quoth_error *err)
{
    if (b.len == len)
        return true;
    return quoth_fail(err, QUOTH_MALFORMED, what, QUOTH_NO_OFFSET, "has %zu bytes, not %zu", b.len,
                      len);
}

/* The front of TARGETINFO, 128 bytes. CET, CONFIGSVN and CONFIGID are zero without KSS and CET. */
static void target_write(const struct enclave_identity *of, struct buffer *to)
{
    buffer_add(to, BYTES_OF(of->mr_enclave));
    buffer_u64le(to, of->flags);
    buffer_u64le(to, of->xfrm);
    buffer_fill(to, 4, 0); /* CET_ATTRIBUTES, reserved, CONFIGSVN */
    buffer_u32le(to, of->misc_select);
    buffer_fill(to, 8, 0);
    buffer_fill(to, 64, 0); /* CONFIGID */
}

void processor_target_info(const struct enclave_identity *of,
                           uint8_t ret_target_info[SGX_TARGET_INFO_SIZE])
{
    AUTO(buffer) struct buffer target = {0};

    target_write(of, &target);
    memset(ret_target_info, 0, SGX_TARGET_INFO_SIZE);
    bytes_copy(ret_target_info, buffer_bytes(&target));
}

static bool derive(const struct processor *cpu, const struct buffer *dependencies,
                   uint8_t ret_key[SGX_KEY_SIZE], struct quoth_error *err)
{
    return buffer_ok(dependencies, err) &&
           cmac_aes128(BYTES_OF(cpu->root_key), buffer_bytes(dependencies), ret_key, err);
}

/* The key under which reports for a target are MACed: it follows from the target's measurement,
 * attributes and MISCSELECT, the processor as it is now, and KEYID. */
static bool report_key(const struct processor *cpu, struct bytes target, struct bytes key_id,
                       uint8_t ret_key[SGX_KEY_SIZE], struct quoth_error *err)
{
    AUTO(buffer) struct buffer from = {0};

    buffer_u16le(&from, SGX_KEY_REPORT);
    buffer_add(&from, BYTES_OF(cpu->owner_epoch));
    buffer_add(&from, BYTES_OF(cpu->cpu_svn));
    buffer_add(&from, target);
    buffer_add(&from, key_id);
    return derive(cpu, &from, ret_key, err);
}

/* What an enclave gets as its own report key: the key above, for itself as the target. */
static bool own_report_key(const struct processor *cpu, const struct enclave_identity *of,
                           struct bytes key_id, uint8_t ret_key[SGX_KEY_SIZE],
                           struct quoth_error *err)
{
    AUTO(buffer) struct buffer target = {0};

    target_write(of, &target);
    return buffer_ok(&target, err) && report_key(cpu, buffer_bytes(&target), key_id, ret_key, err);
}

/* DEBUG and INIT are under every mask, so that a debug enclave never has a production key. */
static bool seal_key(const struct processor *cpu, const struct enclave_identity *of,
                     const struct key_request *q, uint8_t ret_key[SGX_KEY_SIZE],
                     struct quoth_error *err)
{
    static const uint8_t none[32] = {0};
    const uint64_t always = SGX_FLAG_INIT | SGX_FLAG_DEBUG;
    AUTO(buffer) struct buffer from = {0};

    buffer_u16le(&from, SGX_KEY_SEAL);
    buffer_u16le(&from, q->policy);
    buffer_add(&from, BYTES_OF(cpu->owner_epoch));
    buffer_add(&from, q->cpu_svn);
    buffer_u64le(&from, of->flags & (q->flags_mask | always));
    buffer_u64le(&from, of->xfrm & q->xfrm_mask);
    buffer_u64le(&from, q->flags_mask);
    buffer_u64le(&from, q->xfrm_mask);
    buffer_u32le(&from, of->misc_select & q->misc_mask);
    buffer_u32le(&from, ~q->misc_mask);
    buffer_u16le(&from, q->isv_svn);
    buffer_u16le(&from, of->isv_prod_id);
    buffer_add(&from, q->policy & SGX_POLICY_MRENCLAVE ? BYTES_OF(of->mr_enclave) : BYTES_OF(none));
    buffer_add(&from, q->policy & SGX_POLICY_MRSIGNER ? BYTES_OF(of->mr_signer) : BYTES_OF(none));
    buffer_add(&from, q->key_id);
    return derive(cpu, &from, ret_key, err);
}

static bool key_request_read(struct bytes in, struct key_request *ret_request,
                             struct quoth_error *err)
{
    struct reader r = {.in = in, .err = err};
    struct key_request q;

    q.name = reader_u16le(&r, "keyrequest.keyname");
    q.policy = reader_u16le(&r, "keyrequest.keypolicy");
    q.isv_svn = reader_u16le(&r, "keyrequest.isvsvn");
    reader_zeros(&r, 2, "keyrequest.reserved1");
    q.cpu_svn = reader_take(&r, 16, "keyrequest.cpusvn");
    q.flags_mask = reader_u64le(&r, "keyrequest.attributemask.flags");
    q.xfrm_mask = reader_u64le(&r, "keyrequest.attributemask.xfrm");
    q.key_id = reader_take(&r, KEY_ID_SIZE, "keyrequest.keyid");
    q.misc_mask = reader_u32le(&r, "keyrequest.miscmask");
    q.config_svn = reader_u16le(&r, "keyrequest.configsvn");
    reader_zeros(&r, 434, "keyrequest.reserved2");
    if (!reader_end(&r, "keyrequest"))
        return false;
    *ret_request = q;
    return true;
}

/* CPUSVN is a vector here, as it is in the PCK certificate: newer in one place is newer. */
static bool cpu_svn_reached(const struct processor *cpu, struct bytes requested)
{
    for (size_t i = 0; i < requested.len; i++)
        if (requested.data[i] > cpu->cpu_svn[i])
            return false;
    return true;
}

static bool seal_request_check(const struct processor *cpu, const struct enclave_identity *of,
                               const struct key_request *q, struct quoth_error *err)
{
    char found[12], expected[24];

    if (q->policy & ~(SGX_POLICY_MRENCLAVE | SGX_POLICY_MRSIGNER))
        return quoth_fail(err, QUOTH_MALFORMED, "keyrequest.keypolicy", 2,
                          "0x%x has bits that need an enclave with KSS", q->policy);
    if (!cpu_svn_reached(cpu, q->cpu_svn))
        return quoth_fail(err, QUOTH_EGETKEY_CPUSVN, "keyrequest.cpusvn", 8,
                          "is newer than the processor's");
    if (q->isv_svn > of->isv_svn) {
        snprintf(found, sizeof found, "%u", q->isv_svn);
        snprintf(expected, sizeof expected, "at most %u", of->isv_svn);
        return quoth_mismatch(err, QUOTH_EGETKEY_ISVSVN, "keyrequest.isvsvn", 4, found, expected);
    }
    if (q->config_svn != 0)
        return quoth_fail(err, QUOTH_EGETKEY_ISVSVN, "keyrequest.configsvn", 76,
                          "is newer than the enclave's, which is 0");
    return true;
}

bool processor_key(const struct processor *cpu, const struct enclave_identity *of,
                   struct bytes key_request, uint8_t ret_key[SGX_KEY_SIZE], struct quoth_error *err)
{
    struct key_request q;

    if (!key_request_read(key_request, &q, err))
        return false;
    switch (q.name) {
    case SGX_KEY_SEAL:
        return seal_request_check(cpu, of, &q, err) && seal_key(cpu, of, &q, ret_key, err);
    case SGX_KEY_REPORT:
        return own_report_key(cpu, of, q.key_id, ret_key, err);
    case SGX_KEY_EINITTOKEN:
    case SGX_KEY_PROVISION:
    case SGX_KEY_PROVISION_SEAL:
        return quoth_fail(err, QUOTH_EGETKEY_ATTRIBUTE, "keyrequest.keyname", 0,
                          "%u is a key of Intel's own enclaves", q.name);
    default:
        return quoth_fail(err, QUOTH_EGETKEY_KEYNAME, "keyrequest.keyname", 0, "found %u", q.name);
    }
}

void processor_report_body(const struct processor *cpu, const struct enclave_identity *of,
                           struct bytes report_data, struct buffer *to)
{
    buffer_add(to, BYTES_OF(cpu->cpu_svn));
    buffer_u32le(to, of->misc_select);
    buffer_fill(to, 12, 0); /* CET_ATTRIBUTES, reserved */
    buffer_fill(to, 16, 0); /* ISVEXTPRODID */
    buffer_u64le(to, of->flags);
    buffer_u64le(to, of->xfrm);
    buffer_add(to, BYTES_OF(of->mr_enclave));
    buffer_fill(to, 32, 0);
    buffer_add(to, BYTES_OF(of->mr_signer));
    buffer_fill(to, 32, 0);
    buffer_fill(to, 64, 0); /* CONFIGID */
    buffer_u16le(to, of->isv_prod_id);
    buffer_u16le(to, of->isv_svn);
    buffer_fill(to, 44, 0); /* CONFIGSVN, reserved */
    buffer_fill(to, 16, 0); /* ISVFAMILYID */
    buffer_add(to, report_data);
}

static bool target_info_check(struct bytes target_info, struct quoth_error *err)
{
    struct reader r = {.in = target_info, .err = err};

    (void)reader_take(&r, 49, "targetinfo.target");
    reader_zeros(&r, 1, "targetinfo.reserved1");
    (void)reader_take(&r, 6, "targetinfo.target");
    reader_zeros(&r, 8, "targetinfo.reserved2");
    (void)reader_take(&r, 64, "targetinfo.configid");
    reader_zeros(&r, SGX_TARGET_INFO_SIZE - TARGET_SIZE, "targetinfo.reserved3");
    return reader_end(&r, "targetinfo");
}

bool processor_report(const struct processor *cpu, const struct enclave_identity *of,
                      struct bytes target_info, struct bytes report_data,
                      uint8_t ret_report[SGX_REPORT_SIZE], struct quoth_error *err)
{
    AUTO(buffer) struct buffer report = {0};
    uint8_t key[SGX_KEY_SIZE], mac[CMAC_SIZE];

    if (!target_info_check(target_info, err) ||
        !expect_length(report_data, SGX_REPORT_DATA_SIZE, "reportdata", err))
        return false;
    processor_report_body(cpu, of, report_data, &report);
    if (!buffer_ok(&report, err) || !report_key(cpu, bytes_slice(target_info, 0, TARGET_SIZE),
                                                BYTES_OF(cpu->report_key_id), key, err))
        return false;
    const bool made = cmac_aes128(BYTES_OF(key), buffer_bytes(&report), mac, err);
    bytes_wipe(key, sizeof key);
    buffer_add(&report, BYTES_OF(cpu->report_key_id));
    buffer_add(&report, BYTES_OF(mac));
    if (!made || !buffer_ok(&report, err))
        return false;
    bytes_copy(ret_report, buffer_bytes(&report));
    return true;
}

bool processor_report_check(const struct processor *cpu, const struct enclave_identity *target,
                            struct bytes report, struct quoth_error *err)
{
    uint8_t key[SGX_KEY_SIZE], mac[CMAC_SIZE];

    if (!expect_length(report, SGX_REPORT_SIZE, "report", err) ||
        !own_report_key(cpu, target, bytes_slice(report, SGX_REPORT_BODY_SIZE, KEY_ID_SIZE), key,
                        err))
        return false;
    const bool made =
        cmac_aes128(BYTES_OF(key), bytes_slice(report, 0, SGX_REPORT_BODY_SIZE), mac, err);
    bytes_wipe(key, sizeof key);
    if (!made)
        return false;
    if (!bytes_equal_secret(BYTES_OF(mac),
                            bytes_slice(report, SGX_REPORT_SIZE - CMAC_SIZE, CMAC_SIZE)))
        return quoth_fail(err, QUOTH_REPORT_MAC_INVALID, "report.mac", SGX_REPORT_SIZE - CMAC_SIZE,
                          "is not one that this processor makes for this enclave");
    return true;
}
