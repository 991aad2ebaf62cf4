# The SDKs of Azure Attestation, unmodified, from their registries. Sourced by ../run.sh when the
# platform and the verifier are up. All are handed the same: endpoints, a trust store, credentials,
# evidence of the simulated platform, and people who sign policies.

azure_evidence() {
    local name
    export AZURE_EVIDENCE=$STAGE/azure
    mkdir "$AZURE_EVIDENCE"
    printf 'any bytes \1\2\377' >"$AZURE_EVIDENCE/binary"
    printf '{"user":"data","list":[1,2]}' >"$AZURE_EVIDENCE/json"
    for name in binary json; do
        "${QUOTH%/*}/tests/service/make_quote" "$STAGE/platform" "$AZURE_EVIDENCE/$name" >"$AZURE_EVIDENCE/$name.quote" || return 1
        python3 -c 'import struct, sys; q = sys.stdin.buffer.read(); sys.stdout.buffer.write(struct.pack("<IIQ", 1, 2, len(q)) + q)' \
            <"$AZURE_EVIDENCE/$name.quote" >"$AZURE_EVIDENCE/$name.report"
    done
    python3 -c 'import sys; q = bytearray(sys.stdin.buffer.read()); q[120] ^= 1; sys.stdout.buffer.write(q)' \
        <"$AZURE_EVIDENCE/binary.quote" >"$AZURE_EVIDENCE/changed.quote"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=elliptic \
        -keyout "$AZURE_EVIDENCE/elliptic.key" -out "$AZURE_EVIDENCE/elliptic.crt" 2>/dev/null || return 1
    for name in signer second stranger; do
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$name" \
            -keyout "$AZURE_EVIDENCE/$name.key" -out "$AZURE_EVIDENCE/$name.crt" 2>/dev/null || return 1
    done
}

# Beside the verifier, which is of the model "aad" and administered by its admin token, one whose
# policies must be signed and whose administrators come with tokens of an identity provider.
azure_isolated() {
    local place=(--state "$STAGE/isolated/state" --master-key "$STAGE/isolated/master.key")
    local trust=(--trust "simulated:$ROOT_SHA256" --trust-root "$ROOT_PEM")
    local port
    port=$(stage_free_port)
    export AZURE_ISOLATED_URL=https://localhost:$port
    mkdir "$STAGE/provider"
    stage_start provider python3 "$here/provider.py" "$QUOTH" "$QUOTHD" "${QUOTH%/*}/tests/service/make_quote" \
        "$STAGE/provider" "$AZURE_ISOLATED_URL" token=contributor
    stage_wait provider "$STAGE/provider/ready"
    "$QUOTHD" init "${place[@]}" "${trust[@]}" --issuer "$AZURE_ISOLATED_URL" --trust-model isolated \
        --policy-signer "$AZURE_EVIDENCE/signer.crt" >"$STAGE/init-isolated.log" 2>&1 || return 1
    stage_start isolated "$QUOTHD" "${place[@]}" "${trust[@]}" --listen "127.0.0.1:$port" --rate 0 --queue-delay 0 \
        --collateral "$PCS_URL" --ready-file "$STAGE/isolated.ready" \
        --oidc-issuer "$(cat "$STAGE/provider/issuer")" --oidc-ca "$STAGE/provider/ca.pem"
    stage_wait isolated "$STAGE/isolated.ready"
    cat "$CA" "$STAGE/isolated/state/ca.pem" >"$STAGE/clients.pem"
}

azure_evidence || stage_fail "no evidence for the clients of Azure Attestation"
azure_isolated || stage_fail "no isolated tenant: $(cat "$STAGE/init-isolated.log")"
export AZURE_URL=$ISSUER
AZURE_TOKEN=$(cat "$STAGE/state/admin.token") AZURE_ISOLATED_TOKEN=$(cat "$STAGE/provider/token")
export AZURE_TOKEN AZURE_ISOLATED_TOKEN
azure_groups=(attest draft policies isolated tpm)

echo "== @azure/attestation (npm)"
cp -r "$here/azure/js" "$STAGE/azure-js"
if fetched "@azure/attestation" "npm node" npm_fetch "$STAGE/azure-js"; then
    suite "@azure/attestation" env NODE_EXTRA_CA_CERTS="$STAGE/clients.pem" node "$STAGE/azure-js/check.js" "${azure_groups[@]}"
fi

echo "== azure-security-attestation (PyPI)"
if fetched "azure-security-attestation" python3 pip_fetch "$STAGE/azure-python" "$here/azure/python/requirements.txt"; then
    suite "azure-security-attestation" env REQUESTS_CA_BUNDLE="$STAGE/clients.pem" \
        "$STAGE/azure-python/bin/python" "$here/azure/python/check.py" "${azure_groups[@]}"
fi

echo "== com.azure:azure-security-attestation (Maven Central)"
if fetched "com.azure:azure-security-attestation" "mvn java keytool" mvn_fetch "$here/azure/java/pom.xml" "$STAGE/azure-java"; then
    for ca in "$CA" "$STAGE/isolated/state/ca.pem"; do
        keytool -importcert -noprompt -alias "$ca" -file "$ca" -keystore "$STAGE/trust.p12" -storetype PKCS12 \
            -storepass interop >/dev/null 2>&1
    done
    suite "com.azure:azure-security-attestation" java -Djavax.net.ssl.trustStore="$STAGE/trust.p12" \
        -Djavax.net.ssl.trustStorePassword=interop -cp "$STAGE/azure-java/*" "$here/azure/java/Check.java" "${azure_groups[@]}"
fi
