"""A stock OIDC client in Python: PyJWT with its JWK client. Usage: verify.py ISSUER TOKEN_FILE CA"""
import json
import ssl
import sys
import urllib.request

import jwt

issuer, file, ca = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
with urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration", context=context) as r:
    metadata = json.load(r)
assert metadata["issuer"] == issuer
token = open(file, encoding="ascii").read().strip()
key = jwt.PyJWKClient(metadata["jwks_uri"], ssl_context=context).get_signing_key_from_jwt(token)
payload = jwt.decode(token, key, algorithms=["RS256"], issuer=issuer,
                     options={"require": ["exp", "iat", "nbf", "iss"], "verify_aud": False})
print(json.dumps(payload))
