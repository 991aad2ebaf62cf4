"""Who may do what, and what a credential is asked for."""
import os

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import SignatureAlgorithm

from vault import OPTIONS, URL, Credential, credential, cryptography, keys, name, refused, same, secrets


def asked():
    remembers = credential("admin")
    KeyClient(URL, remembers, **OPTIONS).create_ec_key(name("scope"))
    same(remembers.asked[0], (os.environ["KEYVAULT_SCOPE"], os.environ["KEYVAULT_TENANT"]), "what was asked for")


def resource():
    client = KeyClient(URL, credential("admin"), **{**OPTIONS, "verify_challenge_resource": True})
    try:
        client.create_ec_key(name("resource"))
    except ValueError as e:
        assert os.environ["KEYVAULT_CHECK"] != "on" and "does not match the requested domain" in str(e), e
    else:
        assert os.environ["KEYVAULT_CHECK"] == "on", "it was accepted"


def wrong_token():
    client = KeyClient(URL, Credential("wrong"), **OPTIONS)
    refused(ClientAuthenticationError, "Unauthorized", "", client.get_key, name("scope"))


def user():
    keys().create_ec_key(name("roles"))
    key = keys("user").get_key(name("roles"))
    cryptography(key.id, "user").sign(SignatureAlgorithm.es256, bytes(32))
    by = keys("user")
    for work in (by.create_ec_key, by.rotate_key, by.begin_delete_key, by.backup_key, by.purge_deleted_key):
        refused(HttpResponseError, "Forbidden", "officer", work, name("roles"))
    refused(HttpResponseError, "Forbidden", "officer", secrets("user").set_secret, name("roles"), "x")


def officer():
    key = keys("officer").create_ec_key(name("roles-officer"))
    refused(HttpResponseError, "Forbidden", "user", cryptography(key.id, "officer").sign, SignatureAlgorithm.es256, bytes(32))
    secrets("officer").set_secret(name("roles-officer"), "x")
    refused(HttpResponseError, "Forbidden", "user", secrets("officer").get_secret, name("roles-officer"))
    same(secrets("user").get_secret(name("roles-officer")).value, "x", "value")


def auditor():
    keys().create_ec_key(name("roles-auditor"))
    secrets().set_secret(name("roles-auditor"), "x")
    key = keys("auditor").get_key(name("roles-auditor"))
    assert next(iter(keys("auditor").list_properties_of_keys())).name
    refused(HttpResponseError, "Forbidden", "", cryptography(key.id, "auditor").sign, SignatureAlgorithm.es256, bytes(32))
    refused(HttpResponseError, "Forbidden", "", keys("auditor").create_ec_key, name("roles-auditor"))
    refused(HttpResponseError, "Forbidden", "", secrets("auditor").get_secret, name("roles-auditor"))


CHECKS = {
    "the credential is asked for what the challenge says": asked,
    "the SDK's check of the challenge's resource": resource,
    "a wrong token": wrong_token,
    "a user uses keys and manages none": user,
    "an officer manages keys and uses none": officer,
    "an auditor reads lists, and no more": auditor,
}
