/* What is read is written again byte for byte: an item has one form, and nothing in it is lost. */
#include "vault/item_record.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct quoth_error err = {0};
    struct vault_item item = {0};
    struct buffer again = {0};
    struct reader r = {
        .in = {data, len},
          .err = &err
    };
    if (len > ITEM_RECORD_MAX)
        return 0;
    if (!item_read(&r, &item)) {
        require(err.code != QUOTH_OK && err.message[0] != '\0' && !item.versions);
        return 0;
    }
    require(item.name[0] != '\0' && item.version_count <= VAULT_VERSIONS_MAX);
    require(item_write(&item, &again, &err));
    require(bytes_equal(buffer_bytes(&again), bytes_slice(r.in, 0, r.pos)));
    buffer_clear(&again);
    vault_item_clear(&item);
    return 0;
}
