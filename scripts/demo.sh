#!/bin/bash
# The whole workflow on this machine, with a fresh simulated platform each time: demo.sh BUILD
# Everything lives in a temporary folder, on free loopback ports, and is gone at the end.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/stage.sh"
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold= dim= plain=; fi
step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
indent() { sed "s/^/    /"; }
show() { printf '%s    $ %s%s\n' "$dim" "$*" "$plain"; }

stage_open "$1"

step "1. A platform: a simulated machine and its vendor, whose collateral is served on loopback"
show "quoth platform init; quoth platform serve"
stage_platform
"$QUOTH" platform show --platform "$STAGE/platform" | indent

step "2. A verifier: quothd, trusting that platform's root and no other"
show "quothd init --trust simulated:${ROOT_SHA256:0:16}...; quothd"
stage_verifier
indent <"$STAGE/init.log"

step "3. The program is signed: its code, its configuration, its product id and security version"
show "quoth enclave sign enclave.json"
stage_sign
indent <"$STAGE/sign.log"

step "4. The server starts in an enclave, proves itself to the verifier and listens"
show "quoth enclave run secret-server"
stage_server
indent <"$STAGE/server.log"

step "5. The client checks the token, the identity and the claims, and only then sends its secret"
show "secret-client -s ${SIGNER_ID:0:16}... -a $SERVER"
client=("$SECRET_CLIENT" -a "$SERVER" --verifier "$ISSUER" --ca "$CA")
"${client[@]}" --allow-simulated -s "$SIGNER_ID" 2>&1 | indent
[ "${PIPESTATUS[0]}" = 0 ] || stage_fail "the client refused; the server's log is in $STAGE"
step "   and the server has it:"
stage_until server grep -q '📫' "$STAGE/server.log"
grep '📫' "$STAGE/server.log" | indent

step "6. The key of its certificate moves into the vault, which releases it to this program and to no other"
stage_policy "$STAGE/release.json"
show "quoth key create secret-server --type EC --exportable --release-policy release.json"
stage_admin key create secret-server --type EC --exportable --release-policy "$STAGE/release.json" | indent
[ "${PIPESTATUS[0]}" = 0 ] || stage_fail "the vault made no key"
show "quoth enclave sign enclave-vault.json; quoth enclave run secret-server (twice)"
stage_stop server
stage_sign_vault
pin() { openssl s_client -connect "$SERVER" </dev/null 2>/dev/null | openssl x509 -noout -pubkey | sha256sum | cut -c1-16; }
stage_server
grep '🔑' "$STAGE/server.log" | indent
[ "${PIPESTATUS[0]}" = 0 ] || stage_fail "the key is not from the vault"
first=$(pin)
stage_stop server
stage_server
[ -n "$first" ] && [ "$(pin)" = "$first" ] || stage_fail "the key changed over the restart"
echo "    Before and after a restart its certificate has the key $first..."
client=("$SECRET_CLIENT" -a "$SERVER" --verifier "$ISSUER" --ca "$CA")
"${client[@]}" --allow-simulated -s "$SIGNER_ID" 2>&1 | tail -1 | indent
[ "${PIPESTATUS[0]}" = 0 ] || stage_fail "the client refused; the server's log is in $STAGE"

step "7. A key for a program in a trust domain (TDX): measured are the machine, the program and its arguments"
fetch=("$QUOTH" key fetch disk --vault "$ISSUER" --ca "$CA")
if stage_can_domain; then
    stage_domain_policy "$STAGE/domain.json" "${fetch[@]}"
    show "quoth td measure quoth key fetch disk; quoth key create disk --release-policy domain.json"
    stage_admin key create disk --type oct-HSM --bits 256 --exportable --release-policy "$STAGE/domain.json" | indent
    [ "${PIPESTATUS[0]}" = 0 ] || stage_fail "the vault made no key"
    show "quoth td run quoth key fetch disk | wc -c"
    "$QUOTH" td run "${fetch[@]}" 2>"$STAGE/td.log" | wc -c | indent
    [ "${PIPESTATUS[0]}" = 0 ] || { cat "$STAGE/td.log" >&2; stage_fail "the domain got no key"; }
else
    echo "    Left out on this machine: $STAGE_LACKS"
fi

step "8. What must not work, does not"
failures=0
must_fail() { # SENTENCE EXIT_STATUS COMMAND...
    local sentence=$1 wanted=$2 out status
    shift 2
    out=$("$@" 2>&1)
    status=$?
    if [ "$status" = "$wanted" ]; then
        printf '    %s\n%s      %s%s\n' "$sentence" "$dim" "$(stage_reason <<<"$out")" "$plain"
    else
        printf '    %s: exit status %s instead of %s\n%s\n' "$sentence" "$status" "$wanted" "$out"
        failures=$((failures + 1))
    fi
}
must_fail "A client that does not know of the simulation refuses:" 1 "${client[@]}" -s "$SIGNER_ID"
must_fail "A client that expects another signer refuses:" 1 "${client[@]}" --allow-simulated -s "$(printf '%064d' 0)"
cp -r "$STAGE/enclave" "$STAGE/changed"
size=$(stat -c %s "$STAGE/changed/secret-server")
stage_alter "$STAGE/changed/secret-server" $((size / 3))
must_fail "A program with one changed byte does not start:" 125 "$QUOTH" enclave run "$STAGE/changed/secret-server"
mkdir "$STAGE/stranger" && cp "$SECRET_SERVER" "$STAGE/stranger/" && cp -r "$STAGE/enclave/ca" "$STAGE/enclave/vault-ca.pem" \
    "$STAGE/enclave/enclave-vault.json" "$STAGE/stranger/" # the same code and settings, signed by somebody else
(cd "$STAGE/stranger" && "$QUOTH" enclave sign enclave-vault.json >sign.log 2>&1) || stage_fail "enclave sign"
must_fail "The same program, signed by somebody else, gets no key:" 1 env -C "$STAGE/stranger" \
    "$QUOTH" enclave run secret-server -l 127.0.0.1:0 --verifier "$ISSUER" --ca /ca/ca.pem
[ ! -s "$STAGE/domain.json" ] || must_fail "The same command with another argument is another measurement, and gets no key:" 1 \
    "$QUOTH" td run "${fetch[@]}" --stdout
[ "$failures" = 0 ] || stage_fail "$failures of these were not refused as they should be"

step "Done. docs/tutorial.md explains each step; README.md says where to go from here."
