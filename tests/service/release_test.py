#!/usr/bin/env python3
"""Release of keys and secrets to attested programs: release_test.py QUOTH QUOTHD MAKE_QUOTE. Over real
flows: quotes of a simulated platform, tokens of the service itself, keys of its vault."""
import base64
import concurrent.futures
import hashlib
import json
import os
import ssl
import subprocess
import time

from stage import QUOTHD, VERSION, Platform, Verifier, b64url, unb64url, until, whole_lines
from harness import Failed, case, main, need, path, read, same
from provider import Key, Provider, certificate as make_certificate, hs256, jwt, openssl
from signing import Signer, unsigned
from recipient import Recipient, parts_of, wrapped_of

KV = "?api-version=7.4"
UNVERIFIED = "Target environment attestation statement cannot be verified."
UNMET = "Target environment attestation does not meet key release policy requirements."

platform = Platform("platform")
provider = Provider()
signer, other_signer, curve = Key("maa"), Key("evil"), Key("p256", curve=True)
provider.keys = [signer.jwk(), curve.jwk()]
COLLATERAL = platform.serve()
recipient = Recipient()

verifier = Verifier("main", *platform.trust())
verifier.start("--collateral", COLLATERAL, "--rate", "0", "--rotation-delay", "0",
               "--release-authority", f"{provider.issuer} {provider.ca}",
               "--release-authority-private", "localhost")
ADMIN = read(os.path.join(verifier.state, "admin.token")).decode().strip()
AUTHORITY = verifier.issuer
BEARER = ("Authorization", f"Bearer {ADMIN}")
JSON = ("Content-Type", "application/json")

SIMULATED = {"claim": "x-quoth-simulated", "equals": True}
SIGNER = {"claim": "x-ms-sgx-mrsigner", "equals": "51" * 32}


def policy(*conditions, authority=AUTHORITY, immutable=False):
    text = {"version": "1.0.0", "anyOf": [{"authority": authority, "allOf": list(conditions)}]}
    return {"data": b64url(json.dumps(text).encode()), "immutable": immutable}


MINE = policy(SIGNER, SIMULATED)


def ask(method, target, body=None, *fields, of=None):
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return (of or verifier).ask(method, target + ("" if "?" in target else KV), data,
                                [BEARER, *([JSON] if data is not None else []), *fields])


def done(answer):
    same(answer.status, 200, f"status of {answer.body!r}")
    return answer.json()


def make_key(name, release_policy=None, kty="oct-HSM", **more):
    return done(ask("POST", f"/keys/{name}/create",
                    {"kty": kty, "attributes": {"exportable": True},
                     "release_policy": release_policy or MINE, **more}))


def token(data=None, kind="SgxEnclave", of=None, tee=None, **more):
    """A token of this service for a program with this runtime data."""
    v = of or verifier
    held = recipient.runtime() if data is None else data
    quote = platform.quote(held, tee or ("tdx" if kind == "TdxVm" else "sgx"))
    answer = v.post(f"/attest/{kind}{VERSION}",
                    {"quote": b64url(quote), "runtimeData": {"data": b64url(held), "dataType": "JSON"}, **more})
    return done(answer)["token"]


def release(name, target, *fields, of=None, kind="keys", query=KV, **more):
    body = json.dumps({"target": target, **more}).encode()
    return (of or verifier).ask("POST", f"/{kind}/{name}/release{query}", body, [JSON, *fields])


def refused(answer, status=403, message=None, code=None):
    error = answer.json()["error"]
    same(answer.status, status, f"status of {answer.body!r}")
    if message:
        same(error["message"], message, "message")
    if code:
        same(error["details"][0]["code"], code, f"code of {answer.body!r}")
    return error


def unmet(answer, code):
    """What somebody known is told: the sentence, and what is behind it."""
    error = refused(answer, code="release.refused" if code else None)
    same(error["message"], f"{UNMET} ({code})", "message")
    return error["details"][0]


def opened(answer, enc="CKM_RSA_AES_KEY_WRAP", by=recipient):
    done(answer)
    inner, ciphertext = wrapped_of(parts_of(answer)[1])
    same(inner["header"], {"kid": by.name, "alg": "dir", "enc": enc}, "header of what is wrapped")
    return by.unwrap(ciphertext, enc)


def trail(stream, v=verifier):
    """The lines of an audit stream, the newest last."""
    folder = os.path.join(v.state, "audit", v.issuer[len("https://"):])
    return [json.loads(line) for line in whole_lines(os.path.join(folder, f"{stream}.jsonl"))]


def last_release(stream="administration", event="KeyRelease"):
    return [line for line in trail(stream) if line["event"] == event][-1]


def rows(one, table):
    """Runs the case that one makes of every row, and names the row that fails."""
    for row in table:
        name, test = one(*row)
        try:
            test()
        except Exception as problem:
            raise Failed(f"{name}: {problem}") from problem


CERTIFICATES = {}
CHAIN_OF_NOBODY = [base64.b64encode(ssl.PEM_cert_to_DER_cert(read(make_certificate("nobody")[0]).decode())).decode()]


def certificate(name):
    CERTIFICATES[name] = make_certificate(name)
    return CERTIFICATES[name]


def last_release_of(v):
    return [line for line in trail("administration", v) if line["event"] == "KeyRelease"][-1]


GOOD = token()

# ---- what is released


@case
def a_key_is_released_to_an_attested_program():
    make_key("aes")
    plain = opened(release("aes", GOOD))
    need(plain and len(plain) == 32, "no key of 256 bits came out")
    same(opened(release("aes", GOOD)), plain, "the same key, asked for once more")


def is_other_half(plain, public):
    """Whether that is a PKCS #8 key as openssl writes it, nothing behind it, and the JWK its public half. How long it
    is depends on the key: numbers may begin with zeros."""
    shown = openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER", data=plain)
    halves = [unb64url(public[name]) for name in ("n", "x", "y") if name in public]
    same_key = openssl("pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-outform", "DER", data=plain)
    return same_key == plain and all(half in shown for half in halves)


@case
def every_type_with_every_algorithm():
    def one(name, kty, size, more):
        def test():
            made = make_key(name, kty=kty, **more)
            for enc in ("CKM_RSA_AES_KEY_WRAP", "RSA_AES_KEY_WRAP_256", "RSA_AES_KEY_WRAP_384"):
                answer = release(name, GOOD, enc=enc)
                plain = opened(answer, enc)
                need(plain, f"{enc}: it does not open")
                inner, ciphertext = wrapped_of(parts_of(answer)[1])
                for wrong in {"CKM_RSA_AES_KEY_WRAP", "RSA_AES_KEY_WRAP_256", "RSA_AES_KEY_WRAP_384"} - {enc}:
                    need(recipient.unwrap(ciphertext, wrong) is None, f"{enc} opens as {wrong}")
                key = parts_of(answer)[1]["response"]["key"]["key"]
                same({k: v for k, v in key.items() if k not in ("key_hsm", "key_ops")},
                     {k: v for k, v in made["key"].items() if k != "key_ops"}, "public parts")
                need(not {"import", "export"} & set(key["key_ops"]), "key_ops that clients do not know")
                if kty.startswith("oct"):
                    same(len(plain), size, f"{enc}: bytes")
                else:
                    need(is_other_half(plain, key), f"{enc}: it is no PKCS #8 key, or another")
        return name, test
    rows(one, [("t-oct", "oct-HSM", 16, {"key_size": 128}), ("t-oct256", "oct", 32, {}),
                          ("t-rsa", "RSA-HSM", None, {"key_size": 2048}),
                          ("t-ec", "EC-HSM", None, {"crv": "P-256"}),
                          ("t-ec384", "EC", None, {"crv": "P-384"})])


@case
def the_answer_has_the_form_of_key_vaults():
    made = make_key("form", kty="RSA-HSM", key_size=2048, tags={"a": "b"})
    before = done(ask("GET", "/keys/form"))
    header, payload = parts_of(release("form", GOOD, nonce="n", enc="RSA_AES_KEY_WRAP_256"))
    same(payload["request"], {"api-version": "7.4", "enc": "RSA_AES_KEY_WRAP_256",
                              "kid": f"{AUTHORITY}/keys/form", "nonce": "n"}, "request")
    bundle = payload["response"]["key"]
    same(bundle["key"]["kid"], made["key"]["kid"], "kid, with its version")
    same(bundle["attributes"], before["attributes"], "attributes")
    same(bundle["tags"], {"a": "b"}, "tags")
    same(bundle["release_policy"], before["release_policy"], "release policy")
    need("nonce" not in parts_of(release("form", GOOD))[1]["request"], "a nonce that nobody sent")
    version = made["key"]["kid"].rsplit("/", 1)[1]
    same(parts_of(release(f"form/{version}", GOOD))[1]["request"]["kid"], made["key"]["kid"], "as it was asked for")
    same(done(ask("GET", "/keys/form")), before, "GET after releases")
    same((header["alg"], header["typ"], len(header["x5c"])), ("RS256", "JWT", 2), "header")
    leaf, root = (base64.b64decode(c) for c in header["x5c"])
    same(header["kid"], hashlib.sha1(leaf).hexdigest().upper(), "kid of the header")
    same(unb64url(header["x5t#S256"]), hashlib.sha256(leaf).digest(), "x5t#S256")
    same(root, ssl.PEM_cert_to_DER_cert(read(os.path.join(verifier.state, "ca.pem")).decode()), "the root")
    for spelling in ("form//release", "form/release/", "FORM/release"):
        answer = verifier.ask("POST", f"/keys/{spelling}{KV}", json.dumps({"target": GOOD}).encode(), [JSON])
        same(answer.status, 200, f"status of {spelling}: {answer.body!r}")


@case
def the_answer_is_signed_for_the_host():
    make_key("signed")
    jws = done(release("signed", GOOD))["value"]
    header, payload, signature = jws.split(".")
    chain = [base64.b64decode(c) for c in json.loads(unb64url(header))["x5c"]]
    pem = [path(f"x5c-{i}.pem", ssl.DER_cert_to_PEM_cert(der).encode()) for i, der in enumerate(chain)]
    run = lambda *args, **how: subprocess.run(["openssl", *args], capture_output=True, **how)
    verified = run("verify", "-CAfile", os.path.join(verifier.state, "ca.pem"), "-verify_hostname", "localhost",
                   "-purpose", "sslserver", pem[0])
    same(verified.returncode, 0, f"chain: {verified.stderr}")
    public = path("x5c.pub", run("x509", "-in", pem[0], "-noout", "-pubkey", check=True).stdout)
    good = run("dgst", "-sha256", "-verify", public, "-signature", path("jws.sig", unb64url(signature)),
               path("jws.txt", f"{header}.{payload}".encode()))
    same(good.returncode, 0, f"signature: {good.stderr}")


@case
def a_nonce_comes_back_as_it_came():
    make_key("nonces")
    def one(name, nonce, status):
        def test():
            answer = release("nonces", GOOD, nonce=nonce)
            same(answer.status, status, f"status of {answer.body!r}")
            if status == 200:
                same(parts_of(answer)[1]["request"]["nonce"], nonce, "nonce")
        return name, test
    rows(one, [("beyond ASCII", "nön\ufffd\U0001f600\n\"\\", 200), ("empty", "", 200),
                          ("a kilobyte", "n" * 1024, 200), ("more", "n" * 1025, 400)])


# ---- who is asked who it is


@case
def the_first_request_of_an_sdk_is_told_where_to_go():
    make_key("sdk")
    answer = verifier.ask("POST", "/keys/sdk/release" + KV, b"")
    same(answer.status, 401, "status")
    need((answer.field("WWW-Authenticate") or "").startswith("Bearer authorization="), "no challenge")
    same(answer.json()["error"]["message"], "AKV10000: Request is missing a Bearer or PoP token.", "message")
    bad = release("sdk", GOOD, ("Authorization", "Bearer nonsense"))
    same(bad.status, 401, "status with a bearer that is none")
    need(bad.field("WWW-Authenticate"), "no challenge")
    same(release("sdk", GOOD, BEARER).status, 200, "status with a good one")
    same(last_release()["who"].split(":")[0], "token", "who")
    same(release("sdk", GOOD).status, 200, "status with none")
    same(last_release()["who"], "anonymous", "who")


@case
def a_bearer_opens_nothing_that_the_token_does_not():
    make_key("bearer", policy(SIGNER))  # says nothing of simulated evidence
    refused(release("bearer", GOOD), message=UNMET)
    same(unmet(release("bearer", GOOD, BEARER), "release.evidence.unfit")["target"], "x-quoth-simulated", "target")


# ---- what a stranger is told: of every name the same


def names():
    make_key("there")
    make_key("off", attributes={"exportable": True, "enabled": False})
    make_key("gone")
    done(ask("DELETE", "/keys/gone"))
    done(ask("POST", "/keys/plain/create", {"kty": "oct-HSM"}))
    make_key("others", policy(SIGNER, SIMULATED, authority="https://other.example"))
    make_key("unmet", policy({"claim": "x-ms-sgx-svn", "equals": 99}, SIMULATED))
    return ["off", "gone", "plain", "others", "unmet", "never-made", "there/" + "0" * 32, "there/x", "n_o"]


def with_another_signature(token):
    """One bit of it is another; of its last character not every bit counts."""
    text, signature = token.rsplit(".", 1)
    signature = unb64url(signature)
    return f"{text}.{b64url(signature[:-1] + bytes([signature[-1] ^ 1]))}"


@case
def a_stranger_learns_nothing_of_what_there_is():
    rows = names()
    bad = with_another_signature(GOOD)
    said = {}
    for name in rows:
        for target in (GOOD, bad):
            answer = release(name, target)
            same(answer.status, 403, f"status of {name}: {answer.body!r}")
            error = answer.json()["error"]
            for detail in error["details"]:
                detail.pop("requestId")
            said.setdefault(target == GOOD, set()).add(json.dumps(error))
    same({good: len(texts) for good, texts in said.items()}, {True: 1, False: 1}, "answers")
    same(json.loads(said[True].pop())["message"], UNMET, "message to a good token")
    error = json.loads(said[False].pop())
    same((error["message"], error["innererror"]["code"]), (UNVERIFIED, "AccessDenied"), "to a bad one")
    refused(release("there", bad), message=UNVERIFIED)


@case
def who_is_known_is_told_what_is_wrong():
    def one(name, status, code):
        def test():
            refused(release(name, GOOD, BEARER), status, code=code)
        return name, test
    rows(one, [("off", 403, "vault.disabled"), ("gone", 404, "vault.key.missing"),
               ("plain", 400, "release.not-exportable"), ("never-made", 404, "vault.key.missing")])
    unmet(release("others", GOOD, BEARER), "release.authority")
    detail = unmet(release("unmet", GOOD, BEARER), "release.policy.unmet")
    same({name: detail[name] for name in ("target", "found", "expected", "line")},
         {"target": "x-ms-sgx-svn", "found": "2", "expected": "equals 99", "line": 1}, "detail")
    error = refused(release("there", with_another_signature(GOOD), BEARER), message=UNVERIFIED + " (release.token.invalid)")
    same((error["code"], error["innererror"]["code"]), ("Forbidden", "AccessDenied"), "codes")


# ---- tokens


def signed(claims=None, header=None, key=signer):
    now = int(time.time())
    body = {"iss": provider.issuer, "iat": now, "exp": now + 600, "level": 3,
            "x-ms-runtime": {"keys": [recipient.jwk()]}, **(claims or {})}
    body = {k: v for k, v in body.items() if v is not None}
    head = {"alg": "RS256", "typ": "JWT", "kid": key.kid, **(header or {})}
    return jwt({k: v for k, v in head.items() if v is not None}, body, key.sign)


@case
def tokens_of_a_listed_authority_release():
    make_key("foreign", policy({"claim": "level", "greaterOrEquals": 3}, authority=provider.issuer + "/"))
    need(len(opened(release("foreign", signed()))) == 32, "nothing was opened")
    refused(release("foreign", signed({"level": 2})), message=UNMET)
    same(opened(release("foreign", signed({"iss": provider.issuer + "/"}))) is None, False, "a slash behind iss")


@case
def tokens_that_are_none():
    now = int(time.time())
    secret = signer.public
    evil = other_signer.jwk()
    good = signed()
    def one(name, target):
        def test():
            refused(release("foreign", target), message=UNVERIFIED)
        return name, test
    rows(one, [
        ("a wrong signature", with_another_signature(good)),
        ("the signature of another token", signed().rsplit(".", 1)[0] + "." + signed({"level": 9}).rsplit(".", 1)[1]),
        ("another key under this kid", signed(header={"kid": "maa"}, key=other_signer)),
        ("a key that nobody has", signed(key=other_signer)),
        ("no kid", signed(header={"kid": None})),
        ("alg none", jwt({"alg": "none", "typ": "JWT", "kid": "maa"}, {}, lambda _: b"")),
        ("alg none, signed", signed(header={"alg": "none"})),
        ("HS256 with the public key", jwt({"alg": "HS256", "typ": "JWT", "kid": "maa"},
                                          {"iss": provider.issuer, "exp": now + 600, "iat": now}, hs256(secret))),
        ("ES256 by a key that the metadata says nothing of", signed(header={"alg": "ES256"}, key=curve)),
        ("a jku of somebody else", signed(header={"jku": "https://evil.example/certs", "kid": "evil"},
                                          key=other_signer)),
        ("a jwk of somebody else", signed(header={"jwk": evil}, key=other_signer)),
        ("a jwk of somebody else under this kid", signed(header={"jwk": evil, "kid": "maa"}, key=other_signer)),
        ("an x5u of somebody else", signed(header={"x5u": "https://evil.example/chain", "kid": "maa"}, key=other_signer)),
        ("a certificate of somebody else", signed(header={"x5c": CHAIN_OF_NOBODY, "kid": "maa"}, key=other_signer)),
        ("a kid with an end to it", signed(header={"kid": "maa "}, key=signer)),
        ("a kid in capitals", signed(header={"kid": "MAA"}, key=signer)),
        ("another typ", signed(header={"typ": "at+jwt"})),
        ("expired", signed({"iat": now - 100, "exp": now - 1})),
        ("without exp", signed({"exp": None})),
        ("without iat", signed({"iat": None})),
        ("from the future", signed({"iat": now + 1000, "exp": now + 2000})),
        ("not yet", signed({"nbf": now + 1000})),
        ("for somebody else", signed({"aud": "https://vault.example"})),
        ("of nobody", signed({"iss": None})),
        ("of a host that begins the same", signed({"iss": provider.issuer + ".evil.example"})),
        ("of this service, by another key", signed({"iss": AUTHORITY})),
        ("of this service, in capitals", signed({"iss": AUTHORITY.upper()})),
        ("of a list", signed({"iss": [provider.issuer]})), ("with a user", signed({"iss": provider.issuer.replace("//", "//a@")})),
        ("with a query", signed({"iss": provider.issuer + "?a"})), ("with a fragment", signed({"iss": provider.issuer + "#a"})),
        ("with a way up", signed({"iss": provider.issuer + "/../"})), ("with two slashes", signed({"iss": provider.issuer + "//"})),
        ("for nobody", signed({"aud": []})), ("until a text", signed({"exp": str(now + 600)})), ("until a fraction", signed({"exp": now + 600.5})),
        ("until beyond time", signed({"exp": 10 ** 12})), ("of before 1970", signed({"iat": -1})),
    ])
    for bad in ("a.b.c", "e30.e30", "no token", good + ".", good + "=", signed(header={"crit": ["exp"]}),
                good.split(".")[0] + "." + b64url(b'{"iss":"a","iss":"b"}') + ".AAAA"):
        refused(release("foreign", bad), 400, code="token.malformed")
        refused(release("never-made", bad), 400, code="token.malformed")


@case
def what_this_service_signs_besides_is_no_attestation():
    make_key("besides", policy({"claim": "iss", "equals": AUTHORITY}))
    results = [done(ask("GET", "/policies/SgxEnclave" + VERSION))["token"],
               done(ask("GET", "/audit/checkpoint"))["token"],
               done(ask("GET", "/certificates" + VERSION))["token"]]
    for result in results:
        refused(release("besides", result), message=UNVERIFIED)
    draft = token(draftPolicyForAttestation="version= 1.0;authorizationrules{=> permit();};")
    refused(release("besides", draft), message=UNVERIFIED)


@case
def marks_of_another_authority_count_wherever_they_stand():
    """Another Quoth that serves simulated TEEs, and Azure's guests with the evidence of the TEE around them."""
    level = {"claim": "level", "equals": 3}
    said = "x-ms-isolation-tee.x-ms-sevsnpvm-is-debuggable"
    make_key("marked", policy(level, authority=provider.issuer))
    make_key("spoken-for", policy(level, {"claim": said, "equals": True}, authority=provider.issuer))
    def one(name, claims, released):
        def test():
            answer = release("marked", signed(claims))
            if released:
                need(opened(answer), "not opened")
            else:
                refused(answer, message=UNMET)
                unmet(release("marked", signed(claims), BEARER), "release.evidence.unfit")
        return name, test
    debug = {"x-ms-isolation-tee": {"x-ms-sevsnpvm-is-debuggable": True}}
    rows(one, [
        ("none", {"x-ms-isolation-tee": {"x-ms-sevsnpvm-is-debuggable": False}, "x-quoth-simulated": False}, True),
        ("simulated", {"x-quoth-simulated": True}, False),
        ("simulated, as a text", {"x-quoth-simulated": "true"}, False),
        ("a guest's TEE", debug, False),
        ("a guest's trust domain", {"x-ms-isolation-tee": {"tdx_td_attributes_debug": True, "dbgstat": "enabled"}}, False),
        ("one that is profiled", {"x-ms-isolation-tee": {"tdx_td_attributes_debug": False, "dbgstat": "enabled"}}, False),
        ("a list of them", {"submods": [{"x-quoth-simulated": True}]}, False),
        ("its kernel", {"x-ms-azurevm-kerneldebug-enabled": True}, False),
    ])
    need(opened(release("spoken-for", signed(debug))), "not opened, though the policy speaks for it")
    refused(release("spoken-for", signed({**debug, "x-quoth-simulated": True})), message=UNMET)
    refused(release("spoken-for", signed()), message=UNMET)


@case
def what_changes_while_an_authority_is_asked_counts():
    """A release that waits for an authority's keys is decided by what the vault holds when they are here."""
    v = another("waiting")
    make_in(v, "k", policy({"claim": "level", "equals": 3}, authority=provider.issuer))
    make_in(v, "stays", policy({"claim": "level", "equals": 3}, authority=provider.issuer))
    v.stop()
    target, asked = signed(), len(provider.asked)
    provider.gate.clear()
    v.start("--collateral", COLLATERAL, "--release-authority", f"{provider.issuer} {provider.ca}",
            "--release-authority-private", "localhost")
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = [pool.submit(release, "k", target, of=v)]
            until(lambda: len(provider.asked) > asked, "the authority to be asked")
            answers.append(pool.submit(release, "stays", target, of=v))
            done(v.ask("PATCH", "/keys/k" + KV, json.dumps({"attributes": {"enabled": False}}).encode(),
                       [v.bearer, JSON]))
            need(not any(a.done() for a in answers), "they did not wait")
            provider.gate.set()
            refused(answers[0].result(), message=UNMET)
            need(opened(answers[1].result()), "what stayed as it was")
    finally:
        provider.reset()
    v.stop()


@case
def the_recipient_stands_in_the_hashed_data():
    make_key("to-whom", policy({"claim": "level", "equals": 3}, authority=provider.issuer))
    small, second = Recipient("small", 1024), Recipient("second")
    signing = recipient.jwk(kid="sig", key_ops=["sign"])
    def one(name, runtime, status):
        def test():
            claims = {"x-ms-runtime": runtime}
            if name == "under the TEE":
                claims = {"x-ms-runtime": None, "x-ms-isolation-tee": {"x-ms-runtime": runtime}}
            answer = release("to-whom", signed(claims))
            same(answer.status, status, f"status of {answer.body!r}")
            if status == 200:
                need(opened(answer, by=second if name == "a signing key before it" else recipient), "not opened")
            else:
                refused(answer, status, code="release.recipient")
        return name, test
    rows(one, [
        ("one", {"keys": [recipient.jwk()]}, 200),
        ("by use", {"keys": [recipient.jwk(use="enc", key_ops=None)]}, 200),
        ("a signing key before it", {"keys": [signing, second.jwk()]}, 200),
        ("none", {"keys": []}, 400), ("no keys", {}, 400), ("a text", "keys", 400), ("keys are an object", {"keys": {}}, 400),
        ("1024 bits", {"keys": [small.jwk()]}, 400), ("no kid", {"keys": [recipient.jwk(kid=None)]}, 400),
        ("exponent 3", {"keys": [recipient.jwk(e="Aw")]}, 400),
        ("even modulus", {"keys": [recipient.jwk(n=b64url(recipient.n[:-1] + b"\x02"))]}, 400),
        ("EC alone", {"keys": [curve.jwk(use="enc")]}, 400),
        ("signing keys alone", {"keys": [signing]}, 400),
        ("a kid twice", {"keys": [recipient.jwk(), second.jwk(kid="recipient")]}, 400),
        ("with its private half", {"keys": [recipient.jwk(d="AQAB")]}, 400),
        ("under the TEE", {"keys": [recipient.jwk()]}, 400),
        ("key_ops as a text", {"keys": [recipient.jwk(key_ops="encrypt")]}, 200),
        ("key_use as a list", {"keys": [recipient.jwk(key_use=["enc"], key_ops=None)]}, 200),
        ("a zero before the modulus", {"keys": [recipient.jwk(n=b64url(b"\0" + recipient.n))]}, 200),
        ("use for signing, and key_ops for encryption", {"keys": [recipient.jwk(use="sig")]}, 400),
        ("use as a list", {"keys": [recipient.jwk(use=["enc"])]}, 400),
        ("JSON in a text", json.dumps({"keys": [recipient.jwk()]}), 400), ("a list around it", [{"keys": [recipient.jwk()]}], 400),
        ("another case of RSA", {"keys": [recipient.jwk(kty="rsa")]}, 400),
        ("8192 bits", {"keys": [recipient.jwk(n=b64url(b"\xff" * 1024))]}, 400),
        ("4097 bits", {"keys": [recipient.jwk(n=b64url(b"\1" + b"\xff" * 512))]}, 400),
        ("2047 bits", {"keys": [recipient.jwk(n=b64url(b"\x7f" + b"\xff" * 255))]}, 400),
        ("an unfit one before a fit one", {"keys": [small.jwk(), recipient.jwk()]}, 400),
        ("padding", {"keys": [recipient.jwk(n=b64url(recipient.n) + "=")]}, 400),
        ("exponent 1", {"keys": [recipient.jwk(e="AQ")]}, 400), ("exponent 65535", {"keys": [recipient.jwk(e=b64url(b"\xff\xff"))]}, 400),
        ("an even exponent", {"keys": [recipient.jwk(e=b64url(b"\1\0\2"))]}, 400), ("no exponent", {"keys": [recipient.jwk(e="")]}, 400),
        ("an exponent above the modulus", {"keys": [recipient.jwk(e=b64url(b"\xff" * 257))]}, 400),
        ("an empty kid", {"keys": [recipient.jwk(kid="")]}, 400), ("a kid of 257", {"keys": [recipient.jwk(kid="k" * 257)]}, 400),
        ("33 keys", {"keys": [recipient.jwk(kid=str(i)) for i in range(33)]}, 400),
    ])


@case
def what_the_vault_computes_no_token_says():
    conditions = {"answered": {"claim": "x-quoth-challenge", "equals": True}, "young": {"claim": "x-quoth-token-age", "less": 10},
                  "ageless": {"claim": "x-quoth-token-age", "exists": False}}
    for name, condition in conditions.items():
        make_key(name, policy(condition, authority=provider.issuer))
    keys, fresh = [recipient.jwk()], challenge()["nonce"]
    def one(what, name, claims, released=False):
        def test():
            answer = release(name, signed(claims))
            if released:
                need(opened(answer), "not opened")
            else:
                refused(answer, message=UNMET)
        return what, test
    rows(one, [
        ("a challenge", "answered", {"x-ms-runtime": {"keys": keys, "nonce": fresh}}, True),
        ("it says so itself", "answered", {"x-quoth-challenge": True}),
        ("as a text", "answered", {"x-quoth-challenge": "true"}),
        ("beside the runtime data", "answered", {"nonce": fresh}),
        ("in that of the TEE", "answered", {"x-ms-isolation-tee": {"x-ms-runtime": {"nonce": fresh}}}),
        ("in a list", "answered", {"x-ms-runtime": {"keys": keys, "nonce": [fresh]}}),
        ("padded", "answered", {"x-ms-runtime": {"keys": keys, "nonce": fresh + "="}}),
        ("an age of its own", "young", {"iat": int(time.time()) - 100, "x-quoth-token-age": 0}),
        ("no age at all", "ageless", {}),
    ])


# ---- trust domains


@case
def a_trust_domain_gets_what_its_policy_says_and_no_more():
    measured = {"claim": "tdx_mrtd", "equals": "d1" * 48}
    debug = {"claim": "tdx_td_attributes_debug", "equals": True}
    make_key("td", policy(measured, SIMULATED))
    make_key("td-real", policy(measured))
    make_key("td-debug", policy(measured, SIMULATED, debug))
    make_key("td-any", policy(measured, SIMULATED, {"claim": "dbgstat", "exists": True}))
    targets = {kind: token(kind="TdxVm", tee=kind) for kind in ("tdx", "tdx-debug", "tdx-profiled")}
    need(opened(release("td", targets["tdx"])), "not opened")
    same(last_release()["x-ms-attestation-type"], "tdxvm", "type in the record")
    need(opened(release("td-debug", targets["tdx-debug"])), "not opened, though the policy speaks for it")
    same(last_release()["marks"], "tdx_td_attributes_debug x-quoth-simulated", "marks in the record")
    refused(release("td-debug", targets["tdx"]), message=UNMET)
    refused(release("td", GOOD), message=UNMET)
    refused(release("there", targets["tdx"]), message=UNMET)
    for name, kind, mark in (("td-real", "tdx", "x-quoth-simulated"), ("td", "tdx-debug", "tdx_td_attributes_debug"),
                             ("td-any", "tdx-debug", "tdx_td_attributes_debug"), ("td", "tdx-profiled", "dbgstat"),
                             ("td-any", "tdx-profiled", "dbgstat"), ("td-debug", "tdx-profiled", "")):
        refused(release(name, targets[kind]), message=UNMET)
        code = "release.evidence.unfit" if mark else "release.policy.unmet"
        detail = unmet(release(name, targets[kind], BEARER), code)
        same(detail["target"], mark or "tdx_td_attributes_debug", f"what keeps {name} from {kind}")


# ---- requests


@case
def requests_that_are_none():
    make_key("asked")
    big = json.dumps({"target": "a" * (1 << 20)}).encode()
    def one(name, body, status, query=KV):
        def test():
            answer = verifier.ask("POST", "/keys/asked/release" + query, body, [JSON])
            same(answer.status, status, f"status of {answer.body!r}")
        return name, test
    good = json.dumps({"target": GOOD}).encode()
    rows(one, [("no JSON", b"target", 400), ("no token", b"{}", 400), ("a token that is null", b'{"target":null}', 400),
                          ("an unknown algorithm", json.dumps({"target": GOOD, "enc": "RSA1_5"}).encode(), 400),
                          ("of a megabyte", big, 413), ("of no version", good, 400, ""),
                          ("of an unknown version", good, 400, "?api-version=6.0"),
                          ("of 7.3", good, 200, "?api-version=7.3"),
                          ("with the name of the parameter encoded", good, 200, "?api%2Dversion=2025-07-01")])
    same(verifier.ask("GET", "/keys/asked/release" + KV).status in (401, 405), True, "GET is another method")


@case
def a_policy_of_a_hundred_authorities():
    entries = [{"authority": f"https://a{i}.example", "allOf": [SIGNER]} for i in range(99)]
    entries.append({"authority": AUTHORITY, "allOf": [SIGNER, SIMULATED]})
    text = json.dumps({"version": "1.0.0", "anyOf": entries}).encode()
    make_key("hundred", {"data": b64url(text)})
    need(opened(release("hundred", GOOD)), "nothing was opened")
    same(last_release()["entry"], 100, "entry")


# ---- freshness


def challenge(of=None):
    answer = (of or verifier).ask("POST", "/challenge", b"")
    return done(answer)


@case
def a_challenge_must_be_in_what_the_evidence_hashes():
    make_key("fresh", policy(SIGNER, SIMULATED, {"claim": "x-quoth-challenge", "equals": True}))
    given = challenge()
    need(280 < given["expires"] - time.time() <= 301, f"expires {given['expires']}")
    need(challenge()["nonce"] != given["nonce"], "two challenges are one")
    need(opened(release("fresh", token(recipient.runtime(given["nonce"])))), "not opened")
    same(last_release()["challenge"], True, "challenge in the record")
    mac = unb64url(given["nonce"])
    forged = b64url(mac[:-1] + bytes([mac[-1] ^ 1]))
    def one(name, target, more=None):
        def test():
            refused(release("fresh", target, **(more or {})), message=UNMET)
        return name, test
    rows(one, [("none", GOOD),
                          ("one of our own", token(recipient.runtime(b64url(b"n" * 32)))),
                          ("one that was altered", token(recipient.runtime(forged))),
                          ("beside the hashed data", token(nonce=given["nonce"])),
                          ("in the request", GOOD, {"nonce": given["nonce"]})])


@case
def an_old_quote_posted_again_is_not_fresh():
    """A token that is new over evidence that is not: its age says nothing, the challenge does."""
    held = recipient.runtime(b64url(b"of yesterday....."))
    quote = platform.quote(held)
    attest = lambda: done(verifier.attest(quote, runtimeData={"data": b64url(held), "dataType": "JSON"},
                                          nonce=challenge()["nonce"]))["token"]
    make_key("young", policy(SIGNER, SIMULATED, {"claim": "x-quoth-token-age", "lessOrEquals": 60}))
    need(opened(release("young", attest())), "a young token")
    refused(release("fresh", attest()), message=UNMET)


# ---- what has become stricter since


@case
def a_changed_release_policy_shuts_out_older_tokens():
    make_key("changed")
    old = token()
    need(opened(release("changed", old)), "before the change")
    time.sleep(1.1)
    done(ask("PATCH", "/keys/changed", {"release_policy": policy(SIGNER, SIMULATED, {"claim": "x-ms-sgx-svn", "greater": 0})}))
    unmet(release("changed", old, BEARER), "release.token.superseded")
    refused(release("changed", old), message=UNMET)
    need(opened(release("changed", token())), "after the change, with a new token")


@case
def a_changed_attestation_policy_does_too():
    make_key("attested")
    old = token()
    text = "version= 1.0;authorizationrules{[type==\"x-ms-sgx-svn\", value>=1] => permit();};"
    jws = "eyJhbGciOiJub25lIn0." + b64url(json.dumps({"AttestationPolicy": b64url(text.encode())}).encode()) + "."
    for kind in ("SgxEnclave", "OpenEnclave"):
        done(verifier.ask("PUT", f"/policies/{kind}{VERSION}", jws.encode(), [BEARER, ("Content-Type", "text/plain")]))
    unmet(release("attested", old, BEARER), "release.token.superseded")
    need(opened(release("attested", token())), "a token under the new policy")
    for kind in ("SgxEnclave", "OpenEnclave"):
        done(verifier.ask("POST", f"/policies/{kind}:reset{VERSION}", b"eyJhbGciOiJub25lIn0..",
                          [BEARER, ("Content-Type", "text/plain")]))
    need(opened(release("attested", old)), "the policy that judged it is in force again")


@case
def the_attestation_policy_of_another_tee_does_not_stand_in():
    """Two types may have one text, and so one hash: what counts is that of the type that judged."""
    v = another("one-text")
    def put(kind, text):
        jws = "eyJhbGciOiJub25lIn0." + b64url(json.dumps({"AttestationPolicy": b64url(text.encode())}).encode()) + "."
        done(v.ask("PUT", f"/policies/{kind}{VERSION}", jws.encode(), [v.bearer, ("Content-Type", "text/plain")]))
    permit = "version= 1.0;authorizationrules{=> permit();};"
    for kind in ("SgxEnclave", "OpenEnclave", "TdxVm"):
        put(kind, permit)
    make_in(v, "k", policy({"claim": "tdx_mrtd", "equals": "d1" * 48}, SIMULATED))
    old = token(kind="TdxVm", of=v)
    need(opened(release("k", old, of=v)), "while it is in force")
    put("TdxVm", 'version= 1.0;authorizationrules{[type=="dbgstat", value=="disabled"] => permit();};')
    unmet(release("k", old, v.bearer, of=v), "release.token.superseded")
    refused(release("k", old, of=v), message=UNMET)
    need(opened(release("k", token(kind="TdxVm", of=v), of=v)), "a token under the new policy")
    v.stop()


@case
def a_distrusted_signing_key_releases_nothing():
    make_key("distrusted")
    old = token()
    kid = json.loads(unb64url(old.split(".")[0]))["kid"]
    done(ask("POST", "/signing-keys:rotate", {}))
    need(opened(release("distrusted", old)), "a key that only signs no more")
    done(ask("POST", "/signing-keys:rotate", {"distrust": kid}))
    refused(release("distrusted", old), message=UNVERIFIED)
    global GOOD
    GOOD = token()
    need(opened(release("distrusted", GOOD)), "a token of the next key")


# ---- what is written down


@case
def a_release_is_on_record_before_it_is_answered():
    made = make_key("recorded")
    target = token()
    claims = json.loads(unb64url(target.split(".")[1]))
    answer = release("recorded", target, ("x-ms-client-request-id", "mine"), nonce="a-plain-nonce",
                     enc="RSA_AES_KEY_WRAP_384")
    done(answer)
    line = last_release()
    text = json.loads(unb64url(made["release_policy"]["data"]))
    canonical = json.dumps(text, separators=(",", ":"), sort_keys=True).encode()
    wanted = {"decision": "released", "who": "anonymous", "clientRequest": "mine", "name": "recorded",
              "version": made["key"]["kid"].rsplit("/", 1)[1], "policyHash": hashlib.sha256(canonical).hexdigest(),
              "policyNumber": 1, "enc": "RSA_AES_KEY_WRAP_384", "tokenHash": hashlib.sha256(target.encode()).hexdigest(),
              "tokenKid": json.loads(unb64url(target.split(".")[0]))["kid"], "iss": AUTHORITY, "jti": claims["jti"],
              "x-quoth-platform-id": claims["x-quoth-platform-id"], "x-quoth-simulated": "true",
              "x-ms-sgx-is-debuggable": "false", "marks": "x-quoth-simulated", "challenge": False, "entry": 1,
              "recipient": recipient.thumbprint()}
    same({name: line.get(name) for name in wanted}, wanted, "the record")
    everything = json.dumps(line)
    for secret in (target, "a-plain-nonce", opened(answer, "RSA_AES_KEY_WRAP_384").hex(), target.split(".")[1]):
        need(secret not in everything, f"{secret[:40]} is in the record")


@case
def a_refusal_names_the_clause_that_decided():
    refused(release("unmet", GOOD, BEARER))
    line = last_release()
    same({name: line.get(name) for name in ("decision", "code", "where", "found", "expected", "entry")},
         {"decision": "refused", "code": "release.policy.unmet", "where": "x-ms-sgx-svn", "found": "2",
          "expected": "equals 99", "entry": 1}, "the record")


@case
def refusals_of_strangers_do_not_fill_the_disk():
    v = another("crowded")  # whose trail tells of nobody else
    make_in(v, "unmet", policy({"claim": "x-ms-sgx-svn", "equals": 99}, SIMULATED))
    target, begun = token(of=v), time.monotonic()
    for _ in range(60):
        refused(release("unmet", target, of=v))
    seconds = time.monotonic() - begun

    def all_told():
        lines = trail("decisions", v)
        told = sum(line["event"] == "KeyRelease" for line in lines)
        return told + sum(line["total"] for line in lines if line["event"] == "refused") == 60

    until(all_told, "60 refusals to be told or counted")
    if seconds < 4:  # ten in a second have a line each
        need(sum(line["event"] == "KeyRelease" for line in trail("decisions", v)) < 60, "each has a line")
    for of in (verifier, v):
        same([line for line in trail("administration", of) if line["event"] == "KeyRelease"
              and line["who"] == "anonymous" and line["decision"] == "refused"], [], "in the synced stream")
    v.stop()


@case
def what_cannot_be_recorded_is_not_released():
    v = Verifier("unrecorded", *platform.trust()).start("--collateral", COLLATERAL)
    bearer = ("Authorization", "Bearer " + read(os.path.join(v.state, "admin.token")).decode().strip())
    body = {"kty": "oct-HSM", "attributes": {"exportable": True}, "release_policy": MINE}
    done(v.ask("POST", "/keys/k/create" + KV, json.dumps(body).encode(), [bearer, JSON]))
    target = token(of=v)
    done(release("k", target, of=v))
    folder = os.path.join(v.state, "audit", v.issuer[len("https://"):])
    with open(os.path.join(folder, "administration.jsonl"), "ab") as file:  # somebody else touches it
        file.write(b"x")
    answer = release("k", target, of=v)
    same(answer.status, 503, f"status of {answer.body!r}")
    need("value" not in answer.json(), "it was released all the same")
    v.stop()


# ---- the operator's lists


def another(name, *options, init=()):
    """A verifier of its own, with a key and a secret in its vault, and its bearer."""
    v = Verifier(name, *platform.trust(), *init)
    v.start("--collateral", COLLATERAL, *options)
    bearer = ("Authorization", "Bearer " + read(os.path.join(v.state, "admin.token")).decode().strip())
    v.bearer = bearer
    return v


def make_in(v, name, release_policy, status=200):
    body = {"kty": "oct-HSM", "attributes": {"exportable": True}, "release_policy": release_policy}
    answer = v.ask("POST", f"/keys/{name}/create" + KV, json.dumps(body).encode(), [v.bearer, JSON])
    same(answer.status, status, f"status of {answer.body!r}")
    return answer


@case
def a_platform_that_is_denied_gets_nothing_by_an_older_token():
    v = another("denying")
    make_in(v, "k", MINE)
    old = token(of=v)
    need(opened(release("k", old, of=v)), "before it was denied")
    claims = json.loads(unb64url(old.split(".")[1]))
    v.stop()
    v.start("--collateral", COLLATERAL, "--platform-deny", claims["x-quoth-platform-id"])
    refused(release("k", old, of=v), message=UNMET)
    unmet(release("k", old, v.bearer, of=v), "attest.platform.denied")
    v.stop()
    v.start("--collateral", COLLATERAL, "--platform-allow", "01" * 32)
    unmet(release("k", old, v.bearer, of=v), "attest.platform.not-allowed")
    v.stop()


@case
def a_root_that_is_trusted_no_more_gets_nothing_by_an_older_token():
    other = Platform("distrusted-root")
    v = Verifier("two-roots", "--trust", f"simulated:{platform.root_sha256},{other.root_sha256}",
                 "--trust-root", platform.root, "--trust-root", other.root)
    v.start("--collateral", COLLATERAL, "--collateral", other.serve())
    v.bearer = ("Authorization", "Bearer " + read(os.path.join(v.state, "admin.token")).decode().strip())
    make_in(v, "k", MINE)
    held = recipient.runtime()
    old = {at: done(v.attest(at.quote(held), runtimeData={"data": b64url(held), "dataType": "JSON"}))["token"]
           for at in (platform, other)}
    for target in old.values():
        need(opened(release("k", target, of=v)), "while both are trusted")
    v.stop()
    v.start("--collateral", COLLATERAL, *platform.trust())
    need(opened(release("k", old[platform], of=v)), "the one that stays")
    unmet(release("k", old[other], v.bearer, of=v), "release.token.superseded")
    refused(release("k", old[other], of=v), message=UNMET)
    v.stop()


@case
def a_tcb_status_that_is_accepted_no_more_gets_nothing_by_an_older_token():
    v = another("status")
    make_in(v, "k", MINE)
    old = token(of=v)
    need(opened(release("k", old, of=v)), "while it is accepted")
    v.stop()
    v.start("--collateral", COLLATERAL, "--accept-status", "SWHardeningNeeded")
    unmet(release("k", old, v.bearer, of=v), "release.token.superseded")
    refused(release("k", old, of=v), message=UNMET)
    v.stop()


@case
def a_type_that_was_closed_gets_nothing_by_an_older_token():
    v = another("closing")
    make_in(v, "k", MINE)
    old = token(of=v)
    need(opened(release("k", old, of=v)), "before it was closed")
    v.stop()
    v.start("--collateral", COLLATERAL, *[x for t in ("SgxEnclave", "OpenEnclave", "TdxVm") for x in ("--closed-type", t)])
    refused(release("k", old, of=v), message=UNMET)
    unmet(release("k", old, v.bearer, of=v), "release.token.superseded")
    v.stop()


@case
def a_tenant_may_want_a_challenge_of_everybody():
    v = another("challenging", "--release-challenge", "required")
    make_in(v, "k", MINE)
    refused(release("k", token(of=v), of=v), message=UNMET)
    unmet(release("k", token(recipient.runtime(challenge()["nonce"]), of=v), v.bearer, of=v), "release.challenge")
    need(opened(release("k", token(recipient.runtime(challenge(v)["nonce"]), of=v), of=v)), "with its own challenge")
    v.stop()


@case
def a_tcb_recovery_shuts_out_older_tokens():
    recovering = Platform("recovering")
    collateral = recovering.serve()
    v = Verifier("recovering-v", *recovering.trust()).start("--collateral", collateral, "--collateral-refresh", "60")
    v.bearer = ("Authorization", "Bearer " + read(os.path.join(v.state, "admin.token")).decode().strip())
    make_in(v, "k", policy(SIMULATED))
    held = recipient.runtime()
    kinds = ("SgxEnclave", "TdxVm")
    def attest(kind):
        quote = recovering.quote(held, "tdx" if kind == "TdxVm" else "sgx")
        body = {"quote": b64url(quote), "runtimeData": {"data": b64url(held), "dataType": "JSON"}}
        return done(v.post(f"/attest/{kind}{VERSION}", body))["token"]
    def number_of(target):
        return json.loads(unb64url(target.split(".")[1]))["x-quoth-tcb-evaluation-number"]
    old = {kind: attest(kind) for kind in kinds}
    for target in old.values():
        need(opened(release("k", target, of=v)), "before")
    recovering.vendor("refresh", "--evaluation-number", str(number_of(old["SgxEnclave"]) + 1))
    v.stop()
    time.sleep(1.1)
    v.start("--collateral", collateral)  # asks for collateral anew
    for kind in kinds:
        new = attest(kind)
        same(number_of(new), number_of(old[kind]) + 1, "number of the new token")
        unmet(release("k", old[kind], v.bearer, of=v), "release.token.superseded")
        need(opened(release("k", new, of=v)), "after")
    v.stop()


@case
def an_authority_that_nobody_listed_is_never_asked():
    asked = len(provider.asked)
    v = another("listing-nobody")
    make_in(v, "k", policy({"claim": "level", "equals": 3}, authority=provider.issuer))
    refused(release("k", signed(), of=v), message=UNVERIFIED)
    refused(release("k", signed(), v.bearer, of=v), message=UNVERIFIED + " (release.authority.unlisted)")
    v.stop()
    v.start("--collateral", COLLATERAL, "--release-authority", f"{provider.issuer} {provider.ca}")
    refused(release("k", signed(), of=v), message=UNVERIFIED)  # its address is private
    same(len(provider.asked), asked, "requests to the authority")
    v.stop()


def certify(name, kind, ca=None):
    """A key with a certificate for localhost: that of a CA, or its own."""
    key, cert = path(f"own/{name}.key", b""), path(f"own/{name}.crt", b"")
    new = ["rsa:2048"] if kind == "rsa" else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    by = ["-CA", ca[1], "-CAkey", ca[0], "-addext", "basicConstraints=critical,CA:FALSE"] if ca else []
    subprocess.run(["openssl", "req", "-x509", "-newkey", *new, "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost", *by], check=True,
                   capture_output=True)
    return key, cert


@case
def the_operator_may_bring_who_signs():
    root = certify("root", "ec")
    rsa, ec = certify("rsa", "rsa", root), certify("ec", "ec", root)
    whole = {name: path(f"own/{name}.chain", read(leaf[1]) + read(root[1])) for name, leaf in (("rsa", rsa), ("ec", ec))}
    der = lambda pem: ssl.PEM_cert_to_DER_cert(read(pem).decode())
    v = another("own-signer")
    make_in(v, "k", MINE)
    local = der(os.path.join(v.state, "ca.pem"))

    def signs(options, wanted, ca=None):
        v.stop()
        v.start("--collateral", COLLATERAL, *options)
        v.context = ssl.create_default_context(cafile=ca or os.path.join(v.state, "ca.pem"))
        header, _ = parts_of(release("k", token(of=v), of=v))
        same(header["alg"], "RS256", "alg")
        chain = [base64.b64decode(c) for c in header["x5c"]]
        same(chain[1:], [wanted[1]], "what the chain ends with")
        if wanted[0]:
            same(chain[0], wanted[0], "the leaf")

    signs(["--release-cert", whole["rsa"], "--release-key", rsa[0]], (der(rsa[1]), der(root[1])))
    signs(["--tls-cert", whole["rsa"], "--tls-key", rsa[0]], (der(rsa[1]), der(root[1])), root[1])
    signs(["--tls-cert", whole["ec"], "--tls-key", ec[0]], (None, local), root[1])  # no RSA
    signs(["--tls-cert", rsa[1], "--tls-key", rsa[0]], (None, local), root[1])  # its root is missing
    v.stop()
    v.start("--collateral", COLLATERAL, "--release-cert", rsa[1], "--release-key", rsa[0])  # the same, and said so
    v.context = ssl.create_default_context(cafile=os.path.join(v.state, "ca.pem"))
    target = token(of=v)  # all else goes on
    refused(release("k", target, of=v), 503, code="release.signing.unavailable")
    until(lambda: v.logged("release.no-signer"), "the log to say something of it")
    checked = subprocess.run([QUOTHD, "--check-config", *v.options, "--release-cert", rsa[1], "--release-key", rsa[0]],
                             capture_output=True)
    need(checked.returncode == 2 and b"release-cert" in checked.stderr + checked.stdout, f"check-config: {checked}")
    v.stop()


@case
def immutable_policies_may_be_demanded():
    v = another("immutable", "--release-policies", "immutable")
    answer = make_in(v, "k", MINE, 400)
    need("immutable" in answer.json()["error"]["message"], f"message: {answer.body!r}")
    make_in(v, "k", policy(SIGNER, SIMULATED, immutable=True))
    need(opened(release("k", token(of=v), of=v)), "not opened")
    changed = v.ask("PATCH", "/keys/k" + KV, json.dumps({"release_policy": policy(SIGNER, immutable=True)}).encode(),
                    [v.bearer, JSON])
    same(changed.status, 400, f"status of {changed.body!r}")
    need("AKV.SKR.1020" in changed.json()["error"]["message"], f"message: {changed.body!r}")
    v.stop()
    v.start("--collateral", COLLATERAL)
    make_in(v, "loose", MINE)
    target = token(of=v)
    need(opened(release("loose", target, of=v)), "while nobody demands it")
    v.stop()
    v.start("--collateral", COLLATERAL, "--release-policies", "immutable")
    unmet(release("loose", target, v.bearer, of=v), "vault.policy.mutable")
    v.stop()


@case
def signed_policies_may_be_demanded():
    owner, stranger = Signer("owner"), Signer("stranger")
    v = another("signed", "--release-policies", "signed",
                init=("--trust-model", "isolated", "--policy-signer", owner.file))
    text = unb64url(policy(SIGNER, SIMULATED)["data"])
    def by(signer, name="keys/k", kind="release", **more):
        payload = {"ReleasePolicy": b64url(text), "x-quoth-type": kind, "x-quoth-name": name, **more}
        data = json.dumps(payload).encode()
        return {"data": b64url((signer.sign(data) if signer else unsigned(data)).encode())}
    for name, offered in (("no signature", MINE), ("of nobody", by(None)), ("of a stranger", by(stranger)),
                          ("for another key", by(owner, "keys/other")), ("for a secret", by(owner, "secrets/k")),
                          ("for attestation", by(owner, kind="SgxEnclave")),
                          ("for another tenant", by(owner, aud="https://other.example"))):
        try:
            make_in(v, "k", offered, 400)
        except Failed as why:
            raise Failed(f"{name}: {why}") from why
    make_in(v, "k", by(owner, aud=v.issuer, iat=int(time.time())))
    target = token(of=v)
    need(opened(release("k", target, of=v)), "not opened")
    answer = v.ask("PATCH", "/keys/k" + KV, json.dumps({"release_policy": MINE}).encode(), [v.bearer, JSON])
    same(answer.status, 400, f"status of {answer.body!r}")
    for offered in (by(owner, iat=int(time.time()) - 100), by(owner)):  # the signer has signed it once, and something else since
        answer = v.ask("PATCH", "/keys/k" + KV, json.dumps({"release_policy": offered}).encode(), [v.bearer, JSON])
        refused(answer, 400, code="change.replayed")
        answer = v.ask("POST", "/keys/k/create" + KV, json.dumps({"kty": "oct-HSM", "release_policy": offered}).encode(),
                       [v.bearer, JSON])
        refused(answer, 400, code="change.replayed")
    v.stop()
    v.start("--collateral", COLLATERAL)  # while nobody demands it, one comes in without
    make_in(v, "loose", MINE)
    target = token(of=v)
    need(opened(release("loose", target, of=v)), "while nobody demands it")
    v.stop()
    v.start("--collateral", COLLATERAL, "--release-policies", "signed")
    unmet(release("loose", target, v.bearer, of=v), "release.policy.unsigned")
    need(opened(release("k", target, of=v)), "the signed one")
    v.stop()


@case
def an_attestation_token_authenticates_nothing():
    make_key("not-a-bearer")
    shown = ("Authorization", f"Bearer {GOOD}")
    for method, target in (("GET", "/keys/not-a-bearer"), ("GET", "/keys"), ("GET", "/secrets/password"),
                           ("POST", "/keys/not-a-bearer/backup"), ("DELETE", "/keys/not-a-bearer")):
        answer = verifier.ask(method, target + KV, b"" if method == "POST" else None, [shown])
        same(answer.status, 401, f"status of {method} {target}")
    same(release("not-a-bearer", GOOD, shown).status, 401, "status of a release")


# ---- secrets


@case
def a_secret_is_released_in_the_same_way():
    made = done(ask("PUT", "/secrets/password", {"value": "pass \xe4 word", "contentType": "text/plain",
                                                  "release_policy": MINE}))
    answer = release("password", GOOD, kind="secrets", nonce="n", enc="RSA_AES_KEY_WRAP_256")
    same(opened(answer, "RSA_AES_KEY_WRAP_256").decode(), "pass \xe4 word", "the value")
    _, payload = parts_of(answer)
    same(payload["request"]["kid"], f"{AUTHORITY}/secrets/password", "as it was asked for")
    secret = dict(payload["response"]["secret"]["secret"])
    secret.pop("secret_hsm")
    same(secret, {"id": made["id"], "contentType": "text/plain"}, "the secret's public part")
    same(last_release(event="SecretRelease")["name"], "password", "the record")
    done(ask("PUT", "/secrets/plain", {"value": "x"}))
    refused(release("plain", GOOD, kind="secrets"), message=UNMET)
    refused(release("plain", GOOD, BEARER, kind="secrets"), 400, code="release.not-exportable")
    refused(release("none", GOOD, BEARER, kind="secrets"), 404, code="vault.secret.missing")


@case
def roles_outside_the_vault_learn_no_more_than_strangers():
    v = another("outside", "--client-certificate", "reader:" + certificate("reader")[2])
    cert, key, _ = CERTIFICATES["reader"]
    make_in(v, "k", MINE)
    make_in(v, "unmet", policy({"claim": "x-ms-sgx-svn", "equals": 99}, SIMULATED))
    target = token(of=v)
    v.context.load_cert_chain(cert, key)
    for name in ("unmet", "never-made"):
        same(len(refused(release(name, target, of=v), message=UNMET)["details"][0].get("found", "")), 0, "what is told")
    need(opened(release("k", target, of=v)), "not opened")
    need(last_release_of(v)["who"].startswith("cert:"), "who")
    v.stop()


@case
def such_a_secret_is_read_in_no_other_way():
    v = another("reading", "--client-certificate", "user:" + certificate("user")[2])
    cert, key, _ = CERTIFICATES["user"]
    done(v.ask("PUT", "/secrets/s" + KV, json.dumps({"value": "x", "release_policy": MINE}).encode(), [v.bearer, JSON]))
    v.context.load_cert_chain(cert, key)
    error = refused(v.ask("GET", "/secrets/s" + KV))
    same((error["code"], error["innererror"]["code"]), ("Forbidden", "ForbiddenByPolicy"), "codes")
    need("value" not in error, "a value")
    v.stop()


@case
def an_empty_secret_is_not_released():
    done(ask("PUT", "/secrets/empty", {"value": "", "release_policy": MINE}))
    refused(release("empty", GOOD, BEARER, kind="secrets"), 400, code="release.empty")


if __name__ == "__main__":
    main()

