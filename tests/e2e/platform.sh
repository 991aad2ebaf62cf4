#!/bin/bash
# The simulated platform through the command alone: evidence of a program that runs on it, judged
# against the collateral that its vendor serves, on good days and bad ones: platform.sh BUILD
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../scripts/stage.sh"
. "$here/expect.sh"

stage_open "$1"
stage_platform
vendor() { "$QUOTH" platform "$@" --platform "$STAGE/platform"; }
verify() { "$QUOTH" evidence verify "$STAGE/quote" --collateral "$PCS_URL" --trust-root "$ROOT_PEM" "$@"; }
member() { python3 -c 'import json,sys
v = json.load(sys.stdin)
for name in sys.argv[1].split("."): v = v[name]
print(v)' "$1"; }

# A program that prints a quote, in an enclave of its own.
mkdir "$STAGE/enclave"
cp "$1/tests/enclave/enclave-probe" "$STAGE/enclave/probe" || stage_fail "no probe in the build"
echo '{"exe":"probe","key":"private.pem","heapSize":64,"debug":false}' >"$STAGE/enclave/enclave.json"
(cd "$STAGE/enclave" && "$QUOTH" enclave sign enclave.json >sign.log 2>&1) || stage_fail "enclave sign"
"$QUOTH" enclave run "$STAGE/enclave/probe" quote "e2e" >"$STAGE/quote" 2>"$STAGE/run.log" ||
    { cat "$STAGE/run.log" >&2; stage_fail "enclave run"; }

echo "== A good day"
refuses "the quote is accepted" 0 '"verdict":"accepted"' verify --output json
verify --output json >"$STAGE/verdict"
same "it is known to be simulated" "$(member simulated <"$STAGE/verdict")" True
same "its status" "$(member tcb.status <"$STAGE/verdict")" UpToDate
same "its measurement" "$(member claims.x-ms-sgx-mrenclave <"$STAGE/verdict")" \
    "$("$QUOTH" enclave uniqueid "$STAGE/enclave/probe")"
same "the platform's name in claim and command" \
    "$(member claims.x-quoth-platform-id <"$STAGE/verdict" | cut -c1-16)" "$(vendor show --output json | member id)"
says "the start line says what this is" "SIMULATED" cat "$STAGE/run.log"

echo "== Other trust"
refuses "Intel's root does not vouch for it" 1 "chain.simulated" \
    "$QUOTH" evidence verify "$STAGE/quote" --collateral "$PCS_URL" --output json
"$QUOTH" platform init --platform "$STAGE/other" >/dev/null
refuses "nor does another platform's" 1 "chain.simulated" "$QUOTH" evidence verify "$STAGE/quote" \
    --collateral "$PCS_URL" --trust-root "$STAGE/other/root-ca.crt" --output json

echo "== Bad days"
for status in ConfigurationNeeded ConfigurationAndSWHardeningNeeded OutOfDate OutOfDateConfigurationNeeded Revoked; do
    vendor set-tcb $status >/dev/null
    refuses "$status is refused" 1 '"code":"tcb.status.refused"' verify --output json
    same "and named" "$(verify --output json | member tcb.status)" $status
done
refuses "no list of statuses makes Revoked pass" 2 "Revoked" verify --accept-status UpToDate,Revoked
vendor set-tcb OutOfDate >/dev/null
refuses "OutOfDate passes for who accepts it" 0 accepted verify --accept-status UpToDate,OutOfDate
vendor set-tcb SWHardeningNeeded >/dev/null
refuses "SWHardeningNeeded passes" 0 accepted verify
vendor set-tcb UpToDate >/dev/null
refuses "UpToDate passes again" 0 accepted verify

echo "== Time"
later=$(date -u -d '+31 days' +%Y-%m-%dT%H:%M:%SZ)
refuses "collateral expires after thirty days" 1 "collateral.expired" verify --at "$later" --output json
refuses "and was not valid yesterday" 1 "not-yet-valid" verify --at "$(date -u -d '-1 hour' +%Y-%m-%dT%H:%M:%SZ)" --output json
vendor refresh --evaluation-number 40 >/dev/null
same "a refresh raises the number" "$(verify --output json | member tcb.evaluationDataNumber)" 40
refuses "and never lowers it" 2 "below" vendor refresh --evaluation-number 39

echo "== Revocation"
cp -r "$STAGE/platform" "$STAGE/saved"
for what in pck:chain.revoked platform-ca:chain.revoked tcb-signing:collateral.revoked; do
    vendor revoke "${what%:*}" >/dev/null
    refuses "a revoked ${what%:*} is noticed" 1 "${what#*:}" verify --output json
    rm -rf "$STAGE/platform" && cp -r "$STAGE/saved" "$STAGE/platform"
done
refuses "and nothing is, as long as it is not" 0 accepted verify

echo "== The service"
status() { curl -sS -o "$STAGE/body" -D "$STAGE/fields" -w '%{http_code}' "$PCS_URL$1"; }
fmspc=$(vendor show --output json | member fmspc)
same "TCB info of this platform" "$(status "/sgx/certification/v4/tcb?fmspc=$fmspc")" 200
same "as it lies in the folder" "$(sha256sum <"$STAGE/body")" "$(sha256sum <"$STAGE/platform/tcb-info.json")"
same "with its signer's chain" \
    "$(tr -d '\r' <"$STAGE/fields" | sed -n 's/^TCB-Info-Issuer-Chain: //p' | python3 -c 'import sys,urllib.parse; print(urllib.parse.unquote(sys.stdin.read()), end="")' | sha256sum)" \
    "$( (cat "$STAGE/platform/tcb-signing.crt" "$STAGE/platform/root-ca.crt"; echo) | sha256sum)"
same "none of another" "$(status "/sgx/certification/v4/tcb?fmspc=00906ED50000")" 404
same "nothing of the folder's secrets" "$(status "/fuse")$(status "/root-ca.key")" 404404
refuses "a platform serves itself, not the network" 2 "loopback" \
    "$QUOTH" platform serve --platform "$STAGE/platform" --listen 0.0.0.0:0
stage_stop pcs
refuses "without the service nothing can be judged" 3 "unavailable" verify --output json

finish
