/* Claims that a signed token could carry, and metadata: whatever they hold, facts stay in bounds.
 */
#include "base/auto.h"
#include "relying/discovery.h"
#include "relying/facts.h"
#include "tests/fuzz/fuzz.h"

#include <strings.h>

static void read_facts(struct bytes in)
{
    struct quoth_error err = {0};
    struct json_doc doc = {0};
    struct quoth_verified v = {0};
    if (json_parse(in, NULL, &doc, &err)) {
        if (facts_read(json_root(&doc), &v, &err)) {
            require(v.nonce_len <= sizeof v.nonce);
            require(v.nonce_len == 0 || (v.held_json && v.certificate));
            require(!v.certificate || v.held_data);
            require(memchr(v.tcb_status, 0, sizeof v.tcb_status));
            require(memchr(v.policy_hash, 0, sizeof v.policy_hash));
        } else {
            require(err.code != QUOTH_OK && err.where[0] != '\0');
        }
    }
    quoth_verified_clear(&v);
    json_doc_clear(&doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0};
    char *uri = NULL;
    read_facts(in);
    if (discovery_read(in, "https://v.example", &uri, &err))
        require(strncasecmp(uri, "https://v.example", 17) == 0);
    else
        require(err.code == QUOTH_DISCOVERY);
    free(uri);
    return 0;
}
