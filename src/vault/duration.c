#include "vault/duration.h"

/* The parts in their order. Those after T are of a day. */
static const struct part {
    char letter;
    bool after_t;
    int months;
    int64_t seconds;
} parts[] = {
    {'Y', false, 12, 0            },
    {'M', false, 1,  0            },
    {'D', false, 0,  TIME_DAY     },
    {'H', true,  0,  INT64_C(3600)},
    {'M', true,  0,  60           },
    {'S', true,  0,  1            },
};
static const struct part weeks = {'W', false, 0, 7 * TIME_DAY};

#define NUMBER_MAX INT64_C(100000000000) /* more seconds than DURATION_YEARS_MAX has */

struct scan {
    struct bytes text;
    size_t pos;
    bool after_t;
    size_t next; /* of parts: the first that may still come */
    struct duration sum;
    struct quoth_error *err;
};

static bool failed(const struct scan *s, const char *what)
{
    return quoth_fail(s->err, QUOTH_VAULT_DURATION, "duration", s->pos, "%s", what);
}

static uint8_t at(const struct scan *s)
{
    return s->pos < s->text.len ? s->text.data[s->pos] : 0;
}

static bool read_number(struct scan *s, int64_t *ret_number)
{
    const size_t begin = s->pos;
    int64_t number = 0;
    for (; at(s) >= '0' && at(s) <= '9' && number <= NUMBER_MAX; s->pos++)
        number = number * 10 + (at(s) - '0');
    if (s->pos == begin)
        return failed(s, "a whole number is expected here");
    *ret_number = number;
    return number <= NUMBER_MAX || failed(s, "is more than a thousand years");
}

static const struct part *find_part(struct scan *s, bool only)
{
    if (only && at(s) == (uint8_t)weeks.letter)
        return &weeks;
    for (; s->next < COUNT(parts); s->next++)
        if (parts[s->next].after_t == s->after_t && (uint8_t)parts[s->next].letter == at(s))
            return &parts[s->next++];
    return NULL;
}

static bool add_part(struct scan *s, bool only)
{
    int64_t number = 0;
    if (!read_number(s, &number))
        return false;
    const struct part *p = find_part(s, only);
    if (!p)
        return failed(s, s->after_t ? "H, M or S is expected here, each once and in this order"
                                    : "Y, M, D or T is expected here, each once and in this order");
    if (p == &weeks)
        s->next = COUNT(parts);
    s->pos++;
    if (p->months > 0 && number > DURATION_YEARS_MAX * 12)
        return failed(s, "is more than a thousand years");
    s->sum.months += (int)number * p->months;
    s->sum.seconds += number * p->seconds;
    return duration_days(&s->sum) <= DURATION_YEARS_MAX * 365 ||
           failed(s, "is more than a thousand years");
}

bool duration_read(struct bytes text, struct duration *ret_duration, struct quoth_error *err)
{
    struct scan s = {.text = text, .err = err};
    if (text.len > DURATION_MAX)
        return failed(&s, "is longer than 31 characters");
    if (at(&s) != 'P')
        return failed(&s, "begins with P");
    s.pos = 1;
    do {
        if (at(&s) == 'T' && !s.after_t && s.next <= 3) {
            s.after_t = true;
            s.pos++;
        }
        if (!add_part(&s, s.next == 0 && !s.after_t))
            return false;
    } while (s.pos < text.len);
    if (s.sum.months == 0 && s.sum.seconds == 0)
        return failed(&s, "is no time at all");
    *ret_duration = s.sum;
    return true;
}

int64_t duration_after(int64_t time, const struct duration *d)
{
    return time_add_months(time, d->months) + d->seconds;
}

int64_t duration_before(int64_t time, const struct duration *d)
{
    return time_add_months(time, -d->months) - d->seconds;
}

int64_t duration_days(const struct duration *d)
{
    return d->months / 12 * INT64_C(365) + d->months % 12 * INT64_C(30) + d->seconds / TIME_DAY;
}
