#include "cli/vault_body.h"

#include "base/file.h"
#include "base/text.h"
#include "codec/json_write.h"
#include "release/policy.h"

#define AT(member) offsetof(struct vault_body_args, member)

/* clang-format off */
const struct option_row vault_body_options[] = {
    {0, "release-policy=FILE", OPT_FILE, AT(policy), "which attested programs get it (docs/release-policy.md)"},
    {0, "immutable", OPT_FLAG, AT(immutable), "nobody can ever change that policy, not even you"},
    {0, "disabled", OPT_FLAG, AT(disabled), "make it, and let nobody use it yet"},
    {0, "not-before=TIME", OPT_TIME, AT(not_before), "the start of its life (RFC 3339)"},
    {0, "expires=TIME", OPT_TIME, AT(expires), "the end of its life"},
    {0, "tag=NAME=VALUE", OPT_LIST, AT(tags), "a note to it; may be repeated"},
};
/* clang-format on */

bool vault_policy_write(const char *file, bool immutable, struct buffer *to,
                        struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    AUTO(release_policy) struct release_policy policy = {0};
    if (!file_read(file, RELEASE_POLICY_MAX, &text, err))
        return false;
    const struct bytes trimmed = text_trim(buffer_bytes(&text));
    const bool is_signed = trimmed.len > 0 && trimmed.data[0] != '{'; /* docs/release.md */
    if (!is_signed && !release_policy_read(buffer_bytes(&text), &policy, err))
        return quoth_within(err, file);
    json_name(to, "release_policy");
    json_object_begin(to);
    json_named_cstring(to, "contentType", "application/json; charset=utf-8");
    json_named_base64url(to, "data", is_signed ? trimmed : buffer_bytes(&text));
    json_named_bool(to, "immutable", immutable);
    json_object_end(to);
    return buffer_ok(to, err);
}

static void write_time(struct buffer *to, const char *name, const struct option_time *time)
{
    if (!time->given)
        return;
    json_named_int(to, name, time->value);
}

static void write_attributes(const struct vault_body_args *a, bool exportable, struct buffer *to)
{
    json_name(to, "attributes");
    json_object_begin(to);
    json_named_bool(to, "enabled", !a->disabled);
    if (exportable) {
        json_named_bool(to, "exportable", true);
    }
    write_time(to, "nbf", &a->not_before);
    write_time(to, "exp", &a->expires);
    json_object_end(to);
}

static bool write_tags(const struct option_list *tags, struct buffer *to, struct quoth_error *err)
{
    if (tags->count == 0)
        return true;
    json_name(to, "tags");
    json_object_begin(to);
    for (size_t i = 0; i < tags->count; i++) {
        const struct bytes tag = bytes_of_text(tags->items[i]);
        const uint8_t *equals = memchr(tag.data, '=', tag.len);
        if (!equals)
            return quoth_fail(err, QUOTH_USAGE, "--tag", QUOTH_NO_OFFSET,
                              "is not of the form NAME=VALUE");
        const size_t name = (size_t)(equals - tag.data);
        json_name_bytes(to, bytes_slice(tag, 0, name));
        json_string(to, bytes_slice(tag, name + 1, tag.len));
    }
    json_object_end(to);
    return true;
}

bool vault_body_write(const struct vault_body_args *a, bool exportable, struct buffer *to,
                      struct quoth_error *err)
{
    if (a->immutable && !a->policy)
        return quoth_fail(err, QUOTH_USAGE, "--immutable", QUOTH_NO_OFFSET,
                          "is of a release policy, and there is none");
    write_attributes(a, exportable, to);
    return write_tags(&a->tags, to, err) &&
           (!a->policy || vault_policy_write(a->policy, a->immutable, to, err)) &&
           buffer_ok(to, err);
}
