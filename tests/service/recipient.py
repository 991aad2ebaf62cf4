"""The program's side of a release, by the openssl command: a key to wrap for, runtime data, and what was
wrapped, opened."""
import hashlib
import json
import subprocess

from provider import openssl
from stage import b64url, unb64url
from harness import path

HASHES = {"CKM_RSA_AES_KEY_WRAP": "sha1", "RSA_AES_KEY_WRAP_256": "sha256",
          "RSA_AES_KEY_WRAP_384": "sha384"}


class Recipient:
    """An RSA key, and the runtime data that binds it."""

    def __init__(self, name="recipient", bits=2048):
        self.name = name
        self.file = path(f"recipients/{name}.pem", b"")
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}", "-out", self.file)
        self.bits = bits
        shown = openssl("rsa", "-in", self.file, "-noout", "-modulus").decode()
        self.n = bytes.fromhex(shown.strip().split("=")[1])

    def jwk(self, **more):
        return {"kty": "RSA", "kid": self.name, "key_ops": ["encrypt"], "n": b64url(self.n), "e": "AQAB", **more}

    def thumbprint(self):
        text = json.dumps({"e": "AQAB", "kty": "RSA", "n": b64url(self.n)}, separators=(",", ":"))
        return b64url(hashlib.sha256(text.encode()).digest())

    def runtime(self, nonce=None, keys=None, **more):
        data = {"keys": [self.jwk()] if keys is None else keys, **more}
        if nonce is not None:
            data["nonce"] = nonce
        return json.dumps(data).encode()

    def oaep(self, data, name):
        """What RSA-OAEP hides, or None."""
        file = path("recipients/c1", data)
        done = subprocess.run(["openssl", "pkeyutl", "-decrypt", "-inkey", self.file, "-in", file,
                               "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", f"rsa_oaep_md:{name}",
                               "-pkeyopt", f"rsa_mgf1_md:{name}"], capture_output=True)
        return done.stdout if done.returncode == 0 else None

    def unwrap(self, ciphertext, enc):
        """C1 || C2 of PKCS #11's CKM_RSA_AES_KEY_WRAP (key-release.md 2.4); None if it does not open."""
        size = self.bits // 8
        key = self.oaep(ciphertext[:size], HASHES[enc])
        return kwp_unwrap(key, ciphertext[size:]) if key and len(key) == 32 else None


def ecb(key, block):
    return subprocess.run(["openssl", "enc", "-d", "-aes-256-ecb", "-nopad", "-K", key.hex()], input=block,
                          check=True, capture_output=True).stdout


def kwp_unwrap(key, data):
    """RFC 5649, by hand; a process for each block, so for short keys. Longer ones by Python's
    cryptography where it is installed."""
    try:
        from cryptography.hazmat.primitives import keywrap
        return keywrap.aes_key_unwrap_with_padding(key, data)
    except ImportError:
        pass
    n = len(data) // 8 - 1
    if n == 1:
        plain = ecb(key, data)
        a, r = plain[:8], [plain[8:]]
    else:
        a, r = data[:8], [data[8 * i + 8:8 * i + 16] for i in range(n)]
        for j in range(5, -1, -1):
            for i in range(n, 0, -1):
                t = (int.from_bytes(a, "big") ^ (n * j + i)).to_bytes(8, "big")
                b = ecb(key, t + r[i - 1])
                a, r[i - 1] = b[:8], b[8:]
    text, length = b"".join(r), int.from_bytes(a[4:], "big")
    good = a[:4] == bytes.fromhex("A65959A6") and 0 <= len(text) - length < 8 and not any(text[length:])
    return text[:length] if good else None


def parts_of(answer):
    """Header and payload of {"value": JWS}, unverified."""
    header, payload, _ = answer.json()["value"].split(".")
    return json.loads(unb64url(header)), json.loads(unb64url(payload))


def wrapped_of(payload):
    """The object in key_hsm or secret_hsm, decoded."""
    response = payload["response"]
    text = (response["key"]["key"]["key_hsm"] if "key" in response
            else response["secret"]["secret"]["secret_hsm"])
    inner = json.loads(unb64url(text))
    return inner, unb64url(inner["ciphertext"])
