#!/usr/bin/env python3
"""Administration from the command line: remote_test.py QUOTH QUOTHD MAKE_QUOTE. quoth issuer, and the
verbs of quoth policy that change a verifier."""
import json
import os
import subprocess

from stage import Platform, Verifier
from harness import case, each, main, need, path, quoth, read, same

platform = Platform("platform")
COLLATERAL = platform.serve()
QUOTE = platform.quote()
TRUST = platform.trust()
DENIES = "version=1.0;authorizationrules{=>deny();};issuancerules{};"
PERMITS = "version=1.0;\nauthorizationrules{\n=>permit();\n};\nissuancerules{};\n"


def signer(name):
    key, cert = path(name + ".key"), path(name + ".crt")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
                    "-days", "30", "-subj", "/CN=" + name], check=True, capture_output=True)
    return ["--key", key, "--cert", cert]


OURS, THEIRS = signer("ours"), signer("theirs")


def start(name, *init):
    v = Verifier(name, *TRUST, *init).start("--collateral", COLLATERAL)
    v.admin = ["--verifier", "https://localhost:" + v.address[1], "--ca", os.path.join(v.state, "ca.pem"),
               "--token-file", os.path.join(v.state, "admin.token")]
    return v


aad = start("aad")
isolated = start("isolated", "--trust-model", "isolated", "--policy-signer", OURS[3])
T = ["--type", "SgxEnclave"]


def run(v, *args):
    return quoth(*args, *v.admin, "--output", "json")


def done(v, *args):
    result = run(v, *args)
    same(result.status, 0, f"{args}: {result.err}")
    return result.json()


@case
def a_policy_is_set_read_listed_rolled_back_and_reset():
    same(aad.attest(QUOTE).status, 200, "by the default policy")
    same(done(aad, "policy", "set", path("denies.txt", DENIES), *T)["x-ms-policy-result"], "Updated", "result")
    need(aad.attest(QUOTE).status in (400, 401), "what is denied is attested")
    same(done(aad, "policy", "get", *T)["policy"], DENIES, "policy")
    same(quoth("policy", "get", *T, *aad.admin).out.decode(), DENIES, "the text alone")
    jws = quoth("policy", "get", "--jws", *T, *aad.admin).out
    same(quoth("policy", "diff", path("got.jws", jws), path("denies.txt")).status, 0, "the JWS")
    done(aad, "policy", "set", path("permits.txt", PERMITS), *T)
    versions = done(aad, "policy", "history", *T)["versions"]
    same([v["operation"] for v in versions], ["set", "set"], "operations")
    done(aad, "policy", "rollback", *T, "--version", str(versions[-1]["version"]))
    same(done(aad, "policy", "get", *T)["policy"], DENIES, "policy, rolled back")
    same(done(aad, "policy", "reset", *T)["x-ms-policy-result"], "Removed", "result of the reset")
    same(aad.attest(QUOTE).status, 200, "by the default policy again")
    need(quoth("policy", "history", *T, *aad.admin).out.count(b"\n") >= 3, "history as text")


@case
def what_sign_makes_is_what_an_isolated_verifier_wants():
    def jws(name, *args):
        made = quoth("policy", "sign", *args, "--aud", isolated.issuer, "--iat", "now")
        same(made.status, 0, made.err)
        return path(name, made.out)

    done(isolated, "policy", "set", jws("good.jws", path("p.txt", PERMITS), *OURS, *T), *T)
    for name, file, code in (
            ("unsigned", path("p.txt"), "change.unsigned"),
            ("another's", jws("bad.jws", path("p.txt"), *THEIRS, *T), "jws."),
            ("of another type", jws("type.jws", path("p.txt"), *OURS, "--type", "OpenEnclave"), None)):
        refused = run(isolated, "policy", "set", file, *T)
        same(refused.status, 1, f"{name}: {refused.err}")
        need(code is None or refused.json()["error"]["code"].startswith(code), f"{name}: {refused.err}")
        need("hint: " in refused.err, "no hint")
    same(done(isolated, "policy", "get", *T)["policy"], PERMITS, "policy")
    same(run(isolated, "policy", "reset", *T).status, 1, "an unsigned reset")
    done(isolated, "policy", "reset", jws("reset.jws", "--operation", "reset", *OURS, *T), *T)


@case
def keys_rotate():
    before = done(aad, "issuer", "keys")["keys"]
    same([k["state"] for k in before], ["signs"], "states")
    after = done(aad, "issuer", "rotate")
    same(sorted(k["state"] for k in after["keys"]), ["signs", "waits"], "states after it")
    need(after["made"] not in [k["kid"] for k in before], "no new key")
    text = quoth("issuer", "keys", *aad.admin).out.decode()
    need(after["made"] in text and "waits" in text, text)
    done(aad, "issuer", "rotate", "--distrust", before[0]["kid"])
    kids = [k["kid"] for k in aad.ask("GET", "/certs").json()["keys"]]
    need(before[0]["kid"] not in kids, "a distrusted key is shown")
    aad.attest(QUOTE).token()
    same(run(aad, "issuer", "rotate", "--distrust", "nobody").status != 0, True, "an unknown key")


@each([
    ("no token", ["--token-file", path("none.token", "")], 4),
    ("two words", ["--token-file", path("two.token", "a b")], 4),
    ("two lines", ["--token-file", path("lines.token", "a\r\nX-Evil: 1")], 4),
    ("no such file", ["--token-file", "/no/where"], 3),
    ("another's token", ["--token-file", path("other.token", "A" * 43)], 1),
])
def tokens_that_administer_nothing(name, token, status):
    for verb in (["issuer", "keys"], ["issuer", "rotate"], ["policy", "get", *T], ["policy", "reset", *T]):
        result = quoth(*verb, *aad.admin[:4], *token)
        same(result.status, status, f"{verb}: {result.err}")
        need("hint: " in result.err, "no hint")


@each([
    ("another tenant's token", aad.admin[:4] + isolated.admin[4:], 1),
    ("another's CA", aad.admin[:3] + [path("isolated/state/ca.pem")] + aad.admin[4:], None),
    ("nobody there", ["--verifier", "https://127.0.0.1:1", *aad.admin[2:]], 3),
    ("no TLS", ["--verifier", "http://localhost:" + aad.address[1], *aad.admin[2:]], 2),
    ("no verifier", aad.admin[2:], 2),
])
def places_that_are_wrong(name, admin, status):
    result = quoth("issuer", "keys", *admin)
    need(result.status == status if status else result.status != 0, f"{name}: {result.status} {result.err}")


@case
def a_policy_that_is_none_does_not_travel():
    bad = path("bad.txt", "version=1.0;authorizationrules{")
    result = run(aad, "policy", "set", bad, *T)
    need(result.status in (1, 4), result.err)
    need(result.json()["error"]["code"].startswith("policy."), result.err)


@case
def and_all_of_it_is_over():
    same((aad.stop(), isolated.stop()), (0, 0), "exit statuses")


main()
