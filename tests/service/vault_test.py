#!/usr/bin/env python3
"""Keys and secrets over HTTP, as clients of Azure Key Vault ask for them, and as others do:
vault_test.py QUOTH QUOTHD MAKE_QUOTE [postgres]."""
import atexit
import base64
import glob
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from stage import Platform, QUOTHD, Verifier, b64url, is_vault, parse, unb64url, until, whole_lines
from harness import SOURCE, case, each, main, need, path, read, same
from provider import certificate, openssl

V = "?api-version=7.4"
ISSUER, OTHER = "https://localhost:4443", "https://kms.other.example:4443"
NAMED = ("reader", "contributor", "officer", "policy", "user", "auditor")
VAULT = ("officer", "policy", "user", "auditor")
CERTS = {name: certificate(name) for name in (*NAMED, "both", "stranger")}
ROLES = {**{name: name for name in NAMED}, "both": "officer+policy"}


def store():
    """Options for a store of its own: SQLite, or PostgreSQL if the test is told so."""
    if sys.argv[4:] != ["postgres"]:
        return ()
    server, place = os.path.join(SOURCE, "scripts", "postgres.sh"), tempfile.mkdtemp(prefix="quoth-vault-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    started = subprocess.run([server, "start", place], capture_output=True, text=True, timeout=120)
    if started.returncode == 3:
        print("skipped: there is no PostgreSQL on this machine (Debian: postgresql)")
        sys.exit(77)
    same(started.returncode, 0, f"postgres.sh: {started.stderr}")
    atexit.register(subprocess.run, [server, "stop", place], capture_output=True, timeout=120)
    return ("--store", started.stdout.strip())


platform = Platform("platform")
STORE = store()
vault = Verifier("vault", *platform.trust(), *STORE, issuer=ISSUER)
done = subprocess.run([QUOTHD, "init", *vault.options, *STORE, "--add-tenant", OTHER, *platform.trust()],
                      capture_output=True)
same(done.returncode, 0, f"a second tenant: {done.stderr}")
CONFIG = path("vault/config.json", json.dumps({
    "client-certificate": [f"{role}:{CERTS[name][2]}" for name, role in ROLES.items()],
    "tenants": {OTHER: {"vault-retention": 7, "vault-purge-protection": True,
                        "client-certificate": [f"officer+policy+user:{CERTS['stranger'][2]}"]}}}))
vault.start("--config", CONFIG, "--rate", "0", "--log-format", "json", *STORE)
ADMIN = read(os.path.join(vault.state, "admin.token")).decode().strip()
ADDRESSES = (f"127.0.1.{n}" for n in range(1, 255))
HIDDEN = []  # base64url of what no answer, log or trail may hold


def hide(data):
    HIDDEN.append(b64url(data))
    return HIDDEN[-1]


class Tenant:
    def __init__(self, issuer, folder, admin=None):
        self.issuer, self.host, self.admin = issuer, issuer[8:].split(":")[0], admin
        self.ca = os.path.join(folder, "ca.pem")

    def connect(self, client=None):
        context = ssl.create_default_context(cafile=self.ca)
        if client:
            context.load_cert_chain(CERTS[client][0], CERTS[client][1])
        plain = socket.create_connection((vault.address[0], int(vault.address[1])), timeout=60,
                                         source_address=(vault.source, 0))
        return context.wrap_socket(plain, server_hostname=self.host)

    def ask(self, method, target, body=None, fields=(), by="admin", media="application/json", length=None):
        """by: the admin token, a client certificate, or nobody."""
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        body = body.encode() if isinstance(body, str) else body
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.host}:4443", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in fields]
        if by == "admin":
            lines.append(f"Authorization: Bearer {self.admin}")
        if body is not None:
            lines += [f"Content-Type: {media}"] if media else []
        if body is not None or length is not None or method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(body or b'') if length is None else length}")
        heard = b""
        with self.connect(by if by in CERTS else None) as c:
            c.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""))
            try:
                while part := c.recv(65536):
                    heard += part
            except (ConnectionResetError, ssl.SSLError):
                pass
        answer = parse(heard)
        need(answer.status < 500, f"{method} {target}: a fault: {answer.body!r}")
        for hidden in HIDDEN:
            need(hidden not in answer.body.decode(), f"{method} {target}: the answer holds what it must not")
        return answer

    def good(self, method, target, body=None, **how):
        answer = self.ask(method, target + V, body, **how)
        same(answer.status, 200, f"{method} {target}: {answer.body!r}")
        same(answer.field("Content-Type"), "application/json; charset=utf-8", "Content-Type")
        same(answer.field("Cache-Control"), "no-store", "Cache-Control")
        return answer.json()


first = Tenant(ISSUER, vault.state, ADMIN)
other = Tenant(OTHER, os.path.join(vault.state, "tenants", "kms.other.example"))
other.admin = read(os.path.join(vault.state, "tenants", "kms.other.example", "admin.token")).decode().strip()
ask, good = first.ask, first.good


def refused(answer, status, code, detail=None, inner=None):
    """Key Vault's envelope, checked."""
    same(answer.status, status, f"status of {answer.body!r}")
    error = answer.json()["error"]
    same(error["code"], code, f"code of {answer.body!r}")
    same(answer.field("x-ms-error-code"), code, "x-ms-error-code")
    same(error.get("innererror"), {"code": inner} if inner else None, f"innererror of {answer.body!r}")
    need(error["message"] and error["details"][0]["requestId"], "it says nothing")
    if detail:
        same(error["details"][0]["code"], detail, f"detail of {answer.body!r}")
    same(answer.field("WWW-Authenticate") is not None, status == 401, "a challenge")
    return error["message"]


def bad(answer, detail):
    return refused(answer, 400, "BadParameter", detail)


# ---- what there is to begin with

RSA = good("POST", "/keys/rsa/create", {"kty": "RSA"})
EC = good("POST", "/keys/ec/create", {"kty": "EC", "attributes": {}})
OCT = good("POST", "/keys/oct/create", {"kty": "oct", "key_size": 256})
SECRET = good("PUT", "/secrets/secret", {"value": "hush-hush"})
DOCUMENT = vault.ask("GET", "/openapi.json").json()
PATHS = {"key-name": "asked", "key-version": "0" * 32, "secret-name": "asked", "secret-version": "0" * 32}
good("POST", "/keys/asked/create", {"kty": "EC"})
good("PUT", "/secrets/asked", {"value": "x"})
BODIES = {"KeyCreate": {"kty": "EC"}, "KeyImport": {"key": {"kty": "oct", "k": b64url(b"k" * 16)}},
          "KeyUpdate": {"tags": {}}, "VaultBackup": {"value": "AAAA"}, "RotationPolicy": {}, "RandomRequest": {"count": 1},
          "KeyOperation": {"alg": "ES256", "value": "AAAA"}, "SecretSet": {"value": "x"}, "SecretUpdate": {"tags": {}},
          "KeyVerification": {"alg": "ES256", "digest": "AAAA", "value": "AAAA"}}


class Operation:
    def __init__(self, method, target, row):
        self.method, self.name, self.template = method.upper(), f"{method.upper()} {target}", target
        self.target = re.sub(r"\{([^}]*)\}", lambda m: PATHS[m.group(1)], target)
        self.roles = {r["bearer"][0] for r in row["security"] if "bearer" in r}
        body = row.get("requestBody")
        schema = body["content"]["application/json"]["schema"] if body else None
        self.body = BODIES[schema["$ref"].rsplit("/", 1)[1]] if body else None
        self.limit = body["x-quoth-limit"] if body else 0
        self.changes = self.method in ("PUT", "DELETE") or self.target.endswith(
            ("/create", "/rotate", "/recover", "/restore"))


OPERATIONS = [Operation(method, target, row) for target, item in DOCUMENT["paths"].items() if is_vault(target)
              for method, row in item.items() if row["security"]]
need(len(OPERATIONS) >= 45, f"{len(OPERATIONS)} operations alone")


def named(operations):
    return lambda: [(o.name, o) for o in operations]


# ---- who asks

@each(named(OPERATIONS))
def nobody_is_sent_to_the_provider(_, o):
    """The first request of every SDK: no body, no credentials (key-release.md 1.6)."""
    answer = ask(o.method, o.target + V, by="nobody", length=0)
    message = refused(answer, 401, "Unauthorized", "admin.unauthenticated")
    same(message, "AKV10000: Request is missing a Bearer or PoP token.", "message")
    same(answer.field("WWW-Authenticate"),
         f'Bearer authorization="{ISSUER}/quoth", resource="{ISSUER}"', "the challenge")


@each(named([o for o in OPERATIONS if o.limit]))
def nobody_is_heard_out(_, o):
    """401 is there before the body is."""
    answer = ask(o.method, o.target + V, by="nobody", length=o.limit)
    refused(answer, 401, "Unauthorized", "admin.unauthenticated")


@each(named([o for o in OPERATIONS if o.limit]))
def a_certificate_alone_does_not_answer_an_sdks_first_request(_, o):
    """It has left its body out, to be told where tokens are; let in, it would be a request of nothing."""
    vault.source = next(ADDRESSES)  # as who shows too much that is wrong must wait
    for name in sorted(o.roles):
        answer = ask(o.method, o.target + V, by=name, length=0)
        refused(answer, 401, "Unauthorized", "admin.unauthenticated")
        answer = ask(o.method, o.target + V, o.body, by=name, fields=[("Authorization", "Bearer whatever")])
        need(answer.status != 401, f"{name}, with its body: {answer.body!r}")
    vault.source = ""


@case
def nor_that_of_a_release():
    for target in ("/keys/ec/release", "/secrets/secret/release"):
        refused(ask("POST", target + V, by="user", length=0), 401, "Unauthorized", "admin.unauthenticated")
        bad(ask("POST", target + V, {"target": "a.b.c"}, by="user"), "token.malformed")


@each(named([o for o in OPERATIONS if o.limit]))
def who_has_no_right_is_not_heard_out(_, o):
    """Nor is a body read for wrong credentials, or without the role: what a provider need not be asked about."""
    vault.source = next(ADDRESSES)
    wrong = [("Authorization", "Bearer " + token) for token in ("nonsense", "a.b.c", other.admin)]
    for field in wrong:
        refused(ask(o.method, o.target + V, by="nobody", fields=[field], length=o.limit), 401, "Unauthorized", "admin.unauthenticated")
    refused(ask(o.method, o.target + V, by="stranger", length=o.limit), 401, "Unauthorized", "admin.unauthenticated")
    refused(ask(o.method, o.target + V, by="auditor", length=o.limit), 403, "Forbidden", "vault.forbidden", "ForbiddenByPolicy")
    vault.source = ""


@each(named(OPERATIONS))
def each_role_is_refused_what_it_has_not(_, o):
    for name in NAMED:
        if name in o.roles:
            continue
        answer = ask(o.method, o.target + V, o.body, by=name)
        refused(answer, 403, "Forbidden", "vault.forbidden", "ForbiddenByPolicy")


@each(named([o for o in OPERATIONS if not o.changes]))
def each_role_is_let_to_what_it_has(_, o):
    for name in sorted(o.roles):
        answer = ask(o.method, o.target + V, o.body, by=name)
        need(answer.status in (200, 400, 403, 404), f"{name}: {answer.status}")
        if answer.status == 403 and name != "policy":  # who changes nothing else
            refused(answer, 403, "Forbidden", "vault.operation")


@each([("a wrong token", [("Authorization", "Bearer nonsense")]), ("a JWT", [("Authorization", "Bearer a.b.c")]),
       ("another scheme", [("Authorization", "Basic YTpi")]), ("no token", [("Authorization", "Bearer ")]),
       ("in another field", [("X-Forwarded-Authorization", f"Bearer {ADMIN}")]),
       ("as a proxy would", [("X-MS-CLIENT-PRINCIPAL", "eyJyb2xlcyI6WyJ1c2VyIl19")]),
       ("the other tenant's", [("Authorization", f"Bearer {other.admin}")])])
def wrong_credentials_read_no_secret(_, fields):
    answer = ask("GET", "/secrets/secret" + V, by="nobody", fields=fields)
    refused(answer, 401, "Unauthorized", "admin.unauthenticated")


@case
def a_certificate_counts_for_its_tenant():
    refused(ask("GET", "/keys" + V, by="stranger"), 401, "Unauthorized", "admin.unauthenticated")
    same(other.good("GET", "/keys", by="stranger"), {"value": []}, "the other's keys")
    refused(other.ask("GET", "/keys" + V, by="user"), 401, "Unauthorized", "admin.unauthenticated")


@case
def the_host_is_the_issuers_alone():
    for host in ("evil.example", "localhost.evil.example", "localhost:4443:1", "kms.other.example:4443"):
        with first.connect() as c:
            c.sendall(f"GET /keys{V} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            heard = b""
            while part := c.recv(65536):
                heard += part
        answer = parse(heard)
        need(answer.status in (400, 421) and b"evil" not in answer.body.split(b'"details"')[0], f"{host}: {answer.body!r}")
    need(good("GET", "/keys/ec")["key"]["kid"].startswith(ISSUER + "/keys/ec/"), "the kid")


# ---- paths and queries

@each([("as it is", "/keys/ec"), ("a slash behind", "/keys/ec/"), ("two", "/keys/ec//"), ("before", "//keys//ec"),
       ("in capitals", "/KEYS/EC"), ("with its version", "/keys/ec/" + EC["key"]["kid"].rsplit("/", 1)[1]),
       ("that in capitals", "/keys/ec/" + EC["key"]["kid"].rsplit("/", 1)[1].upper())])
def one_key_has_many_spellings(_, target):
    same(good("GET", target), EC, "the key")


@each([("sign", "/keys/ec/{}/sign"), ("sign of the newest", "/keys/ec/sign"), ("as older SDKs", "/keys/ec//sign"),
       ("capitals", "/Keys/Ec/{}/SIGN")])
def operations_have_many_spellings(_, target):
    kid = EC["key"]["kid"]
    done = good("POST", target.format(kid.rsplit("/", 1)[1]), {"alg": "ES256", "value": b64url(b"d" * 32)})
    same(done["kid"], kid, "kid")


@each([(v, v) for v in ("7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "7.6-preview.1", "7.6-preview.2", "2025-06-01",
                        "2025-06-01-preview", "2025-07-01", "2026-01-01-preview", "2026-04-01", "2026-04-02-PREVIEW", "2031-12-31", "7%2E4", "2025-07-01&x=1&x=2&=&")])
def versions_that_there_are(_, version):
    same(ask("GET", "/keys/ec?api-version=" + version).json(), EC, "the key")
    same(ask("GET", "/keys/ec?api%2Dversion=" + version).json(), EC, "the key, as the JS SDK asks")


@each([("none", ""), ("no value", "?api-version="), ("no equals sign", "?api-version"), ("7", "?api-version=7"),
       ("7.7", "?api-version=7.7"), ("of attestation", "?api-version=2020-10-01"), ("two", "?api-version=7.4&api-version=7.4"),
       ("two spellings", "?api-version=7.4&api%2dversion=7.4"), ("behind a blank", "?api-version=+7.4"),
       ("NUL", "?api-version=7.4%00"),
       ("before its time", "?api-version=2025-05-31"), ("a month that is none", "?api-version=2026-13-01"), ("a day that is none", "?api-version=2026-04-00"),
       ("another tail", "?api-version=2026-04-01-beta"), ("a tail alone", "?api-version=-preview"), ("a short year", "?api-version=26-04-01"),
       ("a long one", "?api-version=12026-04-01"), ("no hyphens", "?api-version=20260401"), ("a preview of 7.4", "?api-version=7.4-preview"),
       ("a word alike", "?apiversion=7.4"), ("long", "?api-version=" + "7" * 4000), ("latest", "?api-version=latest")])
def versions_that_there_are_not(_, query):
    refused(ask("GET", "/keys/ec" + query), 400, "BadParameter")
    refused(ask("PUT", "/secrets/secret" + query, {"value": "x"}), 400, "BadParameter")


@each([(q, q) for q in ("?api-version=7.4%", "?api-version=7%2", V + "&$skiptoken=%%", V + "&a=%zz")])
def broken_escapes_reach_nobody(_, query):
    answer = ask("GET", "/keys/ec" + query)
    same((answer.status, answer.json()["error"]["details"][0]["code"]), (400, "http.malformed"), f"{answer.body!r}")


@each([("no such path", "GET", "/keys/ec/a/b/c", 404), ("nothing behind", "GET", "/rng", 405), ("PUT on a list", "PUT", "/keys", 405),
       ("POST on a name", "POST", "/keys/ec", 405), ("DELETE of a version", "DELETE", "/keys/ec/" + "0" * 32, 405),
       ("GET of create", "GET", "/keys/ec/create", 405), ("PATCH of versions", "PATCH", "/keys/ec/versions", 405), ("GET of sign", "GET", "/keys/ec//sign", 405),
       ("GET of create and more", "GET", "/keys/ec/create/x", 404), ("a dot", "GET", "/keys/./ec/x", 404), ("two", "GET", "/keys/../keys/ec/x", 404),
       ("create twice", "POST", "/keys/ec/create/create", 404), ("OPTIONS", "OPTIONS", "/keys", 405), ("TRACE", "TRACE", "/keys/ec", 405),
       ("POST for DELETE", "POST", "/deletedkeys/ec", 405)])
def paths_that_there_are_not(_, method, target, status):
    answer = ask(method, target + V)
    same(answer.status, status, f"{answer.body!r}")
    need(answer.json()["error"]["code"] in ("NotFound", "MethodNotAllowed", "KeyNotFound"), f"{answer.body!r}")


@each([("a dot", "a.b"), ("a percent sign", "a%20b"), ("escaped", "%65%63"), ("too long", "a" * 128), ("an underscore", "a_b"), ("UTF-8", "%C3%A9"),
       ("a star", "*"), ("a plus", "a+b"), ("a dollar", "$x"), ("a semicolon", "ec;x"), ("a dot alone", "."), ("a tilde", "~ec")])
def names_that_there_are_not(_, name):
    for method, target, body in (("POST", f"/keys/{name}/create", {"kty": "EC"}), ("GET", f"/keys/{name}", None),
                                 ("PUT", f"/secrets/{name}", {"value": "x"}), ("DELETE", f"/keys/{name}", None),
                                 ("GET", f"/deletedkeys/{name}", None), ("GET", f"/secrets/{name}/versions", None)):
        bad(ask(method, target + V, body), "vault.name")


@each([("a", "a"), ("the longest", "n" * 127), ("digits", "0123"), ("hyphens", "-a--b-"), ("create", "create"), ("versions", "versions"),
       ("restore", "restore"), ("keys", "keys")])
def names_that_may_be(_, name):
    made = good("POST", f"/keys/{name}/create", {"kty": "EC"})
    same(good("GET", f"/keys/{name}"), made, "the key")
    same(good("GET", f"/keys/{name}/versions")["value"][0]["kid"], made["key"]["kid"], "its version")


@case
def restore_is_a_call_and_a_name():
    bad(ask("POST", "/keys/restore" + V, {"kty": "EC"}), "json.value")
    bad(ask("POST", "//keys//restore/" + V, {"value": "AAAA"}), "vault.backup")


@each([("key", "/keys/ec"), ("list", "/keys"), ("nothing", "/keys/nothing"), ("secret", "/secrets/secret")])
def head_says_the_same_without_a_body(_, target):
    got, head = ask("GET", target + V), ask("HEAD", target + V)
    same((head.status, head.body, head.field("Content-Type"), head.field("Content-Length")),
         (got.status, b"", got.field("Content-Type"), head.field("Content-Length")), "HEAD")


@case
def no_field_says_the_method():
    for field in ("X-HTTP-METHOD", "X-HTTP-Method-Override", "X-Method-Override"):
        answer = ask("POST", "/keys/ec" + V, {}, fields=[(field, "DELETE")])
        same(answer.status, 405, field)
    same(good("GET", "/keys/ec"), EC, "the key")


@each([("a GUID", "0a1b2c3d-0000-1111-2222-333344445555", True), ("no GUID", "abc", False), ("an escape", "\x1b[31m" + "a" * 31, False),
       ("long", "a" * 500, False), ("36 others", "g" * 36, False)])
def clients_find_their_requests(_, given, comes_back):
    answer = ask("GET", "/keys/ec" + V, fields=[("x-ms-client-request-id", given)])
    same(answer.field("x-ms-client-request-id"), given if comes_back and answer.status == 200 else None, "the field")


@each([("not there", "/keys/nothing", "admin", 404), ("nobody", "/keys/ec", "nobody", 401), ("without the role", "/secrets/secret", "auditor", 403),
       ("no version", "/keys/ec?x", "admin", 400), ("a wrong name", "/keys/a.b", "admin", 400), ("no path", "/keys/ec/a/b", "admin", 404)])
def refused_requests_are_found_too(_, target, by, status):
    given = "0a1b2c3d-0000-1111-2222-333344445555"
    answer = ask("GET", target + ("" if "?" in target else V), by=by, fields=[("x-ms-client-request-id", given)])
    same((answer.status, answer.field("x-ms-client-request-id"), answer.field("Cache-Control")), (status, given, "no-store"), "status and fields")


# ---- bodies

CREATE, IMPORT, SET, SIGN, PATCH = ("POST", "/keys/x/create"), ("PUT", "/keys/x"), ("PUT", "/secrets/x"), (
    "POST", "/keys/ec/sign"), ("PATCH", "/keys/ec")
OCTET = {"kty": "oct", "k": b64url(b"k" * 16)}


@each([("empty", b""), ("no JSON", b"{"), ("a list", b"[]"), ("a text", b'"a"'), ("null", b"null"), ("a number", b"1"),
       ("more behind", b'{"kty":"EC"} {}'), ("twice", b'{"kty":"EC","kty":"EC"}'), ("twice in other cases", b'{"kty":"EC","KTY":"RSA"}'),
       ("no UTF-8", b'{"kty":"EC","x":"\xff"}'), ("a byte order mark", b'\xef\xbb\xbf{"kty":"EC"}'), ("a NUL", b'{"kty":"EC\\u0000"}'),
       ("deep", b'{"kty":"EC","x":' + b"[" * 40 + b"]" * 40 + b"}"), ("a surrogate", b'{"value":"\\ud800"}')])
def bodies_that_are_no_objects(_, body):
    for method, target in (CREATE, IMPORT, SET, SIGN, PATCH, ("POST", "/rng"), ("POST", "/keys/restore"), ("PUT", "/keys/ec/rotationpolicy"),
                           ("PATCH", "/secrets/secret")):
        refused(ask(method, target + V, body), 400, "BadParameter")


@each(named([o for o in OPERATIONS if o.limit]))
def bodies_that_are_too_long(_, o):
    answer = ask(o.method, o.target + V, by="admin", length=min(o.limit, 131072) + 1)
    same((answer.status, answer.json()["error"]["code"]), (413, "RequestEntityTooLarge"), f"{answer.body!r}")
    answer = ask(o.method, o.target + V, "a=b", media="application/x-www-form-urlencoded")
    same((answer.status, answer.json()["error"]["code"]), (415, "UnsupportedMediaType"), f"{answer.body!r}")


@each(named([o for o in OPERATIONS if not o.limit]))
def bodies_where_none_belongs(_, o):
    """A small one is read over, as there are clients that send "{}" with everything; not with GET."""
    target = re.sub(r"\{[^}]*\}", "0" * 32, o.template) + V  # of nothing that is there
    for body, media in ((b"{}", "application/json"), (b"{", "text/plain"), (b"x" * 1024, None)):
        same(ask(o.method, target, body, media=media).status, 413 if o.method == "GET" else 404, f"{body[:4]}")
    same(ask(o.method, target, b"x" * 1025).status, 413, "a longer one")
    same(ask(o.method, target, b"{}", by="nobody").status, 401, "nobody's")


LONG = {"t" * 257: "x"}
P1 = {"version": "1.0.0", "anyOf": [{"authority": "https://localhost:4443/", "allOf": [{"claim": "x-ms-attestation-type", "equals": "sgx"}]}]}
POLICY = {"data": b64url(json.dumps(P1).encode())}


@each([
    ("no type", {}, "vault.key.type"), ("an unknown type", {"kty": "DSA"}, "vault.key.type"), ("a type that is a number", {"kty": 1}, "json.value"),
    ("OKP", {"kty": "OKP", "crv": "Ed25519"}, "vault.key.type"), ("a size", {"kty": "RSA", "key_size": 1024}, "key.unsupported"),
    ("a huge size", {"kty": "RSA", "key_size": 65536}, "json.value"), ("a size as text", {"kty": "RSA", "key_size": "2048"}, "json.value"),
    ("a fraction", {"kty": "RSA", "key_size": 2048.5}, "json.value"), ("a negative size", {"kty": "oct", "key_size": -128}, "json.value"),
    ("an odd size", {"kty": "oct", "key_size": 129}, "key.unsupported"), ("oct of 512", {"kty": "oct", "key_size": 512}, "key.unsupported"),
    ("a curve", {"kty": "EC", "crv": "P-192"}, "key.unsupported"), ("a curve as number", {"kty": "EC", "crv": 256}, "json.value"),
    ("an exponent", {"kty": "RSA", "public_exponent": 3}, "key.unsupported"), ("an even one", {"kty": "RSA", "public_exponent": 65538}, "key.unsupported"),
    ("key_ops as text", {"kty": "EC", "key_ops": "sign"}, "json.value"), ("unknown ones", {"kty": "EC", "key_ops": ["release"]}, "vault.key-ops"),
    ("ones of other types", {"kty": "EC", "key_ops": ["encrypt"]}, "vault.key-ops"), ("numbers", {"kty": "EC", "key_ops": [1]}, "json.value"),
    ("attributes as list", {"kty": "EC", "attributes": []}, "json.value"), ("enabled as text", {"kty": "EC", "attributes": {"enabled": "true"}}, "json.value"),
    ("enabled as number", {"kty": "EC", "attributes": {"enabled": 1}}, "json.value"), ("exp as text", {"kty": "EC", "attributes": {"exp": "2030-01-01"}}, "json.value"),
    ("exp before 1970", {"kty": "EC", "attributes": {"exp": -1}}, "json.value"), ("exp beyond time", {"kty": "EC", "attributes": {"exp": 10 ** 18}}, "json.value"),
    ("exp before nbf", {"kty": "EC", "attributes": {"exp": 5, "nbf": 6}}, "vault.attributes"),
    ("a misspelt attribute", {"kty": "EC", "attributes": {"exportible": False}}, "vault.member"), ("enable", {"kty": "EC", "attributes": {"enable": False}}, "vault.member"),
    ("tags as list", {"kty": "EC", "tags": ["a"]}, "json.value"), ("a tag as number", {"kty": "EC", "tags": {"a": 1}}, "vault.tags"),
    ("long tags", {"kty": "EC", "tags": LONG}, "vault.tags"), ("16 tags", {"kty": "EC", "tags": {str(i): "" for i in range(16)}}, "vault.tags"),
    ("tags twice", b'{"kty":"EC","tags":{"a":"1","A":"2"}}', "json.duplicate"),
    ("exportable without a policy", {"kty": "EC", "attributes": {"exportable": True}}, "vault.exportable"),
    ("a policy without exportable", {"kty": "EC", "release_policy": POLICY}, "vault.exportable"),
    ("a policy that is none", {"kty": "EC", "attributes": {"exportable": True}, "release_policy": {"data": b64url(b"{}")}}, None),
    ("one that is no base64", {"kty": "EC", "attributes": {"exportable": True}, "release_policy": {"data": "!"}}, "encoding.base64"),
    ("one that is empty", {"kty": "EC", "attributes": {"exportable": True}, "release_policy": {}}, "json.value"),
    ("one with more", {"kty": "EC", "attributes": {"exportable": True}, "release_policy": {**POLICY, "imutable": True}}, "vault.member"),
    ("immutable as text", {"kty": "EC", "attributes": {"exportable": True}, "release_policy": {**POLICY, "immutable": "true"}}, "json.value"),
    ("a policy as text", {"kty": "EC", "attributes": {"exportable": True}, "release_policy": "x"}, "json.value")])
def keys_that_cannot_be_made(_, body, detail):
    message = bad(ask("POST", "/keys/x/create" + V, body), detail)
    if detail == "vault.exportable":
        need(message.startswith("AKV.SKR.100"), f"Azure's sentence: {message}")
    refused(ask("GET", "/keys/x" + V), 404, "KeyNotFound", "vault.key.missing")


@each([("nulls", {"kty": "EC", "crv": None, "key_ops": None, "attributes": None, "tags": None, "release_policy": None, "key_size": None}),
       ("what Azure ignores", {"kty": "EC", "unknown": {"a": [1]}, "managed": True}), ("another case", {"KTY": "ec", "Attributes": {"Enabled": True}}),
       ("what cannot be changed", {"kty": "EC", "attributes": {"created": 1, "updated": 2, "recoveryLevel": "Purgeable", "recoverableDays": 7,
                                                               "hsmPlatform": "2"}}),
       ("RSA-HSM", {"kty": "RSA-HSM", "attributes": {}}), ("P-256K", {"kty": "EC-HSM", "crv": "P-256K"}), ("P-521", {"kty": "EC", "crv": "P-521"}),
       ("oct of 128", {"kty": "oct-HSM", "key_size": 128}), ("an empty list", {"kty": "EC", "key_ops": []})])
def keys_that_can_be_made(name, body):
    made = good("POST", "/keys/made/create", body)
    same(made["key"]["kty"].lower(), (body.get("kty") or body.get("KTY")).lower(), "kty")
    same(good("GET", "/keys/made"), made, "what is kept")
    same(made["attributes"]["recoverableDays"], 90, "what cannot be changed")
    need("k" not in made["key"] and "d" not in made["key"], "private members")


@each([("no key", {}, "json.value"), ("a key as text", {"key": "x"}, "json.value"), ("no type", {"key": {"k": "AAAA"}}, "vault.key.type"),
       ("a transfer blob", {"key": {"kty": "RSA-HSM", "key_hsm": "AAAA"}}, "vault.key.byok"), ("one in capitals", {"key": {"kty": "RSA", "KEY_HSM": "AAAA"}}, "vault.key.byok"),
       ("no octets", {"key": {"kty": "oct"}}, None), ("octets twice", b'{"key":{"kty":"oct","k":"AAAA","K":"AAAA"}}', "json.duplicate"),
       ("no base64", {"key": {"kty": "oct", "k": "a b"}}, "encoding.base64"), ("a strange length", {"key": {"kty": "oct", "k": b64url(b"k" * 5)}}, None),
       ("Hsm as text", {"key": OCTET, "Hsm": "true"}, "json.value"), ("an RSA key without d", {"key": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}, None),
       ("a point off its curve", {"key": {"kty": "EC", "crv": "P-256", "x": b64url(b"x" * 32), "y": b64url(b"y" * 32), "d": b64url(b"d" * 32)}}, None),
       ("exportable alone", {"key": OCTET, "attributes": {"exportable": True}}, "vault.exportable")])
def keys_that_cannot_be_imported(_, body, detail):
    bad(ask("PUT", "/keys/x" + V, body), detail)
    refused(ask("GET", "/keys/x" + V), 404, "KeyNotFound", "vault.key.missing")


def integers(der):
    """Those of an RSAPrivateKey (RFC 8017 A.1.2)."""
    def header(at):
        length = der[at + 1]
        if length < 0x80:
            return at + 2, length
        size = length & 0x7f
        return at + 2 + size, int.from_bytes(der[at + 2:at + 2 + size], "big")
    at, _ = header(0)
    found = []
    while at < len(der):
        at, length = header(at)
        found.append(der[at:at + length])
        at += length
    return found


def rsa_jwk():
    pem = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
    names = ("n", "e", "d", "p", "q", "dp", "dq", "qi")
    return dict(zip(names, integers(openssl("rsa", "-traditional", "-outform", "DER", data=pem))[1:]))


RSA_NUMBERS = rsa_jwk()
PUBLIC = b64url(RSA_NUMBERS["n"].lstrip(b"\0"))


@each([("as openssl has it", {}, RSA_NUMBERS, "RSA"), ("without the primes", {}, {k: RSA_NUMBERS[k] for k in "ned"}, "RSA"),
       ("Hsm", {"Hsm": True}, RSA_NUMBERS, "RSA-HSM"), ("hsm", {"hsm": True}, RSA_NUMBERS, "RSA-HSM"),
       ("more zeros", {}, {k: b"\0\0" + v for k, v in RSA_NUMBERS.items()}, "RSA"),
       ("key_ops of the key", {}, {**RSA_NUMBERS}, "RSA")])
def an_rsa_key_is_imported(name, more, numbers, kty):
    jwk = {"kty": "RSA", "kid": "https://elsewhere.example/keys/x", "key_ops": ["decrypt", "sign"], **{k: hide(v) if k not in "ne" else b64url(v)
                                                                                                       for k, v in numbers.items()}}
    made = good("PUT", "/keys/imported", {"key": jwk, **more})
    same((made["key"]["kty"], made["key"]["n"], made["key"]["e"]), (kty, PUBLIC, "AQAB"), "the public part")
    same(sorted(made["key"]["key_ops"]), ["decrypt", "sign"], "key_ops")
    same(good("GET", "/keys/imported"), made, "what is kept")


@case
def halves_that_do_not_belong_together_are_refused():
    for name in ("d", "p", "q", "dp", "qi"):
        numbers = {**RSA_NUMBERS, name: RSA_NUMBERS[name][:-1] + bytes([RSA_NUMBERS[name][-1] ^ 2])}
        answer = ask("PUT", "/keys/halves" + V, {"key": {"kty": "RSA", **{k: b64url(v) for k, v in numbers.items()}}})
        refused(answer, 400, "BadParameter")
    refused(ask("GET", "/keys/halves" + V), 404, "KeyNotFound")


@each([("padded", base64.urlsafe_b64encode(b"\xfb" * 16).decode()), ("unpadded", b64url(b"\xfb" * 16)), ("the other alphabet", base64.b64encode(b"\xfb" * 16).decode())])
def octets_come_in_every_alphabet(_, text):
    made = good("PUT", "/keys/padded", {"key": {"kty": "oct", "k": text}, "hsm": True})
    need("k" not in made["key"], "the key itself")
    same(made["key"]["kty"], "oct-HSM", "kty")


@each([("no value", {}, "json.value"), ("null", {"value": None}, "json.value"), ("a number", {"value": 1}, "json.value"), ("a list", {"value": ["x"]}, "json.value"),
       ("too long", {"value": "x" * 25601}, "vault.value"), ("a NUL", b'{"value":"a\\u0000b"}', "json.syntax"), ("twice", b'{"value":"a","Value":"b"}', "json.duplicate"),
       ("a type", {"value": "x", "contentType": "x" * 256}, "vault.content-type"), ("a type as number", {"value": "x", "contentType": 1}, "json.value"),
       ("long tags", {"value": "x", "tags": {"a": "x" * 513}}, "vault.tags"), ("a misspelt attribute", {"value": "x", "attributes": {"expires": 5}}, "vault.member"),
       ("a policy that is none", {"value": "x", "release_policy": {"data": "AAAA"}}, None)])
def secrets_that_cannot_be_set(_, body, detail):
    bad(ask("PUT", "/secrets/x" + V, body), detail)
    refused(ask("GET", "/secrets/x" + V), 404, "SecretNotFound", "vault.secret.missing")


@each([("plain", "hush"), ("empty", ""), ("UTF-8", "h\u00fcsch \U0001f511"), ("quotes", '"\\\n\t'), ("the longest", "x" * 25600), ("like JSON", '{"a":1}')])
def a_secret_comes_back(_, value):
    made = good("PUT", "/secrets/kept", {"value": value, "contentType": "text/plain", "tags": {"a": "b"}})
    same(good("GET", "/secrets/kept"), made, "by name")
    same(good("GET", made["id"][len(ISSUER):]), made, "by version")
    same(good("GET", "/secrets/KEPT/"), made, "in capitals")
    changed = good("PATCH", "/secrets/kept/" + made["id"].rsplit("/", 1)[1], {"tags": {}})
    need("value" not in changed and "tags" not in changed, f"after a change: {changed}")
    need("value" not in json.dumps(good("GET", "/secrets/kept/versions")["value"]), "a list with values")


# ---- what is used

def gave(target, body, **how):
    return good("POST", target, body, **how)


@each([("RSA-OAEP", "rsa", "encrypt", "decrypt"), ("RSA-OAEP-256", "rsa", "encrypt", "decrypt"), ("RSA1_5", "rsa", "wrapkey", "unwrapkey"),
       ("RSA-OAEP", "rsa", "wrapkey", "unwrapkey"), ("A256KW", "oct", "wrapkey", "unwrapkey"), ("A256GCM", "oct", "encrypt", "decrypt"),
       ("A256CBCPAD", "oct", "encrypt", "decrypt")])
def what_goes_in_comes_out(alg, name, there, back):
    plain = b64url(b"plain text of 24 bytes..")
    more = {"iv": b64url(b"i" * 16)} if "CBC" in alg else {"aad": b64url(b"aad")} if "GCM" in alg else {}
    sealed = gave(f"/keys/{name}/{there}", {"alg": alg, "value": plain, **more}, by="user")
    same(sealed["kid"].rsplit("/", 1)[0], f"{ISSUER}/keys/{name}", "kid")
    request = {"alg": alg, "value": sealed["value"], **{k: sealed[k] for k in ("iv", "tag", "aad") if k in sealed}}
    same(gave(sealed["kid"][len(ISSUER):] + "/" + back, request, by="user")["value"], plain, "what came out")
    spoilt = bytearray(unb64url(sealed["value"]))
    spoilt[-1] ^= 1
    answer = ask("POST", f"/keys/{name}/{back}" + V, {**request, "value": b64url(bytes(spoilt))})
    if alg not in ("RSA1_5", "A256CBCPAD"):
        bad(answer, "key.ciphertext")


@each([(a, k, n) for a, k, n in (("RS256", "rsa", 32), ("RS512", "rsa", 64), ("PS384", "rsa", 48), ("ES256", "ec", 32))])
def what_is_signed_verifies(alg, name, size):
    digest = b64url(b"d" * size)
    signed = gave(f"/keys/{name}/sign", {"alg": alg, "value": digest}, by="user")
    check = {"alg": alg, "digest": digest, "value": signed["value"]}
    cut = b64url(unb64url(signed["value"])[:-1])
    same(gave(f"/keys/{name}/verify", check), {"value": True}, "the signature")
    same(gave(f"/keys/{name}/verify", {**check, "digest": b64url(b"e" * size)}), {"value": False}, "of something else")
    for value in ("", "AAAA", cut):
        same(gave(f"/keys/{name}/verify", {**check, "value": value}), {"value": False}, "of none")
    for length in (0, size - 1, size + 1):
        bad(ask("POST", f"/keys/{name}/sign" + V, {"alg": alg, "value": b64url(b"d" * length)}), "key.input")
        bad(ask("POST", f"/keys/{name}/verify" + V, {**check, "digest": b64url(b"d" * length)}), "key.input")


@each([("no algorithm", "ec/sign", {"value": "AAAA"}, "json.value"), ("no value", "ec/sign", {"alg": "ES256"}, "json.value"), ("another", "ec/sign", {"alg": "RS256", "value": "AAAA"}, "key.algorithm"),
       ("another curve's", "ec/sign", {"alg": "ES384", "value": b64url(b"d" * 48)}, "key.algorithm"), ("none", "ec/sign", {"alg": "none", "value": "AAAA"}, "key.algorithm"),
       ("another case", "ec/sign", {"alg": "es256", "value": b64url(b"d" * 32)}, "key.algorithm"), ("an empty one", "ec/sign", {"alg": "", "value": "AAAA"}, "key.algorithm"),
       ("one as number", "ec/sign", {"alg": 256, "value": "AAAA"}, "json.value"), ("no base64", "ec/sign", {"alg": "ES256", "value": "?"}, "encoding.base64"),
       ("another use", "rsa/encrypt", {"alg": "RS256", "value": b64url(b"d" * 32)}, "key.algorithm"), ("another size", "oct/encrypt", {"alg": "A128GCM", "value": "AAAA"}, "key.algorithm"),
       ("too long for RSA", "rsa/encrypt", {"alg": "RSA-OAEP", "value": b64url(b"x" * 215)}, "key.input"), ("an iv of one's own", "oct/encrypt", {"alg": "A256GCM", "value": "AAAA", "iv": b64url(b"i" * 12)}, "key.input"),
       ("no iv", "oct/encrypt", {"alg": "A256CBCPAD", "value": "AAAA"}, "key.input"), ("a short one", "oct/encrypt", {"alg": "A256CBCPAD", "value": "AAAA", "iv": "AAAA"}, "key.input"),
       ("a blunt tag", "oct/decrypt", {"alg": "A256GCM", "value": "AAAA", "iv": b64url(b"i" * 12), "tag": "AAAA"}, "key.input"), ("no tag", "oct/decrypt", {"alg": "A256GCM", "value": "AAAA", "iv": b64url(b"i" * 12)}, "key.input"),
       ("an odd length", "oct/wrapkey", {"alg": "A256KW", "value": b64url(b"x" * 17)}, "key.input"), ("a block of its own", "rsa/decrypt", {"alg": "RSA-OAEP", "value": "AAAA"}, None)])
def operations_that_cannot_be(_, target, body, detail):
    bad(ask("POST", f"/keys/{target}" + V, body), detail)


@case
def a_ciphertext_tells_nothing():
    """Whatever is wrong with it, the words are the same."""
    said = set()
    for value in (b"\0" * 256, b"\xff" * 256, os.urandom(256), b"\0" * 255 + b"\1"):
        said.add(bad(ask("POST", "/keys/rsa/decrypt" + V, {"alg": "RSA-OAEP", "value": b64url(value)}), "key.ciphertext"))
    same(len(said), 1, f"sentences: {said}")


@each([("of a key", "/keys/nothing", "Key"), ("of a version", "/keys/ec/" + "0" * 32, "Key"), ("of a secret", "/secrets/nothing", "Secret"),
       ("that is no version", "/keys/ec/attestation", "Key"), ("a version of another", "/keys/ec/" + RSA["key"]["kid"].rsplit("/", 1)[1], "Key")])
def what_is_not_there(_, target, kind):
    message = refused(ask("GET", target + V), 404, kind + "NotFound")
    names = target.split("/", 2)[2]
    same(message, f"A {kind.lower()} with (name/id) {names} was not found in this key vault. If you recently deleted this {kind.lower()} you may be able to "
         "recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182", "Azure's sentence")


@each([(o, o) for o in ("encrypt", "decrypt", "wrapkey", "unwrapkey", "sign", "verify", "rotate", "backup")])
def nothing_is_done_with_nothing(_, operation):
    body = None if operation in ("rotate", "backup") else {"alg": "A", "value": "AAAA", "digest": "AAAA"}
    refused(ask("POST", f"/keys/nothing/{operation}" + V, body), 404, "KeyNotFound", "vault.key.missing")


NOW = int(time.time())
OPS = [("encrypt", "RSA-OAEP", False), ("wrapkey", "RSA-OAEP", False), ("sign", "RS256", False), ("decrypt", "RSA-OAEP", True),
       ("unwrapkey", "RSA-OAEP", True), ("verify", "RS256", True)]


def use(name, operation, alg):
    value = b64url(b"\0" * 256) if operation in ("decrypt", "unwrapkey", "verify") else b64url(b"d" * 32)
    return ask("POST", f"/keys/{name}/{operation}" + V, {"alg": alg, "value": value, "digest": b64url(b"d" * 32)})


@each(OPS)
def a_disabled_key_does_nothing(operation, alg, _):
    good("POST", "/keys/disabled/create", {"kty": "RSA", "attributes": {"enabled": False}})
    message = refused(use("disabled", operation, alg), 403, "Forbidden", "vault.disabled", "KeyDisabled")
    need(re.fullmatch("Operation [a-zA-Z]+ is not allowed on a disabled key.", message), message)


@each([(f"{when} {o[0]}", a, *o) for when, a in (("over", {"exp": NOW - 10}), ("not yet", {"nbf": NOW + 1000})) for o in OPS])
def outside_its_window_a_key_undoes_alone(_, attributes, operation, alg, goes_on):
    good("POST", "/keys/window/create", {"kty": "RSA", "attributes": attributes})
    answer = use("window", operation, alg)
    if goes_on:
        need(answer.status in (200, 400), f"{answer.body!r}")
    else:
        refused(answer, 403, "Forbidden", "vault.window")


@each(OPS)
def a_key_does_what_it_is_for(operation, alg, _):
    good("POST", "/keys/idle/create", {"kty": "RSA", "key_ops": ["import"]})
    refused(use("idle", operation, alg), 403, "Forbidden", "vault.operation")


@each([("0", 0), ("129", 129), ("negative", -1), ("text", "5"), ("huge", 10 ** 30), ("none", None)])
def random_bytes_are_counted(_, count):
    refused(ask("POST", "/rng" + V, {"count": count}), 400, "BadParameter")
    same(len(unb64url(good("POST", "/rng", {"count": 128})["value"])), 128, "bytes")


# ---- what becomes of them

@each([("keys", "Key", "kid"), ("secrets", "Secret", "id")])
def deleted_states(kind, word, member):
    one = f"/{kind}/gone"
    make = (lambda: ask("POST", one + "/create" + V, {"kty": "EC"})) if kind == "keys" else (lambda: ask("PUT", one + V, {"value": "v"}))
    made = make().json()
    gone = good("DELETE", one)
    same((gone["recoveryId"], gone["scheduledPurgeDate"] - gone["deletedDate"]), (f"{ISSUER}/deleted{kind}/gone", 90 * 86400), "the deletion")
    need("value" not in gone, "a value")
    refused(ask("GET", one + V), 404, word + "NotFound")
    refused(ask("GET", one + "/versions" + V), 404, word + "NotFound")
    refused(ask("DELETE", one + V), 404, word + "NotFound")
    message = refused(make(), 409, "Conflict", "vault.deleted", "ObjectIsDeletedButRecoverable")
    same(message, f"{word} gone is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the {word.lower()} can only "
         "be recovered or purged.", "Azure's sentence")
    same(good("GET", f"/deleted{kind}/GONE"), gone, "what is told of it")
    need(f"{ISSUER}/deleted{kind}/gone" in [i["recoveryId"] for i in good("GET", f"/deleted{kind}")["value"]], "the list")
    need(f"{ISSUER}/{kind}/gone" not in [i[member] for i in good("GET", f"/{kind}")["value"]], "the other list")
    back = good("POST", f"/deleted{kind}/gone/recover")
    need("recoveryId" not in back, "recovered")
    same({k: v for k, v in good("GET", one).items() if k != "attributes"}, {k: v for k, v in made.items() if k != "attributes"}, "as before")
    refused(ask("POST", f"/deleted{kind}/gone/recover" + V), 404, word + "NotFound")
    refused(ask("DELETE", f"/deleted{kind}/gone" + V), 404, word + "NotFound")
    good("DELETE", one)
    purged = ask("DELETE", f"/deleted{kind}/gone" + V)
    same((purged.status, purged.body, purged.field("Content-Length")), (204, b"", None), "purged")
    refused(ask("GET", f"/deleted{kind}/gone" + V), 404, word + "NotFound")
    same(make().status, 200, "the name is free")


@case
def a_backup_comes_back_once():
    made = good("PUT", "/secrets/saved", {"value": "of value"})
    backup = good("POST", "/secrets/saved/backup", by="officer")["value"]
    refused(ask("POST", "/secrets/restore" + V, {"value": backup}), 409, "Conflict", "vault.exists")
    good("DELETE", "/secrets/saved")
    refused(ask("POST", "/secrets/restore" + V, {"value": backup}), 409, "Conflict")
    same(ask("DELETE", "/deletedsecrets/saved" + V, {}).status, 204, "purged")
    spoilt = bytearray(unb64url(backup))
    for at in (0, 10, len(spoilt) // 2, len(spoilt) - 1):
        spoilt[at] ^= 1
        bad(ask("POST", "/secrets/restore" + V, {"value": b64url(bytes(spoilt))}), "vault.backup")
        spoilt[at] ^= 1
    bad(ask("POST", "/keys/restore" + V, {"value": backup}), "vault.backup")
    bad(other.ask("POST", "/secrets/restore" + V, {"value": backup}), "vault.backup")
    for value in ("", "AAAA", 1, None, "?" * 10, backup[:-8], backup + "AAAA"):
        refused(ask("POST", "/secrets/restore" + V, {"value": value}), 400, "BadParameter")
    good("POST", "/secrets/restore", {"value": backup}, by="officer")
    same(good("GET", "/secrets/saved"), made, "restored")


@case
def a_key_is_rotated():
    before = good("POST", "/keys/rotated/create", {"kty": "EC", "crv": "P-384", "tags": {"a": "b"}})
    after = good("POST", "/keys/rotated/rotate", by="officer")
    need(before["key"]["kid"] != after["key"]["kid"], "the same version")
    same((after["key"]["crv"], after["tags"], after["key"]["key_ops"]), ("P-384", {"a": "b"}, before["key"]["key_ops"]), "like the first")
    same([i["kid"] for i in good("GET", "/keys/rotated/versions")["value"]], [before["key"]["kid"], after["key"]["kid"]], "versions")
    same(good("GET", "/keys/rotated"), after, "the newest")
    same(good("GET", before["key"]["kid"][len(ISSUER):]), before, "the old one stays")


ROTATE = {"trigger": {"timeAfterCreate": "P90D"}, "action": {"type": "rotate"}}
NOTIFY = {"trigger": {"timeBeforeExpiry": "P30D"}, "action": {"type": "Notify"}}


@each([("two of a type", {"lifetimeActions": [ROTATE, ROTATE]}), ("an unknown type", {"lifetimeActions": [{**ROTATE, "action": {"type": "Delete"}}]}),
       ("no action", {"lifetimeActions": [{"trigger": {"timeAfterCreate": "P90D"}}]}), ("no trigger", {"lifetimeActions": [{"action": {"type": "Rotate"}}]}),
       ("both triggers", {"lifetimeActions": [{**ROTATE, "trigger": {"timeAfterCreate": "P90D", "timeBeforeExpiry": "P30D"}}]}),
       ("no duration", {"lifetimeActions": [{**ROTATE, "trigger": {"timeAfterCreate": "90 days"}}]}), ("too soon", {"lifetimeActions": [{**ROTATE, "trigger": {"timeAfterCreate": "P1D"}}]}),
       ("a short life", {"lifetimeActions": [], "attributes": {"expiryTime": "P1D"}}), ("no list", {"lifetimeActions": {}}), ("a list of texts", {"lifetimeActions": ["x"]}),
       ("an empty one", {"attributes": {"expiryTime": ""}}), ("a number", {"attributes": {"expiryTime": 90}}), ("no object", {"attributes": [None]}), ("a long one", {"attributes": {"expiryTime": "P" + "1" * 500 + "D"}})])
def rotation_policies_that_cannot_be(_, body):
    before = good("GET", "/keys/ec/rotationpolicy")
    refused(ask("PUT", "/keys/ec/rotationpolicy" + V, body), 400, "BadParameter")
    same(good("GET", "/keys/ec/rotationpolicy"), before, "the policy")


@case
def a_rotation_policy_is_kept():
    set_one = good("PUT", "/keys/rsa/rotationpolicy", {"lifetimeActions": [ROTATE, NOTIFY], "attributes": {"expiryTime": "P2Y", "created": None}})
    same(set_one["id"], ISSUER + "/keys/rsa/rotationpolicy", "id")
    same([a["action"]["type"] for a in set_one["lifetimeActions"]], ["Rotate", "Notify"], "actions")
    same(set_one["attributes"]["expiryTime"], "P2Y", "expiryTime")
    same(good("GET", "/keys/RSA/rotationpolicy/", by="auditor"), set_one, "what is kept")


# ---- release policies are somebody else's

EXPORTABLE = {"kty": "EC", "attributes": {"exportable": True}, "release_policy": POLICY}


@case
def a_page_has_nothing_of_the_certificate_in_its_browser():
    """A browser shows it for whatever page posts, and asks nobody before if the body has no type, or one of a form."""
    good("POST", "/keys/paged/create", EXPORTABLE, by="both")
    before = good("GET", "/keys/paged")
    weaker = {"kty": "EC", "release_policy": {"data": b64url(json.dumps({**P1, "anyOf": [
        {"authority": "https://localhost:4443", "allOf": [{"claim": "iss", "exists": True}]}]}).encode())}}
    for origin in ("https://evil.example", "null", ISSUER):
        for method, target, body in (("POST", "/keys/paged/create", weaker), ("POST", "/keys/paged/rotate", None),
                                     ("GET", "/keys/paged", None)):
            answer = ask(method, target + V, body, by="both", media=None, fields=[("Origin", origin)])
            refused(answer, 401, "Unauthorized", "admin.unauthenticated")
    same(good("GET", "/keys/paged"), before, "the key")
    good("POST", "/keys/paged/create", {"kty": "EC"}, by="admin", media=None, fields=[("Origin", "https://evil.example")])


@case
def an_officer_alone_decides_not_who_gets_a_key():
    for by in ("officer", "policy"):
        refused(ask("POST", "/keys/given/create" + V, EXPORTABLE, by=by), 403, "Forbidden", "vault.forbidden", "ForbiddenByPolicy")
        refused(ask("PUT", "/keys/given" + V, {**EXPORTABLE, "key": OCTET}, by=by), 403, "Forbidden", "vault.forbidden", "ForbiddenByPolicy")
        refused(ask("PUT", "/secrets/given" + V, {"value": "x", "release_policy": POLICY}, by=by), 403, "Forbidden", "vault.forbidden", "ForbiddenByPolicy")
    made = good("POST", "/keys/given/create", EXPORTABLE, by="both")
    same((made["attributes"]["exportable"], json.loads(unb64url(made["release_policy"]["data"]))), (True, P1), "the key")
    for policy in ({"data": b64url(json.dumps({**P1, "anyOf": P1["anyOf"] * 2}).encode())}, {**POLICY, "immutable": True},
                   {**POLICY, "contentType": "text/plain"}, {"immutable": True}):
        for target in ("/keys/given", made["key"]["kid"][len(ISSUER):]):
            refused(ask("PATCH", target + V, {"tags": {}, "release_policy": policy}, by="officer"), 403, "Forbidden", "vault.forbidden", "ForbiddenByPolicy")
    refused(ask("PATCH", "/keys/given" + V, {"tags": {}, "release_policy": POLICY}, by="policy"), 403, "Forbidden", "vault.forbidden", "ForbiddenByPolicy")
    refused(ask("PATCH", "/keys/given" + V, {"attributes": {"enabled": False}}, by="policy"), 403, "Forbidden", "vault.forbidden", "ForbiddenByPolicy")
    refused(ask("PATCH", "/keys/given" + V, {}, by="policy"), 403, "Forbidden", "vault.forbidden", "ForbiddenByPolicy")
    good("PATCH", "/keys/given", {"release_policy": POLICY}, by="policy")
    good("PATCH", "/keys/given", {"tags": {"a": "b"}}, by="officer")
    good("POST", "/keys/given/create", {"kty": "EC"}, by="officer")
    same(good("GET", "/keys/given")["release_policy"]["data"], made["release_policy"]["data"], "a new version has the same")
    version = made["key"]["kid"][len(ISSUER):]
    good("PATCH", version, {"release_policy": made["release_policy"]})  # what was read comes back, and is no change
    message = bad(ask("PATCH", version + V, {"release_policy": {**POLICY, "immutable": True}}), "vault.policy.versioned")
    need(message.startswith("AKV.SKR.1016"), message)
    message = bad(ask("PATCH", "/keys/ec" + V, {"attributes": {"exportable": True}}), "vault.exportable")
    need(message.startswith("AKV.SKR."), message)


@each([("of what may change", "mutable", False), ("of what may not", "immutable", True)])
def who_sends_a_policy_back_changes_none(_, name, immutable):
    """SDKs send whole objects (Java, .NET): an officer may, as for everything else in them."""
    good("POST", f"/keys/whole-{name}/create", {**EXPORTABLE, "release_policy": {**POLICY, "immutable": immutable}}, by="both")
    whole = good("GET", f"/keys/whole-{name}")
    for target in (f"/keys/whole-{name}", whole["key"]["kid"][len(ISSUER):]):
        body = {"key_ops": [], "attributes": whole["attributes"], "tags": {"a": target[-1]}, "release_policy": whole["release_policy"]}
        changed = good("PATCH", target, body, by="officer")
        same((changed["tags"], changed["release_policy"]), (body["tags"], whole["release_policy"]), "what came of it")
        refused(ask("PATCH", target + V, body, by="policy"), 403, "Forbidden", "vault.forbidden", "ForbiddenByPolicy")
        good("PATCH", target, {"release_policy": whole["release_policy"]}, by="policy")
    refused(ask("PATCH", "/keys/nothing" + V, {"release_policy": whole["release_policy"]}, by="officer"), 403, "Forbidden", "vault.forbidden", "ForbiddenByPolicy")


@case
def an_immutable_policy_stays():
    good("POST", "/keys/fixed/create", {**EXPORTABLE, "release_policy": {**POLICY, "immutable": True}}, by="both")
    for change in ({**POLICY, "data": b64url(json.dumps({**P1, "version": "1.0.0", "anyOf": P1["anyOf"] * 2}).encode())}, {"immutable": False}):
        message = bad(ask("PATCH", "/keys/fixed" + V, {"release_policy": change}), "vault.policy.immutable")
        need(message.startswith("AKV.SKR.1020: Immutable Key Release Policy cannot be modified."), message)


@case
def a_secret_for_programs_is_for_nobody_else():
    good("PUT", "/secrets/sealed", {"value": "for enclaves", "release_policy": POLICY}, by="both")
    for by in ("user", "admin"):
        refused(ask("GET", "/secrets/sealed" + V, by=by), 403, "Forbidden", "vault.secret.release-only", "ForbiddenByPolicy")
    need("sealed" in json.dumps(good("GET", "/secrets", by="auditor")), "it is not listed")


@case
def tenants_share_no_names():
    other.good("POST", "/keys/ec/create", {"kty": "EC"}, by="stranger")
    mine = good("GET", "/keys/ec")
    theirs = other.good("GET", "/keys/ec", by="stranger")
    need(mine["key"]["x"] != theirs["key"]["x"] and theirs["key"]["kid"].startswith(OTHER), "one key for both")
    refused(other.ask("GET", "/keys/rsa" + V, by="stranger"), 404, "KeyNotFound")
    same((theirs["attributes"]["recoveryLevel"], theirs["attributes"]["recoverableDays"]), ("CustomizedRecoverable", 7), "settings of its own")
    same((mine["attributes"]["recoveryLevel"], mine["attributes"]["recoverableDays"]), ("Recoverable+Purgeable", 90), "mine")
    other.good("DELETE", "/keys/ec", by="stranger")
    refused(other.ask("DELETE", "/deletedkeys/ec" + V, by="stranger"), 403, "Forbidden", "vault.purge-protected")
    same(other.ask("GET", "/keys" + V, by="nobody").field("WWW-Authenticate"),
         f'Bearer authorization="{OTHER}/quoth", resource="https://other.example:4443"', "a strict subdomain of the resource")


# ---- lists

def walk(target, each_page=lambda: None):
    found, pages = [], 0
    while target:
        answer = ask("GET", target)
        same(answer.status, 200, f"{target}: {answer.body!r}")
        page = answer.json()
        found += [i.get("kid") or i.get("id") for i in page["value"]]
        link = page.get("nextLink")
        need(not link or link.startswith(ISSUER + "/"), f"{link}")
        target = link and link[len(ISSUER):]
        pages += 1
        each_page()
    return found, pages


@case
def a_list_is_walked_while_others_write():
    for i in range(30):
        good("PUT", f"/secrets/page{i:02}", {"value": "x"})
    made = iter(range(1000))

    def write():
        good("PUT", f"/secrets/page{next(made):02}a", {"value": "x"})
    found, pages = walk("/secrets" + V + "&maxresults=4", write)
    need(pages > 7, f"{pages} pages")
    same(sorted(found), found, "the order")
    same(len(set(found)), len(found), "twice")
    need({f"{ISSUER}/secrets/page{i:02}" for i in range(30)} <= set(found), "some are missing")


@case
def versions_are_walked():
    made = [good("PUT", "/secrets/many", {"value": str(i)})["id"] for i in range(11)]
    found, pages = walk("/secrets/many/versions" + V + "&maxresults=3")
    same((found, pages), (made, 4), "versions")
    found, pages = walk("/secrets/many/versions" + V)
    same((found, pages), (made, 1), "at once")


def first_link(target):
    return ask("GET", target).json()["nextLink"][len(ISSUER):]


@each([("nothing", ""), ("a word", "abc"), ("a name", "ec"), ("base64", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), ("long", "A" * 3000), ("UTF-8", "%C3%A9")])
def tokens_that_are_forged(_, token):
    for target in ("/keys", "/secrets", "/deletedkeys", "/secrets/many/versions"):
        answer = ask("GET", f"{target}{V}&$skiptoken={token}")
        if token:
            refused(answer, 400, "BadParameter")


@case
def tokens_are_good_for_their_list():
    link = first_link("/secrets" + V + "&maxresults=1")
    token = re.search(r"\$skiptoken=([^&]*)", link).group(1)
    same(ask("GET", link.replace("$", "%24")).status, 200, "escaped")
    for target in ("/keys", "/deletedsecrets", "/secrets/many/versions"):
        bad(ask("GET", f"{target}{V}&$skiptoken={token}"), "vault.skiptoken")
    bad(other.ask("GET", f"/secrets{V}&$skiptoken={token}"), "vault.skiptoken")
    for at in range(0, len(token), 7):
        spoilt = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1:]
        bad(ask("GET", f"/secrets{V}&$skiptoken={spoilt}"), "vault.skiptoken")
    refused(ask("GET", f"/secrets{V}&$skiptoken={token}&$skiptoken={token}"), 400, "BadParameter")


@case
def links_outlive_the_master_keys_rotation():
    """A client that walks a list has nothing to do with it, and a node may not have heard of the new term yet."""
    link = first_link("/secrets" + V + "&maxresults=1")
    found = ask("GET", link).json()["value"]
    for _ in range(2):
        same(ask("POST", "/master:rotate").status, 200, "a rotation")
        until(lambda: len(ask("GET", "/master").json()["terms"]) == 1, "the older term to be dropped", 240)
        same(ask("GET", link).status, 200, "a link from before")
        same(ask("GET", link).json()["value"], found, "the page")


@each([(n, n) for n in ("0", "26", "-1", "1000", "x", "", "1.5", "+5", "0x5", "1&maxresults=2")])
def pages_have_a_size(_, count):
    refused(ask("GET", f"/keys{V}&maxresults={count}"), 400, "BadParameter")


# ---- at once

@case
def who_is_acknowledged_has_a_version():
    made, lock = [], threading.Lock()

    def work(number):
        for i in range(4):
            answer = ask("PUT", "/secrets/crowd" + V, {"value": f"{number}/{i}"})
            if answer.status == 200:
                with lock:
                    made.append((answer.json()["id"], f"{number}/{i}"))
            else:
                refused(answer, 409, "Conflict", "vault.busy")
    with ThreadPoolExecutor(6) as crowd:
        list(crowd.map(work, range(6)))  # and raises what one of them has
    found, _ = walk("/secrets/crowd/versions" + V)
    same(sorted(found), sorted(i for i, _ in made), "versions")
    for name, value in made:
        same(good("GET", name[len(ISSUER):])["value"], value, name)


# ---- what is written down

def trail():
    folder = os.path.join(vault.state, "audit", ISSUER[8:])
    files = [*sorted(glob.glob(os.path.join(folder, "administration.jsonl.0*"))), os.path.join(folder, "administration.jsonl")]
    return [json.loads(line) for f in files for line in whole_lines(f)]


@case
def every_change_and_every_use_is_in_the_trail():
    good("PUT", "/secrets/told", {"value": "told-to-nobody"}, by="officer")
    good("GET", "/secrets/told", by="user")
    ask("GET", "/secrets/told" + V, by="auditor")
    gave("/keys/ec/sign", {"alg": "ES256", "value": b64url(b"s" * 32)}, by="user")
    good("PATCH", "/secrets/told", {"attributes": {"enabled": False}}, by="officer")
    refused(ask("GET", "/secrets/told" + V, by="user"), 403, "Forbidden", "vault.disabled", "SecretDisabled")
    lines = trail()
    of = [line for line in lines if line.get("name") == "told"]
    same([line["event"] for line in of], ["vault.secret.set", "vault.secret.get", "vault.secret.update", "vault.secret.get"], "events")
    same(of[1]["who"], "cert:" + CERTS["user"][2], "who")
    same((of[2]["enabled"], of[3]["code"]), (False, "vault.disabled"), "what, and why not")
    need(any(line["event"] == "vault.key.sign" and line["algorithm"] == "ES256" for line in lines), "the signature")
    need(any(line["event"] == "vault.secret.set.done" for line in lines), "how it went")


@case
def what_is_restored_is_named_in_the_trail():
    """The request names nothing: what it brings back is in the backup."""
    good("PUT", "/secrets/brought-back", {"value": "x"})
    backup = good("POST", "/secrets/brought-back/backup")
    refused(ask("POST", "/secrets/restore" + V, backup), 409, "Conflict", "vault.exists")
    good("DELETE", "/secrets/brought-back")
    same(ask("DELETE", "/deletedsecrets/brought-back" + V).status, 204, "purge")
    good("POST", "/secrets/restore", backup)
    bad(ask("POST", "/secrets/restore" + V, {"value": "AAAA"}), "vault.backup")
    of = [line.get("name") for line in trail() if line["event"] == "vault.secret.restore"]
    same(of[-3:], ["brought-back", "brought-back", None], "names")


@case
def nothing_secret_is_written_down():
    folder = os.path.join(vault.state, "audit")
    text = b"".join(read(f) for f in glob.glob(os.path.join(folder, "*", "*"))) + read(vault.process.log)
    for word in (*HIDDEN, "hush-hush", "told-to-nobody", "for enclaves", "plain text of 24", b64url(b"plain text of 24 bytes.."), b64url(b"k" * 16), ADMIN):
        need(word.encode() not in text, f"{word[:20]} is in the trail or the log")


@case
def without_a_trail_there_is_no_secret():
    """The stream is turned away; what it cannot hold is not given."""
    file = os.path.join(vault.state, "audit", ISSUER[8:], "administration.jsonl")
    with open(file, "ab") as f:
        f.write(b"somebody else was here\n")
    answer = vault.raw(f"GET /secrets/secret{V} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {ADMIN}\r\n\r\n".encode())
    same((answer.status, answer.json()["error"]["details"][0]["code"]), (503, "audit.unavailable"), f"{answer.body!r}")
    need(b"hush" not in answer.body, "the secret")
    answer = vault.raw(f"DELETE /keys/ec{V} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {ADMIN}\r\n\r\n".encode())
    same(answer.status, 503, f"{answer.body!r}")
    same(good("GET", "/keys/ec"), EC, "the key is still there")


main()
