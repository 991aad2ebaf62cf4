#include "crypto/digest.h"

#include "tests/unit.h"

/* FIPS 180-4 examples, and the empty text. */
static const struct {
    const char *name, *text, *sha1, *sha256, *sha384, *sha512;
} digests[] = {
    {"nothing",  "",                                                         "da39a3ee5e6b4b0d3255bfef95601890afd80709",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",                                                                                                                     "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
     "274edebfe76f65fbd51ad2f14898b95b", "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
     "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
    {"abc",      "abc",                                                      "a9993e364706816aba3e25717850c26c9cd0d89d",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",                                                                                                                     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
     "8086072ba1e7cc2358baeca134c825a7", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {"448 bits", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "84983e441c3bd26ebaae4aa1f95129e5e54670f1",                                                                         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
     "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6"
     "b0455a8520bc4e6f5fe95b1fe3c8452b",                                                                         "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c335"
     "96fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445"                                                                        },
};

static void expect(struct bytes digest, const char *hex)
{
    AUTO(buffer) struct buffer hold = {0};
    assert_true(bytes_equal(digest, unit_hex(hex, &hold)));
}

static void digests_are_those_of_the_standard(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(digests); i++) {
        print_message("  %s\n", digests[i].name);
        const struct bytes text = bytes_of_text(digests[i].text);
        expect(BYTES_OF(sha1_of(text).bytes), digests[i].sha1);
        expect(BYTES_OF(sha256_of(text).bytes), digests[i].sha256);
        expect(BYTES_OF(sha384_of(text).bytes), digests[i].sha384);
        expect(BYTES_OF(sha512_of(text).bytes), digests[i].sha512);
    }
}

static void parts_digest_as_one(void **state)
{
    (void)state;
    const struct bytes parts[] = {BYTES_LITERAL("a"), {0}, BYTES_LITERAL("b"), BYTES_LITERAL("c")};
    const struct sha256 whole = sha256_of(BYTES_LITERAL("abc"));
    const struct sha256 joined = sha256_of_parts(parts, COUNT(parts));
    const struct sha256 none = sha256_of_parts(NULL, 0), empty = sha256_of((struct bytes){0});
    assert_true(sha256_equal(&joined, &whole));
    assert_true(sha256_equal(&none, &empty));
    assert_false(sha256_equal(&whole, &empty));
}

/* FIPS 180-4: a million times "a". */
static void a_stream_digests_what_was_added_and_begins_anew(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    AUTO(sha256_stream) struct sha256_stream *s = NULL;
    assert_true(sha256_stream_open(&s, &err));
    for (int i = 0; i < 100000; i++)
        sha256_stream_add(s, BYTES_LITERAL("aaaaaaaaaa"));
    struct sha256 digest = sha256_stream_finish(s);
    expect(BYTES_OF(digest.bytes),
           "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    sha256_stream_add(s, BYTES_LITERAL("abc"));
    digest = sha256_stream_finish(s);
    expect(BYTES_OF(digest.bytes), digests[1].sha256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standard),
        cmocka_unit_test(parts_digest_as_one),
        cmocka_unit_test(a_stream_digests_what_was_added_and_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
