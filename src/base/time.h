/* Instants: seconds since 1970-01-01T00:00:00Z, as int64_t. Time is an input of every verdict, so
 * nothing here but time_now() looks at a clock, and time_now() is called by programs only. */
#ifndef QUOTH_BASE_TIME_H
#define QUOTH_BASE_TIME_H

#include "base/bytes.h"
#include "base/text.h"

#define TIME_DAY INT64_C(86400) /* seconds */
#define TIME_TEXT_SIZE 21       /* "2025-07-04T10:28:44Z" and its NUL */

int64_t time_now(void);           /* wall clock */
uint64_t time_monotonic_us(void); /* for durations */
int64_t time_monotonic(void);     /* the same in seconds: for what is due, whoever sets the clock */

/* Seconds of a proleptic Gregorian date and time of day. False for a date that does not exist
 * (years 1 to 9999; no leap seconds). */
bool time_from_parts(int year, int month, int day, int hour, int minute, int second,
                     int64_t *ret_time);

/* RFC 3339: exactly "YYYY-MM-DDTHH:MM:SSZ". QUOTH_MALFORMED otherwise. */
bool time_parse(struct bytes text, int64_t *ret_time, struct quoth_error *err);

/* As time_parse, and also fractions of a second (cut off) and numeric offsets, for people. */
bool time_parse_rfc3339(struct bytes text, int64_t *ret_time, struct quoth_error *err);

/* So many months of the calendar later, or earlier; a day that a month does not have is its last.
 * Clamped to years 1 to 9999. */
int64_t time_add_months(int64_t time, int months);

/* Writes to text and returns it. Instants outside years 1 to 9999 are clamped. */
char *time_format(int64_t time, char text[TIME_TEXT_SIZE]);

#endif
