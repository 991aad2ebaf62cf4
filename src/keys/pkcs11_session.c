#include "keys/pkcs11_session.h"

#include "base/text.h"
#include "keys/secret_file.h"

#include <dlfcn.h>
#include <pthread.h>

#define SLOTS_MAX 256
#define PIN_MAX 255

/* A module's state is that of the process: who finalises it pulls it from under everybody else. */
static pthread_mutex_t one_visitor = PTHREAD_MUTEX_INITIALIZER;

static bool refuse(struct quoth_error *err, const char *where, const char *why)
{
    return quoth_fail(err, QUOTH_DEVICE_REFUSED, where, QUOTH_NO_OFFSET, "%s", why);
}

static bool load(const char *path, struct pkcs11_session *s, struct quoth_error *err)
{
    char why[128];
    /* never unloaded: few modules survive that, as threads and exit handlers of theirs stay behind */
    s->module = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!s->module)
        return quoth_fail(err, QUOTH_DEVICE_UNAVAILABLE, "module-path", QUOTH_NO_OFFSET,
                          "the module is not loaded: %s",
                          text_escape(why, sizeof why, bytes_of_text(dlerror())));
    CK_C_GetFunctionList get = NULL;
    *(void **)&get = dlsym(s->module, "C_GetFunctionList"); /* as POSIX has it */
    struct ck_function_list *functions = NULL;
    if (!get || get(&functions) != CKR_OK || !functions)
        return refuse(err, "module-path", "is no PKCS #11 module");
    s->functions = functions;
    return true;
}

static bool initialise(struct pkcs11_session *s, struct quoth_error *err)
{
    struct ck_c_initialize_args args = {.flags = CKF_OS_LOCKING_OK};
    const ck_rv_t rv = s->functions->C_Initialize(&args);
    s->initialised = rv == CKR_OK;
    return rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED ||
           pkcs11_fail(err, "C_Initialize", rv);
}

static bool is_labelled(const struct ck_token_info *info, const char *label)
{
    uint8_t padded[sizeof info->label];
    memset(padded, ' ', sizeof padded);
    bytes_copy(padded, bytes_of_text(label));
    return bytes_equal(BYTES_OF(info->label), BYTES_OF(padded));
}

/* Slots whose token cannot be asked are passed over: they are somebody else's. */
static bool find_token(const struct pkcs11_session *s, const char *label, ck_slot_id_t *ret_slot,
                       ck_flags_t *ret_flags, struct quoth_error *err)
{
    ck_slot_id_t slots[SLOTS_MAX];
    unsigned long count = SLOTS_MAX;
    size_t found = 0;
    const ck_rv_t rv = s->functions->C_GetSlotList(1, slots, &count);
    if (rv != CKR_OK)
        return pkcs11_fail(err, "C_GetSlotList", rv);
    for (size_t i = 0; i < count; i++) {
        struct ck_token_info info = {0};
        if (s->functions->C_GetTokenInfo(slots[i], &info) != CKR_OK || !is_labelled(&info, label))
            continue;
        *ret_slot = slots[i];
        *ret_flags = info.flags;
        found++;
    }
    if (found > 1)
        return quoth_fail(err, QUOTH_DEVICE_REFUSED, "token", QUOTH_NO_OFFSET,
                          "%zu tokens are labelled \"%s\": give each a label of its own", found,
                          label);
    return found == 1 ||
           quoth_fail(err, QUOTH_DEVICE_UNAVAILABLE, "token", QUOTH_NO_OFFSET,
                      "no token labelled \"%s\" is plugged in (of %lu that are)", label, count);
}

static struct bytes without_line_end(struct bytes pin)
{
    while (pin.len && (pin.data[pin.len - 1] == '\n' || pin.data[pin.len - 1] == '\r'))
        pin.len--;
    return pin;
}

/* One try. The token counts those that fail, and locks the PIN after a few. */
static bool log_in(const struct pkcs11_session *s, const struct secret_file *pin_file,
                   ck_flags_t token, struct quoth_error *err)
{
    AUTO(buffer) struct buffer content = {0};
    if (token & CKF_USER_PIN_LOCKED)
        return pkcs11_fail(err, "C_GetTokenInfo", CKR_PIN_LOCKED);
    if (token & CKF_USER_PIN_FINAL_TRY)
        return refuse(
            err, "pin-source",
            "the token locks its PIN at the next wrong one, so none is tried: log in once "
            "with the token's own tool");
    if (!secret_file_read(pin_file, 1, PIN_MAX, &content, err))
        return false;
    const struct bytes pin = without_line_end(buffer_bytes(&content));
    const ck_rv_t rv = s->functions->C_Login(s->handle, CKU_USER, content.data, pin.len);
    return rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN || pkcs11_fail(err, "C_Login", rv);
}

static bool open_session(const struct pkcs11_uri *uri, const struct secret_file *pin_file,
                         bool to_write, struct pkcs11_session *s, struct quoth_error *err)
{
    ck_slot_id_t slot = 0;
    ck_flags_t token = 0;
    const ck_flags_t flags = CKF_SERIAL_SESSION | (to_write ? CKF_RW_SESSION : 0);
    if (!load(uri->module_path, s, err) || !initialise(s, err) ||
        !find_token(s, uri->token, &slot, &token, err))
        return false;
    const ck_rv_t rv = s->functions->C_OpenSession(slot, flags, NULL, NULL, &s->handle);
    s->opened = rv == CKR_OK;
    return s->opened ? log_in(s, pin_file, token, err) : pkcs11_fail(err, "C_OpenSession", rv);
}

void pkcs11_session_close(struct pkcs11_session *s)
{
    if (s->opened) /* the last session of a token takes its login along */
        s->functions->C_CloseSession(s->handle);
    if (s->initialised)
        s->functions->C_Finalize(NULL);
    if (s->module)
        dlclose(s->module);
    if (s->entered)
        pthread_mutex_unlock(&one_visitor);
    *s = (struct pkcs11_session){0};
}

bool pkcs11_session_open(const struct pkcs11_uri *uri, const char *state_folder, bool to_write,
                         struct pkcs11_session *ret_session, struct quoth_error *err)
{
    const struct secret_file pin_file = {"the PIN", QUOTH_DEVICE_REFUSED, uri->pin_source,
                                         state_folder};
    AUTO(pkcs11_session) struct pkcs11_session s = {0};
    pthread_mutex_lock(&one_visitor);
    s.entered = true;
    if (!open_session(uri, &pin_file, to_write, &s, err))
        return false;
    *ret_session = take_value(s);
    return true;
}
