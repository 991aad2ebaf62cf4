#include "base/suggest.h"

#include <stdio.h>

#define WORD_MAX 40u /* longer words get no suggestion */

static size_t least(size_t a, size_t b, size_t c)
{
    const size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Insertions, deletions, replacements and swaps of neighbours that turn a into b (Damerau's
 * distance in its restricted form). Both are at most WORD_MAX long. */
static size_t distance(struct bytes a, struct bytes b)
{
    size_t row[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= a.len; i++)
        row[i][0] = i;
    for (size_t j = 0; j <= b.len; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= a.len; i++)
        for (size_t j = 1; j <= b.len; j++) {
            const size_t other = a.data[i - 1] != b.data[j - 1];
            row[i][j] = least(row[i - 1][j] + 1, row[i][j - 1] + 1, row[i - 1][j - 1] + other);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
                row[i][j] = least(row[i][j], row[i - 2][j - 2] + 1, row[i][j]);
        }
    return row[a.len][b.len];
}

struct suggestion suggestion_for(struct bytes typed)
{
    return (struct suggestion){.typed = typed, .distance = SIZE_MAX};
}

void suggestion_offer(struct suggestion *s, struct bytes word)
{
    if (s->typed.len == 0 || s->typed.len > WORD_MAX || word.len > WORD_MAX)
        return;
    const size_t d = distance(s->typed, word);
    if (d < s->distance) {
        s->distance = d;
        s->best = word;
    }
}

const char *suggestion_text(const struct suggestion *s, const char *prefix,
                            char text[SUGGESTION_TEXT_SIZE])
{
    text[0] = '\0';
    if (s->best.len > 0 && s->distance <= 1 + s->typed.len / 4)
        snprintf(text, SUGGESTION_TEXT_SIZE, "; did you mean %s%.*s?", prefix, (int)s->best.len,
                 (const char *)s->best.data);
    return text;
}
