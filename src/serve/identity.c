#include "serve/identity.h"

#include "crypto/x509_make.h"
#include "token/token.h"

#define EARLIER_S 300 /* for clients whose clocks are behind */

void identity_clear(struct identity *i)
{
    private_key_free(i->key);
    buffer_clear(&i->certificate);
    buffer_clear(&i->token);
    *i = (struct identity){0};
}

static bool write_name(const char *name, struct buffer *to, struct quoth_error *err)
{
    const struct x509_name_part part = {"CN", name};
    return x509_name_write(&part, 1, to, err);
}

static bool make_certificate(const char *name, int64_t now, unsigned seconds,
                             struct private_key *key, struct buffer *ret_der,
                             struct quoth_error *err)
{
    const char *const server_auth[] = {X509_SERVER_AUTH, NULL};
    const char *const dns[] = {name, NULL};
    const struct x509_extension extensions[] = {
        {.kind = X509_BASIC_CONSTRAINTS,  .critical = true, .path_len = CERT_NO_PATH_LEN},
        {.kind = X509_KEY_USAGE,                               .critical = true,                          .bits = CERT_DIGITAL_SIGNATURE},
        {.kind = X509_EXTENDED_KEY_USAGE, .oids = server_auth},
        {.kind = X509_SUBJECT_ALT_NAME,            .dns = dns                                    },
    };
    AUTO(public_key) struct public_key *public = NULL;
    AUTO(buffer) struct buffer subject = {0};
    uint8_t serial[16];
    if (!private_key_public(key, &public, err) || !write_name(name, &subject, err) ||
        !x509_random_serial(serial, sizeof serial, err))
        return false;
    const struct x509_spec spec = {.serial = BYTES_OF(serial),
                                   .subject = buffer_bytes(&subject),
                                   .not_before = now - EARLIER_S,
                                   .not_after = now + seconds,
                                   .extensions = extensions,
                                   .extension_count = COUNT(extensions)};
    return x509_make(&spec, public, key, ret_der, err);
}

bool identity_make(struct private_key *key, const char *name, int64_t now, unsigned seconds,
                   struct identity *ret_identity, struct quoth_error *err)
{
    AUTO(identity) struct identity i = {.key = key, .expires = now + seconds};
    if (!make_certificate(name, now, seconds, i.key, &i.certificate, err))
        return false;
    *ret_identity = take_value(i);
    return true;
}

/* Our own token is for others to judge; all we want to know is when it ends. */
static bool read_expiry(struct bytes text, int64_t *ret_expires, struct quoth_error *err)
{
    AUTO(token) struct token t = {0};
    struct quoth_error inner = {0};
    if (token_read(text, &t, &inner) &&
        json_need_int(json_root(&t.payload), "exp", 0, INT64_MAX, ret_expires, &inner))
        return true;
    return quoth_fail(err, QUOTH_HTTP_ANSWER, "verifier.token", inner.offset, "%s", inner.message);
}

bool identity_attest(struct identity *i, struct quoth_attester *attester,
                     const struct quoth_token_request *request, struct quoth_error *err)
{
    struct quoth_token_request about = *request;
    AUTO(buffer) struct buffer token = {0};
    AUTO(text) char *text = NULL;
    int64_t expires = 0;
    about.data_type = QUOTH_DATA_BINARY; /* as EGo's clients expect it */
    about.data = i->certificate.data;
    about.data_len = i->certificate.len;
    if (!quoth_attester_token(attester, &about, &text, err) ||
        !read_expiry(bytes_of_text(text), &expires, err))
        return false;
    buffer_text(&token, text);
    if (!buffer_ok(&token, err))
        return false;
    buffer_clear(&i->token);
    i->token = take_value(token);
    i->expires = expires < i->expires ? expires : i->expires;
    return true;
}
