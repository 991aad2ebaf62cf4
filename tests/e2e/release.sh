#!/bin/bash
# Keys and secrets that only an attested program gets: release.sh BUILD. A key is made with the admin
# token, released to a program in an enclave, and used; whoever is another program gets nothing.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
. "$here/../../scripts/stage.sh"
. "$here/expect.sh"

stage_open "$1"
stage_platform
stage_verifier
stage_sign
stage_policy "$STAGE/release.json"
spki() { openssl s_client -connect "$SERVER" </dev/null 2>/dev/null | openssl x509 -noout -pubkey; }
member() { python3 -c 'import json,sys
v = json.load(sys.stdin)
for name in sys.argv[1].split("."): v = v[name]
print(v)' "$1"; }

# stage_program FOLDER PROGRAM SVN [KEY]: signs a program as product 1234 in a folder of its own
stage_program() {
    mkdir -p "$STAGE/$1"
    cp "$build/$2" "$STAGE/$1/" || stage_fail "no $2 in the build"
    cp "$CA" "$STAGE/$1/vault-ca.pem"
    [ $# -lt 4 ] || cp "$4" "$STAGE/$1/private.pem"
    cat >"$STAGE/$1/enclave.json" <<JSON
{"exe": "$(basename "$2")", "key": "private.pem", "debug": ${DEBUG:-false}, "heapSize": 256, "productID": 1234, "securityVersion": $3,
 "files": [{"source": "vault-ca.pem", "target": "/vault-ca.pem"}],
 "env": [${ENVIRONMENT:-}]}
JSON
    (cd "$STAGE/$1" && "$QUOTH" enclave sign enclave.json >sign.log 2>&1) || { cat "$STAGE/$1/sign.log" >&2; stage_fail "sign $1"; }
}
stage_program good tests/e2e/fetcher 2 "$STAGE/enclave/private.pem"
in_enclave() { # FOLDER ARGS...: the fetcher of that folder
    local folder=$1
    shift
    "$QUOTH" enclave run "$STAGE/$folder/fetcher" "$@" --vault "$ISSUER" --ca /vault-ca.pem
}

echo "== Made by an officer"
refuses "an exportable key needs a policy" 1 "vault.exportable" stage_admin key create lonely --type EC --exportable
says "a key" "/keys/secret-server/" stage_admin key create secret-server --type EC --exportable --release-policy "$STAGE/release.json"
says "an oct key" "/keys/data/" stage_admin key create data --type oct-HSM --bits 256 --exportable --release-policy "$STAGE/release.json"
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$STAGE/rsa.pem" 2>/dev/null
says "one that was brought along" "/keys/imported/" stage_admin key import imported "$STAGE/rsa.pem" --exportable --release-policy "$STAGE/release.json"
head -c 32 /dev/urandom >"$STAGE/oct"
says "bytes" "/keys/bytes/" stage_admin key import bytes "$STAGE/oct" --exportable --release-policy "$STAGE/release.json"
printf 'correct horse ✓' >"$STAGE/password"
says "a secret" "/secrets/password/" stage_admin secret set password "$STAGE/password" --content-type text/plain --release-policy "$STAGE/release.json"
says "a key that stays" "/keys/stays/" stage_admin key create stays --type RSA
says "they are listed" "/keys/imported" stage_admin key list
says "as JSON" '"value":[' stage_admin key list --output json
says "with what is known of them" "exportable" stage_admin key show data
says "what is known of a secret is told" "text/plain" stage_admin secret show password
same "but not its value" "$(stage_admin secret show password --output json | python3 -c 'import json,sys; print(json.load(sys.stdin).get("value"))')" None
refuses "which is for attested programs alone" 1 "attested programs alone" stage_admin secret show password --value
says "a secret of ours" "/secrets/ours/" stage_admin secret set ours - < <(printf 'tell me')
same "can be read" "$(stage_admin secret show ours --value)" "tell me"
says "a second version" "/secrets/ours/" stage_admin secret set ours - --tag a=b < <(printf 'tell me more')
same "is the newest" "$(stage_admin secret show ours --output json | member tags.a)" b
same "and has a neighbour" "$(stage_admin secret list ours | wc -l)" 2
same "the policy comes back as it was set" "$(stage_admin key release-policy data | sha256sum)" "$(sha256sum <"$STAGE/release.json")"

echo "== Released to the program, and used"
in_enclave good key fetch data --format jwk 2>/dev/null | cat >"$STAGE/data.jwk" # a file it would not write
same "an oct key" "$(member kty <"$STAGE/data.jwk")" oct
same "of 256 bits" "$(member k <"$STAGE/data.jwk" | tr -d '\n' | wc -c)" 43
same "the same each time" "$(in_enclave good key fetch data --format jwk 2>/dev/null)" "$(cat "$STAGE/data.jwk")"
same "the bytes that were imported" "$(in_enclave good key fetch bytes 2>/dev/null | sha256sum)" "$(sha256sum <"$STAGE/oct")"
in_enclave good key fetch imported --format pem 2>/dev/null | cat >"$STAGE/back.pem"
same "the RSA key that was imported" "$(openssl pkey -in "$STAGE/back.pem" -outform DER | sha256sum)" "$(openssl pkey -in "$STAGE/rsa.pem" -outform DER | sha256sum)"
in_enclave good key fetch secret-server --format pem 2>/dev/null | cat >"$STAGE/ec.pem"
printf 'to be signed' >"$STAGE/message"
openssl dgst -sha256 -sign "$STAGE/ec.pem" -out "$STAGE/signature" "$STAGE/message"
openssl pkey -in "$STAGE/ec.pem" -pubout -out "$STAGE/ec.pub" 2>/dev/null
says "the EC key signs" "Verified OK" openssl dgst -sha256 -verify "$STAGE/ec.pub" -signature "$STAGE/signature" "$STAGE/message"
same "its public half is the one the vault shows" "$(stage_admin key show secret-server --output json | member key.x)" \
    "$(in_enclave good key fetch secret-server --format jwk 2>/dev/null | member x)"
same "a secret" "$(in_enclave good secret fetch password 2>/dev/null)" "correct horse ✓"
for w in sha1 sha256 sha384; do
    same "under $w" "$(in_enclave good key fetch bytes --wrap $w 2>/dev/null | sha256sum)" "$(sha256sum <"$STAGE/oct")"
done
same "to a larger recipient" "$(in_enclave good key fetch bytes --recipient-bits 4096 2>/dev/null | sha256sum)" "$(sha256sum <"$STAGE/oct")"
before=$(stage_admin key show data --output json | member key.kid)
stage_admin key rotate data >/dev/null
in_enclave good key fetch data --format jwk 2>/dev/null | cat >"$STAGE/rotated.jwk"
same "a new version is a key" "$(member kty <"$STAGE/rotated.jwk")" oct
same "and another one" "$(cmp -s "$STAGE/rotated.jwk" "$STAGE/data.jwk" || echo yes)" yes
same "and the older one is still there" "$(in_enclave good key fetch data --version "${before##*/}" --format jwk 2>/dev/null)" "$(cat "$STAGE/data.jwk")"

echo "== To nobody else"
stage_program stranger tests/e2e/fetcher 2
stage_program older tests/e2e/fetcher 1 "$STAGE/enclave/private.pem"
DEBUG=true stage_program debug tests/e2e/fetcher 2 "$STAGE/enclave/private.pem"
for who in stranger older debug; do
    refuses "$who gets no key" 1 "Forbidden" in_enclave $who key fetch data --format jwk
    refuses "$who gets no secret" 1 "Forbidden" in_enclave $who secret fetch password
done
refuses "without a TEE there is no evidence" 3 "TEE" "$QUOTH" key fetch data --vault "$ISSUER" --ca "$CA" --fd 1
refuses "what is not exportable stays" 1 "Forbidden" in_enclave good key fetch stays
refuses "what is not there" 1 "Forbidden" in_enclave good key fetch nothing
refuses "a key is no secret" 1 "Forbidden" in_enclave good secret fetch data
"$QUOTH" platform init --platform "$STAGE/elsewhere" >/dev/null
elsewhere() { QUOTH_PLATFORM=$STAGE/elsewhere in_enclave good key fetch data; }
refuses "the same program on another platform" 1 "attestation.refused" elsewhere
cp "$CA" "$STAGE/saved-ca.pem" && cp "$ROOT_PEM" "$CA"
stage_program deceived tests/e2e/fetcher 2 "$STAGE/enclave/private.pem"
cp "$STAGE/saved-ca.pem" "$CA"
refuses "another CA is not believed" 3 "certificate" in_enclave deceived key fetch data
stage_admin key delete bytes >/dev/null
refuses "a deleted key is not released" 1 "Forbidden" in_enclave good key fetch bytes
stage_admin key recover bytes >/dev/null
same "a recovered one is" "$(in_enclave good key fetch bytes 2>/dev/null | sha256sum)" "$(sha256sum <"$STAGE/oct")"
stage_admin key backup bytes "$STAGE/bytes.backup" >/dev/null
stage_admin key delete bytes >/dev/null && stage_admin key purge bytes
refuses "what is purged is gone" 1 "Forbidden" in_enclave good key fetch bytes
stage_admin key restore "$STAGE/bytes.backup" >/dev/null
same "and back from its backup" "$(in_enclave good key fetch bytes 2>/dev/null | sha256sum)" "$(sha256sum <"$STAGE/oct")"
sed 's/"x-quoth-simulated", "equals": true/"x-quoth-simulated", "exists": true/' "$STAGE/release.json" >"$STAGE/silent.json"
stage_admin key release-policy bytes "$STAGE/silent.json" >/dev/null
refuses "a policy that does not say simulated releases to no simulation" 1 "Forbidden" in_enclave good key fetch bytes

echo "== The sidecar, in an enclave"
SIDECAR_PORT=$(stage_free_port)
settings='{"name": "QUOTH_SIDECAR_LISTEN", "value": "127.0.0.1:'$SIDECAR_PORT'"},
  {"name": "QUOTH_SIDECAR_VERIFIERS", "value": "'$ISSUER'"}, {"name": "QUOTH_SIDECAR_VERIFIER_CA", "value": "/vault-ca.pem"},
  {"name": "QUOTH_SIDECAR_VAULTS", "value": "'$ISSUER'"}, {"name": "QUOTH_SIDECAR_VAULT_CA", "value": "/vault-ca.pem"}'
ENVIRONMENT=$settings stage_program closed quoth-sidecar 2 "$STAGE/enclave/private.pem"
refuses "it does not serve where the loopback is the host's" 1 "one process" timeout 60 "$QUOTH" enclave run "$STAGE/closed/quoth-sidecar"
ENVIRONMENT=$settings',{"name": "QUOTH_SIDECAR_OPEN_LOOPBACK", "value": "1"}' stage_program sidecar quoth-sidecar 2 "$STAGE/enclave/private.pem"
refuses "the host gives it no arguments" 2 "takes no arguments" "$QUOTH" enclave run "$STAGE/sidecar/quoth-sidecar" --listen 127.0.0.1:1
export QUOTH_SIDECAR_VAULTS=https://evil.test # nor variables that are not measured
stage_start sidecar "$QUOTH" enclave run "$STAGE/sidecar/quoth-sidecar"
unset QUOTH_SIDECAR_VAULTS
comes "unless its measured settings say so" "serves http://127.0.0.1:$SIDECAR_PORT" "$STAGE/sidecar.log"
ask() { curl -sS -H 'Content-Type: application/json' -d "$2" -w '\n%{http_code}\n' "http://127.0.0.1:$SIDECAR_PORT$1"; }
where='"maa_endpoint":"localhost:'$VERIFIER_PORT'"'
says "it is there" "STATUS OK" curl -sS "http://localhost:$SIDECAR_PORT/status"
says "a key as a JSON Web Key" '\"kty\":\"oct\"' ask /key/release "{$where,\"akv_endpoint\":\"localhost:$VERIFIER_PORT\",\"kid\":\"data\"}"
jwks=$(printf '{"keys":[{"kty":"RSA","kid":"mine","n":"AQ","e":"AQAB","key_ops":["encrypt"]}]}' | base64 -w0)
ask /attest/maa "{$where,\"runtime_data\":\"$jwks\"}" | head -1 | member token >"$STAGE/maa.token"
same "a token over the caller's key set" "$(cut -d. -f2 <"$STAGE/maa.token" | tr '_-' '/+' | awk '{ while (length($0) % 4) $0 = $0 "="; print }' | base64 -d | python3 -c 'import json,sys; print(json.load(sys.stdin)["x-ms-runtime"]["keys"][0]["kid"])')" mine
says "evidence" '{"report":"0300' ask /attest/raw "{\"runtime_data\":\"$jwks\"}"
says "not over a form of ours" sidecar.runtime-data ask /attest/raw "{\"runtime_data\":\"$(printf '{"v":"quoth-1","cert":"AA","nonce":"AA"}' | base64 -w0)\"}"
says "no other vault is contacted" sidecar.endpoint ask /key/release "{$where,\"akv_endpoint\":\"evil.test\",\"kid\":\"data\"}"
says "nor by another name" 421 curl -sS -o /dev/null -w '%{http_code}' -H 'Host: evil.test' "http://127.0.0.1:$SIDECAR_PORT/status"
refuses "a sidecar on the network is none" 2 "loopback" "$QUOTHD" sidecar --verifier "$ISSUER" --listen 0.0.0.0:0
stage_stop sidecar

echo "== A server whose key is in the vault"
stage_sign_vault
stage_server
first=$(spki)
comes "it gets its key from the vault" "Got the key of the certificate from the vault" "$STAGE/server.log"
same "which is the one that the vault shows" "$first" "$(cat "$STAGE/ec.pub")"
says "the client's way is the same" "Sent secret over attested TLS channel" \
    "$SECRET_CLIENT" -a "$SERVER" --verifier "$ISSUER" --ca "$CA" --allow-simulated -s "$SIGNER_ID"
stage_stop server
export SECRET_SERVER_TLS_KEY=data SECRET_SERVER_VAULT=https://evil.test # the host's wishes
stage_server
unset SECRET_SERVER_TLS_KEY SECRET_SERVER_VAULT
same "after a restart it has the same key" "$(spki)" "$first"
stage_stop server
refuses "the host cannot choose another by an argument" 2 "unrecognized option" env -C "$STAGE/enclave" "$QUOTH" enclave run secret-server --verifier "$ISSUER" --ca /vault-ca.pem --tls-key data
sed -i 's/"securityVersion": 2/"securityVersion": 1/' "$STAGE/enclave/enclave-vault.json"
(cd "$STAGE/enclave" && "$QUOTH" enclave sign enclave-vault.json >/dev/null 2>&1)
stage_enclave late
comes "an older build gets no key, and does not serve" "status 403" "$STAGE/late.log"
stage_stop late

finish
