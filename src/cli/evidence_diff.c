/* quoth evidence diff: which claims two pieces of evidence, or two files of claims, do not share. */
#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/evidence_file.h"
#include "cli/evidence_verbs.h"
#include "cli/output.h"
#include "codec/json_write.h"

const struct option_row evidence_diff_options[] = {
    {0, "A", OPT_FILE | OPT_REQUIRED, offsetof(struct evidence_diff_args, a),
     "evidence, or a JSON object of claims"},
    {0, "B", OPT_FILE | OPT_REQUIRED, offsetof(struct evidence_diff_args, b),
     "what it is compared with"            },
};

/* What claims are about, by how their names begin; the first that fits counts. */
static const struct {
    const char *group, *prefix;
} groups[] = {
    {"identity",      "x-ms-attestation-type"    },
    {"identity",      "x-ms-sgx-mr"              },
    {"identity",      "x-ms-sgx-product-id"      },
    {"identity",      "x-ms-sgx-isv-"            },
    {"identity",      "tdx_mrtd"                 },
    {"identity",      "tdx_rtmr"                 },
    {"configuration", "x-ms-sgx-is-debuggable"   },
    {"configuration", "x-ms-sgx-config-"         },
    {"configuration", "tdx_td_attributes"        },
    {"configuration", "tdx_xfam"                 },
    {"configuration", "tdx_mrconfigid"           },
    {"configuration", "tdx_mrowner"              },
    {"TCB",           "x-ms-sgx-svn"             },
    {"TCB",           "x-ms-sgx-collateral"      },
    {"TCB",           "maa-attestationcollateral"},
    {"TCB",           "tdx_"                     },
    {"TCB",           "x-quoth-tcb-"             },
    {"TCB",           "x-quoth-collateral-"      },
    {"platform",      "x-quoth-"                 },
    {"other",         ""                         },
};

static const char *const group_names[] = {"identity", "configuration", "TCB", "platform", "other"};

static const char *group_of(const char *claim)
{
    size_t i = 0;
    const bool data = strcmp(claim, "tdx_report_data") == 0; /* another each time */
    while (!data && strncmp(claim, groups[i].prefix, strlen(groups[i].prefix)) != 0)
        i++;
    return data ? "other" : groups[i].group;
}

struct side { /* one of the two: a JSON object of claims */
    struct buffer text;
    struct json_doc doc;
    bool verified;
};

static void side_clear(struct side *s)
{
    json_doc_clear(&s->doc);
    buffer_clear(&s->text);
}
DEFINE_AUTO_VALUE(side, struct side, side_clear)

static bool looks_like_claims(const struct buffer *text)
{
    size_t i = 0;
    while (i < text->len && (text->data[i] == ' ' || text->data[i] == '\n' ||
                             text->data[i] == '\t' || text->data[i] == '\r'))
        i++;
    return i < text->len && text->data[i] == '{';
}

/* Without collateral evidence is only read: whoever wants it verified says by what. */
static bool read_evidence(const struct verifying_args *args, const char *path, struct side *s,
                          struct quoth_error *err)
{
    const int64_t at = args->at.given ? args->at.value : time_now();
    struct verifying_args lenient = *args;
    AUTO(buffer) struct buffer evidence = {0};
    AUTO(appraisal) struct appraisal verdict = {0};
    lenient.allow_debug = true;
    if (!appraisal_init(&verdict, at, err) || !evidence_file_read(path, &evidence, err) ||
        !(args->collateral ? verifying_judge : verifying_read)(&lenient, buffer_bytes(&evidence),
                                                               at, &verdict, err))
        return false;
    if (claims_count(verdict.claims) == 0) {
        *err = verdict.error;
        return quoth_within(err, path);
    }
    s->verified = verdict.error.code == QUOTH_OK;
    claims_write(&s->text, verdict.claims);
    return buffer_ok(&s->text, err);
}

static bool read_side(const struct verifying_args *args, const char *path, struct side *s,
                      struct quoth_error *err)
{
    if (!file_read(path, EVIDENCE_FILE_MAX, &s->text, err))
        return false;
    if (!looks_like_claims(&s->text)) {
        buffer_clear(&s->text);
        if (!read_evidence(args, path, s, err))
            return false;
    }
    return json_parse(buffer_bytes(&s->text), NULL, &s->doc, err) || quoth_within(err, path);
}

static void value_of(struct json value, struct buffer *to)
{
    json_write_canonical(value, to);
}

static void tell(const struct cli *cli, const char *group, struct json name, struct json a,
                 struct json b, struct buffer *to)
{
    AUTO(buffer) struct buffer plain = {0}, left = {0}, right = {0};
    char shown[512];
    json_text(name, &plain);
    value_of(a, &left);
    value_of(b, &right);
    if (cli->json) {
        json_object_begin(to);
        json_named_cstring(to, "group", group);
        json_named_string(to, "claim", buffer_bytes(&plain));
        if (json_exists(a)) {
            json_name(to, "a");
            json_raw(to, buffer_bytes(&left));
        }
        if (json_exists(b)) {
            json_name(to, "b");
            json_raw(to, buffer_bytes(&right));
        }
        json_object_end(to);
        return;
    }
    buffer_printf(to, "  %s\n", text_escape(shown, sizeof shown, buffer_bytes(&plain)));
    if (json_exists(a))
        buffer_printf(to, "    %s- %s%s\n", output_color(cli, COLOR_BAD),
                      text_escape(shown, sizeof shown, buffer_bytes(&left)),
                      output_color(cli, COLOR_PLAIN));
    if (json_exists(b))
        buffer_printf(to, "    %s+ %s%s\n", output_color(cli, COLOR_GOOD),
                      text_escape(shown, sizeof shown, buffer_bytes(&right)),
                      output_color(cli, COLOR_PLAIN));
}

static bool same_value(struct json a, struct json b)
{
    AUTO(buffer) struct buffer left = {0}, right = {0};
    if (!json_exists(a) || !json_exists(b))
        return false;
    value_of(a, &left);
    value_of(b, &right);
    return !left.failed && !right.failed && bytes_equal(buffer_bytes(&left), buffer_bytes(&right));
}

/* Members of one side that the other has not or has otherwise; both_told: those that both have were
 * told from the other side. */
static size_t compare(const struct cli *cli, const char *group, struct json from, struct json with,
                      bool swapped, struct buffer *to)
{
    size_t count = 0;
    for (struct json m = json_first(from); json_exists(m); m = json_next(m)) {
        AUTO(buffer) struct buffer name = {0};
        struct quoth_error ignored = {0};
        struct json other = {0};
        json_text(json_member_name(m), &name);
        AUTO(text) char *text = buffer_take_text(&name, &ignored);
        if (!text || strcmp(group_of(text), group) != 0)
            continue;
        const bool both = json_member(with, text, &other);
        if ((both && swapped) || same_value(m, other))
            continue;
        tell(cli, group, json_member_name(m), swapped ? other : m, swapped ? m : other, to);
        count++;
    }
    return count;
}

static size_t compare_group(const struct cli *cli, const char *group, const struct side *a,
                            const struct side *b, struct buffer *to)
{
    AUTO(buffer) struct buffer lines = {0};
    struct buffer *into = cli->json ? to : &lines;
    const size_t count = compare(cli, group, json_root(&a->doc), json_root(&b->doc), false, into) +
                         compare(cli, group, json_root(&b->doc), json_root(&a->doc), true, into);
    if (!cli->json && count > 0) {
        buffer_printf(to, "%s\n", group);
        buffer_add(to, buffer_bytes(&lines));
    }
    return count;
}

bool evidence_diff_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct evidence_diff_args *given = args;
    AUTO(side) struct side a = {0}, b = {0};
    AUTO(buffer) struct buffer out = {0};
    size_t count = 0;
    if (!read_side(&given->verifying, given->a, &a, err) ||
        !read_side(&given->verifying, given->b, &b, err))
        return false;
    if (cli->json) {
        json_object_begin(&out);
        json_name(&out, "differences");
        json_array_begin(&out);
    }
    for (size_t i = 0; i < COUNT(group_names); i++)
        count += compare_group(cli, group_names[i], &a, &b, &out);
    cli->status = count > 0;
    if (!cli->json) {
        buffer_printf(&out, "%zu claim%s differ%s%s\n", count, count == 1 ? "" : "s",
                      count == 1 ? "s" : "",
                      a.verified && b.verified ? "" : "; what was read is not verified");
        return output_write(&out, err);
    }
    json_array_end(&out);
    json_named_bool(&out, "same", count == 0);
    json_named_bool(&out, "verified", a.verified && b.verified);
    json_object_end(&out);
    return output_json(&out, err);
}
