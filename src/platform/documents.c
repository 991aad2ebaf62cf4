#include "platform/documents.h"

#include "base/time.h"
#include "codec/hex.h"
#include "codec/json_write.h"
#include "crypto/key.h"
#include "platform/layout.h"
#include "platform/model.h"
#include "platform/pki.h"
#include "platform/quoting.h"

#define YEAR (365 * TIME_DAY)

/* What all documents of one issue have in common. */
struct issue {
    const char *folder;
    const struct settings *settings;
    struct bytes cpu_svn;
    int64_t now;
    struct private_key *signer;
    struct quoth_error *err;
};

/* A TCB level, as steps from the versions that the platform has. */
struct level {
    int steps;
    enum tcb_status status;
    int64_t date;
};

static void member_hex(struct buffer *to, const char *name, struct bytes value)
{
    AUTO(buffer) struct buffer text = {0};

    hex_encode_upper(value, &text);
    json_named_string(to, name, buffer_bytes(&text));
    to->failed |= text.failed;
}

static void heading(const struct issue *in, struct buffer *to, const char *id, unsigned version)
{
    json_named_cstring(to, "id", id);
    json_named_uint(to, "version", version);
    json_named_time(to, "issueDate", in->now);
    json_named_time(to, "nextUpdate", in->now + DOCUMENTS_DAYS * TIME_DAY);
}

/* Signs inner and writes {"NAME":inner,"signature":"..."}. */
static bool publish(const struct issue *in, const char *file, const char *name,
                    const struct buffer *inner)
{
    AUTO(buffer) struct buffer signature = {0};
    AUTO(buffer) struct buffer to = {0};
    const struct bytes signed_bytes = buffer_bytes(inner);

    if (!buffer_ok(inner, in->err) ||
        !private_key_sign_es256(in->signer, &signed_bytes, 1, &signature, in->err))
        return false;
    json_object_begin(&to);
    json_name(&to, name);
    json_raw(&to, signed_bytes);
    json_named_hex(&to, "signature", buffer_bytes(&signature));
    json_object_end(&to);
    return buffer_ok(&to, in->err) && layout_write(in->folder, file, buffer_bytes(&to), in->err);
}

static void status(struct buffer *to, int64_t date, enum tcb_status value)
{
    json_named_time(to, "tcbDate", date);
    json_named_cstring(to, "tcbStatus", tcb_status_name(value));
    if (value == TCB_UP_TO_DATE)
        return;
    json_name(to, "advisoryIDs");
    json_array_begin(to);
    json_cstring(to, "QUOTH-SA-00001"); /* a rehearsal is no advisory of Intel's */
    json_array_end(to);
}

/* Levels of a component that has one version number. */
static void svn_level(struct buffer *to, unsigned svn, int64_t date, enum tcb_status value)
{
    json_object_begin(to);
    json_name(to, "tcb");
    json_object_begin(to);
    json_named_uint(to, "isvsvn", svn);
    json_object_end(to);
    status(to, date, value);
    json_object_end(to);
}

static void svn_levels(const struct issue *in, struct buffer *to, unsigned svn)
{
    const int64_t date = in->settings->created;

    json_name(to, "tcbLevels");
    json_array_begin(to);
    svn_level(to, svn, date, TCB_UP_TO_DATE);
    svn_level(to, svn - 2, date - YEAR, TCB_OUT_OF_DATE);
    svn_level(to, svn - 4, date - 2 * YEAR, TCB_REVOKED);
    json_array_end(to);
}

/* The version of component index moved by steps: only the first ones move from level to level. */
static unsigned moved(unsigned svn, int steps)
{
    return steps < 0 && svn < (unsigned)-steps ? 0 : (unsigned)((int)svn + steps);
}

static void components(struct buffer *to, const char *name, const uint8_t svn[16], size_t moving,
                       int steps)
{
    json_name(to, name);
    json_array_begin(to);
    for (size_t i = 0; i < 16; i++) {
        json_object_begin(to);
        json_named_uint(to, "svn", i == moving ? moved(svn[i], steps) : svn[i]);
        json_object_end(to);
    }
    json_array_end(to);
}

static void tcb_level(const struct issue *in, struct buffer *to, bool tdx,
                      const struct level *level)
{
    static const uint8_t tdx_svn[16] = MODEL_TDX_SVN;

    json_object_begin(to);
    json_name(to, "tcb");
    json_object_begin(to);
    components(to, "sgxtcbcomponents", in->cpu_svn.data, 0, level->steps);
    json_named_uint(to, "pcesvn", MODEL_PCE_SVN);
    if (tdx)
        components(to, "tdxtcbcomponents", tdx_svn, 2, level->steps);
    json_object_end(to);
    status(to, level->date, level->status);
    json_object_end(to);
}

static void tcb_levels(const struct issue *in, struct buffer *to, bool tdx)
{
    const struct settings *s = in->settings;
    const struct level newer = {1, TCB_UP_TO_DATE, s->status_since};
    const struct level own[] = {
        {0,  s->status,               s->created           },
        {-1, TCB_SW_HARDENING_NEEDED, s->created - YEAR    },
        {-2, TCB_OUT_OF_DATE,         s->created - 2 * YEAR},
        {-3, TCB_REVOKED,             s->created - 3 * YEAR},
    };

    json_name(to, "tcbLevels");
    json_array_begin(to);
    if (s->status != TCB_UP_TO_DATE)
        tcb_level(in, to, tdx, &newer);
    for (size_t i = 0; i < COUNT(own); i++)
        tcb_level(in, to, tdx, &own[i]);
    json_array_end(to);
}

static void module_signer(struct buffer *to)
{
    static const uint8_t none[48], attributes[8],
        mask[8] = {255, 255, 255, 255, 255, 255, 255, 255};

    member_hex(to, "mrsigner", BYTES_OF(none));
    member_hex(to, "attributes", BYTES_OF(attributes));
    member_hex(to, "attributesMask", BYTES_OF(mask));
}

static void module_identity(const struct issue *in, struct buffer *to, const char *id)
{
    static const uint8_t svn[] = MODEL_TDX_SVN;

    json_object_begin(to);
    json_named_cstring(to, "id", id);
    module_signer(to);
    svn_levels(in, to, svn[0]);
    json_object_end(to);
}

static void modules(const struct issue *in, struct buffer *to)
{
    json_name(to, "tdxModule");
    json_object_begin(to);
    module_signer(to);
    json_object_end(to);
    json_name(to, "tdxModuleIdentities");
    json_array_begin(to);
    module_identity(in, to, "TDX_03");
    module_identity(in, to, "TDX_01");
    json_array_end(to);
}

static bool issue_tcb_info(const struct issue *in, bool tdx)
{
    static const uint8_t pce_id[2];
    AUTO(buffer) struct buffer to = {0};

    json_object_begin(&to);
    heading(in, &to, tdx ? "TDX" : "SGX", 3);
    json_name(&to, "fmspc"); /* in either case, as Intel's; some verifiers take lower only */
    json_hex(&to, BYTES_OF(in->settings->fmspc));
    member_hex(&to, "pceId", BYTES_OF(pce_id));
    json_named_uint(&to, "tcbType", 0);
    json_named_uint(&to, "tcbEvaluationDataNumber", in->settings->evaluation_data_number);
    if (tdx)
        modules(in, &to);
    tcb_levels(in, &to, tdx);
    json_object_end(&to);
    return publish(in, tdx ? FILE_TDX_TCB_INFO : FILE_TCB_INFO, "tcbInfo", &to);
}

/* INIT and PROVISION_KEY set, everything but MODE64BIT and XFRM under the mask: as Intel's. */
static bool issue_identity(const struct issue *in, bool tdx)
{
    static const uint8_t attributes[16] = {0x11};
    static const uint8_t attributes_mask[16] = {0xFB, 255, 255, 255, 255, 255, 255, 255};
    static const uint8_t misc[4], misc_mask[4] = {255, 255, 255, 255};
    const struct enclave_identity qe = quoting_identity(tdx ? QUOTING_TDX : QUOTING_SGX);
    AUTO(buffer) struct buffer to = {0};

    json_object_begin(&to);
    heading(in, &to, tdx ? "TD_QE" : "QE", 2);
    json_named_uint(&to, "tcbEvaluationDataNumber", in->settings->evaluation_data_number);
    member_hex(&to, "miscselect", BYTES_OF(misc));
    member_hex(&to, "miscselectMask", BYTES_OF(misc_mask));
    member_hex(&to, "attributes", BYTES_OF(attributes));
    member_hex(&to, "attributesMask", BYTES_OF(attributes_mask));
    member_hex(&to, "mrsigner", BYTES_OF(qe.mr_signer));
    json_named_uint(&to, "isvprodid", qe.isv_prod_id);
    svn_levels(in, &to, qe.isv_svn);
    json_object_end(&to);
    return publish(in, tdx ? FILE_TD_QE_IDENTITY : FILE_QE_IDENTITY, "enclaveIdentity", &to);
}

static bool issue_numbers(const struct issue *in, bool tdx)
{
    AUTO(buffer) struct buffer to = {0};

    json_object_begin(&to);
    heading(in, &to, tdx ? "TDX" : "SGX", 1);
    json_name(&to, "tcbEvalNumbers");
    json_array_begin(&to);
    json_object_begin(&to);
    json_named_uint(&to, "tcbEvaluationDataNumber", in->settings->evaluation_data_number);
    json_named_time(&to, "tcbRecoveryEventDate", in->settings->status_since);
    json_named_time(&to, "tcbDate", in->settings->status_since);
    json_object_end(&to);
    json_array_end(&to);
    json_object_end(&to);
    return publish(in, tdx ? FILE_TDX_TCB_NUMBERS : FILE_TCB_NUMBERS, "tcbEvaluationDataNumbers",
                   &to);
}

bool documents_issue(const char *folder, const struct settings *s, struct bytes cpu_svn,
                     int64_t now, struct quoth_error *err)
{
    AUTO(private_key) struct private_key *signer = NULL;

    if (!pki_key(folder, FILE_TCB_SIGNING_KEY, &signer, err))
        return false;
    const struct issue in = {folder, s, cpu_svn, now, signer, err};
    return issue_tcb_info(&in, false) && issue_tcb_info(&in, true) && issue_identity(&in, false) &&
           issue_identity(&in, true) && issue_numbers(&in, false) && issue_numbers(&in, true);
}
