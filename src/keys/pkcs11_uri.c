#include "keys/pkcs11_uri.h"

#include "base/text.h"
#include "codec/hex.h"

#define SCHEME "pkcs11:"
#define IN_PATH "-._~:[]@!$'()*+,=&"    /* RFC 7512 2.3: pk11-pchar, beside letters and digits */
#define IN_QUERY "-._~:[]@!$'()*+,=/?|" /* pk11-qchar */

static bool unfit(struct quoth_error *err, const char *where, size_t offset, const char *why)
{
    return quoth_fail(err, QUOTH_USAGE, where, offset, "%s", why);
}

struct attribute {
    const char *name;
    bool in_query;
    size_t min, max, at; /* sizes of the value, and where it goes */
};

#define TEXT_AT(member)                                                                            \
    1, sizeof(((struct pkcs11_uri *)NULL)->member) - 1, offsetof(struct pkcs11_uri, member)

static const struct attribute attributes[] = {
    {"token",                     false, TEXT_AT(token) },
    {"object",                    false, TEXT_AT(object)},
    {"id",                        false, 1,               PKCS11_ID_MAX, offsetof(struct pkcs11_uri, id)},
    {"module-path", true,   TEXT_AT(module_path)                 },
    {"pin-source",                       true,      TEXT_AT(pin_source)   },
};
#define ID 2
#define PIN_SOURCE 4

/* What is refused for a reason of its own. */
static const struct {
    const char *name, *why;
} never[] = {
    {"pin-value",        "a PIN does not belong into a setting, which is shown and logged: write it to a "
                  "file that only this user can read, and name that with pin-source"  },
    {"module-name",      "is not looked up anywhere: name the module's file with module-path"          },
    {"slot-id",          "slots are numbered anew when tokens come and go: name the token by its label"},
    {"slot-description", "tokens are looked up by their label: leave it out"                           },
};

static int attribute_index(struct bytes name, bool in_query)
{
    for (size_t i = 0; i < COUNT(attributes); i++)
        if (attributes[i].in_query == in_query &&
            bytes_equal(name, bytes_of_text(attributes[i].name)))
            return (int)i;
    return -1;
}

static bool unknown(struct bytes name, bool in_query, size_t offset, struct quoth_error *err)
{
    char shown[40];
    text_escape(shown, sizeof shown, name);
    for (size_t i = 0; i < COUNT(never); i++)
        if (bytes_equal(name, bytes_of_text(never[i].name)))
            return unfit(err, shown, offset, never[i].why);
    if (attribute_index(name, !in_query) >= 0)
        return unfit(err, shown, offset,
                     in_query ? "belongs before the ?, with ; between attributes"
                              : "belongs behind the ?, with & between attributes");
    return unfit(err, shown, offset,
                 "is not understood here; a source is pkcs11:token=LABEL;object=LABEL"
                 "?module-path=FILE&pin-source=FILE");
}

static bool stands_for_itself(uint8_t c, const char *others)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr(others, c));
}

/* Appends the value without its escapes; at is its offset in the URI. */
static bool unescape(struct bytes value, const struct attribute *a, size_t at, struct buffer *to,
                     struct quoth_error *err)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] != '%') {
            if (!stands_for_itself(value.data[i], a->in_query ? IN_QUERY : IN_PATH))
                return unfit(err, a->name, at + i, "has a character that must be percent-encoded");
            buffer_u8(to, value.data[i]);
            continue;
        }
        if (!hex_decode(bytes_slice(value, i + 1, 2), to, &(struct quoth_error){0}) ||
            value.len - i < 3)
            return unfit(err, a->name, at + i, "has a broken percent escape");
        i += 2;
    }
    return buffer_ok(to, err);
}

/* A label or path is text that may be shown. */
static bool check_text(struct bytes value, const struct attribute *a, size_t at,
                       struct quoth_error *err)
{
    char shown[PKCS11_FILE_MAX + 4];
    text_escape(shown, sizeof shown, value);
    return bytes_equal(bytes_of_text(shown), value) ||
           unfit(err, a->name, at, "has control characters, or is not UTF-8");
}

static struct bytes without(const char *prefix, struct bytes text)
{
    const struct bytes p = bytes_of_text(prefix);
    return bytes_equal(bytes_slice(text, 0, p.len), p) ? bytes_slice(text, p.len, text.len) : text;
}

static bool take_attribute(struct bytes pair, bool in_query, size_t at, unsigned *seen,
                           struct pkcs11_uri *uri, struct quoth_error *err)
{
    const uint8_t *equals = pair.len ? memchr(pair.data, '=', pair.len) : NULL;
    if (!equals)
        return unfit(err, "source", at, "an attribute is written NAME=VALUE");
    const size_t name_len = (size_t)(equals - pair.data);
    const struct bytes name = bytes_slice(pair, 0, name_len);
    const int index = attribute_index(name, in_query);
    if (index < 0)
        return unknown(name, in_query, at, err);
    const struct attribute *a = &attributes[index];
    if (*seen & 1u << index)
        return unfit(err, a->name, at, "stands twice");
    *seen |= 1u << index;

    AUTO(buffer) struct buffer value = {0};
    at += name_len + 1;
    if (!unescape(bytes_slice(pair, name_len + 1, pair.len), a, at, &value, err))
        return false;
    if (value.len < a->min || value.len > a->max)
        return quoth_fail(err, QUOTH_USAGE, a->name, at, "has %zu bytes, needs %zu to %zu",
                          value.len, a->min, a->max);
    struct bytes content = buffer_bytes(&value);
    if (index == ID)
        uri->id_len = content.len;
    else if (!check_text(content, a, at, err))
        return false;
    if (index == PIN_SOURCE) /* RFC 7512 2.3: a file, as its path or as a URI */
        content = without("//", without("file:", content));
    bytes_copy((uint8_t *)uri + a->at, content);
    return true;
}

static bool take_attributes(struct bytes text, bool in_query, size_t at, unsigned *seen,
                            struct pkcs11_uri *uri, struct quoth_error *err)
{
    for (size_t start = 0; start <= text.len;) {
        const struct bytes rest = bytes_slice(text, start, text.len);
        const uint8_t *end = rest.len ? memchr(rest.data, in_query ? '&' : ';', rest.len) : NULL;
        const size_t len = end ? (size_t)(end - rest.data) : rest.len;
        if (!take_attribute(bytes_slice(rest, 0, len), in_query, at + start, seen, uri, err))
            return false;
        start += len + 1;
    }
    return true;
}

static bool check_complete(unsigned seen, struct quoth_error *err)
{
    for (size_t i = 0; i < COUNT(attributes); i++)
        if (i != ID && !(seen & 1u << i))
            return unfit(err, attributes[i].name, QUOTH_NO_OFFSET, "is missing");
    return true;
}

static bool check_values(const struct pkcs11_uri *uri, struct quoth_error *err)
{
    if (uri->token[strlen(uri->token) - 1] == ' ') /* its field is filled up with blanks */
        return unfit(err, "token", QUOTH_NO_OFFSET, "ends with a blank");
    if (uri->pin_source[0] == '|')
        return unfit(err, "pin-source", QUOTH_NO_OFFSET,
                     "no command is run for a PIN: name a file that holds it");
    if (uri->pin_source[0] != '/')
        return unfit(err, "pin-source", QUOTH_NO_OFFSET, "is not an absolute path");
    return uri->module_path[0] == '/' ||
           unfit(err, "module-path", QUOTH_NO_OFFSET, "is not an absolute path");
}

bool pkcs11_uri_read(struct bytes text, struct pkcs11_uri *ret_uri, struct quoth_error *err)
{
    const struct bytes scheme = BYTES_LITERAL(SCHEME);
    struct pkcs11_uri uri = {0};
    unsigned seen = 0;

    if (text.len > PKCS11_URI_MAX)
        return quoth_fail(err, QUOTH_USAGE, "source", 0, "has %zu bytes, limit is %d", text.len,
                          PKCS11_URI_MAX);
    if (!bytes_equal(bytes_slice(text, 0, scheme.len), scheme))
        return unfit(err, "source", 0, "a PKCS #11 URI begins with pkcs11:");
    const uint8_t *mark = memchr(text.data, '?', text.len);
    const size_t path_end = mark ? (size_t)(mark - text.data) : text.len;
    if (!take_attributes(bytes_slice(text, scheme.len, path_end - scheme.len), false, scheme.len,
                         &seen, &uri, err) ||
        (mark && !take_attributes(bytes_slice(text, path_end + 1, text.len), true, path_end + 1,
                                  &seen, &uri, err)) ||
        !check_complete(seen, err) || !check_values(&uri, err))
        return false;
    *ret_uri = uri;
    return true;
}
