// What all checks share: a client of each kind, a credential that remembers what it was asked for, and
// refusals. From outside come the vault, whether its host name fits the challenge's resource, and tokens.
"use strict";
const { KeyClient, CryptographyClient } = require("@azure/keyvault-keys");
const { SecretClient } = require("@azure/keyvault-secrets");
const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const fs = require("node:fs");

const url = process.env.KEYVAULT_URL;
const options = {
  disableChallengeResourceVerification: process.env.KEYVAULT_CHECK !== "on",
  retryOptions: { maxRetries: 0 },
};
const token = (role) => fs.readFileSync(`${process.env.KEYVAULT_TOKENS}/${role}`).toString().trim();

// A TokenCredential: what the SDKs ask of a person's own class.
class Credential {
  constructor(token) {
    this.token = token;
    this.asked = [];
  }
  async getToken(scopes, options) {
    this.asked.push({ scope: [scopes].flat().join(" "), tenant: options.tenantId });
    return { token: this.token, expiresOnTimestamp: Date.now() + 3600_000 };
  }
}

const credential = (role) => new Credential(token(role));
const keys = (role = "admin") => new KeyClient(url, credential(role), options);
const secrets = (role = "admin") => new SecretClient(url, credential(role), options);
const cryptography = (key, role = "admin") => new CryptographyClient(key, credential(role), options);
const name = (what) => `js-${what}`;
// The SDK's pollers, which ask every two seconds if nobody says otherwise.
const done = async (poller) => (await poller).pollUntilDone();
const soon = { intervalInMs: 50 };

// The SDK's exception, with the status, the code and words of the message.
async function refused(promise, status, code, words = /./) {
  const error = await promise.then(
    () => assert.fail("it was accepted"),
    (e) => e,
  );
  assert.equal(error.name, "RestError", error.stack);
  assert.equal(error.statusCode, status, error.message);
  assert.equal(error.code, code, error.message);
  assert.match(error.message, words);
  return error;
}

const equal = (a, b) => assert.deepEqual(Buffer.from(a), Buffer.from(b));
const near = (date) => assert.ok(Math.abs(date - Date.now()) < 120_000, `${date} is not about now`);
const b64url = (data) => Buffer.from(data).toString("base64url");

async function collect(iterator) {
  const all = [];
  for await (const one of iterator) all.push(one);
  return all;
}

// The pages of a listing, and that no page is larger than the service says.
async function pages(listing, prefix) {
  const sizes = [], found = [];
  for await (const page of listing.byPage()) {
    sizes.push(page.length);
    found.push(...page.map((i) => i.name).filter((n) => n.startsWith(name(prefix))));
  }
  assert.ok(sizes.length >= 2, `there was one page of ${sizes[0]}`);
  assert.ok(sizes.every((size) => size <= 25), `pages of ${sizes}`);
  return found;
}

// A public key of Node's, made of what the vault shows.
function publicKey(key) {
  const jwk = { kty: key.kty.replace("-HSM", "") };
  for (const member of ["n", "e", "x", "y"]) if (key[member]) jwk[member] = b64url(key[member]);
  if (key.crv) jwk.crv = key.crv === "P-256K" ? "secp256k1" : key.crv;
  return crypto.createPublicKey({ key: jwk, format: "jwk" });
}

module.exports = { url, Credential, credential, keys, secrets, cryptography, name, done, soon, refused, equal, near, b64url, collect, pages, publicKey, options };
