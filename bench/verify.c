/* The library beside the bound: what verification costs with nothing known, with known collateral,
 * and with a known platform; and whether two threads do twice the work of one. */
#include "bench/bench.h"
#include "bench/crypto.h"
#include "bench/figures.h"
#include "bench/policies.h"
#include "bench/scene.h"
#include "bench/stats.h"
#include "verifier/verifier.h"

#include <stdio.h>

#define ROUNDS 25
#define PAIR_ROUNDS 15
#define FLEET 32 /* platforms below one root */
#define LINES_MAX 24
#define GENUINE_AT 1751371200 /* 2025-07-01T12:00:00Z: all genuine collateral is valid */

/* One thread's verifier of one scene. */
struct judge {
    const struct scene *scene;
    struct proofs *proofs; /* NULL: nothing is ever known */
};

static void verify(const struct judge *j, size_t quote)
{
    struct quoth_error err = {0};
    AUTO(appraisal) struct appraisal a = {0};
    const struct scene *s = j->scene;
    const struct verifier_input in = {
        .form = EVIDENCE_BARE,
        .tee_input = {.evidence = buffer_bytes(&s->quotes[quote]),
                      .collateral = &s->collateral,
                      .trust = &s->trust,
                      .at = s->at,
                      .accept = s->accept,
                      .proofs = j->proofs},
    };
    appraisal_init(&a, s->at, &err);
    give_up_if(&err);
    verifier_appraise(&in, &a);
    give_up_if(&a.error);
}

static void verify_first(void *arg, size_t times)
{
    for (size_t i = 0; i < times; i++)
        verify(arg, 0);
}

/* Every platform but the first, each for the first time. */
static void verify_fleet(void *arg, size_t times)
{
    for (size_t i = 1; i <= times; i++)
        verify(arg, i);
}

static void forget(void *arg)
{
    struct judge *j = arg;
    struct quoth_error err = {0};
    proofs_close(j->proofs);
    j->proofs = NULL;
    proofs_open(PROOFS_BYTES_DEFAULT, &j->proofs, &err);
    give_up_if(&err);
    verify(j, 0);
}

/* The three states of knowledge on one scene, for one thread. */
struct trio {
    struct judge cold, fresh, known;
    struct work works[3];
};

static void trio_open(struct trio *t, const struct scene *scene)
{
    *t = (struct trio){
        .cold = {scene, NULL},
          .fresh = {scene, NULL},
          .known = {scene, NULL}
    };
    forget(&t->fresh);
    forget(&t->known);
    t->works[0] = (struct work){
        .name = "cold: nothing known, 9 signatures", .run = verify_first, .arg = &t->cold};
    t->works[1] = (struct work){.name = "warm: new platform, 3 signatures",
                                .run = verify_fleet,
                                .prepare = forget,
                                .arg = &t->fresh,
                                .times = scene->count - 1};
    t->works[2] = (struct work){
        .name = "warm: known platform, 1 signature", .run = verify_first, .arg = &t->known};
}

static void trio_close(struct trio *t)
{
    proofs_close(t->fresh.proofs);
    proofs_close(t->known.proofs);
}
DEFINE_AUTO_VALUE(trio, struct trio, trio_close)

/* What is measured in one go, and how it is shown: lines, some below a title of their own, some
 * kept as figures. */
struct board {
    struct work works[LINES_MAX];
    struct timing timings[LINES_MAX];
    const char *titles[LINES_MAX], *figures[LINES_MAX];
    size_t count;
};

static void board_add(struct board *b, const char *title, struct work work, const char *figure)
{
    b->works[b->count] = work;
    b->titles[b->count] = title;
    b->figures[b->count++] = figure;
}

/* Multiples of the first line. */
static void board_print(const struct board *b, const char *figures)
{
    for (size_t i = 0; i < b->count; i++) {
        const double us = timing_us(&b->timings[i]);
        const double multiple = timing_ratio(&b->timings[i], &b->timings[0]);
        if (b->titles[i])
            printf("\n%-46s %9s %10s %8s\n", b->titles[i], "us", "1/s", "V");
        printf("  %-44s %9.1f %10.0f %8.2f\n", b->works[i].name, us, 1e6 / us, multiple);
        if (b->figures[i])
            figure_add(figures, b->figures[i], multiple);
    }
}

/* How much of what is proven was found and how much was made, from what there is to keep. */
static void print_hit_rates(const struct scene *scene)
{
    AUTO(trio) struct trio t;
    trio_open(&t, scene);
    const size_t all = proofs_count(t.fresh.proofs);
    verify(&t.fresh, 1);
    const size_t made = proofs_count(t.fresh.proofs) - all;
    printf(
        "\nProofs found in the cache: cold 0 of %zu, new platform %zu of %zu, known platform all "
        "%zu\n",
        all, all - made, all, all);
}

static void add_genuine(struct board *b, const char *title, const struct trio *t)
{
    board_add(b, title, t->works[0], NULL);
    board_add(b, NULL, t->works[2], NULL);
}

static void measure_one_thread(const struct scene *simulated, const char *vectors,
                               const char *policy, const char *figures)
{
    static const char *const multiples[] = {"cold", "fresh", "known"};
    static const char *const judged[POLICY_WORKS] = {"policy_default", "policy_custom"};
    struct crypto *crypto = crypto_open();
    AUTO(trio) struct trio sim = {0};
    AUTO(trio) struct trio sgx = {0};
    AUTO(trio) struct trio tdx = {0};
    AUTO(scene) struct scene genuine_sgx = {0};
    AUTO(scene) struct scene genuine_tdx = {0};
    struct board b = {0};

    for (int i = 0; i < CRYPTO_WORKS; i++)
        board_add(&b, i == 0 ? "The bound: libcrypto alone, one core" : NULL,
                  crypto_work(crypto, (enum crypto_work)i), NULL);
    trio_open(&sim, simulated);
    for (size_t i = 0; i < COUNT(multiples); i++)
        board_add(&b, i == 0 ? "Verification, one core: SGX v3, simulated" : NULL, sim.works[i],
                  multiples[i]);
    if (vectors) {
        scene_read(vectors, "quotes/sgx3-processor-00a067110000.bin",
                   "collateral/phala-sgx-00a067-2025-06.json", GENUINE_AT, &genuine_sgx);
        scene_read(vectors, "quotes/tdx4-b0c06f-uptodate.bin",
                   "collateral/phala-tdx-b0c06f-2025-06.json", GENUINE_AT, &genuine_tdx);
        trio_open(&sgx, &genuine_sgx);
        trio_open(&tdx, &genuine_tdx);
        add_genuine(&b, "Verification, one core: SGX v3, genuine", &sgx);
        add_genuine(&b, "Verification, one core: TDX v4, genuine", &tdx);
    }
    struct policies *policies = policies_open(policy);
    for (size_t i = 0; i < POLICY_WORKS; i++)
        board_add(&b, i == 0 ? "A policy over the claims of an enclave" : NULL,
                  policies_work(policies, i), judged[i]);
    measure(b.works, b.timings, b.count, ROUNDS);
    board_print(&b, figures);
    if (!vectors)
        printf("\nGenuine quotes are left out: QUOTH_VECTORS names no folder that holds them\n");
    crypto_close(crypto);
}

/* Arithmetic in registers: what the machine itself makes of a second thread. */
static void spin(void *arg, size_t times)
{
    uint64_t x = 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < times * 1000; i++)
        x = (x ^ x >> 29) * 0xBF58476D1CE4E5B9u;
    *(volatile uint64_t *)arg = x;
}

static void measure_two_threads(const struct scene *scene, const char *figures)
{
    static const char *const shares[] = {"cold_threads", "fresh_threads", "known_threads"};
    struct trio trios[2];
    struct crypto *crypto[2];
    uint64_t sinks[2];
    struct pair control, pairs[4];
    struct scaling scalings[4];
    double of_control;

    if (cores_usable() < 2) {
        printf("\nTwo threads are not measured: there is one core\n");
        return;
    }
    for (size_t lane = 0; lane < 2; lane++) {
        crypto[lane] = crypto_open();
        trio_open(&trios[lane], scene);
        control.lane[lane] = (struct work){.run = spin, .arg = &sinks[lane]};
        for (size_t i = 0; i < 3; i++)
            pairs[i].lane[lane] = trios[lane].works[i];
        pairs[3].lane[lane] = crypto_work(crypto[lane], CRYPTO_ATTEST);
    }
    measure_pairs(pairs, &control, COUNT(pairs), PAIR_ROUNDS, scalings, &of_control);

    printf("\n%-46s %9s %10s\n", "Two threads against one", "ratio", "of control");
    printf("  %-44s %9.2f %10.2f\n", "control: arithmetic in registers", of_control, 1.0);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        printf("  %-44s %9.2f %10.2f\n", pairs[i].lane[0].name, scalings[i].ratio,
               scalings[i].of_control);
        if (i < COUNT(shares))
            figure_add(figures, shares[i], scalings[i].of_control);
    }
    for (size_t lane = 0; lane < 2; lane++) {
        trio_close(&trios[lane]);
        crypto_close(crypto[lane]);
    }
}

/* quoth-bench library --policy FILE [--figures FILE] */
int verb_library(const struct arguments *a)
{
    const char *figures = argument(a, "figures", NULL);
    AUTO(scene) struct scene simulated = {0};
    crypto_print_machine();
    scene_simulate(FLEET, &simulated);
    measure_one_thread(&simulated, getenv("QUOTH_VECTORS"), argument_need(a, "policy"), figures);
    print_hit_rates(&simulated);
    measure_two_threads(&simulated, figures);
    return 0;
}
