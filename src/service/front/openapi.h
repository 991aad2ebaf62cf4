/* The OpenAPI 3.1 document, printed from the tables that the server routes by: what a path takes,
 * who may ask, how long a body may be and what it does stands in struct http_route and nowhere
 * else. What a route does not know, the query and the shape of bodies, stands in the parts of
 * openapi_tables.c and openapi_vault.c: a route has a row there too, or the unit test fails. */
#ifndef QUOTH_SERVICE_OPENAPI_H
#define QUOTH_SERVICE_OPENAPI_H

#include "http/server.h"

struct openapi_operation {
    enum http_method method;
    const char *path;  /* of the route */
    const char *query; /* names of parameters: "api-version history"; NULL: none */
    const char *takes; /* schema of the body, with '?' if it may be left out; NULL: there is none */
    const char *gives; /* schema of the answer with status 200, which is JSON; if it has a '/': the
                          media type of an answer that is text; NULL: 204, without a body */
};

struct openapi_parameter { /* of paths and queries */
    const char *name;
    bool required; /* those of paths always are */
    const char *schema, *about;
};

struct openapi_member { /* of an object; those of one schema stand together */
    const char *of, *name;
    bool required;
    const char *schema; /* "[]" behind it: an array of these */
    const char *about;
};

struct openapi_schema { /* that is no object with members */
    const char *name, *json;
};

/* An interface. Names of parameters are its own, those of schemas are everybody's. Each table ends with
 * a row of zeros. */
struct openapi_part {
    const struct openapi_operation *operations;
    const struct openapi_parameter *parameters;
    const struct openapi_member *members;
    const struct openapi_schema *schemas;
};

extern const struct openapi_part openapi_attestation, openapi_vault;
extern const struct openapi_part *const openapi_parts[]; /* ends with NULL */

/* NULL if there is none. */
const struct openapi_operation *openapi_operation_of(const struct http_route *route,
                                                     const struct openapi_part **ret_part);

/* Prints the document for these tables, which end with NULL. Servers are not named: it is the same
 * for all tenants, and paths are relative to where it was read. Ask buffer_ok() at the end. */
void openapi_write(const struct http_route *const *tables, struct buffer *to);

#endif
