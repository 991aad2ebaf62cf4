#!/bin/bash
# All clients in $KEYVAULT_CLIENTS against a vault of their own, at once: play.sh BUILD HOST on|off, the last
# telling whether they check that the host's name fits the challenge. A HOST other than localhost is given an
# address here, which is for namespaces only. Ends with "N passed, N failed, N skipped".
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../../scripts/stage.sh"
groups=(roles keys operations values release)
build=$1 host=$2
export KEYVAULT_CHECK=$3

[ "$host" = localhost ] || ip link set lo up
stage_open "$build"
if [ "$host" != localhost ]; then
    (cat /etc/hosts; echo "127.0.0.1 $host") >"$STAGE/hosts"
    mount --bind "$STAGE/hosts" /etc/hosts || stage_fail "no host name of our own"
fi
stage_platform
VERIFIER_PORT=$(stage_free_port)
export KEYVAULT_URL=https://$host:$VERIFIER_PORT KEYVAULT_TOKENS=$STAGE/tokens KEYVAULT_PLATFORM=$STAGE/platform
export KEYVAULT_MAKE_QUOTE=${QUOTH%/*}/tests/service/make_quote
# What a credential must be asked for: the parent domain where there is one, and the first segment of the provider's URL
if [ "$host" = localhost ]; then resource=$KEYVAULT_URL; else resource=https://${host#*.}:$VERIFIER_PORT; fi
export KEYVAULT_SCOPE=$resource/.default KEYVAULT_TENANT=realms
VERIFIER_OPTIONS=(--state "$STAGE/state" --master-key "$STAGE/master.key")
mkdir "$KEYVAULT_TOKENS"
stage_start provider python3 "$here/../provider.py" "$QUOTH" "$QUOTHD" "$KEYVAULT_MAKE_QUOTE" "$KEYVAULT_TOKENS" "$KEYVAULT_URL" \
    officer=vault-officer policy=vault-policy user=vault-user auditor=vault-auditor
"$QUOTHD" init "${VERIFIER_OPTIONS[@]}" --issuer "$KEYVAULT_URL" \
    --trust "simulated:$ROOT_SHA256" --trust-root "$ROOT_PEM" >"$STAGE/init.log" 2>&1 || stage_fail "init: $(cat "$STAGE/init.log")"
stage_wait provider "$KEYVAULT_TOKENS/ready"
# no limit on waiting, so that a busy machine is not taken for a slow client
stage_verifier_start --rate 0 --header-timeout 60000 --body-timeout 60000 --oidc-issuer "$(cat "$KEYVAULT_TOKENS/issuer")" --oidc-ca "$KEYVAULT_TOKENS/ca.pem"
cp "$STAGE/state/admin.token" "$KEYVAULT_TOKENS/admin"
CA=$STAGE/state/ca.pem
keytool -importcert -noprompt -alias quoth -file "$CA" -keystore "$STAGE/trust.p12" -storetype PKCS12 -storepass interop >/dev/null 2>&1

# client LANGUAGE COMMAND...
clients=()
client() {
    local language=$1
    shift
    [ -e "$KEYVAULT_CLIENTS/$language" ] || return
    clients+=("$language")
    stage_start "$language" "$@" "${groups[@]}"
}
client js env NODE_EXTRA_CA_CERTS="$CA" node "$KEYVAULT_CLIENTS/js/check.js"
client python env REQUESTS_CA_BUNDLE="$CA" PYTHONDONTWRITEBYTECODE=1 "$KEYVAULT_CLIENTS/python/bin/python" "$here/python/check.py"
client java java -Djavax.net.ssl.trustStore="$STAGE/trust.p12" -Djavax.net.ssl.trustStorePassword=interop \
    -cp "$KEYVAULT_CLIENTS/java:$KEYVAULT_CLIENTS/java/*" keyvault.Check
client go env SSL_CERT_FILE="$CA" "$KEYVAULT_CLIENTS/go"

passed=0 failed=0 skipped=0
for language in "${clients[@]}"; do
    wait "${STAGE_PIDS[$language]}"
    grep -v '^[0-9]* passed, ' "$STAGE/$language.log"
    if read -r p _ f _ s _ < <(tail -1 "$STAGE/$language.log" | tr -d ,) && [[ $p$f$s =~ ^[0-9]+$ ]]; then
        passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    else
        echo "FAILED keyvault $language: did not come to its end"
        failed=$((failed + 1))
    fi
done
kill -0 "${STAGE_PIDS[quothd]}" 2>/dev/null || { echo "FAILED keyvault: quothd ended"; failed=$((failed + 1)); }
echo "$passed passed, $failed failed, $skipped skipped"
