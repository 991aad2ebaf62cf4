"""An identity provider for tests: OpenID metadata and keys over TLS, and tokens of any shape. Keys and
signatures are made with the openssl command."""
import hashlib
import hmac
import http.server
import json
import ssl
import subprocess
import threading
import time

from harness import path, read
from stage import b64url


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, check=True, capture_output=True).stdout


class Key:
    """RSA-2048, or P-256."""

    def __init__(self, name, curve=False):
        self.kid, self.curve = name, curve
        self.file = path(f"idp/{name}.pem", b"")
        kind = (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"] if curve
                else ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        openssl("genpkey", *kind, "-out", self.file)
        self.public = openssl("pkey", "-in", self.file, "-pubout")

    def jwk(self, **more):
        der = openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")
        if self.curve:
            own = {"kty": "EC", "crv": "P-256", "x": b64url(der[-64:-32]), "y": b64url(der[-32:])}
        else:
            text = openssl("rsa", "-in", self.file, "-noout", "-modulus").decode()
            own = {"kty": "RSA", "n": b64url(bytes.fromhex(text.strip().split("=")[1])), "e": "AQAB"}
        return {"kid": self.kid, "use": "sig", **own, **more}

    def sign(self, data):
        signature = openssl("dgst", "-sha256", "-sign", self.file, data=data)
        return raw_ecdsa(signature) if self.curve else signature


def raw_ecdsa(der):
    """r and s of 32 bytes each, out of the SEQUENCE of two INTEGERs."""
    numbers, at = [], 2
    for _ in range(2):
        length = der[at + 1]
        numbers.append(int.from_bytes(der[at + 2:at + 2 + length], "big").to_bytes(32, "big"))
        at += 2 + length
    return b"".join(numbers)


def jwt(header, payload, sign):
    text = b64url(json.dumps(header).encode()) + "." + b64url(json.dumps(payload).encode())
    return text + "." + b64url(sign(text.encode()))


def hs256(secret):
    return lambda data: hmac.new(secret, data, hashlib.sha256).digest()


class Provider:
    """What it says can be changed while it runs."""

    def __init__(self):
        self.ca = path("idp/ca.pem", b"")
        key = path("idp/tls.pem", b"")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", self.ca, "-days", "2",
                "-subj", "/CN=idp", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, key)
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                provider.answer(self)

            def log_message(self, *args):  # pylint: disable=arguments-differ
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args):  # a client that has had enough
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.origin = f"https://localhost:{self.server.server_address[1]}"
        self.issuer = self.origin + "/realms/quoth"
        self.asked = []
        self.reset()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self):
        self.gate = threading.Event()  # who asks is answered once it is open
        self.gate.set()
        self.named, self.keys_uri = self.issuer, self.origin + "/keys"
        self.status, self.delay, self.document, self.redirect = 200, 0, None, None
        self.keys = getattr(self, "keys", [])

    def answer(self, request):
        self.asked.append(request.path)
        self.gate.wait(60)
        time.sleep(self.delay)
        if request.path == "/realms/quoth/.well-known/openid-configuration":
            body = self.document or json.dumps({"issuer": self.named, "jwks_uri": self.keys_uri}).encode()
        else:
            body = json.dumps({"keys": self.keys}).encode()
        request.send_response(302 if self.redirect else self.status)
        if self.redirect:
            request.send_header("Location", self.redirect)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


def certificate(name, days="2", before=()):
    """A self-signed client certificate: its file, that of its key, and its SHA-256."""
    cert, key = path(f"clients/{name}.crt", b""), path(f"clients/{name}.key", b"")
    subprocess.run([*before, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", key, "-out", cert, "-days", days, "-subj", f"/CN={name}"],
                   check=True, capture_output=True)
    der = ssl.PEM_cert_to_DER_cert(read(cert).decode())
    return cert, key, hashlib.sha256(der).hexdigest()
