#include "cli/program_end.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/output.h"

#define STATUS_REFUSED 125
#define STATUS_NOT_STARTED 126
#define STATUS_NOT_FOUND 127
#define STATUS_SIGNAL 128

static int status_of(const struct quoth_error *err)
{
    switch (err->code) {
    case QUOTH_TD_EXE_ABSENT:
        return STATUS_NOT_FOUND;
    case QUOTH_ENCLAVE_EXEC:
        return STATUS_NOT_STARTED;
    case QUOTH_IO: /* a file that cannot be read or measured */
        return STATUS_REFUSED;
    default:
        return quoth_code_exit(err->code) == 3 ? 3 : STATUS_REFUSED;
    }
}

void program_end(struct cli *cli, bool ran, int wait_status, const struct quoth_error *err)
{
    if (!ran) {
        output_error(cli, err);
        cli->status = status_of(err);
    } else if (WIFSIGNALED(wait_status)) {
        fprintf(stderr, "[quoth] the program was ended by signal %d (%s)\n", WTERMSIG(wait_status),
                strsignal(WTERMSIG(wait_status)));
        cli->status = STATUS_SIGNAL + WTERMSIG(wait_status);
    } else {
        cli->status = WEXITSTATUS(wait_status);
    }
}
