#include "service/state/rollback.h"

#include "codec/hex.h"
#include "crypto/digest.h"
#include "keys/device.h"

struct kept { /* the record */
    char id[65];
    int64_t version;
    uint64_t value;
};

static bool load(struct store *store, const struct master_key *master, const char *source,
                 struct kept *ret_kept, struct quoth_error *err)
{
    AUTO(buffer) struct buffer value = {0};
    const struct sha256 hash = sha256_of(bytes_of_text(source));
    hex_text(BYTES_OF(hash.bytes), ret_kept->id, sizeof ret_kept->id);
    if (!record_load(store, master, KIND_COUNTER, "", ret_kept->id, 0, &ret_kept->version, &value,
                     err))
        return false;
    if (ret_kept->version > 0 && value.len != 8)
        return quoth_fail(err, QUOTH_STORE_BROKEN, KIND_COUNTER, QUOTH_NO_OFFSET,
                          "has %zu bytes, expected 8", value.len);
    ret_kept->value = ret_kept->version > 0 ? bytes_u64le(buffer_bytes(&value), 0) : 0;
    return true;
}

static bool keep(struct store *store, const struct master_key *master, const struct kept *k,
                 uint64_t value, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    buffer_u64le(&text, value);
    const struct store_record r = {.kind = KIND_COUNTER,
                                   .tenant = "",
                                   .id = k->id,
                                   .version = k->version + 1,
                                   .value = buffer_bytes(&text)};
    return buffer_ok(&text, err) && record_keep(store, master, &r, 0, err);
}

static bool compare(const struct kept *k, uint64_t value, struct quoth_error *err)
{
    if (k->version == 0)
        return quoth_fail(err, QUOTH_STORE_ROLLED_BACK, "rollback-counter", QUOTH_NO_OFFSET,
                          "the store knows nothing of it: if it is new, start once with "
                          "--rollback-accept");
    if (value > k->value)
        return quoth_fail(err, QUOTH_STORE_ROLLED_BACK, "rollback-counter", QUOTH_NO_OFFSET,
                          "is %llu, the store is of the time of %llu: it was put back",
                          (unsigned long long)value, (unsigned long long)k->value);
    return k->value - value <= 1 ||
           quoth_fail(err, QUOTH_DEVICE_REFUSED, "rollback-counter", QUOTH_NO_OFFSET,
                      "is %llu, less than the %llu that it has been: it is another",
                      (unsigned long long)value, (unsigned long long)k->value);
}

bool rollback_check(const char *source, bool accept, struct store *store,
                    const struct master_key *master, struct quoth_error *err)
{
    AUTO(counter) struct counter *c = NULL;
    struct kept k = {.version = 0};
    uint64_t value = 0;
    if (!load(store, master, source, &k, err))
        return false;
    if (!accept && k.version == 0)
        return compare(&k, 0, err); /* before a counter is asked for that may not be there */
    if (!counter_open(source, &c, err) ||
        !(accept ? counter_create(c, &value, err) : counter_read(c, &value, err)) ||
        (!accept && !compare(&k, value, err)))
        return false;
    if ((accept || k.value == value) && !keep(store, master, &k, value + 1, err))
        return false;
    return counter_raise(c, &value, err);
}
