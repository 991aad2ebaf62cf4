/* Whatever is sent to the vault: what is read keeps its promises, and what is refused says why, as the
 * client's fault. The first byte says which reader it is for. */
#include "service/vault/vault_body.h"
#include "service/vault/vault_query.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void told(bool good, const struct quoth_error *err)
{
    require(good == (err->code == QUOTH_OK));
    require(good || err->code == QUOTH_MEMORY ||
            (quoth_code_http(err->code) == 400 && err->message[0] != '\0') ||
            quoth_code_http(err->code) == 413);
}

static void check_changes(const struct vault_changes *c)
{
    require(!c->has_nbf || c->nbf >= 0);
    require(!c->has_exp || c->exp >= 0);
    require(!c->has_key_ops || c->key_ops != 0);
    require((c->key_ops >> VAULT_KEY_OPS) == 0);
    require(!c->has_tags || (c->tags.len >= 2 && c->tags.data[0] == '{'));
    require(c->has_policy || c->policy.len == 0);
}

static void read_object(uint8_t which, struct bytes body)
{
    struct quoth_error err = {0};
    AUTO(vault_body) struct vault_body b = {0};
    bool good;
    switch (which % 4) {
    case 0:
        good = vault_body_create(body, &b, &err);
        require(!good || (b.spec.type == MATERIAL_EC) == (b.spec.curve.len > 0));
        break;
    case 1:
        good = vault_body_import(body, &b, &err);
        require(!good || b.parts.type == MATERIAL_OCT || b.parts.k.len == 0);
        break;
    case 2:
        good = vault_body_set(body, &b, &err);
        break;
    default:
        good = vault_body_update(body, which & 4 ? VAULT_SECRET : VAULT_KEY, &b, &err);
        break;
    }
    told(good, &err);
    if (good)
        check_changes(&b.asked.changes);
}

static void read_other(uint8_t which, struct bytes body)
{
    struct quoth_error err = {0};
    AUTO(vault_operand) struct vault_operand operand = {0};
    AUTO(vault_query) struct vault_query query = {0};
    AUTO(buffer) struct buffer backup = {0};
    struct vault_rotation rotation = {0};
    size_t count = 0;
    bool good;
    switch (which % 5) {
    case 0:
        good = vault_body_operand(body, &operand, &err);
        break;
    case 1:
        good = vault_body_rotation(body, &rotation, &err);
        require(strlen(rotation.expiry) < VAULT_DURATION_SIZE);
        break;
    case 2:
        good = vault_body_backup(body, &backup, &err);
        require(!good || backup.len > 0);
        break;
    case 3:
        good = vault_body_random(body, &count, &err);
        require(!good || (count >= 1 && count <= VAULT_RANDOM_MAX));
        break;
    default:
        good = vault_query_read(body, &query, &err);
        require(!good ||
                (query.api_version[0] && query.results >= 1 && query.results <= VAULT_RESULTS_MAX));
        break;
    }
    told(good, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    const struct bytes body = {data + 1, len - 1};
    if (data[0] & 0x80)
        read_object(data[0] & 0x7f, body);
    else
        read_other(data[0], body);
    return 0;
}
