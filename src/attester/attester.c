#include "attester/attester.h"

#include "crypto/digest.h"
#include "token/held.h"

#include <stdlib.h>

struct quoth_attester {
    const struct attester_driver *driver;
    char *root;
};

/* In the order in which they are tried. */
static const struct attester_driver *const drivers[] = {&attester_gramine, &attester_tdx};

static bool find_named(const char *root, const char *name,
                       const struct attester_driver **ret_driver, struct quoth_error *err)
{
    for (size_t i = 0; i < COUNT(drivers); i++) {
        if (strcmp(drivers[i]->name, name) != 0)
            continue;
        *ret_driver = drivers[i];
        return drivers[i]->probe(root, err);
    }
    return quoth_fail(err, QUOTH_USAGE, "attester", QUOTH_NO_OFFSET, "there is no platform \"%s\"",
                      name);
}

/* A TEE that is there and does not work is no reason to look for another. */
static bool find_first(const char *root, const struct attester_driver **ret_driver,
                       struct quoth_error *err)
{
    AUTO(buffer) struct buffer reasons = {0};
    for (size_t i = 0; i < COUNT(drivers); i++) {
        struct quoth_error why = {0};
        *ret_driver = drivers[i];
        if (drivers[i]->probe(root, &why))
            return true;
        if (why.code != QUOTH_TEE_ABSENT) {
            *err = why;
            return false;
        }
        buffer_printf(&reasons, "%s%s: %s", i ? "; " : "", drivers[i]->name, why.message);
    }
    buffer_u8(&reasons, 0);
    return buffer_ok(&reasons, err) &&
           quoth_fail(err, QUOTH_TEE_ABSENT, "attester", QUOTH_NO_OFFSET, "%s",
                      (const char *)reasons.data);
}

bool attester_open_with(const struct attester_driver *driver, const char *root,
                        struct quoth_attester **ret_attester, struct quoth_error *err)
{
    struct quoth_attester *a = calloc(1, sizeof *a);
    if (a) {
        a->driver = driver;
        a->root = strdup(root);
    }
    if (!a || !a->root) {
        quoth_attester_close(a);
        return quoth_fail(err, QUOTH_MEMORY, "attester", QUOTH_NO_OFFSET, "out of memory");
    }
    *ret_attester = a;
    return true;
}

bool attester_open_at(const char *root, const char *platform, struct quoth_attester **ret_attester,
                      struct quoth_error *err)
{
    const struct attester_driver *driver = NULL;
    return (platform ? find_named(root, platform, &driver, err) : find_first(root, &driver, err)) &&
           attester_open_with(driver, root, ret_attester, err);
}

bool quoth_attester_open(const char *platform, struct quoth_attester **ret_attester,
                         struct quoth_error *err)
{
    return attester_open_at("", platform, ret_attester, err);
}

void quoth_attester_close(struct quoth_attester *a)
{
    if (!a)
        return;
    free(a->root);
    free(a);
}

const char *quoth_attester_platform(const struct quoth_attester *a)
{
    return a->driver->name;
}

bool attester_is_one_process(const struct quoth_attester *a)
{
    return a->driver->one_process;
}

bool attester_evidence(struct quoth_attester *a, struct bytes data, struct buffer *ret_evidence,
                       struct quoth_error *err)
{
    const struct sha256 digest = sha256_of(data);
    uint8_t report_data[REPORT_DATA_SIZE] = {0};
    bytes_copy(report_data, BYTES_OF(digest.bytes));
    return a->driver->evidence(a->root, report_data, ret_evidence, err);
}

bool quoth_attester_evidence(struct quoth_attester *a, const uint8_t *data, size_t len,
                             uint8_t **ret_evidence, size_t *ret_len, struct quoth_error *err)
{
    AUTO(buffer) struct buffer evidence = {0};
    if (!attester_evidence(a, (struct bytes){data, len}, &evidence, err))
        return false;
    *ret_len = evidence.len;
    *ret_evidence = take_value(evidence).data;
    return true;
}

bool quoth_runtime_data(const uint8_t *certificate, size_t certificate_len, const uint8_t *nonce,
                        size_t nonce_len, char **ret_json, struct quoth_error *err)
{
    AUTO(buffer) struct buffer json = {0};
    if (!held_envelope_write((struct bytes){certificate, certificate_len},
                             (struct bytes){nonce, nonce_len}, &json, err))
        return false;
    char *text = buffer_take_text(&json, err);
    if (text)
        *ret_json = text;
    return text != NULL;
}

bool quoth_attester_sealing_key(struct quoth_attester *a, const char *policy, uint8_t ret_key[16],
                                struct quoth_error *err)
{
    if (strcmp(policy, "mrenclave") != 0 && strcmp(policy, "mrsigner") != 0)
        return quoth_mismatch(err, QUOTH_USAGE, "policy", QUOTH_NO_OFFSET, policy,
                              "mrenclave or mrsigner");
    if (!a->driver->sealing_key)
        return quoth_fail(err, QUOTH_UNSUPPORTED, a->driver->name, QUOTH_NO_OFFSET,
                          "has no sealing keys: keep a key in a vault, and have it released");
    return a->driver->sealing_key(a->root, policy, ret_key, err);
}
