# Google's clients of configfs-tsm and of TDX quotes (Go), in a simulated trust domain. Sourced by
# ../run.sh, on its stage.
echo "== Google's go-configfs-tsm and go-tdx-guest (Go)"
if fetched tsm go go_fetch "$here/tsm" && built tsm go_build "$here/tsm" "$STAGE/tsm"; then
    if ! stage_can_domain; then
        skip "tsm: this machine runs no trust domain: $STAGE_LACKS"
    else
        "$QUOTH" td run "$STAGE/tsm" get interop >"$STAGE/td.quote" 2>"$STAGE/td.log" && pass "tsm: a quote over our report data" || fail "tsm: $(cat "$STAGE/td.log")"
        expect "tsm: one item asked twice, and no more report data than there may be" "$QUOTH" td run "$STAGE/tsm" items
        expect "tsm: a hundred goroutines at once" "$QUOTH" td run "$STAGE/tsm" many 100
        refuse "tsm: outside of a domain" "no such file" "$STAGE/tsm" get interop
        judge() { "$STAGE/tsm" verify "$STAGE/td.quote" "$1" "$2" "$PCS_URL"; }
        expect "tsm: their verdict on our quote, with collateral and revocation" judge interop "$ROOT_PEM"
        refuse "tsm: other report data" "other report data" judge other "$ROOT_PEM"
        "$QUOTH" platform init --platform "$STAGE/stranger" >/dev/null
        refuse "tsm: another platform's root" "unknown authority" judge interop "$STAGE/stranger/root-ca.crt"
        stage_alter "$STAGE/td.quote" 580
        refuse "tsm: a changed quote" "" judge interop "$ROOT_PEM"
    fi
fi
