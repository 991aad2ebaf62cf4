"""Secrets: their values, versions, and what is done to them."""
from datetime import datetime, timezone

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from vault import URL, name, near, paged, refused, same, secrets

client = secrets()


def set_and_get():
    said = {"content_type": "text/plain", "tags": {"a": "b"},
            "not_before": datetime(2023, 1, 2, tzinfo=timezone.utc), "expires_on": datetime(2033, 1, 2, tzinfo=timezone.utc)}
    for what, value in (("plain", "correct horse"), ("long", "x" * 25600), ("other", "Grüße 🌍\n\"'\\"), ("empty", "")):
        made = client.set_secret(name(what), value, **said)
        same(made.id, f"{URL}/secrets/{name(what)}/{made.properties.version}", "id")
        near(made.properties.created_on)
        for got in (made, client.get_secret(name(what)), client.get_secret(name(what), made.properties.version)):
            same((got.value, got.id), (value, made.id), what)
            for member, expected in said.items():
                same(getattr(got.properties, member), expected, member)


def versions():
    first, second = client.set_secret(name("versions"), "one"), client.set_secret(name("versions"), "two")
    same(client.get_secret(name("versions")).value, "two", "the newest")
    same(client.get_secret(name("versions"), first.properties.version).value, "one", "the oldest")
    listed = {p.version for p in client.list_properties_of_secret_versions(name("versions"))}
    same(listed, {first.properties.version, second.properties.version}, "versions")


def update():
    made = client.set_secret(name("update"), "value", tags={"old": "1"})
    changed = client.update_secret_properties(name("update"), content_type="application/json", tags={"new": "2"})
    same((changed.content_type, changed.tags, changed.id), ("application/json", {"new": "2"}, made.id), "changed")
    client.update_secret_properties(name("update"), made.properties.version, enabled=False)
    refused(HttpResponseError, "Forbidden", "not allowed on a disabled secret", client.get_secret, name("update"))
    client.update_secret_properties(name("update"), enabled=True)
    same(client.get_secret(name("update")).value, "value", "value")


def listing():
    names = [name(f"list-{i:02}") for i in range(27)]
    for n in names:
        client.set_secret(n, n)
    same(paged(client.list_properties_of_secrets(), "list-"), names, "names")


def delete_recover_purge():
    n = name("deleted")
    made = client.set_secret(n, "still here")
    gone = client.begin_delete_secret(n).result()
    same(gone.recovery_id, f"{URL}/deletedsecrets/{n}", "recovery id")
    near(gone.deleted_date)
    assert gone.scheduled_purge_date > gone.deleted_date
    refused(ResourceNotFoundError, "SecretNotFound", n, client.get_secret, n)
    refused(ResourceExistsError, "Conflict", "deleted but recoverable", client.set_secret, n, "other")
    assert n in [s.name for s in client.list_deleted_secrets()]
    client.begin_recover_deleted_secret(n).wait()
    same(client.get_secret(n).id, made.id, "recovered")
    client.begin_delete_secret(n).wait()
    client.purge_deleted_secret(n)
    refused(ResourceNotFoundError, "SecretNotFound", n, client.get_deleted_secret, n)


def backup():
    n = name("backup")
    client.set_secret(n, "one")
    second = client.set_secret(n, "two")
    data = client.backup_secret(n)
    refused(ResourceExistsError, "Conflict", "", client.restore_secret_backup, data)
    client.begin_delete_secret(n).wait()
    client.purge_deleted_secret(n)
    same(client.restore_secret_backup(data).id, second.id, "restored")
    same(client.get_secret(n).value, "two", "value")


def wrong():
    refused(ResourceNotFoundError, "SecretNotFound", "was not found in this key vault", client.get_secret, name("nothing"))
    refused(HttpResponseError, "BadParameter", "", client.set_secret, name("large"), "x" * 25601)
    refused(HttpResponseError, "BadParameter", "", client.set_secret, "under_score", "x")


CHECKS = {
    "a secret is set and got": set_and_get,
    "each set makes a version": versions,
    "properties change": update,
    "a listing has several pages": listing,
    "a secret is deleted, recovered, and purged": delete_recover_purge,
    "a backup brings a purged secret back": backup,
    "what is wrong is refused in the SDK's exceptions": wrong,
}
