#include "tee/dcap/tcb_info.h"

#include "base/text.h"
#include "codec/hex.h"

#include <stdio.h>
#include <stdlib.h>

#define COMPONENTS 16

static bool read_version(struct json inner, struct tcb_info *t, struct quoth_error *err)
{
    struct json value;
    uint64_t version;
    if (!json_need(inner, "version", &value, err) ||
        !json_get_uint(value, UINT32_MAX, &version, err))
        return false;
    if (version != 2 && version != 3)
        return level_refuse(value, "2 or 3", err);
    t->version = (unsigned)version;
    return true;
}

/* Version 2 knows SGX only and has no id. */
static bool read_id(struct json inner, struct tcb_info *t, struct quoth_error *err)
{
    struct json value;
    t->tee = DCAP_SGX;
    if (t->version == 2)
        return !json_member(inner, "id", &value) || level_refuse(value, "no id in version 2", err);
    if (!json_need(inner, "id", &value, err))
        return false;
    if (json_text_is(value, "TDX"))
        t->tee = DCAP_TDX;
    else if (!json_text_is(value, "SGX"))
        return level_refuse(value, "\"SGX\" or \"TDX\"", err);
    return true;
}

static bool read_head(struct json inner, struct tcb_info *t, struct quoth_error *err)
{
    struct json type;
    uint64_t tcb_type, number;
    if (!read_version(inner, t, err) || !read_id(inner, t, err) ||
        !json_need_time(inner, "issueDate", &t->issue_date, err) ||
        !json_need_time(inner, "nextUpdate", &t->next_update, err) ||
        !json_need_hex(inner, "fmspc", t->fmspc, sizeof t->fmspc, err) ||
        !json_need_hex(inner, "pceId", t->pceid, sizeof t->pceid, err) ||
        !json_need(inner, "tcbType", &type, err) ||
        !json_get_uint(type, UINT32_MAX, &tcb_type, err) ||
        !json_need_uint(inner, "tcbEvaluationDataNumber", UINT32_MAX, &number, err))
        return false;
    if (tcb_type != 0) /* how its components compare is not defined */
        return level_refuse(type, "0", err);
    t->evaluation_data_number = (uint32_t)number;
    return true;
}

/* category and type are for people, but must be what they are said to be. */
static bool read_component(struct json object, uint8_t *ret_svn, struct quoth_error *err)
{
    static const char *const texts[] = {"category", "type"};
    uint64_t svn;
    if (!json_need_uint(object, "svn", UINT8_MAX, &svn, err))
        return false;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct json text;
        if (json_member(object, texts[i], &text) && json_type(text) != JSON_STRING)
            return level_refuse(text, "a string", err);
    }
    *ret_svn = (uint8_t)svn;
    return true;
}

static bool read_components(struct json tcb, const char *name, uint8_t ret_svns[COMPONENTS],
                            struct quoth_error *err)
{
    struct json array;
    size_t i = 0;
    if (!json_need_array(tcb, name, &array, err))
        return false;
    if (json_count(array) != COMPONENTS)
        return level_refuse(array, "16 components", err);
    for (struct json v = json_first(array); json_exists(v); v = json_next(v))
        if (!read_component(v, &ret_svns[i++], err))
            return false;
    return true;
}

static bool read_components_v2(struct json tcb, uint8_t ret_svns[COMPONENTS],
                               struct quoth_error *err)
{
    for (unsigned i = 0; i < COMPONENTS; i++) {
        char name[24];
        uint64_t svn;
        snprintf(name, sizeof name, "sgxtcbcomp%02usvn", i + 1);
        if (!json_need_uint(tcb, name, UINT8_MAX, &svn, err))
            return false;
        ret_svns[i] = (uint8_t)svn;
    }
    return true;
}

/* In SGX documents a null has been met where TDX documents have the TDX components. */
static bool read_tdx_components(struct json tcb, const struct tcb_info *t, struct platform_level *l,
                                struct quoth_error *err)
{
    struct json value;
    if (t->tee == DCAP_TDX)
        return read_components(tcb, "tdxtcbcomponents", l->tdx, err);
    if (json_member(tcb, "tdxtcbcomponents", &value) && !json_is_null(value))
        return level_refuse(value, "no TDX components in SGX TCB info", err);
    return true;
}

static bool read_level(struct json object, const struct tcb_info *t, struct platform_level *l,
                       struct quoth_error *err)
{
    struct json tcb;
    uint64_t pcesvn;
    if (!json_need_object(object, "tcb", &tcb, err) ||
        !(t->version == 2 ? read_components_v2(tcb, l->sgx, err)
                          : read_components(tcb, "sgxtcbcomponents", l->sgx, err)) ||
        !json_need_uint(tcb, "pcesvn", UINT16_MAX, &pcesvn, err) ||
        !read_tdx_components(tcb, t, l, err))
        return false;
    l->pcesvn = (uint16_t)pcesvn;
    return level_read(object, true, &l->level, err);
}

/* As Intel sorts: SGX components, PCESVN, TDX components, each from newest to oldest. */
static int newest_first(const void *a, const void *b)
{
    const struct platform_level *x = a, *y = b;
    int order = memcmp(y->sgx, x->sgx, sizeof x->sgx);
    if (order == 0)
        order = (int)y->pcesvn - (int)x->pcesvn;
    return order ? order : memcmp(y->tdx, x->tdx, sizeof x->tdx);
}

static bool read_levels(struct json inner, struct tcb_info *t, struct quoth_error *err)
{
    struct json array;
    if (!json_need_array(inner, "tcbLevels", &array, err))
        return false;
    const size_t count = json_count(array);
    if (count == 0 || count > LEVELS_MAX)
        return level_refuse(array, "1 to 256 levels", err);
    t->levels = calloc(count, sizeof *t->levels);
    if (!t->levels)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    for (struct json v = json_first(array); json_exists(v); v = json_next(v)) {
        if (!read_level(v, t, &t->levels[t->level_count], err))
            return false;
        t->level_count++;
    }
    qsort(t->levels, t->level_count, sizeof *t->levels, newest_first);
    for (size_t i = 1; i < t->level_count; i++)
        if (newest_first(&t->levels[i - 1], &t->levels[i]) == 0)
            return level_refuse(array, "each level once", err);
    return true;
}

static bool read_module(struct json object, struct tdx_module *ret_module, struct quoth_error *err)
{
    uint8_t mask[8]; /* SEAMATTRIBUTES are compared whole, so it decides nothing */
    return json_need_hex(object, "mrsigner", ret_module->mrsigner, sizeof ret_module->mrsigner,
                         err) &&
           json_need_hex(object, "attributes", ret_module->attributes,
                         sizeof ret_module->attributes, err) &&
           json_need_hex(object, "attributesMask", mask, sizeof mask, err);
}

/* "TDX_" and the module's version in two hexadecimal digits, of either case. */
static bool read_module_version(struct json object, uint8_t *ret_version, struct quoth_error *err)
{
    struct json value;
    struct bytes id;
    struct quoth_error ignored = {0};
    if (!json_need(object, "id", &value, err) || !json_get_plain(value, &id, err))
        return false;
    if (id.len != 6 || !text_equal_fold(bytes_slice(id, 0, 4), BYTES_LITERAL("TDX_")) ||
        !hex_decode_fixed(bytes_slice(id, 4, 2), ret_version, 1, &ignored))
        return level_refuse(value, "TDX_ and two hexadecimal digits", err);
    return true;
}

static bool read_identity(struct json object, struct tcb_info *t, struct quoth_error *err)
{
    struct tdx_module_identity i = {0};
    if (!read_module_version(object, &i.version, err))
        return false;
    if (tcb_info_module(t, i.version))
        return level_refuse(object, "each module version once", err);
    if (!read_module(object, &i.module, err) || !isv_levels_read(object, &i.levels, err))
        return false;
    t->identities[t->identity_count++] = i;
    return true;
}

static bool read_modules(struct json inner, struct tcb_info *t, struct quoth_error *err)
{
    struct json module, array;
    if (!json_need_object(inner, "tdxModule", &module, err) ||
        !read_module(module, &t->tdx_module, err))
        return false;
    if (!json_member(inner, "tdxModuleIdentities", &array))
        return true;
    if (json_type(array) != JSON_ARRAY || json_count(array) > TDX_MODULE_IDENTITIES_MAX)
        return level_refuse(array, "an array of at most 32 identities", err);
    t->identities = calloc(json_count(array) + 1, sizeof *t->identities);
    if (!t->identities)
        return quoth_fail(err, QUOTH_MEMORY, NULL, QUOTH_NO_OFFSET, "out of memory");
    for (struct json v = json_first(array); json_exists(v); v = json_next(v))
        if (!read_identity(v, t, err))
            return false;
    return true;
}

bool tcb_info_read(struct json inner, struct tcb_info *ret_info, struct quoth_error *err)
{
    AUTO(tcb_info) struct tcb_info t = {0};
    if (!read_head(inner, &t, err) || !read_levels(inner, &t, err))
        return false;
    if (t.tee == DCAP_TDX && !read_modules(inner, &t, err))
        return false;
    *ret_info = take_value(t);
    return true;
}

void tcb_info_clear(struct tcb_info *info)
{
    for (size_t i = 0; i < info->level_count; i++)
        level_clear(&info->levels[i].level);
    for (size_t i = 0; i < info->identity_count; i++)
        isv_levels_clear(&info->identities[i].levels);
    free(info->levels);
    free(info->identities);
    *info = (struct tcb_info){0};
}

const struct tdx_module_identity *tcb_info_module(const struct tcb_info *info, uint8_t version)
{
    for (size_t i = 0; i < info->identity_count; i++)
        if (info->identities[i].version == version)
            return &info->identities[i];
    return NULL;
}
