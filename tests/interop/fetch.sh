# Foreign clients from their registries. Sourced by run.sh. A network that fails for a moment is tried again, by each
# registry's own client; what cannot be reached is skipped, and that is said: it is neither passed nor failed.

declare -A UNREACHABLE=()

# fetched NAME TOOLS COMMAND...: whether the client is here. A registry, named by the first of the tools, that did not
# answer before is not waited for again.
fetched() {
    local name=$1 tools=$2 tool out
    shift 2
    for tool in $tools; do
        command -v "$tool" >/dev/null || { skip "$name: there is no $tool"; return 1; }
    done
    tool=${tools%% *}
    [ -z "${UNREACHABLE[$tool]:-}" ] || { skip "$name: the registry of $tool was not reached before"; return 1; }
    out=$("$@" 2>&1 </dev/null) && return
    [ $? != 124 ] || UNREACHABLE[$tool]=yes
    skip "$name: the packages could not be fetched: $(grep -vi 'log files' <<<"$out" | tail -n 1)"
    return 1
}

FETCH_LIMIT=300 # seconds, for a registry that says nothing at all

# npm_fetch FOLDER: what its package-lock.json names
npm_fetch() {
    (cd "$1" && timeout -k 10 $FETCH_LIMIT npm ci --loglevel error --logs-max 0 --no-fund --no-audit --fetch-timeout 60000 \
        --fetch-retries 5 --fetch-retry-mintimeout 1000 --fetch-retry-maxtimeout 15000)
}

# npm_pack PACKAGE: its archive, into this folder
npm_pack() {
    timeout -k 10 $FETCH_LIMIT npm pack --loglevel error --logs-max 0 --fetch-timeout 60000 --fetch-retries 5 --fetch-retry-mintimeout 1000 \
        --fetch-retry-maxtimeout 15000 "$1"
}

# pip_fetch FOLDER REQUIREMENTS: a virtual environment with these
pip_fetch() {
    python3 -m venv "$1" && timeout -k 10 $FETCH_LIMIT "$1/bin/pip" install -q --no-input --disable-pip-version-check \
        --retries 8 --timeout 30 -r "$2"
}

# mvn_fetch POM FOLDER: its dependencies, as files
mvn_fetch() {
    timeout -k 10 $FETCH_LIMIT mvn -q -B -U -f "$1" dependency:copy-dependencies -DoutputDirectory="$2" \
        -Dmaven.wagon.http.retryHandler.count=5 -Daether.connector.http.retryHandler.count=5 \
        -Dmaven.wagon.http.serviceUnavailableRetryStrategy.class=standard \
        -Dmaven.wagon.http.serviceUnavailableRetryStrategy.maxRetries=5
}

# go_fetch FOLDER: the modules of its program. Go's own client tries once.
go_fetch() {
    local pause
    for pause in 2 5 15 0; do
        (cd "$1" && timeout -k 10 $FETCH_LIMIT go list -mod=readonly -deps . >/dev/null) && return
        [ $? != 124 ] || return 124
        sleep $pause
    done
    return 1
}

# built NAME COMMAND...: whether our side of a client, whose packages are here, is a program
built() {
    local name=$1 out
    shift
    out=$("$@" 2>&1 </dev/null) && return
    fail "$name: is not built: $out"
    return 1
}

go_build() { (cd "$1" && go build -mod=readonly -o "$2" .); }
