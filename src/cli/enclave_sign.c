/* quoth enclave sign: finds the configuration that is meant, makes what is missing, and signs. */
#include "cli/enclave_verbs.h"

#include <stdio.h>

#include "base/file.h"
#include "base/time.h"
#include "cli/output.h"
#include "codec/json_write.h"
#include "platform/enclave.h"
#include "platform/enclave_key.h"

#define DEFAULT_CONFIG "enclave.json"

/* What `sign` says on the way; with --output json only the result goes to standard output. */
static void say(const struct cli *cli, const char *what, const char *which)
{
    fprintf(cli->json ? stderr : stdout, "%s%s\n", what, which);
}

static bool has_suffix(const char *text, const char *suffix)
{
    const size_t len = strlen(text), end = strlen(suffix);
    return len >= end && strcmp(text + len - end, suffix) == 0;
}

/* name, as seen from folder ("" is the working directory). Free it. */
static char *path_from(const char *folder, const char *name, struct quoth_error *err)
{
    if (folder[0] != '\0' && name[0] != '/')
        return path_join(folder, name, err);
    char *copy = strdup(name);
    if (!copy)
        quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    return copy;
}

static bool config_read_file(const struct cli *cli, const char *path, const char *folder,
                             struct enclave_config *ret_config, struct quoth_error *err)
{
    AUTO(buffer) struct buffer json = {0}, warnings = {0};
    char line[256];

    if (!file_read(path, ENCLAVE_CONFIG_LIMIT, &json, err) ||
        !enclave_config_read(buffer_bytes(&json), ret_config, &warnings, err) ||
        !enclave_config_load_files(ret_config, folder, err) || !buffer_ok(&warnings, err))
        return false;
    for (size_t at = 0; at < warnings.len;) {
        const struct bytes rest = bytes_slice(buffer_bytes(&warnings), at, warnings.len);
        const uint8_t *end = memchr(rest.data, '\n', rest.len);
        const size_t len = end ? (size_t)(end - rest.data) : rest.len;
        say(cli, "Warning: ", text_escape(line, sizeof line, bytes_slice(rest, 0, len)));
        at += len + 1;
    }
    return true;
}

/* enclave.json of the working directory for a program that was named: it must be about it. */
static bool config_for_program(const struct cli *cli, const char *exe,
                               struct enclave_config *ret_config, struct quoth_error *err)
{
    AUTO(enclave_config) struct enclave_config config = {0};

    if (!file_exists(DEFAULT_CONFIG)) {
        AUTO(buffer) struct buffer json = {0};
        say(cli, "Generating new ", DEFAULT_CONFIG);
        if (!enclave_config_write_default(exe, &json, err) ||
            !file_write(DEFAULT_CONFIG, buffer_bytes(&json), 0644, err))
            return false;
    }
    if (!config_read_file(cli, DEFAULT_CONFIG, "", &config, err))
        return false;
    if (strcmp(config.exe, exe) != 0)
        return quoth_fail(err, QUOTH_USAGE, exe, QUOTH_NO_OFFSET,
                          "the program named is not the one in " DEFAULT_CONFIG);
    *ret_config = take_value(config);
    return true;
}

/* The folder of a path, "" for the working directory. Free it. */
static char *folder_of(const char *path, struct quoth_error *err)
{
    AUTO(buffer) struct buffer folder = {0};
    const char *slash = strrchr(path, '/');
    if (slash) /* "/x" lies in "/." */
        buffer_printf(&folder, "%.*s%s", (int)(slash - path), path, slash == path ? "/." : "");
    return buffer_take_text(&folder, err);
}

/* Finds the configuration that the argument means, and gives the folder at which paths in it start.
 * Free it; NULL on failure. */
static char *config_find(const struct cli *cli, const char *file, struct enclave_config *ret_config,
                         struct quoth_error *err)
{
    const bool program = file && !has_suffix(file, ".json");
    const char *path = file && !program ? file : DEFAULT_CONFIG;
    AUTO(text) char *folder = folder_of(path, err);
    const bool found = folder && (program ? config_for_program(cli, file, ret_config, err)
                                          : config_read_file(cli, path, folder, ret_config, err));
    return found ? take(folder) : NULL;
}

/* "2025-07-04" is 0x20250704. */
static bool date_parse(const char *text, uint32_t *ret_date, struct quoth_error *err)
{
    char noon[32];
    int64_t ignored;
    uint32_t date = 0;
    struct quoth_error why = {0};

    snprintf(noon, sizeof noon, "%sT12:00:00Z", text);
    if (!time_parse(bytes_of_text(noon), &ignored, &why))
        return quoth_fail(err, QUOTH_USAGE, "--date", QUOTH_NO_OFFSET, "is no date as 2025-07-04");
    for (const char *c = text; *c; c++)
        if (*c != '-')
            date = date << 4 | (uint32_t)(*c - '0');
    *ret_date = date;
    return true;
}

static bool sign_print(const struct cli *cli, const struct sigstruct *s, struct quoth_error *err)
{
    AUTO(buffer) struct buffer out = {0};
    if (cli->json)
        json_object_begin(&out);
    enclave_id_row(&out, cli, "uniqueId", "unique id  ", s->body.mr_enclave);
    enclave_id_row(&out, cli, "signerId", "signer id  ", s->mr_signer);
    if (!cli->json)
        return output_write(&out, err);
    json_object_end(&out);
    return output_json(&out, err);
}

static bool sign_with(const struct cli *cli, const struct enclave_sign_args *args,
                      struct enclave_signing *signing, struct quoth_error *err)
{
    struct sigstruct sigstruct;
    FILE *records = args->records ? fopen(args->records, "we") : NULL;

    if (args->records && !records)
        return quoth_fail(err, QUOTH_IO, args->records, QUOTH_NO_OFFSET, "cannot be written");
    signing->records = records;
    const bool ok = enclave_sign(signing, &sigstruct, err);
    if (records && fclose(records) != 0 && ok)
        return quoth_fail(err, QUOTH_IO, args->records, QUOTH_NO_OFFSET, "cannot be written");
    return ok && sign_print(cli, &sigstruct, err);
}

bool enclave_sign_run(struct cli *cli, const void *raw, struct quoth_error *err)
{
    const struct enclave_sign_args *args = raw;
    AUTO(enclave_config) struct enclave_config config = {0};
    AUTO(private_key) struct private_key *key = NULL;
    struct enclave_signing signing = {.config = &config};
    bool made = false;

    if (args->date && !date_parse(args->date, &signing.date, err))
        return false;
    AUTO(text) char *folder = config_find(cli, args->file, &config, err);
    if (!folder)
        return false;
    AUTO(text) char *exe = config.exe ? path_from(folder, config.exe, err) : NULL;
    AUTO(text) char *key_path = config.key ? path_from(folder, config.key, err) : NULL;
    if (!exe || !key_path)
        return false;
    if (!file_exists(key_path))
        say(cli, "Generating new ", key_path);
    if (!enclave_key_open(key_path, &key, &made, err))
        return false;
    signing.exe = exe;
    signing.key = key;
    return sign_with(cli, args, &signing, err);
}
