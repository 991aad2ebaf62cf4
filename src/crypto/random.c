#include "crypto/random.h"

#include <errno.h>
#include <sys/random.h>

bool random_fill(void *to, size_t len, struct quoth_error *err)
{
    uint8_t *at = to;
    for (size_t done = 0; done < len;) {
        const ssize_t got = getrandom(at + done, len - done, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            bytes_wipe(to, len);
            return quoth_fail(err, QUOTH_UNAVAILABLE, "random", QUOTH_NO_OFFSET,
                              "the kernel gives no random bytes: %s", strerror(errno));
        }
        done += (size_t)got;
    }
    return true;
}
