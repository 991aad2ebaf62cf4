# Expectations for end-to-end scripts (bash). Each prints a line and counts; finish prints the sum.
passed=0 failed=0
ok() { echo "ok $1"; passed=$((passed + 1)); }
bad() { echo "FAILED $1: $2"; failed=$((failed + 1)); }

# same NAME FOUND EXPECTED
same() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "found '$2', expected '$3'"; fi; }

# says NAME WORDS COMMAND...: its output has the words
says() {
    local name=$1 words=$2 out
    shift 2
    out=$("$@" 2>&1)
    if [[ $out == *"$words"* ]]; then ok "$name"; else bad "$name" "no '$words' in: $out"; fi
}

# comes NAME WORDS FILE: a program writes the words to its log sooner or later
comes() {
    local end=$((SECONDS + 120))
    while [ $SECONDS -lt $end ]; do
        if grep -qF -- "$2" "$3"; then ok "$1"; return; fi
        sleep 0.05
    done
    bad "$1" "no '$2' in: $(cat "$3")"
}

# refuses NAME STATUS WORDS COMMAND...: exits with the status and says the words
refuses() {
    local name=$1 wanted=$2 words=$3 out status
    shift 3
    out=$("$@" 2>&1)
    status=$?
    if [ "$status" != "$wanted" ]; then
        bad "$name" "exit status $status, expected $wanted: $out"
    elif [[ $out == *"$words"* ]]; then
        ok "$name"
    else
        bad "$name" "no '$words' in: $out"
    fi
}

finish() {
    echo "$passed passed, $failed failed, 0 skipped"
    [ "$failed" = 0 ]
    exit
}
