#!/bin/sh
# Includes point up the list of rooms in meson.build, never down it, and up that of the folders of
# service, but for two cases below; OpenSSL is named in crypto/ and net/ only, databases in store/
# only; banned calls are not called.
set -eu
cd "$1"
list() { # of meson.build: the words of a list
    sed -n "/^$2 = \[/,/^\]/p" "$1" | grep -o "'[^']*'" | tr -d "'"
}
folders=$(list src/service/meson.build folders | sed 's,^,service/,' | tr '\n' ' ')
rooms=$(list meson.build rooms | sed "s,^service\$,$folders service,")
look_up() { # room: the longest that is a prefix of the path, or nothing; rank: its place in the list, or 0
    room='' rank=0 n=0
    for r in $rooms; do
        n=$((n + 1))
        case "$1" in "$r"/*) [ ${#r} -le ${#room} ] || { room=$r rank=$n; } ;; esac
    done
}
bad=0
for file in $(find src -name '*.[ch]' | sort); do
    look_up "${file#src/}"
    here=$room mine=$rank
    for inc in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file"); do
        look_up "$inc"
        [ -z "$room" ] && case "$inc" in tests/*) case "$file" in *_fuzz.c | *_test.c) continue ;; esac ;; esac
        case "$file:$inc" in
        src/service/config/config_check.c:service/*) continue ;; # asks each about its settings
        *:service/vault/vault_path.h) [ "${here%%/*}" = service ] && continue ;; # whose a path is
        esac
        if [ -z "$room" ] || [ "$rank" -gt "$mine" ]; then
            echo "$file: includes $inc, which is not above $here"
            bad=1
        fi
    done
    case "$here" in
    crypto | net) ;;
    *) if grep -n '#include <openssl/' "$file"; then
        echo "$file: OpenSSL is named in crypto/ and net/ only"
        bad=1
    fi ;;
    esac
    case "$here:$file" in
    store:* | *_test.c) ;;
    *) if grep -nE '#include <(sqlite3|libpq-fe)\.h>' "$file"; then
        echo "$file: databases are named in store/ only"
        bad=1
    fi ;;
    esac
done
if grep -nE '\b(strcpy|strncpy|strcat|sprintf|strtok|atoi|gmtime|gets|alloca)\(' \
    $(find src include examples -name '*.[ch]' 2>/dev/null); then
    echo "a banned call"
    bad=1
fi
exit $bad
