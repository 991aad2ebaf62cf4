#!/bin/sh
# Builds and runs all tests in a folder and ends with "N passed, N failed, N skipped", counted in
# test cases. check.sh FOLDER [MESON OPTIONS...] [-- MESON TEST ARGUMENTS...]
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$1
shift
options=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options="$options $1"
    shift
done
[ $# -gt 0 ] && shift
cd "$here"
# shellcheck disable=SC2086 # options are words
scripts/build.sh "$folder" -Dtests=enabled $options
if [ -z "${QUOTH_VECTORS:-}" ]; then
    echo "== QUOTH_VECTORS is not set: tests over genuine evidence are skipped"
fi
echo "== Testing in $folder"
if [ -t 1 ]; then quiet=; else quiet=--quiet; fi
status=0
rm -f "$folder/meson-logs/testlog.json" # what was said before counts no more
# The long tests wait more than they compute: two for each core keep it busy. The tests' own limits
# are for a machine that is not.
meson test -C "$folder" --no-rebuild $quiet --print-errorlogs --num-processes $(($(nproc) * 2)) \
    --timeout-multiplier 3 "$@" || status=$?
python3 scripts/summary.py "$folder/meson-logs/testlog.json" || status=1
exit $status
