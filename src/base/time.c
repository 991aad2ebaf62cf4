#include "base/time.h"

#include <stdio.h>
#include <time.h>

int64_t time_now(void)
{
    struct timespec ts = {0};
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec;
}

uint64_t time_monotonic_us(void)
{
    struct timespec ts = {0};
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

int64_t time_monotonic(void)
{
    return (int64_t)(time_monotonic_us() / 1000000u);
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01, counting years from March so that the leap day ends one. */
static int64_t days_from_civil(int year, int month, int day)
{
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const int64_t year_of_era = y - era * 400;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

bool time_from_parts(int year, int month, int day, int hour, int minute, int second,
                     int64_t *ret_time)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59)
        return false;
    *ret_time = days_from_civil(year, month, day) * 86400 + INT64_C(3600) * hour +
                INT64_C(60) * minute + second;
    return true;
}

static bool digits(struct bytes text, size_t at, size_t count, int *ret_value)
{
    int value = 0;
    for (size_t i = at; i < at + count; i++) {
        if (i >= text.len || text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (text.data[i] - '0');
    }
    *ret_value = value;
    return true;
}

static bool is_at(struct bytes text, size_t at, char c)
{
    return at < text.len && text.data[at] == (uint8_t)c;
}

static bool date_and_time(struct bytes t, int64_t *ret_time)
{
    int year, month, day, hour, minute, second;
    return digits(t, 0, 4, &year) && is_at(t, 4, '-') && digits(t, 5, 2, &month) &&
           is_at(t, 7, '-') && digits(t, 8, 2, &day) && is_at(t, 10, 'T') &&
           digits(t, 11, 2, &hour) && is_at(t, 13, ':') && digits(t, 14, 2, &minute) &&
           is_at(t, 16, ':') && digits(t, 17, 2, &second) &&
           time_from_parts(year, month, day, hour, minute, second, ret_time);
}

static bool refuse(struct bytes text, struct quoth_error *err)
{
    char found[40];
    return quoth_mismatch(err, QUOTH_MALFORMED, NULL, 0, text_escape(found, sizeof found, text),
                          "a date and time as 2025-07-04T10:28:44Z");
}

bool time_parse(struct bytes text, int64_t *ret_time, struct quoth_error *err)
{
    int64_t time;
    if (text.len != 20 || !date_and_time(text, &time) || !is_at(text, 19, 'Z'))
        return refuse(text, err);
    *ret_time = time;
    return true;
}

bool time_parse_rfc3339(struct bytes text, int64_t *ret_time, struct quoth_error *err)
{
    int64_t time;
    if (!date_and_time(text, &time))
        return refuse(text, err);
    size_t at = 19;
    if (is_at(text, at, '.')) {
        int digit;
        size_t first = ++at;
        while (digits(text, at, 1, &digit))
            at++;
        if (at == first)
            return refuse(text, err);
    }
    if (is_at(text, at, 'Z') && at + 1 == text.len) {
        *ret_time = time;
        return true;
    }
    int hours, minutes;
    if ((!is_at(text, at, '+') && !is_at(text, at, '-')) || !digits(text, at + 1, 2, &hours) ||
        !is_at(text, at + 3, ':') || !digits(text, at + 4, 2, &minutes) || hours > 23 ||
        minutes > 59 || at + 6 != text.len)
        return refuse(text, err);
    const int64_t offset = hours * 3600 + minutes * 60;
    *ret_time = is_at(text, at, '+') ? time - offset : time + offset;
    return true;
}

#define TIME_LEAST (-INT64_C(62135596800)) /* year 1 */
#define TIME_MOST INT64_C(253402300799)    /* the end of 9999 */

struct date {
    int64_t year, month, day, second; /* second: of the day */
};

/* Instants outside years 1 to 9999 are clamped. */
static struct date date_of(int64_t time)
{
    time = time < TIME_LEAST ? TIME_LEAST : time > TIME_MOST ? TIME_MOST : time;
    const int64_t days = (time - (time % 86400 + 86400) % 86400) / 86400;
    const int64_t shifted = days + 719468;
    const int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const int64_t doe = shifted - era * 146097;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const int64_t mp = (5 * doy + 2) / 153;
    const int64_t month = mp < 10 ? mp + 3 : mp - 9;
    return (struct date){
        .year = yoe + era * 400 + (month <= 2),
        .month = month,
        .day = doy - (153 * mp + 2) / 5 + 1,
        .second = time - days * 86400,
    };
}

int64_t time_add_months(int64_t time, int months)
{
    const struct date d = date_of(time);
    const int64_t total = d.year * 12 + d.month - 1 + months;
    if (total < 12)
        return TIME_LEAST;
    if (total >= INT64_C(120000)) /* the year 10000 */
        return TIME_MOST;
    const int year = (int)(total / 12), month = (int)(total % 12) + 1;
    const int last = days_in_month(year, month);
    return days_from_civil(year, month, d.day < last ? (int)d.day : last) * 86400 + d.second;
}

char *time_format(int64_t time, char text[TIME_TEXT_SIZE])
{
    const struct date d = date_of(time);
    snprintf(text, TIME_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)d.year % 10000,
             (unsigned)d.month % 100, (unsigned)d.day % 100, (unsigned)(d.second / 3600) % 100,
             (unsigned)(d.second / 60 % 60) % 100, (unsigned)(d.second % 60) % 100);
    return text;
}
