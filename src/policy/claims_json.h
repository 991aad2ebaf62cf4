/* Claims written down in JSON, for policies to be tried on. Either an object of names and values,
 * all said by AttestationService,
 *
 *     {"x-ms-sgx-svn": 1, "Subset": ["abc", 100], "events": {"Events": []}}
 *
 * or an array that says for each claim who said it:
 *
 *     [{"type": "OSName", "value": "W", "issuer": "CustomClaim"}]
 *
 * An array is several claims, an object is one whose value is its JSON text. */
#ifndef QUOTH_POLICY_CLAIMS_JSON_H
#define QUOTH_POLICY_CLAIMS_JSON_H

#include "codec/json.h"
#include "policy/evaluate.h"

/* Adds them to what comes in, and those under the names of 2020. The document must outlive the
 * evaluation. QUOTH_JSON_VALUE with the path of what is wrong. */
bool policy_read_claims(struct json json, struct policy_evaluation *e, struct quoth_error *err);

#endif
