/* What commands print besides their results. */
#ifndef QUOTH_CLI_OUTPUT_H
#define QUOTH_CLI_OUTPUT_H

#include "cli/cli.h"

/* On standard error:
 *     quoth: quote.header.version, byte 0: found 9, expected 3
 *     hint: see docs/formats.md for what this build understands
 * and with --output json also {"error":{...}} on standard output. */
void output_error(const struct cli *cli, const struct quoth_error *err);

/* Writes a finished text to standard output; QUOTH_IO if it cannot be written whole. */
bool output_write(const struct buffer *text, struct quoth_error *err);

/* The same for a JSON value: adds the newline. */
bool output_json(struct buffer *json, struct quoth_error *err);

/* Escape sequences, or "" when the terminal wants no colours. */
enum output_color { COLOR_PLAIN, COLOR_GOOD, COLOR_BAD, COLOR_DIM };
const char *output_color(const struct cli *cli, enum output_color color);

/* A line on standard error that tells what is being waited for: shown when standard error is a
 * terminal and more than a second has gone by since started_us (time_monotonic_us), and wiped by
 * output_progress_end. */
void output_progress(uint64_t started_us, const char *what);
void output_progress_end(void);

#endif
