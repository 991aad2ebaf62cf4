/* A fresh token over held data, asked for beside the event thread: evidence and the verifier take
 * their time (THREATS 25). All that clients ask for in this way counts against one limit. */
#ifndef QUOTH_SERVE_CHALLENGE_H
#define QUOTH_SERVE_CHALLENGE_H

#include "serve/server.h"

#define CHALLENGES_PER_SECOND 5u
#define CHALLENGES_WAITING 8u

/* The client's nonce, decoded from the query. *ret_given says whether there is one; QUOTH_URL if it
 * is broken. */
bool challenge_nonce(const struct http_exchange *x, bool *ret_given, struct buffer *ret_nonce,
                     struct quoth_error *err);

/* Answers the exchange with a token over held (JSON), which it takes over. QUOTH_HTTP_RATE,
 * QUOTH_HTTP_BUSY. */
enum http_outcome challenge_attest(struct http_exchange *x, struct buffer *held,
                                   struct quoth_error *err);

#endif
