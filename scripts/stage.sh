# A stage on which the whole workflow is played: a temporary folder, a fresh simulated platform with
# its collateral service, a verifier with a local CA, all on free loopback ports. Sourced (bash) by
# the demo and by the end-to-end and interop tests.
#
#   stage_open BUILD       makes $STAGE and sets QUOTH, QUOTHD, SECRET_SERVER, SECRET_CLIENT
#   stage_platform         a fresh platform in $STAGE/platform, its collateral at $PCS_URL
#   stage_verifier [ARG..] quothd for $ISSUER, trusting that platform; its CA in $CA, its folder in $STATE: that is
#                          $STAGE/state, or what $STAGE_STATE names there. Its store is at $STAGE_STORE, if that is set
#   stage_server [ARG..]   secret-server in an enclave, signed by $STAGE/enclave/public.pem, at $SERVER
#   stage_policy FILE      a release policy for programs of that signer, product 1234, on this platform
#   stage_domain_policy FILE EXE [ARG..]   one for trust domains on this platform that run EXE with these arguments
#   stage_can_domain       whether there are simulated trust domains on this machine; STAGE_LACKS says why not
#   stage_admin VERB...    quoth with the admin token: stage_admin key create ...
#   stage_sign_vault       signs secret-server again, so that it gets its TLS key from the vault
#   stage_stop NAME        stops one of pcs, quothd, server
# Everything is stopped and removed on exit. KEEP_STAGE=1 keeps the folder.

# What a program said of its failure last, without hint, code and the notes of the software TEE.
stage_reason() { grep -vE '^(\[|hint:|code:)' | tail -1; }

stage_fail() {
    echo "stage: $*" >&2
    exit 1
}

stage_open() {
    local build
    build=$(cd "$1" && pwd) || exit 1
    QUOTH=$build/quoth QUOTHD=$build/quothd
    SECRET_SERVER=$build/secret-server SECRET_CLIENT=$build/secret-client
    STAGE=$(mktemp -d "${TMPDIR:-/tmp}/quoth-stage.XXXXXX")
    declare -gA STAGE_PIDS=()
    trap stage_close EXIT
    trap 'exit 130' INT TERM
    export QUOTH_PLATFORM=$STAGE/platform
    unset QUOTH_ISSUER QUOTH_VERIFIER QUOTH_CA
}

stage_close() {
    local name
    for name in "${!STAGE_PIDS[@]}"; do stage_stop "$name"; done
    if [ -n "${KEEP_STAGE:-}" ]; then
        echo "stage: kept $STAGE" >&2
    else
        rm -rf "$STAGE"
    fi
}

stage_stop() {
    local pid=${STAGE_PIDS[$1]:-} i
    [ -n "$pid" ] || return 0
    kill "$pid" 2>/dev/null
    for i in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    unset "STAGE_PIDS[$1]"
}

# stage_start NAME COMMAND...: in the background, its output in $STAGE/NAME.log
stage_start() {
    local name=$1
    shift
    "$@" >"$STAGE/$name.log" 2>&1 &
    STAGE_PIDS[$name]=$!
}

# stage_wait NAME FILE: until the program has written FILE (where it can be reached)
stage_wait() {
    local i
    for i in $(seq 1200); do
        [ -s "$2" ] && return 0
        kill -0 "${STAGE_PIDS[$1]}" 2>/dev/null || break
        sleep 0.05
    done
    cat "$STAGE/$1.log" >&2
    stage_fail "$1 did not start"
}

# Below the range from which the kernel takes ports for outgoing connections.
stage_free_port() {
    local port
    while :; do
        port=$((10000 + RANDOM % 22000))
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

stage_platform() {
    "$QUOTH" platform init --platform "$STAGE/platform" >"$STAGE/platform.log" || stage_fail "platform init"
    stage_start pcs "$QUOTH" platform serve --platform "$STAGE/platform" --listen 127.0.0.1:0 \
        --ready-file "$STAGE/pcs.url"
    stage_wait pcs "$STAGE/pcs.url"
    PCS_URL=$(cat "$STAGE/pcs.url")
    ROOT_PEM=$STAGE/platform/root-ca.crt
    ROOT_SHA256=$("$QUOTH" platform show --platform "$STAGE/platform" --output json |
        sed -n 's/.*"rootSha256": *"\([0-9a-f]*\)".*/\1/p')
    [ -n "$ROOT_SHA256" ] || stage_fail "platform show gives no root fingerprint"
}

stage_verifier() {
    VERIFIER_PORT=$(stage_free_port)
    ISSUER=https://localhost:$VERIFIER_PORT
    STATE=$STAGE/${STAGE_STATE:-state}
    VERIFIER_OPTIONS=(--state "$STATE" --master-key "$STAGE/${STAGE_STATE:-master}.key" ${STAGE_STORE:+--store "$STAGE_STORE"})
    "$QUOTHD" init "${VERIFIER_OPTIONS[@]}" --issuer "$ISSUER" \
        --trust "simulated:$ROOT_SHA256" --trust-root "$ROOT_PEM" >"$STAGE/init.log" 2>&1 ||
        { cat "$STAGE/init.log" >&2; stage_fail "quothd init"; }
    CA=$STATE/ca.pem
    stage_verifier_start "$@"
}

stage_verifier_start() {
    rm -f "$STAGE/quothd.ready"
    stage_start quothd "$QUOTHD" "${VERIFIER_OPTIONS[@]}" --listen "127.0.0.1:$VERIFIER_PORT" \
        --trust "simulated:$ROOT_SHA256" --trust-root "$ROOT_PEM" --collateral "$PCS_URL" \
        --ready-file "$STAGE/quothd.ready" "$@"
    stage_wait quothd "$STAGE/quothd.ready"
}

# Signs the program as the sample's enclave.json says (product 1234, security version 2, no debug).
stage_sign() {
    mkdir -p "$STAGE/enclave"
    cp "$SECRET_SERVER" "$STAGE/enclave/secret-server"
    cp "$(dirname "${BASH_SOURCE[0]}")/../examples/enclave.json" "$STAGE/enclave/enclave.json"
    (cd "$STAGE/enclave" && "$QUOTH" enclave sign enclave.json) >"$STAGE/sign.log" 2>&1 ||
        { cat "$STAGE/sign.log" >&2; stage_fail "enclave sign"; }
    SIGNER_ID=$("$QUOTH" enclave signerid "$STAGE/enclave/public.pem")
}

stage_policy() {
    cat >"$1" <<JSON
{"version": "1.0.0", "anyOf": [{"authority": "$ISSUER", "allOf": [
  {"claim": "x-ms-sgx-mrsigner", "equals": "$SIGNER_ID"},
  {"claim": "x-ms-sgx-product-id", "equals": 1234},
  {"claim": "x-ms-sgx-svn", "greaterOrEquals": 2},
  {"claim": "x-quoth-challenge", "equals": true},
  {"claim": "x-quoth-simulated", "equals": true}]}]}
JSON
}

stage_domain_policy() {
    local file=$1 measured
    shift
    measured=$("$QUOTH" td measure --output json "$@" | tr ',' '\n' |
        sed -n 's/.*"\(tdx_mrtd\|tdx_rtmr[0-3]\)": *"\([0-9a-f]*\)".*/  {"claim": "\1", "equals": "\2"},/p')
    cat >"$file" <<JSON
{"version": "1.0.0", "anyOf": [{"authority": "$ISSUER", "allOf": [
  {"claim": "x-ms-attestation-type", "equals": "tdxvm"},
$measured
  {"claim": "x-quoth-challenge", "equals": true},
  {"claim": "x-quoth-simulated", "equals": true}]}]}
JSON
}

stage_can_domain() {
    "$QUOTH" td run true 2>"$STAGE/td.log" && return
    [ $? = 3 ] || { cat "$STAGE/td.log" >&2; stage_fail "td run"; }
    STAGE_LACKS=$(stage_reason <"$STAGE/td.log")
    return 1
}

stage_admin() {
    "$QUOTH" "$@" --verifier "$ISSUER" --ca "$CA" --token-file "$STAGE/state/admin.token"
}

# The vault and its CA are part of the measurement: another vault would be another program.
stage_sign_vault() {
    cp "$CA" "$STAGE/enclave/vault-ca.pem"
    sed "s|https://localhost:8443|$ISSUER|" \
        "$(dirname "${BASH_SOURCE[0]}")/../examples/enclave-vault.json" >"$STAGE/enclave/enclave-vault.json"
    (cd "$STAGE/enclave" && "$QUOTH" enclave sign enclave-vault.json) >"$STAGE/sign.log" 2>&1 ||
        { cat "$STAGE/sign.log" >&2; stage_fail "enclave sign"; }
}

# stage_enclave NAME PORT [ARG..]: the program in its enclave, in the background. Of the host's files it
# sees the folder ca/ beside it, as enclave.json says.
stage_enclave() {
    local name=$1 port=$2
    shift 2
    mkdir -p "$STAGE/enclave/ca" && cp "$CA" "$STAGE/enclave/ca/ca.pem"
    stage_start "$name" env -C "$STAGE/enclave" "$QUOTH" enclave run secret-server \
        -l "127.0.0.1:$port" --verifier "$ISSUER" --ca /ca/ca.pem "$@"
}

stage_server() {
    SERVER=localhost:$(stage_free_port)
    : >"$STAGE/server.log" # what the server before it has said counts no more
    stage_enclave server "${SERVER#*:}" "$@"
    local i
    for i in $(seq 1200); do
        grep -q 'Listening on' "$STAGE/server.log" && return 0
        kill -0 "${STAGE_PIDS[server]}" 2>/dev/null || break
        sleep 0.05
    done
    cat "$STAGE/server.log" >&2
    stage_fail "the server did not start"
}
