#include "tee/trust.h"

#include "crypto/x509_make.h"
#include "tests/unit.h"

/* What is wrong with a root: nothing, or one of these. */
struct flaw {
    bool foreign;    /* signed with another key */
    bool not_ca;     /* may not sign certificates, by its constraints */
    bool no_usage;   /* the same by its usage */
    bool other_name; /* names another issuer, and is signed with its own key */
    bool marked;     /* says that it is a simulator's; no flaw of a simulated root */
};

static void make_flawed(const struct flaw *f, struct buffer *ret_der)
{
    static const uint8_t serial[] = {1};
    const struct x509_name_part part = {f->marked ? "O" : "CN",
                                        f->marked ? "Quoth SIMULATED - NOT A HARDWARE TEE"
                                                  : "Root"},
                                other_part = {"CN", "Another"};
    const struct x509_extension extensions[] = {
        {.kind = X509_KEY_USAGE,
         .critical = true,
         .bits = CERT_CRL_SIGN | (f->no_usage ? 0 : CERT_KEY_CERT_SIGN)},
        { .kind = X509_BASIC_CONSTRAINTS,
         .critical = true,
         .is_ca = !f->not_ca,
         .path_len = CERT_NO_PATH_LEN},
    };
    struct quoth_error err = {0};
    AUTO(private_key) struct private_key *key = NULL, *other = NULL;
    AUTO(public_key) struct public_key *public = NULL;
    AUTO(buffer) struct buffer name = {0}, issuer = {0};
    assert_true(private_key_generate(KEY_TYPE_P256, &key, &err));
    assert_true(private_key_generate(KEY_TYPE_P256, &other, &err));
    assert_true(private_key_public(key, &public, &err));
    assert_true(x509_name_write(&part, 1, &name, &err));
    assert_true(x509_name_write(f->other_name ? &other_part : &part, 1, &issuer, &err));
    const struct x509_spec spec = {.serial = BYTES_OF(serial),
                                   .subject = buffer_bytes(&name),
                                   .issuer = buffer_bytes(&issuer),
                                   .not_before = 1700000000,
                                   .not_after = 1900000000,
                                   .extensions = extensions,
                                   .extension_count = COUNT(extensions)};
    buffer_clear(ret_der);
    assert_true(x509_make(&spec, public, f->foreign ? other : key, ret_der, &err));
}

static void make_root(struct buffer *ret_der)
{
    make_flawed(&(struct flaw){0}, ret_der);
}

static enum quoth_code add(struct trust *t, enum trust_class class, struct bytes der)
{
    struct quoth_error err = {0};
    return trust_add(t, class, TRUST_FOR_ALL, der, &err) ? QUOTH_OK : err.code;
}

static void only_a_root_becomes_an_anchor(void **state)
{
    (void)state;
    struct trust t = {0};
    AUTO(buffer) struct buffer der = {0};
    static const struct flaw flaws[] = {
        {.foreign = true}, {.not_ca = true}, {.no_usage = true}, {.other_name = true}};
    for (size_t i = 0; i < COUNT(flaws); i++) {
        make_flawed(&flaws[i], &der);
        assert_int_equal(add(&t, TRUST_HARDWARE, buffer_bytes(&der)), QUOTH_TRUST_ROOT);
    }
    make_root(&der);
    der.data[der.len - 1] ^= 1;
    assert_int_equal(add(&t, TRUST_HARDWARE, buffer_bytes(&der)), QUOTH_TRUST_ROOT);
    assert_int_equal(add(&t, TRUST_HARDWARE, BYTES_LITERAL("not DER")), QUOTH_TRUST_ROOT);
    assert_int_equal(t.count, 0);
}

static void simulated_roots_stand_alone(void **state)
{
    (void)state;
    struct trust t;
    AUTO(buffer) struct buffer one = {0}, two = {0};
    make_root(&one);
    make_root(&two);
    trust_init_built_in(&t);
    assert_int_equal(add(&t, TRUST_SIMULATED, buffer_bytes(&one)), QUOTH_TRUST_MIXED);
    assert_int_equal(add(&t, TRUST_HARDWARE, buffer_bytes(&one)), QUOTH_OK);
    t = (struct trust){0};
    assert_int_equal(add(&t, TRUST_SIMULATED, buffer_bytes(&one)), QUOTH_OK);
    assert_int_equal(add(&t, TRUST_HARDWARE, buffer_bytes(&two)), QUOTH_TRUST_MIXED);
    assert_int_equal(add(&t, TRUST_HARDWARE, buffer_bytes(&one)), QUOTH_TRUST_MIXED);
    assert_int_equal(add(&t, TRUST_SIMULATED, buffer_bytes(&two)), QUOTH_OK);
    assert_int_equal(t.count, 2);
}

/* Whatever an operator calls it (DESIGN decision 2). */
static void a_marked_root_vouches_for_no_hardware(void **state)
{
    (void)state;
    struct trust t = {0};
    AUTO(buffer) struct buffer der = {0};
    make_flawed(&(struct flaw){.marked = true}, &der);
    assert_int_equal(add(&t, TRUST_HARDWARE, buffer_bytes(&der)), QUOTH_TRUST_MARKED);
    assert_int_equal(add(&t, TRUST_BUILT_IN, buffer_bytes(&der)), QUOTH_TRUST_MARKED);
    assert_int_equal(t.count, 0);
    assert_int_equal(add(&t, TRUST_SIMULATED, buffer_bytes(&der)), QUOTH_OK);
    assert_int_equal(t.anchors[0].class, TRUST_SIMULATED);
}

static void the_id_is_of_the_whole_set(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct trust a, b;
    AUTO(buffer) struct buffer one = {0};
    make_root(&one);
    trust_init_built_in(&a);
    trust_init_built_in(&b);
    assert_true(sha256_equal(&a.id, &b.id));
    assert_int_equal(add(&b, TRUST_HARDWARE, buffer_bytes(&one)), QUOTH_OK);
    assert_false(sha256_equal(&a.id, &b.id));
    const struct sha256 before = b.id;
    assert_int_equal(add(&b, TRUST_HARDWARE, buffer_bytes(&one)), QUOTH_OK); /* again */
    assert_true(sha256_equal(&before, &b.id));
    a = (struct trust){0};
    b = (struct trust){0};
    assert_true(trust_add(&a, TRUST_HARDWARE, TRUST_FOR_SGX, buffer_bytes(&one), &err));
    assert_true(trust_add(&b, TRUST_HARDWARE, TRUST_FOR_TDX, buffer_bytes(&one), &err));
    assert_false(sha256_equal(&a.id, &b.id));
}

/* No two sets share an id, and none has that of nothing. */
static void every_set_has_an_id_of_its_own(void **state)
{
    (void)state;
    static const struct sha256 nothing;
    struct trust sets[6] = {0};
    AUTO(buffer) struct buffer one = {0}, two = {0};
    make_root(&one);
    make_root(&two);
    trust_init_built_in(&sets[0]);
    add(&sets[1], TRUST_HARDWARE, buffer_bytes(&one));
    add(&sets[2], TRUST_HARDWARE, buffer_bytes(&two));
    add(&sets[3], TRUST_SIMULATED, buffer_bytes(&one));
    add(&sets[4], TRUST_HARDWARE, buffer_bytes(&one));
    add(&sets[4], TRUST_HARDWARE, buffer_bytes(&two));
    trust_init_built_in(&sets[5]);
    add(&sets[5], TRUST_HARDWARE, buffer_bytes(&one));
    for (size_t i = 0; i < COUNT(sets); i++) {
        assert_false(sha256_equal(&sets[i].id, &nothing));
        for (size_t k = 0; k < i; k++)
            assert_false(sha256_equal(&sets[i].id, &sets[k].id));
    }
}

/* A root that was named for one TEE may be named for the other as well. */
static void a_root_may_be_named_for_more(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct trust t = {0};
    struct cert c;
    AUTO(buffer) struct buffer der = {0};
    make_root(&der);
    assert_true(cert_read(buffer_bytes(&der), &c, &err));
    assert_true(trust_add(&t, TRUST_HARDWARE, TRUST_FOR_SGX, buffer_bytes(&der), &err));
    assert_true(trust_add(&t, TRUST_HARDWARE, TRUST_FOR_TDX, buffer_bytes(&der), &err));
    assert_non_null(trust_find(&t, TRUST_FOR_SGX, c.point));
    assert_non_null(trust_find(&t, TRUST_FOR_TDX, c.point));
}

static void an_anchor_vouches_for_its_tee_only(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct trust t = {0};
    struct cert c;
    AUTO(buffer) struct buffer der = {0};
    make_root(&der);
    assert_true(cert_read(buffer_bytes(&der), &c, &err));
    assert_true(trust_add(&t, TRUST_HARDWARE, TRUST_FOR_SGX, buffer_bytes(&der), &err));
    const struct sha256 fingerprint = sha256_of(buffer_bytes(&der));
    const struct trust_anchor *anchor = trust_find(&t, TRUST_FOR_SGX, c.point);
    assert_non_null(anchor);
    assert_true(sha256_equal(&anchor->fingerprint, &fingerprint));
    assert_null(trust_find(&t, TRUST_FOR_TDX, c.point));
    assert_null(trust_find(&t, TRUST_FOR_SGX, bytes_slice(c.point, 0, 64)));
    assert_null(trust_find(&t, TRUST_FOR_SGX, (struct bytes){0}));
}

static void the_set_has_a_bound(void **state)
{
    (void)state;
    struct trust t = {0};
    AUTO(buffer) struct buffer der = {0};
    for (size_t i = 0; i < TRUST_ANCHORS_MAX; i++) {
        make_root(&der);
        assert_int_equal(add(&t, TRUST_HARDWARE, buffer_bytes(&der)), QUOTH_OK);
    }
    make_root(&der);
    assert_int_equal(add(&t, TRUST_HARDWARE, buffer_bytes(&der)), QUOTH_TRUST_ROOT);
    assert_int_equal(t.count, TRUST_ANCHORS_MAX);
}

static void intels_root_is_the_one_that_is_served(void **state)
{
    (void)state;
    struct quoth_error err = {0};
    struct trust t;
    struct cert c;
    AUTO(buffer) struct buffer der = {0};
    trust_init_built_in(&t);
    const struct bytes root = unit_vector("dcap/roots/intel-sgx-root-ca.der", &der);
    const struct sha256 fingerprint = sha256_of(root);
    assert_true(cert_read(root, &c, &err));
    const struct trust_anchor *anchor = trust_find(&t, TRUST_FOR_TDX, c.point);
    assert_non_null(anchor);
    assert_int_equal(anchor->class, TRUST_BUILT_IN);
    assert_true(sha256_equal(&anchor->fingerprint, &fingerprint));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_root_becomes_an_anchor),
        cmocka_unit_test(simulated_roots_stand_alone),
        cmocka_unit_test(a_marked_root_vouches_for_no_hardware),
        cmocka_unit_test(the_id_is_of_the_whole_set),
        cmocka_unit_test(every_set_has_an_id_of_its_own),
        cmocka_unit_test(a_root_may_be_named_for_more),
        cmocka_unit_test(an_anchor_vouches_for_its_tee_only),
        cmocka_unit_test(the_set_has_a_bound),
        cmocka_unit_test(intels_root_is_the_one_that_is_served),
    };
    return cmocka_run_group_tests_name("tee/trust", tests, NULL, NULL);
}
