/* The supervisor's answers to the calls of a trust domain (filter_build_domain): those that name
 * something of configfs-tsm are carried out here, all others by the kernel. */
#ifndef QUOTH_PLATFORM_TD_CALLS_H
#define QUOTH_PLATFORM_TD_CALLS_H

#include "platform/notices.h"
#include "platform/tsm_files.h"

#include <stdio.h>

struct td_calls {
    struct notices *notices;
    struct tsm_report *report;
    int folder; /* where the items' folders and files are made; borrowed */
    FILE *log;  /* why a program got EIO; may be NULL */
};

/* Gives the file that a guarded path names its content (struct tsm_host.store). */
bool td_calls_store(int folder, const char *path, struct bytes content, struct quoth_error *err);

/* Answers the next call (notices_serve). */
bool td_calls_serve(struct td_calls *calls, struct quoth_error *err);

#endif
