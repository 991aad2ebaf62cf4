/* What is read is some time, and no more than there may be; later and earlier are what they say. */
#include "vault/duration.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const int64_t now = INT64_C(1760000000);
    struct quoth_error err = {0};
    struct duration d = {0};
    if (!duration_read((struct bytes){data, len}, &d, &err)) {
        require(err.code == QUOTH_VAULT_DURATION && err.offset <= len && err.message[0] != '\0');
        return 0;
    }
    require(len <= DURATION_MAX && data[0] == 'P');
    require(d.months >= 0 && d.seconds >= 0 && d.months + d.seconds > 0);
    require(duration_days(&d) <= DURATION_YEARS_MAX * 365);
    require(duration_after(now, &d) > now && duration_before(now, &d) < now);
    return 0;
}
