/* The table of settings: reading, checking, help and manual page go by it. */
#ifndef QUOTH_SERVICE_CONFIG_ROWS_H
#define QUOTH_SERVICE_CONFIG_ROWS_H

#include "service/config/config.h"

enum setting_kind {
    SETTING_TEXT,   /* char * */
    SETTING_CHOICE, /* char *, one of the words that value lists */
    SETTING_LIST,   /* struct setting_list */
    SETTING_NUMBER, /* uint64_t */
    SETTING_FLAG,   /* bool */
};

enum setting_use { /* bits */
                   SETTING_OF_TENANT =
                       1, /* a member of struct tenant_settings, else of struct config */
                   SETTING_AT_INIT = 2,     /* for quothd init alone */
                   SETTING_AT_START = 4,    /* SIGHUP does not change it */
                   SETTING_NOT_IN_FILE = 8, /* says where the file is */
};

enum setting_topic {
    TOPIC_PLACES,
    TOPIC_INIT,
    TOPIC_TRUST,
    TOPIC_POLICIES,
    TOPIC_RELEASE,
    TOPIC_ADMINISTRATION,
    TOPIC_VAULT,
    TOPIC_TLS,
    TOPIC_STORE,
    TOPIC_LIMITS,
    TOPIC_LOG,
    TOPICS
};

struct setting_row {
    const char *name, *value; /* "master-key", "FILE"; of a choice "json|text" */
    enum setting_topic topic;
    enum setting_kind kind;
    unsigned use;
    size_t offset;
    const char *standard; /* what holds when nobody says anything; NULL: nothing */
    uint64_t least, most; /* of a number */
    const char *help;     /* one line, no full stop */
};

#define SETTINGS_MAX 96u
extern const struct setting_row setting_rows[];
extern const size_t setting_count; /* at most SETTINGS_MAX */

const struct setting_row *setting_find(struct bytes name); /* or NULL */
size_t setting_index(const struct setting_row *row);

/* "Trust and collateral" ...: a heading. */
const char *setting_topic_name(enum setting_topic topic);

#define SETTING_VARIABLE_SIZE 64
/* "QUOTH_MASTER_KEY". Returns to. */
char *setting_variable(const struct setting_row *row, char to[SETTING_VARIABLE_SIZE]);

/* Whether word is one of the words of "a|b|c". */
bool setting_is_choice(const char *choices, const char *word);

#endif
