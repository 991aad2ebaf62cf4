"use strict";
const { parseKeyVaultKeyIdentifier } = require("@azure/keyvault-keys");
const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const { url, keys, name, refused, equal, near, done, soon, collect, pages } = require("./vault.js");

const client = keys();
const created = {
  "an RSA key": [() => client.createRsaKey(name("rsa"), { keySize: 2048 }), "RSA", 2048],
  "an RSA key of 3072 bits": [() => client.createRsaKey(name("rsa3"), { keySize: 3072 }), "RSA", 3072],
  "an RSA-HSM key": [() => client.createRsaKey(name("rsa-hsm"), { hsm: true, keySize: 2048 }), "RSA-HSM", 2048],
  "an RSA-HSM key with no options": [() => client.createKey(name("plain"), "RSA-HSM"), "RSA-HSM", 2048],
  "an EC key": [() => client.createEcKey(name("ec")), "EC", "P-256"],
  "an EC-HSM key": [() => client.createEcKey(name("ec-hsm"), { hsm: true, curve: "P-256" }), "EC-HSM", "P-256"],
  "P-384": [() => client.createEcKey(name("p384"), { curve: "P-384" }), "EC", "P-384"],
  "P-521": [() => client.createEcKey(name("p521"), { curve: "P-521" }), "EC", "P-521"],
  "P-256K": [() => client.createEcKey(name("p256k"), { curve: "P-256K" }), "EC", "P-256K"],
  "an oct key": [() => client.createOctKey(name("oct"), { keySize: 256 }), "oct"],
  "an oct-HSM key": [() => client.createOctKey(name("oct-hsm"), { keySize: 128, hsm: true }), "oct-HSM"],
};

function shape(key, kind, what) {
  const { properties: p } = key;
  assert.equal(key.keyType, kind);
  assert.equal(key.key.kid, key.id);
  assert.match(p.version, /^[0-9a-f]{32}$/);
  assert.equal(key.id, `${url}/keys/${key.name}/${p.version}`);
  assert.deepEqual(parseKeyVaultKeyIdentifier(key.id), { sourceId: key.id, vaultUrl: url, version: p.version, name: key.name });
  near(p.createdOn);
  near(p.updatedOn);
  assert.equal(p.enabled, true);
  assert.match(p.recoveryLevel, /Recoverable/);
  assert.ok(p.recoverableDays >= 7 && p.recoverableDays <= 90);
  if (typeof what === "number") {
    assert.equal(key.key.n.length * 8, what);
    equal(key.key.e, [1, 0, 1]);
  } else {
    assert.equal(key.key.crv, what);
  }
  for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"]) assert.equal(key.key[secret], undefined, secret);
}

const checks = {};
for (const [what, [make, kind, size]] of Object.entries(created))
  checks[`${what} is created and got`] = async () => {
    const key = await make();
    shape(key, kind, size);
    const got = await client.getKey(key.name);
    shape(got, kind, size);
    assert.equal(got.id, key.id);
    if (key.key.n) equal(got.key.n, key.key.n);
  };

checks["all that can be said of a key comes back"] = async () => {
  const said = {
    enabled: false, tags: { a: "1", "ü": "ß" }, keyOps: ["wrapKey", "unwrapKey"],
    notBefore: new Date(1700000000_000), expiresOn: new Date(2000000000_000),
  };
  const compare = (key) => {
    for (const member of ["enabled", "tags", "notBefore", "expiresOn"])
      assert.deepEqual(key.properties[member], said[member], member);
    assert.deepEqual([...key.keyOperations].sort(), [...said.keyOps].sort());
  };
  compare(await client.createOctKey(name("said"), { keySize: 192, ...said }));
  compare(await client.getKey(name("said")));
};

checks["keys are imported"] = async () => {
  const make = {
    RSA: () => crypto.generateKeyPairSync("rsa", { modulusLength: 2048 }),
    EC: () => crypto.generateKeyPairSync("ec", { namedCurve: "P-384" }),
  };
  for (const kind of ["RSA", "EC"]) {
    const jwk = make[kind]().privateKey.export({ format: "jwk" });
    const parts = Object.fromEntries(Object.entries(jwk).map(([m, v]) => [m, m.length > 2 ? v : Buffer.from(v, "base64url")]));
    const got = await client.importKey(name(`import-${kind}`), { ...parts, keyOps: ["sign", "verify"] }, { tags: { from: "outside" } });
    assert.equal(got.keyType, kind);
    assert.deepEqual(got.properties.tags, { from: "outside" });
    for (const member of ["n", "x"]) if (parts[member]) equal(got.key[member], parts[member]);
  }
  const oct = await client.importKey(name("import-oct"), { kty: "oct", k: Buffer.alloc(32, 7) }, { hardwareProtected: true });
  assert.equal(oct.keyType, "oct-HSM");
};

checks["each create makes a version"] = async () => {
  const made = [];
  for (let i = 0; i < 3; i++) made.push((await client.createOctKey(name("versions"), { keySize: 256, tags: { i: `${i}` } })).properties.version);
  const listed = await collect(client.listPropertiesOfKeyVersions(name("versions")));
  assert.deepEqual(listed.map((p) => p.version).sort(), [...made].sort());
  for (const p of listed) assert.equal(p.tags.i, `${made.indexOf(p.version)}`);
  assert.equal((await client.getKey(name("versions"))).properties.version, made[2]);
  assert.equal((await client.getKey(name("versions"), { version: made[0] })).properties.version, made[0]);
};

checks["properties change, of the newest and of one version"] = async () => {
  const old = await client.createEcKey(name("update"), { tags: { keep: "no" } });
  await client.createEcKey(name("update"));
  const newest = await client.updateKeyProperties(name("update"), { enabled: false, tags: { now: "yes" }, keyOps: ["sign"] });
  assert.equal(newest.properties.enabled, false);
  assert.deepEqual(newest.properties.tags, { now: "yes" });
  assert.deepEqual(newest.keyOperations, ["sign"]);
  const one = await client.updateKeyProperties(name("update"), old.properties.version, { expiresOn: new Date(2100000000_000) });
  assert.equal(one.id, old.id);
  assert.deepEqual([one.properties.tags, one.properties.enabled], [{ keep: "no" }, true]);
  assert.deepEqual(one.properties.expiresOn, new Date(2100000000_000));
};

checks["a key is rotated, as its policy says"] = async () => {
  const first = await client.createEcKey(name("rotate"), { tags: { stays: "here" } });
  const before = await client.getKeyRotationPolicy(name("rotate"));
  assert.ok(before.lifetimeActions.every((a) => a.action === "Notify"));
  const set = await client.updateKeyRotationPolicy(name("rotate"), {
    expiresIn: "P90D",
    lifetimeActions: [{ action: "Rotate", timeBeforeExpiry: "P30D" }],
  });
  assert.equal(set.id, `${url}/keys/${name("rotate")}/rotationpolicy`);
  near(set.updatedOn);
  const policy = await client.getKeyRotationPolicy(name("rotate"));
  assert.equal(policy.expiresIn, "P90D");
  assert.ok(policy.lifetimeActions.some((a) => a.action === "Rotate" && a.timeBeforeExpiry === "P30D"));
  const second = await client.rotateKey(name("rotate"));
  assert.notEqual(second.properties.version, first.properties.version);
  assert.equal(second.key.crv, first.key.crv);
  assert.notDeepEqual(Buffer.from(second.key.x), Buffer.from(first.key.x));
  assert.deepEqual(second.properties.tags, { stays: "here" });
  assert.ok(Math.abs(second.properties.expiresOn - Date.now() - 90 * 86400_000) < 120_000);
};

checks["a listing has several pages"] = async () => {
  const names = Array.from({ length: 30 }, (_, i) => name(`list-${String(i).padStart(2, "0")}`));
  for (const n of names) await client.createOctKey(n, { keySize: 128 });
  assert.deepEqual(await pages(client.listPropertiesOfKeys(), "list-"), names);
  for (const p of await collect(client.listPropertiesOfKeys())) assert.equal(p.version, undefined);
};

checks["a key is deleted, recovered, and purged"] = async () => {
  const n = name("deleted"), key = await client.createEcKey(n);
  const gone = await done(client.beginDeleteKey(n, soon));
  assert.equal(gone.properties.recoveryId, `${url}/deletedkeys/${n}`);
  near(gone.properties.deletedOn);
  assert.ok(gone.properties.scheduledPurgeDate > gone.properties.deletedOn);
  await refused(client.getKey(n), 404, "KeyNotFound", /js-deleted/);
  await refused(client.createEcKey(n), 409, "Conflict", /deleted but recoverable/);
  assert.equal((await client.getDeletedKey(n)).properties.recoveryId, gone.properties.recoveryId);
  assert.ok((await collect(client.listDeletedKeys())).some((k) => k.name === n));
  await done(client.beginRecoverDeletedKey(n, soon));
  assert.equal((await client.getKey(n)).id, key.id);
  await done(client.beginDeleteKey(n, soon));
  await client.purgeDeletedKey(n);
  await refused(client.getDeletedKey(n), 404, "KeyNotFound");
  assert.notEqual((await client.createEcKey(n)).id, key.id);
};

checks["a backup brings a purged key back"] = async () => {
  const n = name("backup"), first = await client.createEcKey(n), second = await client.rotateKey(n);
  const backup = await client.backupKey(n);
  await refused(client.restoreKeyBackup(backup), 409, "Conflict");
  await done(client.beginDeleteKey(n, soon));
  await client.purgeDeletedKey(n);
  const restored = await client.restoreKeyBackup(backup);
  assert.equal(restored.id, second.id);
  equal(restored.key.x, second.key.x);
  assert.equal((await client.getKey(n, { version: first.properties.version })).id, first.id);
  backup[backup.length >> 1] ^= 1;
  await refused(client.restoreKeyBackup(backup), 400, "BadParameter");
};

checks["random bytes"] = async () => {
  const [a, b] = [await client.getRandomBytes(32), await client.getRandomBytes(32)];
  assert.ok(a.length === 32 && b.length === 32);
  assert.notDeepEqual(a, b);
  await refused(client.getRandomBytes(129), 400, "BadParameter");
};

checks["what is wrong is refused in the SDK's exceptions"] = async () => {
  await refused(client.getKey(name("nothing")), 404, "KeyNotFound", /was not found in this key vault/);
  const key = await client.createEcKey(name("wrong"));
  await refused(client.getKey(key.name, { version: "0".repeat(32) }), 404, "KeyNotFound");
  await refused(client.createRsaKey(key.name, { keySize: 1000 }), 400, "BadParameter", /1000|2048/);
  await refused(client.createKey(key.name, "DSA"), 400, "BadParameter", /DSA|kty/);
  await refused(client.createEcKey(key.name, { curve: "P-192" }), 400, "BadParameter", /P-192|crv/);
  await refused(client.createEcKey("under_score"), 400, "BadParameter", /name/);
  await refused(client.updateKeyRotationPolicy(key.name, { expiresIn: "P1D", lifetimeActions: [] }), 400, "BadParameter");
};

module.exports = checks;
