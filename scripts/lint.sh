#!/bin/bash
# clang-format, cppcheck and clang-tidy over our sources: lint.sh BUILD (a folder built with Clang).
set -u
cd "$(dirname "$0")/.."
failed=0
mapfile -t sources < <(find src include examples bench tests -name '*.[ch]' | sort)
echo "== clang-format"
# one file at a time: version 14 falls over some tables, and then what follows would go unread
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 1 clang-format-14 --dry-run -Werror || failed=1
echo "== cppcheck, beside what follows"
said=$(mktemp)
trap 'rm -f "$said"' EXIT
# It does not know the cleanup attribute (base/auto.h), so to it whatever is declared AUTO leaks; and
# readdir is safe where each thread has its own folder.
cppcheck -q --std=c11 --enable=warning,performance,portability --error-exitcode=1 --inline-suppr \
    --suppress=memleak --suppress=resourceLeak --suppress=readdirCalled --suppress=ctuuninitvar \
    --library=posix -D__GNUC__ -Iinclude -Isrc -I. src examples >"$said" 2>&1 &
checking=$!
echo "== clang-tidy"
mapfile -t modules < <(find src -name '*.c' | grep -vE '_(test|fuzz)\.c$' | sort)
printf '%s\n' "${modules[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy-14 --quiet -p "$1" 2>/dev/null || failed=1
wait "$checking" || failed=1
cat "$said"
exit $failed
