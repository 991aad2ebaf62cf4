#!/usr/bin/env python3
"""quoth policy, and the option --policy of quoth evidence verify. Refusals outnumber what passes."""
import json
import os

from harness import SIM, STAGE, case, each, main, need, path, quoth, read, same

DEFAULT = ("version= 1.0;authorizationrules{=> permit();};issuancerules{"
           "c:[type==\"x-ms-sgx-is-debuggable\"] => issue(type=\"is-debuggable\", value=c.value);"
           "c:[type==\"x-ms-sgx-mrsigner\"] => issue(type=\"sgx-mrsigner\", value=c.value);"
           "c:[type==\"x-ms-sgx-mrenclave\"] => issue(type=\"sgx-mrenclave\", value=c.value);"
           "c:[type==\"x-ms-sgx-product-id\"] => issue(type=\"product-id\", value=c.value);"
           "c:[type==\"x-ms-sgx-svn\"] => issue(type=\"svn\", value=c.value);"
           "c:[type==\"x-ms-attestation-type\"] => issue(type=\"tee\", value=c.value);};")
STRICT = """version=1.2;
authorizationrules {
  [type=="x-ms-sgx-is-debuggable", value==false] &&
  [type=="x-ms-sgx-svn", value>=2] => permit();
};
issuancerules {
  c:[type=="x-ms-sgx-mrsigner"] => issue(type="signer", value=c.value);
};
"""
GOOD = path("default.txt", DEFAULT)
OURS = path("strict.txt", STRICT)
CLAIMS = {"x-ms-sgx-is-debuggable": False, "x-ms-sgx-svn": 2, "x-ms-sgx-mrsigner": "ab"}


def rules(text, version="1.2"):
    return f"version={version};authorizationrules{{{text}}};"


@case
def the_hash_is_that_of_tokens():
    done = quoth("policy", "hash", GOOD)
    same((done.status, done.out), (0, b"bROrN897ZfWmWY2V0FLUlu3uwk5xatGnKYHn3zBbSlw\n"), "hash")
    same(quoth("policy", "hash", "-", "--output", "json", stdin=DEFAULT.encode()).json(),
         {"x-ms-policy-hash": "bROrN897ZfWmWY2V0FLUlu3uwk5xatGnKYHn3zBbSlw"}, "hash as JSON")


@case
def the_other_route_is_remembered():
    for type, other in (("SgxEnclave", "OpenEnclave"), ("OpenEnclave", "SgxEnclave")):
        found = quoth("policy", "check", OURS, "--type", type, "--strict", "--output", "json")
        same(found.status, 0, "a note is no warning")
        same([f["code"] for f in found.json()["findings"]], ["sibling"], type)
        need(other in found.json()["findings"][0]["message"], f"{other} is not named")
    same(quoth("policy", "check", OURS, "--type", "TdxVm", "--output", "json").json()["findings"], [], "TdxVm")


@each([
    ("no policy", "", "policy.syntax", "policy > versionInfo", (1, 1)),
    ("no semicolon", "version=1.0\n[", "policy.syntax", "policy > versionInfo", (2, 1)),
    ("a version to come", "version=2.0;", "policy.syntax", "policy > versionInfo", (1, 9)),
    ("an unknown function", rules('=>add(type="a",value=f(1));'), "policy.syntax", "policy > ", (1, 53)),
    ("not text", b"\xff", "policy.syntax", "", (1, 1)),
    ("too many rules", rules("=>permit();" * 1025), "policy.limit", "policy > ", (1, 11296)),
    ("too long", "//" + "x" * 70000, "input.too-large", "", None),
])
def what_is_no_policy_is_malformed(name, text, code, where, place):
    for verb in ("check", "hash"):
        done = quoth("policy", verb, path("bad.txt", text), "--output", "json")
        same(done.status, 4, f"{name}: exit status of {verb}")
        error = done.json()["error"]
        same(error["code"], code, "code")
        need(error["where"].startswith(where), f"where: {error['where']}")
        same((error["line"], error["column"]) if "line" in error else None, place, "place")
        need(place is None or f"line {place[0]}, column {place[1]}: " in done.err, done.err)


@each([
    ("nothing to say", STRICT, set()),
    ("the default", DEFAULT, {"always-fires", "debug-unchecked"}),
    ("a name misspelt", rules('[type=="x-ms-sgx-mrsginer",value=="a"]=>permit();'),
     {"unknown-claim", "never-fires", "never-permits"}),
    ("used before it is made", rules('[type=="a"]=>permit();=>add(type="a",value=1);'),
     {"unknown-claim", "never-fires", "always-fires", "never-permits"}),
    ("made before it is used", rules('=>add(type="a",value=1);[type=="a"]=>permit();'),
     {"always-fires", "debug-unchecked"}),
    ("two values at once", rules('[type=="x-ms-sgx-svn",value==1,value==2]=>permit();'),
     {"never-fires", "never-permits"}),
    ("an empty range", rules('[type=="x-ms-sgx-svn",value==1,value>1]=>permit();'),
     {"never-fires", "never-permits"}),
    ("order of a string", rules('[type=="x-ms-sgx-svn",value>"1"]=>permit();'),
     {"never-fires", "never-permits"}),
    ("an issuer nobody is", rules('[type=="x-ms-sgx-svn",issuer=="Me"]=>permit();'),
     {"never-fires", "never-permits"}),
    ("only denies", rules("=>deny();"), {"always-fires", "never-permits"}),
    ("one equals sign", rules('[type="x-ms-sgx-is-debuggable",value=false]=>permit();'),
     {"single-equals"}),
    ("a reserved name", rules('[type=="x-ms-sgx-is-debuggable",value==false]=>permit();') +
     'issuancerules{=>issue(type="iss",value="me");};', {"always-fires", "reserved-name"}),
])
def checks_find(_, text, codes):
    done = quoth("policy", "check", path("checked.txt", text), "--output", "json")
    same(done.status, 0, "exit status")
    findings = done.json()["findings"]
    same({f["code"] for f in findings}, codes, "findings")
    warned = any(f["level"] == "warning" for f in findings)
    same(quoth("policy", "check", "--strict", path("checked.txt")).status, int(warned), "--strict")


@case
def a_misspelt_name_is_answered_with_the_right_one():
    done = quoth("policy", "check", path("typo.txt", rules('[type=="x-ms-sgx-mrsginer"]=>permit();')))
    need(b"did you mean x-ms-sgx-mrsigner?" in done.out, done.out)


@case
def an_explanation_names_rules_conditions_and_claims():
    claims = path("claims.json", json.dumps(dict(CLAIMS, **{"x-ms-sgx-svn": 1})))
    done = quoth("policy", "explain", OURS, "--claims", claims)
    same(done.status, 1, "exit status")
    text = done.out.decode()
    for words in ("did not fire", "yes [type==\"x-ms-sgx-is-debuggable\"", "there is x-ms-sgx-svn = 1",
                  "was not reached", "outcome: not-permitted"):
        need(words in text, f"{words!r} is missing in:\n{text}")
    need("No Permit claim was issued" in done.err, done.err)


@case
def an_explanation_is_data():
    done = quoth("policy", "explain", OURS, "--output", "json", "--claims",
                 path("claims.json", json.dumps(CLAIMS)))
    same(done.status, 0, "exit status")
    o = done.json()
    same((o["outcome"], o["decided"], o["issued"]), ("permitted", 1, {"signer": "ab"}), "outcome")
    first = o["rules"][0]
    same((first["section"], first["line"], first["column"], first["fired"]),
         ("authorizationrules", 3, 3, True), "rule")
    same([c["held"] for c in first["conditions"]], [True, True], "conditions")
    same(first["conditions"][1]["claims"],
         [{"type": "x-ms-sgx-svn", "value": 2, "issuer": "AttestationService"}], "claims")
    same(o["rules"][1]["made"],
         [{"type": "signer", "value": "ab", "issuer": "AttestationPolicy"}], "made")


@each([
    ("neither", [], 2), ("both", ["--claims", "-", "--evidence", "-"], 2),
    ("not JSON", ["--claims", "-"], 4), ("no such file", ["--claims", "/nonexistent"], 3),
])
def explain_needs_claims_or_evidence(_, more, status):
    same(quoth("policy", "explain", OURS, *more, stdin=b"{").status, status, "exit status")


@each([
    ("a value that is null", {"a": None}), ("a fraction", {"a": 1.5}), ("a list in a list", {"a": [[1]]}),
    ("an entry without a type", [{"value": 1}]), ("an unknown issuer", [{"type": "a", "value": 1, "issuer": "x"}]),
    ("a number", 5),
])
def claims_that_are_none(_, claims):
    done = quoth("policy", "explain", OURS, "--output", "json", "--claims",
                 path("claims.json", json.dumps(claims)))
    same((done.status, done.json()["error"]["code"]), (4, "json.value"), "refusal")


def cases(*rows, policy="strict.txt"):
    made = {"cases": [dict(zip(("name", "claims", "expect", "issued"), r)) for r in rows]}
    if policy:
        made["policy"] = policy
    return path("cases.json", json.dumps(made))


@case
def cases_pass_and_rules_are_counted():
    done = quoth("policy", "test", "--output", "json", cases(
        ("as wanted", CLAIMS, "permitted", {"signer": "ab"}),
        ("debug", dict(CLAIMS, **{"x-ms-sgx-is-debuggable": True}), "not-permitted"),
        ("nothing", {}, "not-permitted")))
    same(done.status, 0, done.err)
    o = done.json()
    need(all(c["passed"] for c in o["cases"]), o)
    same([r["fired"] for r in o["coverage"]], [1, 1], "coverage")


@each([
    ("another outcome", ("x", CLAIMS, "denied"), "permitted"),
    ("other claims", ("x", CLAIMS, "permitted", {"signer": "cd"}), "issued"),
    ("claims too many", ("x", CLAIMS, "permitted", {}), "issued"),
    ("no claims", ("x", None, "permitted"), "found null"),
])
def cases_fail(_, row, words):
    done = quoth("policy", "test", cases(row))
    same(done.status, 1, "exit status")
    need(b"FAILED" in done.out and words in done.out.decode(), done.out)


@each([
    ("no policy", None, 2),
    ("not JSON", path("c1.json", "{"), 4), ("no cases", path("c2.json", '{"policy":"strict.txt"}'), 4),
    ("a case without a name", path("c3.json", '{"policy":"strict.txt","cases":[{"expect":"denied"}]}'), 4),
    ("a case without an outcome", path("c4.json", '{"policy":"strict.txt","cases":[{"name":"a"}]}'), 4),
    ("a policy that is missing", path("c5.json", '{"policy":"none.txt","cases":[]}'), 3),
])
def files_of_cases_that_are_none(_, file, status):
    same(quoth("policy", "test", file or cases(policy=None)).status, status, "exit status")


# ---- evidence

AT = "2026-11-15T00:00:00Z"
PARTS = {"tcb_info.json": "tcbinfo-00.json", "qe_identity.json": "qeid-00.json",
         "tcb_signing_chain.pem": "signer-00.pem", "root_ca.crl": "rootcrl-00.der",
         "pck.crl": "pckcrl-00.der"}
QUOTE = os.path.join(SIM, "quote-00.bin")
ROOT = os.path.join(SIM, "root-00.pem")
for part, source in PARTS.items():
    path(os.path.join("collateral", part), read(os.path.join(SIM, source)))
JUDGED = ["--collateral", os.path.join(STAGE, "collateral"), "--trust-root", ROOT, "--at", AT]


@case
def a_policy_is_the_last_check():
    done = quoth("evidence", "verify", QUOTE, *JUDGED, "--policy", GOOD, "--output", "json")
    same(done.status, 0, done.err)
    o = done.json()
    same(o["checks"][-1], {"name": "policy", "result": "pass"}, "check")
    same(o["claims"]["x-ms-policy-hash"], "bROrN897ZfWmWY2V0FLUlu3uwk5xatGnKYHn3zBbSlw", "hash")
    same(o["claims"]["x-ms-policy"]["tee"], "sgx", "x-ms-policy")


@each([
    ("denied", rules("=>permit();=>deny();"), "policy.denied", 1),
    ("not permitted", rules('[type=="x-ms-sgx-svn",value>60000]=>permit();'), "policy.not-permitted", 1),
    ("an error", rules('=>add(type="a",value=NegateBool(1));'), "policy.evaluation", 1),
    ("simulated", rules('[type=="x-quoth-simulated",value==true]=>deny();=>permit();'), "policy.denied", 1),
    ("no policy", "version", "policy.syntax", 4),
])
def a_policy_refuses(_, text, code, status):
    done = quoth("evidence", "verify", QUOTE, *JUDGED, "--policy", path("refuses.txt", text),
                 "--output", "json")
    same(done.status, status, "exit status")
    o = done.json()
    same(o["error"]["code"], code, "code")
    need("claims" not in o, "claims of a refusal")


@case
def what_is_refused_is_not_put_to_the_policy():
    done = quoth("evidence", "verify", QUOTE, *JUDGED[2:], "--policy", GOOD, "--output", "json",
                 "--collateral", path("empty/.") + "/..")
    need(done.status != 0 and done.json()["verdict"] != "accepted", done.out)


@case
def evidence_can_be_explained_and_tested():
    done = quoth("policy", "explain", GOOD, "--evidence", QUOTE, *JUDGED, "--output", "json")
    same(done.status, 0, done.err)
    same(done.json()["issued"]["tee"], "sgx", "issued")
    made = {"policy": "default.txt", "cases": [
        {"name": "recorded", "evidence": QUOTE, "collateral": "collateral", "trustRoot": ROOT,
         "at": AT, "expect": "permitted"},
        {"name": "untrusted", "evidence": QUOTE, "collateral": "collateral", "at": AT,
         "expect": "permitted"}]}
    done = quoth("policy", "test", path("evidence.json", json.dumps(made)), "--output", "json")
    same([c["passed"] for c in done.json()["cases"]], [True, False], "cases")
    same(done.status, 1, "exit status")


main()
