/* What an evaluation may cost at worst: no step of an event thread takes longer than ten milliseconds
 * (THREATS 25), whatever the policy and the claims are. Measured in the thread's own time beside a
 * piece of work that is always the same, so that a slow machine, or one whose core is shared, is no
 * slow policy; and again while it is not less, as no run gets shorter by being disturbed. */
#include "policy/evaluate.h"
#include "tests/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
#define LIMIT_US 200000 /* clang builds may be instrumented, and cannot be told */
#else
#define LIMIT_US 10000
#endif
#define RUNS 500
#define YARDSTICK 16384   /* numbers that are put into order */
#define YARDSTICK_US 1000 /* for which a machine has this long that has LIMIT_US for a policy */
#define HELD (32u << 10)  /* of runtime data */

#define V12(rules) "version=1.2;authorizationrules{" rules

enum material { NUMBERS, REALS, TEXT, NESTED, MEMBERS };

/* Claims as an attester may send them. */
static void write_material(enum material m, struct buffer *to)
{
    buffer_text(to, m == TEXT ? "{\"a\":\"" : m == MEMBERS ? "{" : "{\"a\":[");
    for (unsigned i = 0; to->len < HELD - 32; i++)
        switch (m) {
        case NUMBERS:
            buffer_printf(to, "%s%u", i ? "," : "", i * 7919 % 9973);
            break;
        case REALS:
            buffer_printf(to, "%s%u.%ue-7", i ? "," : "", i, i);
            break;
        case TEXT:
            buffer_text(to, "x");
            break;
        case NESTED:
            buffer_printf(to, "%s{\"a\":[%u]}", i ? "," : "", i);
            break;
        case MEMBERS:
            buffer_printf(to, "%s\"m%u\":%u", i ? "," : "", i, i);
            break;
        }
    buffer_text(to, m == TEXT ? "\"}" : m == MEMBERS ? "}" : "]}");
}

/* clang-format off */
static const struct {
    const char *name, *before, *repeated, *after;
    size_t times;
    enum material material;
} bombs[] = {
    {"claims against claims",       V12(""), "a:[issuer!=\"x\"]&&b:[value!=a.value]&&[value!=b.value]=>permit();", "};", 400, NUMBERS},
    {"long values, one byte apart", V12("=>add(type=\"s\",value=JsonToClaimValue(\"[\\\"0\\\",\\\"1\\\",\\\"2\\\",\\\"3\\\",\\\"4\\\",\\\"5\\\",\\\"6\\\",\\\"7\\\",\\\"8\\\",\\\"9\\\",\\\"a\\\",\\\"b\\\",\\\"c\\\",\\\"d\\\",\\\"e\\\",\\\"f\\\"]\"));"
                                        "c:[type==\"x-ms-runtime\"]&&d:[type==\"s\"]=>add(type=AppendString(\"t\",d.value),value=AppendString(c.value,d.value));"),
                                    "a:[issuer==\"AttestationPolicy\"]&&b:[value!=a.value]&&[value!=b.value,value!=a.value]=>permit();", "};", 600, TEXT},
    {"sets of long values",         V12("=>add(type=\"s\",value=JsonToClaimValue(\"[\\\"0\\\",\\\"1\\\",\\\"2\\\",\\\"3\\\",\\\"4\\\",\\\"5\\\",\\\"6\\\",\\\"7\\\"]\"));"
                                        "c:[type==\"x-ms-runtime\"]&&d:[type==\"s\"]=>add(type=AppendString(\"t\",d.value),value=AppendString(c.value,\"0\"));"),
                                    "a:[issuer==\"AttestationPolicy\"]&&b:[type==\"t1\"]=>add(type=\"r\",value=ContainsOnlyValue(a.value,b.value));", "};", 600, TEXT},
    {"a string that doubles",       V12("=>add(type=\"s\",value=\"0123456789abcdef\");"), "c:[type==\"s\"]&&d:[type==\"s\"]=>add(type=\"s\",value=AppendString(c.value,d.value));", "};", 200, TEXT},
    {"claims without end",          V12("=>add(type=\"s\",value=\"x\");"), "c:[type==\"s\"]=>add(type=\"s\",value=AppendString(c.value,\"x\"));", "};", 1000, TEXT},
    {"documents without end",       V12("=>add(type=\"s\",value=JsonToClaimValue(\"[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29]\"));"
                                        "=>add(type=\"j\",value=\"{\\\"a\\\":1}\");"),
                                    "c:[type==\"s\"]&&d:[type==\"j\"]&&e:[type==\"j\",value!=JmesPath(AppendString(d.value,\" \"),\"a\"),value!=c.value]=>permit();", "};", 500, TEXT},
    {"a sort again and again",      V12(""), "c:[type==\"x-ms-runtime\"]=>add(type=\"r\",value=JmesPath(c.value,\"length(sort(a))\"));", "};", 500, NUMBERS},
    {"numbers written",             V12(""), "c:[type==\"x-ms-runtime\"]=>add(type=\"r\",value=JmesPath(c.value,\"to_string(a)\"));", "};", 500, REALS},
    {"numbers written many times",  V12(""), "c:[type==\"x-ms-runtime\"]=>add(type=\"r\",value=JmesPath(c.value,\"length(to_string([a,a,a,a,a,a]))\"));", "};", 500, REALS},
    {"numbers read",                V12(""), "c:[type==\"x-ms-runtime\"]=>add(type=\"r\",value=JmesPath(AppendString(c.value,\" \"),\"b\"));", "};", 500, REALS},
    {"members read",                V12(""), "c:[type==\"x-ms-runtime\"]=>add(type=\"r\",value=JmesPath(AppendString(c.value,\" \"),\"b\"));", "};", 500, MEMBERS},
    {"claims made of a document",   V12(""), "c:[type==\"x-ms-runtime\"]=>add(type=\"r\",value=JsonToClaimValue(JmesPath(c.value,\"a\")));", "};", 500, NUMBERS},
    {"members merged",              V12(""), "c:[type==\"x-ms-runtime\"]=>add(type=\"r\",value=JmesPath(c.value,\"length(merge(@,@,@,@))\"));", "};", 500, MEMBERS},
    {"projections in projections",  V12(""), "c:[type==\"x-ms-runtime\"]=>add(type=\"r\",value=JmesPath(c.value,\"length(a[].a[].[@,@][].[@,@][])\"));", "};", 300, NESTED},
    {"every filter",                V12(""), "c:[type==\"x-ms-runtime\"]=>add(type=\"r\",value=JmesPath(c.value,\"length(a[?a[0]>`5`&&a[0]<`90`||contains(a,`7`)])\"));", "};", 300, NESTED},
    {"a long text searched",        V12(""), "c:[type==\"x-ms-runtime\"]=>add(type=\"r\",value=JmesPath(c.value,\"contains(a,'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy')\"));", "};", 400, TEXT},
    {"a long text turned round",    V12(""), "c:[type==\"x-ms-runtime\"]=>add(type=\"r\",value=JmesPath(c.value,\"length(reverse(reverse(reverse(reverse(a)))))\"));", "};", 400, TEXT},
    {"queries read again",          V12(""), "c:[type==\"x-ms-runtime\"]=>add(type=\"r\",value=JmesPath(\"{}\",\"[a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,[a,b,c,d,e,f,g,h,i,j,k,l,m]]\"));", "};", 380, TEXT},
    {"rules that say nothing",      V12(""), "=>permit();", "};", 1024, TEXT},
    {"tests that hold",             V12(""), "[value!=1,value!=2,value!=3,value!=4,value!=5,value!=6,value!=7,value!=8]=>permit();", "};", 700, TEXT},
};
/* clang-format on */

static uint64_t thread_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int by_size(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint64_t yardstick_us(void)
{
    static uint32_t numbers[YARDSTICK];
    uint32_t x = 1;
    for (size_t i = 0; i < YARDSTICK; i++)
        numbers[i] = x = x * 1664525 + 1013904223;
    const uint64_t started = thread_us();
    qsort(numbers, YARDSTICK, sizeof *numbers, by_size);
    return thread_us() - started;
}

struct measure {
    uint64_t best, yardstick, limit; /* us */
};

/* Whether to measure once more; the first time with all zero. */
static bool again(struct measure *m, int run)
{
    const uint64_t yardstick = yardstick_us();
    m->yardstick = run == 0 || yardstick < m->yardstick ? yardstick : m->yardstick;
    m->limit = m->yardstick > YARDSTICK_US ? LIMIT_US * m->yardstick / YARDSTICK_US : LIMIT_US;
    return run == 0 || (run < RUNS && m->best >= m->limit);
}

static void note(struct measure *m, int run, uint64_t took)
{
    m->best = run == 0 || took < m->best ? took : m->best;
}

static void add_claims(struct claims *to, struct bytes runtime)
{
    for (int i = 0; i < 60; i++) {
        char name[16];
        snprintf(name, sizeof name, "claim%d", i);
        claims_add_int(to, CLAIM_FROM_EVIDENCE, name, i);
    }
    claims_add_json(to, CLAIM_FROM_REQUEST, "x-ms-runtime", runtime);
}

static uint64_t judge(const struct policy *policy, const struct claims *in, size_t *ret_steps,
                      enum quoth_code *ret_code)
{
    const uint64_t started = thread_us();
    AUTO(policy_evaluation) struct policy_evaluation e = POLICY_EVALUATION_INIT;
    policy_add_claims(&e, in);
    policy_evaluate(policy, &e);
    *ret_steps = WORK_STEPS - e.work.steps;
    *ret_code = e.error.code;
    return thread_us() - started;
}

static void no_evaluation_takes_long(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bombs); i++) {
        AUTO(buffer) struct buffer text = {0}, runtime = {0};
        AUTO(policy) struct policy *policy = NULL;
        AUTO(claims) struct claims *in = claims_open();
        struct quoth_error err = {0};
        enum quoth_code code = QUOTH_OK;
        struct measure m = {0};
        size_t steps = 0;
        buffer_text(&text, bombs[i].before);
        for (size_t k = 0; k < bombs[i].times; k++)
            buffer_text(&text, bombs[i].repeated);
        buffer_text(&text, bombs[i].after);
        write_material(bombs[i].material, &runtime);
        add_claims(in, buffer_bytes(&runtime));
        if (!policy_open(buffer_bytes(&text), &policy, NULL, &err))
            fail_msg("%s: %s: %s", bombs[i].name, err.where, err.message);
        for (int run = 0; again(&m, run); run++)
            note(&m, run, judge(policy, in, &steps, &code));
        print_message("  %-30s %7llu us of %llu %7zu steps %s\n", bombs[i].name,
                      (unsigned long long)m.best, (unsigned long long)m.limit, steps,
                      quoth_code_dotted(code));
        assert_true(m.best < m.limit);
    }
}

/* Draft policies are parsed on the way of a request. */
static void no_text_takes_long_to_parse(void **state)
{
    (void)state;
    static const char *const repeated[] = {"=>permit();",
                                           "[value==1]=>permit();",
                                           "//x\n",
                                           "\"",
                                           "[",
                                           "!",
                                           "\xff",
                                           "a:[value==1]&&",
                                           "a:[type==\"",
                                           "=>add(type=\"a\",value=f(",
                                           "=>add(type=\"a\",value=NegateBool("};
    for (size_t i = 0; i < COUNT(repeated); i++) {
        AUTO(buffer) struct buffer text = {0};
        struct measure m = {0};
        buffer_text(&text, V12(""));
        while (text.len + strlen(repeated[i]) < POLICY_TEXT_MAX)
            buffer_text(&text, repeated[i]);
        for (int run = 0; again(&m, run); run++) {
            AUTO(policy) struct policy *policy = NULL;
            struct quoth_error err = {0};
            const uint64_t started = thread_us();
            (void)policy_open(buffer_bytes(&text), &policy, NULL, &err);
            note(&m, run, thread_us() - started);
        }
        print_message("  text %-29zu %7llu us of %llu\n", i, (unsigned long long)m.best,
                      (unsigned long long)m.limit);
        assert_true(m.best < m.limit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_evaluation_takes_long),
        cmocka_unit_test(no_text_takes_long_to_parse),
    };
    return cmocka_run_group_tests_name("policy/cost", tests, NULL, NULL);
}
