/* "did you mean ...?": the known word nearest to a mistyped one. */
#ifndef QUOTH_BASE_SUGGEST_H
#define QUOTH_BASE_SUGGEST_H

#include "base/bytes.h"

struct suggestion {
    struct bytes typed;
    struct bytes best; /* nearest so far */
    size_t distance;
};

struct suggestion suggestion_for(struct bytes typed);
void suggestion_offer(struct suggestion *s, struct bytes word);

#define SUGGESTION_TEXT_SIZE 96

/* "; did you mean PREFIXword?", or "" if nothing offered is near enough. Returns text. */
const char *suggestion_text(const struct suggestion *s, const char *prefix,
                            char text[SUGGESTION_TEXT_SIZE]);

#endif
