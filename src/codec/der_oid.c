/* Object identifiers between their dotted text and their contents octets, X.690 section 8.19. */
#include "codec/der.h"

#include <stdio.h>

#define OID_MAX 64 /* bytes of contents; none that we name comes near */

/* Reads digits up to a dot or the end; false if there are none, a leading zero, or 2^32 and more.
 */
static bool take_arc(const char **text, uint64_t *ret_arc)
{
    const char *c = *text;
    uint64_t arc = 0;
    if (*c == '0' && c[1] >= '0' && c[1] <= '9')
        return false;
    for (; *c >= '0' && *c <= '9' && arc <= UINT32_MAX; c++)
        arc = arc * 10 + (uint64_t)(*c - '0');
    if (c == *text || arc > UINT32_MAX || (*c != '.' && *c != '\0'))
        return false;
    *text = *c == '.' ? c + 1 : c;
    *ret_arc = arc;
    return *c == '\0' || c[1] != '\0'; /* no dot at the end */
}

/* Base 128, most significant first; the room at to is checked for the longest form. */
static bool put_arc(uint64_t arc, uint8_t to[OID_MAX], size_t *len)
{
    size_t count = 1;
    for (uint64_t rest = arc >> 7; rest > 0; rest >>= 7)
        count++;
    if (count > OID_MAX - *len)
        return false;
    for (size_t i = count; i-- > 0;)
        to[(*len)++] = (uint8_t)((arc >> 7 * i & 0x7F) | (i ? 0x80 : 0));
    return true;
}

static bool encode(const char *dotted, uint8_t to[OID_MAX], size_t *ret_len)
{
    uint64_t first, second, arc;
    if (!take_arc(&dotted, &first) || *dotted == '\0' || !take_arc(&dotted, &second) || first > 2 ||
        (first < 2 && second > 39))
        return false;
    size_t len = 0;
    if (!put_arc(first * 40 + second, to, &len))
        return false;
    while (*dotted)
        if (!take_arc(&dotted, &arc) || !put_arc(arc, to, &len))
            return false;
    *ret_len = len;
    return true;
}

bool der_oid_is(struct bytes oid, const char *dotted)
{
    uint8_t content[OID_MAX];
    size_t len;
    return encode(dotted, content, &len) && bytes_equal(oid, (struct bytes){content, len});
}

void der_write_oid(struct buffer *to, const char *dotted)
{
    uint8_t content[OID_MAX];
    size_t len;
    if (encode(dotted, content, &len))
        der_write_tlv(to, DER_OID, (struct bytes){content, len});
    else
        to->failed = true;
}

/* Takes an arc that starts at *at. False if it does not end or does not fit in 64 bits. */
static bool get_arc(struct bytes oid, size_t *at, uint64_t *ret_arc)
{
    for (uint64_t arc = 0; *at < oid.len && arc <= UINT64_MAX >> 7;) {
        const uint8_t byte = oid.data[(*at)++];
        arc = arc << 7 | (byte & 0x7F);
        if (!(byte & 0x80)) {
            *ret_arc = arc;
            return true;
        }
    }
    return false;
}

char *der_oid_text(struct bytes oid, char *to, size_t size)
{
    size_t used = 0;
    to[0] = '\0';
    for (size_t at = 0; at < oid.len;) {
        char arc_text[32];
        const bool first = at == 0;
        uint64_t arc = 0;
        bool ok = get_arc(oid, &at, &arc);
        const uint64_t root = arc < 80 ? arc / 40 : 2;
        if (ok && first)
            snprintf(arc_text, sizeof arc_text, "%llu.%llu", (unsigned long long)root,
                     (unsigned long long)(arc - root * 40));
        else if (ok)
            snprintf(arc_text, sizeof arc_text, ".%llu", (unsigned long long)arc);
        ok = ok && used + strlen(arc_text) + sizeof "..." <= size;
        snprintf(to + used, size - used, "%s", ok ? arc_text : "...");
        if (!ok)
            break;
        used += strlen(arc_text);
    }
    return to;
}
