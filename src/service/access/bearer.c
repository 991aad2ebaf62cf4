#include "service/access/bearer.h"

#include "base/text.h"

#include <stdio.h>

static bool is_named(const struct http_field *field, const char *name)
{
    return text_equal_fold(field->name, bytes_of_text(name));
}

/* Characters of b64token (RFC 6750 2.1). */
static bool is_token_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~+/=", c) != NULL);
}

static bool refuse(const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_ADMIN_UNAUTHENTICATED, "Authorization", QUOTH_NO_OFFSET, "%s",
                      what);
}

static bool read_value(struct bytes value, struct bytes *ret_token, struct quoth_error *err)
{
    static const struct bytes scheme = BYTES_INIT("Bearer ");
    if (value.len <= scheme.len || !text_equal_fold(bytes_slice(value, 0, scheme.len), scheme))
        return refuse("has another scheme than Bearer", err);
    struct bytes token = bytes_slice(value, scheme.len, value.len);
    while (token.len > 0 && token.data[0] == ' ')
        token = bytes_slice(token, 1, token.len);
    for (size_t i = 0; i < token.len; i++)
        if (!is_token_char(token.data[i]))
            return refuse("holds something that is no bearer token", err);
    if (token.len == 0)
        return refuse("holds no token", err);
    *ret_token = token;
    return true;
}

bool bearer_find(const struct http_head *head, struct bytes *ret_token, struct quoth_error *err)
{
    const struct http_field *found = NULL;
    for (size_t i = 0; i < head->field_count; i++) {
        if (!is_named(&head->fields[i], "Authorization"))
            continue;
        if (found)
            return refuse("is there twice", err);
        found = &head->fields[i];
    }
    if (found)
        return read_value(found->value, ret_token, err);
    *ret_token = (struct bytes){0};
    return true;
}

/* What stands between the quotes must not end them, nor what those who split at commas and equals
 * signs take for a parameter. */
static bool is_plain(const char *value)
{
    return value[strcspn(value, "\",=\\ \t\r\n")] == '\0';
}

void bearer_challenge(const char *authorization, const char *resource,
                      struct http_response *response)
{
    char value[1024];
    struct quoth_error ignored = {0};
    if (!is_plain(authorization) || !is_plain(resource))
        return;
    const int len =
        snprintf(value, sizeof value, "Bearer authorization_uri=\"%s\", resource=\"%s\"",
                 authorization, resource);
    if (len < (int)sizeof value)
        http_response_field(response, "WWW-Authenticate", value, &ignored);
}
