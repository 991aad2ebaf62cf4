#!/bin/bash
# docs/tutorial.md, command by command as it stands there, up to the chapter that breaks things:
# tutorial.sh BUILD. Its ports are fixed, so it runs in a network namespace of its own. Exits with 77
# where the machine has none to give.
set -u
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
build=$(cd "$1" && pwd)

if [ "${2:-}" != apart ]; then
    apart=(unshare --net)
    [ "$(id -u)" = 0 ] || apart=(unshare --user --map-root-user --net)
    "${apart[@]}" true 2>/dev/null || { echo "skipped: ${apart[*]} is not allowed here"; exit 77; }
    exec "${apart[@]}" "$0" "$build" apart
fi
python3 - <<'P' || exit 1
import fcntl, socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING
P
. "$here/../../scripts/stage.sh"
. "$here/expect.sh"
stage_open "$build"
"$QUOTH" platform init --platform "$STAGE/platform" >/dev/null
last=8
stage_can_domain || { last=7 && echo "left out, the trust domain: $STAGE_LACKS"; }

# The blocks of the page. Programs that stay are waited for, as somebody who types would.
awk -v last="## $last" 'index($0, last) == 1 { exit } /^    / { print substr($0, 5) }' "$source/docs/tutorial.md" >"$STAGE/blocks"
awk -v folder="$STAGE/attested" '
    { gsub("/tmp/attested", folder) }
    { print }
    /platform serve.*&$/ { print "settle 8081" }
    /^quothd .*&$/ { print "settle 8443" }
    /enclave run.*&$/ { print "settle 8080" }
    /^kill %3/ { print "wait %3 || true" }' "$STAGE/blocks" >"$STAGE/typed"
cat >"$STAGE/script" <<'S'
set -em
settle() {
    for i in $(seq 600); do
        (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
        sleep 0.05
    done
    echo "nobody listens on port $1"
    return 1
}
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
S
cat "$STAGE/typed" >>"$STAGE/script"
mkdir "$STAGE/source" && ln -s "$source"/* "$STAGE/source/" && rm -f "$STAGE/source/build" && ln -s "$build" "$STAGE/source/build"
(cd "$STAGE/source" && exec bash "$STAGE/script") >"$STAGE/said" 2>&1
status=$?

same "the page has commands" "$([ "$(wc -l <"$STAGE/blocks")" -gt 40 ] && echo yes)" yes
same "each of them succeeds" "$status" 0
said() { says "$1" "$2" cat "$STAGE/said"; }
said "a token" "x-ms-sgx-mrsigner"
said "the client sends its secret" "Sent secret over attested TLS channel"
said "the server gets its key from the vault" "Got the key of the certificate from the vault"
[ $last = 7 ] || same "so does the domain" "$(grep -cx 32 "$STAGE/said")" 1
[ "$failed" = 0 ] || tail -40 "$STAGE/said"
finish
