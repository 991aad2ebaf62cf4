/* The options that every verifying command shares (DESIGN, "The command line is an interface"), and
 * what they come to. */
#ifndef QUOTH_CLI_VERIFYING_H
#define QUOTH_CLI_VERIFYING_H

#include "cli/options.h"
#include "collateral/key.h"
#include "verifier/verifier.h"

/* Whom to trust. A root that is named counts as simulated unless the class says otherwise: what a
 * stranger's root vouches for is not passed off as hardware by leaving something out (THREATS 5).
 */
struct trust_args {
    const char *root, *class;
};

/* How a PCS or PCCS is asked. */
struct service_args {
    const char *ca, *update;
    struct option_uint number;
};

struct verifying_args {
    const char *tee, *collateral, *runtime_data, *runtime_data_type, *accept;
    const char *policy; /* a file; its rules judge debug TEEs then. For the verb to offer */
    struct option_time at;
    bool allow_debug, no_crl;
    struct trust_args trust;
    struct service_args service;
};

/* A verb lists those it has with CLI_OPTIONS, at the place of the struct in its arguments. */
extern const struct option_row verifying_options[8], trust_options[2], service_options[3];
/* The built-in roots, or the one that is named, in DER or PEM. QUOTH_USAGE, QUOTH_TRUST_ROOT or
 * QUOTH_IO. */
bool trust_from_args(const struct trust_args *args, struct trust *ret_trust,
                     struct quoth_error *err);

/* What a path holds or a URL gives for a platform; progress shows on a terminal. Without key only
 * paths will do. */
bool collateral_from_args(const struct service_args *args, const char *from,
                          const struct collateral_key *key, struct collateral *ret_collateral,
                          struct quoth_error *err);

/* Judges evidence as the options say, at *at. False: an error of usage, before any judgement; what
 * else is wrong is in ret, which was initialised by appraisal_init. */
bool verifying_judge(const struct verifying_args *args, struct bytes evidence, int64_t at,
                     struct appraisal *ret, struct quoth_error *err);

/* The same without collateral: nothing is fetched, and what is claimed is not verified. */
bool verifying_read(const struct verifying_args *args, struct bytes evidence, int64_t at,
                    struct appraisal *ret, struct quoth_error *err);

#endif
