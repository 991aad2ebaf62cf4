/* quoth policy diff: what two policies do not share, rule by rule. Blanks and comments do not count.
 * Rules keep their order, as it can matter: of each section the longest common sequence stays, and
 * what is left over between two rules of it was removed, added, or, where both are, changed. */
#include "base/text.h"
#include "cli/output.h"
#include "cli/policy_file.h"
#include "cli/policy_verbs.h"
#include "codec/json_write.h"
#include "policy/explain.h"
#include "policy/lexer.h"

#include <stdio.h>

const struct option_row policy_diff_options[] = {
    {0, "A",     OPT_FILE | OPT_REQUIRED, offsetof(struct policy_diff_args, a),
     "a policy, or a JWS of it"                                                                },
    {0, "B",     OPT_FILE | OPT_REQUIRED, offsetof(struct policy_diff_args, b),     "the other"},
    {0, "cases", OPT_FILE,                offsetof(struct policy_diff_args, cases),
     "cases as those of quoth policy test: tell which the two judge differently"               },
};

DEFINE_AUTO(lengths, uint16_t *, free)

struct side {
    struct policy *policy;
    const struct policy_rule *rules[POLICY_RULES_MAX]; /* of the section that is looked at */
    struct buffer texts[POLICY_RULES_MAX];             /* their words, without comments */
    size_t count;
};

struct comparing {
    const struct cli *cli;
    struct side a, b;
    struct buffer out;
    bool differs;
};

static void leave_section(struct side *s)
{
    for (size_t i = 0; i < s->count; i++)
        buffer_clear(&s->texts[i]);
    s->count = 0;
}

static void comparing_free(struct comparing *c)
{
    if (!c)
        return;
    leave_section(&c->a);
    leave_section(&c->b);
    policy_close(c->a.policy);
    policy_close(c->b.policy);
    buffer_clear(&c->out);
    free(c);
}
DEFINE_AUTO(comparing, struct comparing *, comparing_free)

/* As people write rules; it follows from the words alone. */
static bool wants_blank(enum policy_word before, enum policy_word next)
{
    static const uint32_t none_after = 1u << WORD_PAREN | 1u << WORD_BRACKET | 1u << WORD_DOT |
                                       1u << WORD_NOT | 1u << WORD_COLON | 1u << WORD_END;
    static const uint32_t none_before = 1u << WORD_PAREN | 1u << WORD_UNPAREN |
                                        1u << WORD_UNBRACKET | 1u << WORD_COMMA |
                                        1u << WORD_SEMICOLON | 1u << WORD_DOT | 1u << WORD_COLON;
    return !(none_after >> before & 1) && !(none_before >> next & 1);
}

static bool write_words(struct policy *policy, const struct policy_rule *rule, struct buffer *to,
                        struct quoth_error *err)
{
    const struct bytes text = bytes_slice(policy->text, rule->at, rule->len);
    struct policy_lexer lexer = {.text = text, .arena = &policy->arena};
    enum policy_word before = WORD_END;
    for (struct policy_token t = policy_next(&lexer); t.word != WORD_END; t = policy_next(&lexer)) {
        buffer_text(to, wants_blank(before, t.word) ? " " : "");
        buffer_add(to, bytes_slice(text, t.at, t.len));
        before = t.word;
    }
    return buffer_ok(to, err);
}

static bool enter_section(struct side *s, enum policy_section section, struct quoth_error *err)
{
    leave_section(s);
    for (const struct policy_rule *r = s->policy->rules[section]; r; r = r->next) {
        s->rules[s->count] = r;
        if (!write_words(s->policy, r, &s->texts[s->count++], err))
            return false;
    }
    return true;
}

static bool same_rule(const struct comparing *c, size_t i, size_t j)
{
    return bytes_equal(buffer_bytes(&c->a.texts[i]), buffer_bytes(&c->b.texts[j]));
}

/* ---- what is told */

static void write_rule(const struct comparing *c, struct buffer *to, const struct side *s, size_t i,
                       const char *name, const char *mark)
{
    const struct policy_rule *r = s->rules[i];
    if (!c->cli->json) {
        char shown[400];
        buffer_printf(to, "  %s%s %u:%u  %s%s\n",
                      output_color(c->cli, mark[0] == '-' ? COLOR_BAD : COLOR_GOOD), mark, r->line,
                      r->column, text_escape(shown, sizeof shown, buffer_bytes(&s->texts[i])),
                      output_color(c->cli, COLOR_PLAIN));
        return;
    }
    json_name(to, name);
    json_object_begin(to);
    json_named_uint(to, "line", r->line);
    json_named_uint(to, "column", r->column);
    json_named_string(to, "text", buffer_bytes(&s->texts[i]));
    json_object_end(to);
}

/* i or j beyond its side's rules: there is none. */
static void tell(struct comparing *c, enum policy_section section, size_t i, size_t j)
{
    const bool removed = i < c->a.count, added = j < c->b.count;
    struct buffer *to = &c->out;
    c->differs = true;
    if (c->cli->json) {
        json_object_begin(to);
        json_named_cstring(to, "section", policy_section_name(section));
        json_named_cstring(to, "change", !added ? "removed" : removed ? "changed" : "added");
    }
    if (removed)
        write_rule(c, to, &c->a, i, "a", "-");
    if (added)
        write_rule(c, to, &c->b, j, "b", "+");
    if (c->cli->json)
        json_object_end(to);
}

/* ---- one section */

/* lengths[i][j]: of the longest sequence that the rules from i and from j on have in common. */
static uint16_t *find_lengths(const struct comparing *c, struct quoth_error *err)
{
    const size_t width = c->b.count + 1;
    uint16_t *lengths = calloc((c->a.count + 1) * width, sizeof *lengths);
    if (!lengths)
        quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    for (size_t i = c->a.count; lengths && i-- > 0;)
        for (size_t j = c->b.count; j-- > 0;) {
            const uint16_t without_a = lengths[(i + 1) * width + j],
                           without_b = lengths[i * width + j + 1];
            lengths[i * width + j] = same_rule(c, i, j)
                                         ? (uint16_t)(lengths[(i + 1) * width + j + 1] + 1)
                                     : without_a > without_b ? without_a
                                                             : without_b;
        }
    return lengths;
}

/* Tells what lies between two rules that both have: in pairs as long as both sides last. */
static void tell_gap(struct comparing *c, enum policy_section section, size_t i, size_t end_i,
                     size_t j, size_t end_j)
{
    for (; i < end_i || j < end_j; i += i < end_i, j += j < end_j)
        tell(c, section, i < end_i ? i : SIZE_MAX, j < end_j ? j : SIZE_MAX);
}

static bool compare_section(struct comparing *c, enum policy_section section,
                            struct quoth_error *err)
{
    if (!enter_section(&c->a, section, err) || !enter_section(&c->b, section, err))
        return false;
    AUTO(lengths) uint16_t *lengths = find_lengths(c, err);
    const size_t width = c->b.count + 1, before = c->out.len;
    size_t from_i = 0, from_j = 0, i = 0, j = 0;
    if (!lengths)
        return false;
    while (i < c->a.count && j < c->b.count) {
        if (same_rule(c, i, j)) {
            tell_gap(c, section, from_i, i, from_j, j);
            from_i = ++i;
            from_j = ++j;
        } else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) {
            i++;
        } else {
            j++;
        }
    }
    tell_gap(c, section, from_i, c->a.count, from_j, c->b.count);
    if (!c->cli->json && c->out.len > before) {
        AUTO(buffer) struct buffer lines = {0};
        buffer_add(&lines, bytes_slice(buffer_bytes(&c->out), before, SIZE_MAX));
        c->out.len = before;
        buffer_printf(&c->out, "%s\n", policy_section_name(section));
        buffer_add(&c->out, buffer_bytes(&lines));
    }
    return buffer_ok(&c->out, err);
}

/* ---- cases */

static bool judge(const char *file, struct json item, const struct policy *policy,
                  const char **ret_outcome, struct quoth_error *err)
{
    AUTO(policy_evaluation) struct policy_evaluation e = POLICY_EVALUATION_INIT;
    AUTO(appraisal) struct appraisal hold = {0};
    if (!policy_case_read(file, item, &hold, &e, err))
        return false;
    policy_evaluate(policy, &e);
    *ret_outcome = policy_outcome_name(e.error.code);
    return true;
}

static void tell_case(struct comparing *c, struct bytes name, const char *a, const char *b)
{
    char shown[200];
    if (!c->cli->json) {
        buffer_printf(&c->out, "  %s: %s, then %s\n", text_escape(shown, sizeof shown, name), a, b);
        return;
    }
    json_object_begin(&c->out);
    json_named_string(&c->out, "name", name);
    json_named_cstring(&c->out, "a", a);
    json_named_cstring(&c->out, "b", b);
    json_object_end(&c->out);
}

static bool compare_cases(struct comparing *c, const char *file, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    struct json cases;
    size_t count = 0, different = 0;
    if (!policy_cases_read(file, &text, &doc, &cases, err))
        return false;
    if (!c->cli->json)
        buffer_text(&c->out, "cases\n");
    for (struct json item = json_first(cases); json_exists(item); item = json_next(item)) {
        AUTO(buffer) struct buffer name = {0};
        const char *a, *b;
        if (!json_need_text(item, "name", &name, err) || !judge(file, item, c->a.policy, &a, err) ||
            !judge(file, item, c->b.policy, &b, err))
            return false;
        count++;
        if (strcmp(a, b) == 0)
            continue;
        different++;
        tell_case(c, buffer_bytes(&name), a, b);
    }
    if (!c->cli->json)
        buffer_printf(&c->out, "  %zu of %zu are judged differently\n", different, count);
    c->differs |= different > 0;
    return true;
}

/* ---- both policies */

static void version_text(const struct side *s, char text[8])
{
    snprintf(text, 8, "%u.%u", s->policy->version / 10 % 100, s->policy->version % 10);
}

static bool compare_rules(struct comparing *c, struct quoth_error *err)
{
    char a[8], b[8];
    version_text(&c->a, a);
    version_text(&c->b, b);
    c->differs = strcmp(a, b) != 0;
    if (c->cli->json) {
        json_object_begin(&c->out);
        json_name(&c->out, "rules");
        json_array_begin(&c->out);
    } else if (c->differs) {
        buffer_printf(&c->out, "version %s, then %s\n", a, b);
    }
    for (unsigned section = 0; section < SECTION_COUNT; section++)
        if (!compare_section(c, (enum policy_section)section, err))
            return false;
    if (c->cli->json)
        json_array_end(&c->out);
    return true;
}

static bool finish(struct comparing *c, struct quoth_error *err)
{
    char version[8];
    if (!c->cli->json) {
        if (!c->differs)
            buffer_text(&c->out, "the same rules\n");
        return output_write(&c->out, err);
    }
    json_name(&c->out, "versions");
    json_array_begin(&c->out);
    version_text(&c->a, version);
    json_cstring(&c->out, version);
    version_text(&c->b, version);
    json_cstring(&c->out, version);
    json_array_end(&c->out);
    json_named_bool(&c->out, "same", !c->differs);
    json_object_end(&c->out);
    return output_json(&c->out, err);
}

static bool compare_named_cases(struct comparing *c, const char *file, struct quoth_error *err)
{
    if (!file)
        return true;
    if (c->cli->json) {
        json_name(&c->out, "cases");
        json_array_begin(&c->out);
    }
    if (!compare_cases(c, file, err))
        return false;
    if (c->cli->json)
        json_array_end(&c->out);
    return true;
}

bool policy_diff_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct policy_diff_args *a = args;
    AUTO(comparing) struct comparing *c = calloc(1, sizeof *c);
    if (!c)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    c->cli = cli;
    if (!policy_file_open(a->a, &c->a.policy, err) || !policy_file_open(a->b, &c->b.policy, err) ||
        !compare_rules(c, err) || !compare_named_cases(c, a->cases, err))
        return false;
    cli->status = c->differs;
    return finish(c, err);
}
