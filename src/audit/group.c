#include "audit/group.h"

/* Written together. It lives until the last of its callers has seen how that went. */
struct group_batch {
    struct buffer text;
    unsigned callers;
    bool done, written;
    struct quoth_error why;
};

void group_init(struct group *g, group_write_fn *write, void *context)
{
    *g = (struct group){.write = write, .context = context};
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->written, NULL);
}

void group_clear(struct group *g)
{
    pthread_cond_destroy(&g->written);
    pthread_mutex_destroy(&g->lock);
}

/* ---- with the lock */

static struct group_batch *join(struct group *g, struct bytes text, struct quoth_error *err)
{
    if (!g->gathering)
        g->gathering = calloc(1, sizeof *g->gathering);
    if (!g->gathering) {
        quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
        return NULL;
    }
    buffer_add(&g->gathering->text, text); /* all of them fail if this one does not fit in */
    g->gathering->callers++;
    return g->gathering;
}

/* Writes for all who have gathered, and leaves the lock meanwhile: the next ones gather. */
static void lead(struct group *g)
{
    struct group_batch *batch = take(g->gathering);
    g->writing = true;
    pthread_mutex_unlock(&g->lock);
    batch->written = buffer_ok(&batch->text, &batch->why) &&
                     g->write(g->context, buffer_bytes(&batch->text), &batch->why);
    pthread_mutex_lock(&g->lock);
    batch->done = true;
    g->writing = false;
    pthread_cond_broadcast(&g->written);
}

static bool leave(struct group_batch *batch, struct quoth_error *err)
{
    const bool written = batch->written;
    if (!written)
        quoth_fail(err, batch->why.code, batch->why.where, batch->why.offset, "%s",
                   batch->why.message);
    if (--batch->callers == 0) {
        buffer_clear(&batch->text);
        free(batch);
    }
    return written;
}

bool group_write(struct group *g, struct bytes text, struct quoth_error *err)
{
    pthread_mutex_lock(&g->lock);
    struct group_batch *batch = join(g, text, err);
    while (batch && !batch->done)
        if (g->writing)
            pthread_cond_wait(&g->written, &g->lock);
        else
            lead(g); /* for this batch: the one that is written is done, and no third one begins */
    const bool written = batch && leave(batch, err);
    pthread_mutex_unlock(&g->lock);
    return written;
}
