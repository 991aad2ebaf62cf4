/* quoth evidence learn: from a first good run, the policy that accepts exactly what ran, for its
 * operator to review. Evidence is verified before anything is learned from it, and the policy is
 * tried on it before it is printed. */
#include "base/time.h"
#include "cli/evidence_file.h"
#include "cli/evidence_verbs.h"
#include "cli/output.h"
#include "codec/json_write.h"
#include "policy/evaluate.h"

const struct option_row evidence_learn_options[] = {
    {0, "EVIDENCE",          OPT_LIST | OPT_REQUIRED, offsetof(struct evidence_learn_args, files),
     "of each program that is to pass"          },
    {0, "by=enclave|signer", OPT_CHOICE,              offsetof(struct evidence_learn_args, by),
     "what is to pass: this very code (enclave), or what its signer signs as the same product "
     "with this security version or a later one"},
};

#define PINS_MAX 16u
#define EVIDENCE_MAX 64u

enum { BY_ENCLAVE = 1, BY_SIGNER = 2 };

struct pin { /* a claim and how much of it a policy asks for */
    const char *claim;
    unsigned by;
    bool at_least; /* or more, by signer */
    const char *why;
};

static const struct pin sgx_pins[] = {
    {"x-ms-attestation-type",            BY_ENCLAVE | BY_SIGNER, false, "evidence of this kind of TEE"                   },
    {"x-ms-sgx-is-debuggable",           BY_ENCLAVE | BY_SIGNER, false, "no debugger can look into it"                   },
    {"x-ms-sgx-mrenclave",               BY_ENCLAVE,             false, "this very code and its initial data"            },
    {"x-ms-sgx-mrsigner",                BY_ENCLAVE | BY_SIGNER, false, "whose key has signed it"                        },
    {"x-ms-sgx-product-id",              BY_ENCLAVE | BY_SIGNER, false, "the signer's number for this product"           },
    {"x-ms-sgx-svn",                     BY_ENCLAVE | BY_SIGNER, true,  "its security version"                           },
    {"x-ms-sgx-config-id",               BY_ENCLAVE,             false, "what it was configured with when it was started"},
    {"x-ms-sgx-config-svn",              BY_ENCLAVE,             false, "security version of that"                       },
    {"x-ms-sgx-isv-family-id",           BY_ENCLAVE | BY_SIGNER, false, "the signer's family of products"                },
    {"x-ms-sgx-isv-extended-product-id", BY_ENCLAVE | BY_SIGNER, false,
     "the signer's longer number of the product"                                                                         },
};

static const struct pin tdx_pins[] = {
    {"x-ms-attestation-type",   BY_ENCLAVE, false, "evidence of this kind of TEE"                   },
    {"tdx_td_attributes_debug", BY_ENCLAVE, false, "no debugger can look into it"                   },
    {"tdx_td_attributes",       BY_ENCLAVE, false, "debugging and what else the host may do to it"  },
    {"tdx_xfam",                BY_ENCLAVE, false, "features of the processor that it may use"      },
    {"tdx_mrtd",                BY_ENCLAVE, false, "its initial memory: firmware"                   },
    {"tdx_rtmr0",               BY_ENCLAVE, false, "configuration of the firmware"                  },
    {"tdx_rtmr1",               BY_ENCLAVE, false, "boot loader and kernel"                         },
    {"tdx_rtmr2",               BY_ENCLAVE, false, "command line and initial RAM disk"              },
    {"tdx_rtmr3",               BY_ENCLAVE, false, "what programs have measured since"              },
    {"tdx_mrconfigid",          BY_ENCLAVE, false, "what it was configured with when it was started"},
    {"tdx_mrowner",             BY_ENCLAVE, false, "its owner"                                      },
    {"tdx_mrownerconfig",       BY_ENCLAVE, false, "its owner's configuration"                      },
};

struct identity {
    const char *file;
    const struct pin *pins;
    size_t count;
    bool has[PINS_MAX];
    struct buffer values[PINS_MAX]; /* as JSON, which is what policies write too */
    int64_t numbers[PINS_MAX];
};

struct learning {
    unsigned by;
    struct identity identities[EVIDENCE_MAX];
    size_t count;
};

static void learning_free(struct learning *l)
{
    for (size_t i = 0; l && i < l->count; i++)
        for (size_t p = 0; p < PINS_MAX; p++)
            buffer_clear(&l->identities[i].values[p]);
    free(l);
}
DEFINE_AUTO(learning, struct learning *, learning_free)

static bool is_wanted(const struct learning *l, const struct identity *id, size_t pin)
{
    return id->has[pin] && id->pins[pin].by & l->by;
}

static bool is_at_least(const struct learning *l, const struct pin *pin)
{
    return pin->at_least && l->by == BY_SIGNER;
}

/* ---- reading */

static bool judge(const struct evidence_learn_args *a, const char *file, struct appraisal *verdict,
                  struct quoth_error *err)
{
    const int64_t at = a->verifying.at.given ? a->verifying.at.value : time_now();
    AUTO(buffer) struct buffer evidence = {0};
    if (!appraisal_init(verdict, at, err) || !evidence_file_read(file, &evidence, err) ||
        !verifying_judge(&a->verifying, buffer_bytes(&evidence), at, verdict, err))
        return false;
    if (verdict->error.code == QUOTH_OK)
        return true;
    *err = verdict->error;
    return quoth_within(err, file);
}

static bool take_pins(struct identity *id, const struct appraisal *verdict, struct quoth_error *err)
{
    const bool sgx = strcmp(verdict->tee, "sgx") == 0;
    id->pins = sgx ? sgx_pins : tdx_pins;
    id->count = sgx ? COUNT(sgx_pins) : COUNT(tdx_pins);
    for (size_t i = 0; i < id->count; i++) {
        const struct claim *c = claims_find(verdict->claims, id->pins[i].claim);
        if (!c)
            continue;
        id->has[i] = true;
        id->numbers[i] = c->kind == CLAIM_INT ? c->integer : 0;
        claim_write(&id->values[i], c);
        if (!buffer_ok(&id->values[i], err))
            return false;
    }
    return true;
}

/* Whether both are the same but for versions, of which the lower one then counts. */
static bool is_same(const struct learning *l, const struct identity *a, const struct identity *b)
{
    bool same = a->pins == b->pins;
    for (size_t i = 0; same && i < a->count; i++)
        same = is_wanted(l, a, i) == is_wanted(l, b, i) &&
               (!is_wanted(l, a, i) || is_at_least(l, &a->pins[i]) ||
                bytes_equal(buffer_bytes(&a->values[i]), buffer_bytes(&b->values[i])));
    return same;
}

static void merge(const struct learning *l, struct identity *known, struct identity *found)
{
    for (size_t i = 0; i < known->count; i++) {
        if (is_wanted(l, known, i) && is_at_least(l, &known->pins[i]) &&
            found->numbers[i] < known->numbers[i]) {
            known->numbers[i] = found->numbers[i];
            buffer_clear(&known->values[i]);
            known->values[i] = take_value(found->values[i]);
        }
    }
    for (size_t i = 0; i < PINS_MAX; i++)
        buffer_clear(&found->values[i]);
    *found = (struct identity){0};
}

static bool learn_file(const struct evidence_learn_args *a, struct learning *l, const char *file,
                       struct quoth_error *err)
{
    AUTO(appraisal) struct appraisal verdict = {0};
    if (l->count == EVIDENCE_MAX)
        return quoth_fail(err, QUOTH_USAGE, "EVIDENCE", QUOTH_NO_OFFSET,
                          "stands more than %u times", EVIDENCE_MAX);
    if (!judge(a, file, &verdict, err))
        return false;
    if (l->by == BY_SIGNER && strcmp(verdict.tee, "sgx") != 0)
        return quoth_fail(err, QUOTH_USAGE, "--by", QUOTH_NO_OFFSET,
                          "%s is of a machine, which nobody signs: leave out --by signer", file);
    struct identity *found = &l->identities[l->count++];
    found->file = file;
    if (!take_pins(found, &verdict, err))
        return false;
    for (size_t i = 0; i + 1 < l->count; i++)
        if (is_same(l, &l->identities[i], found)) {
            merge(l, &l->identities[i], found);
            l->count--;
            break;
        }
    return true;
}

/* ---- writing */

static size_t last_pin(const struct learning *l, const struct identity *id)
{
    size_t last = 0;
    for (size_t i = 0; i < id->count; i++)
        if (is_wanted(l, id, i))
            last = i;
    return last;
}

static void write_rule(const struct learning *l, const struct identity *id, struct buffer *to)
{
    char shown[200];
    const size_t last = last_pin(l, id);
    buffer_printf(to, "    // %s\n", text_escape(shown, sizeof shown, bytes_of_text(id->file)));
    for (size_t i = 0; i <= last; i++) {
        if (!is_wanted(l, id, i))
            continue;
        const bool debug = strstr(id->pins[i].claim, "debug") &&
                           bytes_equal(buffer_bytes(&id->values[i]), BYTES_LITERAL("true"));
        buffer_printf(to, "    [type==\"%s\", value%s", id->pins[i].claim,
                      is_at_least(l, &id->pins[i]) ? ">=" : "==");
        buffer_add(to, buffer_bytes(&id->values[i]));
        buffer_printf(to, "]%s // %s%s\n", i < last ? " &&" : "",
                      debug ? "A DEBUG TEE, which its host can look into" : id->pins[i].why,
                      is_at_least(l, &id->pins[i]) ? ", or a later one" : "");
    }
    buffer_text(to, "    => permit();\n");
}

static bool write_policy(const struct learning *l, struct buffer *to, struct quoth_error *err)
{
    buffer_printf(to,
                  "version=1.0;\n"
                  "// Learned by quoth evidence learn, by %s. Read it before you rely on it: it "
                  "permits\n// what was shown to it, whoever showed it.\n"
                  "authorizationrules\n{\n",
                  l->by == BY_SIGNER ? "signer" : "enclave");
    for (size_t i = 0; i < l->count; i++)
        write_rule(l, &l->identities[i], to);
    buffer_text(to, "};\nissuancerules\n{\n};\n");
    return buffer_ok(to, err);
}

/* What was written permits what it was written from. */
static bool try_policy(const struct evidence_learn_args *a, struct bytes text,
                       struct quoth_error *err)
{
    AUTO(policy) struct policy *policy = NULL;
    if (!policy_open(text, &policy, NULL, err))
        return false;
    for (size_t i = 0; i < a->files.count; i++) {
        AUTO(appraisal) struct appraisal verdict = {0};
        AUTO(claims) struct claims *issued = claims_open();
        if (!judge(a, a->files.items[i], &verdict, err))
            return false;
        if (!issued || !policy_decide(policy, verdict.claims, issued, err))
            return quoth_within(err, a->files.items[i]);
    }
    return true;
}

bool evidence_learn_run(struct cli *cli, const void *args, struct quoth_error *err)
{
    const struct evidence_learn_args *a = args;
    AUTO(learning) struct learning *l = calloc(1, sizeof *l);
    AUTO(buffer) struct buffer text = {0}, out = {0};
    if (!l)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    l->by = a->by && strcmp(a->by, "signer") == 0 ? BY_SIGNER : BY_ENCLAVE;
    for (size_t i = 0; i < a->files.count; i++)
        if (!learn_file(a, l, a->files.items[i], err))
            return false;
    if (!write_policy(l, &text, err) || !try_policy(a, buffer_bytes(&text), err))
        return false;
    if (!cli->json)
        return output_write(&text, err);
    json_object_begin(&out);
    json_named_string(&out, "policy", buffer_bytes(&text));
    json_named_uint(&out, "identities", l->count);
    json_object_end(&out);
    return output_json(&out, err);
}
