/* Evidence to verify: quotes of a fleet of simulated machines below one root, which every machine
 * can make; and genuine quotes, where the folder of recorded ones is at hand. */
#ifndef QUOTH_BENCH_SCENE_H
#define QUOTH_BENCH_SCENE_H

#include "collateral/collateral.h"
#include "tee/tcb.h"
#include "tee/trust.h"

#define SCENE_QUOTES_MAX 64

struct scene {
    struct buffer quotes[SCENE_QUOTES_MAX]; /* each of a platform of its own */
    size_t count;
    struct collateral collateral; /* of all */
    struct trust trust;
    tcb_status_set accept;
    int64_t at;
};

void scene_clear(struct scene *s);
DEFINE_AUTO_VALUE(scene, struct scene, scene_clear)

/* SGX quotes, version 3, of count machines of one family. Ends the program if it cannot. */
void scene_simulate(size_t count, struct scene *ret_scene);

/* A genuine quote with a bundle of collateral, files below vectors/dcap, judged at an instant. */
void scene_read(const char *vectors, const char *quote, const char *bundle, int64_t at,
                struct scene *ret_scene);

/* Appends an SGX quote, version 3, over report_data (64 bytes), of the platform in the folder; or a TDX
 * quote, version 4. */
void scene_quote(const char *folder, struct bytes report_data, struct buffer *ret_quote);
void scene_td_quote(const char *folder, struct bytes report_data, struct buffer *ret_quote);

#endif
