#!/bin/bash
# Keys and secrets for programs in a trust domain, which is a simulated one here: domain.sh BUILD.
# The command, the sidecar and secret-server are those that run in a TDX guest. Exits with 77 where
# the machine lacks what a simulated domain needs.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
. "$here/../../scripts/stage.sh"
. "$here/expect.sh"

stage_open "$1"
stage_platform
td() { "$QUOTH" td run "$@"; }
stage_can_domain || { echo "skipped: $STAGE_LACKS"; exit 77; }
stage_verifier
claim() { python3 -c 'import base64,json,sys
part = sys.stdin.read().split(".")[1]
v = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
for name in sys.argv[1].split("."): v = v[int(name)] if name.isdigit() else v[name]
print(v)' "$1"; }
member() { python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

ask=("$QUOTH" key fetch data --vault "$ISSUER" --ca "$CA")

echo "== Evidence"
printf '{"hello":"world"}' >"$STAGE/data.json"
td "$QUOTH" evidence get -r "$STAGE/data.json" -o "$STAGE/quote" --attester tdx 2>/dev/null
verify=("$QUOTH" evidence verify "$STAGE/quote" --collateral "$PCS_URL" --trust-root "$ROOT_PEM")
says "a quote of TDX" '"tee":"tdx"' "${verify[@]}" -r "$STAGE/data.json" --output json
refuses "over these data and no others" 1 "held-data.mismatch" "${verify[@]}" -r "$ROOT_PEM"
same "the domain is found by itself" "$(td "$QUOTH" evidence get -r "$STAGE/data.json" --output json 2>/dev/null | member platform)" tdx
refuses "it is no enclave" 3 "/dev/attestation" td "$QUOTH" evidence get -r "$STAGE/data.json" --attester gramine
refuses "outside there is nothing" 3 "attester.tee.absent" env "$QUOTH" evidence get -r "$STAGE/data.json" --output json
td "$QUOTH" token get --verifier "$ISSUER" --ca "$CA" -r "$STAGE/data.json" --runtime-data-type json >"$STAGE/token" 2>/dev/null
same "a token" "$(claim x-ms-attestation-type <"$STAGE/token")" tdxvm
same "over the data" "$(claim x-ms-runtime.hello <"$STAGE/token")" world
td "$QUOTH" token get --verifier "$ISSUER" --ca "$CA" -r "$STAGE/data.json" --runtime-data-type json --evidence "$STAGE/quote" >"$STAGE/token" 2>/dev/null
same "the same for evidence that was made before" "$(claim x-ms-runtime.hello <"$STAGE/token")" world
"$QUOTH" td measure --output json "$QUOTH" token get --verifier "$ISSUER" --ca "$CA" -r "$STAGE/data.json" --runtime-data-type json >"$STAGE/measured"
td "$QUOTH" token get --verifier "$ISSUER" --ca "$CA" -r "$STAGE/data.json" --runtime-data-type json >"$STAGE/token" 2>/dev/null
for name in tdx_mrtd tdx_rtmr0 tdx_rtmr1 tdx_rtmr2 tdx_rtmr3; do
    same "it says what was measured: $name" "$(claim $name <"$STAGE/token")" "$(member $name <"$STAGE/measured")"
done
td --debug "$QUOTH" token get --verifier "$ISSUER" --ca "$CA" -r "$STAGE/data.json" --runtime-data-type json >"$STAGE/token" 2>/dev/null
same "and whether it is debugged" "$(claim tdx_td_attributes_debug <"$STAGE/token")" True

echo "== Keys and secrets"
stage_domain_policy "$STAGE/release.json" "${ask[@]}"
head -c 32 /dev/urandom >"$STAGE/oct"
stage_admin key import data "$STAGE/oct" --exportable --release-policy "$STAGE/release.json" >/dev/null
same "the key that was imported" "$(td "${ask[@]}" 2>/dev/null | sha256sum)" "$(sha256sum <"$STAGE/oct")"
refuses "another command line is another measurement" 1 "Forbidden" td "${ask[@]}" --stdout
cp "$QUOTH" "$STAGE/other" && printf 'X' >>"$STAGE/other"
refuses "another program too" 1 "Forbidden" td "$STAGE/other" "${ask[@]:1}"
refuses "a domain that is debugged" 1 "Forbidden" td --debug "${ask[@]}"
refuses "outside a domain" 3 "TEE" "${ask[@]}" --fd 1
"$QUOTH" platform init --platform "$STAGE/elsewhere" >/dev/null
refuses "on another platform" 1 "attestation.refused" td --platform "$STAGE/elsewhere" "${ask[@]}"
sed 's/"x-quoth-simulated", "equals": true/"x-quoth-simulated", "exists": true/' "$STAGE/release.json" >"$STAGE/silent.json"
stage_admin key release-policy data "$STAGE/silent.json" >/dev/null
refuses "a policy that does not say simulated releases to no simulation" 1 "Forbidden" td "${ask[@]}"
stage_admin key release-policy data "$STAGE/release.json" >/dev/null

# A script is measured by its interpreter and its name alone: the domain is one, whatever it runs.
cat >"$STAGE/script" <<S
"$QUOTH" secret fetch password --vault "$ISSUER" --ca "$CA" --env PASSWORD -- sh -c 'echo "it is \$PASSWORD"'
S
stage_domain_policy "$STAGE/script.json" sh "$STAGE/script"
stage_admin secret set password - --release-policy "$STAGE/script.json" >/dev/null < <(printf 'correct horse ✓')
same "a secret, in the environment of a child" "$(td sh "$STAGE/script" 2>/dev/null)" "it is correct horse ✓"
refuses "which another script does not get" 1 "Forbidden" td sh "$STAGE/../$(basename "$STAGE")/script"

echo "== The sidecar"
SIDECAR_PORT=$(stage_free_port)
sidecar=("$QUOTHD" sidecar --listen "127.0.0.1:$SIDECAR_PORT" --verifier "$ISSUER" --verifier-ca "$CA" --vault "$ISSUER" --vault-ca "$CA")
stage_domain_policy "$STAGE/sidecar.json" "${sidecar[@]}"
stage_admin key create beside --type oct-HSM --bits 256 --exportable --release-policy "$STAGE/sidecar.json" >/dev/null
stage_start sidecar "$QUOTH" td run "${sidecar[@]}"
comes "it starts, as its loopback is the domain's" "with evidence of tdx" "$STAGE/sidecar.log"
post() { curl -sS -H 'Content-Type: application/json' -d "$2" "http://127.0.0.1:$SIDECAR_PORT$1"; }
where='"maa_endpoint":"localhost:'$VERIFIER_PORT'"'
says "a key as a JSON Web Key" '\"kty\":\"oct\"' post /key/release "{$where,\"akv_endpoint\":\"localhost:$VERIFIER_PORT\",\"kid\":\"beside\"}"
says "not the key of another program" '"code":"release.refused"' post /key/release "{$where,\"akv_endpoint\":\"localhost:$VERIFIER_PORT\",\"kid\":\"data\"}"
data=$(printf '{"keys":[{"kty":"RSA","kid":"mine","n":"AQ","e":"AQAB","key_ops":["encrypt"]}]}' | base64 -w0)
post /attest/maa "{$where,\"runtime_data\":\"$data\"}" | member token >"$STAGE/token"
same "a token over the caller's key set" "$(claim x-ms-runtime.keys.0.kid <"$STAGE/token")" mine
says "evidence" '{"report":"0400' post /attest/raw "{\"runtime_data\":\"$data\"}"
stage_stop sidecar

echo "== A server"
stage_start server "$QUOTH" td run "$SECRET_SERVER" -l 127.0.0.1:0 --verifier "$ISSUER" --ca "$CA"
comes "gets its token in a domain, too" "Created an Attestation Token" "$STAGE/server.log"
stage_stop server

finish
