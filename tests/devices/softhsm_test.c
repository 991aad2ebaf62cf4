/* A PKCS #11 token as it is sold, but in software: SoftHSM2, in a folder of its own. */
#include "device.h"

#include <dlfcn.h>
#include <pthread.h>

#define CRYPTOKI_GNU
#include <p11-kit/pkcs11.h>

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"

static char folder[] = "/tmp/quoth-softhsm-XXXXXX";
static char state_folder[64], pin[64], tokens[64], away[64], config[64], source[512];

static bool make_token(const char *label)
{
    char command[256];
    snprintf(command, sizeof command,
             "softhsm2-util --init-token --free --label %s --so-pin 567890 --pin 123456 >/dev/null",
             label);
    return run(command);
}

static int begin(void **state)
{
    (void)state;
    char text[256];
    struct quoth_error err = {0};
    if (access(MODULE, R_OK) != 0 || !run("command -v softhsm2-util >/dev/null"))
        return 0;
    assert_non_null(mkdtemp(folder));
    snprintf(state_folder, sizeof state_folder, "%s/state", folder);
    snprintf(pin, sizeof pin, "%s/pin", folder);
    snprintf(tokens, sizeof tokens, "%s/tokens", folder);
    snprintf(away, sizeof away, "%s/away", folder);
    snprintf(config, sizeof config, "%s/softhsm2.conf", folder);
    snprintf(text, sizeof text,
             "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", tokens);
    assert_true(file_write(config, bytes_of_text(text), 0600, &err));
    assert_true(file_write(pin, BYTES_LITERAL("123456\n"), 0600, &err));
    setenv("SOFTHSM2_CONF", config, 1);
    snprintf(source, sizeof source,
             "pkcs11:token=quoth;object=kek?module-path=" MODULE "&pin-source=%s", pin);
    return mkdir(state_folder, 0700) || mkdir(tokens, 0700) || !make_token("other") ||
           !make_token("quoth");
}

static int end(void **state)
{
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return state_folder[0] && !run(command);
}

static struct opened token(void)
{
    if (!state_folder[0])
        without("softhsm2 (" MODULE " and softhsm2-util)");
    return open_with(&device_pkcs11, source, state_folder);
}

static struct opened token_named(const char *label, const char *object)
{
    char other[512];
    if (!state_folder[0])
        without("softhsm2 (" MODULE " and softhsm2-util)");
    snprintf(other, sizeof other, "pkcs11:token=%s;object=%s?module-path=" MODULE "&pin-source=%s",
             label, object, pin);
    return open_with(&device_pkcs11, other, state_folder);
}

static void what_is_wrapped_comes_back(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = token();
    AUTO(buffer) struct buffer wrapped = {0}, other = {0};
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "has no such key");
    prepares(&o);
    prepares(&o); /* and finds it the second time */
    wraps(&o, &wrapped);
    wraps(&o, &other);
    assert_int_equal(wrapped.len, 64);
    assert_false(bytes_equal(buffer_bytes(&wrapped), buffer_bytes(&other)));
    unwraps(&o, buffer_bytes(&wrapped));
    AUTO(opened) struct opened again = token();
    unwraps(&again, buffer_bytes(&other));
}

static void what_was_altered_does_not_open(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = token();
    AUTO(buffer) struct buffer wrapped = {0};
    prepares(&o);
    wraps(&o, &wrapped);
    for (size_t i = 0; i < wrapped.len; i++) {
        wrapped.data[i] ^= 0x40;
        refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_SEAL_BROKEN, "altered");
        wrapped.data[i] ^= 0x40;
    }
    for (size_t len = 0; len < wrapped.len; len++)
        refuses_to_unwrap(&o, LABEL, bytes_slice(buffer_bytes(&wrapped), 0, len), QUOTH_SEAL_BROKEN,
                          "altered");
    buffer_u8(&wrapped, 0);
    refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_SEAL_BROKEN, "altered");
    wrapped.len--;
    refuses_to_unwrap(&o, BYTES_LITERAL("quoth kevring"), buffer_bytes(&wrapped), QUOTH_SEAL_BROKEN,
                      "another purpose");
    refuses_to_unwrap(&o, (struct bytes){0}, buffer_bytes(&wrapped), QUOTH_SEAL_BROKEN,
                      "another purpose");
    unwraps(&o, buffer_bytes(&wrapped));
}

static void another_key_does_not_open_it(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = token();
    AUTO(opened) struct opened other_key = token_named("quoth", "kek2");
    AUTO(opened) struct opened other_token = token_named("other", "kek");
    AUTO(buffer) struct buffer wrapped = {0};
    prepares(&o);
    prepares(&other_key);
    prepares(&other_token);
    wraps(&o, &wrapped);
    refuses_to_unwrap(&other_key, LABEL, buffer_bytes(&wrapped), QUOTH_SEAL_BROKEN, "another key");
    refuses_to_unwrap(&other_token, LABEL, buffer_bytes(&wrapped), QUOTH_SEAL_BROKEN,
                      "another key");
    unwraps(&o, buffer_bytes(&wrapped));
}

static void a_token_that_was_pulled_is_found_again(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = token();
    AUTO(buffer) struct buffer wrapped = {0};
    prepares(&o);
    wraps(&o, &wrapped);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rename(tokens, away), 0);
        refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_UNAVAILABLE, "");
        refuses_to_wrap(&o, QUOTH_DEVICE_UNAVAILABLE, "");
        refuses_to_prepare(&o, QUOTH_DEVICE_UNAVAILABLE, "");
        assert_int_equal(rename(away, tokens), 0);
        unwraps(&o, buffer_bytes(&wrapped));
    }
    AUTO(opened) struct opened none = token_named("nobody", "kek");
    refuses_to_unwrap(&none, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_UNAVAILABLE,
                      "no token labelled \"nobody\"");
}

static void a_wrong_pin_is_refused(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(opened) struct opened o = token();
    AUTO(buffer) struct buffer wrapped = {0};
    prepares(&o);
    wraps(&o, &wrapped);
    assert_true(file_write(pin, BYTES_LITERAL("654321"), 0600, &err));
    refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_REFUSED, "CKR_PIN_INCORRECT");
    assert_true(file_write(pin, BYTES_LITERAL("1"), 0600, &err));
    refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_REFUSED, "PIN");
    assert_true(file_write(pin, BYTES_LITERAL("123456"), 0600, &err));
    unwraps(&o, buffer_bytes(&wrapped));
}

/* Puts a key of the tester's own into the token, by the module's own calls. */
static void put_key(const char *object, ck_key_type_t type, unsigned char sensitive,
                    unsigned char extractable)
{
    static unsigned char value[32] = {7}, yes = 1;
    char label[32];
    ck_object_class_t class = CKO_SECRET_KEY;
    struct ck_attribute template[] = {
        {CKA_CLASS,       &class,       sizeof class  },
        {CKA_KEY_TYPE,    &type,        sizeof type   },
        {CKA_LABEL,       label,        strlen(object)},
        {CKA_VALUE,       value,        sizeof value  },
        {CKA_TOKEN,       &yes,         1             },
        {CKA_PRIVATE,     &yes,         1             },
        {CKA_SENSITIVE,   &sensitive,   1             },
        {CKA_EXTRACTABLE, &extractable, 1             },
        {CKA_ENCRYPT,     &yes,         1             },
        {CKA_DECRYPT,     &yes,         1             },
    };
    struct ck_function_list *f = NULL;
    ck_slot_id_t slots[8];
    unsigned long count = COUNT(slots);
    snprintf(label, sizeof label, "%s", object);
    void *module = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    CK_C_GetFunctionList get = NULL;
    *(void **)&get = dlsym(module, "C_GetFunctionList");
    assert_int_equal(get(&f), CKR_OK);
    assert_int_equal(f->C_Initialize(NULL), CKR_OK);
    assert_int_equal(f->C_GetSlotList(1, slots, &count), CKR_OK);
    for (size_t i = 0; i < count; i++) {
        struct ck_token_info info;
        ck_session_handle_t session;
        ck_object_handle_t key;
        unsigned char user_pin[] = "123456";
        assert_int_equal(f->C_GetTokenInfo(slots[i], &info), CKR_OK);
        if (memcmp(info.label, "quoth ", 6) != 0)
            continue;
        assert_int_equal(
            f->C_OpenSession(slots[i], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session),
            CKR_OK);
        assert_int_equal(f->C_Login(session, CKU_USER, user_pin, 6), CKR_OK);
        assert_int_equal(f->C_CreateObject(session, template, COUNT(template), &key), CKR_OK);
    }
    assert_int_equal(f->C_Finalize(NULL), CKR_OK);
    dlclose(module);
}

static void a_key_that_could_come_out_is_not_used(void **state)
{
    static const struct {
        const char *object;
        ck_key_type_t type;
        unsigned char sensitive, extractable;
        const char *says;
    } keys[] = {
        {"plain",   CKK_AES,            0, 0, "not sensitive"       },
        {"loose",   CKK_AES,            1, 1, "extractable"         },
        {"brought", CKK_AES,            1, 0, "not always sensitive"}, /* from outside, where it was not */
        {"generic", CKK_GENERIC_SECRET, 1, 0, "not an AES key"      },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(keys); i++) {
        AUTO(opened) struct opened o = token_named("quoth", keys[i].object);
        put_key(keys[i].object, keys[i].type, keys[i].sensitive, keys[i].extractable);
        refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, keys[i].says);
        refuses_to_prepare(&o, QUOTH_DEVICE_REFUSED, keys[i].says);
    }
}

static void one_label_names_one_key_and_one_token(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = token_named("quoth", "twice");
    prepares(&o);
    put_key("twice", CKK_AES, 1, 0);
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "several keys");
    assert_true(make_token("twin") && make_token("twin"));
    AUTO(opened) struct opened twin = token_named("twin", "kek");
    refuses_to_prepare(&twin, QUOTH_DEVICE_REFUSED, "2 tokens are labelled");
}

static void an_id_tells_keys_apart(void **state)
{
    (void)state;
    AUTO(opened) struct opened one = token_named("quoth", "numbered;id=%01");
    AUTO(opened) struct opened two = token_named("quoth", "numbered;id=%02");
    AUTO(buffer) struct buffer wrapped = {0};
    prepares(&one);
    prepares(&two);
    wraps(&one, &wrapped);
    unwraps(&one, buffer_bytes(&wrapped));
    refuses_to_unwrap(&two, LABEL, buffer_bytes(&wrapped), QUOTH_SEAL_BROKEN, "another key");
}

struct crowd {
    struct opened *device;
    struct bytes wrapped;
    int good;
};

static void *unwrap_often(void *context)
{
    struct crowd *c = context;
    for (int i = 0; i < 10; i++) {
        struct quoth_error err = {0};
        uint8_t again[DEVICE_SECRET_SIZE];
        c->good += c->device->driver->unwrap(c->device->self, LABEL, c->wrapped, again, &err) &&
                   memcmp(again, secret, sizeof again) == 0;
    }
    return NULL;
}

/* A module is one for all threads, and who leaves it finalises it: visits must not overlap. */
static void threads_visit_one_after_the_other(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = token(), other = token();
    AUTO(buffer) struct buffer wrapped = {0};
    prepares(&o);
    wraps(&o, &wrapped);
    pthread_t threads[4];
    struct crowd crowds[COUNT(threads)];
    for (size_t i = 0; i < COUNT(threads); i++) {
        crowds[i] = (struct crowd){i % 2 ? &o : &other, buffer_bytes(&wrapped), 0};
        assert_int_equal(pthread_create(&threads[i], NULL, unwrap_often, &crowds[i]), 0);
    }
    for (size_t i = 0; i < COUNT(threads); i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(crowds[i].good, 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrapped_comes_back),
        cmocka_unit_test(what_was_altered_does_not_open),
        cmocka_unit_test(another_key_does_not_open_it),
        cmocka_unit_test(a_token_that_was_pulled_is_found_again),
        cmocka_unit_test(a_wrong_pin_is_refused),
        cmocka_unit_test(a_key_that_could_come_out_is_not_used),
        cmocka_unit_test(one_label_names_one_key_and_one_token),
        cmocka_unit_test(an_id_tells_keys_apart),
        cmocka_unit_test(threads_visit_one_after_the_other),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
