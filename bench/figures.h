/* Figures, passed from one measurement to the next and to the final table as lines "NAME VALUE" of
 * a text file; and the targets they are held against. */
#ifndef QUOTH_BENCH_FIGURES_H
#define QUOTH_BENCH_FIGURES_H

#include <stdbool.h>

/* Appends a figure to the file; an empty or NULL path keeps nothing. */
void figure_add(const char *path, const char *name, double value);

/* The median of the values of this name. False if there is none. */
bool figure_get(const char *path, const char *name, double *ret_value);

#endif
