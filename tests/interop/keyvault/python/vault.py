"""What all checks share: a client of each kind, a credential that remembers what it was asked for, and
refusals. From outside come the vault, whether its host name fits the challenge's resource, and tokens."""
import base64
import os
import time

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient
from azure.keyvault.secrets import SecretClient
from cryptography.hazmat.primitives.asymmetric import ec, rsa

URL = os.environ["KEYVAULT_URL"]
OPTIONS = {"verify_challenge_resource": os.environ["KEYVAULT_CHECK"] == "on", "retry_total": 0}
CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1(), "P-256K": ec.SECP256K1()}


class Skipped(Exception):
    """A check that cannot be made here; its text says why."""


class Credential:
    """A TokenCredential: what the SDKs ask of a person's own class."""

    def __init__(self, token):
        self.token, self.asked = token, []

    def get_token(self, *scopes, **options):
        self.asked.append((" ".join(scopes), options.get("tenant_id")))
        return AccessToken(self.token, int(time.time()) + 3600)


def credential(role):
    with open(os.path.join(os.environ["KEYVAULT_TOKENS"], role), encoding="utf-8") as f:
        return Credential(f.read().strip())


def keys(role="admin"):
    return KeyClient(URL, credential(role), **OPTIONS)


def secrets(role="admin"):
    return SecretClient(URL, credential(role), **OPTIONS)


def cryptography(key, role="admin"):
    return CryptographyClient(key, credential(role), **OPTIONS)


def name(what):
    return f"py-{what}"


def same(found, expected, what=""):
    assert found == expected, f"{what}: found {found!r}, expected {expected!r}"


def refused(kind, code, words, work, *args, **options):
    """The SDK's exception of this kind, with the code and words of the message."""
    try:
        work(*args, **options)
    except HttpResponseError as e:
        assert isinstance(e, kind), f"{type(e)}: {e}"
        assert f"({code})" in e.message, e.message
        assert words in e.message, e.message
        return
    raise AssertionError("it was accepted")


def near(instant):
    assert abs(instant.timestamp() - time.time()) < 120, f"{instant} is not about now"


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def paged(listing, prefix):
    """The names in the pages of a listing; no page is larger than the service says."""
    pages = [list(page) for page in listing.by_page()]
    assert len(pages) >= 2, f"there was one page of {len(pages[0])}"
    assert all(len(page) <= 25 for page in pages), [len(page) for page in pages]
    return [item.name for page in pages for item in page if item.name.startswith(name(prefix))]


def number(data):
    return int.from_bytes(data, "big")


def public_key(key):
    """A public key of cryptography's, made of what the vault shows."""
    if key.kty.startswith("RSA"):
        return rsa.RSAPublicNumbers(number(key.e), number(key.n)).public_key()
    return ec.EllipticCurvePublicNumbers(number(key.x), number(key.y), CURVES[key.crv]).public_key()
