#include "release/claim.h"

enum release_found release_claim_find(struct json claims, const char *path, struct json *ret_value)
{
    char name[RELEASE_CLAIM_MAX + 1];
    struct json in = claims, member = {0};
    size_t hits = 0;
    for (;;) {
        if (json_member(in, path, &member) && !json_is_null(member)) {
            *ret_value = member;
            hits++;
        }
        const char *dot = strchr(path, '.');
        const size_t len = dot ? (size_t)(dot - path) : 0;
        if (!dot || len > RELEASE_CLAIM_MAX)
            break;
        bytes_copy((uint8_t *)name, (struct bytes){(const uint8_t *)path, len});
        name[len] = '\0';
        if (!json_member(in, name, &in))
            break;
        path = dot + 1;
    }
    return hits == 0 ? RELEASE_ABSENT : hits == 1 ? RELEASE_FOUND : RELEASE_AMBIGUOUS;
}

static bool ends_with(struct bytes text, const char *end)
{
    const size_t len = strlen(end);
    return text.len >= len &&
           bytes_equal(bytes_slice(text, text.len - len, len), bytes_of_text(end));
}

bool release_mark_is(struct bytes name)
{
    static const char *const ends[] = {
        "quoth-simulated",     /* what our tokens say of roots that are no vendor's */
        "is-debuggable",       /* x-ms-sgx-, x-ms-sevsnpvm-, and Azure's name of 2020 */
        "td_attributes_debug", /* TDX */
        "debug-enabled",       /* of the boot, the kernel, the hypervisor: x-ms-azurevm- */
    };
    for (size_t i = 0; i < COUNT(ends); i++)
        if (ends_with(name, ends[i]))
            return true;
    return false;
}

/* A mark by its name, with any value but false. */
static bool is_mark(struct json value)
{
    const struct json name = json_member_name(value);
    AUTO(buffer) struct buffer hold = {0};
    struct bytes text = json_plain(name);
    if (!json_exists(name) || json_type(value) == JSON_FALSE || json_text_is(value, "false"))
        return false;
    if (!text.data) {
        json_text(name, &hold);
        if (hold.failed)
            return true; /* what cannot be looked at is not passed over */
        text = buffer_bytes(&hold);
    }
    return release_mark_is(text);
}

/* RFC 9711 4.2.9. */
static bool says_disabled(struct json value)
{
    static const char *const words[] = {"disabled", "disabled-since-boot", "disabled-permanently",
                                        "disabled-fully-and-permanently"};
    for (size_t i = 0; i < COUNT(words); i++)
        if (json_text_is(value, words[i]))
            return true;
    return false;
}

/* A trust domain is as open to others while it is profiled as while it is debugged, and has one word
 * for both (dcap.md 1.6: any bit of TUD). Where it is debugged the claim beside it says so, and
 * whoever speaks for that has spoken for the word. */
static bool is_profiled(struct json parent, struct json value)
{
    struct json debug;
    return json_text_is(json_member_name(value), "dbgstat") && !says_disabled(value) &&
           !(json_member(parent, "tdx_td_attributes_debug", &debug) && is_mark(debug));
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the token's reader lets it be */
static void search(struct json parent, struct release_marks *marks)
{
    for (struct json v = json_first(parent); json_exists(v); v = json_next(v)) {
        if (is_mark(v) || is_profiled(parent, v)) {
            if (marks->count < RELEASE_MARKS_MAX)
                marks->claims[marks->count] = v;
            marks->count++;
        }
        search(v, marks);
    }
}

void release_marks_find(struct json claims, struct release_marks *ret_marks)
{
    *ret_marks = (struct release_marks){0};
    search(claims, ret_marks);
}
