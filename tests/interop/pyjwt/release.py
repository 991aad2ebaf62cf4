"""A release answer under PyJWT and cryptography: the chain in x5c up to the CA, then the JWS by its leaf. Usage:
release.py HOST ANSWER_FILE CA. Prints the payload."""
import base64
import sys

import jwt
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

host, file, ca = sys.argv[1:]
with open(file, encoding="ascii") as f:
    answer = f.read().strip()
with open(ca, "rb") as f:
    root = x509.load_pem_x509_certificate(f.read())
header = jwt.get_unverified_header(answer)
leaf, *others = [x509.load_der_x509_certificate(base64.b64decode(c, validate=True)) for c in header["x5c"]]
PolicyBuilder().store(Store([root])).build_server_verifier(x509.DNSName(host)).verify(leaf, others)
print(jwt.PyJWS().decode(answer, leaf.public_key(), algorithms=["RS256"]).decode())
