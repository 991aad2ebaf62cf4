/* Running out of memory at every place where that can happen: no crash, nothing accepted, and never
 * a word against the evidence. Our own allocations fail here, one at a time (the linker wraps
 * them). */
#include "collateral/part.h"
#include "tests/vectors/vectors.h"

static const char *folder; /* tests/vectors */

/* Counts down to the allocation that fails; 0: none does. */
static size_t countdown;

static bool fails_now(void)
{
    return countdown > 0 && --countdown == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fails_now() ? NULL : __real_reallocarray(old, count, size);
}

struct sample {
    const char *quote, *tcb_info, *qe_identity;
};

static const struct sample samples[] = {
    {"sim/quote-00.bin", "sim/tcbinfo-29.json", "sim/qeid-08.json"}, /* with advisories */
    {"sim/quote-05.bin", "sim/tcbinfo-01.json", "sim/qeid-01.json"}, /* TDX 1.5 */
};

static void load(const struct sample *s, struct buffer *ret_quote, struct collateral *ret)
{
    struct quoth_error err = {0};
    AUTO(collateral_builder) struct collateral_builder b = {0};
    vector_read(folder, s->quote, ret_quote);
    vector_add_part(&b, COLLATERAL_TCB_INFO, folder, s->tcb_info);
    vector_add_part(&b, COLLATERAL_QE_IDENTITY, folder, s->qe_identity);
    vector_add_part(&b, COLLATERAL_TCB_INFO_CHAIN, folder, "sim/signer-00.pem");
    vector_add_part(&b, COLLATERAL_QE_IDENTITY_CHAIN, folder, "sim/signer-00.pem");
    vector_add_part(&b, COLLATERAL_ROOT_CRL, folder, "sim/rootcrl-00.der");
    vector_add_part(&b, COLLATERAL_PCK_CRL, folder, "sim/pckcrl-00.der");
    assert_true(collateral_finish(&b, ret, &err));
}

/* One verification whose allocation number at fails. True: it was not reached. */
static bool judge(const struct verifier_input *in, size_t at, struct proofs *proofs)
{
    struct quoth_error err = {0};
    AUTO(appraisal) struct appraisal a = {0};
    struct verifier_input own = *in;
    own.tee_input.proofs = proofs;
    countdown = at;
    const bool started = appraisal_init(&a, in->tee_input.at, &err);
    const bool accepted = started && verifier_appraise(&own, &a);
    const bool reached = at > 0 && countdown == 0;
    countdown = 0;
    if (!reached && !accepted)
        fail_msg("%s: %s", a.error.where, a.error.message);
    if (reached && accepted)
        fail_msg("accepted without allocation %zu", at);
    if (reached && started && quoth_code_http(a.error.code) < 500)
        fail_msg("allocation %zu: %s at %s", at, quoth_code_dotted(a.error.code), a.error.where);
    return !reached;
}

static void no_memory_is_no_verdict(void **state)
{
    (void)state;
    struct trust trust;
    vector_trust(folder, "sim/root-00.pem", TRUST_SIMULATED, &trust);
    for (size_t i = 0; i < COUNT(samples); i++) {
        size_t at = 0;
        AUTO(buffer) struct buffer quote = {0};
        AUTO(collateral) struct collateral collateral = {0};
        load(&samples[i], &quote, &collateral);
        const struct verifier_input in = {
            .tee_input = {.evidence = buffer_bytes(&quote),
                          .collateral = &collateral,
                          .trust = &trust,
                          .at = 1794700800,
                          .accept = ACCEPT_ALL},
        };
        while (!judge(&in, ++at, NULL))
            continue;
        print_message("  %s: %zu allocations\n", samples[i].quote, at - 1);
        assert_true(at > 50);
    }
}

/* What failed half-way leaves nothing in the cache that would help the next one along. */
static void a_cache_survives_it(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct trust trust;
    size_t at = 0;
    AUTO(buffer) struct buffer quote = {0};
    AUTO(collateral) struct collateral collateral = {0};
    AUTO(proofs) struct proofs *proofs = NULL;
    vector_trust(folder, "sim/root-00.pem", TRUST_SIMULATED, &trust);
    load(&samples[0], &quote, &collateral);
    assert_true(proofs_open(PROOFS_BYTES_DEFAULT, &proofs, &err));
    const struct verifier_input in = {
        .tee_input = {.evidence = buffer_bytes(&quote),
                      .collateral = &collateral,
                      .trust = &trust,
                      .at = 1794700800,
                      .accept = ACCEPT_ALL},
    };
    while (!judge(&in, ++at, proofs))
        continue;
    assert_true(judge(&in, 0, proofs));
}

int main(void)
{
    struct quoth_error err = {0};
    const char *source = getenv("QUOTH_SOURCE");
    AUTO(text) char *path = path_join(source ? source : ".", "tests/vectors", &err);
    folder = path;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_is_no_verdict),
        cmocka_unit_test(a_cache_survives_it),
    };
    return cmocka_run_group_tests_name("vectors/memory", tests, NULL, NULL);
}
