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
#   stage_until NAME CMD.. waits until CMD succeeds, as long as the program NAME runs
#   stage_free_port        a port that is kept for this stage
#   stage_alter FILE N     changes the byte at offset N
# Everything is stopped and removed on exit. KEEP_STAGE=1 keeps the folder.

# What a program said of its failure last, without hint, code and the notes of the software TEE.
stage_reason() { grep -vE '^(\[|hint:|code:)' | tail -1; }

stage_fail() {
    echo "stage: $*" >&2
    exit 1
}

stage_open() {
    local build name
    # Whatever whoever calls has set: texts are in English, files can be read, and no proxy is asked for what is here.
    export LC_ALL=C.UTF-8 no_proxy="localhost,127.0.0.1,kms.test,${no_proxy:-${NO_PROXY:-}}"
    export NO_PROXY=$no_proxy
    umask 022
    for name in "${!QUOTH_@}"; do
        case $name in QUOTH_VECTORS | QUOTH_SOURCE) ;; *) unset "$name" ;; esac
    done
    build=$(cd "$1" && pwd) || exit 1
    QUOTH=$build/quoth QUOTHD=$build/quothd
    SECRET_SERVER=$build/secret-server SECRET_CLIENT=$build/secret-client
    STAGE=$(mktemp -d "${TMPDIR:-/tmp}/quoth-stage.XXXXXX")
    declare -gA STAGE_PIDS=()
    trap stage_close EXIT
    trap 'exit 130' HUP INT TERM
    export QUOTH_PLATFORM=$STAGE/platform
    stage_start ports python3 "$(dirname "${BASH_SOURCE[0]}")/ports.py" "$STAGE/ports" 8
    stage_wait ports "$STAGE/ports"
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

# What is waited for, here and in tests, is waited for so long that only what never comes is missed.
STAGE_PATIENCE=120

stage_stop() {
    local pid=${STAGE_PIDS[$1]:-} end=$((SECONDS + STAGE_PATIENCE / 2))
    [ -n "$pid" ] || return 0
    kill "$pid" 2>/dev/null
    while kill -0 "$pid" 2>/dev/null; do
        [ $SECONDS -lt $end ] || { echo "stage: $1 does not end by itself" >&2; kill -9 "$pid" 2>/dev/null; break; }
        sleep 0.02
    done
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

# stage_until NAME COMMAND...: until the command succeeds, which waits for what the program does
stage_until() {
    local name=$1 end=$((SECONDS + STAGE_PATIENCE))
    shift
    until "$@"; do
        if [ $SECONDS -ge $end ] || ! kill -0 "${STAGE_PIDS[$name]}" 2>/dev/null; then
            "$@" && return # it may have done so as its last
            cat "$STAGE/$name.log" >&2
            stage_fail "$name did not start"
        fi
        sleep 0.02
    done
}

# stage_wait NAME FILE: until the program has written FILE (where it can be reached)
stage_wait() { stage_until "$1" test -s "$2"; }

# For what must know its port before it starts; all else listens on port 0.
stage_free_port() {
    local port
    read -r port <"$STAGE/ports" || stage_fail "no port is left"
    sed -i 1d "$STAGE/ports"
    echo "$port"
}

# stage_alter FILE OFFSET: makes the byte there another, whatever it was
stage_alter() {
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1") &&
        printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
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

# Without the limit on waiting, so that a busy machine is not taken for a busy service.
stage_verifier_start() {
    rm -f "$STAGE/quothd.ready"
    stage_start quothd "$QUOTHD" "${VERIFIER_OPTIONS[@]}" --listen "127.0.0.1:$VERIFIER_PORT" \
        --trust "simulated:$ROOT_SHA256" --trust-root "$ROOT_PEM" --collateral "$PCS_URL" \
        --queue-delay "${STAGE_QUEUE_DELAY:-0}" --ready-file "$STAGE/quothd.ready" "$@"
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

# stage_enclave NAME [ARG..]: the program in its enclave, in the background. Of the host's files it sees the folder ca/
# beside it, as enclave.json says.
stage_enclave() {
    local name=$1
    shift
    mkdir -p "$STAGE/enclave/ca" && cp "$CA" "$STAGE/enclave/ca/ca.pem"
    : >"$STAGE/$name.log" # what the one before it has said counts no more
    stage_start "$name" env -C "$STAGE/enclave" "$QUOTH" enclave run secret-server \
        -l 127.0.0.1:0 --verifier "$ISSUER" --ca /ca/ca.pem "$@"
}

stage_server() {
    stage_enclave server "$@"
    stage_until server grep -q 'Listening on' "$STAGE/server.log"
    SERVER=localhost:$(sed -n 's,.*Listening on https://127.0.0.1:\([0-9]*\)/.*,\1,p' "$STAGE/server.log")
}
