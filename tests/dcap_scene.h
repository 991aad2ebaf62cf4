/* One whole judgement of forged evidence: everything right and signed but what a test changes. */
#ifndef QUOTH_TESTS_DCAP_SCENE_H
#define QUOTH_TESTS_DCAP_SCENE_H

#include "tests/dcap_forge.h"

struct scene {
    struct forge forge, other; /* other: the same names, other keys */
    struct forge_list root_list, pck_list;
    const char *tcb_info, *qe_identity;
    struct private_key *tcb_key, *qe_key; /* who signs the documents */
    const int *pck_order;
    struct forge_quote quote;
    struct tee_input in;
    bool supply_chain;   /* as collateral */
    unsigned leave_out;  /* bit 1 << enum collateral_part */
    bool foreign_signer; /* signer's chain of the other forge */
    struct buffer chain, signers, root_crl, pck_crl, tcb_body, qe_body, evidence;
    struct collateral collateral;
};

static const int scene_pck_order[] = {FORGE_LEAF, FORGE_CA, FORGE_ROOT, -1};
static const int scene_signer_order[] = {FORGE_SIGNER, FORGE_ROOT, -1};

static inline void scene_init(struct scene *s)
{
    *s = (struct scene){
        .root_list = {FORGE_ROOT,             FORGE_ROOT,            -1, FORGE_NOW - FORGE_DAY, FORGE_NOW + FORGE_DAY},
        .pck_list = {FORGE_CA, FORGE_CA, -1, FORGE_NOW - FORGE_DAY, FORGE_NOW + FORGE_DAY},
        .tcb_info = FORGE_TCB_INFO,
        .qe_identity = FORGE_QE_IDENTITY,
        .pck_order = scene_pck_order,
        .quote = {.flags = SGX_FLAG_INIT,               .type = CERTIFICATION_PCK_CHAIN                           },
        .in = {.at = FORGE_NOW, .accept = TCB_ACCEPT_DEFAULT},
    };
    forge_init(&s->forge);
    forge_init(&s->other);
    s->tcb_key = s->qe_key = s->forge.keys[FORGE_SIGNER];
}

static inline void scene_clear(struct scene *s)
{
    struct buffer *buffers[] = {&s->chain,    &s->signers, &s->root_crl, &s->pck_crl,
                                &s->tcb_body, &s->qe_body, &s->evidence};
    for (size_t i = 0; i < COUNT(buffers); i++)
        buffer_clear(buffers[i]);
    forge_clear(&s->forge);
    forge_clear(&s->other);
}
DEFINE_AUTO_VALUE(scene, struct scene, scene_clear)

static inline void scene_gather(struct scene *s)
{
    const struct bytes parts[COLLATERAL_PARTS] = {
        [COLLATERAL_ROOT_CRL] = buffer_bytes(&s->root_crl),
        [COLLATERAL_PCK_CRL] = buffer_bytes(&s->pck_crl),
        [COLLATERAL_TCB_INFO_CHAIN] = buffer_bytes(&s->signers),
        [COLLATERAL_TCB_INFO] = buffer_bytes(&s->tcb_body),
        [COLLATERAL_QE_IDENTITY_CHAIN] = buffer_bytes(&s->signers),
        [COLLATERAL_QE_IDENTITY] = buffer_bytes(&s->qe_body),
        [COLLATERAL_PCK_CHAIN] = s->supply_chain ? buffer_bytes(&s->chain) : (struct bytes){0},
    };
    for (size_t i = 0; i < COLLATERAL_PARTS; i++)
        s->collateral.part[i] = bytes_slice(parts[i], 0, s->leave_out >> i & 1u ? 0 : SIZE_MAX);
}

/* Certificates are made by the test, as only it knows when its mistakes are made. */
static inline void scene_make(struct scene *s)
{
    forge_pem(&s->forge, s->pck_order, &s->chain);
    forge_pem(s->foreign_signer ? &s->other : &s->forge, scene_signer_order, &s->signers);
    forge_crl(&s->forge, &s->root_list, &s->root_crl);
    forge_crl(&s->forge, &s->pck_list, &s->pck_crl);
    forge_document(s->tcb_key, "tcbInfo", s->tcb_info, &s->tcb_body);
    forge_document(s->qe_key, "enclaveIdentity", s->qe_identity, &s->qe_body);
    if (s->quote.type == CERTIFICATION_PCK_CHAIN)
        s->quote.certification = buffer_bytes(&s->chain);
    forge_make_quote(&s->forge, &s->quote, &s->evidence);
    scene_gather(s);
    s->in.evidence = buffer_bytes(&s->evidence);
    s->in.collateral = &s->collateral;
    s->in.trust = &s->forge.trust;
}

static inline void scene_ready(struct scene *s)
{
    forge_make_certs(&s->forge);
    forge_make_certs(&s->other);
    forge_trust(&s->forge);
}

static inline void scene_judge(const struct scene *s, struct appraisal *ret)
{
    struct quoth_error err = {0};
    struct dcap_facts facts;
    assert_true(appraisal_init(ret, s->in.at, &err));
    dcap_verify(&s->in, DCAP_SGX, ret, &facts);
}

static inline void scene_expect(const struct scene *s, enum quoth_code code, const char *where)
{
    AUTO(appraisal) struct appraisal a;
    scene_judge(s, &a);
    if (a.error.code != code || (where && strcmp(a.error.where, where) != 0))
        fail_msg("found %s at %s (%s), expected %s at %s", quoth_code_dotted(a.error.code),
                 a.error.where, a.error.message, quoth_code_dotted(code), where ? where : "-");
}

#endif
