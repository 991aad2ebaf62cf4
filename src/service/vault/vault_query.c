#include "service/vault/vault_query.h"

#include "base/text.h"
#include "base/time.h"
#include "net/url.h"

#define FIRST_DAY "2025-06-01"
#define PREVIEW "-preview"

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

/* "7.4": before versions were days. */
static bool is_numbered(struct bytes version)
{
    static const char *const numbers[] = {"7.0", "7.1",           "7.2",           "7.3", "7.4",
                                          "7.5", "7.6-preview.1", "7.6-preview.2", "7.6"};
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (text_equal_fold(version, bytes_of_text(numbers[i])))
            return true;
    return false;
}

/* "2026-04-01", "2026-04-01-preview". */
static bool is_day(struct bytes version)
{
    struct quoth_error ignored = {0};
    char text[] = "YYYY-MM-DDT00:00:00Z";
    const size_t len = strlen(FIRST_DAY);
    int64_t day;
    const struct bytes tail = bytes_slice(version, len, version.len);
    if (version.len < len || (tail.len > 0 && !text_equal_fold(tail, BYTES_LITERAL(PREVIEW))))
        return false;
    bytes_copy((uint8_t *)text, bytes_slice(version, 0, len));
    return time_parse(bytes_of_text(text), &day, &ignored) &&
           bytes_compare(bytes_slice(version, 0, len), BYTES_LITERAL(FIRST_DAY)) >= 0;
}

static bool read_version(struct bytes target, char ret_version[VAULT_API_VERSION_SIZE],
                         struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    char found[48];
    if (!find(target, "api-version", &value, err))
        return false;
    const struct bytes version = buffer_bytes(&value);
    if (is_numbered(version) || is_day(version)) {
        bytes_copy((uint8_t *)ret_version, version);
        ret_version[version.len] = '\0';
        return true;
    }
    if (version.len == 0)
        return quoth_fail(err, QUOTH_VAULT_API_VERSION, "api-version", QUOTH_NO_OFFSET,
                          "is missing");
    return quoth_mismatch(err, QUOTH_VAULT_API_VERSION, "api-version", QUOTH_NO_OFFSET,
                          text_escape(found, sizeof found, version),
                          "7.0 to 7.6, or a day from " FIRST_DAY " on");
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
    if (!read_version(target, q.api_version, err) || !read_results(target, &q.results, err) ||
        !find(target, "$skiptoken", &q.skip, err))
        return false;
    *ret_query = take_value(q);
    return true;
}
