#include "bench/call.h"

#include "base/file.h"
#include "base/text.h"

#define BODY_MAX (1u << 20)

static char *read_text(const char *file)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    file_read(file, BODY_MAX, &text, &err);
    give_up_if(&err);
    char *taken = buffer_take_text(&text, &err);
    give_up_if(&err);
    return taken;
}

bool call_open(const struct arguments *a, struct call *ret_call)
{
    struct call c = {.method = argument(a, "method", "GET"),
                     .path = argument(a, "path", NULL),
                     .body = argument(a, "body", "")};
    const char *body = argument(a, "body-file", NULL), *token = argument(a, "token-file", NULL);
    if (!c.path)
        return false;
    if (body)
        c.body = read_text(body); /* for as long as the program runs */
    if (token) {
        AUTO(text) char *text = read_text(token);
        buffer_add(&c.token, text_trim(bytes_of_text(text)));
    }
    *ret_call = c;
    return true;
}

static void number_in(const char *text, uint64_t number, struct buffer *to)
{
    for (const char *at; (at = strstr(text, "{n}")); text = at + 3) {
        buffer_add(to, (struct bytes){(const uint8_t *)text, (size_t)(at - text)});
        buffer_printf(to, "%llu", (unsigned long long)number);
    }
    buffer_text(to, text);
}

void call_write(const struct call *c, const struct wire_target *t, uint64_t number,
                struct buffer *to)
{
    AUTO(buffer) struct buffer body = {0};
    number_in(c->body, number, &body);
    buffer_printf(to, "%s ", c->method);
    number_in(c->path, number, to);
    buffer_printf(to, " HTTP/1.1\r\nHost: %s:%s\r\n", t->host, t->port);
    if (c->token.len)
        buffer_printf(to, "Authorization: Bearer %.*s\r\n", (int)c->token.len,
                      (const char *)c->token.data);
    if (body.len || strcmp(c->method, "GET") != 0)
        buffer_printf(to, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body.len);
    buffer_text(to, "\r\n");
    buffer_add(to, buffer_bytes(&body));
}
