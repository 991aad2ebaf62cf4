#!/usr/bin/env python3
"""quoth policy --kind release: policies of keys, looked at and tried. Refusals outnumber what passes."""
import json

from harness import case, each, main, need, path, quoth, same

RELEASE = ("--kind", "release")


def policy(*conditions, authority="https://maa.example", group="allOf"):
    return json.dumps({"version": "1.0.0", "anyOf": [{"authority": authority, group: list(conditions)}]})


def claim(name, **operator):
    return {"claim": name, **operator}


SIGNER = claim("x-ms-sgx-mrsigner", equals="ab")
TOKEN = {"iss": "https://maa.example/", "iat": 1751624924, "x-ms-sgx-mrsigner": "ab", "x-ms-sgx-svn": 2}
AT = "2025-07-04T10:30:44Z"  # two minutes after iat


def explain(text, claims, *more):
    return quoth("policy", "explain", path("release.json", text), *RELEASE, "--claims", path("claims.json", json.dumps(claims)),
                 "--at", AT, "--output", "json", *more)


@each([
    ("the signer", policy(SIGNER), TOKEN, (), 0, None),
    ("a young token", policy(SIGNER, claim("x-quoth-token-age", lessOrEquals=120)), TOKEN, (), 0, None),
    ("an old token", policy(SIGNER, claim("x-quoth-token-age", lessOrEquals=119)), TOKEN, (), 1, "release.policy.unmet"),
    ("no challenge", policy(SIGNER, claim("x-quoth-challenge", equals=True)), TOKEN, (), 1, "release.policy.unmet"),
    ("a challenge", policy(SIGNER, claim("x-quoth-challenge", equals=True)), TOKEN, ("--challenge-met",), 0, None),
    ("another signer", policy(claim("x-ms-sgx-mrsigner", equals="ac")), TOKEN, (), 1, "release.policy.unmet"),
    ("another authority", policy(SIGNER, authority="https://other.example"), TOKEN, (), 1, "release.authority"),
    ("a longer host", policy(SIGNER, authority="https://maa.example.evil.test"), TOKEN, (), 1, "release.authority"),
    ("simulated", policy(SIGNER), {**TOKEN, "x-quoth-simulated": True}, (), 1, "release.evidence.unfit"),
    ("simulated, and said so", policy(SIGNER, claim("x-quoth-simulated", equals=True)), {**TOKEN, "x-quoth-simulated": True}, (), 0, None),
    ("debug, nested", policy(SIGNER), {**TOKEN, "x-ms-isolation-tee": {"x-ms-sevsnpvm-is-debuggable": True}}, (), 1,
     "release.evidence.unfit"),
    ("no issuer", policy(SIGNER), {"x-ms-sgx-mrsigner": "ab"}, (), 1, "token.claim"),
    ("a claim twice", policy(SIGNER), None, (), 4, "json.duplicate"),
])
def claims_are_judged(name, text, claims, more, status, code):
    if claims is None:
        done = quoth("policy", "explain", path("release.json", text), *RELEASE, "--output", "json", "--claims",
                     path("claims.json", '{"iss":"https://maa.example","iss":"https://maa.example"}'))
    else:
        done = explain(text, claims, *more)
    same(done.status, status, "exit status")
    told = done.json()
    same(told["error"]["code"] if "error" in told else None, code, "code")
    same(told.get("outcome") == "released", status == 0, "outcome")


@case
def the_trace_names_the_clause():
    text = policy(SIGNER, {"anyOf": [claim("x-ms-sgx-svn", greater=2), claim("nope", exists=True)]})
    told = explain(text, TOKEN).json()
    same(told["error"]["where"], "x-ms-sgx-svn", "where")
    same((told["error"]["found"], told["error"]["expected"]), ("2", "greater 2"), "found and expected")
    signer, inner = told["entries"][0]["conditions"]["allOf"]
    same((signer["held"], signer["found"], inner["held"]), (True, "ab", False), "trace")
    same([c.get("found") for c in inner["anyOf"]], [2, None], "found")
    done = quoth("policy", "explain", path("release.json", text), *RELEASE, "--claims", path("claims.json", json.dumps(TOKEN)))
    same(done.status, 1, "exit status")
    need(b"- x-ms-sgx-svn greater 2: found 2\n" in done.out and done.out.endswith(b"refused\n"), done.out)
    need("hint: see which clause failed" in done.err, done.err)


@each([
    ("no policy", "", "release.policy.syntax", (1, 1)),
    ("of attestation", "version=1.0;authorizationrules{=>permit();};", "release.policy.syntax", (1, 1)),
    ("an operator of its own", policy(claim("a", contains="b")), "release.policy.syntax", (1, 106)),
    ("an empty list", policy(), "release.policy.syntax", (1, 78)),
    ("too long", policy(claim("a", equals="b" * 70000)), "release.policy.limit", None),
])
def what_is_no_policy_is_malformed(name, text, code, place):
    for verb in ("check", "hash"):
        done = quoth("policy", verb, path("bad.json", text), *RELEASE, "--output", "json")
        same(done.status, 4, f"{name}: exit status of {verb}")
        error = done.json()["error"]
        same((error["code"], (error["line"], error["column"]) if "line" in error else None), (code, place), "error")


@case
def mistakes_are_told():
    text = policy(claim("x-ms-sgx-is-debuggable", equals=True), group="anyOf")
    done = quoth("policy", "check", path("debug.json", text), *RELEASE, "--output", "json")
    same((done.status, [f["code"] for f in done.json()["findings"]]), (0, ["unfit-evidence"]), "findings")
    same(quoth("policy", "check", path("debug.json", text), *RELEASE, "--strict").status, 1, "--strict")
    done = quoth("policy", "check", path("good.json", policy(SIGNER)), *RELEASE, "--strict")
    same((done.status, done.out), (0, b"0 warnings, 0 notes\n"), "a good one")


@case
def the_hash_is_of_what_is_said_not_of_its_form():
    one, two = policy(SIGNER), json.dumps(json.loads(policy(SIGNER)), indent=4, sort_keys=True)
    hashes = [quoth("policy", "hash", "-", *RELEASE, stdin=text.encode()).out for text in (one, two, policy(SIGNER, SIGNER))]
    need(hashes[0] == hashes[1] != hashes[2] and len(hashes[0]) == 65, hashes)
    told = quoth("policy", "hash", "-", *RELEASE, "--output", "json", stdin=one.encode()).json()
    same(told["sha256"], hashes[0].decode().strip(), "JSON")


@each([
    ("no claims", ()),
    ("evidence", ("--evidence", "quote.bin")),
    ("both", ("--claims", "claims.json", "--evidence", "quote.bin")),
])
def a_release_is_judged_by_claims(name, options):
    done = quoth("policy", "explain", path("release.json", policy(SIGNER)), *RELEASE, *options)
    same(done.status, 2, done.err)


@case
def other_kinds_are_refused():
    done = quoth("policy", "check", path("release.json", policy(SIGNER)), "--kind", "releases")
    same(done.status, 2, done.err)


main()
