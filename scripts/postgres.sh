#!/bin/sh
# A PostgreSQL of its own for tests: in a folder, on a Unix socket in it and no port, gone with the
# folder. As root it runs as the user postgres or nobody, as it does not run as root.
#   postgres.sh start DIR      makes it where there is none, starts it, prints its URL; exit 3: none installed
#   postgres.sh stop DIR       ends it; what was put stays in DIR
#   postgres.sh kill DIR       ends it as a power cut would
set -eu
do=${1:-} dir=${2:-}
[ -n "$dir" ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }

bin=
for candidate in /usr/lib/postgresql/*/bin; do
    [ -x "$candidate/postgres" ] && bin=$candidate # the newest comes last
done
[ -n "$bin" ] || { echo "postgres.sh: there is no PostgreSQL on this machine (Debian: postgresql)" >&2; exit 3; }

as= owner=
if [ "$(id -u)" = 0 ]; then
    owner=nobody
    if id postgres >/dev/null 2>&1; then owner=postgres; fi
    as="setpriv --reuid=$owner --regid=$(id -g $owner) --clear-groups --no-new-privs"
fi
server() { # from a folder that it may enter
    (cd / && $as env LC_ALL=C HOME=/ "$bin/$@")
}

# Lets the server's user through the private folders below /tmp that lead there.
let_pass() {
    folder=$1
    while [ "$folder" != / ] && [ "$folder" != "${TMPDIR:-/tmp}" ]; do
        case $folder in "${TMPDIR:-/tmp}"/*) chmod o+x "$folder" ;; esac
        folder=$(dirname "$folder")
    done
}

case $do in
start)
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    if [ ! -d "$dir/data" ]; then
        mkdir "$dir/data" "$dir/socket"
        if [ -n "$owner" ]; then
            let_pass "$dir"
            chown "$owner" "$dir/data" "$dir/socket"
        fi
        chmod 700 "$dir/data"
        server initdb -D "$dir/data" -U quoth -A peer -E UTF8 --locale=C >"$dir/initdb.log" 2>&1 || {
            cat "$dir/initdb.log" >&2
            exit 1
        }
        # durable, as in earnest, and small, as for a test; whoever called is its superuser, no other
        cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir/socket'
shared_buffers = 16MB
max_connections = 40
recovery_init_sync_method = syncfs
max_wal_senders = 0
wal_level = minimal
autovacuum = off
CONF
        echo "local all quoth peer map=quoth" >"$dir/data/pg_hba.conf"
        echo "quoth $(id -un) quoth" >"$dir/data/pg_ident.conf"
    fi
    server pg_ctl -D "$dir/data" -l "$dir/data/log" -w -t 60 start >/dev/null || {
        cat "$dir/data/log" >&2
        exit 1
    }
    echo "postgresql://quoth@/postgres?host=$(printf %s "$dir/socket" | sed 's:/:%2F:g')"
    ;;
stop) server pg_ctl -D "$(cd "$dir" && pwd)/data" -m fast -w stop >/dev/null ;;
kill) server pg_ctl -D "$(cd "$dir" && pwd)/data" -m immediate -w stop >/dev/null ;;
*) echo "postgres.sh: start, stop or kill, not '$do'" >&2; exit 2 ;;
esac
