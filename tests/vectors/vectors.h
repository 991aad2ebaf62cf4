/* What the tests over tables of recorded evidence share: rows of tab-separated values, files named
 * by rows, and one judgement. */
#ifndef QUOTH_TESTS_VECTORS_H
#define QUOTH_TESTS_VECTORS_H

#include "collateral/collateral.h"
#include "tests/unit.h"
#include "verifier/verifier.h"

/* A table with a head line. Cells are NUL-terminated; a row lives until the next. */
struct table {
    struct buffer text;
    size_t at;
    size_t row; /* 1 for the first line below the head */
    char *head[64], *cells[64];
    size_t head_count, count;
};

void table_open(struct table *t, const char *folder, const char *name);
void table_clear(struct table *t);
DEFINE_AUTO_VALUE(table, struct table, table_clear)
bool table_next(struct table *t); /* false at the end */
const char *table_cell(const struct table *t, const char *column);

/* The contents of a file below a folder. "PATH#MEMBER" is the text of a member of a JSON file;
 * ".hex" files, also with 0x in front, are decoded; a file that begins with the licence text of its
 * repository (SOURCES.md) loses it. */
void vector_read(const char *folder, const char *name, struct buffer *ret_data);

/* Adds a file as a part of collateral; "-" and "" add nothing. */
struct collateral_builder;
void vector_add_part(struct collateral_builder *b, enum collateral_part part, const char *folder,
                     const char *name);

/* The root certificate in a PEM file as the one anchor. */
void vector_trust(const char *folder, const char *pem_name, enum trust_class class,
                  struct trust *ret_trust);

/* All statuses that can pass at all. */
#define ACCEPT_ALL (~(tcb_status_set)0)

#endif
