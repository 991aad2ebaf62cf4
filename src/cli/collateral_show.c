#include "cli/collateral_show.h"

#include "cli/cert_sheet.h"
#include "crypto/crl.h"
#include "tee/dcap/judge.h"
#include "tee/dcap/qe_identity.h"
#include "tee/dcap/signed_json.h"
#include "tee/dcap/tcb_info.h"

static void show_error(struct sheet *s, const struct quoth_error *err)
{
    sheet_begin(s, "error");
    sheet_cstring(s, "code", quoth_code_dotted(err->code));
    sheet_cstring(s, "where", err->where);
    sheet_cstring(s, "message", err->message);
    sheet_end(s);
}

static void show_crl(struct sheet *s, struct bytes der)
{
    struct quoth_error err = {0};
    struct crl crl;
    if (!crl_read(der, &crl, &err)) {
        show_error(s, &err);
        return;
    }
    sheet_text(s, "issuer", crl.issuer_cn);
    sheet_time(s, "thisUpdate", crl.this_update);
    sheet_time(s, "nextUpdate", crl.next_update);
    sheet_uint(s, "revoked", crl.revoked_count);
}

static void show_tcb_info(struct sheet *s, struct bytes body)
{
    struct quoth_error err = {0};
    AUTO(signed_json) struct signed_json json = {0};
    AUTO(tcb_info) struct tcb_info info = {0};
    if (!signed_json_read(body, "tcbInfo", &json, &err) ||
        !tcb_info_read(json.inner, &info, &err)) {
        show_error(s, &err);
        return;
    }
    sheet_cstring(s, "id", info.tee == DCAP_TDX ? "TDX" : "SGX");
    sheet_uint(s, "version", info.version);
    sheet_hex(s, "fmspc", BYTES_OF(info.fmspc));
    sheet_hex(s, "pceId", BYTES_OF(info.pceid));
    sheet_time(s, "issueDate", info.issue_date);
    sheet_time(s, "nextUpdate", info.next_update);
    sheet_uint(s, "evaluationDataNumber", info.evaluation_data_number);
    sheet_uint(s, "levels", info.level_count);
    sheet_cstring(s, "newestStatus", tcb_status_name(info.levels[0].level.status));
    sheet_time(s, "newestDate", info.levels[0].level.date);
}

static void show_qe_identity(struct sheet *s, struct bytes body)
{
    struct quoth_error err = {0};
    AUTO(signed_json) struct signed_json json = {0};
    AUTO(qe_identity) struct qe_identity identity = {0};
    if (!signed_json_read(body, "enclaveIdentity", &json, &err) ||
        !qe_identity_read(json.inner, &identity, &err)) {
        show_error(s, &err);
        return;
    }
    sheet_cstring(s, "id", qe_kind_name(identity.kind));
    sheet_hex(s, "mrsigner", BYTES_OF(identity.mrsigner));
    sheet_uint(s, "isvprodid", identity.isvprodid);
    sheet_time(s, "issueDate", identity.issue_date);
    sheet_time(s, "nextUpdate", identity.next_update);
    sheet_uint(s, "evaluationDataNumber", identity.evaluation_data_number);
    sheet_uint(s, "levels", identity.levels.count);
}

static void show_part(struct sheet *s, enum collateral_part part, struct bytes data)
{
    const struct sha256 digest = sha256_of(data);
    sheet_begin(s, collateral_part_name(part));
    sheet_uint(s, "size", data.len);
    sheet_hex(s, "sha256", BYTES_OF(digest.bytes));
    switch (part) {
    case COLLATERAL_ROOT_CRL:
    case COLLATERAL_PCK_CRL:
        show_crl(s, data);
        break;
    case COLLATERAL_TCB_INFO:
        show_tcb_info(s, data);
        break;
    case COLLATERAL_QE_IDENTITY:
        show_qe_identity(s, data);
        break;
    default:
        sheet_chain(s, "chain", data);
        break;
    }
    sheet_end(s);
}

void collateral_show_summary(struct sheet *s, const struct collateral_key *key,
                             const struct collateral_facts *facts, int64_t at)
{
    char text[COLLATERAL_KEY_TEXT_SIZE];
    sheet_cstring(s, "platform", collateral_key_text(key, text));
    sheet_hex(s, "root", BYTES_OF(key->root.bytes));
    sheet_time(s, "expires", facts->expires);
    sheet_bool(s, "expired", at > facts->expires);
}

void collateral_show(struct sheet *s, const struct collateral *c, const struct trust *trust,
                     int64_t at)
{
    struct collateral_key key;
    struct collateral_facts facts;
    struct quoth_error err = {0};
    const bool verified = dcap_collateral_identify(trust, c, &key, &facts, &err);
    sheet_bool(s, "verified", verified);
    if (verified)
        collateral_show_summary(s, &key, &facts, at);
    else
        show_error(s, &err);
    for (size_t i = 0; i < COLLATERAL_PARTS; i++)
        if (c->part[i].len > 0)
            show_part(s, (enum collateral_part)i, c->part[i]);
}
