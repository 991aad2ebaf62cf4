#include "service/access/vault_challenge.h"

#include "net/url.h"

#define SEGMENT "/quoth" /* in the place of a provider's tenant, where there is none */

/* Clients split at commas and equals signs, quotes or not. */
static bool is_plain(struct bytes value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] <= ' ' || value.data[i] >= 0x7f || strchr("\",=\\", value.data[i]))
            return false;
    return true;
}

static bool has_path(const char *url)
{
    const char *host = url + strlen("https://");
    const char *slash = strchr(host, '/');
    return slash && slash[1] != '\0';
}

/* Without a slash at its end. */
static void write_authorization(struct buffer *to, const char *provider)
{
    size_t len = strlen(provider);
    const bool complete = has_path(provider);
    while (len > 0 && provider[len - 1] == '/')
        len--;
    buffer_printf(to, "%.*s%s", (int)len, provider, complete ? "" : SEGMENT);
}

/* "https://vault.example.org:8443" gives "https://example.org:8443": clients want the host of a
 * vault to lie below that of the resource. One of two labels or an address has nothing above it. */
static void write_parent(struct buffer *to, const char *issuer)
{
    struct quoth_error ignored = {0};
    struct url url;
    size_t dots = 0;
    if (!url_read(bytes_of_text(issuer), &url, &ignored)) {
        buffer_text(to, issuer);
        return;
    }
    for (const char *c = url.host; *c; c++)
        dots += *c == '.';
    const char *parent = strchr(url.host, '.');
    if (url.numeric || dots < 2 || !parent) {
        buffer_text(to, issuer);
        return;
    }
    const size_t host_len = strlen(url.host);
    buffer_printf(to, "https://%s", parent + 1);
    buffer_add(to, bytes_slice(url.authority, host_len, url.authority.len)); /* the port */
}

void vault_challenge_add(const char *issuer, const struct tenant_settings *settings,
                         struct http_response *response)
{
    AUTO(buffer) struct buffer authorization = {0}, resource = {0}, value = {0};
    struct quoth_error ignored = {0};
    write_authorization(&authorization, settings->oidc_issuer ? settings->oidc_issuer : issuer);
    if (settings->vault_resource)
        buffer_text(&resource, settings->vault_resource);
    else
        write_parent(&resource, issuer);
    if (!is_plain(buffer_bytes(&authorization)) || !is_plain(buffer_bytes(&resource)))
        return;
    buffer_text(&value, "Bearer authorization=\"");
    buffer_add(&value, buffer_bytes(&authorization));
    buffer_text(&value, "\", resource=\"");
    buffer_add(&value, buffer_bytes(&resource));
    buffer_text(&value, "\"");
    AUTO(text) char *field = buffer_take_text(&value, &ignored);
    if (field)
        http_response_field(response, "WWW-Authenticate", field, &ignored);
}

bool vault_challenge_check(const char *resource, struct quoth_error *err)
{
    struct quoth_error inner = {0};
    struct url url;
    const struct bytes text = bytes_of_text(resource);
    if (!url_read(text, &url, &inner))
        return quoth_fail(err, QUOTH_USAGE, "vault-resource", QUOTH_NO_OFFSET, "%s", inner.message);
    return (is_plain(text) && text.len == strlen("https://") + url.authority.len) ||
           quoth_fail(err, QUOTH_USAGE, "vault-resource", QUOTH_NO_OFFSET,
                      "is not https://HOST or https://HOST:PORT, without a slash behind it");
}
