/* The document says what the tables say: every route, and nothing else. */
#include "service/front/openapi.h"

#include "codec/json.h"
#include "service/admin/admin.h"
#include "service/run/service.h"
#include "service/vault/vault_path.h"
#include "tests/unit.h"

#include <ctype.h>
#include <stdio.h>

static struct json need(struct json parent, const char *name)
{
    struct json value = {0};
    if (!json_member(parent, name, &value))
        fail_msg("there is no member %s", name);
    return value;
}

static bool has(struct json parent, const char *name)
{
    struct json value;
    return json_member(parent, name, &value);
}

static struct json print(const struct http_route *const *tables, struct buffer *text,
                         struct json_doc *doc)
{
    struct quoth_error err = {0};
    openapi_write(tables, text);
    if (!json_parse(buffer_bytes(text), NULL, doc, &err))
        fail_msg("%s", err.message);
    return json_root(doc);
}

static struct json operation_of(struct json document, const struct http_route *route)
{
    char method[16] = "";
    const char *name = http_method_name(route->method);
    for (size_t i = 0; name[i]; i++)
        method[i] = (char)tolower((unsigned char)name[i]);
    return need(need(need(document, "paths"), route->path), method);
}

static size_t words(const char *text)
{
    size_t count = 0;
    for (; text && *text; text += strspn(text, " ")) {
        count++;
        text += strcspn(text, " ");
    }
    return count;
}

static size_t braces(const char *path)
{
    size_t count = 0;
    for (; *path; path++)
        count += *path == '{';
    return count;
}

static void says_what_the_row_says(struct json document, const struct http_route *route)
{
    print_message("  %s %s\n", http_method_name(route->method), route->path);
    const struct openapi_part *part;
    const struct openapi_operation *o = openapi_operation_of(route, &part);
    if (!o)
        fail_msg("it has no row in src/service/front/openapi_tables.c or openapi_vault.c");
    const struct json operation = operation_of(document, route);
    const struct json responses = need(operation, "responses");
    const struct json parameters = need(operation, "parameters");
    assert_true(json_text_is(need(operation, "summary"), route->summary));
    assert_int_equal(json_count(parameters), braces(route->path) + words(o->query));
    assert_int_equal(has(operation, "requestBody"), route->body_limit > 0);
    assert_int_equal(o->takes != NULL, route->body_limit > 0);
    assert_int_equal(has(responses, "415"), route->body_limit > 0);
    assert_int_equal(has(responses, "401"),
                     route->role != ROLE_ANYONE || vault_path_is(bytes_of_text(route->path)));
    assert_int_equal(has(responses, "409"), route->role == ROLE_CONTRIBUTOR ||
                                                route->role == ROLE_OFFICER ||
                                                route->role == (ROLE_OFFICER | ROLE_POLICY));
    assert_int_equal(has(responses, "403"), vault_path_is(bytes_of_text(route->path)));
    assert_int_equal(json_count(need(operation, "security")),
                     2 * __builtin_popcount((unsigned)route->role));
    assert_true(has(responses, o->gives ? "200" : "204"));
    assert_true(has(responses, "503"));
    if (route->body_limit > 0)
        assert_true(json_count(need(need(operation, "requestBody"), "content")) > 0);
}

static void every_route_is_in_the_document(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    const struct json document = print(service_routes, &text, &doc);
    for (size_t i = 0; service_routes[i]; i++)
        for (const struct http_route *r = service_routes[i]; r->path; r++)
            says_what_the_row_says(document, r);
}

static size_t count_routes(const struct openapi_operation *only)
{
    size_t count = 0;
    for (size_t i = 0; service_routes[i]; i++)
        for (const struct http_route *r = service_routes[i]; r->path; r++)
            count += !only || (r->method == only->method && strcmp(r->path, only->path) == 0);
    return count;
}

static void every_operation_is_in_a_table(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    const struct json paths = need(print(service_routes, &text, &doc), "paths");
    size_t count = 0;
    for (struct json path = json_first(paths); json_exists(path); path = json_next(path))
        count += json_count(path);
    assert_int_equal(count, count_routes(NULL));
    for (const struct openapi_part *const *part = openapi_parts; *part; part++)
        for (const struct openapi_operation *o = (*part)->operations; o->path; o++) {
            print_message("  %s %s\n", http_method_name(o->method), o->path);
            assert_int_equal(count_routes(o), 1);
        }
}

static void references_lead_somewhere(struct json components, struct json value)
{
    struct json reference;
    AUTO(buffer) struct buffer path = {0};
    if (json_member(value, "$ref", &reference)) {
        struct quoth_error err = {0};
        json_text(reference, &path);
        AUTO(text) char *text = buffer_take_text(&path, &err);
        char kind[32], name[64];
        assert_non_null(text);
        assert_int_equal(sscanf(text, "#/components/%31[a-z]/%63s", kind, name), 2);
        (void)need(need(components, kind), name);
    }
    for (struct json v = json_first(value); json_exists(v); v = json_next(v))
        references_lead_somewhere(components, v);
}

static void every_reference_leads_somewhere(void **state)
{
    (void)state;
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    const struct json document = print(service_routes, &text, &doc);
    references_lead_somewhere(need(document, "components"), document);
}

/* Rows as administration has them. */
static const struct http_route roles[] = {
    {HTTP_GET,     "/attest/{type}", ROLE_READER, 0, NULL, "look", NULL},
    {HTTP_PUT, "/attest/{type}", ROLE_CONTRIBUTOR, 9, NULL, "change",
     "text/plain, application/json"},
    {HTTP_POST,        "/attest/SgxEnclave", ROLE_ANYONE, 9, NULL, "judge", NULL},
    {0       },
};

static void who_may_ask_is_said(void **state)
{
    (void)state;
    const struct http_route *const tables[] = {roles, NULL};
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    const struct json document = print(tables, &text, &doc);
    assert_int_equal(json_count(need(document, "paths")), 2);
    const struct json get = operation_of(document, &roles[0]);
    const struct json put = operation_of(document, &roles[1]);
    const struct json post = operation_of(document, &roles[2]);
    assert_true(has(need(get, "responses"), "401"));
    assert_true(has(need(put, "responses"), "401"));
    assert_false(has(need(post, "responses"), "401"));
    const struct json bearer = need(json_first(need(put, "security")), "bearer");
    assert_true(json_text_is(json_first(bearer), "contributor"));
    assert_int_equal(json_count(need(post, "security")), 0);
    const struct json parameter = json_first(need(get, "parameters"));
    assert_true(json_text_is(need(parameter, "name"), "type"));
    assert_true(json_text_is(need(parameter, "in"), "path"));
    const struct json content = need(need(put, "requestBody"), "content");
    assert_true(has(content, "text/plain") && has(content, "application/json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_in_the_document),
        cmocka_unit_test(every_operation_is_in_a_table),
        cmocka_unit_test(every_reference_leads_somewhere),
        cmocka_unit_test(who_may_ask_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
