#include "service/run/envelope.h"

#include "codec/json_write.h"

#include <stdio.h>

static const struct {
    int status;
    const char *code;
} by_status[] = {
    {401, "Unauthorized"               },
    {404, "NotFound"                   },
    {405, "MethodNotAllowed"           },
    {408, "RequestTimeout"             },
    {409, "Conflict"                   },
    {413, "RequestEntityTooLarge"      },
    {415, "UnsupportedMediaType"       },
    {421, "MisdirectedRequest"         },
    {429, "TooManyRequests"            },
    {431, "RequestHeaderFieldsTooLarge"},
    {500, "InternalError"              },
    {501, "NotImplemented"             },
    {502, "BadGateway"                 },
    {503, "ServiceUnavailable"         },
    {504, "GatewayTimeout"             },
    {505, "HttpVersionNotSupported"    },
};

/* What policies refuse, and how Azure's own sentence about it begins, which clients and their tests
 * look for (maa.md 1.11). */
static const struct policy_words {
    const char *code, *sentence;
} parsing = {"PolicyParsingError", "65526 (83FFFFF6): Policy Parser Exception"},
  evaluation = {"PolicyEvaluationError", "65518 (83FFFFEE): Policy Engine Exception"};

static const struct policy_words *words_of(enum quoth_code code)
{
    switch (code) {
    case QUOTH_POLICY_SYNTAX:
    case QUOTH_POLICY_LIMIT:
        return &parsing;
    case QUOTH_POLICY_DENIED:
    case QUOTH_POLICY_NOT_PERMITTED:
    case QUOTH_POLICY_EVALUATION:
    case QUOTH_POLICY_COST:
    case QUOTH_JMESPATH_SYNTAX:
    case QUOTH_JMESPATH_EVALUATION:
        return &evaluation;
    default:
        return NULL;
    }
}

/* What is no form of a change, or well said and still not done here (maa.md 1.11). */
static bool is_disallowed(enum quoth_code code)
{
    switch (code) {
    case QUOTH_ATTEST_UNSUPPORTED:
    case QUOTH_ATTEST_CLOSED:
    case QUOTH_ATTEST_SIBLING:
    case QUOTH_JWS_MALFORMED:
    case QUOTH_JWS_ALGORITHM:
    case QUOTH_JWS_SIGNER_MISSING:
    case QUOTH_JWS_PAYLOAD:
    case QUOTH_CHANGE_UNSIGNED:
    case QUOTH_CHANGE_BINDING:
    case QUOTH_CHANGE_OPERATION:
    case QUOTH_CHANGE_REPLAYED:
    case QUOTH_CHANGE_ROLLBACK:
    case QUOTH_SIGNERS_NONE:
    case QUOTH_SIGNER_LAST:
    case QUOTH_SIGNER_IN_USE:
    case QUOTH_SIGNER_LIMIT:
        return true;
    default:
        return false;
    }
}

const char *envelope_code(enum quoth_code code)
{
    const struct policy_words *policy = words_of(code);
    if (policy)
        return policy->code;
    if (is_disallowed(code))
        return "InvalidOperation";
    for (size_t i = 0; i < COUNT(by_status); i++)
        if (by_status[i].status == quoth_code_http(code))
            return by_status[i].code;
    return "InvalidParameter";
}

/* A policy's own words come first, as Azure has them; where they come from follows. */
static void write_message(struct buffer *to, const struct quoth_error *why)
{
    AUTO(buffer) struct buffer text = {0};
    const struct policy_words *policy = words_of(why->code);
    if (policy == &parsing && why->line)
        buffer_printf(
            &text,
            "Native operation failed with %s: Offending symbol: '%s'. Line: '%u'. Column: "
            "'%u'. Failure message: '%s'. Failing rule: '%s'",
            policy->sentence, why->found, why->line, why->column, why->message, why->where);
    else if (policy)
        buffer_printf(&text, "Native operation failed with %s: %s (%s)", policy->sentence,
                      why->message, why->where);
    else
        buffer_printf(&text, "%s%s%s", why->where, why->where[0] ? ": " : "", why->message);
    json_string(to, buffer_bytes(&text));
}

static void write_code_and_message(struct buffer *to, const struct quoth_error *why)
{
    json_named_cstring(to, "code", envelope_code(why->code));
    json_name(to, "message");
    write_message(to, why);
}

static void write_if(struct buffer *to, const char *name, const char *value)
{
    if (!value[0])
        return;
    json_named_cstring(to, name, value);
}

static void write_detail(struct buffer *to, const struct quoth_error *why, const char *id)
{
    json_object_begin(to);
    json_named_cstring(to, "code", quoth_code_dotted(why->code));
    write_if(to, "target", why->where);
    json_named_cstring(to, "message", why->message);
    if (why->offset != QUOTH_NO_OFFSET)
        json_named_uint(to, "offset", why->offset);
    if (why->line) {
        json_named_uint(to, "line", why->line);
        json_named_uint(to, "column", why->column);
    }
    write_if(to, "found", why->found);
    write_if(to, "expected", why->expected);
    write_if(to, "hint", quoth_code_hint(why->code));
    write_if(to, "requestId", id);
    json_object_end(to);
}

static bool is_of(const char *code, const char *group)
{
    return strncmp(code, group, strlen(group)) == 0;
}

struct quoth_error envelope_told(const struct quoth_error *why)
{
    const char *code = quoth_code_dotted(why->code);
    struct quoth_error told = *why;
    if (quoth_code_http(why->code) < 500 || !(is_of(code, "store.") || is_of(code, "device.")))
        return told;
    told = (struct quoth_error){.code = why->code, .offset = QUOTH_NO_OFFSET};
    snprintf(told.where, sizeof told.where, "%s", is_of(code, "store.") ? "store" : "device");
    snprintf(told.message, sizeof told.message, "does not answer as it should: the log says why");
    return told;
}

void envelope_write_details(struct buffer *to, const struct quoth_error *error, const char *id)
{
    const struct quoth_error told = envelope_told(error), *why = &told;
    json_array_begin(to);
    write_detail(to, why, id);
    json_array_end(to);
}

void envelope_fill(const struct quoth_error *error, const char *id,
                   struct http_response *ret_response)
{
    const struct quoth_error told = envelope_told(error), *why = &told;
    struct quoth_error ignored = {0};
    struct buffer *to = &ret_response->body;
    ret_response->content_type = "application/json; charset=utf-8";
    http_response_field(ret_response, "x-ms-error-code", envelope_code(why->code), &ignored);
    json_object_begin(to);
    json_name(to, "error");
    json_object_begin(to);
    write_code_and_message(to, why);
    json_name(to, "innererror");
    json_object_begin(to);
    write_code_and_message(to, why);
    json_object_end(to);
    json_name(to, "details");
    envelope_write_details(to, why, id);
    json_object_end(to);
    json_object_end(to);
}
