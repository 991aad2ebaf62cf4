/* Writes manual pages and completion into a folder, while building: pages FOLDER. */
#include "cli/pages.h"
#include "base/file.h"
#include "cli/nouns.h"
#include "service/config/config.h"

#include <stdio.h>

static bool write_page(const char *folder, const char *name, struct buffer *text,
                       struct quoth_error *err)
{
    AUTO(text) char *path = path_join(folder, name, err);
    const bool good =
        buffer_ok(text, err) && path && file_write(path, buffer_bytes(text), 0644, err);
    buffer_clear(text);
    return good;
}

static bool write_all(const char *folder, struct quoth_error *err)
{
    AUTO(buffer) struct buffer text = {0};
    for (const struct cli_noun *const *noun = cli_nouns; *noun; noun++) {
        char name[64];
        snprintf(name, sizeof name, "quoth-%s.1", (*noun)->name);
        pages_noun(&text, *noun);
        if (!write_page(folder, name, &text, err))
            return false;
    }
    pages_program(&text, cli_nouns);
    if (!write_page(folder, "quoth.1", &text, err))
        return false;
    config_man(&text);
    if (!write_page(folder, "quothd.8", &text, err))
        return false;
    config_markdown(&text);
    if (!write_page(folder, "settings.md", &text, err))
        return false;
    pages_bash(&text, cli_nouns);
    if (!write_page(folder, "quoth", &text, err))
        return false;
    config_bash(&text);
    return write_page(folder, "quothd", &text, err);
}

int main(int argc, char **argv)
{
    struct quoth_error err = {0};
    if (argc == 2 && write_all(argv[1], &err))
        return 0;
    fprintf(stderr, "pages: %s: %s\n", err.where, err.message);
    return 1;
}
