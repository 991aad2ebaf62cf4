#include "keys/pkcs11_session.h"

#include <stdio.h>

/* What a token may answer to our calls, PKCS #11 v2.40 5.1. */
#define ANSWER(name, code, meaning)                                                                \
    {                                                                                              \
        CKR_##name, QUOTH_DEVICE_##code, "CKR_" #name, meaning                                     \
    }

static const struct {
    ck_rv_t rv;
    enum quoth_code code;
    const char *name, *meaning;
} answers[] = {
    ANSWER(PIN_INCORRECT, REFUSED,
           ": the PIN in pin-source is wrong; it was tried once, and is tried at the next start"),
    ANSWER(PIN_INVALID, REFUSED, ": the PIN in pin-source is wrong"),
    ANSWER(PIN_LEN_RANGE, REFUSED, ": the PIN in pin-source is too short or too long"),
    ANSWER(PIN_EXPIRED, REFUSED, ": the PIN has expired; set a new one with the token's own tool"),
    ANSWER(PIN_LOCKED, REFUSED, ": the PIN is locked; the security officer can set a new one"),
    ANSWER(USER_PIN_NOT_INITIALIZED, REFUSED, ": the token has no user PIN yet"),
    ANSWER(MECHANISM_INVALID, REFUSED, ": this token has no AES-GCM"),
    ANSWER(MECHANISM_PARAM_INVALID, REFUSED,
           ": this token takes no IV of 12 bytes from outside; tokens that make their own before "
           "they encrypt are not supported"),
    ANSWER(KEY_FUNCTION_NOT_PERMITTED, REFUSED, ": the key may not be used for this"),
    ANSWER(KEY_TYPE_INCONSISTENT, REFUSED, ": the key is not an AES key"),
    ANSWER(KEY_SIZE_RANGE, REFUSED, ": the token makes no AES keys of 256 bits"),
    ANSWER(TEMPLATE_INCOMPLETE, REFUSED,
           ": the token makes no such key; make it with its own tool"),
    ANSWER(TEMPLATE_INCONSISTENT, REFUSED,
           ": the token makes no such key; make it with its own tool"),
    ANSWER(ATTRIBUTE_TYPE_INVALID, REFUSED,
           ": the token makes no such key; make it with its own tool"),
    ANSWER(ATTRIBUTE_VALUE_INVALID, REFUSED,
           ": the token makes no such key; make it with its own tool"),
    ANSWER(ATTRIBUTE_READ_ONLY, REFUSED,
           ": the token makes no such key; make it with its own tool"),
    ANSWER(TOKEN_WRITE_PROTECTED, REFUSED, ": the token is write-protected"),
    ANSWER(SESSION_READ_ONLY, REFUSED, ": the token cannot be written to"),
    ANSWER(ACTION_PROHIBITED, REFUSED, ""),
    ANSWER(FUNCTION_NOT_SUPPORTED, REFUSED, ": the module cannot do this"),
    ANSWER(USER_ANOTHER_ALREADY_LOGGED_IN, UNAVAILABLE, ": the security officer is logged in"),
    ANSWER(TOKEN_NOT_PRESENT, UNAVAILABLE, ": the token was pulled"),
    ANSWER(TOKEN_NOT_RECOGNIZED, UNAVAILABLE, ": the token was exchanged"),
    ANSWER(DEVICE_REMOVED, UNAVAILABLE, ": the token was pulled"),
    ANSWER(DEVICE_ERROR, UNAVAILABLE, ": the token does not work"),
    ANSWER(DEVICE_MEMORY, UNAVAILABLE, ": the token is full"),
    ANSWER(SESSION_COUNT, UNAVAILABLE, ": the token has too many sessions open"),
    ANSWER(SESSION_CLOSED, UNAVAILABLE, ": the token was pulled"),
    ANSWER(SESSION_HANDLE_INVALID, UNAVAILABLE, ": the token was pulled"),
    ANSWER(SLOT_ID_INVALID, UNAVAILABLE, ": the token was pulled"),
    ANSWER(OBJECT_HANDLE_INVALID, UNAVAILABLE, ": the key went away meanwhile"),
    ANSWER(KEY_HANDLE_INVALID, UNAVAILABLE, ": the key went away meanwhile"),
    ANSWER(USER_NOT_LOGGED_IN, UNAVAILABLE, ": somebody else logged out meanwhile"),
    ANSWER(HOST_MEMORY, UNAVAILABLE, ": out of memory"),
    ANSWER(GENERAL_ERROR, UNAVAILABLE, ""),
    ANSWER(FUNCTION_FAILED, UNAVAILABLE, ""),
    ANSWER(ARGUMENTS_BAD, UNAVAILABLE, ""),
    ANSWER(BUFFER_TOO_SMALL, UNAVAILABLE, ""),
    ANSWER(CANT_LOCK, UNAVAILABLE, ": the module knows no threads"),
    ANSWER(NEED_TO_CREATE_THREADS, UNAVAILABLE, ""),
    ANSWER(LIBRARY_LOAD_FAILED, UNAVAILABLE, ": the module misses a library of its own"),
    ANSWER(FIPS_SELF_TEST_FAILED, UNAVAILABLE, ": the token does not work"),
};

bool pkcs11_fail(struct quoth_error *err, const char *call, ck_rv_t rv)
{
    for (size_t i = 0; i < COUNT(answers); i++)
        if (answers[i].rv == rv)
            return quoth_fail(err, answers[i].code, "pkcs11", QUOTH_NO_OFFSET,
                              "the token answers %s to %s%s", answers[i].name, call,
                              answers[i].meaning);
    return quoth_fail(err, QUOTH_DEVICE_UNAVAILABLE, "pkcs11", QUOTH_NO_OFFSET,
                      "the token answers 0x%lx to %s", rv, call);
}
