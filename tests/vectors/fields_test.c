/* Every field of every genuine quote is found where dcap/fields.tsv says it is, and JSON that is
 * not TCB info or an identity is refused. Needs QUOTH_VECTORS. */
#include "tee/dcap/certify.h"
#include "tee/dcap/qe_identity.h"
#include "tee/dcap/signed_json.h"
#include "tee/dcap/tcb_info.h"
#include "tests/vectors/vectors.h"

#include <dirent.h>
#include <stdio.h>

static char folder[512]; /* QUOTH_VECTORS/dcap */

static void expect_text(const struct table *t, const char *column, const char *found)
{
    const char *expected = table_cell(t, column);
    if (strcmp(found, expected) != 0)
        fail_msg("%s: found %s, expected %s", column, found, expected);
}

static void expect_number(const struct table *t, const char *column, uint64_t found)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)found);
    expect_text(t, column, text);
}

static void expect_bytes(const struct table *t, const char *column, struct bytes found)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer hex = {0};
    hex_encode(found, &hex);
    AUTO(text) char *text = buffer_take_text(&hex, &err);
    expect_text(t, column, found.len ? text : "-");
}

static void expect_digest(const struct table *t, const char *column, struct bytes over)
{
    const struct sha256 digest = sha256_of(over);
    expect_bytes(t, column, BYTES_OF(digest.bytes));
}

static void expect_frame(const struct table *t, const struct dcap_quote *q)
{
    char tee[8];
    snprintf(tee, sizeof tee, "0x%x", q->tee);
    expect_text(t, "tee_type", tee);
    expect_number(t, "version", q->version);
    expect_number(t, "body_offset", q->body_offset);
    expect_number(t, "body_len", q->signed_part.len - q->body_offset);
    expect_number(t, "sig_len_offset", q->signed_part.len);
    expect_number(t, "sig_len", q->raw.len - q->signed_part.len - 4);
    expect_bytes(t, "user_data", q->user_data);
    expect_digest(t, "sha256_signed", q->signed_part);
    expect_digest(t, "sha256_sigdata", bytes_slice(q->raw, q->signed_part.len + 4, q->raw.len));
    if (q->version == 3) {
        expect_number(t, "qe_svn", q->qe_svn);
        expect_number(t, "pce_svn_hdr", q->pce_svn);
    }
    expect_number(t, "auth_len", q->auth_data.len);
    expect_bytes(t, "auth_hex", q->auth_data);
    expect_number(t, "cert_type", q->certification.type);
    expect_number(t, "cert_size", q->certification.data.len);
    expect_number(t, "qe_isvprodid", q->qe_report.isv_prod_id);
    expect_number(t, "qe_isvsvn", q->qe_report.isv_svn);
    expect_bytes(t, "qe_mrenclave", q->qe_report.mrenclave);
}

static void expect_sgx(const struct table *t, const struct sgx_report *s)
{
    expect_bytes(t, "mr", s->mrenclave);
    expect_bytes(t, "mrsigner", s->mrsigner);
    expect_number(t, "isvprodid", s->isv_prod_id);
    expect_number(t, "isvsvn", s->isv_svn);
    expect_bytes(t, "attributes", s->attributes);
    expect_bytes(t, "miscselect", bytes_slice(s->raw, 16, 4));
    expect_bytes(t, "svn", s->cpusvn);
    expect_bytes(t, "report_data", s->report_data);
}

static void expect_td(const struct table *t, const struct td_report *d)
{
    expect_bytes(t, "mr", d->mrtd);
    expect_bytes(t, "mrsigner", d->mrsignerseam);
    expect_bytes(t, "attributes", d->td_attributes);
    expect_bytes(t, "svn", d->tee_tcb_svn);
    expect_bytes(t, "report_data", d->report_data);
    expect_bytes(t, "xfam", d->xfam);
    expect_bytes(t, "mrseam", d->mrseam);
    expect_bytes(t, "rtmr0", d->rtmr[0]);
    expect_bytes(t, "rtmr3", d->rtmr[3]);
    expect_bytes(t, "svn2", d->tee_tcb_svn2);
    expect_bytes(t, "mrservicetd", d->mrservicetd);
}

static void expect_components(const struct table *t, const uint8_t svns[16])
{
    char text[80] = "";
    size_t len = 0;
    for (size_t i = 0; i < 16; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%u", i ? "," : "", svns[i]);
    expect_text(t, "comps", text);
}

/* The two quotes whose chains Fortanix wrote anew: lines of 76 columns, no line feed at the end. As
 * evidence they are refused (THREATS 39); their certificates are good, and show an order of their
 * own and Intel's root of 2018 with another date. */
static bool is_rewritten(const struct table *t)
{
    return strstr(table_cell(t, "file"), "chain-order") ||
           strstr(table_cell(t, "file"), "bad-quote-signature");
}

/* The chain in the quote reaches Intel's root: signatures, profile and order. */
static void expect_pck(const struct table *t, const struct dcap_quote *q)
{
    struct quoth_error err = {0};
    struct trust trust;
    const struct pck_chain *c;
    AUTO(prover) struct prover p = {0};
    if (q->certification.type != CERTIFICATION_PCK_CHAIN)
        return;
    trust_init_built_in(&trust);
    const struct tee_input in = {.trust = &trust};
    prover_init(&p, &in, TRUST_FOR_SGX);
    const bool canonical = prove_pck_chain(&p, q->certification.data, true, &c, &err);
    if (canonical == is_rewritten(t))
        fail_msg("%s, byte %zu: %s", err.where, err.offset, err.message);
    err = (struct quoth_error){0};
    if (!canonical && !prove_pck_chain(&p, q->certification.data, false, &c, &err))
        fail_msg("%s, byte %zu: %s", err.where, err.offset, err.message);
    assert_non_null(trust_find(&trust, TRUST_FOR_SGX, chain_root(&c->chain)->point));
    expect_bytes(t, "ppid", BYTES_OF(c->pck.ppid));
    expect_bytes(t, "cpusvn", BYTES_OF(c->pck.cpusvn));
    expect_number(t, "pcesvn", c->pck.pcesvn);
    expect_bytes(t, "pceid", BYTES_OF(c->pck.pceid));
    expect_bytes(t, "fmspc", BYTES_OF(c->pck.fmspc));
    expect_components(t, c->pck.components);
    const uint8_t type = (uint8_t)c->pck.sgx_type;
    expect_bytes(t, "sgx_type", (struct bytes){&type, 1});
    expect_bytes(t, "pck_serial", chain_leaf(&c->chain)->serial);
    char issuer[64];
    snprintf(issuer, sizeof issuer, "%.*s", (int)c->chain.certs[0].issuer_cn.len,
             (const char *)c->chain.certs[0].issuer_cn.data);
    expect_text(t, "pck_issuer", issuer);
}

static void every_field_is_where_the_table_says(void **state)
{
    (void)state;
    AUTO(table) struct table t;
    table_open(&t, folder, "fields.tsv");
    while (table_next(&t)) {
        struct quoth_error err = {0};
        struct dcap_quote q;
        AUTO(buffer) struct buffer data = {0};
        print_message("  %s\n", table_cell(&t, "file"));
        vector_read(folder, table_cell(&t, "file"), &data);
        expect_number(&t, "raw_len", data.len);
        const bool zeros = strcmp(table_cell(&t, "trailing_zero"), "1") == 0;
        if (!zeros)
            data.len -= strtoul(table_cell(&t, "trailing"), NULL, 10);
        if (!quote_read(buffer_bytes(&data), &q, &err))
            fail_msg("%s, byte %zu: %s", err.where, err.offset, err.message);
        if (zeros)
            expect_number(&t, "trailing", q.padding);
        expect_frame(&t, &q);
        if (q.tee == DCAP_TDX)
            expect_td(&t, &q.td);
        else
            expect_sgx(&t, &q.sgx);
        expect_pck(&t, &q);
    }
    print_message("%zu quotes\n", t.row);
    assert_int_equal(t.row, 28);
}

/* Every prefix of every quote is refused without reading past it. */
static void every_prefix_is_refused(void **state)
{
    (void)state;
    AUTO(table) struct table t;
    table_open(&t, folder, "fields.tsv");
    while (table_next(&t)) {
        struct dcap_quote q;
        AUTO(buffer) struct buffer data = {0};
        vector_read(folder, table_cell(&t, "file"), &data);
        const size_t trailing = strtoul(table_cell(&t, "trailing"), NULL, 10);
        for (size_t len = 0; len < data.len - trailing; len++) {
            struct quoth_error err = {0};
            uint8_t *exact = malloc(len + 1);
            assert_non_null(exact);
            bytes_copy(exact, (struct bytes){data.data, len});
            if (quote_read((struct bytes){exact, len}, &q, &err))
                fail_msg("%s cut to %zu bytes is read", table_cell(&t, "file"), len);
            free(exact);
        }
    }
}

static bool reads(const char *kind, struct bytes body, struct quoth_error *err)
{
    const bool tcb = strcmp(kind, "tcb") == 0;
    AUTO(signed_json) struct signed_json json = {0};
    AUTO(tcb_info) struct tcb_info info = {0};
    AUTO(qe_identity) struct qe_identity identity = {0};
    if (!signed_json_read(body, tcb ? "tcbInfo" : "enclaveIdentity", &json, err))
        return false;
    return tcb ? tcb_info_read(json.inner, &info, err)
               : qe_identity_read(json.inner, &identity, err);
}

static bool is_good(const char *name)
{
    return !strstr(name, "missing") && !strstr(name, "Negative");
}

/* All samples of TCB info but one lack pceId, which Intel's reader and ours demand (SOURCES.md):
 * refused as they stand. With one put in, each is read or refused for the reason it was made for.
 */
static void put_pceid(const char *name, struct buffer *body)
{
    static const struct bytes before = BYTES_INIT("\"tcbType\"");
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer with = {0};
    if (memmem(body->data, body->len, "pceId", 5))
        return;
    if (reads("tcb", buffer_bytes(body), &err))
        fail_msg("%s is read without pceId", name);
    const uint8_t *at = memmem(body->data, body->len, before.data, before.len);
    if (!at)
        return;
    const size_t front = (size_t)(at - body->data);
    buffer_add(&with, bytes_slice(buffer_bytes(body), 0, front));
    buffer_text(&with, "\"pceId\":\"0000\",");
    buffer_add(&with, bytes_slice(buffer_bytes(body), front, body->len));
    buffer_clear(body);
    buffer_add(body, buffer_bytes(&with));
}

static size_t try_folder(const char *kind)
{
    struct quoth_error err = {0};
    char path[600];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/json-negative/%s", folder, kind);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        AUTO(buffer) struct buffer body = {0};
        if (e->d_name[0] == '.')
            continue;
        vector_read(path, e->d_name, &body);
        if (strcmp(kind, "tcb") == 0)
            put_pceid(e->d_name, &body);
        err = (struct quoth_error){0};
        const bool read = reads(kind, buffer_bytes(&body), &err);
        print_message("  %s: %s %s\n", e->d_name, read ? "read" : err.where,
                      read ? "" : err.message);
        if (read != is_good(e->d_name))
            fail_msg("%s should%s be read", e->d_name, read ? " not" : "");
        count++;
    }
    closedir(d);
    return count;
}

static void json_is_read_strictly(void **state)
{
    (void)state;
    const size_t count = try_folder("tcb") + try_folder("qeid");
    print_message("%zu documents\n", count);
    assert_int_equal(count, 42);
}

int main(void)
{
    const char *vectors = getenv("QUOTH_VECTORS");
    if (!vectors) {
        printf("skipped: dcap/fields.tsv and dcap/json-negative need QUOTH_VECTORS\n");
        return 77;
    }
    snprintf(folder, sizeof folder, "%s/dcap", vectors);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_where_the_table_says),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(json_is_read_strictly),
    };
    return cmocka_run_group_tests_name("vectors/fields", tests, NULL, NULL);
}
