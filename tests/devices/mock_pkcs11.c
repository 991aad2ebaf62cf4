#include "mock_pkcs11.h"

#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT struct mock mock;
static struct ck_gcm_params *gcm;

/* Counts the call, and returns from it if the test wants another answer than success. */
#define CALLED(call)                                                                               \
    do {                                                                                           \
        mock.calls[call]++;                                                                        \
        if (mock.answers[call] != CKR_OK)                                                          \
            return mock.answers[call];                                                             \
    } while (0)

static ck_rv_t initialize(void *args)
{
    (void)args;
    CALLED(MOCK_INITIALIZE);
    return CKR_OK;
}

static ck_rv_t finalize(void *reserved)
{
    (void)reserved;
    mock.finalized++;
    return CKR_OK;
}

static ck_rv_t get_slot_list(unsigned char present, ck_slot_id_t *slots, unsigned long *count)
{
    (void)present;
    CALLED(MOCK_GET_SLOT_LIST);
    *count = mock.slots;
    for (unsigned long i = 0; i < mock.slots; i++)
        slots[i] = 7 * i;
    return CKR_OK;
}

static ck_rv_t get_token_info(ck_slot_id_t slot, struct ck_token_info *info)
{
    (void)slot;
    CALLED(MOCK_GET_TOKEN_INFO);
    memset(info, 0, sizeof *info);
    memset(info->label, ' ', sizeof info->label);
    memcpy(info->label, "mock", 4);
    info->flags = mock.token_flags;
    return CKR_OK;
}

static ck_rv_t open_session(ck_slot_id_t slot, ck_flags_t flags, void *application,
                            ck_notify_t notify, ck_session_handle_t *session)
{
    (void)slot, (void)flags, (void)application, (void)notify;
    CALLED(MOCK_OPEN_SESSION);
    mock.sessions++;
    *session = 42;
    return CKR_OK;
}

static ck_rv_t get_session_info(ck_session_handle_t session, struct ck_session_info *info)
{
    (void)session, (void)info;
    CALLED(MOCK_GET_SESSION_INFO);
    return CKR_OK;
}

static ck_rv_t close_session(ck_session_handle_t session)
{
    (void)session;
    mock.sessions--;
    return CKR_OK;
}

static ck_rv_t login(ck_session_handle_t session, ck_user_type_t user, unsigned char *pin,
                     unsigned long pin_len)
{
    (void)session, (void)user;
    mock.pin_len = pin_len < sizeof mock.pin ? pin_len : sizeof mock.pin;
    memcpy(mock.pin, pin, mock.pin_len);
    CALLED(MOCK_LOGIN);
    return CKR_OK;
}

static ck_rv_t find_objects_init(ck_session_handle_t session, struct ck_attribute *template,
                                 unsigned long count)
{
    (void)session, (void)template, (void)count;
    CALLED(MOCK_FIND_OBJECTS_INIT);
    return CKR_OK;
}

static ck_rv_t find_objects(ck_session_handle_t session, ck_object_handle_t *objects,
                            unsigned long max, unsigned long *count)
{
    (void)session;
    CALLED(MOCK_FIND_OBJECTS);
    *count = mock.keys < max ? mock.keys : max;
    for (unsigned long i = 0; i < *count; i++)
        objects[i] = 100 + i;
    return CKR_OK;
}

static ck_rv_t find_objects_final(ck_session_handle_t session)
{
    (void)session;
    return CKR_OK;
}

static unsigned long value_of(ck_attribute_type_t type)
{
    if (mock.odd == type)
        return mock.odd_value;
    switch (type) {
    case CKA_KEY_TYPE:
        return CKK_AES;
    case CKA_VALUE_LEN:
        return 32;
    default:
        return type != CKA_EXTRACTABLE;
    }
}

static ck_rv_t get_attribute_value(ck_session_handle_t session, ck_object_handle_t object,
                                   struct ck_attribute *template, unsigned long count)
{
    (void)session, (void)object;
    CALLED(MOCK_GET_ATTRIBUTE_VALUE);
    for (unsigned long i = 0; i < count; i++) {
        const unsigned long value = value_of(template[i].type);
        if (value == CK_UNAVAILABLE_INFORMATION) {
            template[i].value_len = CK_UNAVAILABLE_INFORMATION;
            return CKR_ATTRIBUTE_TYPE_INVALID;
        }
        if (template[i].value_len == 1)
            *(unsigned char *)template[i].value = (unsigned char)value;
        else
            memcpy(template[i].value, &value, sizeof value);
    }
    return CKR_OK;
}

static ck_rv_t generate_key(ck_session_handle_t session, struct ck_mechanism *mechanism,
                            struct ck_attribute *template, unsigned long count,
                            ck_object_handle_t *key)
{
    (void)session, (void)mechanism;
    CALLED(MOCK_GENERATE_KEY);
    for (mock.made_count = 0; mock.made_count < count; mock.made_count++) {
        mock.made[mock.made_count] = template[mock.made_count];
        mock.made_values[mock.made_count] = *(unsigned char *)template[mock.made_count].value;
    }
    mock.keys = 1;
    *key = 100;
    return CKR_OK;
}

static ck_rv_t encrypt_init(ck_session_handle_t session, struct ck_mechanism *mechanism,
                            ck_object_handle_t key)
{
    (void)session, (void)key;
    CALLED(MOCK_ENCRYPT_INIT);
    gcm = mechanism->parameter;
    return CKR_OK;
}

/* No cipher, but bound to IV and additional data. */
static unsigned char sum(void)
{
    unsigned char all = 0x5a;
    for (unsigned long i = 0; i < gcm->iv_len; i++)
        all = (unsigned char)(all * 3 + gcm->iv_ptr[i]);
    for (unsigned long i = 0; i < gcm->aad_len; i++)
        all = (unsigned char)(all * 3 + gcm->aad_ptr[i]);
    return all;
}

static ck_rv_t encrypt(ck_session_handle_t session, unsigned char *data, unsigned long len,
                       unsigned char *out, unsigned long *out_len)
{
    (void)session;
    CALLED(MOCK_ENCRYPT);
    if (mock.makes_iv)
        memset(gcm->iv_ptr, 0xee, gcm->iv_len);
    for (unsigned long i = 0; i < len; i++)
        out[i] = data[i] ^ 0x55;
    memset(out + len, sum(), 16);
    *out_len = len + 16 - mock.cut;
    return CKR_OK;
}

static ck_rv_t decrypt_init(ck_session_handle_t session, struct ck_mechanism *mechanism,
                            ck_object_handle_t key)
{
    (void)session, (void)key;
    CALLED(MOCK_DECRYPT_INIT);
    gcm = mechanism->parameter;
    return CKR_OK;
}

static ck_rv_t decrypt(ck_session_handle_t session, unsigned char *data, unsigned long len,
                       unsigned char *out, unsigned long *out_len)
{
    (void)session;
    CALLED(MOCK_DECRYPT);
    if (data[len - 1] != sum())
        return CKR_ENCRYPTED_DATA_INVALID;
    for (unsigned long i = 0; i < len - 16; i++)
        out[i] = data[i] ^ (mock.forgets ? 0x54 : 0x55);
    *out_len = len - 16;
    return CKR_OK;
}

static struct ck_function_list functions = {
    .version = {2, 40},
    .C_Initialize = initialize,
    .C_Finalize = finalize,
    .C_GetSlotList = get_slot_list,
    .C_GetTokenInfo = get_token_info,
    .C_OpenSession = open_session,
    .C_CloseSession = close_session,
    .C_GetSessionInfo = get_session_info,
    .C_Login = login,
    .C_FindObjectsInit = find_objects_init,
    .C_FindObjects = find_objects,
    .C_FindObjectsFinal = find_objects_final,
    .C_GetAttributeValue = get_attribute_value,
    .C_GenerateKey = generate_key,
    .C_EncryptInit = encrypt_init,
    .C_Encrypt = encrypt,
    .C_DecryptInit = decrypt_init,
    .C_Decrypt = decrypt,
};

EXPORT ck_rv_t C_GetFunctionList(struct ck_function_list **list);
ck_rv_t C_GetFunctionList(struct ck_function_list **list)
{
    *list = &functions;
    return CKR_OK;
}
