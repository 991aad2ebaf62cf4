#!/bin/bash
# Real foreign clients against our service: interop/run.sh BUILD. Says what it skips where a
# toolchain is missing, and ends with "N passed, N failed, N skipped".
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../scripts/stage.sh"
. "$here/fetch.sh"
passed=0 failed=0 skipped=0
pass() { echo "ok $*"; passed=$((passed + 1)); }
fail() { echo "FAILED $*"; failed=$((failed + 1)); }
skip() { echo "skipped: $*"; skipped=$((skipped + 1)); }
# expect NAME COMMAND...: succeeds; refuse NAME WORDS COMMAND...: fails, saying WORDS
expect() {
    local name=$1 out
    shift
    if out=$("$@" 2>&1); then pass "$name"; else fail "$name: $out"; fi
}
refuse() {
    local name=$1 words=$2 out
    shift 2
    if out=$("$@" 2>&1); then
        fail "$name: was accepted"
    elif [[ $out == *"$words"* ]]; then
        pass "$name"
    else
        fail "$name: refused, but without \"$words\": $out"
    fi
}
# suite NAME COMMAND...: a program that says "ok ..." or "FAILED ..." for each of its checks, and at
# the end "N passed, N failed, N skipped"
suite() {
    local name=$1 out p f s
    shift
    out=$("$@" 2>&1)
    echo "$out" | grep -vE '^[0-9]+ passed, '
    read -r p _ f _ s _ <<<"$(echo "$out" | tail -1 | tr -d ,)"
    if [[ $p =~ ^[0-9]+$ && $f =~ ^[0-9]+$ && $s =~ ^[0-9]+$ ]]; then
        passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    else
        fail "$name did not come to its end"
    fi
}

stage_open "$1"
stage_platform
stage_verifier --rate 0
stage_sign
stage_server
curl -sS --cacert "$CA" "$ISSUER/readyz" >/dev/null || stage_fail "the verifier does not answer"
curl -sSk "https://$SERVER/token" >"$STAGE/token" || stage_fail "no token"

# The same with another character in a claim, so that only the signature tells
python3 - "$STAGE/token" >"$STAGE/flipped" <<'PYTHON' || stage_fail "no changed token"
import base64, sys
head, payload, signature = open(sys.argv[1]).read().split(".")
said = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
changed = said.replace(b'"x-ms-ver":"1.0"', b'"x-ms-ver":"1.1"')
assert changed != said
print(".".join([head, base64.urlsafe_b64encode(changed).rstrip(b"=").decode(), signature]), end="")
PYTHON

# What a vault answers to a release, the same with one changed character, and the CA of another vault
cat >"$STAGE/released.json" <<JSON
{"version": "1.0.0", "anyOf": [{"authority": "$ISSUER", "allOf": [{"claim": "x-quoth-simulated", "equals": true}]}]}
JSON
stage_admin key create released --type EC --exportable --release-policy "$STAGE/released.json" >/dev/null || stage_fail "no key to release"
python3 "$here/release_answer.py" "$QUOTH" "$QUOTHD" "${QUOTH%/*}/tests/service/make_quote" "$ISSUER" "$CA" "$STAGE/platform" released >"$STAGE/answer" || stage_fail "no release"
python3 - "$STAGE/answer" >"$STAGE/answer.flipped" <<'PYTHON'
import sys
head, payload, signature = open(sys.argv[1]).read().split(".")
print(".".join([head, payload[:100] + ("A" if payload[100] != "A" else "B") + payload[101:], signature]), end="")
PYTHON
"$QUOTHD" init --state "$STAGE/other" --master-key "$STAGE/other.key" --issuer "$ISSUER" --trust "simulated:$ROOT_SHA256" --trust-root "$ROOT_PEM" >/dev/null 2>&1 || stage_fail "no other vault"
released() { # NAME SIGNATURE CA HOST COMMAND...: reads the answer, and no other; and what it says of these
    local name=$1 signature=$2 authority=$3 host=$4
    shift 4
    expect "$name: a release answer by its chain" "$@" localhost "$STAGE/answer" "$CA"
    refuse "$name: one changed character of it" "$signature" "$@" localhost "$STAGE/answer.flipped" "$CA"
    refuse "$name: another vault's CA" "$authority" "$@" localhost "$STAGE/answer" "$STAGE/other/ca.pem"
    refuse "$name: another vault's name" "$host" "$@" vault.example "$STAGE/answer" "$CA"
}

echo "== EGo's attestation package (Go)"
if fetched ego go go_fetch "$here/ego" && built ego go_build "$here/ego" "$STAGE/egoclient"; then
    export SSL_CERT_FILE=$CA
    expect "ego: the sample's seven steps" "$STAGE/egoclient" -s "$SIGNER_ID" -a "$SERVER" -v "$ISSUER"
    refuse "ego: another signer" "right signer id" "$STAGE/egoclient" -s "$(printf '%064d' 7)" -a "$SERVER" -v "$ISSUER"
    refuse "ego: another issuer URL for the same keys" "iss" "$STAGE/egoclient" -s "$SIGNER_ID" -a "$SERVER" -v "https://127.0.0.1:$VERIFIER_PORT"
    stage_until server grep -q 'thisIsTheSecret' "$STAGE/server.log" && pass "ego: the server has the secret"
    unset SSL_CERT_FILE
fi

echo "== jose (npm)"
cp -r "$here/jose" "$STAGE/jose"
if fetched jose "npm node" npm_fetch "$STAGE/jose"; then
    export NODE_EXTRA_CA_CERTS=$CA
    expect "jose: discovery and verification" node "$STAGE/jose/verify.js" "$ISSUER" "$STAGE/token"
    refuse "jose: one changed character" "signature verification failed" node "$STAGE/jose/verify.js" "$ISSUER" "$STAGE/flipped"
    unset NODE_EXTRA_CA_CERTS
    released jose "signature verification failed" "is not of its issuer" "the leaf is not for" node "$STAGE/jose/release.js"
fi

echo "== dcap-qvl (npm)"
cp -r "$here/dcap-qvl" "$STAGE/dcap-qvl"
if fetched dcap-qvl "npm node" npm_fetch "$STAGE/dcap-qvl"; then
    vendor() { "$QUOTH" platform "$@" --platform "$STAGE/peer" >/dev/null; }
    peer() { # ROOT STATUS
        local said
        said=$(node "$STAGE/dcap-qvl/verify.js" "$(cat "$STAGE/peer.url")" "$1" "$STAGE/quote.hex") && echo "$said" && [ "$said" = "$2" ]
    }
    vendor init
    stage_start peer "$QUOTH" platform serve --platform "$STAGE/peer" --listen 127.0.0.1:0 --ready-file "$STAGE/peer.url"
    stage_wait peer "$STAGE/peer.url"
    mkdir "$STAGE/probe"
    cp "$1/tests/enclave/enclave-probe" "$STAGE/probe/probe"
    echo '{"exe":"probe","key":"private.pem","heapSize":64,"debug":false}' >"$STAGE/probe/enclave.json"
    (cd "$STAGE/probe" && "$QUOTH" enclave sign enclave.json >/dev/null 2>&1)
    "$QUOTH" enclave run --platform "$STAGE/peer" "$STAGE/probe/probe" quote interop >"$STAGE/quote.hex" 2>/dev/null
    expect "dcap-qvl: our quote and collateral" peer "$STAGE/peer/root-ca.crt" UpToDate
    refuse "dcap-qvl: another platform's root" "Failed to verify certificate chain" peer "$ROOT_PEM" UpToDate
    vendor set-tcb OutOfDate
    expect "dcap-qvl: a platform that is out of date" peer "$STAGE/peer/root-ca.crt" OutOfDate
    vendor revoke pck
    refuse "dcap-qvl: a revoked platform" "revoked" peer "$STAGE/peer/root-ca.crt" OutOfDate
    stage_stop peer
fi

echo "== JMESPath's compliance suite (npm)"
jmespath() { (cd "$STAGE" && npm_pack jmespath@0.15.0 && tar xzf jmespath-0.15.0.tgz --warning=none package/test/compliance); }
if [ ! -x "${QUOTH%/*}/policy-jmespath_test" ]; then
    skip "jmespath: the tests were not built"
elif fetched jmespath npm jmespath; then
    expect "jmespath: the official suite" env QUOTH_JMESPATH_SUITE="$STAGE/package/test/compliance" "${QUOTH%/*}/policy-jmespath_test"
fi

echo "== PyJWT (PyPI)"
if fetched pyjwt python3 pip_fetch "$STAGE/venv" "$here/pyjwt/requirements.txt"; then
    expect "pyjwt: discovery and verification" "$STAGE/venv/bin/python" "$here/pyjwt/verify.py" "$ISSUER" "$STAGE/token" "$CA"
    refuse "pyjwt: one changed character" "InvalidSignatureError" "$STAGE/venv/bin/python" "$here/pyjwt/verify.py" "$ISSUER" "$STAGE/flipped" "$CA"
    released pyjwt "Signature verification failed" VerificationError VerificationError "$STAGE/venv/bin/python" "$here/pyjwt/release.py"
fi

. "$here/tsm/run.sh"
. "$here/azure/run.sh"
. "$here/keyvault/run.sh"
. "$here/openapi/run.sh"

echo "== Recorded requests of Azure Attestation"
if [ -z "${QUOTH_VECTORS:-}" ]; then
    skip "recorded requests: QUOTH_VECTORS is not set"
elif ! command -v faketime >/dev/null; then
    skip "recorded requests: there is no faketime"
else
    suite "recorded requests" faketime -f '@2025-06-20 00:00:00' python3 "$here/maa_recorded.py" "$1" "$QUOTH_VECTORS"
    suite "recorded administration" faketime -f '@2022-11-17 20:30:00' python3 "$here/maa_admin_recorded.py" "$1" "$QUOTH_VECTORS"
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
