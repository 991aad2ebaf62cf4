#!/usr/bin/env python3
"""Who may administer quothd, and what is written down of it: admin_test.py QUOTH QUOTHD MAKE_QUOTE."""
import base64
import glob
import hashlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from stage import Platform, QUOTHD, VERSION, Verifier, b64url, is_vault, parse, until, whole_lines
from harness import case, each, main, need, path, quoth, read, same
from provider import Key, Provider, certificate, hs256, jwt

FAKETIME = (glob.glob("/usr/lib/*/faketime/libfaketime.so.1") or [""])[0]  # exec, so that signals reach quothd
FIRST, OTHER = "https://localhost:4443", "https://other.example:4443"
platform = Platform("platform")
collateral = platform.serve()
provider = Provider()
main_key, next_key, curve_key = Key("main"), Key("next"), Key("curve", curve=True)
provider.keys = [main_key.jwk(), curve_key.jwk(), next_key.jwk(kid="for-others", use="enc")]

CERTS = {"reader": certificate("reader"), "contributor": certificate("contributor"),
         "other": certificate("other"), "unknown": certificate("unknown"),
         "expired": certificate("expired", before=("faketime", "-f", "-10d"))}

verifier = Verifier("admin", *platform.trust(), issuer=FIRST)
done = subprocess.run([QUOTHD, "init", *verifier.options, "--add-tenant", OTHER, *platform.trust()],
                      capture_output=True)
same(done.returncode, 0, f"a second tenant: {done.stderr}")
OIDC = {"oidc-issuer": provider.issuer, "oidc-ca": provider.ca, "oidc-role-claim": "realm_access.roles"}
CONFIG = path("admin/config.json", json.dumps({
    **OIDC, "client-certificate": [f"{role}:{CERTS[role][2]}" for role in ("reader", "contributor")]
    + [f"contributor:{CERTS['expired'][2]}"],
    "tenants": {OTHER: {**OIDC, "client-certificate": [f"contributor:{CERTS['other'][2]}"]}}}))
START = ("--config", CONFIG, "--collateral", collateral, "--rate", "0", "--log-format", "json")
verifier.start(*START)
until(lambda: len(verifier.logged("oidc.keys-fetched")) == 2, "both tenants to have the provider's keys")


class Tenant:
    def __init__(self, issuer, folder):
        self.issuer, self.host = issuer, issuer[len("https://"):].split(":")[0]
        self.ca = os.path.join(folder, "ca.pem")
        self.trail = os.path.join(verifier.state, "audit", issuer[len("https://"):])
        self.folder = folder

    def token(self):
        return read(os.path.join(self.folder, "admin.token")).decode().strip()

    def ask(self, method, target, body=None, fields=(), bearer=None, client=None, host=None):
        context = ssl.create_default_context(cafile=self.ca)
        if client:
            context.load_cert_chain(CERTS[client][0], CERTS[client][1])
        plain = socket.create_connection((verifier.address[0], int(verifier.address[1])), timeout=60)
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host or self.host + ':4443'}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in fields]
        lines += [f"Authorization: Bearer {bearer}"] if bearer else []
        lines += [f"Content-Length: {len(body)}"] if body is not None else []
        heard = b""
        with context.wrap_socket(plain, server_hostname=self.host) as c:
            c.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""))
            while part := c.recv(65536):
                heard += part
        return parse(heard)

    def read(self, **how):
        return self.ask("GET", "/policies/SgxEnclave" + VERSION, **how)

    def change(self, text="version= 1.0; authorizationrules { => permit(); }; issuancerules { };", **how):
        jws = unsigned({"AttestationPolicy": b64url(text.encode())})
        return self.ask("PUT", "/policies/SgxEnclave" + VERSION, jws.encode(), [("Content-Type", "text/plain")], **how)

    def lines(self, stream):
        files = sorted(glob.glob(os.path.join(self.trail, f"{stream}.jsonl.0*")))
        files.append(os.path.join(self.trail, f"{stream}.jsonl"))
        return [json.loads(line) for f in files for line in whole_lines(f)]

    def verify(self, stream, *options):
        return quoth("audit", "verify", os.path.join(self.trail, f"{stream}.jsonl"), "--output", "json", *options)


first = Tenant(FIRST, verifier.state)
other = Tenant(OTHER, os.path.join(verifier.state, "tenants", "other.example"))


def unsigned(payload):
    return b64url(b'{"alg":"none"}') + "." + b64url(json.dumps(payload).encode()) + "."


def claims(roles=("contributor",), **more):
    now = int(time.time())
    return {"iss": provider.issuer, "aud": FIRST, "sub": "alice", "iat": now, "nbf": now, "exp": now + 300,
            "realm_access": {"roles": list(roles)}, **more}


def signed(payload=None, key=main_key, **header):
    own = {"alg": "ES256" if key.curve else "RS256", "kid": key.kid, "typ": "JWT", **header}
    return jwt(own, claims() if payload is None else payload, key.sign)


def without(name):
    return {k: v for k, v in claims().items() if k != name}


def ok(answer, what="the answer"):
    same(answer.status, 200, f"{what}: {answer.body!r}")


def refused(answer, status, code):
    same((answer.status, answer.refusal()[1]), (status, code), f"{answer.body!r}")
    if status == 401:
        same(answer.refusal()[0], "Unauthorized", "Azure's code")
        need(answer.field("WWW-Authenticate") is not None, "no challenge")


# ---- the admin token

@case
def the_admin_token_reads_and_changes():
    ok(first.read(bearer=first.token()))
    ok(first.change(bearer=first.token()))
    ok(first.ask("GET", "/policies/SgxEnclave" + VERSION, fields=[("authorization", "bEARER " + first.token())]))


@case
def nobody_is_told_where_to_get_a_token():
    answer = first.read()
    refused(answer, 401, "admin.unauthenticated")
    same(answer.field("WWW-Authenticate"),
         f'Bearer authorization_uri="{provider.issuer}", resource="{FIRST}"', "the challenge")


@each([
    ("wrong", "x" * 43), ("empty", "."), ("cut", None), ("longer", None), ("its hash", None), ("of another tenant", None),
])
def a_wrong_token_is_refused(name, token):
    own = first.token()
    made = {"cut": own[:-1], "longer": own + "A", "of another tenant": other.token(),
            "its hash": hashlib.sha256(own.encode()).hexdigest()}
    refused(first.read(bearer=token or made[name]), 401, "admin.unauthenticated")


@case
def two_authorizations_are_one_too_many():
    field = ("Authorization", "Bearer " + first.token())
    refused(first.ask("GET", "/policies/SgxEnclave" + VERSION, fields=[field, field]), 400, "http.malformed")
    basic = base64.b64encode(b"admin:" + first.token().encode()).decode()
    refused(first.ask("GET", "/policies/SgxEnclave" + VERSION, fields=[("Authorization", "Basic " + basic)]),
            401, "admin.unauthenticated")


@each([
    ("X-MS-CLIENT-PRINCIPAL", base64.b64encode(b'{"roles":["contributor"]}').decode()),
    ("X-MS-CLIENT-PRINCIPAL-NAME", "admin"), ("X-Forwarded-User", "admin"), ("X-Remote-User", "admin"),
    ("X-Forwarded-Authorization", "TOKEN"), ("Proxy-Authorization", "TOKEN"), ("X-MS-TOKEN-AAD-ACCESS-TOKEN", "TOKEN"),
    ("Forwarded", "for=127.0.0.1;by=admin"), ("X-Forwarded-For", "127.0.0.1"), ("X-SSL-Client-Verify", "SUCCESS"),
    ("X-SSL-Client-SHA256", CERTS["contributor"][2]), ("X-Forwarded-Client-Cert", "Hash=" + CERTS["contributor"][2]),
    ("X-Forwarded-Host", "other.example:4443"), ("Cookie", "token=TOKEN"),
])
def a_forwarded_field_says_nothing(name, value):
    value = value.replace("TOKEN", "Bearer " + first.token())
    refused(first.ask("GET", "/policies/SgxEnclave" + VERSION, fields=[(name, value)]), 401, "admin.unauthenticated")


# ---- tokens of the provider

@each([
    ("RS256", lambda: signed()), ("ES256", lambda: signed(key=curve_key)),
    ("typ of RFC 9068", lambda: signed(typ="at+jwt")), ("aud as a list", lambda: signed(claims(aud=["x", FIRST]))),
])
def a_contributor_may_change(_, token):
    ok(first.change(bearer=token()))


@case
def a_reader_reads_and_changes_nothing():
    token = signed(claims(["reader"]))
    ok(first.read(bearer=token))
    refused(first.change(bearer=token), 401, "admin.forbidden")


@each([
    ("no roles", lambda: claims([])), ("no claim", lambda: without("realm_access")),
    ("another claim", lambda: {**claims([]), "roles": ["contributor"]}),
    ("another case", lambda: claims(["Contributor"])),
])
def without_a_role_nothing_is_read(_, payload):
    refused(first.read(bearer=signed(payload())), 401, "admin.forbidden")


def attestation_token():
    quote = platform.quote()
    answer = first.ask("POST", "/attest/SgxEnclave" + VERSION, json.dumps({"quote": b64url(quote)}).encode(),
                       [("Content-Type", "application/json")])
    ok(answer, "an attestation")
    return answer.json()["token"]


PUBLIC = main_key.public
FORGED = [
    ("expired", lambda: signed(claims(exp=int(time.time()) - 61))),
    ("without an end", lambda: signed(without("exp"))),
    ("not yet valid", lambda: signed(claims(nbf=int(time.time()) + 120))),
    ("another audience", lambda: signed(claims(aud=OTHER))),
    ("no audience", lambda: signed(without("aud"))),
    ("another issuer", lambda: signed(claims(iss=provider.origin + "/realms/evil"))),
    ("no issuer", lambda: signed(without("iss"))),
    ("this service as issuer", lambda: signed(claims(iss=FIRST))),
    ("no subject", lambda: signed(without("sub"))),
    ("alg none", lambda: jwt({"alg": "none", "kid": "main"}, claims(), lambda _: b"")),
    ("alg none with a signature", lambda: signed(alg="none")),
    ("HS256 with the public key", lambda: jwt({"alg": "HS256", "kid": "main"}, claims(), hs256(PUBLIC))),
    ("HS256 called RS256", lambda: jwt({"alg": "RS256", "kid": "main"}, claims(), hs256(PUBLIC))),
    ("signed by another key", lambda: signed(key=next_key, kid="main")),
    ("ES256 under an RSA kid", lambda: signed(key=curve_key, kid="main")),
    ("RS256 under a curve's kid", lambda: signed(kid="curve")),
    ("a key for encryption", lambda: signed(key=next_key, kid="for-others")),
    ("an unknown kid", lambda: signed(key=next_key)),
    ("no kid", lambda: jwt({"alg": "RS256"}, claims(), main_key.sign)),
    ("a jku", lambda: signed(jku=provider.origin + "/keys")),
    ("a jwk of its own", lambda: signed(key=next_key, jwk=next_key.jwk())),
    ("crit", lambda: signed(crit=["exp"])),
    ("typ of another use", lambda: signed(typ="logout+jwt")),
    ("an attestation token", attestation_token),
    ("a result about policies", lambda: first.read(bearer=first.token()).json()["token"]),
    ("a checkpoint", lambda: first.ask("GET", "/audit/checkpoint", bearer=first.token()).json()["token"]),
    ("with a verifier's claim", lambda: signed(claims(**{"x-ms-attestation-type": "sgx"}))),
    ("changed payload", lambda: (lambda t: ".".join([t[0], b64url(json.dumps(claims(sub="eve")).encode()), t[2]]))(
        signed().split("."))),
    ("no signature", lambda: signed().rsplit(".", 1)[0] + "."),
    ("two parts", lambda: signed().rsplit(".", 1)[0]),
    ("four parts", lambda: signed() + ".x"),
]


@each(FORGED)
def a_forged_token_is_refused(_, token):
    text = token()
    refused(first.read(bearer=text), 401, "admin.unauthenticated")


@case
def who_sends_unknown_keys_does_not_decide_how_often_the_provider_is_asked():
    before = len(provider.asked)
    for _ in range(3):
        until(lambda: first.read(bearer=signed(key=next_key)).status == 401, "an answer")
    need(len(provider.asked) - before <= 2, f"asked {provider.asked[before:]}")


@case
def guessing_is_slowed_down_and_attesting_is_not():
    slow = []
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: first.read(bearer="y" * 43), range(600)))
    for answer in answers:
        need(answer.status in (401, 429), f"{answer.status}")
        slow += [answer] if answer.status == 429 else []
    need(slow, "nobody was slowed down")
    same(slow[0].refusal()[1], "http.rate", "code")
    need(int(slow[0].field("Retry-After")) > 0, "no Retry-After")
    need(attestation_token(), "no attestation")
    until(lambda: first.read(bearer=first.token()).status == 200, "whoever is right to get in")
    time.sleep(10)


# ---- client certificates

@case
def a_certificate_has_its_role():
    ok(first.read(client="reader"))
    refused(first.change(client="reader"), 401, "admin.forbidden")
    ok(first.change(client="contributor"))
    ok(first.change(client="contributor", bearer="whatever-an-SDK-sends"))


@each([("unknown",), ("expired",), ("other",)])
def a_certificate_that_is_not_good_here_is_refused(name):
    refused(first.read(client=name), 401, "admin.unauthenticated")


@case
def a_certificate_counts_on_its_tenant_alone():
    ok(other.read(client="other"))
    refused(other.read(client="contributor"), 401, "admin.unauthenticated")
    answer = first.read(client="contributor", host="other.example:4443")
    same(answer.status, 421, "SNI of one tenant, Host of another")


@case
def a_list_of_certificates_changes_without_a_restart():
    before = read(CONFIG)
    config = json.loads(before)
    config["client-certificate"] = [f"reader:{CERTS['unknown'][2]}"]
    path("admin/config.json", json.dumps(config))
    verifier.process.process.send_signal(signal.SIGHUP)
    until(lambda: first.read(client="unknown").status == 200, "the new list")
    refused(first.read(client="contributor"), 401, "admin.unauthenticated")
    path("admin/config.json", before)
    verifier.process.process.send_signal(signal.SIGHUP)
    until(lambda: first.read(client="contributor").status == 200, "the old list")
    refused(first.read(client="unknown"), 401, "admin.unauthenticated")
    until(lambda: len(outcome(first.lines("administration"), "config.reloaded")) == 2, "two lines in the trail")


@case
def one_token_cannot_be_good_for_two_tenants():
    before = read(CONFIG)
    config = json.loads(before)
    config["oidc-audience"] = config["tenants"][OTHER]["oidc-audience"] = "quoth"
    path("admin/config.json", json.dumps(config))
    verifier.process.process.send_signal(signal.SIGHUP)
    until(lambda: verifier.logged("config.refused"), "the refusal")
    ok(first.read(bearer=signed()), "what was in force")
    refused(first.read(bearer=signed(claims(aud="quoth"))), 401, "admin.unauthenticated")
    path("admin/config.json", before)


# ---- tenants

@case
def nobody_is_administrator_of_two():
    ok(other.read(bearer=other.token()))
    refused(other.read(bearer=first.token()), 401, "admin.unauthenticated")
    refused(other.read(bearer=signed()), 401, "admin.unauthenticated")  # aud is the first
    ok(other.change(bearer=signed(claims(aud=OTHER))))


# ---- every route

@case
def every_protected_route_asks_who_it_is():
    document = first.ask("GET", "/openapi.json").json()
    reader, count = signed(claims(["reader"])), 0
    for target, item in document["paths"].items():
        for method, row in item.items():
            if not row["security"] or is_vault(target):
                continue
            role = row["security"][0]["bearer"][0]
            url = re.sub(r"\{[^}]*\}", "1", target.replace("{type}", "SgxEnclave")) + VERSION
            content = list(row.get("requestBody", {}).get("content", []))
            body, fields = (b"{}", [("Content-Type", content[0])]) if content else (None, ())
            refused(first.ask(method.upper(), url, body, fields), 401, "admin.unauthenticated")
            if role.lower() == "contributor":
                refused(first.ask(method.upper(), url, body, fields, bearer=reader), 401, "admin.forbidden")
            count += 1
    need(count >= 10, f"{count} routes alone are protected")


@case
def who_shows_nothing_is_not_listened_to():
    """The refusal comes before the body, of which there is more than any buffer takes."""
    answer = first.ask("PUT", "/policies/SgxEnclave" + VERSION, None,
                       [("Content-Type", "text/plain"), ("Content-Length", "100000"), ("Expect", "100-continue")])
    refused(answer, 401, "admin.unauthenticated")


@case
def a_client_that_leaves_costs_nothing_but_its_answer():
    for _ in range(20):
        context = ssl.create_default_context(cafile=first.ca)
        plain = socket.create_connection((verifier.address[0], int(verifier.address[1])))
        c = context.wrap_socket(plain, server_hostname="localhost")
        c.sendall(f"GET /audit/checkpoint HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {first.token()}\r\n\r\n"
                  .encode())
        c.close()
    ok(first.read(bearer=first.token()))


# ---- the trail

def outcome(lines, event):
    return [line for line in lines if line["event"].startswith(event)]


@case
def a_change_is_recorded_before_and_after():
    lines = first.lines("administration")
    changes = outcome(lines, "policy.set")
    need(len(changes) >= 6, f"{len(changes)} lines about policies")
    need(any(line.get("who") == "oidc:alice" for line in changes), "alice is not there")
    need(any(line.get("who", "").startswith("token:") for line in changes), "the admin token is not there")
    need(any(line.get("who") == "cert:" + CERTS["contributor"][2] for line in changes), "the certificate is not there")
    intended = {line["request"] for line in changes if line["event"] == "policy.set"}
    ended = {line["request"] for line in changes if line["event"] in ("policy.set.done", "policy.set.failed")}
    same(intended - ended, set(), "changes without an outcome")
    text = json.dumps(lines)
    need(first.token() not in text, "the admin token is in the trail")


@case
def the_trail_of_one_tenant_knows_nothing_of_the_other():
    same([l["stream"] for l in other.lines("administration") if "stream" in l][0], OTHER + " administration", "stream")
    need("cert:" + CERTS["contributor"][2] not in json.dumps(other.lines("administration")), "it does")


@case
def an_attestation_is_one_line_and_many_refusals_are_counts():
    def refusals():
        lines = first.lines("decisions")
        return [l for l in outcome(lines, "attested") if l["verdict"] == "refused"], sum(
            l.get("total", 0) for l in outcome(lines, "refused"))

    attestation_token()
    before = refusals()
    broken = bytearray(platform.quote())
    broken[700] ^= 1
    body = json.dumps({"quote": b64url(bytes(broken))}).encode()
    for _ in range(60):
        first.ask("POST", "/attest/SgxEnclave" + VERSION, body, [("Content-Type", "application/json")])
    until(lambda: len(refusals()[0]) + refusals()[1] >= len(before[0]) + before[1] + 60, "60 more to be told or counted")
    until(lambda: len(refusals()[0]) > len(before[0]), "a line of one")
    good = [l for l in outcome(first.lines("decisions"), "attested") if l["verdict"] == "accepted"][-1]
    for name in ("jti", "x-ms-policy-hash", "x-ms-sgx-mrenclave", "x-quoth-platform-id", "request", "peer", "duration_us"):
        need(name in good, f"{name} is not in {good}")
    bad = refusals()[0][-1]
    need(bad["code"] and "x-ms-sgx-mrenclave" not in bad, f"{bad}")


def checkpoint(tenant, name):
    answer = tenant.ask("GET", "/audit/checkpoint", bearer=tenant.token())
    ok(answer, "a checkpoint")
    return path(name, answer.body)


def keys_of(tenant):
    return path(f"{tenant.host}.jwks", tenant.ask("GET", "/certs").body)


@case
def trails_are_whole_and_a_checkpoint_says_up_to_where():
    for tenant in (first, other):
        token, keys = checkpoint(tenant, f"{tenant.host}.checkpoint"), keys_of(tenant)
        for stream in ("administration", "decisions"):
            plain = tenant.verify(stream)
            same((plain.status, plain.json()["checkpoint"]), (0, False), plain.err)
            held = tenant.verify(stream, "--checkpoint", token, "--verifier", tenant.issuer, "--keys", keys)
            same((held.status, held.json()["stream"]), (0, f"{tenant.issuer} {stream}"), held.err)


@each([
    ("changed", lambda lines: [lines[0], lines[1].replace(b"service.started", b"service.stopped"), *lines[2:]], 1),
    ("deleted", lambda lines: [lines[0], *lines[2:]], 1),
    ("swapped", lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], 1),
    ("doubled", lambda lines: [*lines, lines[-1]], 1),
    ("cut", lambda lines: lines[:-1], 1),
    ("cut in a line", lambda lines: [*lines[:-1], lines[-1][:-5]], 1),
    ("of nothing", lambda lines: [], 1),
])
def a_trail_that_was_touched_is_found_out(_, change, status):
    lines = read(os.path.join(first.trail, "administration.jsonl")).splitlines(True)
    copy = path("copy.jsonl", b"".join(change(lines)))
    held = quoth("audit", "verify", copy, "--checkpoint", path("localhost.checkpoint"), "--verifier", FIRST,
                 "--keys", path("localhost.jwks"), "--output", "json")
    same(held.status, status, held.err)


@case
def a_checkpoint_is_worth_its_signature():
    trail = os.path.join(first.trail, "administration.jsonl")
    token = json.loads(read(path("localhost.checkpoint")))["token"]
    forged = path("forged", token[:-80] + ("A" if token[-80] != "A" else "B") + token[-79:])
    mine = path("mine", jwt({"alg": "RS256", "kid": main_key.kid, "typ": "JWT"}, {"iss": FIRST}, main_key.sign))
    policy = path("policy.token", first.read(bearer=first.token()).body)
    keys, foreign = path("localhost.jwks"), path("foreign.jwks", json.dumps({"keys": provider.keys}))
    for name, status, options in [
            ("changed", 1, [forged, "--verifier", FIRST, "--keys", keys]),
            ("by a stranger", 1, [mine, "--verifier", FIRST, "--keys", keys]),
            ("no checkpoint at all", 4, [policy, "--verifier", FIRST, "--keys", keys]),
            ("signed by a stranger's key, without the claim", 4, [mine, "--verifier", FIRST, "--keys", foreign]),
            ("of another tenant", 1, [path("other.example.checkpoint"), "--verifier", OTHER, "--keys", keys]),
            ("of another stream", 4, [path("other.example.checkpoint"), "--verifier", OTHER, "--keys", keys_of(other)]),
            ("another issuer", 1, [path("localhost.checkpoint"), "--verifier", OTHER, "--keys", keys]),
            ("no issuer", 2, [path("localhost.checkpoint"), "--keys", keys])]:
        result = quoth("audit", "verify", trail, "--checkpoint", *options)
        same(result.status, status, f"{name}: {result.err}")
    same(quoth("audit", "verify", trail, "--keys", keys).status, 2, "keys without a checkpoint")
    same(quoth("audit", "verify", path("nowhere.jsonl")).status, 3, "no such file")


@case
def what_cannot_be_recorded_is_not_done():
    def versions():
        return first.ask("GET", "/policies/SgxEnclave/versions" + VERSION, bearer=first.token()).body

    before = versions()
    trail = os.path.join(first.trail, "administration.jsonl")
    os.rename(trail, trail + ".away")
    refused(first.change("version= 1.0; authorizationrules { => deny(); }; issuancerules { };", bearer=first.token()),
            503, "audit.unavailable")
    same(versions(), before, "the versions")
    need(attestation_token(), "attestations go on")
    os.rename(trail + ".away", trail)
    refused(first.change(bearer=first.token()), 503, "audit.unavailable")  # until it is opened again
    ok(first.read(bearer=first.token()), "reading goes on")


# ---- what happens to those who serve

@case
def a_killed_service_goes_on_with_its_trail():
    before = checkpoint(first, "before.checkpoint")
    verifier.stop(signal.SIGKILL)
    verifier.start(*START)
    ok(first.change(bearer=first.token()))
    held = first.verify("administration", "--checkpoint", before, "--verifier", FIRST, "--keys", keys_of(first))
    same(held.status, 0, held.err)
    same(first.verify("decisions", "--checkpoint", before, "--verifier", FIRST, "--keys", keys_of(first)).status, 0, "it")


@case
def a_renewed_token_takes_the_place_of_the_old():
    old = first.token()
    verifier.stop()
    renewed = subprocess.run([QUOTHD, "init", *verifier.options, "--renew-admin-token"], capture_output=True)
    same(renewed.returncode, 0, f"{renewed.stderr}")
    verifier.start(*START)
    need(first.token() != old, "the token is the old one")
    refused(first.read(bearer=old), 401, "admin.unauthenticated")
    ok(first.read(bearer=first.token()))
    ok(other.read(bearer=other.token()))


@case
def an_admin_token_expires():
    verifier.stop()
    token = first.token()
    verifier.start(*START, "--clock-reset", before=("env", f"LD_PRELOAD={FAKETIME}", "FAKETIME=+91d"))
    context = ssl.create_default_context(cafile=first.ca)
    context.verify_flags |= 0x200000  # X509_V_FLAG_NO_CHECK_TIME
    verifier.context = context
    answer = verifier.ask("GET", "/policies/SgxEnclave" + VERSION, fields=[("Authorization", f"Bearer {token}")])
    refused(answer, 401, "admin.unauthenticated")
    need("expired" in answer.json()["error"]["message"], f"{answer.body!r}")
    verifier.stop()
    verifier.start(*START, "--clock-reset")


# ---- a provider that fails

def again():
    verifier.stop()
    provider.asked.clear()
    verifier.start(*START)


@each([
    ("is down", {"status": 500}), ("names another issuer", {"named": provider.origin}),
    ("names a slash more", {"named": provider.issuer + "/"}),
    ("has its keys elsewhere", {"keys_uri": "https://127.0.0.1:1/keys"}),
    ("has its keys in plain", {"keys_uri": "http://localhost/keys"}),
    ("redirects", {"redirect": "https://localhost:1/"}), ("speaks no JSON", {"document": b"<html>"}),
    ("is endless", {"document": b" " * (1 << 20)}), ("has no keys", {"keys": []}),
    ("publishes a private key", {"keys": [main_key.jwk(d="AAAA")]}),
])
def a_provider_that(_, how):
    keys = provider.keys
    for name, value in how.items():
        setattr(provider, name, value)
    again()
    answer = first.read(bearer=signed())
    provider.reset()
    provider.keys = keys
    refused(answer, 503, "admin.provider.unavailable")
    need(int(answer.field("Retry-After")) > 0, "no Retry-After")
    ok(first.read(bearer=first.token()), "the admin token needs no provider")


@case
def a_provider_that_comes_back_is_asked_again():
    provider.status = 500
    again()
    refused(first.read(bearer=signed()), 503, "admin.provider.unavailable")
    provider.reset()
    until(lambda: first.read(bearer=signed()).status == 200, "the provider to be heard")
    until(lambda: verifier.logged("oidc.failed") and verifier.logged("oidc.keys-fetched"), "the log to say so")


@case
def a_service_ends_while_somebody_waits_for_the_provider():
    provider.delay = 4
    again()
    with ThreadPoolExecutor(1) as crowd:
        waiting = crowd.submit(lambda: first.read(bearer=signed()))
        until(lambda: provider.asked, "the provider to be asked")
        same(verifier.stop(), 0, "exit status")
        try:
            need(waiting.result().status in (200, 503), "the answer")
        except (IndexError, ValueError, ConnectionError, ssl.SSLError):
            pass  # the drain was over before the provider had answered
    provider.reset()
    same(first.verify("administration").status, 0, "the trail")
    verifier.start(*START)


@case
def a_slow_provider_holds_nobody_else_up():
    provider.delay = 20
    again()
    began = time.monotonic()
    ok(first.read(bearer=first.token()))
    need(time.monotonic() - began < 4, "the admin token had to wait")
    answer = first.read(bearer=signed())
    need(time.monotonic() - began < 15, "nobody ended it")
    provider.reset()
    refused(answer, 503, "admin.provider.unavailable")


@case
def a_provider_may_change_its_keys():
    again()
    until(lambda: len(verifier.logged("oidc.keys-fetched")) == 2, "both tenants to have the keys")
    ok(first.read(bearer=signed()))
    provider.keys = [main_key.jwk(), next_key.jwk()]
    until(lambda: first.read(bearer=signed(key=next_key)).status == 200, "the new key")
    ok(first.read(bearer=signed()), "the old one, as long as it is shown")


@case
def what_was_known_serves_while_the_provider_is_away():
    provider.status = 500
    ok(first.read(bearer=signed()))
    provider.reset()


# ---- the end

@case
def the_end():
    token, keys = checkpoint(first, "last.checkpoint"), keys_of(first)
    same(verifier.stop(), 0, "exit status")
    for stream in ("administration", "decisions"):
        held = first.verify(stream, "--checkpoint", token, "--verifier", FIRST, "--keys", keys)
        same(held.status, 0, held.err)
        same(held.json()["linesTorn"], 0, "torn lines")
    text = read(verifier.process.log)
    need(first.token().encode() not in text and other.token().encode() not in text, "a token is in the log")
    platform.service.stop()


if __name__ == "__main__":
    main()
