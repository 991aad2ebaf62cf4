"""Keys and all that is done to them by those who manage them."""
from datetime import datetime, timedelta, timezone

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.keyvault.keys import JsonWebKey, KeyRotationLifetimeAction, KeyRotationPolicy, KeyVaultKeyIdentifier
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from vault import URL, keys, name, near, number, paged, refused, same

client = keys()
CREATED = {
    "an RSA key": (lambda: client.create_rsa_key(name("rsa"), size=2048), "RSA", 2048),
    "an RSA-HSM key": (lambda: client.create_rsa_key(name("rsa-hsm"), hardware_protected=True), "RSA-HSM", 2048),
    "an EC key": (lambda: client.create_ec_key(name("ec")), "EC", "P-256"),
    "an EC-HSM key": (lambda: client.create_ec_key(name("ec-hsm"), hardware_protected=True), "EC-HSM", "P-256"),
    "P-384": (lambda: client.create_ec_key(name("p384"), curve="P-384"), "EC", "P-384"),
    "P-521": (lambda: client.create_ec_key(name("p521"), curve="P-521"), "EC", "P-521"),
    "P-256K": (lambda: client.create_ec_key(name("p256k"), curve="P-256K"), "EC", "P-256K"),
    "an oct key": (lambda: client.create_oct_key(name("oct"), size=192), "oct", None),
    "an oct-HSM key": (lambda: client.create_oct_key(name("oct-hsm"), size=256, hardware_protected=True), "oct-HSM", None),
}


def shape(key, kind, what):
    same(key.key_type, kind, "kty")
    same(key.id, f"{URL}/keys/{key.name}/{key.properties.version}", "id")
    same(KeyVaultKeyIdentifier(key.id).vault_url, URL, "vault")
    near(key.properties.created_on)
    near(key.properties.updated_on)
    assert key.properties.enabled and "Recoverable" in key.properties.recovery_level
    assert 7 <= key.properties.recoverable_days <= 90
    if isinstance(what, int):
        same((len(key.key.n) * 8, number(key.key.e)), (what, 65537), "n, e")
    else:
        same(key.key.crv, what, "crv")
    for secret in ("d", "p", "q", "dp", "dq", "qi", "k"):
        assert getattr(key.key, secret) is None, secret


def create(make, kind, what):
    key = make()
    shape(key, kind, what)
    got = client.get_key(key.name)
    shape(got, kind, what)
    same((got.id, got.key.n, got.key.x), (key.id, key.key.n, key.key.x), "what is got")


def all_comes_back():
    said = {"enabled": False, "tags": {"a": "1", "ü": "ß"},
            "not_before": datetime(2023, 1, 2, tzinfo=timezone.utc), "expires_on": datetime(2033, 1, 2, tzinfo=timezone.utc)}
    for key in (client.create_oct_key(name("said"), size=128, key_operations=["wrapKey", "unwrapKey"], **said), client.get_key(name("said"))):
        for member, value in said.items():
            same(getattr(key.properties, member), value, member)
        same(sorted(key.key_operations), ["unwrapKey", "wrapKey"], "key_ops")


def width(value, size):
    return value.to_bytes(size, "big")


def imports():
    own = rsa.generate_private_key(65537, 2048).private_numbers()
    jwk = JsonWebKey(kty="RSA", key_ops=["sign", "verify"], n=b"\0" + width(own.public_numbers.n, 256), e=b"\1\0\1", d=width(own.d, 256),
                     p=b"\0" + width(own.p, 128), q=b"\0" + width(own.q, 128), dp=width(own.dmp1, 128), dq=width(own.dmq1, 128), qi=width(own.iqmp, 128))
    got = client.import_key(name("import-rsa"), jwk, tags={"from": "outside"})
    same((number(got.key.n), got.properties.tags), (own.public_numbers.n, {"from": "outside"}), "RSA")
    same(len(got.key.n), 256, "n without its leading zero")
    own = ec.generate_private_key(ec.SECP521R1()).private_numbers()
    got = client.import_key(name("import-ec"), JsonWebKey(kty="EC", crv="P-521", x=width(own.public_numbers.x, 66), y=width(own.public_numbers.y, 66),
                                                          d=width(own.private_value, 66)), hardware_protected=True)
    same((got.key_type, number(got.key.x)), ("EC-HSM", own.public_numbers.x), "EC")


def versions():
    made = [client.create_oct_key(name("versions"), size=128, tags={"i": str(i)}).properties.version for i in range(3)]
    listed = list(client.list_properties_of_key_versions(name("versions")))
    same({p.version: p.tags["i"] for p in listed}, {v: str(i) for i, v in enumerate(made)}, "versions")
    same(client.get_key(name("versions")).properties.version, made[2], "the newest")
    same(client.get_key(name("versions"), made[0]).properties.version, made[0], "the oldest")


def update():
    old = client.create_ec_key(name("update"), tags={"keep": "no"})
    client.create_ec_key(name("update"))
    newest = client.update_key_properties(name("update"), enabled=False, tags={"now": "yes"}, key_operations=["sign"])
    same((newest.properties.enabled, newest.properties.tags, newest.key_operations), (False, {"now": "yes"}, ["sign"]), "newest")
    end = datetime(2036, 7, 1, tzinfo=timezone.utc)
    one = client.update_key_properties(name("update"), old.properties.version, expires_on=end)
    same((one.id, one.properties.tags, one.properties.enabled, one.properties.expires_on), (old.id, {"keep": "no"}, True, end), "one version")


def rotate():
    first = client.create_ec_key(name("rotate"), tags={"stays": "here"})
    assert all(a.action.lower() == "notify" for a in client.get_key_rotation_policy(name("rotate")).lifetime_actions)
    set_ = client.update_key_rotation_policy(name("rotate"), KeyRotationPolicy(), expires_in="P90D",
                                             lifetime_actions=[KeyRotationLifetimeAction("Rotate", time_after_create="P60D")])
    same(set_.id, f"{URL}/keys/{name('rotate')}/rotationpolicy", "id")
    near(set_.updated_on)
    policy = client.get_key_rotation_policy(name("rotate"))
    same(policy.expires_in, "P90D", "expiry")
    assert any(a.action == "Rotate" and a.time_after_create == "P60D" for a in policy.lifetime_actions)
    second = client.rotate_key(name("rotate"))
    assert second.id != first.id and second.key.x != first.key.x and second.properties.tags == {"stays": "here"}
    near(second.properties.expires_on - timedelta(days=90))


def listing():
    names = [name(f"list-{i:02}") for i in range(30)]
    for n in names:
        client.create_oct_key(n, size=128)
    same(paged(client.list_properties_of_keys(), "list-"), names, "names")
    small = client.list_properties_of_keys(max_page_size=7).by_page()
    same(len(list(next(small))), 7, "a page of seven")
    assert all(p.version is None for p in client.list_properties_of_keys())


def delete_recover_purge():
    n = name("deleted")
    key = client.create_ec_key(n)
    gone = client.begin_delete_key(n).result()
    same(gone.recovery_id, f"{URL}/deletedkeys/{n}", "recovery id")
    near(gone.deleted_date)
    assert gone.scheduled_purge_date > gone.deleted_date
    refused(ResourceNotFoundError, "KeyNotFound", n, client.get_key, n)
    refused(ResourceExistsError, "Conflict", "deleted but recoverable", client.create_ec_key, n)
    same(client.get_deleted_key(n).recovery_id, gone.recovery_id, "recovery id")
    assert n in [k.name for k in client.list_deleted_keys()]
    same(client.begin_recover_deleted_key(n).result().id, key.id, "recovered")
    same(client.get_key(n).id, key.id, "got")
    client.begin_delete_key(n).wait()
    client.purge_deleted_key(n)
    refused(ResourceNotFoundError, "KeyNotFound", n, client.get_deleted_key, n)
    assert client.create_ec_key(n).id != key.id


def backup():
    n = name("backup")
    first = client.create_ec_key(n)
    second = client.rotate_key(n)
    data = client.backup_key(n)
    refused(ResourceExistsError, "Conflict", "", client.restore_key_backup, data)
    client.begin_delete_key(n).wait()
    client.purge_deleted_key(n)
    restored = client.restore_key_backup(data)
    same((restored.id, restored.key.x), (second.id, second.key.x), "restored")
    same(client.get_key(n, first.properties.version).id, first.id, "the first version")
    refused(HttpResponseError, "BadParameter", "", client.restore_key_backup, data[:40] + bytes([data[40] ^ 1]) + data[41:])


def random_bytes():
    a, b = client.get_random_bytes(128), client.get_random_bytes(128)
    assert len(a) == len(b) == 128 and a != b
    refused(HttpResponseError, "BadParameter", "", client.get_random_bytes, 129)


def wrong():
    refused(ResourceNotFoundError, "KeyNotFound", "was not found in this key vault", client.get_key, name("nothing"))
    refused(ResourceNotFoundError, "KeyNotFound", "", client.begin_delete_key, name("nothing"))
    key = client.create_ec_key(name("wrong"))
    refused(ResourceNotFoundError, "KeyNotFound", "", client.get_key, key.name, "0" * 32)
    refused(HttpResponseError, "BadParameter", "", client.create_rsa_key, key.name, size=1000)
    refused(HttpResponseError, "BadParameter", "", client.create_ec_key, key.name, curve="P-192")
    refused(HttpResponseError, "BadParameter", "", client.create_ec_key, "under_score")


CHECKS = {
    **{f"{what} is created and got": (lambda row=row: create(*row)) for what, row in CREATED.items()},
    "all that can be said of a key comes back": all_comes_back,
    "keys are imported": imports,
    "each create makes a version": versions,
    "properties change, of the newest and of one version": update,
    "a key is rotated, as its policy says": rotate,
    "a listing has several pages": listing,
    "a key is deleted, recovered, and purged": delete_recover_purge,
    "a backup brings a purged key back": backup,
    "random bytes": random_bytes,
    "what is wrong is refused in the SDK's exceptions": wrong,
}
