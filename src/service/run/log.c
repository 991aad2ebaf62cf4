#include "service/run/log.h"

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "codec/json_write.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define WAITING_MAX (1u << 20) /* bytes that may wait to be written */
#define CLOSE_SECONDS 2        /* for the last of them */
#define GATHER_US 5000         /* that the first of them waits for others to come along */

struct log {
    int fd;
    bool json;
    pthread_t writer;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct buffer waiting; /* under lock, as is all that follows */
    size_t dropped, told;  /* lines: in all, and of which the log has spoken */
    bool closing;
};

static const char *level_name(enum log_level level)
{
    return level == LOG_ERROR ? "error" : level == LOG_WARN ? "warn" : "info";
}

static void write_out(struct log *l, struct bytes text)
{
    struct quoth_error nobody_to_tell = {0};
    file_write_fd(l->fd, "log", text, &nobody_to_tell);
}

/* Waits for a line, and a little longer for those that follow it: under load a line costs its share
 * of one wake-up and one write. With the lock, which is left and taken again. */
static void gather(struct log *l)
{
    while (l->waiting.len == 0 && !l->closing)
        pthread_cond_wait(&l->filled, &l->lock);
    if (l->closing)
        return;
    pthread_mutex_unlock(&l->lock);
    usleep(GATHER_US);
    pthread_mutex_lock(&l->lock);
}

static void *write_lines(void *arg)
{
    struct log *l = arg;
    pthread_mutex_lock(&l->lock);
    for (;;) {
        gather(l);
        if (l->waiting.len == 0)
            break;
        AUTO(buffer) struct buffer batch = take_value(l->waiting);
        const size_t dropped = l->dropped - l->told;
        l->told = l->dropped;
        pthread_mutex_unlock(&l->lock);
        write_out(l, buffer_bytes(&batch));
        if (dropped > 0) {
            struct log_line line = log_begin(l, LOG_WARN, "log.dropped");
            log_number(&line, "lines", (int64_t)dropped);
            log_end(&line);
        }
        pthread_mutex_lock(&l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

bool log_open(int fd, bool json, struct log **ret_log, struct quoth_error *err)
{
    sigset_t all, before;
    struct log *l = calloc(1, sizeof *l);
    if (!l)
        return quoth_fail(err, QUOTH_MEMORY, "log", QUOTH_NO_OFFSET, "out of memory");
    l->fd = fd;
    l->json = json;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->filled, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&l->writer, NULL, write_lines, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        free(l);
        return quoth_fail(err, QUOTH_UNAVAILABLE, "log", QUOTH_NO_OFFSET, "a thread cannot start");
    }
    *ret_log = l;
    return true;
}

static bool joined_in_time(struct log *l)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CLOSE_SECONDS;
    return pthread_timedjoin_np(l->writer, NULL, &until) == 0;
}

void log_close(struct log *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->closing = true;
    pthread_cond_signal(&l->filled);
    pthread_mutex_unlock(&l->lock);
    if (!joined_in_time(l))
        return; /* whoever reads the log has stopped: the program's end is not held up */
    pthread_cond_destroy(&l->filled);
    pthread_mutex_destroy(&l->lock);
    buffer_clear(&l->waiting);
    free(l);
}

struct log_line log_begin(struct log *l, enum log_level level, const char *event)
{
    char time[TIME_TEXT_SIZE];
    struct log_line line = {.log = l};
    time_format(time_now(), time);
    if (!l->json) {
        buffer_printf(&line.text, "%s %s %s", time, level_name(level), event);
        return line;
    }
    json_object_begin(&line.text);
    json_named_cstring(&line.text, "time", time);
    json_named_cstring(&line.text, "level", level_name(level));
    json_named_cstring(&line.text, "event", event);
    return line;
}

/* In a text line a value stands bare when it can, in quotes when it has a blank. */
static void add_value(struct log_line *line, const char *name, const char *value)
{
    if (line->log->json) {
        json_named_cstring(&line->text, name, value);
    } else if (value[0] && !strpbrk(value, " \"=")) {
        buffer_printf(&line->text, " %s=%s", name, value);
    } else {
        AUTO(buffer) struct buffer quoted = {0};
        json_cstring(&quoted, value);
        buffer_printf(&line->text, " %s=", name);
        buffer_add(&line->text, buffer_bytes(&quoted));
    }
}

void log_bytes(struct log_line *line, const char *name, struct bytes value)
{
    char text[LOG_TEXT_MAX];
    add_value(line, name, text_escape(text, sizeof text, value));
}

void log_text(struct log_line *line, const char *name, const char *value)
{
    if (value)
        log_bytes(line, name, bytes_of_text(value));
}

void log_number(struct log_line *line, const char *name, int64_t value)
{
    if (!line->log->json) {
        buffer_printf(&line->text, " %s=%lld", name, (long long)value);
        return;
    }
    json_named_int(&line->text, name, value);
}

void log_failure(struct log_line *line, const struct quoth_error *why)
{
    if (!why)
        return;
    log_text(line, "code", quoth_code_dotted(why->code));
    log_text(line, "where", why->where[0] ? why->where : NULL);
    if (why->offset != QUOTH_NO_OFFSET)
        log_number(line, "offset", (int64_t)why->offset);
    if (why->line) {
        log_number(line, "line", why->line);
        log_number(line, "column", why->column);
    }
    log_text(line, "message", why->message);
}

void log_end(struct log_line *line)
{
    struct log *l = line->log;
    AUTO(buffer) struct buffer text = take_value(line->text);
    if (l->json)
        json_object_end(&text);
    buffer_u8(&text, '\n');
    pthread_mutex_lock(&l->lock);
    const bool first = l->waiting.len == 0;
    if (text.failed || l->waiting.failed || l->waiting.len + text.len > WAITING_MAX)
        l->dropped++;
    else
        buffer_add(&l->waiting, buffer_bytes(&text));
    if (first)
        pthread_cond_signal(&l->filled);
    pthread_mutex_unlock(&l->lock);
}

size_t log_dropped(struct log *l)
{
    pthread_mutex_lock(&l->lock);
    const size_t dropped = l->dropped;
    pthread_mutex_unlock(&l->lock);
    return dropped;
}
