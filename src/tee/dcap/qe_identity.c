#include "tee/dcap/qe_identity.h"

#include "codec/hex.h"

#include <stdio.h>

static const char *const kinds[] = {
    [QE_SGX] = "QE",
    [QE_TD] = "TD_QE",
    [QE_QVE] = "QVE",
    [QE_QAE] = "QAE",
};

const char *qe_kind_name(enum qe_kind kind)
{
    return (size_t)kind < COUNT(kinds) ? kinds[kind] : "unknown";
}

static bool read_kind(struct json inner, enum qe_kind *ret_kind, struct quoth_error *err)
{
    struct json value;
    if (!json_need(inner, "id", &value, err))
        return false;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        if (json_text_is(value, kinds[k])) {
            *ret_kind = (enum qe_kind)k;
            return true;
        }
    }
    return level_refuse(value, "\"QE\", \"TD_QE\", \"QVE\" or \"QAE\"", err);
}

static bool read_version(struct json inner, struct quoth_error *err)
{
    struct json value;
    uint64_t version;
    if (!json_need(inner, "version", &value, err) ||
        !json_get_uint(value, UINT32_MAX, &version, err))
        return false;
    return version == 2 || level_refuse(value, "2", err);
}

static bool read_masked(struct json inner, struct qe_identity *i, struct quoth_error *err)
{
    return json_need_hex(inner, "miscselect", i->miscselect, sizeof i->miscselect, err) &&
           json_need_hex(inner, "miscselectMask", i->miscselect_mask, sizeof i->miscselect_mask,
                         err) &&
           json_need_hex(inner, "attributes", i->attributes, sizeof i->attributes, err) &&
           json_need_hex(inner, "attributesMask", i->attributes_mask, sizeof i->attributes_mask,
                         err) &&
           json_need_hex(inner, "mrsigner", i->mrsigner, sizeof i->mrsigner, err);
}

bool qe_identity_read(struct json inner, struct qe_identity *ret_identity, struct quoth_error *err)
{
    AUTO(qe_identity) struct qe_identity i = {0};
    uint64_t number, prodid;
    if (!read_kind(inner, &i.kind, err) || !read_version(inner, err) ||
        !json_need_time(inner, "issueDate", &i.issue_date, err) ||
        !json_need_time(inner, "nextUpdate", &i.next_update, err) ||
        !json_need_uint(inner, "tcbEvaluationDataNumber", UINT32_MAX, &number, err) ||
        !read_masked(inner, &i, err) ||
        !json_need_uint(inner, "isvprodid", UINT16_MAX, &prodid, err) ||
        !isv_levels_read(inner, &i.levels, err))
        return false;
    i.evaluation_data_number = (uint32_t)number;
    i.isvprodid = (uint16_t)prodid;
    *ret_identity = take_value(i);
    return true;
}

void qe_identity_clear(struct qe_identity *i)
{
    isv_levels_clear(&i->levels);
    *i = (struct qe_identity){0};
}

/* found under mask must be expected; the identity's own value is not masked (as QVL has it: a value
 * with bits outside its mask matches nothing). */
static bool match_masked(const char *field, struct bytes found, const uint8_t *mask,
                         struct bytes expected, struct quoth_error *err)
{
    char f[40], e[40];
    for (size_t k = 0; k < expected.len; k++)
        if ((found.data[k] & mask[k]) != expected.data[k])
            return quoth_mismatch(err, QUOTH_QE_IDENTITY, field, QUOTH_NO_OFFSET,
                                  hex_text(found, f, sizeof f), hex_text(expected, e, sizeof e));
    return true;
}

bool qe_identity_match(const struct qe_identity *i, const struct sgx_report *report,
                       struct quoth_error *err)
{
    static const uint8_t all[32] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    };
    char found[8], expected[8];
    if (!match_masked("qe_report.miscselect", bytes_slice(report->raw, 16, 4), i->miscselect_mask,
                      BYTES_OF(i->miscselect), err) ||
        !match_masked("qe_report.attributes", report->attributes, i->attributes_mask,
                      BYTES_OF(i->attributes), err) ||
        !match_masked("qe_report.mrsigner", report->mrsigner, all, BYTES_OF(i->mrsigner), err))
        return false;
    if (report->isv_prod_id == i->isvprodid)
        return true;
    snprintf(found, sizeof found, "%u", report->isv_prod_id);
    snprintf(expected, sizeof expected, "%u", i->isvprodid);
    return quoth_mismatch(err, QUOTH_QE_IDENTITY, "qe_report.isvprodid", QUOTH_NO_OFFSET, found,
                          expected);
}
