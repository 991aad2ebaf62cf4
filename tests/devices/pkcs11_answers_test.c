/* What a token may answer, by a module that gives every answer. */
#include "device.h"
#include "mock_pkcs11.h"

#include <dlfcn.h>

static char folder[] = "/tmp/quoth-pkcs11-XXXXXX";
static char state_folder[64], pin[64], source[512];
static struct mock *mock;

static void write_pin(const char *text)
{
    struct quoth_error err = {0};
    assert_true(file_write(pin, bytes_of_text(text), 0600, &err));
}

static int begin(void **state)
{
    (void)state;
    const char *module = getenv("QUOTH_MOCK_PKCS11");
    assert_non_null(module);
    assert_non_null(mkdtemp(folder));
    snprintf(state_folder, sizeof state_folder, "%s/state", folder);
    snprintf(pin, sizeof pin, "%s/pin", folder);
    snprintf(source, sizeof source, "pkcs11:token=mock;object=kek?module-path=%s&pin-source=%s",
             module, pin);
    void *file = dlopen(module, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    assert_non_null(file);
    mock = dlsym(file, "mock");
    assert_non_null(mock);
    return mkdir(state_folder, 0700);
}

static int end(void **state)
{
    (void)state;
    unlink(pin);
    rmdir(state_folder);
    return rmdir(folder);
}

/* One token with one fit key, and its PIN. */
static int reset(void **state)
{
    (void)state;
    *mock = (struct mock){.slots = 1, .keys = 1};
    write_pin("1234\n");
    return 0;
}

static void leaves_nothing_open(void)
{
    assert_int_equal(mock->sessions, 0);
    assert_int_equal(mock->finalized, mock->calls[MOCK_INITIALIZE]);
    assert_true(mock->calls[MOCK_LOGIN] <= 1);
}

static void what_is_wrapped_comes_back(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = open_with(&device_pkcs11, source, state_folder);
    AUTO(buffer) struct buffer wrapped = {0};
    assert_string_equal(o.name, "pkcs11:mock/kek");
    assert_int_equal(mock->calls[MOCK_INITIALIZE], 0); /* opening touches no hardware */
    wraps(&o, &wrapped);
    assert_int_equal(wrapped.len, 64);
    assert_memory_equal(mock->pin, "1234", 4);
    assert_int_equal(mock->pin_len, 4);
    leaves_nothing_open();
    unwraps(&o, buffer_bytes(&wrapped));
    assert_int_equal(mock->calls[MOCK_LOGIN], 2);
}

static void a_token_that_is_logged_in_already_is_used(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = open_with(&device_pkcs11, source, state_folder);
    AUTO(buffer) struct buffer wrapped = {0};
    mock->answers[MOCK_LOGIN] = CKR_USER_ALREADY_LOGGED_IN;
    wraps(&o, &wrapped);
    mock->answers[MOCK_INITIALIZE] = CKR_CRYPTOKI_ALREADY_INITIALIZED;
    mock->finalized = 0;
    unwraps(&o, buffer_bytes(&wrapped));
    assert_int_equal(mock->finalized, 0); /* what somebody else initialised is his to finalise */
}

static void an_iv_of_the_token_is_kept(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = open_with(&device_pkcs11, source, state_folder);
    AUTO(buffer) struct buffer wrapped = {0};
    mock->makes_iv = true;
    wraps(&o, &wrapped);
    assert_int_equal(wrapped.data[4], 0xee);
    unwraps(&o, buffer_bytes(&wrapped));
}

static const struct {
    const char *name;
    enum mock_call call;
    ck_rv_t answer;
    enum quoth_code code;
    const char *says;
} answers[] = {
    {"no memory",                         MOCK_INITIALIZE,          CKR_HOST_MEMORY,                    QUOTH_DEVICE_UNAVAILABLE, "C_Initialize"              },
    {"more slots than are looked at",     MOCK_GET_SLOT_LIST,       CKR_BUFFER_TOO_SMALL,
     QUOTH_DEVICE_UNAVAILABLE,                                                                                                    "C_GetSlotList"             },
    {"a slot that has just become empty", MOCK_GET_TOKEN_INFO,      CKR_TOKEN_NOT_PRESENT,
     QUOTH_DEVICE_UNAVAILABLE,                                                                                                    "no token labelled \"mock\""},
    {"pulled before the session",         MOCK_OPEN_SESSION,        CKR_TOKEN_NOT_PRESENT,
     QUOTH_DEVICE_UNAVAILABLE,                                                                                                    "pulled"                    },
    {"too many sessions",                 MOCK_OPEN_SESSION,        CKR_SESSION_COUNT,                  QUOTH_DEVICE_UNAVAILABLE,
     "too many sessions"                                                                                                                                      },
    {"a wrong PIN",                       MOCK_LOGIN,               CKR_PIN_INCORRECT,                  QUOTH_DEVICE_REFUSED,
     "PIN in pin-source is wrong"                                                                                                                             },
    {"a locked PIN",                      MOCK_LOGIN,               CKR_PIN_LOCKED,                     QUOTH_DEVICE_REFUSED,     "PIN is locked"             },
    {"an expired PIN",                    MOCK_LOGIN,               CKR_PIN_EXPIRED,                    QUOTH_DEVICE_REFUSED,     "expired"                   },
    {"no PIN yet",                        MOCK_LOGIN,               CKR_USER_PIN_NOT_INITIALIZED,       QUOTH_DEVICE_REFUSED,     "no user PIN"               },
    {"the officer is logged in",          MOCK_LOGIN,               CKR_USER_ANOTHER_ALREADY_LOGGED_IN,
     QUOTH_DEVICE_UNAVAILABLE,                                                                                                    "officer"                   },
    {"pulled at the search",              MOCK_FIND_OBJECTS_INIT,   CKR_DEVICE_REMOVED,                 QUOTH_DEVICE_UNAVAILABLE,
     "pulled"                                                                                                                                                 },
    {"pulled in the search",              MOCK_FIND_OBJECTS,        CKR_SESSION_HANDLE_INVALID,
     QUOTH_DEVICE_UNAVAILABLE,                                                                                                    "pulled"                    },
    {"pulled after the search",           MOCK_GET_ATTRIBUTE_VALUE, CKR_DEVICE_REMOVED,
     QUOTH_DEVICE_UNAVAILABLE,                                                                                                    "pulled"                    },
    {"no AES-GCM",                        MOCK_ENCRYPT_INIT,        CKR_MECHANISM_INVALID,              QUOTH_DEVICE_REFUSED,     "no AES-GCM"                },
    {"a token that takes no IV",          MOCK_ENCRYPT_INIT,        CKR_MECHANISM_PARAM_INVALID,
     QUOTH_DEVICE_REFUSED,                                                                                                        "no IV"                     },
    {"a token that says so later",        MOCK_ENCRYPT,             CKR_MECHANISM_PARAM_INVALID,        QUOTH_DEVICE_REFUSED,
     "no IV"                                                                                                                                                  },
    {"a key for something else",          MOCK_ENCRYPT_INIT,        CKR_KEY_FUNCTION_NOT_PERMITTED,
     QUOTH_DEVICE_REFUSED,                                                                                                        "may not be used"           },
    {"pulled while it encrypts",          MOCK_ENCRYPT,             CKR_DEVICE_REMOVED,                 QUOTH_DEVICE_UNAVAILABLE,
     "pulled"                                                                                                                                                 },
    {"does not decrypt what it encrypts", MOCK_DECRYPT,             CKR_ENCRYPTED_DATA_INVALID,
     QUOTH_SEAL_BROKEN,                                                                                                           "another key"               },
    {"a vendor's own answer",             MOCK_ENCRYPT,             CKR_VENDOR_DEFINED | 0x17,          QUOTH_DEVICE_UNAVAILABLE,
     "0x80000017 to C_Encrypt"                                                                                                                                },
};

static void each_answer_is_told(void **state)
{
    AUTO(opened) struct opened o = open_with(&device_pkcs11, source, state_folder);
    for (size_t i = 0; i < COUNT(answers); i++) {
        print_message("  %s\n", answers[i].name);
        reset(state);
        mock->answers[answers[i].call] = answers[i].answer;
        refuses_to_wrap(&o, answers[i].code, answers[i].says);
        mock->finalized +=
            mock->answers[MOCK_INITIALIZE] != CKR_OK; /* there was nothing to finalise */
        leaves_nothing_open();
    }
}

/* An answer that means anything is told apart by whether the token is still there. */
static void a_general_error_is_looked_into(void **state)
{
    AUTO(opened) struct opened o = open_with(&device_pkcs11, source, state_folder);
    AUTO(buffer) struct buffer wrapped = {0};
    wraps(&o, &wrapped);
    for (int i = 0; i < 2; i++) {
        reset(state);
        mock->answers[MOCK_DECRYPT] = i ? CKR_GENERAL_ERROR : CKR_FUNCTION_FAILED;
        refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_SEAL_BROKEN, "altered");
        mock->answers[MOCK_GET_SESSION_INFO] = CKR_SESSION_HANDLE_INVALID;
        refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_UNAVAILABLE, "C_Decrypt");
    }
    reset(state);
    mock->answers[MOCK_DECRYPT] = CKR_DEVICE_REMOVED;
    refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_UNAVAILABLE, "pulled");
}

static const struct {
    const char *name;
    ck_attribute_type_t type;
    unsigned long value;
    const char *says;
} unfit_keys[] = {
    {"its value can be read",      CKA_SENSITIVE,         0,                          "not sensitive"       },
    {"it can be taken out",        CKA_EXTRACTABLE,       1,                          "extractable"         },
    {"it could be read once",      CKA_ALWAYS_SENSITIVE,  0,                          "not always sensitive"},
    {"it could be taken out once", CKA_NEVER_EXTRACTABLE, 0,                          "extractable once"    },
    {"the token does not say",     CKA_NEVER_EXTRACTABLE, CK_UNAVAILABLE_INFORMATION,
     "extractable once"                                                                                     },
    {"another type",               CKA_KEY_TYPE,          CKK_GENERIC_SECRET,         "not an AES key"      },
    {"another size",               CKA_VALUE_LEN,         16,                         "256 bits"            },
    {"public",                     CKA_PRIVATE,           0,                          "without a PIN"       },
    {"only decrypts",              CKA_ENCRYPT,           0,                          "does not encrypt"    },
    {"only encrypts",              CKA_DECRYPT,           0,                          "does not decrypt"    },
};

static void a_key_that_could_come_out_is_not_used(void **state)
{
    AUTO(opened) struct opened o = open_with(&device_pkcs11, source, state_folder);
    AUTO(buffer) struct buffer wrapped = {0};
    wraps(&o, &wrapped);
    for (size_t i = 0; i < COUNT(unfit_keys); i++) {
        print_message("  %s\n", unfit_keys[i].name);
        reset(state);
        mock->odd = unfit_keys[i].type;
        mock->odd_value = unfit_keys[i].value;
        refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, unfit_keys[i].says);
        refuses_to_unwrap(&o, LABEL, buffer_bytes(&wrapped), QUOTH_DEVICE_REFUSED,
                          unfit_keys[i].says);
        refuses_to_prepare(&o, QUOTH_DEVICE_REFUSED, unfit_keys[i].says);
        mock->keys = 0; /* a token that makes another key than it was asked for */
        refuses_to_prepare(&o, QUOTH_DEVICE_REFUSED, unfit_keys[i].says);
        assert_int_equal(mock->calls[MOCK_ENCRYPT] + mock->calls[MOCK_DECRYPT], 0);
    }
}

static void a_pin_is_not_used_up(void **state)
{
    AUTO(opened) struct opened o = open_with(&device_pkcs11, source, state_folder);
    mock->token_flags = CKF_USER_PIN_LOCKED;
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "PIN is locked");
    mock->token_flags = CKF_USER_PIN_FINAL_TRY;
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "locks its PIN at the next wrong one");
    assert_int_equal(mock->calls[MOCK_LOGIN], 0);
    leaves_nothing_open();

    reset(state);
    mock->answers[MOCK_LOGIN] = CKR_PIN_INCORRECT;
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "PIN in pin-source is wrong");
    assert_int_equal(mock->calls[MOCK_LOGIN], 1);
}

static void a_pin_that_others_can_read_is_not_used(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = open_with(&device_pkcs11, source, state_folder);
    AUTO(opened) struct opened beside = open_with(&device_pkcs11, source, folder);
    refuses_to_wrap(&beside, QUOTH_DEVICE_REFUSED, "lies in the state folder");
    assert_int_equal(chmod(pin, 0644), 0);
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "chmod 600");
    write_pin("");
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "does not have 1 to 255 bytes");
    unlink(pin);
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "cannot be opened");
    assert_int_equal(mock->calls[MOCK_LOGIN], 0);
    leaves_nothing_open();
}

static void what_could_be_meant_twice_is_refused(void **state)
{
    AUTO(opened) struct opened o = open_with(&device_pkcs11, source, state_folder);
    mock->slots = 2;
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "2 tokens are labelled");
    assert_int_equal(mock->calls[MOCK_LOGIN], 0);
    reset(state);
    mock->keys = 2;
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "several keys");
    refuses_to_prepare(&o, QUOTH_DEVICE_REFUSED, "several keys");
}

static void a_key_is_made_by_prepare_alone(void **state)
{
    (void)state;
    AUTO(opened) struct opened o = open_with(&device_pkcs11, source, state_folder);
    mock->keys = 0;
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "has no such key");
    assert_int_equal(mock->calls[MOCK_GENERATE_KEY], 0);
    prepares(&o);
    prepares(&o);
    assert_int_equal(mock->calls[MOCK_GENERATE_KEY], 1);
    size_t told = 0;
    for (size_t i = 0; i < mock->made_count; i++) {
        const ck_attribute_type_t type = mock->made[i].type;
        if (type == CKA_TOKEN || type == CKA_PRIVATE || type == CKA_SENSITIVE ||
            type == CKA_ENCRYPT || type == CKA_DECRYPT)
            told += mock->made_values[i] == 1;
        if (type == CKA_EXTRACTABLE || type == CKA_WRAP || type == CKA_UNWRAP ||
            type == CKA_DERIVE || type == CKA_SIGN)
            told += mock->made_values[i] == 0;
    }
    assert_int_equal(told, 10);
}

static void a_token_that_does_not_keep_its_word_is_found_out(void **state)
{
    AUTO(opened) struct opened o = open_with(&device_pkcs11, source, state_folder);
    mock->forgets = true;
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "does not give back");
    reset(state);
    mock->cut = 4;
    refuses_to_wrap(&o, QUOTH_DEVICE_REFUSED, "128 bits");
}

static void what_is_no_module_is_refused(void **state)
{
    (void)state;
    char other[512];
    snprintf(other, sizeof other, "pkcs11:token=mock;object=kek?module-path=%s&pin-source=%s", pin,
             pin);
    AUTO(opened) struct opened text = open_with(&device_pkcs11, other, state_folder);
    refuses_to_wrap(&text, QUOTH_DEVICE_UNAVAILABLE, "is not loaded");
    snprintf(other, sizeof other,
             "pkcs11:token=mock;object=kek?module-path=/nowhere/m.so&pin-source=%s", pin);
    AUTO(opened) struct opened nowhere = open_with(&device_pkcs11, other, state_folder);
    refuses_to_wrap(&nowhere, QUOTH_DEVICE_UNAVAILABLE, "is not loaded");
    snprintf(other, sizeof other,
             "pkcs11:token=mock;object=kek?module-path=libc.so.6&pin-source=%s", pin);
    struct quoth_error err = {0};
    void *self = NULL;
    char name[DEVICE_NAME_SIZE];
    assert_false(device_pkcs11.open(other, state_folder, &self, name, &err));
    assert_int_equal(err.code, QUOTH_USAGE);
}

static void a_name_has_a_limit(void **state)
{
    (void)state;
    char other[512], name[DEVICE_NAME_SIZE];
    struct quoth_error err = {0};
    void *self = NULL;
    snprintf(other, sizeof other, "pkcs11:token=%032d;object=%039d?module-path=/m&pin-source=/p", 0,
             0);
    AUTO(opened) struct opened fits = open_with(&device_pkcs11, other, state_folder);
    assert_int_equal(strlen(fits.name), DEVICE_NAME_SIZE - 1);
    snprintf(other, sizeof other, "pkcs11:token=%032d;object=%040d?module-path=/m&pin-source=/p", 0,
             0);
    assert_false(device_pkcs11.open(other, state_folder, &self, name, &err));
    assert_int_equal(err.code, QUOTH_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_wrapped_comes_back, reset),
        cmocka_unit_test_setup(a_token_that_is_logged_in_already_is_used, reset),
        cmocka_unit_test_setup(an_iv_of_the_token_is_kept, reset),
        cmocka_unit_test_setup(each_answer_is_told, reset),
        cmocka_unit_test_setup(a_general_error_is_looked_into, reset),
        cmocka_unit_test_setup(a_key_that_could_come_out_is_not_used, reset),
        cmocka_unit_test_setup(a_pin_is_not_used_up, reset),
        cmocka_unit_test_setup(a_pin_that_others_can_read_is_not_used, reset),
        cmocka_unit_test_setup(what_could_be_meant_twice_is_refused, reset),
        cmocka_unit_test_setup(a_key_is_made_by_prepare_alone, reset),
        cmocka_unit_test_setup(a_token_that_does_not_keep_its_word_is_found_out, reset),
        cmocka_unit_test_setup(what_is_no_module_is_refused, reset),
        cmocka_unit_test_setup(a_name_has_a_limit, reset),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
