#include "service/front/openapi.h"

#include "codec/json_write.h"
#include "service/admin/admin.h"
#include "service/run/service.h"
#include "service/vault/vault_path.h"

#include <stdio.h>

#define ABOUT                                                                                      \
    "Attestation in the form of Azure Attestation: evidence is judged and answered by a signed "   \
    "token. And keys and secrets in the form of Azure Key Vault. Paths, attestation types and "    \
    "names of members are matched in any case; unknown members are ignored, but for those of "     \
    "attributes and release_policy. Whatever answers GET answers HEAD."

/* Answers that are not 200, and which operations give them. */
enum when { ALWAYS, WITH_BODY, WITH_ROLE, OF_VAULT, OF_CHANGES };

static const struct answer {
    const char *status;
    enum when when;
    const char *about;
} answers[] = {
    {"400", ALWAYS,     "The request, the evidence in it or the policy is refused"             },
    {"401", WITH_ROLE,  "Credentials are missing, are not accepted or lack the role"           },
    {"403", OF_VAULT,   "The role is missing, or the state of the object forbids it"           },
    {"404", ALWAYS,     "There is no such thing"                                               },
    {"408", ALWAYS,     "The request did not come in time"                                     },
    {"409", OF_CHANGES,
     "The change does not go with what is there, or with another at the same time"             },
    {"413", ALWAYS,     "The body is too long, or there should be none"                        },
    {"415", WITH_BODY,  "The body is of another media type"                                    },
    {"417", ALWAYS,     "Only 100-continue may be expected"                                    },
    {"421", ALWAYS,     "No tenant has this host name"                                         },
    {"429", ALWAYS,     "Too many requests from this source"                                   },
    {"431", ALWAYS,     "The header fields are too long"                                       },
    {"500", ALWAYS,     "A fault of the service"                                               },
    {"503", ALWAYS,     "Something needed is unavailable; the request is good to be sent again"},
};

/* Nobody who only looks or uses may ask for it. */
static bool is_change(int role)
{
    return role != ROLE_ANYONE &&
           !((unsigned)role & ~(unsigned)(ROLE_CONTRIBUTOR | ROLE_OFFICER | ROLE_POLICY));
}

/* Credentials that are shown to the vault must be good, even where none are needed. */
static bool is_given(const struct answer *a, const struct http_route *route)
{
    const bool of_vault = vault_path_is(bytes_of_text(route->path));
    return a->when == ALWAYS || (a->when == WITH_BODY && route->body_limit > 0) ||
           (a->when == WITH_ROLE && (route->role != ROLE_ANYONE || of_vault)) ||
           (a->when == OF_VAULT && of_vault) || (a->when == OF_CHANGES && is_change(route->role));
}

static void member_true(struct buffer *to, const char *name)
{
    json_named_bool(to, name, true);
}

static void begin(struct buffer *to, const char *name)
{
    json_name(to, name);
    json_object_begin(to);
}

/* ---- schemas */

static void write_reference(struct buffer *to, const char *kind, struct bytes name)
{
    AUTO(buffer) struct buffer path = {0};
    buffer_printf(&path, "#/components/%s/", kind);
    buffer_add(&path, name);
    json_object_begin(to);
    json_named_string(to, "$ref", buffer_bytes(&path));
    json_object_end(to);
}

/* "text", "text[]" (an array of these) or "text?" (or null). */
static void write_schema(struct buffer *to, const char *schema)
{
    const struct bytes name = bytes_of_text(schema);
    const size_t bare = strcspn(schema, "[?");
    if (bare == name.len) {
        write_reference(to, "schemas", name);
        return;
    }
    json_object_begin(to);
    if (schema[bare] == '[')
        json_named_cstring(to, "type", "array");
    json_name(to, schema[bare] == '[' ? "items" : "anyOf");
    if (schema[bare] == '?')
        json_array_begin(to);
    write_reference(to, "schemas", bytes_slice(name, 0, bare));
    if (schema[bare] == '?') {
        json_object_begin(to);
        json_named_cstring(to, "type", "null");
        json_object_end(to);
        json_array_end(to);
    }
    json_object_end(to);
}

/* A reference may carry a description of its own in OpenAPI 3.1, as a schema is JSON Schema. */
static void write_property(struct buffer *to, const struct openapi_member *m)
{
    begin(to, m->name);
    json_named_cstring(to, "description", m->about);
    json_name(to, "allOf");
    json_array_begin(to);
    write_schema(to, m->schema);
    json_array_end(to);
    json_object_end(to);
}

/* Writes the object that begins at m and returns where the next one does. */
static const struct openapi_member *write_object(struct buffer *to, const struct openapi_member *m)
{
    const char *of = m->of;
    const struct openapi_member *next = m;
    begin(to, of);
    json_named_cstring(to, "type", "object");
    begin(to, "properties");
    for (; next->of && strcmp(next->of, of) == 0; next++)
        write_property(to, next);
    json_object_end(to);
    json_name(to, "required");
    json_array_begin(to);
    for (; m != next; m++)
        if (m->required)
            json_cstring(to, m->name);
    json_array_end(to);
    json_object_end(to);
    return next;
}

static void write_attestation_types(struct buffer *to)
{
    begin(to, "AttestationType");
    json_name(to, "enum");
    json_array_begin(to);
    for (enum attest_type type = 0; type < ATTEST_TYPES; type++)
        json_cstring(to, attest_type_name(type));
    json_array_end(to);
    json_object_end(to);
}

static void write_schemas_of(struct buffer *to, const struct openapi_part *part)
{
    for (const struct openapi_schema *s = part->schemas; s->name; s++) {
        json_name(to, s->name);
        json_raw(to, bytes_of_text(s->json));
    }
    for (const struct openapi_member *m = part->members; m->of;)
        m = write_object(to, m);
}

static void write_schemas(struct buffer *to)
{
    begin(to, "schemas");
    write_attestation_types(to);
    for (const struct openapi_part *const *part = openapi_parts; *part; part++)
        write_schemas_of(to, *part);
    json_object_end(to);
}

/* ---- what all answers have in common */

static void write_header(struct buffer *to, const char *name, bool required, const char *about)
{
    begin(to, name);
    json_named_cstring(to, "description", about);
    if (required)
        member_true(to, "required");
    begin(to, "schema");
    json_named_cstring(to, "type", "string");
    json_object_end(to);
    json_object_end(to);
}

static void write_headers(struct buffer *to, const char *status)
{
    begin(to, "headers");
    write_header(to, "x-ms-request-id", true, "Names this request in the log of the service");
    if (status[0] != '2')
        write_header(to, "x-ms-error-code", true, "The code of the error in the body");
    if (strcmp(status, "429") == 0 || strcmp(status, "503") == 0)
        write_header(to, "Retry-After", true, "Seconds to wait");
    json_object_end(to);
}

static void write_content(struct buffer *to, const char *media_type, const char *schema)
{
    begin(to, media_type);
    json_name(to, "schema");
    write_schema(to, schema);
    json_object_end(to);
}

static void write_answers(struct buffer *to)
{
    begin(to, "responses");
    for (size_t i = 0; i < COUNT(answers); i++) {
        begin(to, answers[i].status);
        json_named_cstring(to, "description", answers[i].about);
        write_headers(to, answers[i].status);
        begin(to, "content");
        write_content(to, "application/json", "Error");
        json_object_end(to);
        json_object_end(to);
    }
    json_object_end(to);
}

static void write_credentials(struct buffer *to)
{
    begin(to, "securitySchemes");
    begin(to, "bearer");
    json_named_cstring(to, "type", "http");
    json_named_cstring(to, "scheme", "bearer");
    json_named_cstring(to, "description", "The admin token, or a token of the identity provider");
    json_object_end(to);
    begin(to, "clientCertificate");
    json_named_cstring(to, "type", "mutualTLS");
    json_named_cstring(to, "description", "A client certificate that the configuration names");
    json_object_end(to);
    json_object_end(to);
}

/* ---- operations */

const struct openapi_part *const openapi_parts[] = {&openapi_attestation, &openapi_vault, NULL};

const struct openapi_operation *openapi_operation_of(const struct http_route *route,
                                                     const struct openapi_part **ret_part)
{
    for (const struct openapi_part *const *part = openapi_parts; *part; part++)
        for (const struct openapi_operation *o = (*part)->operations; o->path; o++)
            if (o->method == route->method && strcmp(o->path, route->path) == 0) {
                *ret_part = *part;
                return o;
            }
    return NULL;
}

static const struct openapi_parameter *parameter_of(const struct openapi_part *part,
                                                    struct bytes name)
{
    const struct openapi_parameter *p = part->parameters;
    while (p->name && !bytes_equal(bytes_of_text(p->name), name))
        p++;
    return p->name ? p : NULL;
}

static void write_parameter(struct buffer *to, const struct openapi_part *part, struct bytes name,
                            bool in_path)
{
    const struct openapi_parameter *p = parameter_of(part, name);
    if (!p)
        return; /* the unit test knows them all */
    json_object_begin(to);
    json_named_cstring(to, "name", p->name);
    json_named_cstring(to, "in", in_path ? "path" : "query");
    json_named_cstring(to, "description", p->about);
    json_named_bool(to, "required", in_path || p->required);
    json_name(to, "schema");
    write_schema(to, p->schema);
    json_object_end(to);
}

/* Cuts the front of text off at the first byte that is one of ends. */
static struct bytes cut(struct bytes *text, const char *ends)
{
    size_t len = 0;
    while (len < text->len && !strchr(ends, text->data[len]))
        len++;
    const struct bytes front = bytes_slice(*text, 0, len);
    *text = bytes_slice(*text, len + 1, text->len);
    return front;
}

static void write_parameters(struct buffer *to, const struct openapi_part *part,
                             const struct openapi_operation *o)
{
    struct bytes path = bytes_of_text(o->path);
    struct bytes query = bytes_of_text(o->query ? o->query : "");
    json_name(to, "parameters");
    json_array_begin(to);
    while (cut(&path, "{"), path.len > 0)
        write_parameter(to, part, cut(&path, "}"), true);
    while (query.len > 0)
        write_parameter(to, part, cut(&query, " "), false);
    json_array_end(to);
}

/* A schema with '?' behind it: the body may be left out. */
static void write_body(struct buffer *to, const struct http_route *route, const char *takes)
{
    const size_t bare = strcspn(takes, "?");
    char schema[64];
    snprintf(schema, sizeof schema, "%.*s", (int)bare, takes);
    struct bytes types = bytes_of_text(route->accepts ? route->accepts : "application/json");
    begin(to, "requestBody");
    json_named_bool(to, "required", takes[bare] == '\0');
    json_named_uint(to, "x-quoth-limit", route->body_limit);
    begin(to, "content");
    while (types.len > 0) {
        json_name_bytes(to, cut(&types, ","));
        json_object_begin(to);
        json_name(to, "schema");
        write_schema(to, schema);
        json_object_end(to);
        while (types.len > 0 && types.data[0] == ' ')
            types = bytes_slice(types, 1, types.len);
    }
    json_object_end(to);
    json_object_end(to);
}

static void write_requirement(struct buffer *to, const char *scheme, const char *role)
{
    json_object_begin(to);
    json_name(to, scheme);
    json_array_begin(to);
    json_cstring(to, role);
    json_array_end(to);
    json_object_end(to);
}

/* Role names in the lists of requirements are what OpenAPI 3.1 has for schemes other than OAuth; the
 * requirements are alternatives. */
static void write_requirements(struct buffer *to, int role)
{
    static const char *const schemes[] = {"bearer", "clientCertificate"};
    json_name(to, "security");
    json_array_begin(to);
    for (size_t i = 0; i < COUNT(schemes); i++)
        for (size_t r = 0; r < ROLE_COUNT; r++)
            if ((unsigned)role & role_rows[r].role)
                write_requirement(to, schemes[i], role_rows[r].name);
    json_array_end(to);
}

static void write_success(struct buffer *to, const char *gives)
{
    begin(to, gives ? "200" : "204");
    json_named_cstring(to, "description", gives ? "Done" : "Done; there is nothing to say");
    write_headers(to, "200");
    if (gives) {
        begin(to, "content");
        if (strchr(gives, '/'))
            write_content(to, gives, "text");
        else
            write_content(to, "application/json", gives);
        json_object_end(to);
    }
    json_object_end(to);
}

static void write_responses(struct buffer *to, const struct http_route *route, const char *gives)
{
    begin(to, "responses");
    write_success(to, gives);
    for (size_t i = 0; i < COUNT(answers); i++)
        if (is_given(&answers[i], route)) {
            json_name(to, answers[i].status);
            write_reference(to, "responses", bytes_of_text(answers[i].status));
        }
    json_object_end(to);
}

/* "post_attest_SgxEnclave" */
static void write_id(struct buffer *to, const char *method, const char *path)
{
    AUTO(buffer) struct buffer id = {0};
    buffer_text(&id, method);
    for (; *path; path++)
        if (*path != '}')
            buffer_u8(&id, strchr("/{:.-", *path) ? '_' : (uint8_t)*path);
    json_named_string(to, "operationId", buffer_bytes(&id));
}

static void write_operation(struct buffer *to, const struct http_route *route)
{
    static const char *const methods[HTTP_METHOD_COUNT] = {
        [HTTP_GET] = "get",     [HTTP_HEAD] = "head",     [HTTP_POST] = "post",
        [HTTP_PUT] = "put",     [HTTP_DELETE] = "delete", [HTTP_OPTIONS] = "options",
        [HTTP_PATCH] = "patch", [HTTP_TRACE] = "trace",   [HTTP_QUERY] = "query",
    };
    const struct openapi_operation unknown = {.path = route->path, .takes = "any", .gives = "any"};
    const struct openapi_part *part = openapi_parts[0];
    const struct openapi_operation *known = openapi_operation_of(route, &part);
    const struct openapi_operation *o = known ? known : &unknown;
    begin(to, methods[route->method]);
    json_named_cstring(to, "summary", route->summary);
    write_id(to, methods[route->method], route->path);
    write_parameters(to, part, o);
    if (route->body_limit > 0 && o->takes)
        write_body(to, route, o->takes);
    write_requirements(to, route->role);
    write_responses(to, route, o->gives);
    json_object_end(to);
}

/* Whether the path stands in an earlier row, whose path item has all its methods. */
static bool is_written(const struct http_route *const *tables, const struct http_route *row)
{
    for (; *tables; tables++)
        for (const struct http_route *r = *tables; r->path; r++) {
            if (r == row)
                return false;
            if (strcmp(r->path, row->path) == 0)
                return true;
        }
    return false;
}

static void write_path(struct buffer *to, const struct http_route *const *tables, const char *path)
{
    begin(to, path);
    for (; *tables; tables++)
        for (const struct http_route *r = *tables; r->path; r++)
            if (strcmp(r->path, path) == 0)
                write_operation(to, r);
    json_object_end(to);
}

static void write_paths(struct buffer *to, const struct http_route *const *tables)
{
    begin(to, "paths");
    for (size_t i = 0; tables[i]; i++)
        for (const struct http_route *r = tables[i]; r->path; r++)
            if (!is_written(tables, r))
                write_path(to, tables, r->path);
    json_object_end(to);
}

void openapi_write(const struct http_route *const *tables, struct buffer *to)
{
    json_object_begin(to);
    json_named_cstring(to, "openapi", "3.1.0");
    begin(to, "info");
    json_named_cstring(to, "title", "Quoth");
    json_named_cstring(to, "version", QUOTH_VERSION);
    json_named_cstring(to, "description", ABOUT);
    json_object_end(to);
    write_paths(to, tables);
    begin(to, "components");
    write_schemas(to);
    write_answers(to);
    write_credentials(to);
    json_object_end(to);
    json_object_end(to);
}

static enum http_outcome document(struct http_exchange *x, struct quoth_error *err)
{
    x->response.content_type = "application/json; charset=utf-8";
    openapi_write(service_routes, &x->response.body);
    return http_response_field(&x->response, "Access-Control-Allow-Origin", "*", err) &&
                   http_response_field(&x->response, "Cache-Control", "public, max-age=300", err) &&
                   buffer_ok(&x->response.body, err)
               ? HTTP_DONE
               : HTTP_REFUSED;
}

const struct http_route openapi_routes[] = {
    {HTTP_GET,     "/openapi.json", ROLE_ANYONE, 0, document, "describe this interface", NULL},
    {0},
};
