#include "collateral/marks.h"

#include "base/time.h"

#include <stdio.h>

/* What a document is called depends on what it speaks of: a platform family, a TEE, a CA, or all.
 */
static void name_document(enum collateral_part part, const struct collateral_key *key,
                          char name[COLLATERAL_DOCUMENT_SIZE])
{
    const char *kind = collateral_part_name(part);
    if (part == COLLATERAL_TCB_INFO)
        snprintf(name, COLLATERAL_DOCUMENT_SIZE, "%s.%s.%s", kind, key->tee, key->fmspc);
    else if (part == COLLATERAL_QE_IDENTITY)
        snprintf(name, COLLATERAL_DOCUMENT_SIZE, "%s.%s", kind, key->tee);
    else if (part == COLLATERAL_PCK_CRL)
        snprintf(name, COLLATERAL_DOCUMENT_SIZE, "%s.%s", kind, key->ca);
    else
        snprintf(name, COLLATERAL_DOCUMENT_SIZE, "%s", kind);
}

static bool is_older(const struct collateral_mark *a, const struct collateral_mark *b)
{
    return a->evaluation_number < b->evaluation_number || a->issued < b->issued;
}

static bool refuse(const char *document, const struct collateral_mark *found,
                   const struct collateral_mark *mark, struct quoth_error *err)
{
    char a[TIME_TEXT_SIZE], b[TIME_TEXT_SIZE], found_text[64], expected[80];
    snprintf(found_text, sizeof found_text, "number %u of %s", found->evaluation_number,
             time_format(found->issued, a));
    snprintf(expected, sizeof expected, "number %u of %s, or newer", mark->evaluation_number,
             time_format(mark->issued, b));
    return quoth_mismatch(err, QUOTH_SOURCE_ROLLBACK, document, QUOTH_NO_OFFSET, found_text,
                          expected);
}

static struct collateral_mark newest(const struct collateral_mark *a,
                                     const struct collateral_mark *b)
{
    return (struct collateral_mark){
        .evaluation_number = a->evaluation_number > b->evaluation_number ? a->evaluation_number
                                                                         : b->evaluation_number,
        .issued = a->issued > b->issued ? a->issued : b->issued,
    };
}

static bool load_all(const struct collateral_marks *marks, const struct collateral_key *key,
                     const struct collateral_mark *of, struct collateral_mark *ret_old,
                     struct quoth_error *err)
{
    char name[COLLATERAL_DOCUMENT_SIZE];
    for (size_t i = 0; i < COLLATERAL_PARTS; i++) {
        if (of[i].issued == 0)
            continue;
        name_document((enum collateral_part)i, key, name);
        if (!marks->load(marks->context, &key->root, name, &ret_old[i], err))
            return false;
    }
    return true;
}

static bool any_older(const struct collateral_key *key, const struct collateral_mark *of,
                      const struct collateral_mark *old, struct quoth_error *err)
{
    char name[COLLATERAL_DOCUMENT_SIZE];
    for (size_t i = 0; i < COLLATERAL_PARTS; i++)
        if (of[i].issued != 0 && is_older(&of[i], &old[i])) {
            name_document((enum collateral_part)i, key, name);
            refuse(name, &of[i], &old[i], err);
            return true;
        }
    return false;
}

static bool store(const struct collateral_marks *marks, const struct collateral_key *key,
                  enum collateral_part part, const struct collateral_mark *mark,
                  const struct collateral_mark *old, struct quoth_error *err)
{
    char name[COLLATERAL_DOCUMENT_SIZE];
    if (mark->evaluation_number == old->evaluation_number && mark->issued == old->issued)
        return true;
    name_document(part, key, name);
    return marks->store(marks->context, &key->root, name, mark, err);
}

bool marks_advance(const struct collateral_marks *marks, const struct collateral_key *key,
                   const struct collateral_mark *of, bool allow_older, bool *ret_older,
                   struct quoth_error *err)
{
    struct collateral_mark old[COLLATERAL_PARTS] = {0};
    struct quoth_error why = {0};
    if (!load_all(marks, key, of, old, err))
        return false;
    const bool older = any_older(key, of, old, &why);
    if (older && !allow_older) {
        *err = why;
        return false;
    }
    for (size_t i = 0; i < COLLATERAL_PARTS; i++) {
        const struct collateral_mark mark = older ? of[i] : newest(&of[i], &old[i]);
        if (of[i].issued != 0 && !of[i].unproven &&
            !store(marks, key, (enum collateral_part)i, &mark, &old[i], err))
            return false;
    }
    *ret_older = older;
    return true;
}
