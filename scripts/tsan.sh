#!/bin/sh
# quothd under Clang's thread sanitizer: the tests of what its threads share, and the service as a whole while it is
# written to, rotated, reloaded, killed and left by its store. The first report ends the program that it is about.
#   tsan.sh FOLDER
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$1
cd "$here"
units='http-pool http-server keys-records keys-reseal store-also store-store store-watch verifier-verifier vault-vault'
tests='http/pool http/server keys/records keys/reseal store/also store/store store/watch verifier/verifier vault/vault
    race/store service/master service/nodes service/release service/store-away service/vault-storm'
targets=
for unit in $units; do targets="$targets ${unit}_test"; done
# shellcheck disable=SC2086 # lists of words
CC=clang-14 scripts/build.sh "$folder" -Dtests=enabled -Db_sanitize=thread -Db_lundef=false -- \
    quoth quothd tests/service/make_quote tests/race/race-store_test $targets
echo "== Testing in $folder"
export TSAN_OPTIONS="suppressions=$here/scripts/tsan.supp halt_on_error=1 history_size=4 ${TSAN_OPTIONS:-}"
status=0
# shellcheck disable=SC2086
meson test -C "$folder" --no-rebuild --quiet --print-errorlogs --num-processes 2 $tests || status=$?
python3 scripts/summary.py "$folder/meson-logs/testlog.json" || status=1
exit $status
