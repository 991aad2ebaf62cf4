/* Any bytes as evidence, judged with the collateral and under the root of tests/vectors/sim:
 * nothing is accepted but the quotes that were signed there, and every verdict is JSON. */
#include "base/file.h"
#include "codec/json.h"
#include "codec/pem.h"
#include "collateral/part.h"
#include "tests/fuzz/fuzz.h"
#include "verifier/verifier.h"

#include <dirent.h>
#include <stdio.h>

#define SIM_TIME INT64_C(1794700800) /* 2026-11-15T00:00:00Z */
#define KNOWN_MAX 64

static struct {
    char folder[512];
    struct collateral sgx, tdx;
    struct trust trust;
    struct proofs *proofs;
    struct sha256 known[KNOWN_MAX]; /* header and body of every quote that was signed */
    size_t known_count;
} sim;

static void read_sim(const char *name, struct buffer *to)
{
    struct quoth_error err = {0};
    AUTO(text) char *path = path_join(sim.folder, name, &err);
    require(file_read(path, 1u << 20, to, &err));
}

static void add(struct collateral_builder *b, enum collateral_part part, const char *name)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer data = {0};
    read_sim(name, &data);
    require(collateral_add(b, part, buffer_bytes(&data), &err));
}

static void load_collateral(const char *tcb_info, const char *qe_identity, struct collateral *ret)
{
    struct quoth_error err = {0};
    AUTO(collateral_builder) struct collateral_builder b = {0};
    add(&b, COLLATERAL_TCB_INFO, tcb_info);
    add(&b, COLLATERAL_QE_IDENTITY, qe_identity);
    add(&b, COLLATERAL_TCB_INFO_CHAIN, "signer-00.pem");
    add(&b, COLLATERAL_QE_IDENTITY_CHAIN, "signer-00.pem");
    add(&b, COLLATERAL_ROOT_CRL, "rootcrl-00.der");
    add(&b, COLLATERAL_PCK_CRL, "pckcrl-00.der");
    require(collateral_finish(&b, ret, &err));
}

static void load_trust(void)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer pem = {0}, der = {0};
    read_sim("root-00.pem", &pem);
    struct reader r = {.in = buffer_bytes(&pem), .err = &err};
    require(pem_next_lenient(&r, "CERTIFICATE", &der));
    require(trust_add(&sim.trust, TRUST_SIMULATED, TRUST_FOR_ALL, buffer_bytes(&der), &err));
}

/* What the signature covers: version 3 ends at 432, the others where their length field says. */
static struct sha256 signed_part(struct bytes quote)
{
    const uint16_t version = bytes_u16le(quote, 0);
    const bool tdx = bytes_u32le(quote, 4) == 0x81;
    const size_t body = version == 5 ? 6 + bytes_u32le(quote, 50) : tdx ? 584 : 384;
    return sha256_of(bytes_slice(quote, 0, 48 + body));
}

static void load_quotes(void)
{
    DIR *folder = opendir(sim.folder);
    require(folder != NULL);
    for (struct dirent *e = readdir(folder); e; e = readdir(folder)) {
        AUTO(buffer) struct buffer quote = {0};
        if (strncmp(e->d_name, "quote-", 6) != 0)
            continue;
        read_sim(e->d_name, &quote);
        require(sim.known_count < KNOWN_MAX);
        sim.known[sim.known_count++] = signed_part(buffer_bytes(&quote));
    }
    closedir(folder);
}

static void load(void)
{
    struct quoth_error err = {0};
    const char *source = getenv("QUOTH_SOURCE");
    if (sim.proofs)
        return;
    snprintf(sim.folder, sizeof sim.folder, "%s/tests/vectors/sim", source ? source : ".");
    require(proofs_open(PROOFS_BYTES_DEFAULT, &sim.proofs, &err));
    load_collateral("tcbinfo-00.json", "qeid-00.json", &sim.sgx);
    load_collateral("tcbinfo-01.json", "qeid-01.json", &sim.tdx);
    load_trust();
    load_quotes();
}

static bool is_known(struct bytes evidence)
{
    const bool report = bytes_u32le(evidence, 0) == 1, wrapped = bytes_u32le(evidence, 0) == 3;
    struct bytes quote = bytes_slice(evidence, report ? 16 : wrapped ? 32 : 0, evidence.len);
    if (wrapped && bytes_u32le(quote, 0) == 1) /* a report in evidence */
        quote = bytes_slice(quote, 16, quote.len);
    const struct sha256 hash = signed_part(quote);
    for (size_t i = 0; i < sim.known_count; i++)
        if (sha256_equal(&hash, &sim.known[i]))
            return true;
    return false;
}

static void check_verdict(const struct appraisal *a)
{
    struct quoth_error err = {0};
    AUTO(buffer) struct buffer text = {0};
    AUTO(json_doc) struct json_doc doc = {0};
    verifier_write_verdict(&text, a);
    require(buffer_ok(&text, &err));
    require(json_parse(buffer_bytes(&text), NULL, &doc, &err));
}

static bool judge(struct bytes evidence, const struct collateral *collateral)
{
    struct quoth_error err = {0};
    AUTO(appraisal) struct appraisal a;
    const struct verifier_input in = {
        .tee_input = {.evidence = evidence,
                      .collateral = collateral,
                      .trust = &sim.trust,
                      .at = SIM_TIME,
                      .accept = ~(tcb_status_set)0,
                      .allow_debug = true,
                      .proofs = sim.proofs},
    };
    require(appraisal_init(&a, SIM_TIME, &err));
    const bool accepted = verifier_appraise(&in, &a);
    require(accepted == (a.error.code == QUOTH_OK));
    check_verdict(&a);
    return accepted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    load();
    const bool tdx = bytes_u32le(in, 4) == 0x81;
    if (judge(in, tdx ? &sim.tdx : &sim.sgx))
        require(is_known(in));
    return 0;
}
