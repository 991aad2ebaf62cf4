#!/bin/bash
# Fuzzes every parser of outside bytes with libFuzzer: fuzz.sh SECONDS. With 0 seconds each target
# only runs over its corpus. New inputs stay in build-fuzz/corpus; a crash is kept and named.
set -u
cd "$(dirname "$0")/.."
seconds=$1
CC=clang-14 scripts/build.sh build-fuzz -Dtests=disabled -Dfuzzing=true -Dbuildtype=debugoptimized \
    -Db_sanitize=address,undefined -Db_lundef=false || exit 1
passed=0 failed=0
for target in build-fuzz/tests/fuzz/*_fuzz; do
    name=$(basename "$target" _fuzz)
    grown=build-fuzz/corpus/$name
    kept=tests/fuzz/corpus/$name
    mkdir -p "$grown" build-fuzz/crashes
    seeds=()
    [ -d "$kept" ] && seeds+=("$kept")
    if [ "$seconds" = 0 ]; then limit=(-runs=0); else limit=(-max_total_time="$seconds"); fi
    log=$(mktemp)
    if "$target" "${limit[@]}" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="build-fuzz/crashes/$name-" "$grown" "${seeds[@]}" >"$log" 2>&1; then
        passed=$((passed + 1))
        printf '%-32s %s\n' "$name" "$(grep -E '^(Done|#[0-9]+.*DONE)' "$log" | tail -1)"
    else
        failed=$((failed + 1))
        echo "FAILED $name"
        tail -40 "$log" | sed 's/^/    | /'
    fi
    rm -f "$log"
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
