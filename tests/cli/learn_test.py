#!/usr/bin/env python3
"""quoth evidence learn and diff, over evidence made for this project: what is learned permits what it
was learned from, and nothing that differs from it."""
import json
import os
import re

from harness import SIM, case, each, main, need, path, quoth, read, same

AT = "2026-11-15T00:00:00Z"
PARTS = {"tcb_info.json": "tcbinfo-{}.json", "qe_identity.json": "qeid-{}.json",
         "tcb_signing_chain.pem": "signer-00.pem", "root_ca.crl": "rootcrl-00.der",
         "pck.crl": "pckcrl-00.der"}
SGX = os.path.join(SIM, "quote-00.bin")


def options(number):
    """A folder of collateral, as options."""
    for file, source in PARTS.items():
        path(os.path.join("good" + number, file), read(os.path.join(SIM, source.format(number))))
    return ["--collateral", os.path.dirname(path(f"good{number}/tcb_info.json")),
            "--trust-root", os.path.join(SIM, "root-00.pem"), "--at", AT]


def tdx():
    """The first piece of TDX evidence that is accepted, and its options."""
    for quote in sorted(os.listdir(SIM)):
        if not quote.startswith("quote-") or b"\x81\0\0\0" != read(os.path.join(SIM, quote))[4:8]:
            continue
        for number in ("00", "01", "02", "03", "04"):
            if not all(os.path.exists(os.path.join(SIM, s.format(number))) for s in PARTS.values()):
                continue
            args = [os.path.join(SIM, quote), *options(number)]
            if quoth("evidence", "verify", *args).status == 0:
                return args
    return None


KINDS = {"sgx": [SGX, *options("00")], "tdx": tdx()}


def claims_of(args):
    return quoth("evidence", "verify", *args, "--output", "json").json()["claims"]


def outcome(policy, claims):
    return quoth("policy", "explain", policy, "--claims", path("claims.json", json.dumps(claims)),
                 "--output", "json").json()["outcome"]


def changed(value):
    if isinstance(value, bool):
        return not value
    return value - 1 if isinstance(value, int) else ("0" if value[0] != "0" else "1") + value[1:]


def learned(name, args, *more):
    done = quoth("evidence", "learn", *args, *more)
    same(done.status, 0, done.err)
    return path(name, done.out)


@each([("SGX, by enclave", "sgx", "enclave"), ("SGX, by signer", "sgx", "signer"), ("TDX", "tdx", "enclave")])
def what_is_learned_accepts_it_and_nothing_else(name, kind, by):
    args = KINDS[kind]
    need(args, "no such evidence is accepted")
    policy, claims = learned("learned.txt", args, "--by", by), claims_of(args)
    same(quoth("evidence", "verify", *args, "--policy", policy).status, 0, "the evidence itself")
    same(outcome(policy, claims), "permitted", "its claims")
    pinned = re.findall(r'\[type=="([^"]+)", value(==|>=)', read(policy).decode())
    need(len(pinned) >= 5, f"few pins: {pinned}")
    for claim, how in pinned:
        same(outcome(policy, dict(claims, **{claim: changed(claims[claim])})), "not-permitted", claim)
        same(outcome(policy, {k: v for k, v in claims.items() if k != claim}), "not-permitted", f"without {claim}")
        if how == ">=":
            same(outcome(policy, dict(claims, **{claim: claims[claim] + 1})), "permitted", f"later {claim}")
    names = {claim for claim, _ in pinned}
    need(any("debug" in n for n in names), "debugging is not pinned")
    same("x-ms-sgx-mrenclave" in names, kind == "sgx" and by == "enclave", "mrenclave")
    same(quoth("policy", "check", policy, "--strict").status, 0, "check of the policy")


@case
def several_make_several_rules():
    same(quoth("evidence", "learn", SGX, *KINDS["sgx"], "--output", "json").json()["identities"], 1, "the same twice")
    two = read(SGX)
    policy = learned("two.txt", [path("copy.bin", two), *KINDS["sgx"]])
    same(read(policy).decode().count("permit()"), 1, "rules")


@each([
    ("evidence that was touched", [path("touched.bin", read(SGX)[:-1] + b"\0" + b"x"), *options("00")], None),
    ("no collateral", [SGX, "--trust-root", os.path.join(SIM, "root-00.pem"), "--at", AT], 3),
    ("a root that is not trusted", [SGX, *options("00")[:2], "--at", AT], 1),
    ("another time", [SGX, *options("00")[:4], "--at", "2030-01-01T00:00:00Z"], 1),
    ("no evidence", [*options("00")], 2),
    ("an empty file", [path("empty.bin", b""), *options("00")], 4),
    ("good beside bad", [SGX, path("empty.bin"), *options("00")], 4),
    ("by nobody", [SGX, "--by", "nobody", *options("00")], 2),
])
def nothing_is_learned_from(name, args, status):
    done = quoth("evidence", "learn", *args)
    need(done.status in ((status,) if status else (1, 4)), f"{name}: {done.status} {done.err}")
    same(done.out, b"", "standard output")


@case
def a_machine_has_no_signer():
    need(KINDS["tdx"], "no TDX evidence is accepted")
    done = quoth("evidence", "learn", *KINDS["tdx"], "--by", "signer")
    same((done.status, done.out), (2, b""), "outcome")


def diff(a, b, *more):
    done = quoth("evidence", "diff", a, b, *more, "--output", "json")
    need(done.status in (0, 1), done.err)
    result = done.json()
    same(result["same"], done.status == 0, "exit status")
    return result


@case
def evidence_is_compared_unverified_or_verified():
    same(diff(SGX, SGX), {"differences": [], "same": True, "verified": False}, "the same")
    same(diff(SGX, SGX, *KINDS["sgx"][1:])["verified"], True, "verified")
    groups = {d["group"] for d in diff(SGX, KINDS["tdx"][0])["differences"]}
    need({"identity", "configuration", "TCB"} <= groups, f"groups: {groups}")


@each([
    ("one changed", {"x-ms-sgx-svn": 1}, {"x-ms-sgx-svn": 2}, [("TCB", "x-ms-sgx-svn", 1, 2)]),
    ("one more", {}, {"x-ms-sgx-mrenclave": "a"}, [("identity", "x-ms-sgx-mrenclave", None, "a")]),
    ("one less", {"x-ms-sgx-is-debuggable": False}, {},
     [("configuration", "x-ms-sgx-is-debuggable", False, None)]),
    ("order does not count", {"a": {"x": 1, "y": 2}, "b": 1}, {"b": 1, "a": {"y": 2, "x": 1}}, []),
    ("a kind of its own", {"svn": 1}, {"svn": "1"}, [("other", "svn", 1, "1")]),
    ("another machine", {"x-quoth-platform-id": "a"}, {"x-quoth-platform-id": "b"},
     [("platform", "x-quoth-platform-id", "a", "b")]),
])
def claims_are_compared(name, a, b, differences):
    result = diff(path("a.json", json.dumps(a)), path("b.json", "\n " + json.dumps(b)))
    same([(d["group"], d["claim"], d.get("a"), d.get("b")) for d in result["differences"]], differences, name)


@each([
    ("no file", [SGX, "/no/where"], 3),
    ("one alone", [SGX], 2),
    ("neither", [SGX, path("noise.bin", b"\x01\x02\x03")], 4),
    ("half a claim", [SGX, path("half.json", '{"a":')], 4),
    ("claims twice", [SGX, path("twice.json", '{"a":1,"a":1}')], 4),
])
def what_cannot_be_compared(name, args, status):
    same(quoth("evidence", "diff", *args).status, status, name)


main()
