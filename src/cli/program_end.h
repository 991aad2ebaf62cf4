/* How a program ended that ran in the software TEE, as a status of the command. Those of our own lie
 * where programs seldom have theirs, as docker run and env have them. */
#ifndef QUOTH_CLI_PROGRAM_END_H
#define QUOTH_CLI_PROGRAM_END_H

#include "cli/cli.h"

/* Sets the status and says why it is not the program's own. ran: the program was started, and
 * wait_status is as waitpid() gives it; else err says why it was not:
 *
 *     3     the machine lacks something        126    the kernel did not start the program
 *     125   the launch was refused             127    there is no such program
 *     128   plus the number of the signal that ended it */
void program_end(struct cli *cli, bool ran, int wait_status, const struct quoth_error *err);

#endif
