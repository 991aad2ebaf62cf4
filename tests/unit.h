/* What unit tests share: cmocka with the headers it wants first, bytes written as hex, and genuine
 * vectors found by QUOTH_VECTORS. */
#ifndef QUOTH_TESTS_UNIT_H
#define QUOTH_TESTS_UNIT_H

#include "base/file.h"
#include "codec/hex.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the two above first */
#include <cmocka.h>

/* The bytes of hex text; the buffer holds them. A test table with a slip in it fails here. */
static inline struct bytes unit_hex(const char *text, struct buffer *hold)
{
    struct quoth_error err = {0};
    buffer_clear(hold);
    if (!hex_decode(bytes_of_text(text), hold, &err))
        fail_msg("not hex: %s", text);
    return buffer_bytes(hold);
}

/* A file below QUOTH_VECTORS; without that variable the test is skipped, and says so. */
static inline struct bytes unit_vector(const char *name, struct buffer *hold)
{
    struct quoth_error err = {0};
    const char *folder = getenv("QUOTH_VECTORS");
    if (!folder) {
        print_message("skipped: needs %s below QUOTH_VECTORS\n", name);
        skip();
    }
    AUTO(text) char *path = path_join(folder, name, &err);
    buffer_clear(hold);
    if (!path || !file_read(path, 16u << 20, hold, &err))
        fail_msg("%s: %s", name, err.message);
    return buffer_bytes(hold);
}

#endif
