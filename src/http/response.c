#include "http/message.h"

void http_response_clear(struct http_response *r)
{
    buffer_clear(&r->body);
    buffer_clear(&r->extras);
    *r = (struct http_response){0};
}

bool http_response_field(struct http_response *r, const char *name, const char *value,
                         struct quoth_error *err)
{
    if (strpbrk(value, "\r\n"))
        return quoth_fail(err, QUOTH_INTERNAL, name, QUOTH_NO_OFFSET,
                          "the response field has a line end");
    buffer_printf(&r->extras, "%s: %s\r\n", name, value);
    return buffer_ok(&r->extras, err);
}

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"                             },
        {204, "No Content"                     },
        {400, "Bad Request"                    },
        {401, "Unauthorized"                   },
        {403, "Forbidden"                      },
        {404, "Not Found"                      },
        {405, "Method Not Allowed"             },
        {408, "Request Timeout"                },
        {409, "Conflict"                       },
        {413, "Content Too Large"              },
        {415, "Unsupported Media Type"         },
        {417, "Expectation Failed"             },
        {421, "Misdirected Request"            },
        {429, "Too Many Requests"              },
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"          },
        {501, "Not Implemented"                },
        {503, "Service Unavailable"            },
        {505, "HTTP Version Not Supported"     },
    };
    for (size_t i = 0; i < COUNT(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "";
}

void http_response_write(const struct http_response *r, const char *date, const char *id,
                         bool close, bool omit_body, struct buffer *to)
{
    const int status = r->status ? r->status : 200;
    buffer_printf(to, "HTTP/1.1 %d %s\r\nDate: %s\r\nx-ms-request-id: %s\r\n", status,
                  reason(status), date, id);
    if (r->content_type)
        buffer_printf(to, "Content-Type: %s\r\n", r->content_type);
    if (status != 204)
        buffer_printf(to, "Content-Length: %zu\r\n", r->body.len);
    if (r->retry_after)
        buffer_printf(to, "Retry-After: %u\r\n", r->retry_after);
    buffer_add(to, buffer_bytes(&r->extras));
    buffer_text(to, close ? "Connection: close\r\n\r\n" : "\r\n");
    if (!omit_body)
        buffer_add(to, buffer_bytes(&r->body));
}
