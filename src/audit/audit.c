#include "audit/audit.h"

#include "audit/files.h"
#include "audit/group.h"
#include "base/file.h"
#include "codec/hex.h"
#include "crypto/random.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define WAITING_MAX (8u << 20) /* bytes that may wait to be written */
#define GATHER_US 20000        /* that the first of them waits for others to share its sync */
#define PREFIX_ROOM 128u       /* of a line, for what the chain puts before it */

struct audit {
    char *path;
    char stream[AUDIT_STREAM_MAX];
    int64_t (*clock)(void);
    uint64_t rotate;

    pthread_mutex_t file; /* over what follows, as long as a write takes */
    int fd;
    uint64_t size, torn, told; /* torn: bytes, told: lost lines, of which the chain shall speak, has
                                  spoken */
    struct audit_checkpoint last;
    bool broken; /* what is on disk is not known: nothing more is written */

    struct group writes; /* of those who wait for the disk */

    pthread_mutex_t queue; /* over what follows, for a moment */
    pthread_cond_t filled;
    struct buffer waiting; /* lines without their place in the chain, each ended by a newline */
    uint64_t waiting_count;
    bool closing;

    pthread_t writer;
    bool has_writer;
    atomic_uint_fast64_t lost;
};

/* ---- writing, with the lock of the file */

static bool unavailable(const struct audit *a, const char *what, struct quoth_error *err)
{
    return quoth_fail(err, QUOTH_AUDIT_UNAVAILABLE, a->path, QUOTH_NO_OFFSET, "%s", what);
}

static bool add(struct audit_head *head, struct audit_line *line, struct buffer *to,
                struct quoth_error *err)
{
    AUTO(audit_line) struct audit_line used = take_value(*line);
    return buffer_ok(&used.text, err) && chain_add(head, buffer_bytes(&used.text), to, err);
}

/* What stands before the lines of others: whose file this is, and what is missing. */
static bool add_own_lines(const struct audit *a, uint64_t lost, struct audit_head *head,
                          struct buffer *to, struct quoth_error *err)
{
    if (a->size == 0) {
        struct audit_line line =
            audit_begin(head->count == 0 ? CHAIN_BEGUN : CHAIN_CONTINUED, a->clock());
        audit_text(&line, "stream", a->stream);
        audit_text(&line, "id", a->last.id);
        if (!add(head, &line, to, err))
            return false;
    }
    if (a->torn > 0) {
        struct audit_line line = audit_begin(CHAIN_TORN, a->clock());
        audit_number(&line, "bytes", (int64_t)a->torn);
        if (!add(head, &line, to, err))
            return false;
    }
    if (lost > a->told) {
        struct audit_line line = audit_begin(CHAIN_GAP, a->clock());
        audit_number(&line, "lines", (int64_t)(lost - a->told));
        if (!add(head, &line, to, err))
            return false;
    }
    return true;
}

static bool add_lines(struct audit_head *head, struct bytes lines, struct buffer *to,
                      struct quoth_error *err)
{
    while (lines.len > 0) {
        size_t len = 0;
        while (lines.data[len] != '\n')
            len++;
        if (!chain_add(head, bytes_slice(lines, 0, len), to, err))
            return false;
        lines = bytes_slice(lines, len + 1, lines.len);
    }
    return true;
}

/* A file that has grown enough is put aside; the next is made. */
static bool ready_file(struct audit *a, struct quoth_error *err)
{
    if (a->broken)
        return unavailable(a, "an earlier write failed in a way that only a restart can mend", err);
    if (a->fd >= 0 && !audit_file_is_ours(a->fd, a->path, a->size)) {
        a->broken = true;
        return unavailable(a, "was changed or moved by somebody else", err);
    }
    if (a->fd >= 0 && a->size >= a->rotate) {
        if (!audit_file_retire(a->path, a->last.head.count, err))
            return false;
        fd_close(a->fd);
        a->fd = -1;
        a->size = 0;
    }
    return a->fd >= 0 || (audit_file_open(a->path, &a->fd, err) && file_sync_folder(a->path, err));
}

/* All of it or, as far as the disk obeys, nothing. */
static bool put(struct audit *a, struct bytes text, struct quoth_error *err)
{
    if (!file_write_fd(a->fd, a->path, text, err)) {
        a->broken = ftruncate(a->fd, (off_t)a->size) != 0;
        return false;
    }
    if (fdatasync(a->fd) == 0)
        return true;
    quoth_fail(err, QUOTH_IO, a->path, QUOTH_NO_OFFSET, "cannot be synced: %s", strerror(errno));
    a->broken = true; /* nobody knows what of it will be there */
    (void)!ftruncate(a->fd, (off_t)a->size);
    return false;
}

static bool append_locked(struct audit *a, struct bytes lines, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    const uint64_t lost = atomic_load(&a->lost);
    struct audit_head head = a->last.head;
    if (!ready_file(a, err) || !add_own_lines(a, lost, &head, &text, err) ||
        !add_lines(&head, lines, &text, err) || !put(a, buffer_bytes(&text), err))
        return false;
    a->size += text.len;
    a->last.head = head;
    a->torn = 0;
    a->told = lost;
    return true;
}

static bool append(struct audit *a, struct bytes lines, struct quoth_error *err)
{
    struct quoth_error why = {0};
    pthread_mutex_lock(&a->file);
    const bool done = append_locked(a, lines, &why);
    pthread_mutex_unlock(&a->file);
    return done || quoth_fail(err, QUOTH_AUDIT_UNAVAILABLE, "audit", QUOTH_NO_OFFSET,
                              "the record cannot be written: %s", why.message);
}

static bool append_group(void *context, struct bytes lines, struct quoth_error *err)
{
    return append(context, lines, err);
}

/* ---- the thread for what is posted */

/* Waits for a line, and a little longer for those that follow it. With the lock, which is left and
 * taken again. */
static void gather(struct audit *a)
{
    while (a->waiting.len == 0 && !a->closing)
        pthread_cond_wait(&a->filled, &a->queue);
    if (a->closing)
        return;
    pthread_mutex_unlock(&a->queue);
    usleep(GATHER_US);
    pthread_mutex_lock(&a->queue);
}

static void *write_lines(void *arg)
{
    struct audit *a = arg;
    pthread_mutex_lock(&a->queue);
    for (;;) {
        gather(a);
        if (a->waiting.len == 0)
            break;
        AUTO(buffer) struct buffer batch = take_value(a->waiting);
        const uint64_t count = a->waiting_count;
        a->waiting_count = 0;
        pthread_mutex_unlock(&a->queue);
        struct quoth_error why = {0};
        if (!append(a, buffer_bytes(&batch), &why))
            atomic_fetch_add(&a->lost, count);
        pthread_mutex_lock(&a->queue);
    }
    pthread_mutex_unlock(&a->queue);
    return NULL;
}

static bool start_writer(struct audit *a, struct quoth_error *err)
{
    sigset_t all, before;
    sigfillset(&all); /* signals belong to the program's main thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    a->has_writer = pthread_create(&a->writer, NULL, write_lines, a) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return a->has_writer ||
           quoth_fail(err, QUOTH_UNAVAILABLE, a->path, QUOTH_NO_OFFSET, "a thread cannot start");
}

/* ---- opening */

static bool take_over(struct audit *a, const struct audit_report *r, struct quoth_error *err)
{
    if (strcmp(r->stream, a->stream) != 0)
        return quoth_mismatch(err, QUOTH_AUDIT_BROKEN, a->path, QUOTH_NO_OFFSET, r->stream,
                              a->stream);
    a->last = r->last;
    return true;
}

static bool new_id(struct audit *a, struct quoth_error *err)
{
    uint8_t random[16];
    if (!random_fill(random, sizeof random, err))
        return false;
    hex_text(BYTES_OF(random), a->last.id, sizeof a->last.id);
    return true;
}

/* There is no line in the present file: the chain goes on from the one that was put aside, or
 * begins. */
static bool look_back(struct audit *a, struct quoth_error *err)
{
    AUTO(text) char *older = NULL;
    AUTO(chain_walk) struct chain_walk w = {0};
    if (!audit_file_newest(a->path, &older, err))
        return false;
    if (!older)
        return new_id(a, err);
    AUTO(fd) int fd = -1;
    return audit_file_open(older, &fd, err) && audit_file_walk(fd, older, &w, err) &&
           (chain_walk_end_file(&w, err) || quoth_within(err, older)) &&
           take_over(a, &w.report, err);
}

static bool find_end(struct audit *a, struct quoth_error *err)
{
    AUTO(chain_walk) struct chain_walk w = {0};
    if (!audit_file_open(a->path, &a->fd, err) || !audit_file_walk(a->fd, a->path, &w, err) ||
        !audit_file_cut(a->fd, a->path, w.offset, &a->torn, err))
        return false;
    a->size = w.offset;
    return w.in_file ? take_over(a, &w.report, err) : look_back(a, err);
}

bool audit_open(const struct audit_options *options, struct audit **ret_audit,
                struct quoth_error *err)
{
    AUTO(audit) struct audit *a = calloc(1, sizeof *a);
    if (!a)
        return quoth_fail(err, QUOTH_MEMORY, options->path, QUOTH_NO_OFFSET, "out of memory");
    pthread_mutex_init(&a->file, NULL);
    group_init(&a->writes, append_group, a);
    pthread_mutex_init(&a->queue, NULL);
    pthread_cond_init(&a->filled, NULL);
    a->fd = -1;
    a->path = strdup(options->path);
    a->clock = options->clock;
    a->rotate = options->rotate ? options->rotate : AUDIT_ROTATE;
    if (!a->path)
        return quoth_fail(err, QUOTH_MEMORY, options->path, QUOTH_NO_OFFSET, "out of memory");
    if (strlen(options->stream) >= sizeof a->stream)
        return quoth_fail(err, QUOTH_INTERNAL, options->path, QUOTH_NO_OFFSET,
                          "the name of its stream is too long");
    snprintf(a->stream, sizeof a->stream, "%s", options->stream);
    if (!find_end(a, err) ||
        ((a->size == 0 || a->torn > 0) && !append(a, (struct bytes){0}, err)) ||
        !start_writer(a, err))
        return false;
    *ret_audit = take(a);
    return true;
}

void audit_close(struct audit *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&a->queue);
    a->closing = true;
    pthread_cond_signal(&a->filled);
    pthread_mutex_unlock(&a->queue);
    if (a->has_writer)
        pthread_join(a->writer, NULL);
    fd_close(a->fd);
    buffer_clear(&a->waiting);
    pthread_cond_destroy(&a->filled);
    pthread_mutex_destroy(&a->queue);
    group_clear(&a->writes);
    pthread_mutex_destroy(&a->file);
    free(a->path);
    free(a);
}

/* ---- what others call */

static bool is_whole(const struct buffer *text, struct quoth_error *err)
{
    if (!buffer_ok(text, err))
        return false;
    return text->len + PREFIX_ROOM <= AUDIT_LINE_MAX ||
           quoth_fail(err, QUOTH_AUDIT_UNAVAILABLE, "audit", QUOTH_NO_OFFSET,
                      "a record of %zu bytes is too long", text->len);
}

bool audit_write(struct audit *a, struct audit_line *line, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = take_value(line->text);
    if (!is_whole(&text, err))
        return false;
    buffer_u8(&text, '\n');
    return buffer_ok(&text, err) && group_write(&a->writes, buffer_bytes(&text), err);
}

void audit_post(struct audit *a, struct audit_line *line)
{
    struct quoth_error ignored = {0};
    AUTO(buffer) struct buffer text = take_value(line->text);
    const bool whole = is_whole(&text, &ignored);
    buffer_u8(&text, '\n');
    pthread_mutex_lock(&a->queue);
    const bool first = a->waiting.len == 0;
    const bool room =
        whole && !text.failed && !a->waiting.failed && a->waiting.len + text.len <= WAITING_MAX;
    if (room) {
        buffer_add(&a->waiting, buffer_bytes(&text));
        a->waiting_count++;
    }
    if (first)
        pthread_cond_signal(&a->filled);
    pthread_mutex_unlock(&a->queue);
    if (!room)
        atomic_fetch_add(&a->lost, 1);
}

struct audit_checkpoint audit_checkpoint(struct audit *a)
{
    pthread_mutex_lock(&a->file);
    const struct audit_checkpoint last = a->last;
    pthread_mutex_unlock(&a->file);
    return last;
}

uint64_t audit_lost(struct audit *a)
{
    return atomic_load(&a->lost);
}
