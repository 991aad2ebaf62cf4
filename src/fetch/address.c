#include "fetch/address.h"

#include "base/bytes.h"

#include <netinet/in.h>

struct block {
    uint8_t prefix[16];
    unsigned bits;
};

static const struct block special4[] = {
    {{0},            8 }, /* this network */
    {{10},           8 }, /* private */
    {{100, 64},      10}, /* shared */
    {{127},          8 }, /* loopback */
    {{169, 254},     16}, /* link-local: metadata services of clouds */
    {{172, 16},      12}, /* private */
    {{192, 0, 0},    24}, /* protocol assignments */
    {{192, 0, 2},    24}, /* documentation */
    {{192, 88, 99},  24}, /* 6to4 relays, given up */
    {{192, 168},     16}, /* private */
    {{198, 18},      15}, /* benchmarks */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113},  24}, /* documentation */
    {{224},          3 }, /* multicast and reserved */
};

/* Of IPv6 only 2000::/3 is given out; within it: */
static const struct block special6[] = {
    {{0x20, 0x01},             23}, /* protocol assignments, Teredo among them */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x3f, 0xff},             20}, /* documentation */
};

static bool is_in(const uint8_t *address, const struct block *b)
{
    const unsigned whole = b->bits / 8, rest = b->bits % 8;
    const uint8_t mask = (uint8_t)(0xFF00u >> rest);
    return memcmp(address, b->prefix, whole) == 0 &&
           (rest == 0 || ((address[whole] ^ b->prefix[whole]) & mask) == 0);
}

static bool is_in_any(const uint8_t *address, const struct block *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_in(address, &blocks[i]))
            return true;
    return false;
}

static bool is_public4(const uint8_t *address)
{
    return !is_in_any(address, special4, COUNT(special4));
}

/* Addresses that stand for an IPv4 address are as public as that: mapped (::ffff:0:0/96),
 * translated (64:ff9b::/96), 6to4 (2002::/16). */
static bool is_public6(const uint8_t *address)
{
    static const struct block mapped =
                                  {
                                      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff},
                                      96
    },
                              translated = {{0, 0x64, 0xff, 0x9b}, 96}, to4 = {{0x20, 0x02}, 16},
                              given_out = {{0x20}, 3};
    if (is_in(address, &mapped) || is_in(address, &translated))
        return is_public4(address + 12);
    if (is_in(address, &to4))
        return is_public4(address + 2);
    return is_in(address, &given_out) && !is_in_any(address, special6, COUNT(special6));
}

bool address_is_public(const struct sockaddr *address)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    uint8_t octets[16];
    switch (address->sa_family) {
    case AF_INET:
        memcpy(&in, address, sizeof in);
        memcpy(octets, &in.sin_addr, 4);
        return is_public4(octets);
    case AF_INET6:
        memcpy(&in6, address, sizeof in6);
        memcpy(octets, &in6.sin6_addr, 16);
        return is_public6(octets);
    default:
        return false;
    }
}
