#!/usr/bin/env python3
"""The routes of attestation: trust domains, who is served at all, collateral past its time."""
import calendar
import glob
import json
import os
import subprocess
import time

from stage import QUOTHD, VERSION, Platform, Verifier, b64url, until
import exposition
from harness import QUOTH, case, each, main, need, path, same

TDX, SGX, OE = ("/attest/" + t + VERSION for t in ("TdxVm", "SgxEnclave", "OpenEnclave"))
HELD = b'{"challenge": "c29tZXRoaW5n"}'

platform = Platform("platform")
COLLATERAL = platform.serve()
TRUST = platform.trust()
QUOTE = platform.quote(HELD, "tdx")
ENCLAVE = platform.quote(HELD)
verifier = Verifier("main", *TRUST).start("--collateral", COLLATERAL, "--rate", "0")
FIRST = verifier.post(SGX, {"quote": b64url(ENCLAVE)}).token()[1]
ID = FIRST["x-quoth-platform-id"]


def held(data=HELD, kind="JSON"):
    return {"data": b64url(data), "dataType": kind}


def report(quote):
    return (1).to_bytes(4, "little") + (2).to_bytes(4, "little") + len(quote).to_bytes(8, "little") + quote


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def refused(answer, status, azure, code):
    same((answer.status, *answer.refusal()), (status, azure, code), f"refusal {answer.body!r}")
    detail = answer.json()["error"]["details"][0]
    same(detail["requestId"], answer.field("x-ms-request-id"), "request id")
    need(detail["hint"], "no hint")
    return detail


# ---- trust domains

# Of maa.md 2.6, whose sample has no more but what Azure says as the owner of the machine.
TDX_CLAIMS = {
    "attester_tcb_status": "UpToDate", "dbgstat": "disabled", "intuse": "generic",
    "eat_profile": "https://aka.ms/maa-eat-profile-tdxvm", "x-ms-attestation-type": "tdxvm", "x-ms-ver": "1.0",
    "tdx_mrtd": "d1" * 48, "tdx_td_attributes_debug": False, "tdx_td_attributes_septve_disable": True,
    "tdx_td_attributes_key_locker": False, "tdx_td_attributes_perfmon": False,
    "tdx_td_attributes_protection_keys": False, "tdx_td_attributes": "0000001000000000",
    "tdx_xfam": "e700000000000000", "x-quoth-simulated": True}


@case
def a_trust_domain_gets_a_token():
    claims = verifier.post(TDX, {"quote": b64url(QUOTE), "nonce": "n"}).token()[1]
    for name, value in TDX_CLAIMS.items():
        same(claims[name], value, name)
    same(claims["tdx_seamsvn"], int(claims["tdx_tee_tcb_svn"][:2], 16), "tdx_seamsvn")
    same(claims["exp"] - claims["iat"], 28800, "life")
    same(claims["nonce"], "n", "nonce")
    need(not [n for n in claims if n.startswith("x-ms-sgx")], "claims of an enclave")
    need("x-ms-policy" not in claims and "x-ms-compliance-status" not in claims, "claims nobody made")


@case
def runtime_and_init_time_data_of_a_trust_domain():
    body = {"quote": b64url(QUOTE), "runtimeData": held(), "initTimeData": held()}
    claims = verifier.post(TDX, body).token()[1]
    same(claims["x-ms-runtime"], json.loads(HELD), "x-ms-runtime")
    same(claims["x-ms-inittime"], json.loads(HELD), "x-ms-inittime")
    binary = verifier.post(TDX, {"quote": b64url(QUOTE), "runtimeData": held(kind="Binary")}).token()[1]
    need("x-ms-runtime" not in binary and "x-ms-sgx-ehd" not in binary, "Binary data became a claim")


@case
def a_debug_domain_says_so():
    claims = verifier.post(TDX, {"quote": b64url(platform.quote(HELD, "tdx-debug"))}).token()[1]
    same((claims["dbgstat"], claims["tdx_td_attributes_debug"]), ("enabled", True), "debug")


@each([("an SGX quote", {"quote": b64url(ENCLAVE)}, "input.unsupported"),
       ("an Open Enclave report", {"quote": b64url(report(QUOTE))}, None),
       ("the member of another type", {"report": b64url(QUOTE)}, "json.value"),
       ("nothing", {}, "json.value"),
       ("cut", {"quote": b64url(QUOTE[:-1])}, "input.malformed"),
       ("longer", {"quote": b64url(QUOTE + b"x")}, "input.malformed"),
       ("a flipped measurement", {"quote": b64url(flipped(QUOTE, 48 + 136))}, "quote.signature.invalid"),
       ("other runtime data", {"quote": b64url(QUOTE), "runtimeData": held(b"{}")}, "held-data.mismatch"),
       ("other init-time data", {"quote": b64url(QUOTE), "initTimeData": held(b"{}")}, "held-data.mismatch"),
       ("runtime data that is no object", {"quote": b64url(platform.quote(b"[]", "tdx")),
                                           "runtimeData": held(b"[]")}, "held-data.invalid")])
def what_is_no_trust_domain(_, body, code):
    answer = verifier.post(TDX, body)
    same(answer.status, 400, f"status of {answer.body!r}")
    same(answer.refusal()[0], "InvalidParameter", "Azure's code")
    if code:
        same(answer.refusal()[1], code, "code")


@each([("on the route of enclaves", SGX, {"quote": b64url(QUOTE)}),
       ("in a report", OE, {"report": b64url(report(QUOTE))})])
def a_trust_domain_is_no_enclave(_, target, body):
    same(verifier.post(target, body).status, 400, "status")


@case
def limits_have_an_error_each():
    for more, where in (({"runtimeData": held(b"x" * 32769, "Binary")}, "runtimeData"),
                        ({"initTimeData": held(b"x" * 32769, "Binary")}, "initTimeData"),
                        ({"nonce": "x" * 1025}, "nonce")):
        answer = verifier.post(TDX, {"quote": b64url(QUOTE), **more})
        detail = refused(answer, 413, "RequestEntityTooLarge", "input.too-large")
        same(detail["target"], where, "target")
    v = Verifier("large", *TRUST).start("--collateral", COLLATERAL, "--body-limit", str(1 << 20))
    long = {"quote": b64url(QUOTE), "ignored": "x" * (600 << 10)}
    v.post(TDX, long).token()
    refused(verifier.post(TDX, long), 413, "RequestEntityTooLarge", "input.too-large")
    refused(v.post(TDX, {**long, "more": "x" * (500 << 10)}), 413, "RequestEntityTooLarge", "input.too-large")
    v.stop()


# ---- what is not judged here

@each([("SevSnpVm", {"report": "AAAA"}), ("Tpm", {"data": "AAAA"}), ("AzureGuest", {"attestationInfo": "AAAA"})])
def types_that_this_build_cannot_judge(name, body):
    detail = refused(verifier.post(f"/attest/{name}" + VERSION, body), 400, "InvalidOperation",
                     "attest.type.unsupported")
    same(detail["target"], name, "target")
    refused(verifier.post(f"/attest/{name.lower()}" + VERSION, b"no JSON"), 400, "InvalidOperation",
            "attest.type.unsupported")
    same(verifier.ask("GET", f"/attest/{name}" + VERSION).status, 405, "GET")


@case
def a_type_that_nobody_knows():
    refused(verifier.post("/attest/Pluton" + VERSION, {}), 404, "NotFound", "http.route.unknown")


@case
def health_as_azure_has_it():
    for target in ("/servicehealth", "/ServiceHealth?api-version=2026-03-11-preview"):
        answer = verifier.ask("GET", target)
        same((answer.status, answer.body), (204, b""), target)


# ---- who is served at all

@each([("denied", ["--platform-deny", ID], SGX, "attest.platform.denied"),
       ("denied, in capitals", ["--platform-deny", ID.upper()], SGX, "attest.platform.denied"),
       ("denied as a machine", ["--platform-deny", "0" * 64, "--platform-deny", ID], TDX, "attest.platform.denied"),
       ("another is denied", ["--platform-deny", "0" * 64], SGX, None),
       ("allowed", ["--platform-allow", ID], SGX, None),
       ("another is allowed", ["--platform-allow", "0" * 64], SGX, "attest.platform.not-allowed"),
       ("allowed and denied", ["--platform-allow", ID, "--platform-deny", ID], SGX, "attest.platform.denied")])
def platforms_by_list(name, options, target, code):
    v = Verifier("lists-" + name.replace(" ", "-").replace(",", ""), *TRUST).start("--collateral", COLLATERAL, *options)
    answer = v.post(target, {"quote": b64url(QUOTE if target == TDX else ENCLAVE)})
    if code:
        same(refused(answer, 400, "InvalidParameter", code)["found"], ID, "found")
    else:
        answer.token()
    v.stop()


@case
def a_forger_learns_nothing_of_the_lists():
    v = Verifier("lists-forged", *TRUST).start("--collateral", COLLATERAL, "--platform-deny", ID)
    same(v.post(SGX, {"quote": b64url(flipped(ENCLAVE, 440))}).refusal()[1], "quote.signature.invalid", "code")
    v.stop()


@case
def a_tenant_may_close_types():
    v = Verifier("closed", *TRUST).start("--collateral", COLLATERAL, "--closed-type", "OpenEnclave",
                                         "--closed-type", "TdxVm")
    v.post(SGX, {"quote": b64url(ENCLAVE)}).token()
    for target, body in ((OE, {"report": b64url(report(ENCLAVE))}), (TDX, {"quote": b64url(QUOTE)}), (TDX, b"")):
        refused(v.post(target, body), 400, "InvalidOperation", "attest.type.closed")
    v.stop()


# ---- policies, explained

DENY = 'version=1.0;\nauthorizationrules{\n  [type=="x-ms-sgx-svn", value<5] => deny();\n  => permit();\n};'
UNSIGNED = "eyJhbGciOiJub25lIn0." + b64url(json.dumps({"AttestationPolicy": b64url(DENY.encode())}).encode()) + "."


def read_as_admin(target, body, token=None, v=verifier):
    token = token or open(os.path.join(v.state, "admin.token")).read().strip()
    return v.post(target + VERSION, body, [("Content-Type", "application/json"), ("Authorization", f"Bearer {token}")])


@each([("as text", DENY), ("as a JWS", UNSIGNED)])
def a_policy_is_tried_on_evidence(_, policy):
    answer = read_as_admin("/policies/SgxEnclave:explain", {"policy": policy, "quote": b64url(ENCLAVE)})
    same(answer.status, 200, answer.body)
    trace = answer.json()
    same((trace["outcome"], trace["decided"]), ("denied", 1), "outcome")
    rule = trace["rules"][0]
    same((rule["line"], rule["column"], rule["fired"]), (3, 3, True), "rule")
    same(rule["conditions"][0]["claims"], [{"type": "x-ms-sgx-svn", "value": 2, "issuer": "AttestationService"}], "claims")
    need("token" not in trace and "eyJ" not in answer.body.decode(), "a token was issued")
    verifier.post(SGX, {"quote": b64url(ENCLAVE)}).token()


@case
def the_policy_that_holds_is_explained():
    trace = read_as_admin("/policies/tdxvm:explain", {"quote": b64url(QUOTE), "runtimeData": held()}).json()
    same((trace["outcome"], trace["issued"]), ("permitted", {}), "outcome")
    trace = read_as_admin("/policies/OpenEnclave:Explain", {"report": b64url(report(ENCLAVE))}).json()
    same(trace["issued"]["sgx-mrsigner"], "51" * 32, "issued")


@case
def a_policy_is_tried_on_claims_of_any_type():
    policy = 'version=1.0;authorizationrules{[type=="aikValidated", value==true] => permit();};'
    trace = read_as_admin("/policies/Tpm:explain", {"policy": policy, "claims": {"aikValidated": True}}).json()
    same(trace["outcome"], "permitted", "outcome")
    trace = read_as_admin("/policies/Tpm:explain", {"policy": policy, "claims": {"other": 1}}).json()
    same(trace["outcome"], "not-permitted", "outcome")
    same((trace["error"]["line"], trace["error"]["column"]), (1, 32), "place")


@each([("evidence that is forged", "SgxEnclave", {"quote": b64url(flipped(ENCLAVE, 440))}, 400, "quote.signature.invalid"),
       ("evidence of another type", "TdxVm", {"quote": b64url(ENCLAVE)}, 400, "input.unsupported"),
       ("no evidence", "SgxEnclave", {}, 400, "json.value"),
       ("no object", "SgxEnclave", b"[]", 400, "json.value"),
       ("a type that is not judged", "SevSnpVm", {"report": "AAAA"}, 400, "attest.type.unsupported"),
       ("no such type", "Vsm", {"quote": b64url(ENCLAVE)}, 400, "attest.type.unknown"),
       ("no policy", "Tpm", {"claims": {}}, 400, "policy.not-permitted"),
       ("a bad policy", "SgxEnclave", {"policy": "version=1.0\n[", "quote": b64url(ENCLAVE)}, 400, "policy.syntax"),
       ("a bad JWS", "SgxEnclave", {"policy": "eyJhbGciOiJub25lIn0.e30.", "quote": b64url(ENCLAVE)}, 400, "jws.payload"),
       ("claims of no kind", "SgxEnclave", {"claims": [1]}, 400, "json.value")])
def what_cannot_be_explained(_, kind, body, status, code):
    answer = read_as_admin(f"/policies/{kind}:explain", body)
    same((answer.status, answer.refusal()[1]), (status, code), f"refusal {answer.body!r}")
    if code == "policy.syntax":
        error = answer.json()["error"]
        same((error["details"][0]["line"], error["details"][0]["column"]), (2, 1), "place")
        need("Offending symbol: '['. Line: '2'. Column: '1'." in error["message"], error["message"])


@case
def nothing_is_fetched_to_explain():
    v = Verifier("explained", *TRUST).start("--collateral", COLLATERAL)
    body = {"quote": b64url(ENCLAVE)}
    answer = read_as_admin("/policies/SgxEnclave:explain", body, v=v)
    refused(answer, 503, "ServiceUnavailable", "collateral.source.unavailable")
    same(v.metric('quoth_collateral_events_total{event="refreshed"}'), 0, "fetches")
    v.attest(ENCLAVE).token()
    same(read_as_admin("/policies/SgxEnclave:explain", body, v=v).json()["outcome"], "permitted", "outcome")
    v.stop()


@each([("check", {"policy": DENY}), ("explain", {"policy": DENY, "quote": b64url(ENCLAVE)})])
def only_readers_are_told(verb, body):
    answer = verifier.post(f"/policies/SgxEnclave:{verb}" + VERSION, body)
    same((answer.status, answer.refusal()[0]), (401, "Unauthorized"), "without a token")
    answer = read_as_admin(f"/policies/SgxEnclave:{verb}", body, token="x" * 43)
    same((answer.status, answer.refusal()[0]), (401, "Unauthorized"), "with another token")


@case
def a_policy_is_checked_as_the_command_does():
    text = 'version=1.0;authorizationrules{[type=="x-ms-sgx-mrsginer", value=="a"] => permit();};'
    told = json.loads(subprocess.run([QUOTH, "policy", "check", path("p.txt", text.encode()), "--output", "json"],
                                     capture_output=True).stdout)
    same(read_as_admin("/policies/SgxEnclave:check", {"policy": text}).json(), told, "findings")
    same([f["code"] for f in told["findings"]][:2], ["unknown-claim", "never-fires"], "findings")
    refused(read_as_admin("/policies/SgxEnclave:check", {}), 400, "InvalidParameter", "json.value")
    detail = refused(read_as_admin("/policies/SgxEnclave:check", {"policy": "version=1.0"}), 400,
                     "PolicyParsingError", "policy.syntax")
    same(detail["expected"], "';'", "expected")


@case
def a_tenant_takes_no_more_than_its_share():
    v = Verifier("share", *TRUST).start("--collateral", COLLATERAL, "--tenant-rate", "5")
    answers = [v.attest(ENCLAVE) for _ in range(6)]
    until(lambda: answers.append(v.post(SGX, b"x")) or answers[-1].status == 429, "too many")
    refused(answers[-1], 429, "TooManyRequests", "attest.rate")
    same(answers[-1].field("Retry-After"), "1", "Retry-After")
    same(v.ask("GET", "/certs").status, 200, "the keys")
    same(answers[0].status, 200, "the first")
    until(lambda: v.attest(ENCLAVE).status == 200, "a turn")
    v.stop()


# ---- trust

@case
def a_simulated_root_is_no_hardware_whoever_says_so():
    done = subprocess.run([QUOTHD, "init", "--state", path("lab/state"), "--master-key", path("lab/keys/master.key"),
                           "--issuer", "https://localhost:4443", "--trust", f"hardware:{platform.root_sha256}",
                           "--trust-root", platform.root], capture_output=True, timeout=60)
    same(done.returncode, 2, "exit status")
    need(b"marked as simulated" in done.stderr and b"class simulated" in done.stderr, done.stderr)
    same(subprocess.run([QUOTHD, "--state", path("lab/state"), "--master-key", path("lab/keys/master.key")],
                        capture_output=True, timeout=60).returncode, 3, "nothing was made")


DAY = 86400


# ---- policies, in force

def jws(text):
    return ("eyJhbGciOiJub25lIn0." + b64url(json.dumps({"AttestationPolicy": b64url(text.encode())}).encode()) + ".").encode()


def put(v, kind, text):
    token = open(os.path.join(v.state, "admin.token")).read().strip()
    answer = v.ask("PUT", f"/policies/{kind}" + VERSION, jws(text),
                   [("Content-Type", "text/plain"), ("Authorization", f"Bearer {token}")])
    same(answer.status, 200, answer.body)


ruled = Verifier("ruled", *TRUST).start("--collateral", COLLATERAL, "--rate", "0", "--siblings", "strict")


@case
def the_sibling_without_a_policy_is_closed_while_the_other_has_one():
    ruled.post(OE, {"report": b64url(report(ENCLAVE))}).token()
    put(ruled, "SgxEnclave", 'version=1.0;authorizationrules{[type=="x-ms-sgx-svn", value==2] => permit();};')
    until(lambda: ruled.post(OE, {"report": b64url(report(ENCLAVE))}).status != 200, "the policy to be in force")
    refused(ruled.post(OE, {"report": b64url(report(ENCLAVE))}), 400, "InvalidOperation", "attest.sibling.default")
    ruled.post(SGX, {"quote": b64url(ENCLAVE)}).token()
    ruled.post(TDX, {"quote": b64url(QUOTE)}).token()
    put(ruled, "OpenEnclave", "version=1.0;authorizationrules{=>permit();};")
    until(lambda: ruled.post(OE, {"report": b64url(report(ENCLAVE))}).status == 200, "the policy to be in force")


@each([("denied", '\n  [type=="tdx_td_attributes_debug", value==false] => deny();\n  => permit();', "policy.denied", (3, 3),
        "authorizationrules, rule 1", "all conditions of the rule hold; the first is about tdx_td_attributes_debug"),
       ("not permitted", '\n  [type=="tdx_mrtd", value=="00"] =>\n permit();', "policy.not-permitted", (3, 3),
        "authorizationrules, rule 1", "condition 1 of the rule does not hold: no claim passes its tests on tdx_mrtd"),
       ("nothing permits", "", "policy.not-permitted", None, "authorizationrules", "no rule that permits"),
       ("an error", '\n => permit(); };\nissuancerules {\n =>issue(type="r",value=JmesPath("{", "a"));', "policy.evaluation",
        (5, 2), "issuancerules, rule 2", None)])
def a_policy_that_refuses_says_where(name, rules, code, place, target, found):
    text = "version=1.2;\nauthorizationrules {" + rules + "\n};"
    before = ruled.metric(f'quoth_refusals_total{{code="{code}"}}')
    put(ruled, "TdxVm", text)
    until(lambda: ruled.post(TDX, {"quote": b64url(QUOTE)}).status == 400 and
          ruled.metric(f'quoth_refusals_total{{code="{code}"}}') > before, "the policy to be in force")
    detail = refused(ruled.post(TDX, {"quote": b64url(QUOTE)}), 400, "PolicyEvaluationError", code)
    same((detail["line"], detail["column"]) if "line" in detail else None, place, "place")
    same(detail["target"], target, "target")
    same(detail.get("found"), found, "found")
    same(detail.get("offset") is not None, place is not None, "offset")


# THREATS 12: what a token says at its top level is ours to say, whatever the type.
@each([("TdxVm", TDX, {"quote": b64url(QUOTE)}), ("SgxEnclave", SGX, {"quote": b64url(ENCLAVE)}),
       ("OpenEnclave", OE, {"report": b64url(report(ENCLAVE))})])
def no_policy_speaks_for_the_service(kind, target, body):
    names = ["iss", "exp", "jti", "aud", "nonce", "cnf", "X-MS-Policy-Hash", "x-ms-runtime", "x-ms-sgx-mrenclave",
             "x-ms-compliance-status", "tdx_mrtd", "TDX_rtmr9", "x-quoth-simulated", "x-quoth-new", "dbgstat",
             "attester_tcb_status", "eat_profile", "secureboot", "maa-ehd", "submods"]
    rules = "".join(f'=>issue(type="{name}", value="forged");' for name in [*names, "mine"])
    put(ruled, kind, "version=1.0;authorizationrules{=>permit();};issuancerules{" + rules + "};")
    until(lambda: ruled.post(target, body).token()[1].get("mine") == "forged", "the policy to be in force")
    claims = ruled.post(target, body).token()[1]
    same(set(claims["x-ms-policy"]), {*names, "mine"}, "x-ms-policy")
    same([n for n, v in claims.items() if v == "forged"], ["mine"], "claims at the top")
    same(claims["iss"], ruled.issuer, "iss")
    same(claims["x-quoth-simulated"], True, "simulated")


BASELINE = ('version=1.1;configurationrules{=>issueproperty(type="x-ms-sgx-tcbidentifier", value="%s");};'
            'authorizationrules{=>permit();};issuancerules{=>issue(type="b", value="%s");};')


def outcome(answer):
    """The code of a refusal, or what the policy has made of a token."""
    return answer.token()[1].get("b") if answer.status == 200 else answer.refusal()[1]


@case
def baselines_are_judged():
    recovering = Platform("recovering")
    recovering.vendor("refresh", "--evaluation-number", "12")
    v = Verifier("recovering-verifier", *recovering.trust()).start("--collateral", recovering.serve(), "--rate", "0")
    quote = recovering.quote()
    v.attest(quote).token()
    for baseline, code in (("azuredefault", None), ("10", None), ("12", None), ("13", "policy.precondition"),
                           ("99", "policy.evaluation"), ("11", None)):
        put(v, "SgxEnclave", BASELINE % (baseline, baseline))
        until(lambda: outcome(v.attest(quote)) == (code or baseline), f"baseline {baseline}")
    v.stop()
    recovering.service.stop()


@case
def the_ruled_stops():
    same(ruled.stop(), 0, "exit status")


# ---- counters

@case
def counters_are_as_prometheus_reads_them():
    for hostile in ("/\u202e", "/a%22%0a", '/"}{x="'):
        verifier.ask("GET", hostile.encode().decode("latin-1"), fields=[("x-ms-client-request-id", '"}\\')])
    verifier.post(SGX, {"quote": b64url(flipped(ENCLAVE, 440))})
    verifier.post(TDX, {"quote": b64url(QUOTE)}).token()
    families = exposition.read(verifier.ask("GET", "/metrics").body.decode())

    def values(name, **labels):
        return [v for (_, ls), v in families["quoth_" + name][1].items() if set(labels.items()) <= set(ls)]

    tenant = {"tenant": verifier.issuer}
    need(values("attestations_total", tee="tdx", verdict="accepted", **tenant)[0] >= 2, "tdx accepted")
    need(values("attestation_refusals_total", tee="sgx", reason="quote.signature.invalid", **tenant)[0] >= 1, "reason")
    need(values("policy_decisions_total", type="TdxVm", outcome="permitted", **tenant)[0] >= 2, "permitted")
    need(values("admin_requests_total", outcome="done", **tenant)[0] >= 2, "admin")
    need(values("admin_requests_total", outcome="unauthorized", **tenant)[0] >= 2, "admin")
    same(values("collateral_sets", root=platform.root_sha256), [2], "sets of SGX and TDX")
    need(0 < values("collateral_expiry_seconds", root=platform.root_sha256)[0] < 400 * DAY, "expiry")
    seen = {v for _, samples in families.values() for _, ls in samples for n, v in ls if n == "tenant"}
    same(seen, {verifier.issuer}, "tenants")
    same(values("audit_lines_lost_total"), [0], "lost lines")


@case
def log_lines_name_the_tenant():
    until(lambda: [line for line in verifier.logged("request") if line.get("tenant") == verifier.issuer],
          "a line of the tenant")


# ---- collateral past its time

def later(days, *options):
    """A service on a machine whose clock is that much ahead: all that is signed has aged."""
    v = Verifier(f"later-{days}-{len(options)}", *TRUST)
    v.context.verify_flags |= 0x200000  # X509_V_FLAG_NO_CHECK_TIME: its certificate is from the future
    library, = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")  # the wrapper trips over semaphores that others left
    return v.start("--collateral", COLLATERAL, *options,
                   before=("env", f"LD_PRELOAD={library}", f"FAKETIME=+{days}d"))


def next_update():
    """Days from now until the collateral of this platform expires."""
    answer = subprocess.run(["curl", "-s", f"{COLLATERAL}/sgx/certification/v4/qe/identity"], capture_output=True)
    ends = json.loads(answer.stdout)["enclaveIdentity"]["nextUpdate"]
    return (calendar.timegm(time.strptime(ends, "%Y-%m-%dT%H:%M:%SZ")) - time.time()) / DAY


@case
def collateral_past_its_time_serves_for_the_grace_and_no_longer():
    days = int(next_update()) + 2
    grace = ("--collateral-grace", str(4 * DAY))
    fresh = verifier.post(SGX, {"quote": b64url(ENCLAVE)}).token()[1]
    need("x-quoth-collateral-grace" not in fresh, "the claim stands in every token")
    v = later(days)
    refused(v.post(SGX, {"quote": b64url(ENCLAVE)}), 503, "ServiceUnavailable", "collateral.source.unavailable")
    v.stop()
    v = later(days, *grace)
    for target, quote in ((SGX, ENCLAVE), (TDX, QUOTE)):
        same(v.post(target, {"quote": b64url(quote)}).token()[1]["x-quoth-collateral-grace"], True, "the claim")
    until(lambda: v.logged("collateral.grace"), "a line in the log")
    v.stop()
    v = later(days + 6, *grace)
    refused(v.post(SGX, {"quote": b64url(ENCLAVE)}), 503, "ServiceUnavailable", "collateral.source.unavailable")
    v.stop()


@case
def the_end():
    same(verifier.stop(), 0, "exit status")
    platform.service.stop()
    need(not [f for f in os.listdir(verifier.state) if f.endswith("-wal")], "a log is left behind")


if __name__ == "__main__":
    main()
