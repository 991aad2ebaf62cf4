#!/bin/sh
# Installs the Debian packages that the named groups of packaging/debian-packages need and that are
# missing. Says what it does; uses sudo only when it must; without root or sudo it prints the
# command to run and exits 3.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
groups=$*
missing=
for group in $groups; do
    for package in $(sed -n "s/^$group //p" "$here/packaging/debian-packages"); do
        case " $missing " in *" $package "*) continue ;; esac
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' ||
            missing="$missing $package"
    done
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || {
    echo "quoth: this machine has no apt-get; install what corresponds to:$missing" >&2
    exit 3
}
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    as_root=sudo
    echo "== Installing packages with sudo"
else
    echo "quoth: packages are missing, and neither root nor sudo is at hand. Run as root:" >&2
    echo "    apt-get update && apt-get install -y --no-install-recommends$missing" >&2
    exit 3
fi
echo "== Installing Debian packages:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
    if ! DEBIAN_FRONTEND=noninteractive $as_root "$@" >"$log" 2>&1; then
        cat "$log" >&2
        echo "quoth: '$*' failed; see above" >&2
        exit 3
    fi
}
# The server is wanted, for tests that run their own; no cluster that starts with the machine is.
no_cluster=/etc/postgresql-common/createcluster.d/quoth.conf
case " $missing " in
*" postgresql "*)
    run mkdir -p "${no_cluster%/*}"
    echo "create_main_cluster = false" | run tee "$no_cluster"
    ;;
esac
run apt-get update -q
run env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
case " $missing " in
*" postgresql "*)
    run rm "$no_cluster"
    run rmdir --ignore-fail-on-non-empty "${no_cluster%/*}"
    ;;
esac
