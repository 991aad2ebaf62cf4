"use strict";
const assert = require("node:assert/strict");
const { KeyClient } = require("@azure/keyvault-keys");
const { url, Credential, credential, keys, secrets, cryptography, name, refused, options } = require("./vault.js");

const checks = {};

checks["the credential is asked for what the challenge says"] = async () => {
  const asked = credential("admin"), client = new KeyClient(url, asked, options);
  await client.createEcKey(name("scope"));
  await client.getKey(name("scope"));
  const { scope, tenant } = asked.asked[0];
  assert.equal(scope, process.env.KEYVAULT_SCOPE);
  assert.equal(tenant.split("/")[0], process.env.KEYVAULT_TENANT); // this SDK takes the whole path, others a segment
};

checks["the SDK's check of the challenge's resource"] = async () => {
  const client = new KeyClient(url, credential("admin"), { ...options, disableChallengeResourceVerification: false });
  const asked = client.createEcKey(name("resource"));
  if (process.env.KEYVAULT_CHECK === "on") await asked;
  else await assert.rejects(asked, /does not match the requested domain/);
};

checks["a wrong token"] = () =>
  refused(new KeyClient(url, new Credential("wrong"), options).getKey(name("scope")), 401, "Unauthorized");

checks["a user uses keys and manages none"] = async () => {
  await keys().createEcKey(name("roles"));
  const { id } = await keys("user").getKey(name("roles"));
  await cryptography(id, "user").sign("ES256", Buffer.alloc(32));
  const user = keys("user");
  for (const work of [
    () => user.createEcKey(name("roles")), () => user.rotateKey(name("roles")), () => user.beginDeleteKey(name("roles")),
    () => user.backupKey(name("roles")), () => user.updateKeyProperties(name("roles"), { enabled: false }),
    () => user.purgeDeletedKey(name("roles")),
  ])
    await refused(work(), 403, "Forbidden", /officer/);
  await refused(secrets("user").setSecret(name("roles"), "x"), 403, "Forbidden", /officer/);
};

checks["an officer manages keys and uses none"] = async () => {
  const officer = keys("officer"), { id } = await officer.createEcKey(name("roles-officer"));
  await refused(cryptography(id, "officer").sign("ES256", Buffer.alloc(32)), 403, "Forbidden", /user/);
  await secrets("officer").setSecret(name("roles-officer"), "x");
  await refused(secrets("officer").getSecret(name("roles-officer")), 403, "Forbidden", /user/);
  assert.equal((await secrets("user").getSecret(name("roles-officer"))).value, "x");
};

checks["an auditor reads lists, and no more"] = async () => {
  await keys().createEcKey(name("roles-auditor"));
  await secrets().setSecret(name("roles-auditor"), "x");
  const auditor = keys("auditor"), { id } = await auditor.getKey(name("roles-auditor"));
  assert.ok((await auditor.listPropertiesOfKeys().next()).value.name);
  await refused(cryptography(id, "auditor").sign("ES256", Buffer.alloc(32)), 403, "Forbidden");
  await refused(auditor.createEcKey(name("roles-auditor")), 403, "Forbidden");
  await refused(secrets("auditor").getSecret(name("roles-auditor")), 403, "Forbidden");
};

module.exports = checks;
