/* Durations as rotation policies have them (key-release.md 1.9): ISO 8601, "P90D", "P1Y10D",
 * "PT48H", "P2W". */
#ifndef QUOTH_VAULT_DURATION_H
#define QUOTH_VAULT_DURATION_H

#include "base/time.h"

struct duration { /* a plain value; zeroed: none */
    int months;   /* of the calendar; a year has twelve */
    int64_t seconds;
};

#define DURATION_MAX 31u                 /* characters */
#define DURATION_YEARS_MAX INT64_C(1000) /* about, of all parts together */

/* P[nY][nM][nD][T[nH][nM][nS]] or PnW: whole numbers, at least one part, each part at most once and
 * in this order, capitals. Not nothing, and not more than DURATION_YEARS_MAX.
 * QUOTH_VAULT_DURATION with the offset. */
bool duration_read(struct bytes text, struct duration *ret_duration, struct quoth_error *err);

/* An instant so much later or earlier. Months go by the calendar, a day that a month does not have
 * is its last: 31 January and a month is 28 February. */
int64_t duration_after(int64_t time, const struct duration *d);
int64_t duration_before(int64_t time, const struct duration *d);

/* For comparing: in days, with years of 365 days and months of 30. */
int64_t duration_days(const struct duration *d);

#endif
