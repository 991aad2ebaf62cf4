/* A PKCS #11 module with one token and one key that does what its test says: for the answers that a
 * software token never gives. */
#ifndef QUOTH_TESTS_DEVICES_MOCK_PKCS11_H
#define QUOTH_TESTS_DEVICES_MOCK_PKCS11_H

#include <stdbool.h>
#include <stddef.h>

#define CRYPTOKI_GNU
#include <p11-kit/pkcs11.h>

enum mock_call {
    MOCK_INITIALIZE,
    MOCK_GET_SLOT_LIST,
    MOCK_GET_TOKEN_INFO,
    MOCK_OPEN_SESSION,
    MOCK_GET_SESSION_INFO,
    MOCK_LOGIN,
    MOCK_FIND_OBJECTS_INIT,
    MOCK_FIND_OBJECTS,
    MOCK_GET_ATTRIBUTE_VALUE,
    MOCK_GENERATE_KEY,
    MOCK_ENCRYPT_INIT,
    MOCK_ENCRYPT,
    MOCK_DECRYPT_INIT,
    MOCK_DECRYPT,
    MOCK_CALLS
};

/* A module finds it as the symbol "mock" of the one file that both load. */
struct mock {
    ck_rv_t answers[MOCK_CALLS]; /* CKR_OK: the call is carried out */
    unsigned calls[MOCK_CALLS];
    unsigned finalized, sessions; /* sessions that are open */
    unsigned long slots, keys;    /* how many bear the label */
    ck_flags_t token_flags;
    ck_attribute_type_t odd; /* this attribute of the key has the value below */
    unsigned long odd_value;
    bool makes_iv;         /* overwrites the IV it is given, as some tokens do */
    bool forgets;          /* decrypts to something else */
    unsigned long cut;     /* bytes that are missing from what it encrypts */
    unsigned char pin[16]; /* as given to the last login */
    unsigned long pin_len;
    struct ck_attribute made[32]; /* the template of the last key; its values are not kept */
    unsigned char made_values[32];
    unsigned long made_count;
};

#endif
