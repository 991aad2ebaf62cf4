/* What is read says the same in its canonical form, and never releases to a marked token by
 * accident: without a clause that speaks for the mark, nothing does. */
#include "release/evaluate.h"
#include "release/policy.h"

#include "codec/json.h"
#include "tests/fuzz/fuzz.h"

static void check_same(const struct release_policy *p)
{
    struct quoth_error err = {0};
    struct buffer canonical = {0};
    struct release_policy again = {0};
    struct sha256 one, two;
    require(release_policy_canonical(p, &canonical, &err));
    require(release_policy_read(buffer_bytes(&canonical), &again, &err));
    require(release_policy_hash(p, &one, &err) && release_policy_hash(&again, &two, &err));
    require(sha256_equal(&one, &two));
    require(again.entry_count == p->entry_count && again.node_count == p->node_count);
    release_policy_clear(&again);
    buffer_clear(&canonical);
}

static bool judge(const struct release_policy *p, const char *issuer, const char *mark)
{
    const struct release_facts facts = {.now = 1000};
    struct quoth_error err = {0};
    struct buffer token = {0};
    struct json_doc doc = {0};
    struct release_evaluation e = {0};
    buffer_printf(&token, "{\"iss\":\"%s\",\"iat\":900,\"a\":\"b\",\"n\":{\"x\":1}%s}", issuer,
                  mark);
    require(json_parse(buffer_bytes(&token), NULL, &doc, &err));
    const bool released = release_evaluate(p, json_root(&doc), &facts, &e, &err);
    require(released == (err.code == QUOTH_OK));
    require(released || err.message[0] != '\0');
    release_evaluation_clear(&e);
    json_doc_clear(&doc);
    buffer_clear(&token);
    return released;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char mark[] = ",\"out-of-reach\":[{\"x-quoth-simulated\":true}]";
    struct quoth_error err = {0};
    struct release_policy p = {0};
    if (!release_policy_read((struct bytes){data, len}, &p, &err)) {
        require(err.code != QUOTH_OK && err.message[0] != '\0' && p.text.data == NULL);
        return 0;
    }
    check_same(&p);
    require(p.entry_count > 0 && p.clause_count > 0 && p.node_count <= RELEASE_NODES_MAX);
    (void)judge(&p, "https://maa.example", "");
    require(!judge(&p, "https://maa.example", mark));
    require(!judge(&p, "https://maa.example", ",\"dbgstat\":\"enabled\""));
    require(!judge(&p, "https://nobody.example.invalid:1", "") ||
            release_policy_names(&p, BYTES_LITERAL("https://nobody.example.invalid:1")));
    release_policy_clear(&p);
    return 0;
}
