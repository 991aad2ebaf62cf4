// A key for a program in the software TEE: its evidence is judged by the vault's own verifier, the SDK asks
// with the token for the key, and Node's own cryptography checks, unwraps and uses it.
"use strict";
const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const fs = require("node:fs");
const { execFileSync } = require("node:child_process");
const { url, keys, cryptography, name, refused, b64url, publicKey } = require("./vault.js");

const client = keys();
const signer = "51".repeat(32);
const policy = (...conditions) => ({
  encodedPolicy: Buffer.from(JSON.stringify({
    version: "1.0.0",
    anyOf: [{ authority: url, allOf: [{ claim: "x-quoth-simulated", equals: true }, { claim: "x-ms-sgx-is-debuggable", equals: false }, ...conditions] }],
  })),
});
const releasable = { exportable: true, releasePolicy: policy({ claim: "x-ms-sgx-mrsigner", equals: signer }) };
const recipient = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });

// Evidence over runtime data that name the recipient's key, and the verifier's token for it.
async function attested(members = { use: "enc", kid: "js" }) {
  const runtimeData = JSON.stringify({ keys: [{ ...recipient.publicKey.export({ format: "jwk" }), ...members }] });
  const file = `${process.env.KEYVAULT_TOKENS}/js.runtime-data`;
  fs.writeFileSync(file, runtimeData);
  const quote = execFileSync(process.env.KEYVAULT_MAKE_QUOTE, [process.env.KEYVAULT_PLATFORM, file], { maxBuffer: 1 << 20 });
  const answer = await fetch(`${url}/attest/SgxEnclave?api-version=2020-10-01`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ quote: b64url(quote), runtimeData: { data: b64url(runtimeData), dataType: "JSON" } }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()).token;
}

const json = (text) => JSON.parse(Buffer.from(text, "base64url"));

// The answer's signature by its own chain up to the authority that the machine trusts.
function opened(jws) {
  const [header, payload, signature] = jws.split(".");
  const { alg, x5c } = json(header);
  const chain = x5c.map((der) => new crypto.X509Certificate(Buffer.from(der, "base64")));
  assert.equal(alg, "RS256");
  assert.ok(chain.length >= 2);
  chain.slice(1).forEach((issuer, i) => assert.ok(chain[i].checkIssued(issuer) && chain[i].verify(issuer.publicKey)));
  const root = new crypto.X509Certificate(fs.readFileSync(process.env.NODE_EXTRA_CA_CERTS));
  assert.equal(chain.at(-1).fingerprint256, root.fingerprint256);
  assert.ok(chain[0].checkHost(new URL(url).hostname));
  assert.ok(crypto.verify("sha256", Buffer.from(`${header}.${payload}`), chain[0].publicKey, Buffer.from(signature, "base64url")));
  return json(payload);
}

function unwrapped({ key }, oaepHash) {
  const { ciphertext, header } = json(key.key_hsm);
  assert.equal(header.kid, "js");
  const blob = Buffer.from(ciphertext, "base64url");
  const aes = crypto.privateDecrypt({ key: recipient.privateKey, padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, blob.subarray(0, 256));
  assert.equal(aes.length, 32);
  const open = crypto.createDecipheriv("id-aes256-wrap-pad", aes, Buffer.from("a65959a6", "hex"));
  return Buffer.concat([open.update(blob.subarray(256)), open.final()]);
}

const checks = {};

for (const [algorithm, hash] of [["CKM_RSA_AES_KEY_WRAP", "sha1"], ["RSA_AES_KEY_WRAP_256", "sha256"], ["RSA_AES_KEY_WRAP_384", "sha384"]])
  checks[`keys are released with ${algorithm}, and used`] = async () => {
    const made = {
      RSA: await client.createRsaKey(name(`release-rsa-${hash}`), { keySize: 2048, hsm: true, ...releasable }),
      EC: await client.createEcKey(name(`release-ec-${hash}`), { ...releasable }),
      oct: await client.importKey(name(`release-oct-${hash}`), { kty: "oct", k: Buffer.alloc(32, 3) }, { hardwareProtected: true, ...releasable }),
    };
    const token = await attested();
    for (const [kind, key] of Object.entries(made)) {
      const nonce = crypto.randomUUID();
      const { request, response } = opened((await client.releaseKey(key.name, token, { algorithm, nonce })).value);
      assert.deepEqual(request, { "api-version": "2025-07-01", enc: algorithm, kid: `${url}/keys/${key.name}`, nonce });
      assert.equal(response.key.key.kid, key.id);
      assert.equal(response.key.key.kty, key.keyType);
      assert.equal(response.key.attributes.exportable, true);
      const secret = unwrapped(response.key, hash);
      if (kind === "oct") {
        assert.deepEqual(secret, Buffer.alloc(32, 3));
        continue;
      }
      const own = crypto.createPrivateKey({ key: secret, format: "der", type: "pkcs8" }), message = Buffer.from("by the program");
      assert.ok(crypto.verify("sha256", message, publicKey((await client.getKey(key.name)).key), crypto.sign("sha256", message, own)));
      const signed = await cryptography(key.id).sign(kind === "RSA" ? "RS256" : "ES256", crypto.createHash("sha256").update(message).digest());
      assert.ok(crypto.verify("sha256", message, { key: crypto.createPublicKey(own), dsaEncoding: "ieee-p1363" }, signed.result));
    }
  };

checks["without an algorithm, of a version, after a rotation"] = async () => {
  const key = await client.createEcKey(name("release-old"), releasable);
  await client.rotateKey(key.name);
  const { request, response } = opened((await client.releaseKey(key.name, await attested(), { version: key.properties.version })).value);
  assert.deepEqual([request.enc, request.kid, request.nonce], ["CKM_RSA_AES_KEY_WRAP", key.id, undefined]);
  assert.equal(response.key.key.kid, key.id);
  assert.ok(crypto.createPrivateKey({ key: unwrapped(response.key, "sha1"), format: "der", type: "pkcs8" }));
};

checks["a release policy comes back, and can be made immutable"] = async () => {
  const n = name("release-policy"), key = await client.createEcKey(n, releasable);
  assert.deepEqual(JSON.parse(Buffer.from(key.properties.releasePolicy.encodedPolicy)), JSON.parse(releasable.releasePolicy.encodedPolicy));
  assert.equal(key.properties.exportable, true);
  const other = await client.updateKeyProperties(n, { releasePolicy: { ...policy({ claim: "x-ms-sgx-svn", greaterOrEquals: 2 }), immutable: true } });
  assert.equal(other.properties.releasePolicy.immutable, true);
  await client.releaseKey(n, await attested());
  await refused(client.updateKeyProperties(n, releasable), 400, "BadParameter", /AKV\.SKR\.1020/);
};

checks["whom the policy does not mean gets nothing"] = async () => {
  const other = { exportable: true, releasePolicy: policy({ claim: "x-ms-sgx-mrsigner", equals: "00".repeat(32) }) };
  const key = await client.createEcKey(name("release-other"), other);
  await refused(client.releaseKey(key.name, await attested()), 403, "Forbidden", /does not meet key release policy requirements/);
};

checks["a token that is none of ours gets nothing"] = async () => {
  const key = await client.createEcKey(name("release-forged"), releasable);
  const token = await attested(), [header, payload, signature] = token.split(".");
  const claims = json(payload), { privateKey } = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
  const own = `${header}.${payload}.${b64url(crypto.sign("sha256", Buffer.from(`${header}.${payload}`), privateKey))}`;
  const elsewhere = `${header}.${b64url(JSON.stringify({ ...claims, iss: "https://elsewhere.example" }))}.${signature}`;
  const none = `${b64url('{"alg":"none"}')}.${payload}.`;
  await assert.rejects(client.releaseKey(key.name, "no token"), (e) => [400, 403].includes(e.statusCode));
  for (const bad of [own, elsewhere, none])
    await refused(client.releaseKey(key.name, bad), 403, "Forbidden", /attestation statement cannot be verified/);
  await refused(client.releaseKey(key.name, await attested({ use: "sig", kid: "js" })), 400, "BadParameter");
  await client.updateKeyProperties(key.name, { enabled: false });
  await refused(client.releaseKey(key.name, token), 403, "Forbidden", /disabled/);
};

checks["keys that may not be released"] = async () => {
  await refused(client.createEcKey(name("release-none"), { exportable: true }), 400, "BadParameter", /AKV\.SKR\.1004/);
  await refused(client.createEcKey(name("release-none"), { releasePolicy: releasable.releasePolicy }), 400, "BadParameter", /AKV\.SKR\.1005/);
  const key = await client.createEcKey(name("release-none"));
  await assert.rejects(async () => client.releaseKey(key.name, await attested()), (e) => [400, 403].includes(e.statusCode));
};

module.exports = checks;
