/* What a sidecar may do, and whom it may contact (docs/sidecar.md). Each setting is an option of
 * `quothd sidecar` and a variable of the environment; quoth-sidecar, the program for enclaves, takes
 * variables alone, as arguments are the host's there. */
#ifndef QUOTH_SIDECAR_SETTINGS_H
#define QUOTH_SIDECAR_SETTINGS_H

#include "base/bytes.h"

#define SIDECAR_PEERS_MAX 16u

struct sidecar_peers { /* base URLs; views of copy */
    size_t count;
    const char *urls[SIDECAR_PEERS_MAX];
};

struct sidecar_settings { /* owned: sidecar_settings_clear */
    const char *listen;   /* "127.0.0.1:8080": plain HTTP, so a loopback address and no other */
    struct sidecar_peers verifiers, vaults;
    const char *verifier_ca, *vault_ca; /* PEM files; the first may be NULL: the system's roots */
    bool open_loopback;                 /* serve although the loopback is not this TEE's alone */
    bool help;
    char *copies[2 * SIDECAR_PEERS_MAX];
    size_t copy_count;
};

void sidecar_settings_clear(struct sidecar_settings *s);
DEFINE_AUTO_VALUE(sidecar_settings, struct sidecar_settings, sidecar_settings_clear)

/* From arguments (without the program's and the command's name), and from the environment for what
 * they do not say. Views of both. QUOTH_USAGE, QUOTH_URL: with the option's name. Unless help is
 * asked for, the settings are whole: a loopback address, a verifier at least, and a CA where there
 * is a vault. */
bool sidecar_settings_read(int argc, char *const *argv, struct sidecar_settings *ret_settings,
                           struct quoth_error *err);

/* Usage with all options and variables, appended. */
void sidecar_settings_help(const char *command, struct buffer *to);

#endif
