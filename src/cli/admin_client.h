/* Administration of a verifier from the command line. */
#ifndef QUOTH_CLI_ADMIN_CLIENT_H
#define QUOTH_CLI_ADMIN_CLIENT_H

#include "cli/options.h"
#include "codec/json.h"

struct admin_args {
    const char *verifier, *ca, *token_file;
};

/* A verb lists them with CLI_OPTIONS, at the place of the struct in its arguments. */
extern const struct option_row admin_options[3];

struct admin_request {
    const char *method;
    const char *path; /* "/signing-keys"; the version of the interface is added, unless there is a
                         query */
    const char *content_type;
    struct bytes body;
};

/* A token from a file, with a NUL behind it, appended: one word, so that no line can be smuggled into
 * a request. QUOTH_MALFORMED. */
bool admin_token_read(const char *path, struct buffer *to, struct quoth_error *err);

/* Asks, and appends the answer's body (nothing of a 204). What the verifier refuses is told as it tells it: with its
 * code, if this build knows it, or else QUOTH_ADMIN_REFUSED. */
bool admin_ask(const struct admin_args *args, const struct admin_request *request,
               struct buffer *ret_body, struct quoth_error *err);

/* The claims of the token that an answer of Azure's interface is ({"token":"..."}): a JSON object,
 * appended. Its signature is not looked at, as the connection vouches for whoever says so. */
bool admin_result(struct bytes body, struct buffer *ret_claims, struct quoth_error *err);

#endif
