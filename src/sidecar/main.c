/* quoth-sidecar: the sidecar as a program for an enclave, a static PIE (docs/sidecar.md). Its
 * settings are variables of the measured configuration and nothing else: arguments are the host's to
 * choose. */
#include "sidecar/sidecar.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc > 1) {
        fprintf(stderr,
                "%s: takes no arguments: its settings are variables that are measured with "
                "it (docs/sidecar.md)\n",
                argv[0]);
        return quoth_code_exit(QUOTH_USAGE);
    }
    return sidecar_main("quoth-sidecar", 0, NULL);
}
