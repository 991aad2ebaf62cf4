#!/bin/bash
# Real foreign clients against our service: interop/run.sh BUILD. Says what it skips where a
# toolchain is missing, and ends with "N passed, N failed, N skipped".
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../scripts/stage.sh"
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
if command -v go >/dev/null && [ -n "$CA" ]; then
    if out=$(cd "$here/ego" && GOFLAGS=-mod=mod GOBIN=$STAGE go build -o "$STAGE/egoclient" . 2>&1); then
        export SSL_CERT_FILE=$CA
        expect "ego: the sample's seven steps" "$STAGE/egoclient" -s "$SIGNER_ID" -a "$SERVER" -v "$ISSUER"
        refuse "ego: another signer" "right signer id" "$STAGE/egoclient" -s "${SIGNER_ID//[0-9]/0}" -a "$SERVER" -v "$ISSUER"
        refuse "ego: another issuer URL for the same keys" "iss" "$STAGE/egoclient" -s "$SIGNER_ID" -a "$SERVER" -v "https://127.0.0.1:$VERIFIER_PORT"
        grep -q 'thisIsTheSecret' "$STAGE/server.log" && pass "ego: the server has the secret" || fail "ego: no secret arrived"
        unset SSL_CERT_FILE
    else
        skip "ego: the Go module could not be fetched or built: ${out##*$'\n'}"
    fi
else
    skip "ego: there is no Go toolchain"
fi

echo "== jose (npm)"
if command -v npm >/dev/null; then
    cp -r "$here/jose" "$STAGE/jose"
    if out=$(cd "$STAGE/jose" && npm ci --silent --no-fund --no-audit 2>&1); then
        export NODE_EXTRA_CA_CERTS=$CA
        expect "jose: discovery and verification" node "$STAGE/jose/verify.js" "$ISSUER" "$STAGE/token"
        sed 's/^\([^.]*\.[^.]\{40\}\)./\1A/' "$STAGE/token" >"$STAGE/flipped"
        cmp -s "$STAGE/token" "$STAGE/flipped" && sed 's/^\([^.]*\.[^.]\{40\}\)./\1B/' "$STAGE/token" >"$STAGE/flipped"
        refuse "jose: one changed character" "signature" node "$STAGE/jose/verify.js" "$ISSUER" "$STAGE/flipped"
        unset NODE_EXTRA_CA_CERTS
        released jose "signature verification failed" "is not of its issuer" "the leaf is not for" node "$STAGE/jose/release.js"
    else
        skip "jose: the package could not be fetched: ${out##*$'\n'}"
    fi
else
    skip "jose: there is no npm"
fi

echo "== dcap-qvl (npm)"
if command -v npm >/dev/null; then
    cp -r "$here/dcap-qvl" "$STAGE/dcap-qvl"
    if out=$(cd "$STAGE/dcap-qvl" && npm ci --silent --no-fund --no-audit 2>&1); then
        vendor() { "$QUOTH" platform "$@" --platform "$STAGE/peer" >/dev/null; }
        peer() { # ROOT STATUS
            node "$STAGE/dcap-qvl/verify.js" "$(cat "$STAGE/peer.url")" "$1" "$STAGE/quote.hex" | grep -qx "$2"
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
        refuse "dcap-qvl: another platform's root" "" peer "$ROOT_PEM" UpToDate
        vendor set-tcb OutOfDate
        expect "dcap-qvl: a platform that is out of date" peer "$STAGE/peer/root-ca.crt" OutOfDate
        vendor revoke pck
        refuse "dcap-qvl: a revoked platform" "revoked" peer "$STAGE/peer/root-ca.crt" OutOfDate
        stage_stop peer
    else
        skip "dcap-qvl: the package could not be fetched: ${out##*$'\n'}"
    fi
else
    skip "dcap-qvl: there is no npm"
fi

echo "== JMESPath's compliance suite (npm)"
if command -v npm >/dev/null && [ -x "${QUOTH%/*}/policy-jmespath_test" ]; then
    if out=$(cd "$STAGE" && npm pack --silent jmespath@0.15.0 2>&1) &&
        tar xzf "$STAGE/jmespath-0.15.0.tgz" -C "$STAGE" --warning=none package/test/compliance; then
        expect "jmespath: the official suite" env QUOTH_JMESPATH_SUITE="$STAGE/package/test/compliance" "${QUOTH%/*}/policy-jmespath_test"
    else
        skip "jmespath: the package could not be fetched: ${out##*$'\n'}"
    fi
else
    skip "jmespath: there is no npm, or the tests were not built"
fi

echo "== PyJWT (PyPI)"
if python3 -m venv "$STAGE/venv" >/dev/null 2>&1 &&
    out=$("$STAGE/venv/bin/pip" install -q -r "$here/pyjwt/requirements.txt" 2>&1); then
    expect "pyjwt: discovery and verification" "$STAGE/venv/bin/python" "$here/pyjwt/verify.py" "$ISSUER" "$STAGE/token" "$CA"
    [ -f "$STAGE/flipped" ] && refuse "pyjwt: one changed character" "Error" "$STAGE/venv/bin/python" "$here/pyjwt/verify.py" "$ISSUER" "$STAGE/flipped" "$CA"
    released pyjwt "Signature verification failed" VerificationError VerificationError "$STAGE/venv/bin/python" "$here/pyjwt/release.py"
else
    skip "pyjwt: the package could not be fetched"
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
