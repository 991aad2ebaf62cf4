#!/usr/bin/env python3
"""Policies, signers and their trust models over HTTP: policies_test.py QUOTH QUOTHD MAKE_QUOTE."""
import base64
import glob
import hashlib
import json
import signal
import sqlite3
import ssl
import threading
import time

from stage import QUOTHD, Platform, Verifier, b64url, unb64url, until, whole_lines
from signing import RESET, TEXT, Signer, policy, run, text_of, token_hash, unsigned, vector, wrapped
from harness import VECTORS, case, each, main, need, path, quoth, read, same

V = "?api-version=2020-10-01"
DEFAULT_HASH = "bROrN897ZfWmWY2V0FLUlu3uwk5xatGnKYHn3zBbSlw"

platform = Platform("platform")
COLLATERAL = platform.serve()
QUOTE = platform.quote()
OPTIONS = ["--collateral", COLLATERAL, "--rate", "0"]

alice, bob, eve = Signer("alice", "rsa"), Signer("bob"), Signer("eve")
root = Signer("root")


def isolated(name, *signers, options=(), **more):
    given = [x for s in signers for x in ("--policy-signer", s.file)]
    return Verifier(name, *platform.trust(), "--trust-model", "isolated", *given,
                    **more).start(*OPTIONS, *options)


aad = Verifier("aad", *platform.trust()).start(*OPTIONS)
iso = isolated("iso", alice, root)
shared = Verifier("shared", *platform.trust(), "--trust-model", "shared").start(*OPTIONS)


def ask(on, method, target, body=None, media="text/plain"):
    fields = [("Authorization", "Bearer " + read(f"{on.state}/admin.token").decode().strip())]
    if media:
        fields.append(("Content-Type", media))
    return on.ask(method, target, body.encode() if isinstance(body, str) else body, fields)


def put(on, jws, kind="SgxEnclave", media="text/plain"):
    return ask(on, "PUT", f"/policies/{kind}{V}", jws, media)


def reset(on, jws=RESET, kind="SgxEnclave"):
    return ask(on, "POST", f"/policies/{kind}:reset{V}", jws)


def get(on, kind="SgxEnclave"):
    return ask(on, "GET", f"/policies/{kind}{V}").token()[1]["x-ms-policy"]


def versions(on, kind="SgxEnclave"):
    return ask(on, "GET", f"/policies/{kind}/versions{V}").json()["versions"]


def checked(on, answer, *names):
    """The claims of a result token: these, and those of every result."""
    header, claims = answer.token()
    same(header, {"alg": "RS256", "jku": on.issuer + "/certs", "kid": header["kid"], "typ": "JWT"},
         "header")
    same(sorted(claims), sorted(["iss", "iat", "nbf", "exp", *names]), "claims")
    same((claims["iss"], claims["nbf"], claims["exp"]),
         (on.issuer, claims["iat"], claims["iat"] + 3600), "times")
    return claims


def refused(answer, status, *codes):
    same((answer.status, *answer.refusal()), (status, *codes), f"of {answer.body!r}")
    return json.loads(answer.body)["error"]


def policy_hash(text):
    return b64url(hashlib.sha256(b64url(text.encode()).encode()).digest())


def attested_hash(on):
    return on.attest(QUOTE).token()[1]["x-ms-policy-hash"]


# ---- set, get, reset

@each([("text/plain", "text/plain"), ("application/json", "application/json"), ("none", None),
       ("with charset", "text/plain; charset=utf-8")])
def set_get_and_reset(name, media):
    text = f"{TEXT}// {name}"
    jws = policy(text)
    claims = checked(aad, put(aad, jws, media=media), "x-ms-policy-result", "x-ms-policy-token-hash")
    same((claims["x-ms-policy-result"], claims["x-ms-policy-token-hash"]),
         ("Updated", token_hash(jws)), "result")
    same(get(aad), jws, "stored")
    same(attested_hash(aad), policy_hash(text), "the policy that judges")
    claims = checked(aad, reset(aad), "x-ms-policy-result")
    same(claims["x-ms-policy-result"], "Removed", "result")
    same(policy_hash(text_of(get(aad))), DEFAULT_HASH, "the default")
    same(attested_hash(aad), DEFAULT_HASH, "the policy that judges")


@each([("a JSON string", lambda jws: json.dumps(jws)), ("blanks around", lambda jws: f"\r\n {jws}\n"),
       ("a padded policy", lambda jws: unsigned(json.dumps(
           {"AttestationPolicy": base64.urlsafe_b64encode(TEXT.encode()).decode()}).encode())),
       ("the form of 2018", lambda jws: unsigned(json.dumps({"AttestationPolicy": TEXT}).encode()))])
def other_forms_of_a_body(_, form):
    put(aad, form(policy(TEXT))).token()
    same(text_of(get(aad)) if _ != "the form of 2018" else json.loads(
        unb64url(get(aad).split(".")[1]))["AttestationPolicy"], TEXT, "stored")
    reset(aad).token()


@each([("SgxEnclave", DEFAULT_HASH), ("OpenEnclave", DEFAULT_HASH),
       ("SevSnpVm", "9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco"), ("TdxVm", None),
       ("AzureGuest", None), ("sgxenclave", DEFAULT_HASH), ("azureGuest", None)])
def every_type_has_a_default(kind, expected):
    jws = get(aad, kind)
    same(jws.split(".")[0], RESET.split(".")[0], "header")
    need(expected in (None, policy_hash(text_of(jws))), "not the default of Azure Attestation")
    same(attested_hash(aad), DEFAULT_HASH, "the policy that judges")


@case
def tpm_has_none_until_one_is_set():
    same(get(aad, "Tpm"), RESET, "the policy of Tpm")
    put(aad, policy(), "Tpm").token()
    same(text_of(get(aad, "Tpm")), TEXT, "the policy of Tpm")
    reset(aad, kind="Tpm").token()
    same(get(aad, "Tpm"), RESET, "the policy of Tpm")


@each([("RS256", alice), ("ES256", bob)])
def a_signer_is_told(name, signer):
    jws = policy(f"{TEXT}// {name}", signer)
    claims = checked(aad, put(aad, jws), "x-ms-policy-result", "x-ms-policy-token-hash",
                     "x-ms-policy-signer")
    same(claims["x-ms-policy-signer"], {"alg": name, "kty": "RSA" if name == "RS256" else "EC",
                                        "use": "sig", "x5c": signer.x5c()}, "signer")
    same(aad.attest(QUOTE).token()[1]["x-ms-policy-signer"], claims["x-ms-policy-signer"],
         "signer in a token")
    reset(aad).token()
    need("x-ms-policy-signer" not in aad.attest(QUOTE).token()[1], "a signer of the default")


# ---- what is refused

def flipped(jws):
    return jws[:-6] + ("A" if jws[-6] != "A" else "B") + jws[-5:]


BAD_BODIES = [
    ("nothing", "", 400, "InvalidOperation", "jws.malformed"),
    ("a policy as it is", TEXT, 400, "InvalidOperation", "jws.malformed"),
    ("an object", "{}", 400, "InvalidParameter", "json.value"),
    ("no end", '"eyJhbGciOiJub25lIn0..', 400, "InvalidParameter", "json.syntax"),
    ("four parts", policy() + ".", 400, "InvalidOperation", "jws.malformed"),
    ("a blank inside", policy().replace(".", ". ", 1), 400, "InvalidOperation", "jws.malformed"),
    ("no UTF-8", b"\xff\xfe..", 400, "InvalidOperation", "jws.malformed"),
    ("a reset", RESET, 400, "InvalidOperation", "change.operation"),
    ("none, signed", policy() + "AAAA", 400, "InvalidOperation", "jws.algorithm"),
    ("HS256", b64url(b'{"alg":"HS256"}') + ".e30.AAAA", 400, "InvalidOperation", "jws.algorithm"),
    ("crit", alice.sign(wrapped(TEXT), crit=["exp"]), 400, "InvalidOperation", "jws.malformed"),
    ("alg twice", b64url(b'{"alg":"none","alg":"none"}') + policy()[RESET.index("."):], 400, "InvalidOperation",
     "jws.malformed"),
    ("a changed signature", flipped(policy(TEXT, alice)), 400, "InvalidParameter",
     "jws.signature.invalid"),
    ("another's certificate", alice.sign(wrapped(TEXT), x5c=eve.x5c()), 400, "InvalidOperation",
     "jws.algorithm"),
    ("no certificate", b64url(b'{"alg":"RS256"}') + ".e30.AAAA", 400, "InvalidOperation",
     "jws.signer.missing"),
    ("no policy inside", unsigned(b"{}"), 400, "InvalidOperation", "jws.payload"),
    ("for another tenant", policy(aud="https://other"), 400, "InvalidOperation", "change.binding"),
    ("for another type", policy(**{"x-quoth-type": "Tpm"}), 400, "InvalidOperation", "change.binding"),
    ("from the future", policy(iat=int(time.time()) + 600), 400, "InvalidOperation",
     "change.binding"),
    ("an empty policy text", unsigned(b'{"AttestationPolicy":""}'), 400, "InvalidOperation",
     "jws.payload"),
    ("a JSON policy", policy('{"$version": 1}'), 400, "PolicyParsingError", "policy.syntax"),
    ("a text that is no policy", policy("allow all;"), 400, "PolicyParsingError", "policy.syntax"),
    ("version 2.0", policy(TEXT.replace("1.0", "2.0")), 400, "PolicyParsingError", "policy.syntax"),
]


@each(BAD_BODIES)
def refused_and_nothing_changes(_, body, *expected):
    before = get(aad), len(versions(aad))
    refused(put(aad, body), *expected)
    same((get(aad), len(versions(aad))), before, "what is stored")


@case
def a_parse_error_reads_as_azures():
    error = refused(put(aad, policy("version= 1.0;\nauthorizationrules{=> permit[];};")), 400,
                    "PolicyParsingError", "policy.syntax")
    for words in ("65526", "83FFFFF6", "Offending symbol: '['", "Line: '2'", "Column: '", "mismatched input",
                  "Failing rule: '"):
        need(words in error["message"], f"{words!r} is not in {error['message']!r}")
    same(error["details"][0]["line"], 2, "line")


@case
def published_policies_are_taken_or_refused_as_they_should_be():
    if not VECTORS:
        print("  skipped: needs QUOTH_VECTORS")
        return
    folder = "policies/tools/unsigned.data.for.test"
    for name in ("default.sgxenclave.policy.txt", "custom.sgxenclave.policy.txt",
                 "custom.vsmenclave.policy.txt"):
        put(aad, vector(f"{folder}/{name}")).token()
    for name in ("SgxAllowDebugMode.txt", "SgxRequireSqlServer.txt", "default.azureguest.policy.txt"):
        refused(put(aad, vector(f"{folder}/{name}")), 400, "PolicyParsingError", "policy.syntax")
    put(aad, vector("policies/docs/sgx-signed.jwt")).token() # "RSA256", expired: on this tenant any
    put(aad, vector("policies/docs/sgx-unsigned.jwt")).token()
    same(attested_hash(aad)[:8], "egjnANIz", "the hash of Azure's policy of 2020")
    reset(aad, vector(f"{folder}/reset.policy.txt")).token()


@each([("a policy", "PUT", "/policies/SgxEnclave"), ("a reset", "POST", "/policies/SgxEnclave:reset"),
       ("a rollback", "POST", "/policies/SgxEnclave:rollback"), ("a signer", "POST", "/certificates:add"),
       ("no signer", "POST", "/certificates:remove"), ("reading", "GET", "/policies/SgxEnclave"),
       ("history", "GET", "/policies/SgxEnclave/versions"), ("signers", "GET", "/certificates"),
       ("baselines", "GET", "/tcbbaselines/SgxEnclave")])
def nobody_does_so_without_a_role(_, method, target):
    body = None if method == "GET" else policy().encode()
    for fields in ((), (("Authorization", "Bearer wrong"),)):
        answer = aad.ask(method, target + V, body, [*fields, ("Content-Type", "application/json")]
                         if body else fields)
        same((answer.status, answer.refusal()[0]), (401, "Unauthorized"), "refusal")


@each([("no version", ""), ("a word", "?api-version=latest"), ("another case", "?Api-Version=")])
def the_version_is_asked_for(_, query):
    refused(ask(aad, "GET", f"/policies/SgxEnclave{query}"), 400, "InvalidParameter",
            "request.api-version")


@each([("VsmEnclave", "VsmEnclave"), ("a verb", "SgxEnclave:set"), ("traversal", "..%2fSgxEnclave")])
def unknown_types_are_named(_, kind):
    same(ask(aad, "GET", f"/policies/{kind}{V}").status in (400, 404, 405), True, "status")


# ---- bombs

SOON = 30  # seconds, of a busy machine, for what would otherwise take hours


def bombs():
    deep = "AppendString(" * 3000 + '"a"' + ',"")' * 3000
    rules = "".join('=>issue(type="b",value=1);' for _ in range(2000))
    conditions = " && ".join('[type=="a"]' for _ in range(3500))
    query = "[" * 20000 + "a" + "]" * 20000
    head = "version=1.2;authorizationrules{=>permit();};issuancerules{"
    return [
        ("nested calls", f'{head}=> issue(type="a", value={deep});}};', "PolicyParsingError"),
        ("thousands of rules", head + rules + "};", "PolicyParsingError"),
        ("thousands of conditions", f'{head}{conditions} => issue(type="a", value=1);}};',
         "PolicyParsingError"),
        ("a query too deep", f'{head}c:[type=="a"] => issue(type="a", value=JmesPath(c.value, "{query}"));}};',
         None),
        ("brackets", head + "[" * 60000, "PolicyParsingError"),
        ("a long word", head + "a" * 60000, "PolicyParsingError"),
        ("longer than a policy may be", TEXT + "//" + "a" * 65536, "PolicyParsingError"),
    ]


@each(bombs())
def a_bomb_costs_little(_, text, code):
    began = time.monotonic()
    answer = put(aad, policy(text))
    need(time.monotonic() - began < SOON, "took too long")
    if code or answer.status != 200:
        same(answer.refusal()[0], code or "PolicyParsingError", "refusal")
    reset(aad).token()


@case
def a_policy_that_explodes_denies_and_does_not_hang():
    doubling = "".join(f'c:[type=="a{i}"] && d:[type=="a{i}"] => add(type="a{i + 1}", value=AppendString('
                       f'c.value, d.value));' for i in range(60))
    text = ('version=1.2;authorizationrules{=> permit();};issuancerules{=> add(type="a0", value="aaaaaaaa");'
            + doubling + "};")
    began = time.monotonic()
    answer = put(aad, policy(text))
    if answer.status == 200:
        answer = aad.attest(QUOTE)
    same(answer.refusal()[0] in ("PolicyEvaluationError", "PolicyParsingError"), True,
         f"of {answer.body!r}")
    need(time.monotonic() - began < SOON, "took too long")
    reset(aad).token()
    same(attested_hash(aad), DEFAULT_HASH, "the policy that judges")


@each([("a megabyte of base 64", "A" * (1 << 20), 413), ("a header of half a megabyte",
       "A" * (1 << 19) + "..", 413), ("more than any body may have", "A" * ((1 << 20) + 1), 413)])
def large_bodies_are_refused(_, body, status):
    same(put(aad, body).status, status, "status")


# ---- isolated tenants

def chained(name, issuer, **more):
    return Signer(name, issuer=issuer, **more)


intermediate = chained("intermediate", root)
leaf = chained("leaf", intermediate, ca=False)
under_leaf = chained("under-leaf", leaf, ca=False)
fresh = iter(range(10 ** 6))


def new_text():
    return f"{TEXT}// {next(fresh)}"


@case
def unsigned_policies_are_refused_in_azures_words():
    for answer in (put(iso, policy()), reset(iso)):
        error = refused(answer, 400, "InvalidOperation", "change.unsigned")
        need("Unsigned JWS specified but enclave is configured with signing certificates." in
             error["message"], error["message"])


@each([("a signer itself", alice), ("another signer itself", root), ("a CA of a signer", intermediate),
       ("a leaf at the end of a chain", leaf)])
def trusted_signatures_are_taken(_, signer):
    jws = policy(new_text(), signer)
    same(checked(iso, put(iso, jws), "x-ms-policy-result", "x-ms-policy-token-hash",
                 "x-ms-policy-signer")["x-ms-policy-signer"]["x5c"], signer.x5c()[:1], "signer")
    same(get(iso), jws, "stored")


def bad_chains():
    twin = Signer("alice", "rsa", file="twin")
    return [
        ("a stranger", eve.sign(wrapped(new_text())), "jws.signer.untrusted"),
        ("a stranger with a trusted name", twin.sign(wrapped(new_text())), "jws.signer.untrusted"),
        ("a stranger who shows a trusted certificate second",
         eve.sign(wrapped(new_text()), x5c=eve.x5c() + alice.x5c()), "jws.signer.untrusted"),
        ("a stranger who shows it first", eve.sign(wrapped(new_text()), x5c=root.x5c() + eve.x5c()),
         "jws.signature.invalid"),
        ("without the intermediate", leaf.sign(wrapped(new_text()), x5c=leaf.x5c()[:1]),
         "jws.signer.untrusted"),
        ("in another order", leaf.sign(wrapped(new_text()), x5c=[leaf.x5c()[i] for i in (0, 2, 1)]),
         "jws.signer.untrusted"),
        ("issued by what is no CA", under_leaf.sign(wrapped(new_text())), "jws.signer.untrusted"),
        ("a changed text", flipped(policy(new_text(), alice)), "jws.signature.invalid"),
        ("a jwk of a trusted one", eve.sign(wrapped(new_text()), jwk={"kty": "EC", "x5c": root.x5c()}),
         "jws.signer.untrusted"),
    ]


@each(bad_chains())
def others_are_not(_, jws, code):
    before = get(iso)
    refused(put(iso, jws), 400, "InvalidParameter", code)
    same(get(iso), before, "what is stored")


def twin(jws):
    """The other signature that verifies wherever an ES256 one does: r and the order less s."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    text, signature = jws.rsplit(".", 1)
    signature = unb64url(signature)
    same(len(signature), 64, "an ES256 signature")
    return f"{text}.{b64url(signature[:32] + (order - int.from_bytes(signature[32:], 'big')).to_bytes(32, 'big'))}"


@case
def an_older_policy_is_refused():
    first, second = policy(new_text(), alice), policy(new_text(), alice)
    gone = alice.sign(b"")
    put(iso, first).token()
    put(iso, first).token() # what is stored may be said again
    put(iso, second).token()
    error = refused(put(iso, first), 400, "InvalidOperation", "change.replayed")
    need("sign again" in error["details"][0]["hint"], "the hint")
    same(get(iso), second, "what is stored")
    reset(iso, gone).token()
    reset(iso, gone).token()
    for jws in (first, second):
        refused(put(iso, jws), 400, "InvalidOperation", "change.replayed")
    put(iso, policy(new_text(), alice)).token()
    refused(reset(iso, gone), 400, "InvalidOperation", "change.replayed")
    refused(reset(iso, f" {gone}\n"), 400, "InvalidOperation", "change.replayed")
    reset(iso, alice.sign(json.dumps({"x-quoth-operation": "reset", "iat": int(time.time())}).encode())
          ).token()
    same(len([v for v in versions(iso) if v["operation"] == "reset"]), 2, "resets")


@case
def an_older_policy_under_another_signature_is_refused():
    first = policy(new_text(), root)
    put(iso, first).token()
    put(iso, policy(new_text(), root)).token()
    refused(put(iso, twin(first)), 400, "InvalidOperation", "change.replayed")


@case
def an_older_instant_is_refused():
    now = int(time.time())
    put(iso, policy(new_text(), alice, iat=now), "TdxVm").token()
    refused(put(iso, policy(new_text(), alice, iat=now - 1), "TdxVm"), 400, "InvalidOperation",
            "change.binding")
    put(iso, policy(new_text(), alice, iat=now), "TdxVm").token()


@case
def nobody_rolls_an_isolated_tenant_back():
    refused(ask(iso, "POST", f"/policies/SgxEnclave:rollback{V}", '{"version":1}', "application/json"),
            400, "InvalidOperation", "change.rollback.isolated")


@case
def it_is_verified_again_after_a_restart():
    older, jws = policy(new_text(), alice), policy(new_text(), leaf)
    put(iso, older).token()
    put(iso, jws).token()
    iso.stop()
    iso.start(*OPTIONS)
    same(get(iso), jws, "stored")
    same(attested_hash(iso), policy_hash(text_of(jws)), "the policy that judges")
    refused(put(iso, older), 400, "InvalidOperation", "change.replayed")


# ---- signing = strict

@case
def strict_tenants_want_all_said():
    strict = isolated("strict", alice, options=("--signing", "strict"))
    said = {"aud": strict.issuer, "iat": int(time.time()), "x-quoth-type": "SgxEnclave",
            "x-quoth-operation": "set"}
    for name in said:
        refused(put(strict, policy(new_text(), alice, **{k: said[k] for k in said if k != name})), 400,
                "InvalidOperation", "change.binding")
    jws = policy(new_text(), alice, **said)
    put(strict, jws).token()
    refused(put(strict, jws, "OpenEnclave"), 400, "InvalidOperation", "change.binding")
    refused(reset(strict, alice.sign(b"")), 400, "InvalidOperation", "change.binding")
    gone = {**said, "x-quoth-operation": "reset"}
    refused(put(strict, alice.sign(json.dumps(gone).encode())), 400, "InvalidOperation",
            "change.operation")
    reset(strict, alice.sign(json.dumps(gone).encode())).token()
    refused(signer(strict, "add", alice.certificate(bob)), 400, "InvalidOperation", "change.binding")
    add = {"aud": strict.issuer, "iat": int(time.time()), "x-quoth-operation": "add"}
    signer(strict, "add", alice.certificate(bob, **add)).token()
    refused(signer(strict, "remove", alice.certificate(bob, **add)), 400, "InvalidOperation",
            "change.binding")
    strict.stop()


# ---- signers

def signer(on, verb, jws, form=json.dumps, media="application/json"):
    return ask(on, "POST", f"/certificates:{verb}{V}", form(jws), media)


def signers(on):
    return [k["x5c"][0] for k in checked(on, ask(on, "GET", f"/certificates{V}"),
                                         "x-ms-policy-certificates")["x-ms-policy-certificates"]["keys"]]


def thumbprint(of):
    return hashlib.sha1(of.der).hexdigest().upper()


@case
def signers_come_and_go():
    jws = alice.certificate(bob)
    before = signers(iso)
    same(before, alice.x5c() + root.x5c(), "signers")
    for verb, told, after in (("add", "IsPresent", before + bob.x5c()), ("add", "IsPresent", before + bob.x5c()),
                              ("remove", "IsAbsent", before), ("remove", "IsAbsent", before)):
        claims = checked(iso, signer(iso, verb, jws), "x-ms-certificate-thumbprint",
                         "x-ms-policycertificates-result")
        same((claims["x-ms-certificate-thumbprint"], claims["x-ms-policycertificates-result"]),
             (thumbprint(bob), told), "result")
        same(signers(iso), after, "signers")


@each([("a JSON string", json.dumps, "application/json"), ("raw", str, "text/plain"),
       ("raw, called JSON", str, "application/json"),
       ("an object", lambda jws: json.dumps({"policyCertificateToAdd": jws}), "application/json"),
       ("an object in another case", lambda jws: json.dumps({"PolicyCertificateToRemove": jws}),
        "application/json")])
def signers_in_any_form(_, form, media):
    signer(iso, "add", alice.certificate(bob), form, media).token()
    signer(iso, "remove", alice.certificate(bob), form, media).token()


@case
def a_new_signer_may_sign_and_a_removed_one_may_not():
    signer(iso, "add", alice.certificate(bob)).token()
    put(iso, policy(new_text(), bob)).token()
    error = refused(signer(iso, "remove", alice.certificate(bob)), 400, "InvalidOperation",
                    "signer.in-use")
    need("SgxEnclave" in error["message"], "the type is not named")
    put(iso, policy(new_text(), alice)).token()
    signer(iso, "remove", alice.certificate(bob)).token()
    refused(put(iso, policy(new_text(), bob)), 400, "InvalidParameter", "jws.signer.untrusted")
    refused(signer(iso, "add", bob.certificate(bob)), 400, "InvalidParameter", "jws.signer.untrusted")


@each([("by a stranger", lambda: eve.certificate(eve), "InvalidParameter", "jws.signer.untrusted"),
       ("by nobody", lambda: unsigned(b"{}"), "InvalidOperation", "change.unsigned"),
       ("without a certificate", lambda: alice.sign(b"{}"), "InvalidOperation", "jws.payload"),
       ("a policy", lambda: policy(TEXT, alice), "InvalidOperation", "jws.payload"),
       ("no JWS", lambda: "hello", "InvalidOperation", "jws.malformed")])
def signers_that_are_refused(_, jws, *codes):
    before = signers(iso)
    for verb in ("add", "remove"):
        refused(signer(iso, verb, jws()), 400, *codes)
    same(signers(iso), before, "signers")


@case
def the_last_signer_stays_and_32_are_enough():
    lonely = isolated("lonely", alice)
    refused(signer(lonely, "remove", alice.certificate(alice)), 400, "InvalidOperation", "signer.last")
    many = [Signer(f"many-{i}") for i in range(32)]
    for one in many[:31]:
        signer(lonely, "add", alice.certificate(one)).token()
    refused(signer(lonely, "add", alice.certificate(many[31])), 400, "InvalidOperation", "signer.limit")
    same(len(signers(lonely)), 32, "signers")
    lonely.stop()


@case
def other_tenants_have_no_signers():
    for on in (aad, shared):
        same(signers(on), [], "signers")
        for verb in ("add", "remove"):
            error = refused(signer(on, verb, alice.certificate(bob)), 400, "InvalidOperation",
                            "signers.not-isolated")
            need("65530" in error["message"] and "The operation is disallowed" in error["message"],
                 error["message"])


@case
def nobody_changes_a_shared_tenant():
    for answer in (put(shared, policy()), put(shared, policy(TEXT, alice)), reset(shared)):
        refused(answer, 401, "Unauthorized", "change.tenant.shared")
    refused(ask(shared, "POST", f"/policies/SgxEnclave:rollback{V}", '{"version":1}',
                "application/json"), 401, "Unauthorized", "change.tenant.shared")
    same(policy_hash(text_of(get(shared))), DEFAULT_HASH, "the default")


# ---- history

@case
def history_and_rollback():
    kind = "SevSnpVm"
    first, second = policy(TEXT + "// one"), policy(TEXT + "// two", bob)
    for jws in (first, second):
        put(aad, jws, kind).token()
    reset(aad, kind=kind).token()
    told = versions(aad, kind)
    same([(v["version"], v["operation"], v["signed"], v["tokenHash"]) for v in told],
         [(3, "reset", False, token_hash(RESET)), (2, "set", True, token_hash(second)),
          (1, "set", False, token_hash(first))], "history")
    same([v.get("policyHash") for v in told],
         [None, policy_hash(TEXT + "// two"), policy_hash(TEXT + "// one")], "hashes")
    need(all(v["who"].startswith("token:") for v in told), "who")
    for number, jws in ((1, first), (2, second), (3, RESET)):
        answer = ask(aad, "GET", f"/policies/{kind}/versions/{number}{V}")
        same(checked(aad, answer, "x-ms-policy")["x-ms-policy"], jws, f"version {number}")
    for number in ("4", "0", "-1", "1x", "9999999999", "999999999"):
        refused(ask(aad, "GET", f"/policies/{kind}/versions/{number}{V}"), 404, "NotFound",
                "change.version.unknown")
    back = f"/policies/{kind}:rollback{V}"
    claims = checked(aad, ask(aad, "POST", back, '{"version":2}', "application/json"),
                     "x-ms-policy-result", "x-ms-policy-token-hash", "x-ms-policy-signer")
    same((claims["x-ms-policy-result"], get(aad, kind)), ("Updated", second), "rolled back")
    checked(aad, ask(aad, "POST", back, '{"version":3}', "application/json"), "x-ms-policy-result")
    same(policy_hash(text_of(get(aad, kind))), "9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco", "default")
    same([v["operation"] for v in versions(aad, kind)], ["rollback", "rollback", "reset", "set", "set"],
         "history")
    refused(ask(aad, "POST", back, '{"version":6}', "application/json"), 404, "NotFound",
            "change.version.unknown")
    for bad in ("{}", '{"version":0}', '{"version":"1"}', '{"version":1.5}', "[]", ""):
        same(ask(aad, "POST", back, bad, "application/json").status, 400, bad)


@case
def an_older_one_that_was_replaced_is_fine_where_nobody_signs():
    first, second = policy(new_text()), policy(new_text())
    for jws in (first, second, first):
        put(aad, jws).token()
    same(get(aad), first, "stored")
    reset(aad).token()


# ---- siblings, baselines

@case
def a_sibling_with_the_default_is_told_of():
    need("OpenEnclave" in put(aad, policy(new_text())).field("x-quoth-warning"), "no warning")
    put(aad, policy(new_text()), "OpenEnclave").token()
    same(put(aad, policy(new_text())).field("x-quoth-warning"), None, "warning")
    need("SgxEnclave has the default" in reset(aad).field("x-quoth-warning"), "no warning of a reset")
    need("SgxEnclave has the default" in put(aad, policy(new_text()), "OpenEnclave").field(
        "x-quoth-warning"), "no warning")
    reset(aad, kind="OpenEnclave").token()
    same(put(aad, policy(new_text()), "TdxVm").field("x-quoth-warning"), None, "warning")
    reset(aad, kind="TdxVm").token()


@case
def baselines_are_listed():
    def ask_for(query="", kind="SgxEnclave", version="2025-06-01"):
        return ask(aad, "GET", f"/tcbbaselines/{kind}?api-version={version}{query}").json()["tcbBaselines"]
    same([b["tcbIdentifier"] for b in ask_for()], ["10", "11", "12", "13", "14", "15"], "baselines")
    same(ask_for()[1], {"tcbIdentifier": "11", "tcbEvaluationDataNumber": 11,
                        "tcbReleaseDate": "2021-06-08T00:00:00", "minimumPswLinuxVersion": "2.13.3",
                        "minimumPswWindowsVersion": "2.13.100.2", "isSelectedTcb": False}, "one")
    same(ask_for(version="2022-09-01-preview")[0]["tcbEvaluationDataNumber"], "10", "of the preview")
    same(ask_for("&provideCurrentTcbInPolicy=true"), [], "named by the default policy")
    put(aad, policy('version=1.1;configurationrules{=> issueproperty(type="x-ms-sgx-tcbidentifier", '
                    'value="12");};authorizationrules{=> permit();};')).token()
    same([b["tcbIdentifier"] for b in ask_for("&provideCurrentTcbInPolicy=true")], ["12"], "selected")
    reset(aad).token()
    same(ask_for(kind="TdxVm"), [], "of TDX")
    same(ask(aad, "GET", f"/tcbbaselines/SgxEnclave{V}&provideCurrentTcbInPolicy=2").status, 400, "status")


# ---- drafts

DRAFT = ('version=1.0; authorizationrules { [ type=="x-ms-sgx-is-debuggable" ] => permit(); }; issuancerules {'
         ' c:[type=="x-ms-sgx-mrsigner"] => issue(type="custom-name", value=c.value); };')


def draft(on, text, kind="SgxEnclave", **more):
    """The budget is small: what is asked for here waits for it."""
    body, answers = {"quote": b64url(QUOTE), "draftPolicyForAttestation": text, **more}, []
    until(lambda: answers.append(on.post(f"/attest/{kind}{V}", body)) or answers[-1].status != 429, "a turn")
    return answers[-1]


@case
def a_draft_judges_and_nobody_signs():
    jws = policy(new_text(), bob)
    put(aad, jws).token()
    answer = draft(aad, DRAFT, nonce="n")
    header, claims = answer.token()
    same(header, {"alg": "none", "jku": aad.issuer + "/certs", "typ": "JWT",
                  "kid": aad.attest(QUOTE).token()[0]["kid"]}, "header")
    need(answer.json()["token"].endswith("."), "a signature")
    same((claims["custom-name"], claims["x-ms-policy"], claims["nonce"]),
         ("51" * 32, {"custom-name": "51" * 32}, "n"), "claims")
    same(claims["x-ms-policy-hash"], policy_hash(DRAFT), "hash")
    need("x-ms-policy-signer" not in claims, "a signer of the stored policy")
    same(get(aad), jws, "what is stored")
    reset(aad).token()


@case
def the_draft_of_the_sdks_that_does_not_permit():
    if not VECTORS:
        print("  skipped: needs QUOTH_VECTORS")
        return
    wanted = json.loads(vector("errors/draft-policy-no-permit.json"))["error"]
    error = refused(draft(aad, vector("policies/sdk/draft-no-permit.txt").decode()), 400, wanted["code"],
                    "policy.not-permitted")
    for words in ("65518", "83FFFFEE", "Policy Engine Exception: No Permit claim was issued in the "
                  "authorizationrules section, authorization failed."):
        need(words in wanted["message"] and words in error["message"], error["message"])


@each([("no policy", "hello", "policy.syntax"), ("empty", "", "policy.syntax"),
       ("a JWS", policy(), "policy.syntax"), ("too deep", "version=1.2;authorizationrules{=>permit();};"
        "issuancerules{=>issue(type=\"a\",value=" + "AppendString(" * 2000, "policy.limit"), ("long", DRAFT + " " * 65536, "policy.limit")])
def drafts_that_do_not_parse(_, text, code):
    answer = draft(aad, text)
    same((answer.status, answer.refusal()), (400, ("PolicyParsingError", code)), f"of {answer.body[:300]!r}")


@each([("a number", 1), ("a list", []), ("an object", {"a": 1})])
def drafts_that_are_no_text(_, text):
    same(draft(aad, text).refusal()[1], "json.value", "refusal")


@case
def a_draft_that_is_null_is_none():
    same(aad.attest(QUOTE, draftPolicyForAttestation=None).token()[0]["alg"], "RS256", "alg")


@case
def tdx_takes_no_drafts():
    quote = platform.quote(kind="tdx")
    refused(aad.post(f"/attest/TdxVm{V}", {"quote": b64url(quote), "draftPolicyForAttestation": TEXT}), 400,
            "InvalidParameter", "request.draft-policy")


@case
def drafts_have_a_budget_and_can_be_off():
    off = Verifier("off", *platform.trust()).start(*OPTIONS, before=["env", "QUOTH_DRAFT_POLICIES=false"])
    refused(off.attest(QUOTE, draftPolicyForAttestation=TEXT), 400, "InvalidParameter",
            "request.draft-policy")
    off.stop()
    answers, limited, began = [], [], time.monotonic()

    def some_are_turned_away():
        answers.extend(at_once([lambda: aad.attest(QUOTE, draftPolicyForAttestation=TEXT)] * 60))
        limited.extend(a for a in answers if a.status == 429)
        return limited

    until(some_are_turned_away, "more than the budget has")
    judged, most = len(answers) - len(limited), 10 + 5 * (time.monotonic() - began + 1)  # at once, and in a second
    need(judged <= most, f"{judged} were judged, {most} would have been many")
    refused(limited[0], 429, "TooManyRequests", "request.draft-policy.rate")
    need(limited[0].field("Retry-After"), "no Retry-After")
    same(aad.attest(QUOTE).token()[0]["alg"], "RS256", "others are served")


@case
def a_draft_fetches_nothing():
    cold = Verifier("cold", *platform.trust()).start(*OPTIONS)
    answer = draft(cold, TEXT)
    same((answer.status, answer.refusal()[1]), (503, "collateral.unavailable"), "refusal")
    cold.attest(QUOTE).token()
    same(draft(cold, TEXT).token()[0]["alg"], "none", "alg")
    cold.stop()


@case
def no_reader_of_ours_believes_a_draft():
    token = path("draft.jwt", draft(aad, TEXT).json()["token"])
    keys = path("keys.json", aad.ask("GET", "/certs").body)
    good = path("good.jwt", aad.attest(QUOTE).json()["token"])
    for file, status in ((good, 0), (token, 1)):
        told = quoth("token", "verify", file, "--keys", keys, "--verifier", aad.issuer,
                     "--allow-simulated", "--allow-debug", "--output", "json")
        same(told.status, status, f"{told.out!r} {told.err}")
    same(told.json()["error"]["code"], "token.algorithm", "why")


# ---- the trail, and the store

def trail(on):
    """Events of the administration's trail, in their order."""
    files = [f for f in glob.glob(f"{on.state}/**/*", recursive=True) if "administration" in f]
    need(files, f"there is no trail below {on.state}")
    return [json.loads(line) for f in sorted(files) for line in whole_lines(f)]


@case
def changes_are_written_down_before_they_are_made():
    on = Verifier("trail", *platform.trust()).start(*OPTIONS)
    jws = policy(new_text())
    put(on, jws).token()
    reset(on).token()
    refused(put(on, policy("nonsense")), 400, "PolicyParsingError", "policy.syntax")
    events = [e for e in trail(on) if e["event"].startswith("policy.")]
    same([e["event"] for e in events], ["policy.set", "policy.set.done", "policy.reset",
                                        "policy.reset.done"], "events")
    same((events[0]["type"], events[0]["version"], events[0]["jws_sha256"]),
         ("SgxEnclave", 1, hashlib.sha256(jws.encode()).hexdigest()), "what was written down")
    need(events[0]["who"].startswith("token:"), "who")
    on.stop()


def tampered():
    def other_type(db):
        db.execute("UPDATE record SET id = 'OpenEnclave' WHERE kind = 'policy' AND id = 'SgxEnclave'")

    def one_bit(db):
        for row, value in db.execute("SELECT rowid, value FROM record WHERE kind = 'policy'").fetchall():
            db.execute("UPDATE record SET value = ? WHERE rowid = ?",
                       (value[:-1] + bytes([value[-1] ^ 1]), row))

    def cut(db):
        db.execute("UPDATE record SET value = substr(value, 1, length(value) / 2) WHERE kind = 'policy'")

    def earlier(db):
        db.execute("UPDATE record SET version = 9 WHERE kind = 'policy' AND version = 1")
    return [("of another type", other_type), ("one bit", one_bit), ("torn", cut), ("an older one", earlier)]


@each(tampered())
def a_row_that_was_changed_never_judges(name, change):
    on = Verifier("tampered-" + name.replace(" ", "-"), *platform.trust()).start(*OPTIONS)
    for _ in range(2):
        put(on, policy(new_text())).token()
    on.stop()
    with sqlite3.connect(f"{on.state}/quoth.db") as db:
        change(db)
    try:
        on.start(*OPTIONS)
    except Exception as problem:  # pylint: disable=broad-except
        need("ended" in str(problem), str(problem))
        return
    for kind in ("SgxEnclave", "OpenEnclave"):
        report = (1).to_bytes(4, "little") + (2).to_bytes(4, "little") + len(QUOTE).to_bytes(8, "little") + QUOTE
        body = {"quote": b64url(QUOTE), "report": b64url(report)}
        need(on.post(f"/attest/{kind}{V}", body).status >= 400, f"{kind} was judged")
    on.stop()


# ---- at the same time, and after a crash

def at_once(jobs):
    answers = [None] * len(jobs)

    def run(i):
        try:
            answers[i] = jobs[i]()
        except Exception as problem:  # pylint: disable=broad-except
            answers[i] = problem
    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(jobs))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return answers


@case
def set_and_reset_at_once_make_one_history():
    kind = "AzureGuest"
    jws = [policy(f"{TEXT}// {i}") for i in range(24)]
    jobs = [lambda j=j: put(aad, j, kind) for j in jws] + [lambda: reset(aad, kind=kind)] * 12
    answers = at_once(jobs)
    done = [a for a in answers if not isinstance(a, Exception) and a.status == 200]
    for a in answers:
        if a not in done:
            refused(a, 409, "Conflict", "change.conflict")
    told = versions(aad, kind)
    same([v["version"] for v in told], list(range(len(told), 0, -1)), "versions")
    sets = [v["tokenHash"] for v in told if v["operation"] == "set"]
    same(sorted(sets), sorted({a.token()[1]["x-ms-policy-token-hash"] for a in done
                               if a.token()[1]["x-ms-policy-result"] == "Updated"}), "what was set")
    same(get(aad, kind).startswith(RESET[:-1]), True, "what is stored")
    last = told[0]
    same(last["tokenHash"] == token_hash(get(aad, kind)) or last["operation"] == "reset", True,
         "the newest version is the one in force")


@case
def what_was_acknowledged_survives_kill_9():
    crashing = Verifier("crashing", *platform.trust())
    acknowledged = []
    for round_ in range(3):
        crashing.start(*OPTIONS)

        def storm(worker):
            for i in range(1000):
                jws = policy(f"{TEXT}// {round_}.{worker}.{i}")
                try:
                    if put(crashing, jws).status == 200:
                        acknowledged.append(token_hash(jws))
                except Exception:  # pylint: disable=broad-except
                    return
        workers = [threading.Thread(target=storm, args=(w,)) for w in range(3)]
        before = len(acknowledged)
        for w in workers:
            w.start()
        until(lambda: len(acknowledged) >= before + 12, "some policies to be set")
        crashing.stop(signal.SIGKILL)
        for w in workers:
            w.join()
    crashing.start(*OPTIONS)
    told = versions(crashing)
    kept = [v["tokenHash"] for v in told]
    lost = [h for h in acknowledged[-150:] if h not in kept]
    same(lost, [], "acknowledged and lost")
    same([v["version"] for v in told], list(range(told[0]["version"], told[0]["version"] - len(told), -1)),
         "versions")
    same(token_hash(get(crashing)), kept[0], "what is stored")
    crashing.stop()


# ---- recorded exchanges of 2022 (vectors/maa/admin)

IGNORED = ("iss", "iat", "nbf", "exp")
FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)


def recorded(name):
    claims = json.loads(vector(f"admin/{name}.claims.json"))
    return {n: claims[n] for n in claims if n not in IGNORED}


def replayed(answer):
    claims = answer.token()[1]
    return {n: claims[n] for n in claims if n not in IGNORED}


@case
def recorded_exchanges_give_the_same_claims():
    if not VECTORS:
        print("  skipped: needs QUOTH_VECTORS")
        return
    minimal = policy(vector("policies/sdk/minimal.txt").decode())
    for kind, name in (("SgxEnclave", "modify-unsecured"), ("Tpm", "tpm")):
        same(replayed(put(aad, minimal, kind)), recorded(f"{name}-1-put"), name)
        if kind == "SgxEnclave":
            same(replayed(ask(aad, "GET", f"/policies/{kind}{V}")), recorded(f"{name}-2-get"), name)
        same(replayed(reset(aad, kind=kind)), recorded(f"{name}-3-post"), name)
    for name in ("modify-unsecured-4-get", "modify-signed-4-get", "get-default-sgx-1-get"):
        same(replayed(ask(aad, "GET", f"/policies/SgxEnclave{V}")), recorded(name), name)
    same(replayed(ask(aad, "GET", f"/policies/Tpm{V}")), recorded("get-default-tpm-1-get"), "Tpm")
    was_signed = recorded("modify-signed-2-get")["x-ms-policy"]
    same(replayed(put(aad, was_signed)), recorded("modify-signed-1-put"), "modify-signed-1-put")
    same(replayed(ask(aad, "GET", f"/policies/SgxEnclave{V}")), recorded("modify-signed-2-get"), "signed")
    same(replayed(reset(aad)), recorded("modify-signed-3-post"), "modify-signed-3-post")
    same(replayed(ask(shared, "GET", f"/certificates{V}")), recorded("certs-list-shared-1-get"), "list")
    for verb in ("add", "remove"):
        error = json.loads(vector(f"admin/certs-{verb}-not-isolated-1-post.response.json"))["error"]
        told = refused(signer(aad, verb, alice.certificate(bob)), 400, error["code"],
                       "signers.not-isolated")
        need("The operation is disallowed" in told["message"], "the words of the recording")


@case
def recorded_signers_of_2022_come_and_go():
    if not VECTORS or not FAKETIME:
        print("  skipped: needs QUOTH_VECTORS and libfaketime")
        return
    listed = recorded("certs-add-2-get")["x-ms-policy-certificates"]["keys"]
    der = base64.b64decode(listed[0]["x5c"][0])
    file = path("signers/2022.crt", ssl.DER_cert_to_PEM_cert(der))
    clock = ["env", "FAKETIME=@2022-11-17 20:28:08", f"LD_PRELOAD={FAKETIME}"]
    past = Verifier("past", *platform.trust(), "--trust-model", "isolated", "--policy-signer", file,
                    before=clock)
    past.context.check_hostname, past.context.verify_mode = False, ssl.CERT_NONE
    past.start(*OPTIONS, before=clock)
    for verb, name in (("add", "certs-add-1-post"), ("remove", "certs-remove-2-post")):
        answer = ask(past, "POST", f"/certificates:{verb}{V}", vector(f"admin/{name}.request.txt"),
                     "application/json")
        same(replayed(answer), recorded(name), name)
        name = "certs-add-2-get" if verb == "add" else "certs-remove-3-get"
        same(replayed(ask(past, "GET", f"/certificates{V}")), recorded(name), name)
    past.stop()
    run(QUOTHD, "init", "--renew-admin-token", *past.options, "--issuer", past.issuer)
    past.start(*OPTIONS) # its signer has expired since
    refused(ask(past, "POST", f"/certificates:add{V}", vector("admin/certs-add-1-post.request.txt"),
                "application/json"), 400, "InvalidParameter", "jws.signer.untrusted")
    past.stop()


main()
