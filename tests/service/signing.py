"""Policy JWS as operators make them, with the openssl command alone."""
import base64
import hashlib
import json
import subprocess

from stage import b64url, unb64url
from harness import path, read

TEXT = "version= 1.0;authorizationrules{=> permit();};"
RESET = "eyJhbGciOiJub25lIn0.."


def unsigned(payload):
    return RESET[:-1] + b64url(payload) + "."


def wrapped(text, **more):
    """The payload of a policy."""
    return json.dumps({"AttestationPolicy": b64url(text.encode()), **more},
                      separators=(",", ":")).encode()


def policy(text=TEXT, signer=None, **more):
    return signer.sign(wrapped(text, **more)) if signer else unsigned(wrapped(text, **more))


class Signer:
    """A key with a certificate: its own, or one that another has issued."""

    def __init__(self, name, kind="ec", issuer=None, ca=True, file=None):
        self.kind = kind
        self.key = path(f"signers/{file or name}.key")
        self.file = path(f"signers/{file or name}.crt")
        new = ["-newkey", "rsa:2048"] if kind == "rsa" else ["-newkey", "ec", "-pkeyopt",
                                                             "ec_paramgen_curve:P-256"]
        by = ["-CA", issuer.file, "-CAkey", issuer.key] if issuer else []
        run("openssl", "req", "-x509", *new, "-nodes", "-keyout", self.key, "-out", self.file,
            "-subj", f"/CN={name}", "-days", "30", "-addext",
            f"basicConstraints=critical,CA:{str(ca).upper()}", *by)
        self.der = run("openssl", "x509", "-in", self.file, "-outform", "der")
        self.chain = [self.der] + (issuer.chain if issuer else [])

    def x5c(self):
        return [base64.b64encode(der).decode() for der in self.chain]

    def sign(self, payload, **header):
        header = {"alg": "RS256" if self.kind == "rsa" else "ES256", "x5c": self.x5c(), **header}
        text = b64url(json.dumps(header).encode()) + "." + b64url(payload)
        signature = run("openssl", "dgst", "-sha256", "-sign", self.key, stdin=text.encode())
        return text + "." + b64url(signature if self.kind == "rsa" else raw(signature))

    def certificate(self, of, **more):
        """The JWS that adds or removes the certificate of another."""
        return self.sign(json.dumps({"policyCertificate": {"kty": "RSA", "x5c": [
            base64.b64encode(of.der).decode()]}, **more}).encode())


def run(*args, stdin=None):
    return subprocess.run(args, input=stdin, capture_output=True, check=True).stdout


def raw(der):
    """r and s, 32 bytes each."""
    at, parts = 2, []
    for _ in range(2):
        size = der[at + 1]
        parts.append(int.from_bytes(der[at + 2:at + 2 + size], "big").to_bytes(32, "big"))
        at += 2 + size
    return b"".join(parts)


def token_hash(jws):
    """x-ms-policy-token-hash of a JWS."""
    return b64url(hashlib.sha256(jws.encode()).digest())


def text_of(jws):
    """The policy in a JWS; None for a reset."""
    payload = jws.split(".")[1]
    return unb64url(json.loads(unb64url(payload))["AttestationPolicy"]).decode() if payload else None


def vector(name):
    from harness import VECTORS
    return read(f"{VECTORS}/maa/{name}")
