"use strict";
const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const { CryptographyClient } = require("@azure/keyvault-keys");
const { keys, cryptography, name, refused, equal, publicKey } = require("./vault.js");

const client = keys();
const message = Buffer.from("what is to be kept");
const digest = (hash) => crypto.createHash(hash).update(message).digest();
const hash = (algorithm) => `sha${/\d+/.exec(algorithm)[0]}`;
const pss = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST };

// Node's own verdict over what the vault has signed.
function verified(algorithm, key, signature) {
  const how = algorithm.startsWith("PS") ? pss : algorithm.startsWith("ES") ? { dsaEncoding: "ieee-p1363" } : {};
  return crypto.verify(hash(algorithm), message, { key: publicKey(key), ...how }, signature);
}

async function signs(key, algorithms) {
  const remote = cryptography(key.id);
  for (const algorithm of algorithms) {
    const { result, keyID } = await remote.sign(algorithm, digest(hash(algorithm)));
    assert.equal(keyID, key.id);
    assert.ok(verified(algorithm, key.key, result), `${algorithm}: not what Node takes`);
    assert.equal((await remote.verify(algorithm, digest(hash(algorithm)), result)).result, true, algorithm);
    const changed = Buffer.from(result);
    changed[20] ^= 1;
    assert.equal((await remote.verify(algorithm, digest(hash(algorithm)), changed)).result, false, algorithm);
    if (algorithm.startsWith("PS")) continue; // the SDK's verifyData takes its padding for PKCS #1's
    assert.ok((await remote.verifyData(algorithm, message, (await remote.signData(algorithm, message)).result)).result);
  }
}

const checks = {};

checks["RSA keys sign"] = async () =>
  signs(await client.createRsaKey(name("signs"), { keySize: 2048 }), ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]);

for (const [curve, algorithm] of [["P-256", "ES256"], ["P-384", "ES384"], ["P-521", "ES512"], ["P-256K", "ES256K"]])
  checks[`EC keys sign with ${algorithm}`] = async () =>
    signs(await client.createEcKey(name(`signs-${curve}`), { curve }), [algorithm]);

checks["RSA keys decrypt what anybody encrypts, and unwrap"] = async () => {
  const key = await client.createRsaKey(name("encrypts"), { keySize: 2048 });
  const remote = cryptography(key.id), local = new CryptographyClient(key.key);
  const oaep = (oaepHash) => crypto.publicEncrypt({ key: publicKey(key.key), padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, message);
  equal((await remote.decrypt("RSA-OAEP", oaep("sha1"))).result, message);
  equal((await remote.decrypt("RSA-OAEP-256", oaep("sha256"))).result, message);
  for (const algorithm of ["RSA1_5", "RSA-OAEP", "RSA-OAEP-256"]) {
    for (const by of [remote, local]) {
      if (by === local && algorithm === "RSA-OAEP-256") continue; // not among what the SDK does itself
      const { result } = await by.encrypt({ algorithm, plaintext: message });
      const opened = await remote.decrypt({ algorithm, ciphertext: result });
      equal(opened.result, message);
      assert.equal(opened.keyID, key.id);
    }
    const { result } = await remote.wrapKey(algorithm, Buffer.alloc(32, 9));
    equal((await remote.unwrapKey(algorithm, result)).result, Buffer.alloc(32, 9));
  }
  await refused(remote.decrypt("RSA-OAEP", Buffer.alloc(256, 1)), 400, "BadParameter");
};

checks["oct keys encrypt with GCM and CBC"] = async () => {
  const remote = cryptography((await client.createOctKey(name("oct-encrypts"), { keySize: 256, keyOps: ["encrypt", "decrypt"] })).id);
  const additionalAuthenticatedData = Buffer.from("of it");
  const gcm = await remote.encrypt({ algorithm: "A256GCM", plaintext: message, additionalAuthenticatedData });
  const sealed = { algorithm: "A256GCM", ciphertext: gcm.result, iv: gcm.iv, authenticationTag: gcm.authenticationTag };
  assert.deepEqual([gcm.iv.length, gcm.authenticationTag.length], [12, 16]);
  equal((await remote.decrypt({ ...sealed, additionalAuthenticatedData })).result, message);
  await refused(remote.decrypt(sealed), 400, "BadParameter");
  const cbc = await remote.encrypt({ algorithm: "A256CBCPAD", plaintext: message, iv: crypto.randomBytes(16) });
  equal((await remote.decrypt({ algorithm: "A256CBCPAD", ciphertext: cbc.result, iv: cbc.iv })).result, message);
  await refused(remote.encrypt({ algorithm: "A128GCM", plaintext: message }), 400, "BadParameter");
};

checks["oct keys wrap"] = async () => {
  const key = await client.importKey(name("oct-wraps"), { kty: "oct", k: Buffer.alloc(32, 5), keyOps: ["wrapKey", "unwrapKey"] });
  const remote = cryptography(key.id), { result } = await remote.wrapKey("A256KW", Buffer.alloc(16, 6));
  const open = crypto.createDecipheriv("id-aes256-wrap", Buffer.alloc(32, 5), Buffer.alloc(8, 0xa6));
  equal(Buffer.concat([open.update(result), open.final()]), Buffer.alloc(16, 6));
  equal((await remote.unwrapKey("A256KW", result)).result, Buffer.alloc(16, 6));
  result[3] ^= 1;
  await refused(remote.unwrapKey("A256KW", result), 400, "BadParameter");
};

checks["an imported key is the key that it was"] = async () => {
  const { privateKey } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = privateKey.export({ format: "jwk" });
  const part = (member) => Buffer.from(jwk[member], "base64url");
  const key = await client.importKey(name("imported"), { kty: "EC", crv: "P-256", x: part("x"), y: part("y"), d: part("d") });
  await signs(key, ["ES256"]);
  const own = crypto.sign("sha256", message, { key: privateKey, dsaEncoding: "ieee-p1363" });
  assert.equal((await cryptography(key.id).verify("ES256", digest("sha256"), own)).result, true);
};

checks["an older version signs as before"] = async () => {
  const old = await client.createEcKey(name("older"));
  await client.rotateKey(old.name);
  await signs(old, ["ES256"]);
  assert.notEqual((await cryptography(await client.getKey(old.name)).sign("ES256", digest("sha256"))).keyID, old.id);
};

checks["what a key must not do is refused"] = async () => {
  const ec = await client.createEcKey(name("must-not"), { keyOps: ["verify"] });
  const only = cryptography(`${ec.id}`);
  await assert.rejects(only.sign("ES256", digest("sha256"))); // the SDK's own check of key_ops, or ours
  const rsa = await client.createRsaKey(name("must-not-rsa"), { keySize: 2048 });
  await refused(cryptography(rsa.id).sign("ES256", digest("sha256")), 400, "BadParameter");
  await refused(cryptography(rsa.id).sign("RS256", digest("sha384")), 400, "BadParameter");
  await client.updateKeyProperties(rsa.name, { enabled: false });
  await refused(cryptography(rsa.id, "user").sign("RS256", digest("sha256")), 403, "Forbidden");
};

module.exports = checks;
