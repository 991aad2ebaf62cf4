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
rank() {
    n=0
    for r in $rooms; do
        n=$((n + 1))
        [ "$r" = "$1" ] && { echo $n; return; }
    done
    echo 0
}
room_of() { # the longest room that is a prefix of the path
    best=
    for r in $rooms; do
        case "$1" in "$r"/*) [ ${#r} -gt ${#best} ] && best=$r ;; esac
    done
    echo "$best"
}
bad=0
for file in $(find src -name '*.[ch]' | sort); do
    here=$(room_of "${file#src/}")
    mine=$(rank "$here")
    for inc in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file"); do
        there=$(room_of "$inc")
        [ -z "$there" ] && case "$inc" in tests/*) case "$file" in *_fuzz.c | *_test.c) continue ;; esac ;; esac
        case "$file:$inc" in
        src/service/config/config_check.c:service/*) continue ;; # asks each about its settings
        *:service/vault/vault_path.h) [ "${here%%/*}" = service ] && continue ;; # whose a path is
        esac
        if [ -z "$there" ] || [ "$(rank "$there")" -gt "$mine" ]; then
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
