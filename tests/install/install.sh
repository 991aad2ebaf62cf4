#!/bin/bash
# What `make install` leaves is enough: install.sh BUILD SOURCE [CC]. Both examples are built against
# the installed headers, library and quoth.pc alone, and secret-server is a program that an enclave
# can measure.
set -u
build=$1 source=$2 cc=${3:-cc}
. "$source/tests/e2e/expect.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
DESTDIR=$work/root meson install -C "$build" --no-rebuild >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
pc=$(find "$work/root" -name quoth.pc)
root=$(sed -n 's/^prefix=//p' "$pc")
lib=$(dirname "$(dirname "$pc")")
include=$work/root$root/include/quoth
pkg() { PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --define-variable=prefix="$work/root$root" "$@" quoth; }

for header in "$source"/include/quoth/*.h; do
    same "installed: $(basename "$header")" "$(cat "$include/$(basename "$header")" 2>&1 | sha256sum)" "$(sha256sum <"$header")"
done
same "and no other headers" "$(ls "$include" | wc -l)" "$(ls "$source"/include/quoth/*.h | wc -l)"
same "the shared library exports quoth_* alone" \
    "$(nm -D --defined-only "$lib/libquoth.so" | awk '$3 !~ /^quoth_[a-z0-9_]+@@QUOTH_0$/ && $3 != "QUOTH_0" { print $3 }')" ""
same "and so does the static one" \
    "$(nm --defined-only -g "$lib/libquoth.a" | awk 'NF == 3 && $3 !~ /^quoth_/ { print $3 }')" ""
same "both export the same" \
    "$(nm --defined-only -g "$lib/libquoth.a" | awk 'NF == 3 { print $3 }' | sort | tr '\n' ' ')" \
    "$(nm -D --defined-only "$lib/libquoth.so" | sed -n 's/.* T \(quoth_[a-z0-9_]*\)@@.*/\1/p' | sort | tr '\n' ' ')"
same "the shared library names what it needs" \
    "$(readelf -d "$lib/libquoth.so" | sed -n 's/.*(NEEDED).*\[\(lib[a-z_]*\).*/\1/p' | sort | tr '\n' ' ')" \
    "libc libcrypto libevent libevent_openssl libssl "

share=$work/root$root/share
for page in man1/quoth.1 man1/quoth-policy.1 man8/quothd.8; do
    says "installed: $page" ".TH QUOTH" grep TH "$share/man/$page"
done
for program in quoth quothd; do
    says "installed: completion of $program" "complete" grep "_$program $program" "$share/bash-completion/completions/$program"
done
says "installed: a unit that starts what is installed" "ExecStart=$root/bin/quothd --config" \
    grep ExecStart "$work/root$root/lib/systemd/system/quothd.service"

# Names as a program may well have them: the library's own are out of its way.
cat >"$work/names.c" <<'C'
int json_parse, buffer_add, token_read, sha256_of, http_server_open, url_read;
C
compile() { # OUTPUT SOURCE PKG-CONFIG-OPTION...
    local out=$1 in=$2
    shift 2
    # shellcheck disable=SC2046 # flags are words
    $cc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -O1 "$in" "$work/names.c" -o "$out" $(pkg "$@" --cflags --libs) 2>"$work/log" ||
        { cat "$work/log"; return 1; }
}
for example in secret-server secret-client; do
    compile "$work/$example" "$source/examples/$example.c" --static && ok "$example, a static PIE" || bad "$example" "static"
    compile "$work/$example.so" "$source/examples/$example.c" && ok "$example, with the shared library" || bad "$example" "shared"
    says "$example runs" "Usage: $example" "$work/$example" --help
    says "$example runs with the shared library" "Usage: $example" env LD_LIBRARY_PATH="$lib" "$work/$example.so" --help
    says "$example is short" yes sh -c "[ \$(wc -l <'$source/examples/$example.c') -lt 350 ] && echo yes"
    elf=$work/$example
    says "$example: position-independent" "DYN" readelf -hW "$elf"
    same "$example: no interpreter, no library, no run path, no relocation of text" \
        "$( { readelf -lW "$elf" | grep INTERP; readelf -dW "$elf" | grep -E 'NEEDED|RUNPATH|RPATH|TEXTREL'; } )" ""
    same "$example: no segment is writable and executable" "$(readelf -lW "$elf" | grep -E 'RWE| W.*E ')" ""
    says "$example: the stack is not executable" "RW " sh -c "readelf -lW '$elf' | grep GNU_STACK"
done
finish
