"use strict";
const assert = require("node:assert/strict");
const { url, secrets, name, refused, near, done, soon, collect, pages } = require("./vault.js");

const client = secrets();
const checks = {};

checks["a secret is set and got"] = async () => {
  const said = { contentType: "text/plain", tags: { a: "b" }, notBefore: new Date(1700000000_000), expiresOn: new Date(2000000000_000) };
  for (const [what, value] of [["plain", "correct horse"], ["long", "x".repeat(25600)], ["other", "Grüße 🌍\n\"'\\"], ["empty", ""]]) {
    const set = await client.setSecret(name(what), value, said);
    assert.equal(set.value, value);
    assert.equal(set.properties.id, `${url}/secrets/${name(what)}/${set.properties.version}`);
    near(set.properties.createdOn);
    for (const got of [await client.getSecret(name(what)), await client.getSecret(name(what), { version: set.properties.version })]) {
      assert.equal(got.value, value);
      assert.equal(got.properties.id, set.properties.id);
      for (const member of Object.keys(said)) assert.deepEqual(got.properties[member], said[member]);
    }
  }
};

checks["each set makes a version"] = async () => {
  const first = await client.setSecret(name("versions"), "one"), second = await client.setSecret(name("versions"), "two");
  assert.equal((await client.getSecret(name("versions"))).value, "two");
  assert.equal((await client.getSecret(name("versions"), { version: first.properties.version })).value, "one");
  const listed = await collect(client.listPropertiesOfSecretVersions(name("versions")));
  assert.deepEqual(listed.map((p) => p.version).sort(), [first, second].map((s) => s.properties.version).sort());
};

checks["properties change"] = async () => {
  const { properties } = await client.setSecret(name("update"), "value", { tags: { old: "1" } });
  const changed = await client.updateSecretProperties(name("update"), properties.version, { contentType: "application/json", tags: { new: "2" } });
  assert.deepEqual([changed.contentType, changed.tags], ["application/json", { new: "2" }]);
  await client.updateSecretProperties(name("update"), properties.version, { enabled: false });
  await refused(client.getSecret(name("update")), 403, "Forbidden", /not allowed on a disabled secret/);
  await client.updateSecretProperties(name("update"), properties.version, { enabled: true });
  assert.equal((await client.getSecret(name("update"))).value, "value");
};

checks["a listing has several pages"] = async () => {
  const names = Array.from({ length: 27 }, (_, i) => name(`list-${String(i).padStart(2, "0")}`));
  for (const n of names) await client.setSecret(n, n);
  assert.deepEqual(await pages(client.listPropertiesOfSecrets(), "list-"), names);
};

checks["a secret is deleted, recovered, and purged"] = async () => {
  const n = name("deleted"), set = await client.setSecret(n, "still here");
  const gone = await done(client.beginDeleteSecret(n, soon));
  assert.equal(gone.recoveryId, `${url}/deletedsecrets/${n}`);
  near(gone.deletedOn);
  assert.ok(gone.scheduledPurgeDate > gone.deletedOn);
  assert.equal(gone.value, undefined);
  await refused(client.getSecret(n), 404, "SecretNotFound");
  await refused(client.setSecret(n, "other"), 409, "Conflict", /deleted but recoverable/);
  assert.equal((await client.getDeletedSecret(n)).recoveryId, gone.recoveryId);
  assert.ok((await collect(client.listDeletedSecrets())).some((s) => s.name === n));
  await done(client.beginRecoverDeletedSecret(n, soon));
  assert.equal((await client.getSecret(n)).properties.id, set.properties.id);
  await done(client.beginDeleteSecret(n, soon));
  await client.purgeDeletedSecret(n);
  await refused(client.getDeletedSecret(n), 404, "SecretNotFound");
};

checks["a backup brings a purged secret back"] = async () => {
  const n = name("backup");
  await client.setSecret(n, "one");
  const second = await client.setSecret(n, "two"), backup = await client.backupSecret(n);
  await refused(client.restoreSecretBackup(backup), 409, "Conflict");
  await done(client.beginDeleteSecret(n, soon));
  await client.purgeDeletedSecret(n);
  assert.equal((await client.restoreSecretBackup(backup)).id, second.properties.id);
  assert.equal((await client.getSecret(n)).value, "two");
};

checks["what is wrong is refused in the SDK's exceptions"] = async () => {
  await refused(client.getSecret(name("nothing")), 404, "SecretNotFound", /was not found in this key vault/);
  await refused(client.setSecret(name("large"), "x".repeat(25601)), 400, "BadParameter");
  await refused(client.setSecret("under_score", "x"), 400, "BadParameter", /name/);
};

module.exports = checks;
