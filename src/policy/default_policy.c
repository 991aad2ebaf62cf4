/* The policies that Azure Attestation applies while a tenant has set none. Everybody may have a
 * token; of enclaves, six facts are said again under short names. The texts are Azure's, blank after
 * "version=" included: their hashes stand in every token (maa.md 4.8). Those of TdxVm and AzureGuest
 * are not public; ours permit, as all that are known do, and their hash is not Azure's. */
#include "policy/policy.h"

static const struct bytes enclaves = BYTES_INIT(
    "version= 1.0;"
    "authorizationrules{=> permit();};"
    "issuancerules{"
    "c:[type==\"x-ms-sgx-is-debuggable\"] => issue(type=\"is-debuggable\", value=c.value);"
    "c:[type==\"x-ms-sgx-mrsigner\"] => issue(type=\"sgx-mrsigner\", value=c.value);"
    "c:[type==\"x-ms-sgx-mrenclave\"] => issue(type=\"sgx-mrenclave\", value=c.value);"
    "c:[type==\"x-ms-sgx-product-id\"] => issue(type=\"product-id\", value=c.value);"
    "c:[type==\"x-ms-sgx-svn\"] => issue(type=\"svn\", value=c.value);"
    "c:[type==\"x-ms-attestation-type\"] => issue(type=\"tee\", value=c.value);"
    "};");

static const struct bytes machines = BYTES_INIT("version= 1.0;authorizationrules{=> permit();};");

static const struct {
    const char *type;
    const struct bytes *text;
} defaults[] = {
    {"SgxEnclave",  &enclaves},
    {"OpenEnclave", &enclaves},
    {"TdxVm",       &machines},
    {"SevSnpVm",    &machines},
    {"AzureGuest",  &machines},
};

struct bytes policy_default(const char *attestation_type)
{
    for (size_t i = 0; i < COUNT(defaults); i++)
        if (strcmp(defaults[i].type, attestation_type) == 0)
            return *defaults[i].text;
    return (struct bytes){0};
}
