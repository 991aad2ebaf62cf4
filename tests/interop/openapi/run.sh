# The OpenAPI document, to a validator and to a fuzzer that makes its requests from it. Sourced by
# ../run.sh after the clients, as the fuzzer changes policies.

# fuzz NAME SECONDS OPTION...: no answer may be a fault of ours (5xx) or differ from what the document says
# of statuses, media types, header fields and bodies; what the document forbids must be refused.
# /keys/restore is a call and a name of a key at once, which no document can say: POST is the call.
# (That credentials are asked for is tests/service/surface_test.py's, as who shows wrong ones waits.)
fuzz() {
    local name=$1 seconds=$2
    shift 2
    expect "schemathesis: $name" env -C "$STAGE" "$STAGE/openapi/bin/schemathesis" run "$STAGE/examples.json" \
        --url "$ISSUER" --tls-verify "$CA" --phases examples,coverage,fuzzing --checks all \
        --exclude-checks positive_data_acceptance,ignored_auth --suppress-health-check all --continue-on-failure \
        --exclude-path-regex '/restore$' --request-timeout 20 --max-time "$seconds" --workers 1 --generation-deterministic --no-color "$@"
}

echo "== openapi-spec-validator, schemathesis (PyPI)"
curl -sS --cacert "$CA" "$ISSUER/openapi.json" >"$STAGE/openapi.json"
if fetched "openapi-spec-validator, schemathesis" python3 pip_fetch "$STAGE/openapi" "$here/openapi/requirements.txt"; then
    expect "openapi: the document is OpenAPI 3.1" "$STAGE/openapi/bin/openapi-spec-validator" "$STAGE/openapi.json"
    python3 "$here/openapi/examples.py" "$STAGE/openapi.json" "$AZURE_EVIDENCE" >"$STAGE/examples.json"
    fuzz "as anybody" 20
    fuzz "as an administrator" 40 -H "Authorization: Bearer $AZURE_TOKEN"
    fuzz "with a wrong token" 15 -H "Authorization: Bearer wrong"
fi
