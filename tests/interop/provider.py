"""An identity provider for a while, and tokens of it: provider.py QUOTH QUOTHD MAKE_QUOTE FOLDER AUDIENCE NAME=ROLE...
Writes FOLDER/issuer, FOLDER/ca.pem, FOLDER/NAME for each (a token of somebody with that role, for one hour)
and, last, FOLDER/ready; answers until it is ended."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "service"))
import stage  # noqa: E402,F401 (it knows where harness is)
from provider import Key, Provider, jwt  # noqa: E402
from harness import read  # noqa: E402

FOLDER, AUDIENCE = sys.argv[4:6]


def write(name, data):
    with open(os.path.join(FOLDER, name), "wb") as f:
        f.write(data)


def main():
    key, provider, now = Key("signing"), Provider(), int(time.time())
    provider.keys = [key.jwk()]
    for name, role in (item.split("=") for item in sys.argv[6:]):
        token = jwt({"alg": "RS256", "kid": key.kid, "typ": "JWT"},
                    {"iss": provider.issuer, "aud": AUDIENCE, "sub": name, "roles": [role],
                     "iat": now, "nbf": now, "exp": now + 3600}, key.sign)
        write(name, token.encode())
    write("issuer", provider.issuer.encode())
    write("ca.pem", read(provider.ca))
    write("ready", b"yes")
    threading.Event().wait()


if __name__ == "__main__":
    main()
