/* How many attestations this machine could do, were there nothing but their arithmetic. Asked again
 * beside each measurement of a server, as machines change their speed. */
#include "bench/bench.h"
#include "bench/crypto.h"
#include "bench/figures.h"
#include "bench/stats.h"

#include <stdio.h>

#define ROUNDS 9

/* quoth-bench bound [--figures FILE] */
int verb_bound(const struct arguments *a)
{
    struct crypto *crypto = crypto_open();
    const struct work works[] = {crypto_work(crypto, CRYPTO_V), crypto_work(crypto, CRYPTO_ATTEST)};
    struct timing timings[COUNT(works)];
    measure(works, timings, COUNT(works), ROUNDS);
    const double us = timing_us(&timings[1]), rate = (double)cores_usable() * 1e6 / us;
    printf("  %-24s %8.0f   (%zu cores / %.0f us = %.2f V of %.1f us)\n", "bound", rate,
           cores_usable(), us, timing_ratio(&timings[1], &timings[0]), timing_us(&timings[0]));
    figure_add(argument(a, "figures", NULL), "bound_rate", rate);
    crypto_close(crypto);
    return 0;
}
