/* One GET by libcurl, bounded in every direction: size of body and header fields, time to connect
 * and in all, no redirects, no cookies, no compression. HTTPS with verified certificates; plain
 * HTTP to a loopback address, or where it is allowed explicitly. */
#ifndef QUOTH_FETCH_DOWNLOAD_H
#define QUOTH_FETCH_DOWNLOAD_H

#include "base/bytes.h"

struct download_options {
    const char *ca_file; /* PEM; NULL: the system's roots */
    bool allow_http;     /* to other hosts than loopback */
    bool public_only; /* never to an address that is private, link-local, loopback or reserved, by
                         whatever name; direct, as a proxy would hide it (THREATS 30) */
    bool direct;      /* past no proxy, whatever the environment says */
    unsigned timeout_ms; /* of a whole exchange; 0: 10 000 */
    size_t max_body;     /* bytes */
    size_t max_field;    /* bytes of the value of the field that is asked for */
    void (*waiting)(void *context, const char *url); /* about every second meanwhile; may be NULL */
    void *waiting_context;
};

struct download { /* owned: download_clear */
    long status;
    struct buffer body;
    struct buffer
        field; /* value of the first name of the list that the answer has; empty if none */
};

void download_clear(struct download *d);
DEFINE_AUTO_VALUE(download, struct download, download_clear)

struct downloader; /* opaque: keeps connections alive; one thread at a time */

bool downloader_open(const struct download_options *options, struct downloader **ret_downloader,
                     struct quoth_error *err);
void downloader_close(struct downloader *d);
DEFINE_AUTO(downloader, struct downloader *, downloader_close)

/* Any status is an answer. fields lists names of one header field, ends with NULL, and may be NULL
 * itself. ret must be empty. False: QUOTH_USAGE (a URL that may not be asked), QUOTH_SOURCE_ANSWER
 * (an answer beyond the bounds, or with the field twice), QUOTH_SOURCE_UNAVAILABLE (no answer). */
bool download_get(struct downloader *d, const char *url, const char *const *fields,
                  struct download *ret, struct quoth_error *err);

#endif
