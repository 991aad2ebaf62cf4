#include "tee/appraisal.h"

#include "base/text.h"

bool appraisal_init(struct appraisal *a, int64_t time, struct quoth_error *err)
{
    *a = (struct appraisal){.time = time, .claims = claims_open()};
    if (!a->claims)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    return true;
}

void appraisal_clear(struct appraisal *a)
{
    claims_close(a->claims);
    a->claims = NULL;
}

/* A check more than there is room for is our fault; it must not look like a verdict. */
static struct check *add(struct appraisal *a, const char *name, enum check_result result)
{
    if (a->check_count == CHECKS_MAX) {
        quoth_fail(&a->error, QUOTH_INTERNAL, name, QUOTH_NO_OFFSET, "there are too many checks");
        return &a->checks[CHECKS_MAX - 1];
    }
    struct check *c = &a->checks[a->check_count++];
    *c = (struct check){.name = name, .result = result};
    return c;
}

void appraisal_pass(struct appraisal *a, const char *name)
{
    add(a, name, CHECK_PASS);
}

void appraisal_note(struct appraisal *a, const char *name, const char *found)
{
    struct check *c = add(a, name, CHECK_PASS);
    text_escape(c->found, sizeof c->found, bytes_of_text(found));
}

void appraisal_skip(struct appraisal *a, const char *name, const char *why)
{
    struct check *c = add(a, name, CHECK_SKIP);
    text_escape(c->found, sizeof c->found, bytes_of_text(why));
}

bool appraisal_fail(struct appraisal *a, const char *name, const struct quoth_error *err)
{
    struct check *c = add(a, name, CHECK_FAIL);
    const char *found = err->found[0] ? err->found : err->message;
    text_escape(c->found, sizeof c->found, bytes_of_text(found));
    text_escape(c->expected, sizeof c->expected, bytes_of_text(err->expected));
    if (a->error.code == QUOTH_OK)
        a->error = *err;
    return false;
}

bool appraisal_record(struct appraisal *a, const char *name, const struct quoth_error *err)
{
    if (err->code != QUOTH_OK)
        return appraisal_fail(a, name, err);
    appraisal_pass(a, name);
    return true;
}

const struct check *appraisal_find(const struct appraisal *a, const char *name)
{
    for (size_t i = 0; i < a->check_count; i++)
        if (strcmp(a->checks[i].name, name) == 0)
            return &a->checks[i];
    return NULL;
}
