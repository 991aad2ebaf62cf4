#include "service/vault/vault_query.h"

#include "base/text.h"
#include "net/url.h"

static const char *const api_versions[] = {"7.0",
                                           "7.1",
                                           "7.2",
                                           "7.3",
                                           "7.4",
                                           "7.5",
                                           "7.6-preview.1",
                                           "7.6-preview.2",
                                           "7.6",
                                           "2025-06-01-preview",
                                           "2025-06-01",
                                           "2025-07-01",
                                           "2026-01-01-preview",
                                           "2026-04-01"};

void vault_query_clear(struct vault_query *q)
{
    buffer_clear(&q->skip);
}

/* Appends nothing if there is no such name. */
static bool find(struct bytes target, const char *name, struct buffer *ret_value,
                 struct quoth_error *err)
{
    return url_query(target, name, ret_value, err) || err->code == QUOTH_OK;
}

static bool read_version(struct bytes target, const char **ret_version, struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    char found[48];
    if (!find(target, "api-version", &value, err))
        return false;
    for (size_t i = 0; i < COUNT(api_versions); i++)
        if (text_equal_fold(buffer_bytes(&value), bytes_of_text(api_versions[i]))) {
            *ret_version = api_versions[i];
            return true;
        }
    if (value.len == 0)
        return quoth_fail(err, QUOTH_VAULT_API_VERSION, "api-version", QUOTH_NO_OFFSET,
                          "is missing");
    return quoth_mismatch(err, QUOTH_VAULT_API_VERSION, "api-version", QUOTH_NO_OFFSET,
                          text_escape(found, sizeof found, buffer_bytes(&value)),
                          "7.0 to 7.6, or 2025-06-01 to 2026-04-01 as published");
}

static bool read_results(struct bytes target, unsigned *ret_results, struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    char found[16];
    if (!url_query(target, "maxresults", &value, err)) {
        *ret_results = VAULT_RESULTS_MAX;
        return err->code == QUOTH_OK;
    }
    unsigned results = 0;
    bool digits = value.len > 0 && value.len <= 2;
    for (size_t i = 0; i < value.len && digits; i++) {
        digits = value.data[i] >= '0' && value.data[i] <= '9';
        results = 10 * results + value.data[i] - '0';
    }
    *ret_results = results;
    return (digits && results >= 1 && results <= VAULT_RESULTS_MAX) ||
           quoth_mismatch(err, QUOTH_VAULT_RESULTS, "maxresults", QUOTH_NO_OFFSET,
                          text_escape(found, sizeof found, buffer_bytes(&value)),
                          "a number from 1 to 25");
}

bool vault_query_read(struct bytes target, struct vault_query *ret_query, struct quoth_error *err)
{
    AUTO(vault_query) struct vault_query q = {0};
    if (!read_version(target, &q.api_version, err) || !read_results(target, &q.results, err) ||
        !find(target, "$skiptoken", &q.skip, err))
        return false;
    *ret_query = take_value(q);
    return true;
}
