/* Whatever is read is sorted, has each level once, and is matched without surprises. */
#include "tee/dcap/evaluate.h"
#include "tee/dcap/signed_json.h"
#include "tests/fuzz/fuzz.h"

static void check_levels(const struct tcb_info *info)
{
    require(info->level_count > 0 && info->level_count <= LEVELS_MAX);
    for (size_t i = 1; i < info->level_count; i++) {
        const struct platform_level *a = &info->levels[i - 1], *b = &info->levels[i];
        const int order = memcmp(a->sgx, b->sgx, sizeof a->sgx);
        require(order > 0 || (order == 0 && a->pcesvn >= b->pcesvn));
    }
    for (size_t i = 0; i < info->level_count; i++)
        require(info->levels[i].level.status > TCB_UNKNOWN &&
                info->levels[i].level.status <= TCB_REVOKED);
}

/* A platform that has all there is reaches the newest level; one that has nothing the last or none.
 */
static void check_evaluation(const struct tcb_info *info)
{
    static uint8_t most[16];
    struct isv_level qe = {.isvsvn = 0, .level = {.status = TCB_UP_TO_DATE}};
    const struct qe_identity identity = {
        .levels = {&qe, 1}
    };
    struct dcap_quote quote = {.tee = info->tee};
    struct pck pck = {.pcesvn = UINT16_MAX};
    struct evaluation e;
    struct quoth_error err = {0};
    memset(pck.components, 255, sizeof pck.components);
    memset(most, 255, sizeof most);
    most[1] = 0; /* no module identity */
    quote.td.tee_tcb_svn = BYTES_OF(most);
    if (evaluate_tcb(&quote, &pck, info, &identity, &e, &err))
        require(e.platform == info->levels[0].level.status || info->tee == DCAP_TDX);
    else
        require(info->tee == DCAP_TDX && err.code == QUOTH_TCB_UNSUPPORTED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct bytes in = {data, len};
    struct quoth_error err = {0};
    AUTO(signed_json) struct signed_json json = {0};
    AUTO(tcb_info) struct tcb_info info = {0};

    if (signed_json_read(in, "tcbInfo", &json, &err) && tcb_info_read(json.inner, &info, &err)) {
        require(err.code == QUOTH_OK);
        require(json.signed_part.len < len);
        check_levels(&info);
        check_evaluation(&info);
    } else {
        require(err.code != QUOTH_OK && err.message[0] != '\0' && info.level_count == 0);
        require(err.offset == QUOTH_NO_OFFSET || err.offset <= len);
    }
    return 0;
}
