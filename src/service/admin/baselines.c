/* GET /tcbbaselines/{type}: what a policy may ask of the platforms of an SGX type, and what the one
 * in force asks (maa.md 1.10). The list is the same for everybody; which one is selected is not. */
#include "service/run/service.h"

#include "base/text.h"
#include "codec/json_write.h"
#include "net/url.h"
#include "policy/baselines.h"
#include "service/admin/policy_store.h"
#include "service/attest/attest_request.h"

/* The query parameter provideCurrentTcbInPolicy, a boolean. */
static bool only_selected(struct bytes target, bool *ret_only, struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    char found[48];
    if (!url_query(target, "provideCurrentTcbInPolicy", &value, err))
        return err->code == QUOTH_OK;
    const struct bytes text = buffer_bytes(&value);
    *ret_only = text_equal_fold(text, BYTES_LITERAL("true"));
    return *ret_only || text_equal_fold(text, BYTES_LITERAL("false")) ||
           quoth_mismatch(err, QUOTH_JSON_VALUE, "provideCurrentTcbInPolicy", QUOTH_NO_OFFSET,
                          text_escape(found, sizeof found, text), "true or false");
}

/* The preview of 2022 has a text where later versions have a number, and dates without a zone. */
static void write_baseline(struct buffer *to, const struct policy_baseline *b, bool selected,
                           bool preview)
{
    const struct bytes date = bytes_of_text(b->date);
    json_object_begin(to);
    json_named_cstring(to, "tcbIdentifier", b->identifier);
    json_name(to, "tcbEvaluationDataNumber");
    if (preview)
        json_cstring(to, b->identifier);
    else
        json_int(to, b->number);
    json_named_string(to, "tcbReleaseDate", bytes_slice(date, 0, date.len - 1));
    json_named_cstring(to, "minimumPswLinuxVersion", b->linux_psw);
    json_named_cstring(to, "minimumPswWindowsVersion", b->windows_psw);
    json_named_bool(to, "isSelectedTcb", selected);
    json_object_end(to);
}

static bool is_sgx(enum attest_type type)
{
    return type == ATTEST_SGX_ENCLAVE || type == ATTEST_OPEN_ENCLAVE;
}

static bool get_baselines(struct http_exchange *x, const struct admin *who, struct quoth_error *err)
{
    enum attest_type type;
    bool only = false;
    AUTO(buffer) struct buffer version = {0};
    struct buffer *to = &x->response.body;
    (void)who;
    if (!attest_check_version(x->head.target, err) || !attest_type_of(x->params[0], &type, err) ||
        !only_selected(x->head.target, &only, err) ||
        !url_query(x->head.target, "api-version", &version, err))
        return false;
    AUTO(tenant_snapshot) struct tenant_snapshot *snapshot = tenant_hold(x->scope);
    const struct policy_baseline *selected = policy_baseline_of(snapshot->policies[type].policy);
    const bool preview = bytes_equal(buffer_bytes(&version), BYTES_LITERAL("2022-09-01-preview"));
    x->response.content_type = "application/json; charset=utf-8";
    json_object_begin(to);
    json_name(to, "tcbBaselines");
    json_array_begin(to);
    for (size_t i = 0; is_sgx(type) && i < POLICY_BASELINES; i++)
        if (!only || selected == &policy_baselines[i])
            write_baseline(to, &policy_baselines[i], selected == &policy_baselines[i], preview);
    json_array_end(to);
    json_object_end(to);
    return buffer_ok(to, err);
}

static enum http_outcome get(struct http_exchange *x, struct quoth_error *err)
{
    return admin_run(x, get_baselines, err);
}

const struct http_route baseline_routes[] = {
    {HTTP_GET,     "/tcbbaselines/{type}", ROLE_READER, 0, get,
     "list the TCB baselines that a policy may name", NULL},
    {0},
};
