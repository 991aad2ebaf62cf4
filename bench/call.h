/* Requests of an administrator or a user, as the load sends them: each may be another one. */
#ifndef QUOTH_BENCH_CALL_H
#define QUOTH_BENCH_CALL_H

#include "bench/bench.h"
#include "bench/wire.h"

struct call { /* borrows the arguments */
    const char *method, *path, *body;
    struct buffer token; /* of the bearer; empty: none */
};

/* --method M --path P [--body TEXT | --body-file FILE] [--token-file FILE]; false without --path. */
bool call_open(const struct arguments *a, struct call *ret_call);

/* The request of that number: it stands in path and body wherever they say "{n}". */
void call_write(const struct call *c, const struct wire_target *t, uint64_t number,
                struct buffer *to);

#endif
