#include "service/policies/trust_model.h"

#include "base/auto.h"
#include "base/text.h"

static const char *const models[] = {
    [MODEL_AAD] = "aad", [MODEL_ISOLATED] = "isolated", [MODEL_SHARED] = "shared"};

const char *trust_model_name(enum trust_model model)
{
    return models[model];
}

bool trust_model_of(struct bytes name, enum trust_model *ret_model, struct quoth_error *err)
{
    for (size_t i = 0; i < COUNT(models); i++)
        if (bytes_equal(name, bytes_of_text(models[i]))) {
            *ret_model = (enum trust_model)i;
            return true;
        }
    return quoth_fail(err, QUOTH_USAGE, "trust-model", QUOTH_NO_OFFSET,
                      "is neither aad, isolated nor shared");
}
