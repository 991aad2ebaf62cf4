/* The policy that Azure Attestation applies to enclaves while a tenant has set none: everybody may
 * have a token, and six facts are said again under short names. The text is Azure's, recorded 2022,
 * blank after "version=" included: its hash stands in every token (maa.md 4.8). */
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

struct bytes policy_default(const char *attestation_type)
{
    static const char *const types[] = {"SgxEnclave", "OpenEnclave"};
    for (size_t i = 0; i < COUNT(types); i++)
        if (strcmp(types[i], attestation_type) == 0)
            return enclaves;
    return (struct bytes){0};
}
