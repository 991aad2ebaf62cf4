#!/bin/bash
# Measures a build as it is installed beside the bound of this machine, in one run: run.sh BUILD
# Prints figures and asserts nothing; what falls short of its target is marked. Genuine quotes are
# measured too when QUOTH_VECTORS names the folder that holds them. ROUNDS sets how often the servers
# are measured.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../scripts/stage.sh"
rounds=${ROUNDS:-5}

STAGE_QUEUE_DELAY=250 # as by default
stage_open "$1"
bench=$(cd "$1" && pwd)/bench/quoth-bench
figures=$STAGE/figures
vault_version=api-version=7.4
figure() { echo "$1 $2" >>"$figures"; }
part() { printf '\n== %s\n' "$*"; }

# others: what other programs take of the cores while we wait a second, in percent
others() {
    local before after
    before=$(grep '^cpu ' /proc/stat)
    sleep 1
    after=$(grep '^cpu ' /proc/stat)
    awk -v b="$before" -v a="$after" 'BEGIN {
        split(b, x); n = split(a, y)
        for (i = 2; i <= 9 && i <= n; i++) { d = y[i] - x[i]; all += d; if (i == 5 || i == 6) idle += d }
        printf "%.0f", 100 * (all - idle) / all }'
}

check_quiet() {
    local share
    share=$(others)
    printf '\nOther programs use %s %% of the cores now%s\n' "$share" \
        "$([ "$share" -gt 5 ] && echo ': latencies and the second thread will look worse than they are')"
}

# load NAME URL PID [OPTION...]: one measurement of a server
load() {
    local name=$1 url=$2 pid=$3
    shift 3
    "$bench" load --name "$name" --url "$url" --pid "$pid" --platform "$STAGE/platform" --figures "$figures" "$@"
}

load_heading() { printf '  %-24s %8s %9s %9s %10s %10s\n' "" "1/s" "p50 ms" "p99 ms" "CPU us" "load's us"; }

# latest NAME: the last figure of that name
latest() { awk -v name="$1" '$1 == name { value = $2 } END { print value }' "$figures"; }

half_of() { awk -v rate="$(latest "$1")" 'BEGIN { printf "%.0f", rate / 2 }'; }

# policy_jws: standard input as a JWS that nobody has signed
b64url() { base64 -w0 | tr '+/' '-_' | tr -d =; }
policy_jws() { printf '%s.%s.' eyJhbGciOiJub25lIn0 "$(printf '{"AttestationPolicy":"%s"}' "$(b64url)" | b64url)"; }

# policy_put TYPE DATA [CURL OPTION...]
policy_put() {
    local type=$1 data=$2
    shift 2
    curl -sf --cacert "$CA" -X PUT -H "Authorization: Bearer $(cat "$STATE/admin.token")" \
        -H "Content-Type: text/plain" --data-binary "$data" "$@" "$ISSUER/policies/$type?api-version=2025-06-01"
}

# vault_call METHOD PATH BODY: as the administrator
vault_call() {
    curl -sf --cacert "$CA" -X "$1" -H "Authorization: Bearer $(cat "$STATE/admin.token")" -H "Content-Type: application/json" \
        --data-binary "$3" "$ISSUER$2?$vault_version" || stage_fail "the vault refuses $1 $2"
}

# vault_load FIGURE METHOD PATH [OPTION...]: eight at a time, as many as it takes
vault_load() {
    local name=$1 method=$2 path=$3
    shift 3
    load "$name" "$ISSUER" "${STAGE_PIDS[quothd]}" --ca "$CA" --connections 8 --method "$method" --path "$path?$vault_version" "$@"
}

# A token for a program in the simulated enclave, over a key of its own, and the policy that it meets.
vault_token() {
    "$bench" evidence --platform "$STAGE/platform" >"$STAGE/evidence.json"
    curl -sf --cacert "$CA" -H "Content-Type: application/json" --data-binary "@$STAGE/evidence.json" \
        "$ISSUER/attest/SgxEnclave?api-version=2025-06-01" | sed 's/.*"token":"\([^"]*\)".*/{"target":"\1"}/' >"$STAGE/release.json"
}
vault_policy() {
    printf '{"version":"1.0.0","anyOf":[{"authority":"%s","allOf":[{"claim":"x-quoth-simulated","equals":true},{"claim":"sgx-mrenclave","equals":"%s"}]}]}' \
        "$ISSUER" "$(printf 'e1%.0s' {1..32})" | b64url
}

# measure_vault STORE
measure_vault() {
    local store=$1 token=(--token-file "$STATE/admin.token") digest
    digest=$(printf 'A%.0s' {1..43})
    vault_call POST /keys/bench/create '{"kty":"EC","crv":"P-256"}' >"$STAGE/vault.json"
    vault_call PUT /secrets/bench '{"value":"something that is as long as most passwords are"}' >"$STAGE/vault.json"
    vault_call POST /keys/released/create \
        "{\"kty\":\"oct-HSM\",\"attributes\":{\"exportable\":true},\"release_policy\":{\"data\":\"$(vault_policy)\"}}" >"$STAGE/vault.json"
    vault_token
    vault_load "$store"_key_create POST "/keys/bench-{n}/create" "${token[@]}" --body '{"kty":"EC","crv":"P-256"}'
    vault_load "$store"_key_get GET /keys/bench "${token[@]}"
    vault_load "$store"_sign POST /keys/bench/sign "${token[@]}" --body "{\"alg\":\"ES256\",\"value\":\"$digest\"}"
    vault_load "$store"_secret_set PUT "/secrets/bench-{n}" "${token[@]}" --body '{"value":"something that is as long as most passwords are"}'
    vault_load "$store"_secret_get GET /secrets/bench "${token[@]}"
    vault_load "$store"_release POST /keys/released/release --body-file "$STAGE/release.json"
}

# measure_puts COUNT: one after the other on one connection, each another policy, each synced before its answer
measure_puts() {
    local count=$1 i started ended
    for ((i = 0; i < count; i++)); do
        [ "$i" = 0 ] || printf 'next\n'
        printf 'cacert="%s"\nrequest=PUT\nsilent\nfail\noutput="%s"\nheader="Authorization: Bearer %s"\nheader="Content-Type: text/plain"\n' \
            "$CA" "$STAGE/put.json" "$(cat "$STATE/admin.token")"
        printf 'data-binary="%s"\nurl="%s/policies/TdxVm?api-version=2025-06-01"\n' \
            "$(printf 'version=1.0;authorizationrules{=>permit();};issuancerules{=>issue(type="n",value=%d);};' "$i" | policy_jws)" \
            "$ISSUER"
    done >"$STAGE/puts.curl"
    started=$(date +%s%N)
    curl -K "$STAGE/puts.curl" || stage_fail "a policy is not taken"
    ended=$(date +%s%N)
    figure policy_puts "$(awk -v n="$count" -v ns="$((ended - started))" 'BEGIN { printf "%.1f", n / ns * 1e9 }')"
    printf '  policies set per second, one administrator: %s\n' "$(latest policy_puts)"
}

check_quiet
part "The library"
"$bench" library --policy "$here/policy.txt" --figures "$figures"

part "The service: quothd under load from the same cores, TLS kept alive, RS256"
echo "One simulated platform: known to each thread after its first request, so proofs are always found."
stage_platform
# The load comes from one address: what guards against that is set aside.
stage_verifier --rate 0 --connections 60000 --connections-per-source 60000
service=${STAGE_PIDS[quothd]}
stage_start floor "$bench" floor --ready-file "$STAGE/floor.url"
stage_wait floor "$STAGE/floor.url"
floor=${STAGE_PIDS[floor]} floor_url=$(cat "$STAGE/floor.url")

load_heading
for ((round = 0; round < rounds; round++)); do
    "$bench" bound --figures "$figures"
    load service_max "$ISSUER" "$service" --ca "$CA"
    load floor_max "$floor_url" "$floor"
    load service_half "$ISSUER" "$service" --ca "$CA" --seconds 4 --rate "$(half_of service_max_rate)"
    load floor_half "$floor_url" "$floor" --seconds 4 --rate "$(half_of floor_max_rate)"
done

part "The service: trust domains, a policy of 20 rules for enclaves, and policies that change"
load service_tdx "$ISSUER" "$service" --ca "$CA" --tee tdx
for type in SgxEnclave OpenEnclave; do
    policy_jws <"$here/policy.txt" >"$STAGE/policy.jws"
    policy_put "$type" "@$STAGE/policy.jws" >"$STAGE/put.json" || stage_fail "a policy is not taken"
done
sleep 2 # until it is in force
load service_policy "$ISSUER" "$service" --ca "$CA"
measure_puts 200

part "Memory: resident before and with idle TLS connections"
figure service_rss_mb "$(awk '/^VmRSS/ { print $2 * 1024 / 1e6 }' "/proc/$service/status")"
printf '  %-24s %8s %12s %10s %14s\n' "" "MB" "MB with" "held" "bytes for each"
"$bench" idle --name service --url "$ISSUER" --ca "$CA" --pid "$service" --figures "$figures"
"$bench" idle --name floor --url "$floor_url" --pid "$floor" --figures "$figures"

part "Start, and size"
stage_stop quothd
"$bench" start --url "$ISSUER" --ca "$CA" --figures "$figures" -- "$QUOTHD" "${VERIFIER_OPTIONS[@]}" \
    --listen "127.0.0.1:$VERIFIER_PORT" --trust "simulated:$ROOT_SHA256" --trust-root "$ROOT_PEM" \
    --collateral "$PCS_URL"
strip -o "$STAGE/stripped" "$QUOTHD" && figure stripped_bytes "$(stat -c %s "$STAGE/stripped")"
printf '  quothd, stripped: %s bytes\n' "$(latest stripped_bytes)"

# Each in a state folder of its own: what a start reads and memory holds is measured without all that.
part "The vault on SQLite: eight connections; what changes, uses or reads is in the audit trail and on disk before its answer"
STAGE_STATE=vault-sqlite
stage_verifier --rate 0
load_heading
"$bench" bound --figures "$figures"
measure_vault sqlite
stage_stop quothd

part "The vault on PostgreSQL, on the same disk and cores"
if STAGE_STORE=$("$here/../scripts/postgres.sh" start "$STAGE/postgres"); then
    trap '"$here/../scripts/postgres.sh" stop "$STAGE/postgres" >&2; stage_close' EXIT
    STAGE_STATE=vault-postgres
    stage_verifier --rate 0
    load_heading
    measure_vault postgres
    stage_stop quothd
else
    echo "  not measured"
fi

stage_stop floor
stage_stop pcs
check_quiet
"$bench" table --figures "$figures"
