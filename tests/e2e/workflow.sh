#!/bin/bash
# The workflow end to end, and each of its numbered steps broken: workflow.sh BUILD
#   1 certificate and evidence   2 posting   3 the verifier's checks   4 serving   5 the client's checks
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../scripts/stage.sh"
. "$here/expect.sh"

b64url() { base64 -w0 "$1" | tr '+/' '-_' | tr -d '='; }
post() { # ROUTE JSON: prints body and status
    curl -sS --cacert "$CA" -H 'Content-Type: application/json' -d "$2" -w '\n%{http_code}\n' \
        "$ISSUER/attest/$1?api-version=2020-10-01"
}
payload() { cut -d. -f2 <"$1" | tr '_-' '/+' | awk '{ while (length($0) % 4) $0 = $0 "="; print }' | base64 -d; }
claim() { payload "$1" | python3 -c 'import json,sys; print(json.load(sys.stdin).get(sys.argv[1]))' "$2"; }

stage_open "$1"
stage_platform
stage_verifier
stage_sign
stage_server
client() { "$SECRET_CLIENT" -a "$SERVER" --verifier "$ISSUER" --ca "$CA" "$@"; }
curl -sSk "https://$SERVER/token" >"$STAGE/token"

echo "== The whole of it"
says "the client sends its secret" "Sent secret over attested TLS channel" client --allow-simulated -s "$SIGNER_ID"
comes "the server has it" "thisIsTheSecret" "$STAGE/server.log"
same "the client's lines, in the sample's order" "$(client --allow-simulated -s "$SIGNER_ID" 2>&1 | grep -oE '🆗 Loaded|✅ Attestation Token verified|✅ SignerID|✅ ProductID|✅ SecurityVersion|🆗 Server certificate|🔒 Sent' | tr '\n' ',')" \
    "🆗 Loaded,✅ Attestation Token verified,✅ SignerID,✅ ProductID,✅ SecurityVersion,🆗 Server certificate,🔒 Sent,"
same "the server's lines, in the sample's order" "$(grep -oE '🆗 Generated Certificate|🆗 Created an Attestation Token|📎 Token now available|👂 Listening on' "$STAGE/server.log" | tr '\n' ',')" \
    "🆗 Generated Certificate,🆗 Created an Attestation Token,📎 Token now available,👂 Listening on,"

echo "== 1. The certificate and the evidence that binds it"
refuses "outside an enclave there is no evidence" 3 "TEE" timeout 60 "$SECRET_SERVER" -l 127.0.0.1:0 --verifier "$ISSUER" --ca "$CA"
same "the token holds the certificate that TLS presents" \
    "$(claim "$STAGE/token" x-ms-sgx-ehd)" \
    "$(openssl s_client -connect "$SERVER" </dev/null 2>/dev/null | openssl x509 -outform DER | base64 -w0 | tr '+/' '-_' | tr -d '=')"
same "report data is the certificate's hash and zeros" "$(claim "$STAGE/token" x-ms-sgx-report-data)" \
    "$(openssl s_client -connect "$SERVER" </dev/null 2>/dev/null | openssl x509 -outform DER | sha256sum | cut -d' ' -f1)$(printf '%064d' 0)"
same "the token says that this is simulated" "$(claim "$STAGE/token" x-quoth-simulated)" True
same "the token's signer is the one who signed the program" "$(claim "$STAGE/token" x-ms-sgx-mrsigner)" "$SIGNER_ID"
same "and its measurement" "$(claim "$STAGE/token" x-ms-sgx-mrenclave)" "$("$QUOTH" enclave uniqueid "$STAGE/enclave/secret-server")"

echo "== 2. and 3. What the verifier refuses"
says "no evidence at all" $'\n'400 post OpenEnclave '{}'
says "not JSON" $'\n'400 post OpenEnclave 'report'
says "not a report" $'\n'400 post OpenEnclave '{"report":"AAAA"}'
says "an unknown route" $'\n'404 post NoSuchTee '{}'
"$QUOTH" platform init --platform "$STAGE/elsewhere" >/dev/null
# evidence of a machine under another root: the same names, other keys
QUOTH_PLATFORM=$STAGE/elsewhere stage_enclave elsewhere
comes "a platform under another root is refused, and the server says why" "root" "$STAGE/elsewhere.log"
stage_stop elsewhere

echo "== 4. Serving"
same "the sample's query works" "$(curl -sSk -o /dev/null -w '%{http_code}' "https://$SERVER/secret?s=fromQuery")" 200
same "a POST body works" "$(curl -sSk -o /dev/null -w '%{http_code}' -d fromBody "https://$SERVER/secret")" 200
same "anything else is 404" "$(curl -sSk -o /dev/null -w '%{http_code}' "https://$SERVER/other")" 404
same "a token with a challenge" "$(curl -sSk -o "$STAGE/fresh" -w '%{http_code}' "https://$SERVER/token?nonce=AAECAwQFBgcICQoLDA0ODw")" 200
says "carries the challenge in the hashed data" '"nonce":"AAECAwQFBgcICQoLDA0ODw"' payload "$STAGE/fresh"
same "a challenge that is too short is refused" "$(curl -sSk -o /dev/null -w '%{http_code}' "https://$SERVER/token?nonce=AAEC")" 400
curl -sSk --parallel -o /dev/null -w '%{http_code}\n' "https://$SERVER/token?nonce=AAECAwQFBgcICQoLDA[10-99]0w" >"$STAGE/codes"
says "challenges are limited" 429 cat "$STAGE/codes"
sleep 2 # five a second are answered: the next clients meet no limit

echo "== 5. What the client refuses"
refuses "simulated evidence, unless told" 1 "--allow-simulated" client -s "$SIGNER_ID"
refuses "another signer" 1 "igner" client --allow-simulated -s "$(printf '%064d' 7)"
refuses "no signer" 2 "Usage" client --allow-simulated
refuses "a signer that is not hex" 2 "xyz" client --allow-simulated -s xyz
refuses "another CA" 3 "certificate" "$SECRET_CLIENT" -a "$SERVER" --verifier "$ISSUER" --ca "$ROOT_PEM" --allow-simulated -s "$SIGNER_ID"
refuses "another issuer" 1 "metadata.issuer" "$SECRET_CLIENT" -a "$SERVER" --verifier "https://127.0.0.1:$VERIFIER_PORT" --ca "$CA" --allow-simulated -s "$SIGNER_ID"
refuses "a server that is not there" 3 "net.connect" "$SECRET_CLIENT" -a localhost:1 --verifier "$ISSUER" --ca "$CA" --allow-simulated -s "$SIGNER_ID"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout "$STAGE/impostor.key" -out "$STAGE/impostor.pem" 2>/dev/null
cp "$STAGE/token" "$STAGE/served"
: >"$STAGE/stolen"
stage_start impostor python3 "$here/impostor.py" "$STAGE/served" "$STAGE/impostor.pem" "$STAGE/impostor.key" "$STAGE/impostor.at" "$STAGE/stolen"
stage_wait impostor "$STAGE/impostor.at"
IMPOSTOR=$(cat "$STAGE/impostor.at")
relay() { "$SECRET_CLIENT" -a "$IMPOSTOR" --verifier "$ISSUER" --ca "$CA" --allow-simulated -s "$SIGNER_ID" "$@"; }
refuses "a genuine token that is not about our challenge" 1 "challenge" relay
refuses "a relay with the genuine token but another key" 1 "certificate" relay --cached
forge() { # SCRIPT: rewrites the served token by a Python expression over (header, payload, signature)
    python3 - "$STAGE/token" "$1" >"$STAGE/served" <<'PY'
import base64, json, sys
h, p, s = open(sys.argv[1]).read().strip().split(".")
def dec(x): return json.loads(base64.urlsafe_b64decode(x + "=" * (-len(x) % 4)))
def enc(x): return base64.urlsafe_b64encode(json.dumps(x, separators=(",", ":")).encode()).rstrip(b"=").decode()
header, payload = dec(h), dec(p)
exec(sys.argv[2])
print(enc(header) + "." + enc(payload) + "." + s, end="")
PY
}
forge 'payload["x-quoth-simulated"] = False'
refuses "a token with a changed claim" 1 "signature" relay
forge 'header["alg"] = "none"; s = ""'
refuses "an unsigned token" 1 "token.header.alg" relay
forge 'header["kid"] = "other"'
refuses "a token of an unknown key" 1 "token.header.kid" relay
printf 'not a token' >"$STAGE/served"
refuses "something that is no token" 1 "JWS" relay
: >"$STAGE/served"
refuses "nothing" 1 "JWS" relay
same "no secret reached the impostor" "$(cat "$STAGE/stolen")" ""

echo "== A certificate that changes in between"
# The token of before the renewal comes first; then the server, with its new certificate and token.
stage_stop server; stage_server --lifetime 3
# on a busy machine this token may be over before the next one is there
curl -sSkf --retry 20 --retry-delay 1 --retry-all-errors "https://$SERVER/token" >"$STAGE/served"
comes "key, certificate and token are renewed" "renewed certificate and token" "$STAGE/server.log"
stage_stop server; stage_server # it holds still from here on
stage_start switch python3 "$here/switch.py" "$IMPOSTOR" "$SERVER" 1 "$STAGE/switch.at"
stage_wait switch "$STAGE/switch.at"
says "the client starts once more" "Sent secret over attested TLS channel" \
    "$SECRET_CLIENT" -a "$(cat "$STAGE/switch.at")" --verifier "$ISSUER" --ca "$CA" --allow-simulated -s "$SIGNER_ID" --cached
same "and no secret went to the one before" "$(cat "$STAGE/stolen")" ""
stage_stop switch

echo "== What the host would like to slip in"
cat >"$STAGE/hostile.cnf" <<'CNF'
openssl_conf = hostile
[hostile]
providers = none
ssl_conf = weak
[none]
null = null
[null]
activate = 1
[weak]
system_default = anything
[anything]
VerifyMode = Once
CNF
says "a hostile OPENSSL_CONF changes nothing for the client" "Sent secret" \
    env OPENSSL_CONF="$STAGE/hostile.cnf" OPENSSL_MODULES="$STAGE" SSL_CERT_FILE=/dev/null "$SECRET_CLIENT" -a "$SERVER" \
    --verifier "$ISSUER" --ca "$CA" --allow-simulated -s "$SIGNER_ID"
refuses "nor does SSL_CERT_FILE make a CA trusted" 3 "certificate" env SSL_CERT_FILE="$CA" "$SECRET_CLIENT" -a "$SERVER" \
    --verifier "$ISSUER" --allow-simulated -s "$SIGNER_ID"
stage_stop server
export OPENSSL_CONF=$STAGE/hostile.cnf SECRET_SERVER_SHOW_SECRETS=0
stage_server
unset OPENSSL_CONF SECRET_SERVER_SHOW_SECRETS
curl -sSk -d fromEnvironment "https://$SERVER/secret"
says "nor the environment, what the enclave's configuration says" "fromEnvironment" cat "$STAGE/server.log"

echo "== The vendor's word changes"
"$QUOTH" platform set-tcb --platform "$STAGE/platform" OutOfDate >/dev/null
stage_stop server; stage_stop quothd; stage_verifier_start
stage_enclave late
comes "an out-of-date platform is refused" "OutOfDate" "$STAGE/late.log"
stage_stop late
stage_stop quothd; stage_verifier_start --accept-status UpToDate,SWHardeningNeeded,OutOfDate
stage_server
curl -sSk "https://$SERVER/token" >"$STAGE/token"
same "unless the operator accepts it, and then the token says so" "$(claim "$STAGE/token" x-quoth-tcb-status)" OutOfDate
"$QUOTH" platform set-tcb --platform "$STAGE/platform" UpToDate >/dev/null
"$QUOTH" platform revoke --platform "$STAGE/platform" pck >/dev/null
stage_stop server; stage_stop quothd; stage_verifier_start
stage_enclave late
comes "a revoked platform is refused" "revoked" "$STAGE/late.log"
stage_stop late

finish
