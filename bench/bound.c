/* How many attestations, and releases of keys, this machine could do, were there nothing but their arithmetic. Asked again
 * beside each measurement of a server, as machines change their speed. */
#include "bench/bench.h"
#include "bench/crypto.h"
#include "bench/figures.h"
#include "bench/stats.h"

#include <stdio.h>

#define ROUNDS 9

static void print_bound(const char *name, const char *figure, const struct timing *of,
                        const struct timing *unit, const struct arguments *a)
{
    const double us = timing_us(of), rate = (double)cores_usable() * 1e6 / us;
    printf("  %-24s %8.0f   (%zu cores / %.0f us = %.2f V of %.1f us)\n", name, rate,
           cores_usable(), us, timing_ratio(of, unit), timing_us(unit));
    figure_add(argument(a, "figures", NULL), figure, rate);
}

/* quoth-bench bound [--figures FILE] */
int verb_bound(const struct arguments *a)
{
    struct crypto *crypto = crypto_open();
    const struct work works[] = {crypto_work(crypto, CRYPTO_V), crypto_work(crypto, CRYPTO_ATTEST),
                                 crypto_work(crypto, CRYPTO_RELEASE)};
    struct timing timings[COUNT(works)];
    measure(works, timings, COUNT(works), ROUNDS);
    print_bound("bound", "bound_rate", &timings[1], &timings[0], a);
    print_bound("bound of releases", "bound_release_rate", &timings[2], &timings[0], a);
    crypto_close(crypto);
    return 0;
}
