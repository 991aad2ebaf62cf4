#include "fetch/download.h"

#include "crypto/init.h"
#include "fetch/address.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>

#define TIMEOUT_DEFAULT 10000u
#define HEADERS_MAX (64u << 10) /* bytes of all header fields */

struct downloader {
    CURL *curl;
    struct download_options options;
    char reason[CURL_ERROR_SIZE];
};

/* What libcurl hands over while an exchange runs. */
struct exchange {
    const struct download_options *options;
    const char *url, *const *fields;
    struct download *into;
    size_t header_bytes;
    const char *too_much; /* why the exchange was stopped, or NULL */
};

DEFINE_AUTO(curl_url, CURLU *, curl_url_cleanup)
DEFINE_AUTO(curl_text, char *, curl_free)

void download_clear(struct download *d)
{
    buffer_clear(&d->body);
    buffer_clear(&d->field);
    *d = (struct download){0};
}

static size_t stop(struct exchange *x, const char *why)
{
    x->too_much = why;
    return 0; /* less than was given: libcurl ends the exchange */
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct exchange *x = context;
    const size_t len = size * count;
    if (len > x->options->max_body - x->into->body.len)
        return stop(x, "the body is too large");
    buffer_add(&x->into->body, (struct bytes){(const uint8_t *)data, len});
    return len;
}

static struct bytes trimmed(struct bytes text)
{
    while (text.len > 0 && strchr(" \t\r\n", text.data[0]))
        text = bytes_slice(text, 1, text.len);
    while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]))
        text.len--;
    return text;
}

/* The value of a line "Name: value" if it is one of the fields asked for. */
static bool is_asked_for(const struct exchange *x, struct bytes line, struct bytes *ret_value)
{
    for (const char *const *name = x->fields; name && *name; name++) {
        const size_t len = strlen(*name);
        if (line.len > len && line.data[len] == ':' &&
            strncasecmp((const char *)line.data, *name, len) == 0) {
            *ret_value = trimmed(bytes_slice(line, len + 1, line.len));
            return true;
        }
    }
    return false;
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct exchange *x = context;
    const struct bytes line = {(const uint8_t *)data, size * count};
    struct bytes value;
    x->header_bytes += line.len;
    if (x->header_bytes > HEADERS_MAX)
        return stop(x, "the header fields are too large");
    if (!is_asked_for(x, line, &value))
        return line.len;
    if (x->into->field.len > 0)
        return stop(x, "the issuer chain is there twice");
    if (value.len > x->options->max_field)
        return stop(x, "the issuer chain is too large");
    buffer_add(&x->into->field, value);
    return line.len;
}

static int on_wait(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total,
                   curl_off_t up)
{
    const struct exchange *x = context;
    (void)total, (void)now, (void)up_total, (void)up;
    x->options->waiting(x->options->waiting_context, x->url);
    return 0;
}

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host));
}

/* https, or http where it stays on this machine; no user names, which would end up in logs. */
static bool may_be_asked(const struct downloader *d, const char *url, bool *ret_plain,
                         struct quoth_error *err)
{
    AUTO(curl_url) CURLU *parsed = curl_url();
    AUTO(curl_text) char *scheme = NULL, *host = NULL, *user = NULL;
    if (!parsed)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    if (curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return quoth_fail(err, QUOTH_USAGE, url, QUOTH_NO_OFFSET, "is not a URL");
    if (curl_url_get(parsed, CURLUPART_USER, &user, 0) == CURLUE_OK)
        return quoth_fail(err, QUOTH_USAGE, "url", QUOTH_NO_OFFSET, "must not name a user");
    *ret_plain = strcmp(scheme, "http") == 0;
    if (!*ret_plain && strcmp(scheme, "https") != 0)
        return quoth_fail(err, QUOTH_USAGE, url, QUOTH_NO_OFFSET, "is neither https nor http");
    if (*ret_plain && !(d->options.allow_http || is_loopback(host)))
        return quoth_fail(err, QUOTH_USAGE, url, QUOTH_NO_OFFSET,
                          "is not https; plain http is for loopback addresses");
    return true;
}

/* Asked with the very address that is connected to: whatever the name led to, and whoever was asked
 * for it (RFC 5735, RFC 6890). */
static curl_socket_t open_public(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct exchange *x = context;
    (void)purpose;
    if (address_is_public(&to->addr))
        return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    x->too_much = "its address is not a public one";
    return CURL_SOCKET_BAD;
}

static void set_up(struct downloader *d, const char *url, bool plain, struct exchange *x)
{
    const unsigned timeout = d->options.timeout_ms ? d->options.timeout_ms : TIMEOUT_DEFAULT;
    curl_easy_reset(d->curl); /* keeps connections and sessions */
    curl_easy_setopt(d->curl, CURLOPT_URL, url);
    curl_easy_setopt(d->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(d->curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(d->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(d->curl, CURLOPT_TIMEOUT_MS, (long)timeout);
    curl_easy_setopt(d->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout);
    curl_easy_setopt(d->curl, CURLOPT_USERAGENT, "quoth/" QUOTH_VERSION);
    curl_easy_setopt(d->curl, CURLOPT_ERRORBUFFER, d->reason);
    curl_easy_setopt(d->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(d->curl, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(d->curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(d->curl, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(d->curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (d->options.waiting) {
        curl_easy_setopt(d->curl, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(d->curl, CURLOPT_XFERINFOFUNCTION, on_wait);
        curl_easy_setopt(d->curl, CURLOPT_XFERINFODATA, x);
    }
    if (d->options.public_only) {
        curl_easy_setopt(d->curl, CURLOPT_OPENSOCKETFUNCTION, open_public);
        curl_easy_setopt(d->curl, CURLOPT_OPENSOCKETDATA, x);
    }
    /* plain text a proxy could rewrite, and loopback needs none */
    if (plain || d->options.public_only || d->options.direct)
        curl_easy_setopt(d->curl, CURLOPT_PROXY, "");
    if (d->options.ca_file) {
        curl_easy_setopt(d->curl, CURLOPT_CAINFO, d->options.ca_file);
        curl_easy_setopt(d->curl, CURLOPT_CAPATH, NULL);
    }
}

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

bool downloader_open(const struct download_options *options, struct downloader **ret_downloader,
                     struct quoth_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (!crypto_init(err)) /* before libcurl starts OpenSSL its own way */
        return false;
    pthread_once(&once, start_curl);
    AUTO(downloader) struct downloader *d = calloc(1, sizeof *d);
    if (d)
        d->curl = curl_easy_init();
    if (!d || !d->curl)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    d->options = *options;
    *ret_downloader = take(d);
    return true;
}

void downloader_close(struct downloader *d)
{
    if (d)
        curl_easy_cleanup(d->curl);
    free(d);
}

bool download_get(struct downloader *d, const char *url, const char *const *fields,
                  struct download *ret, struct quoth_error *err)
{
    AUTO(download) struct download got = {0};
    struct exchange x = {.options = &d->options, .url = url, .fields = fields, .into = &got};
    bool plain = false;
    if (!may_be_asked(d, url, &plain, err))
        return false;
    d->reason[0] = '\0';
    set_up(d, url, plain, &x);
    const CURLcode code = curl_easy_perform(d->curl);
    if (x.too_much)
        return quoth_fail(err, QUOTH_SOURCE_ANSWER, url, QUOTH_NO_OFFSET, "%s", x.too_much);
    if (code != CURLE_OK)
        return quoth_fail(err, QUOTH_SOURCE_UNAVAILABLE, url, QUOTH_NO_OFFSET, "%s",
                          d->reason[0] ? d->reason : curl_easy_strerror(code));
    curl_easy_getinfo(d->curl, CURLINFO_RESPONSE_CODE, &got.status);
    if (!buffer_ok(&got.body, err) || !buffer_ok(&got.field, err))
        return false;
    *ret = take_value(got);
    return true;
}
