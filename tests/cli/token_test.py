#!/usr/bin/env python3
"""quoth token: what it shows, checks and refuses. Tokens are made here with openssl's command, so
that the checker and the maker have no code in common."""
import base64
import hashlib
import json
import os
import subprocess

from harness import VECTORS, case, each, main, need, path, quoth, read, same

NOW = 1800000000
AT = "2027-01-15T08:00:00Z"
ISSUER = "https://verifier.example"
SIGNER, UNIQUE = "22" * 32, "11" * 32


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


def new_key(name):
    file = path(name)
    subprocess.run(["openssl", "genrsa", "-out", file, "2048"], check=True, capture_output=True)
    return file


def modulus(key):
    out = subprocess.run(["openssl", "rsa", "-in", key, "-noout", "-modulus"], check=True,
                         capture_output=True).stdout.decode()
    return bytes.fromhex(out.strip().split("=")[1])


KEY, OTHER = new_key("key.pem"), new_key("other.pem")


def jwks(name, *entries):
    keys = [{"kty": "RSA", "kid": kid, "n": b64url(modulus(key)), "e": "AQAB"}
            for kid, key in entries]
    return path(name, compact({"keys": keys}))


KEYS = jwks("keys.json", ("k", KEY))
HEADER = {"alg": "RS256", "jku": ISSUER + "/certs", "kid": "k", "typ": "JWT"}
CLAIMS = {"iss": ISSUER, "iat": NOW - 100, "nbf": NOW - 100, "exp": NOW + 28700, "x-ms-ver": "1.0",
          "x-ms-attestation-type": "sgx", "x-ms-policy-hash": "hash",
          "x-ms-sgx-is-debuggable": False, "x-ms-sgx-mrenclave": UNIQUE,
          "x-ms-sgx-mrsigner": SIGNER, "x-ms-sgx-product-id": 1234, "x-ms-sgx-svn": 2,
          "x-quoth-simulated": False, "x-quoth-tcb-status": "UpToDate"}


def sign(key, text):
    return subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=text, check=True,
                          capture_output=True).stdout


_made = 0


def token(key=KEY, header=None, payload=None, **changes):
    """A file with a token: claims changed by keyword, with - for _; None leaves one out."""
    global _made  # pylint: disable=global-statement
    _made += 1
    claims = dict(CLAIMS, **{n.replace("_", "-"): v for n, v in changes.items()})
    claims = {n: v for n, v in claims.items() if v is not None}
    text = b64url(compact(header or HEADER)) + "." + b64url(payload or compact(claims))
    return path(f"token-{_made}", text + "." + b64url(sign(key, text.encode())) + "\n")


def verify(file, *more, keys=KEYS, issuer=ISSUER, at=AT):
    return quoth("token", "verify", file, "--verifier", issuer, "--keys", keys, "--at", at,
                 "--output", "json", *more)


def judged(result, verdict, code=None):
    statuses = {"accepted": 0, "refused": 1, "unavailable": 3, "malformed": 4}
    same(result.status, statuses[verdict], f"exit status ({result.err.strip()})")
    o = result.json()
    same(o["verdict"], verdict, "verdict")
    need(isinstance(o["simulated"], bool), "simulated is no boolean")
    if verdict == "accepted":
        need("claims" in o and "error" not in o and "unverified" not in o, f"members: {list(o)}")
    else:
        need("unverified" in o and "claims" not in o, f"members: {list(o)}")
        same(o["error"]["code"], code, "code")
        need(o["error"]["hint"] and o["error"]["message"], "no hint or message")
    return o


@case
def a_good_token():
    o = judged(verify(token()), "accepted")
    same(o["claims"], CLAIMS, "claims")
    same(o["time"], AT, "time")


@case
def for_people():
    r = quoth("token", "verify", token(), "--verifier", ISSUER, "--keys", KEYS, "--at", AT)
    same(r.status, 0, "exit status")
    out = r.out.decode()
    need(out.startswith("accepted\n") and UNIQUE in out and SIGNER in out, out)
    need("compared with nothing" in out, "it does not say that no identity was expected")
    r = quoth("token", "verify", token(), "--verifier", ISSUER, "--keys", KEYS, "--at", AT,
              "-s", SIGNER)
    need("compared with nothing" not in r.out.decode(), "it says so all the same")


NONCE = b"0123456789abcdef"


@each([
    ("its signer", ("--signer-id", SIGNER), None),
    ("its measurement", ("-u", UNIQUE), None),
    ("its product", ("--product-id", "1234"), None),
    ("an older version", ("--security-version", "1"), None),
    ("its status", ("--accept-status", "SWHardeningNeeded,UpToDate"), None),
    ("its policy", ("--policy-hash", "hash"), None),
    ("its age", ("--max-age", "100"), None),
    ("another signer", ("--signer-id", UNIQUE), "identity.mismatch"),
    ("another measurement", ("--unique-id", SIGNER), "identity.mismatch"),
    ("another product", ("--product-id", "1"), "identity.mismatch"),
    ("a newer version", ("--security-version", "3"), "identity.mismatch"),
    ("another status", ("--accept-status", "SWHardeningNeeded"), "identity.mismatch"),
    ("another policy", ("--policy-hash", "hasH"), "identity.mismatch"),
    ("a signed policy", ("--policy-signer", SIGNER), "identity.mismatch"),
    ("a challenge", ("--nonce", b64url(NONCE)), "token.nonce"),
    ("a younger token", ("--max-age", "39"), "token.expired"),
])
def expectations(_, options, code):
    judged(verify(token(), *options), "refused" if code else "accepted", code)


@case
def a_challenge_in_the_hashed_data():
    der = subprocess.run(["openssl", "req", "-x509", "-key", KEY, "-subj", "/CN=localhost",
                          "-outform", "DER"], check=True, capture_output=True).stdout
    envelope = {"cert": b64url(der), "nonce": b64url(NONCE), "v": "quoth-1"}
    file = token(x_ms_runtime=envelope)
    judged(verify(file, "--nonce", b64url(NONCE)), "accepted")
    judged(verify(file, "--nonce", b64url(b"0" * 16)), "refused", "token.nonce")
    bytes_instead = token(x_ms_sgx_ehd=b64url(compact(envelope)),
                          x_ms_sgx_report_data=hashlib.sha256(compact(envelope)).hexdigest()
                          + "00" * 32)
    judged(verify(bytes_instead, "--nonce", b64url(NONCE)), "refused", "token.nonce")
    copied = token(nonce=b64url(NONCE))
    judged(verify(copied, "--nonce", b64url(NONCE)), "refused", "token.nonce")


@each([
    ("alg none", {"header": dict(HEADER, alg="none")}, "refused", "token.algorithm"),
    ("alg HS256", {"header": dict(HEADER, alg="HS256")}, "refused", "token.algorithm"),
    ("alg PS256", {"header": dict(HEADER, alg="PS256")}, "refused", "token.algorithm"),
    ("wrong typ", {"header": dict(HEADER, typ="at+jwt")}, "refused", "token.claim"),
    ("crit", {"header": dict(HEADER, crit=["exp"], exp=1)}, "malformed", "token.malformed"),
    ("another key", {"key": OTHER}, "refused", "token.signature.invalid"),
    ("an unknown kid", {"header": dict(HEADER, kid="x")}, "refused", "token.key.unknown"),
    ("no kid", {"header": {"alg": "RS256", "typ": "JWT"}}, "refused", "token.key.unknown"),
    ("duplicate members", {"payload": b'{"iss":"a","iss":"b"}'}, "malformed", "token.malformed"),
    ("another issuer", {"iss": "https://evil.example"}, "refused", "token.issuer"),
    ("expired", {"exp": NOW - 60}, "refused", "token.expired"),
    ("not yet valid", {"nbf": NOW + 61}, "refused", "token.not-yet-valid"),
    ("issued in the future", {"iat": NOW + 61}, "refused", "token.not-yet-valid"),
    ("for somebody else", {"aud": "x"}, "refused", "token.claim"),
    ("no type", {"x_ms_attestation_type": None}, "refused", "token.claim"),
    ("a TPM", {"x_ms_attestation_type": "tpm"}, "refused", "token.claim"),
    ("debug", {"x_ms_sgx_is_debuggable": True}, "refused", "identity.debug"),
    ("simulated", {"x_quoth_simulated": True}, "refused", "token.simulated"),
])
def hostile_tokens(_, how, verdict, code):
    o = judged(verify(token(**how)), verdict, code)
    same(o["simulated"], code == "token.simulated", "simulated")


@case
def what_must_be_allowed_can_be():
    judged(verify(token(x_ms_sgx_is_debuggable=True), "--allow-debug"), "accepted")
    o = judged(verify(token(x_quoth_simulated=True), "--allow-simulated"), "accepted")
    same(o["simulated"], True, "simulated")
    r = quoth("token", "verify", token(x_quoth_simulated=True), "--verifier", ISSUER, "--keys",
              KEYS, "--at", AT)
    need("--allow-simulated" in r.err, f"the option is not named: {r.err}")


@each([
    ("no verifier", ("token", "verify", "FILE")),
    ("a verifier without TLS", ("token", "verify", "FILE", "--verifier", "http://v", "--keys", KEYS)),
    ("a verifier with a slash", ("token", "verify", "FILE", "--verifier", "https://v/", "--keys", KEYS)),
    ("a signer that is not hex", ("token", "verify", "FILE", "--verifier", ISSUER, "--keys", KEYS, "-s", "xyz")),
    ("a short signer", ("token", "verify", "FILE", "--verifier", ISSUER, "--keys", KEYS, "-s", "22")),
    ("a product beyond 16 bits", ("token", "verify", "FILE", "--verifier", ISSUER, "--keys", KEYS, "--product-id", "65536")),
    ("a padded challenge", ("token", "verify", "FILE", "--verifier", ISSUER, "--keys", KEYS, "--nonce", "YWE=")),
    ("no data to attest", ("token", "get", "--verifier", ISSUER)),
    ("an unknown attester", ("token", "get", "--verifier", ISSUER, "-r", KEYS, "--attester", "sample")),
])
def wrong_usage(_, args):
    r = quoth(*[token() if a == "FILE" else a for a in args])
    same(r.status, 2, f"exit status ({r.err.strip()})")


@case
def broken_files():
    same(verify("/nowhere").status, 3, "no such file")
    judged(verify(path("empty", "")), "malformed", "token.malformed")
    judged(verify(path("text", "not a token")), "malformed", "token.malformed")
    same(verify(path("large", "e30.e30." + "A" * (1 << 18))).status, 4, "too large")
    same(verify(token(), keys=path("no-keys", "{}")).status, 3, "no keys")
    same(verify(token(), keys=jwks("twice.json", ("k", KEY), ("k", OTHER))).status, 3, "kid twice")


@case
def show_believes_nothing():
    r = quoth("token", "show", token(key=OTHER), "--output", "json")
    same(r.status, 0, "exit status")
    same(r.json(), {"header": HEADER, "payload": CLAIMS, "signatureBytes": 256, "verified": False},
         "sheet")
    text = quoth("token", "show", token(evil="\u001b[2J\u202e")).out.decode()
    need("\u001b" not in text and "\u202e" not in text, "controls reach the terminal")
    need("2027-01-15T15:58:20Z" in text, "times are not dates")
    same(quoth("token", "show", path("bad", "a.b")).status, 4, "exit status")


@case
def outside_a_tee_there_is_no_evidence():
    if os.path.exists("/dev/attestation"):
        return
    for args in (("evidence", "get", "-r", KEYS), ("token", "get", "--verifier", ISSUER, "-r", KEYS)):
        r = quoth(*args)
        same(r.status, 3, "exit status")
        need("enclave" in r.err and not r.out, r.err)


@case
def recorded_tokens():
    if not VECTORS:
        print("skipped: needs QUOTH_VECTORS")
        return
    maa = os.path.join(VECTORS, "maa")
    keys = os.path.join(maa, "certs", "jwks-sharedwus-2022.json")
    for name in ("oe-simple", "oe-runtime-binary", "sgx-simple", "sgx-runtime-binary",
                 "sgx-runtime-json"):
        file = os.path.join(maa, "sgx", "tokens", name)
        claims = json.loads(read(file + ".claims.json"))
        r = verify(file + ".jwt", "--allow-debug", keys=keys, issuer=claims["iss"],
                   at="2022-06-01T00:00:00Z")
        same(judged(r, "accepted")["claims"], claims, name)
        judged(verify(file + ".jwt", keys=keys, issuer=claims["iss"], at="2022-06-01T00:00:00Z"),
               "refused", "identity.debug")
    draft = os.path.join(maa, "sgx", "tokens", "sgx-draft-policy.jwt")
    judged(verify(draft, keys=keys, issuer="https://sharedwus.wus.attest.azure.net",
                  at="2022-06-01T00:00:00Z"), "refused", "token.algorithm")


if __name__ == "__main__":
    main()
