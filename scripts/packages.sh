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
    if ! $as_root env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 </dev/null; then
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
    run sh -c "echo 'create_main_cluster = false' >'$no_cluster'"
    trap 'rm -f "$log"; $as_root rm "$no_cluster" && $as_root rmdir --ignore-fail-on-non-empty "${no_cluster%/*}"' EXIT
    ;;
esac
# A mirror that fails for a moment is asked again, and whoever else installs just now is waited for.
apt="apt-get -q -o Acquire::Retries=5 -o Acquire::http::Timeout=60 -o DPkg::Lock::Timeout=300"
# Lists that cannot be renewed, of a source that is not needed here, say, are no reason to end: what is missing then is.
(run $apt update) || echo "== Going on with the package lists that are there" >&2
run $apt install -y --no-install-recommends $missing
