#!/usr/bin/env python3
"""Tenants of one quothd: tenants_test.py QUOTH QUOTHD MAKE_QUOTE. No token, key, policy or right of one
is of use with, or visible under, another; and a request belongs to exactly one."""
import json
import os
import socket
import ssl
import subprocess

from stage import QUOTHD, VERSION, Platform, Verifier, b64url, parse
from harness import case, each, main, need, path, quoth, read, same

platform = Platform("platform")
COLLATERAL = platform.serve()
QUOTE = platform.quote()
FIRST, TWO, THREE = "localhost", "two.example", "three.example"
verifier = Verifier("main", *platform.trust())


def init(*args):
    return subprocess.run([QUOTHD, "init", *verifier.options, *args], capture_output=True, timeout=60)


def add(host, *args):
    done = init("--add-tenant", f"https://{host}", *args)
    same(done.returncode, 0, f"add-tenant: {done.stderr}")


add(TWO, *platform.trust())
add(THREE)  # of hardware
verifier.start("--collateral", COLLATERAL, "--rate", "0", "--rotation-delay", "0")


def folder(host):
    return verifier.state if host == FIRST else os.path.join(verifier.state, "tenants", host)


def secret(host):
    return read(os.path.join(folder(host), "admin.token")).decode().strip()


def issuer(host):
    return verifier.issuer if host == FIRST else f"https://{host}"


def connect(sni, ca=None):
    context = ssl.create_default_context(cafile=os.path.join(folder(ca or sni), "ca.pem"))
    plain = socket.create_connection((verifier.address[0], int(verifier.address[1])), timeout=60)
    return context.wrap_socket(plain, server_hostname=sni)


def raw(data, sni=FIRST, ca=None):
    heard = b""
    with connect(sni, ca) as c:
        c.sendall(data)
        while part := c.recv(65536):
            heard += part
    return parse(heard)


def ask(host, method, target, body=None, token=None, sni=None, named=None,
        kind="application/json"):
    lines = [f"{method} {target} HTTP/1.1", f"Host: {named or host}", "Connection: close",
             f"Content-Type: {kind}", f"Content-Length: {len(body or b'')}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""), sni or host, host)


def attest(host):
    body = json.dumps({"quote": b64url(QUOTE)}).encode()
    return ask(host, "POST", "/attest/SgxEnclave" + VERSION, body)


def kids(host):
    return {k["kid"] for k in ask(host, "GET", "/certs").json()["keys"]}


# ---- whose request it is

@each([("the first", FIRST), ("the second", TWO), ("the third", THREE)])
def each_has_its_documents(_, host):
    document = ask(host, "GET", "/.well-known/openid-configuration").json()
    same(document["issuer"], issuer(host), "issuer")
    same(document["jwks_uri"], issuer(host) + "/certs", "jwks_uri")


@each([("a port", TWO, TWO, TWO + ":8443", 200), ("any port", TWO, TWO, TWO + ":1", 200),
       ("capitals", TWO, TWO, "TWO.Example", 200), ("an address of the local one", FIRST, FIRST, "127.0.0.1", 200),
       ("another address of it", FIRST, FIRST, "[::1]:99", 200), ("capitals in SNI", TWO, "TWO.example", TWO, 200),
       ("another tenant", TWO, TWO, FIRST, 421), ("the other way round", FIRST, FIRST, TWO, 421),
       ("the third by the second", TWO, TWO, THREE, 421), ("nobody", TWO, TWO, "four.example", 421),
       ("a longer name", TWO, TWO, "a." + TWO, 421), ("a dot at the end", TWO, TWO, TWO + ".", 421),
       ("a port that is none", TWO, TWO, TWO + ":x", 421), ("two ports", TWO, TWO, TWO + ":1:2", 421),
       ("brackets", TWO, TWO, f"[{TWO}]", 200), ("half a bracket", TWO, TWO, "[" + TWO, 421),
       ("address that is not ours", FIRST, FIRST, "192.0.2.1", 421)])
def host_and_sni(_, ca, sni, named, status):
    answer = ask(ca, "GET", "/certs", sni=sni, named=named)
    same(answer.status, status, "status")
    if status == 421:
        same(answer.refusal(), ("MisdirectedRequest", "http.misdirected"), "refusal")


def unverified(sni, host):
    context = ssl._create_unverified_context()
    plain = socket.create_connection((verifier.address[0], int(verifier.address[1])), timeout=60)
    with context.wrap_socket(plain, server_hostname=sni) as c:
        c.sendall(f"GET /certs HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        heard = b""
        while part := c.recv(65536):
            heard += part
    return parse(heard)


@each([("none: the first", None, FIRST, 200), ("none: another", None, TWO, 421),
       ("nobody's: the first", "four.example", FIRST, 421), ("nobody's: itself", "four.example", "four.example", 421),
       ("nobody's: another", "four.example", TWO, 421)])
def without_sni_of_ours(_, sni, host, status):
    same(unverified(sni, host).status, status, "status")


@each([("two", b"Host: two.example\r\nHost: two.example\r\n", b"/certs", 421),
       ("two different", b"Host: two.example\r\nHost: localhost\r\n", b"/certs", 421),
       ("a whole URL", b"Host: two.example\r\n", b"https://two.example/certs", 421),
       ("a whole URL of another", b"Host: two.example\r\n", b"https://localhost/certs", 421),
       ("none", b"", b"/certs", 400)])
def hosts_out_of_form(_, fields, target, status):
    answer = raw(b"GET " + target + b" HTTP/1.1\r\n" + fields + b"Connection: close\r\n\r\n", TWO, TWO)
    same(answer.status, status, "status")


@each([("livez", "/livez", 200), ("readyz", "/readyz", 200), ("servicehealth", "/servicehealth", 204),
       ("metrics", "/metrics", 200)])
def health_has_no_host(_, target, status):
    for named in ("192.0.2.1:8443", "four.example", TWO):
        same(ask(FIRST, "GET", target, named=named).status, status, f"status for {named}")


@case
def a_connection_that_serves_one_serves_no_other():
    with connect(TWO) as c:
        for host, status in ((TWO, b"200"), (FIRST, b"421"), (TWO, b"200")):
            c.sendall(f"GET /.well-known/openid-configuration HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            heard = b""
            while not heard.endswith(b"}"):
                heard += c.recv(65536)
            same(heard.split(b" ")[1], status, f"status for {host}")


@each([("the first", FIRST, TWO), ("the second", TWO, FIRST), ("the third", THREE, TWO)])
def certificates_do_not_cross(_, host, other):
    connect(host).close()
    try:
        connect(host, ca=other)
    except ssl.SSLCertVerificationError:
        return
    need(False, f"{host} is vouched for by the CA of {other}")


# ---- keys and tokens

@case
def kids_are_of_one_tenant():
    seen = [kids(host) for host in (FIRST, TWO, THREE)]
    same(len(set.union(*seen)), sum(len(k) for k in seen), "kids are unique")


@case
def tokens_are_of_one_tenant():
    tokens = {}
    for host in (FIRST, TWO):
        answer = attest(host)
        header, claims = answer.token()
        same(claims["iss"], issuer(host), "iss")
        same(header["jku"], issuer(host) + "/certs", "jku")
        need(header["kid"] in kids(host), "kid")
        tokens[host] = answer.json()["token"].encode()
    for of, at in ((FIRST, TWO), (TWO, FIRST), (FIRST, FIRST), (TWO, TWO)):
        keys = path("keys.json", ask(at, "GET", "/certs").body)
        done = quoth("token", "verify", path("token", tokens[of]), "--keys", keys, "--verifier", issuer(at),
                     "--allow-simulated")
        same(done.status == 0, of == at, f"{of}'s token under {at}: {done.err}")


@case
def a_root_of_one_is_not_trusted_by_another():
    same(attest(THREE).refusal()[1], "chain.simulated", "code")


# ---- administration

@each([("the first", FIRST), ("the second", TWO), ("the third", THREE)])
def an_admin_token_is_of_one_tenant(_, host):
    for other in (FIRST, TWO, THREE):
        answer = ask(other, "GET", "/signing-keys", token=secret(host))
        same(answer.status, 200 if other == host else 401, f"with the token of {host} at {other}")


@case
def forwarded_fields_make_nobody_somebody():
    lines = (f"GET /signing-keys HTTP/1.1\r\nHost: {FIRST}\r\nX-Forwarded-Host: {TWO}\r\nForwarded: host={TWO}\r\n"
             f"X-Forwarded-Client-Cert: Hash=00\r\nAuthorization: Bearer {secret(TWO)}\r\nConnection: close\r\n\r\n")
    same(raw(lines.encode()).status, 401, "status")


@case
def a_rotation_is_of_one_tenant():
    before = {host: kids(host) for host in (FIRST, TWO, THREE)}
    refused = ask(TWO, "POST", "/signing-keys:rotate", b"{}", token=secret(FIRST))
    same(refused.status, 401, "status")
    answer = ask(TWO, "POST", "/signing-keys:rotate", b"", token=secret(TWO))
    same(answer.status, 200, f"status {answer.body}")
    same(kids(TWO), before[TWO] | {answer.json()["made"]}, "keys of the second")
    same([kids(FIRST), kids(THREE)], [before[FIRST], before[THREE]], "keys of the others")
    foreign = json.dumps({"distrust": next(iter(before[FIRST]))}).encode()
    refused = ask(TWO, "POST", "/signing-keys:rotate", foreign, token=secret(TWO))
    same((refused.status, refused.refusal()[1]), (400, "signing-key.unknown"), "another's key")
    same(attest(TWO).token()[0]["kid"], answer.json()["made"], "signs at once without a delay")


@case
def a_distrusted_key_is_gone_at_once():
    old = attest(TWO).token()[0]["kid"]
    answer = ask(TWO, "POST", "/signing-keys:rotate", json.dumps({"distrust": old}).encode(), token=secret(TWO))
    same(answer.status, 200, f"status {answer.body}")
    need(old not in kids(TWO), "is still shown")
    same(attest(TWO).token()[0]["kid"], answer.json()["made"], "who signs")
    states = {k["kid"]: k["state"] for k in answer.json()["keys"]}
    same([states[old], states[answer.json()["made"]]], ["distrusted", "signs"], "states")


@each([("not JSON", b"{", 400, "json.syntax"), ("an array", b"[]", 400, "json.value"), ("a number", b'{"distrust":1}', 400, "json.value"),
       ("nobody's", b'{"distrust":"x"}', 400, "signing-key.unknown"), ("empty", b'{"distrust":""}', 400, "signing-key.unknown"),
       ("another member", b'{"distrusted":"x"}', 400, "json.value"), ("twice", b'{"distrust":"x","distrust":"y"}', 400, "json.duplicate"),
       ("large", b" " * 5000, 413, "input.too-large")])
def rotations_that_are_refused(_, body, status, code):
    before = kids(FIRST)
    answer = ask(FIRST, "POST", "/signing-keys:rotate", body, token=secret(FIRST))
    same((answer.status, answer.refusal()[1]), (status, code), "refusal")
    same(kids(FIRST), before, "keys")


@case
def keys_have_a_limit():
    for _ in range(20):
        answer = ask(THREE, "POST", "/signing-keys:rotate", b"", token=secret(THREE))
        if answer.status != 200:
            break
    same((answer.status, answer.refusal()[1]), (409, "signing-key.limit"), "refusal")
    need(len(kids(THREE)) <= 16, "too many keys")


@case
def a_policy_is_of_one_tenant():
    def hashes():
        return [attest(host).token()[1]["x-ms-policy-hash"] for host in (FIRST, TWO)]
    text = b"version=1.0;authorizationrules{=>permit();};issuancerules{=>issue(type=\"of\",value=\"two\");};"
    jws = ".".join([b64url(b'{"alg":"none"}'), b64url(json.dumps({"AttestationPolicy": b64url(text)}).encode()), ""])
    target = "/policies/SgxEnclave" + VERSION
    before = hashes()
    same(ask(TWO, "PUT", target, jws.encode(), token=secret(FIRST), kind="text/plain").status, 401, "another's administrator")
    same(hashes(), before, "policies")
    answer = ask(TWO, "PUT", target, jws.encode(), token=secret(TWO), kind="text/plain")
    same(answer.status, 200, f"status {answer.body}")
    after = hashes()
    need(after[0] == before[0] and after[1] != before[1], f"{before} became {after}")
    same(attest(TWO).token()[1]["of"], "two", "its claim")
    need("of" not in attest(FIRST).token()[1], "the claim of another's policy")


@case
def trails_are_apart():
    ask(TWO, "POST", "/signing-keys:rotate", b"", token=secret(TWO))
    trails = []
    for top, _, names in os.walk(os.path.join(verifier.state, "audit")):
        trails += [(os.path.join(top, n), read(os.path.join(top, n))) for n in names]
    rotated = [name for name, text in trails if b"signing-key.rotate" in text]
    need(any(TWO in name for name in rotated), f"no trail of the second in {rotated}")
    need(all(b'"' + issuer(FIRST).encode() not in text for name, text in trails if TWO in name), "they are mixed")


# ---- init

@each([("the same host", ["--add-tenant", "https://two.example:9443"], 2, b"host of"),
       ("a local one beside a local one", ["--add-tenant", "https://127.0.0.1"], 2, b"host of"),
       ("a path", ["--add-tenant", "https://five.example/x"], 2, b"expected"),
       ("isolated without a signer", ["--add-tenant", "https://five.example", "--trust-model", "isolated"], 2, b"policy-signer"),
       ("a signer of nothing", ["--add-tenant", "https://five.example", "--policy-signer", platform.root], 2, b"isolated alone")])
def tenants_that_are_refused(_, args, status, words):
    other = Verifier("refusing", *platform.trust()) if not os.path.exists(path("refusing/state")) else None
    options = ["--state", path("refusing/state"), "--master-key", path("refusing/keys/master.key")]
    if other:
        subprocess.run([QUOTHD, "init", *options, "--add-tenant", "https://two.example"], check=True, capture_output=True)
    done = subprocess.run([QUOTHD, "init", *options, *args], capture_output=True, timeout=60)
    same(done.returncode, status, f"exit status with {done.stderr}")
    need(words in done.stderr, done.stderr)


@case
def nothing_is_added_beside_a_running_service():
    done = init("--add-tenant", "https://five.example")
    same(done.returncode, 3, f"exit status with {done.stderr}")
    need(b"another process" in done.stderr, done.stderr)


@case
def a_renewed_token_takes_the_place_of_the_old_one():
    global verifier
    before = secret(FIRST)
    verifier.stop()
    same(init("--renew-admin-token").returncode, 0, "exit status")
    verifier.start("--collateral", COLLATERAL)
    same(ask(FIRST, "GET", "/signing-keys", token=before).status, 401, "the old one")
    same(ask(FIRST, "GET", "/signing-keys", token=secret(FIRST)).status, 200, "the new one")
    same(ask(TWO, "GET", "/signing-keys", token=secret(TWO)).status, 200, "another's")


if __name__ == "__main__":
    main()
