#!/bin/sh
# Prints docs/errors.md from the table in include/quoth/codes.h. A test compares the two.
set -eu
export LC_ALL=C # of sort
cd "$(dirname "$0")/.."
cat <<'TEXT'
# Error codes

Every refusal has a stable code. It appears in the `details` of an HTTP error, in `error.code` of `--output json`, behind `code:` on standard error, and in
[`<quoth/codes.h>`](../include/quoth/codes.h), from which this page is printed (`scripts/errors.sh`). Exit statuses of the command: 1 refused, 2 wrong usage,
3 something needed is unavailable, 4 the input is malformed. An HTTP 5xx is our own fault or a missing source, never bad evidence.

| code | HTTP | exit | what to do |
|---|---|---|---|
TEXT
printf '#include <quoth/codes.h>\n#define ROW(n, dotted, http, status, hint) @@ dotted @ http @ status @ hint\nQUOTH_CODES(ROW)\n' |
    ${CC:-cc} -E -P -Iinclude -x c - | tr '\n' ' ' | sed 's/@@/\n/g' |
    awk -F ' *@ *' 'NF >= 4 {
        gsub(/"  *"/, "", $1); gsub(/"  *"/, "", $4)
        gsub(/^ *"|" *$/, "", $1); gsub(/^ *"|" *$/, "", $4); gsub(/ /, "", $2); gsub(/ /, "", $3)
        gsub(/\|/, "\\|", $4)
        printf "| `%s` | %s | %s | %s |\n", $1, $2, $3, $4 }' | sort
