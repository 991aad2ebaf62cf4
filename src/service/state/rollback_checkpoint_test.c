/* Which exported checkpoints are believed, and what they say of the store. */
#include "service/state/rollback_checkpoint.h"

#include "audit/checkpoint.h"
#include "base/file.h"
#include "keys/signing_key.h"
#include "keys/watermark.h"
#include "tests/master.h"
#include "token/token.h"

#include <stdio.h>
#include <unistd.h>

#define NOW 1750000000
#define FIRST "https://attest.example.org"
#define SECOND "https://other.example.org"
#define STRANGER "https://stranger.example.org"
#define STREAMS                                                                                    \
    "[{\"stream\":\"a\",\"id\":\"00112233445566778899aabbccddeeff\",\"count\":7,\"head\":"         \
    "\"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\"}]"

static struct master_key master;
static char folder[] = "/tmp/quoth-checkpoint-XXXXXX";
static char db[64], file[64];
static struct state at = {.lock = -1};
static int64_t watermark;

/* Of FIRST: one that signs, one that is distrusted. Of SECOND: one. Nobody's: one. */
enum { SIGNS, DISTRUSTED, OF_SECOND, UNKNOWN, KEYS };
static struct kept_key keys[KEYS];

static void make(struct kept_key *k, const char *issuer, bool keep)
{
    struct quoth_error err = {0};
    assert_true(signing_key_make(issuer, NOW, NOW, k, &err));
    k->distrusted = k == &keys[DISTRUSTED];
    if (keep && !key_keep(at.store, &master, issuer, KEY_FOR_TOKENS, k, &err))
        fail_msg("%s", err.message);
}

static int begin(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    assert_non_null(mkdtemp(folder));
    snprintf(db, sizeof db, "%s/quoth.db", folder);
    snprintf(file, sizeof file, "%s/checkpoint", folder);
    master_renew(&master);
    assert_true(store_create(db, &err) && store_open(db, &at.store, &err));
    make(&keys[SIGNS], FIRST, true);
    make(&keys[DISTRUSTED], FIRST, true);
    make(&keys[OF_SECOND], SECOND, true);
    make(&keys[UNKNOWN], FIRST, false);
    snprintf(at.tenants[0].issuer, sizeof at.tenants[0].issuer, FIRST);
    snprintf(at.tenants[1].issuer, sizeof at.tenants[1].issuer, SECOND);
    at.tenant_count = 2;
    return watermark_version(at.store, &master, &watermark, &err) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    static const char *const names[] = {"quoth.db", "quoth.db-wal", "quoth.db-shm", "checkpoint"};
    for (size_t i = 0; i < KEYS; i++)
        kept_key_clear(&keys[i]);
    state_close(&at);
    master_key_clear(&master);
    for (size_t i = 0; i < COUNT(names); i++) {
        char name[96];
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        unlink(name);
    }
    return rmdir(folder);
}

static void put(struct bytes text)
{
    struct quoth_error err = {0};
    if (!file_write(file, text, 0600, &err))
        fail_msg("%s", err.message);
}

/* A member that is NULL is left out. beyond: how much further the store is said to have come than it
 * has. */
struct exporting {
    const char *iss, *streams, *watermark;
    int key, kid;
    int64_t beyond;
};

static void export(const struct exporting *e, struct buffer *ret_token)
{
    struct quoth_error err = {0};
    AUTO(claims) struct claims *claims = claims_open();
    if (e->iss)
        claims_add_text(claims, CLAIM_FROM_SERVICE, "iss", bytes_of_text(e->iss));
    if (e->streams)
        claims_add_json(claims, CLAIM_FROM_SERVICE, CHECKPOINT_CLAIM, bytes_of_text(e->streams));
    if (!e->watermark)
        claims_add_int(claims, CLAIM_FROM_SERVICE, CHECKPOINT_WATERMARK, watermark + e->beyond);
    else if (e->watermark[0])
        claims_add_json(claims, CLAIM_FROM_SERVICE, CHECKPOINT_WATERMARK,
                        bytes_of_text(e->watermark));
    if (!token_sign(claims, keys[e->key].key, keys[e->kid].id, FIRST "/certs", ret_token, &err))
        fail_msg("%s", err.message);
}

static void export_to_file(const struct exporting *e)
{
    AUTO(buffer) struct buffer token = {0};
    export(e, &token);
    put(buffer_bytes(&token));
}

static enum quoth_code check(void)
{
    struct quoth_error err = {0};
    if (rollback_checkpoint_check(file, &at, &master, &err))
        assert_int_equal(err.code, QUOTH_OK);
    else
        assert_non_null(strstr(err.where, "rollback-checkpoint"));
    return err.code;
}

static enum quoth_code examine(void)
{
    struct quoth_error err = {0};
    assert_true(rollback_checkpoint_examine(file, &err) == (err.code == QUOTH_OK));
    return err.code;
}

static void what_the_store_has_reached_is_good(void **state)
{
    (void)state;
    static const struct exporting good[] = {
        {FIRST,  STREAMS, NULL, SIGNS,     SIGNS,     0 },
        {FIRST,  STREAMS, NULL, SIGNS,     SIGNS,     -1},
        {SECOND, STREAMS, NULL, OF_SECOND, OF_SECOND, 0 },
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        export_to_file(&good[i]);
        assert_int_equal(check(), QUOTH_OK);
        assert_int_equal(examine(), QUOTH_OK);
    }
}

static void an_answer_is_as_good_as_its_token(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer token = {0}, answer = {0};
    export(&(struct exporting){FIRST, STREAMS, NULL, SIGNS, SIGNS, 0}, &token);
    buffer_printf(&answer, "{\"token\":\"%.*s\"}\n", (int)token.len, (const char *)token.data);
    put(buffer_bytes(&answer));
    assert_int_equal(check(), QUOTH_OK);
}

/* examined: what is said without the store, which knows neither signers nor how far it has come. */
static const struct {
    const char *name;
    struct exporting from;
    enum quoth_code code, examined;
} refusals[] = {
    {"a store that was put back",
     {FIRST, STREAMS, NULL, SIGNS, SIGNS, 1},
     QUOTH_STORE_ROLLED_BACK,                                                                                                         QUOTH_OK              },
    {"the same, by another tenant",
     {SECOND, STREAMS, NULL, OF_SECOND, OF_SECOND, 1},
     QUOTH_STORE_ROLLED_BACK,                                                                                                         QUOTH_OK              },
    {"the largest number",
     {FIRST, STREAMS, "9223372036854775807", SIGNS, SIGNS, 0},
     QUOTH_STORE_ROLLED_BACK,                                                                                                         QUOTH_OK              },
    {"no issuer",                                                 {NULL, STREAMS, NULL, SIGNS, SIGNS, 0},         QUOTH_TOKEN_ISSUER, QUOTH_OK              },
    {"of a stranger",                                             {STRANGER, STREAMS, NULL, UNKNOWN, UNKNOWN, 0}, QUOTH_TOKEN_ISSUER, QUOTH_OK              },
    {"of a stranger, with our key",
     {STRANGER, STREAMS, NULL, SIGNS, SIGNS, 0},
     QUOTH_TOKEN_ISSUER,                                                                                                              QUOTH_OK              },
    {"an issuer with a slash",
     {FIRST "/", STREAMS, NULL, SIGNS, SIGNS, 0},
     QUOTH_TOKEN_ISSUER,                                                                                                              QUOTH_OK              },
    {"a key that is not kept",
     {FIRST, STREAMS, NULL, UNKNOWN, UNKNOWN, 0},
     QUOTH_TOKEN_KEY_UNKNOWN,                                                                                                         QUOTH_OK              },
    {"a distrusted key",
     {FIRST, STREAMS, NULL, DISTRUSTED, DISTRUSTED, 0},
     QUOTH_TOKEN_KEY_UNKNOWN,                                                                                                         QUOTH_OK              },
    {"a key of another tenant",
     {FIRST, STREAMS, NULL, OF_SECOND, OF_SECOND, 0},
     QUOTH_TOKEN_KEY_UNKNOWN,                                                                                                         QUOTH_OK              },
    {"signed by another than it names",
     {FIRST, STREAMS, NULL, UNKNOWN, SIGNS, 0},
     QUOTH_TOKEN_SIGNATURE,                                                                                                           QUOTH_OK              },
    {"signed by a distrusted one in the name of one that is not",
     {FIRST, STREAMS, NULL, DISTRUSTED, SIGNS, 0},
     QUOTH_TOKEN_SIGNATURE,                                                                                                           QUOTH_OK              },
    {"of an older build",
     {FIRST, STREAMS, "", SIGNS, SIGNS, 0},
     QUOTH_AUDIT_CHECKPOINT,                                                                                                          QUOTH_AUDIT_CHECKPOINT},
    {"no checkpoint, but another token",
     {FIRST, NULL, NULL, SIGNS, SIGNS, 0},
     QUOTH_AUDIT_CHECKPOINT,                                                                                                          QUOTH_AUDIT_CHECKPOINT},
    {"no streams",
     {FIRST, "[]", NULL, SIGNS, SIGNS, 0},
     QUOTH_AUDIT_CHECKPOINT,                                                                                                          QUOTH_AUDIT_CHECKPOINT},
    {"nothing",
     {FIRST, STREAMS, "0", SIGNS, SIGNS, 0},
     QUOTH_AUDIT_CHECKPOINT,                                                                                                          QUOTH_AUDIT_CHECKPOINT},
    {"less than nothing",
     {FIRST, STREAMS, "-1", SIGNS, SIGNS, 0},
     QUOTH_AUDIT_CHECKPOINT,                                                                                                          QUOTH_AUDIT_CHECKPOINT},
    {"a number that wraps",
     {FIRST, STREAMS, "9223372036854775808", SIGNS, SIGNS, 0},
     QUOTH_AUDIT_CHECKPOINT,                                                                                                          QUOTH_AUDIT_CHECKPOINT},
    {"a fraction",
     {FIRST, STREAMS, "1.5", SIGNS, SIGNS, 0},
     QUOTH_AUDIT_CHECKPOINT,                                                                                                          QUOTH_AUDIT_CHECKPOINT},
    {"a text",
     {FIRST, STREAMS, "\"1\"", SIGNS, SIGNS, 0},
     QUOTH_AUDIT_CHECKPOINT,                                                                                                          QUOTH_AUDIT_CHECKPOINT},
};

static void refusals_say_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        print_message("  %s\n", refusals[i].name);
        export_to_file(&refusals[i].from);
        assert_int_equal(check(), refusals[i].code);
        assert_int_equal(examine(), refusals[i].examined);
    }
}

static const struct {
    const char *name, *text;
    enum quoth_code code;
} files[] = {
    {"empty",                       "",                                QUOTH_TOKEN_MALFORMED},
    {"an empty line",               "\n",                              QUOTH_TOKEN_MALFORMED},
    {"no token",                    "checkpoint",                      QUOTH_TOKEN_MALFORMED},
    {"two dots",                    "..",                              QUOTH_TOKEN_MALFORMED},
    {"an answer that is cut",       "{\"token\":\"a",                  QUOTH_JSON           },
    {"an answer without one",       "{\"error\":{}}",                  QUOTH_JSON_VALUE     },
    {"an answer with a number",     "{\"token\":1}",                   QUOTH_JSON_VALUE     },
    {"an answer with two",          "{\"token\":\"\",\"token\":\"\"}", QUOTH_JSON_DUPLICATE },
    {"an answer with an empty one", "{\"token\":\"\"}",                QUOTH_TOKEN_MALFORMED},
};

static void files_that_are_none_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        print_message("  %s\n", files[i].name);
        put(bytes_of_text(files[i].text));
        assert_int_equal(check(), files[i].code);
        assert_int_equal(examine(), files[i].code);
    }
}

static void a_file_without_end_or_that_is_missing_is_refused(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer large = {0};
    for (size_t i = 0; i <= CHECKPOINT_FILE_MAX; i++)
        buffer_text(&large, "a");
    put(buffer_bytes(&large));
    assert_int_equal(check(), QUOTH_TOO_LARGE);
    unlink(file);
    assert_int_equal(check(), QUOTH_IO);
    assert_int_equal(examine(), QUOTH_IO);
}

/* Neither can the number be made less, nor the algorithm none. */
static void a_changed_token_is_refused(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer token = {0};
    export(&(struct exporting){FIRST, STREAMS, NULL, SIGNS, SIGNS, 1}, &token);
    for (size_t i = 0; i < token.len; i += 7) {
        const uint8_t was = token.data[i];
        token.data[i] = was == 'A' ? 'B' : 'A';
        put(buffer_bytes(&token));
        assert_int_not_equal(check(), QUOTH_OK);
        token.data[i] = was;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_store_has_reached_is_good),
        cmocka_unit_test(an_answer_is_as_good_as_its_token),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(files_that_are_none_are_refused),
        cmocka_unit_test(a_file_without_end_or_that_is_missing_is_refused),
        cmocka_unit_test(a_changed_token_is_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
