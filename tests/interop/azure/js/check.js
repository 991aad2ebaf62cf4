// @azure/attestation, unmodified, against our service: check.js GROUP...
// What comes from outside: the endpoint, the trust store (NODE_EXTRA_CA_CERTS) and a credential.
"use strict";
const { AttestationClient, AttestationAdministrationClient, createAttestationPolicyToken } =
  require("@azure/attestation");
const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const fs = require("node:fs");

const url = process.env.AZURE_URL;
const isolatedUrl = process.env.AZURE_ISOLATED_URL;
const file = (name) => fs.readFileSync(`${process.env.AZURE_EVIDENCE}/${name}`);
const text = (name) => file(name).toString();
const credential = (token) => ({
  getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3600_000 }),
});
// What the SDK calls validation is on for every call, the issuer's name included.
const validating = (issuer) => ({
  validationOptions: {
    validateToken: true,
    validateExpirationTime: true,
    validateNotBeforeTime: true,
    validateIssuer: true,
    expectedIssuer: issuer,
  },
  retryOptions: { maxRetries: 0 },
});
const guest = new AttestationClient(url, validating(url));
const administrator = (at, token) =>
  new AttestationAdministrationClient(at, credential(token), validating(at));

async function refused(promise, code, words) {
  const error = await promise.then(
    () => assert.fail("it was accepted"),
    (e) => e,
  );
  if (code) {
    assert.equal(error.statusCode, code === "Unauthorized" ? 401 : 400, error.message);
    assert.equal(error.details.error.code, code, error.message);
    assert.ok(error.details.error.message.length > 10);
  }
  assert.match(JSON.stringify(error.details ?? error.message), words);
}

const sha256 = (data) => crypto.createHash("sha256").update(data).digest();
const pem = (certificate) => new crypto.X509Certificate(certificate).raw.toString("base64");
const signer = (name) => ({
  privateKey: text(`${name}.key`),
  certificate: text(`${name}.crt`),
});
const issuing = (value) =>
  `version= 1.0;authorizationrules{=> permit();};issuancerules{=> issue(type="made-by", value="${value}");};`;
const denying = "version= 1.0;authorizationrules{=> deny();};issuancerules{};";

async function policyClaims(of = guest) {
  return (await of.attestSgxEnclave(file("binary.quote"))).body.policyClaims;
}

const groups = {};

groups.attest = {
  "the metadata name the issuer": async () => {
    const metadata = await guest.getOpenIdMetadata();
    assert.equal(metadata.issuer, url);
    assert.equal(metadata.jwks_uri, `${url}/certs`);
  },
  "the signers have certificates": async () => {
    const signers = await guest.getAttestationSigners();
    assert.ok(signers.length > 0);
    for (const s of signers) assert.ok(s.keyId && new crypto.X509Certificate(s.certificates[0]));
  },
  "SGX without runtime data": async () => {
    const { body, token } = await guest.attestSgxEnclave(file("binary.quote"));
    assert.equal(body.issuer, url);
    assert.equal(body.verifierType, "sgx");
    assert.equal(body.mrSigner, "51".repeat(32));
    assert.equal(body.productId, 1234);
    assert.equal(body.svn, 2);
    assert.equal(body.isDebuggable, false);
    assert.equal(body.policyClaims.tee, "sgx");
    assert.ok(body.uniqueId && body.policyHash.length === 32 && body.sgxCollateral.quotehash);
    assert.equal(body.enclaveHeldData, undefined);
    assert.equal(token.algorithm, "RS256");
  },
  "SGX with binary runtime data": async () => {
    const { body } = await guest.attestSgxEnclave(file("binary.quote"), { runTimeData: file("binary") });
    assert.deepEqual(Buffer.from(body.enclaveHeldData), file("binary"));
  },
  "SGX with JSON runtime data": async () => {
    const { body } = await guest.attestSgxEnclave(file("json.quote"), { runTimeJson: file("json") });
    assert.deepEqual(body.runTimeClaims, JSON.parse(text("json")));
  },
  "Open Enclave with binary runtime data": async () => {
    const { body } = await guest.attestOpenEnclave(file("binary.report"), { runTimeData: file("binary") });
    assert.deepEqual(Buffer.from(body.enclaveHeldData), file("binary"));
    assert.equal(body.mrEnclave, "e1".repeat(32));
  },
  "Open Enclave with JSON runtime data": async () => {
    const { body } = await guest.attestOpenEnclave(file("json.report"), { runTimeJson: file("json") });
    assert.deepEqual(body.runTimeClaims, JSON.parse(text("json")));
  },
  "a client with a credential attests too": async () => {
    const client = new AttestationClient(url, credential("anything"), validating(url));
    assert.equal((await client.attestSgxEnclave(file("binary.quote"))).body.issuer, url);
  },
  "the client refuses another issuer": () =>
    refused(guest.attestSgxEnclave(file("binary.quote"), validating("https://elsewhere")), null, /expected issuer/),
  "a changed quote is refused": () =>
    refused(guest.attestSgxEnclave(file("changed.quote")), "InvalidParameter", /quote/),
  "other runtime data are refused": () =>
    refused(guest.attestSgxEnclave(file("binary.quote"), { runTimeData: file("json") }), "InvalidParameter", /runtime_data/),
  "a report without its header is refused": () =>
    refused(guest.attestOpenEnclave(file("binary.quote")), "InvalidParameter", /report/),
};

groups.draft = {
  "a draft policy gives an unsigned token": async () => {
    const { body, token } = await guest.attestSgxEnclave(file("binary.quote"), {
      draftPolicyForAttestation: issuing("a draft"),
    });
    assert.equal(token.algorithm, "none");
    assert.equal(body.policyClaims["made-by"], "a draft");
  },
  "a draft policy that denies": () =>
    refused(guest.attestOpenEnclave(file("binary.report"), { draftPolicyForAttestation: denying }), "PolicyEvaluationError", /A Deny claim was issued, authorization failed/),
  "a draft policy that does not parse": () =>
    refused(guest.attestSgxEnclave(file("binary.quote"), { draftPolicyForAttestation: "version= 1.0; nonsense" }), "PolicyParsingError", /65526/),
};

const admin = administrator(url, process.env.AZURE_TOKEN);

// As the SDK's samples check it: the hash of the token that was sent, and who had signed it.
async function set(client, type, policy, by) {
  const { body } = await client.setPolicy(type, policy, by ?? {});
  const sent = createAttestationPolicyToken(policy, by?.privateKey, by?.certificate);
  assert.equal(body.policyResolution, "Updated");
  assert.deepEqual(Buffer.from(body.policyTokenHash), sha256(sent.serialize()));
  if (by) assert.equal(pem(body.policySigner.certificates[0]), pem(by.certificate));
  else assert.equal(body.policySigner, undefined);
  assert.equal((await client.getPolicy(type)).body, policy);
}

async function reset(client, type, by) {
  const { body } = await client.resetPolicy(type, by ?? {});
  assert.equal(body.policyResolution, "Removed");
}

groups.policies = {
  "the default policy": async () => {
    const { body, token } = await admin.getPolicy("SgxEnclave");
    assert.match(body, /permit/);
    assert.equal(token.algorithm, "RS256");
  },
  "a policy is set, judges, and is reset": async () => {
    await set(admin, "SgxEnclave", issuing("hand"));
    assert.equal((await policyClaims())["made-by"], "hand");
    await reset(admin, "SgxEnclave");
    assert.equal((await policyClaims())["made-by"], undefined);
  },
  "a signed policy names its signer": async () => {
    await set(admin, "OpenEnclave", issuing("signer"), signer("signer"));
    const { body } = await guest.attestOpenEnclave(file("binary.report"));
    assert.equal(pem(body.policySigner.certificates[0]), pem(signer("signer").certificate));
    assert.deepEqual(Buffer.from(body.policyHash), sha256(Buffer.from(issuing("signer")).toString("base64url")));
    await reset(admin, "OpenEnclave", signer("signer"));
  },
  "an elliptic key signs too": async () => {
    const by = signer("elliptic"); // the signature, and with it the hash, is another every time
    const { body } = await admin.setPolicy("OpenEnclave", issuing("elliptic"), by);
    assert.equal(pem(body.policySigner.certificates[0]), pem(by.certificate));
    assert.equal((await admin.getPolicy("OpenEnclave")).body, issuing("elliptic"));
    await reset(admin, "OpenEnclave", signer("elliptic"));
  },
  "a policy that denies": async () => {
    await set(admin, "SgxEnclave", denying);
    await refused(policyClaims(), "PolicyEvaluationError", /A Deny claim was issued, authorization failed/);
    await reset(admin, "SgxEnclave");
  },
  "a policy that does not parse": () =>
    refused(admin.setPolicy("SgxEnclave", "version= 1.0;authorizationrules{=> permit()"), "PolicyParsingError", /Line|line/),
  "there are no certificates": async () => {
    assert.deepEqual((await admin.getPolicyManagementCertificates()).body, []);
  },
  "none can be added": () =>
    refused(admin.addPolicyManagementCertificate(text("second.crt"), text("signer.key"), text("signer.crt")), "InvalidOperation", /disallowed/),
  "none can be removed": () =>
    refused(admin.removePolicyManagementCertificate(text("second.crt"), text("signer.key"), text("signer.crt")), "InvalidOperation", /disallowed/),
  "a wrong credential": () =>
    refused(administrator(url, "wrong").setPolicy("SgxEnclave", denying), "Unauthorized", /./),
  "the token of another tenant": () =>
    refused(administrator(isolatedUrl, process.env.AZURE_TOKEN).getPolicy("SgxEnclave"), "Unauthorized", /./),
};

const isolated = administrator(isolatedUrl, process.env.AZURE_ISOLATED_TOKEN);
const listed = async () =>
  (await isolated.getPolicyManagementCertificates()).body.map((s) => pem(s.certificates[0])).sort();
const sha1 = (name) => crypto.createHash("sha1").update(new crypto.X509Certificate(text(name)).raw).digest("hex").toUpperCase();

groups.isolated = {
  "the signers are listed": async () => {
    assert.deepEqual(await listed(), [pem(text("signer.crt"))]);
  },
  "an unsigned policy is refused": () =>
    refused(isolated.setPolicy("SgxEnclave", issuing("hand")), "InvalidOperation", /[Uu]nsigned/),
  "a stranger's policy is refused": () =>
    refused(isolated.setPolicy("SgxEnclave", issuing("stranger"), signer("stranger")), "InvalidParameter", /unable to find issuer certificate/),
  "an unsigned reset is refused": () =>
    refused(isolated.resetPolicy("SgxEnclave"), "InvalidOperation", /[Uu]nsigned/),
  "a trusted signer's policy": async () => {
    await set(isolated, "SgxEnclave", issuing("signer"), signer("signer"));
    const client = new AttestationClient(isolatedUrl, validating(isolatedUrl));
    assert.equal((await policyClaims(client))["made-by"], "signer");
    await reset(isolated, "SgxEnclave", signer("signer"));
  },
  "a certificate is added, signs, and is removed": async () => {
    const by = signer("signer");
    const change = async (verb, resolution) => {
      const { body } = await isolated[`${verb}PolicyManagementCertificate`](text("second.crt"), by.privateKey, by.certificate);
      assert.equal(body.certificateResolution, resolution);
      assert.equal(body.certificateThumbprint, sha1("second.crt"));
    };
    await change("add", "IsPresent");
    await change("add", "IsPresent");
    assert.equal((await listed()).length, 2);
    await set(isolated, "OpenEnclave", issuing("second"), signer("second"));
    await reset(isolated, "OpenEnclave", signer("second"));
    await change("remove", "IsAbsent");
    await refused(isolated.setPolicy("OpenEnclave", issuing("second"), signer("second")), "InvalidParameter", /unable to find issuer certificate/);
    assert.equal((await listed()).length, 1);
  },
  "a stranger adds nobody": () =>
    refused(isolated.addPolicyManagementCertificate(text("second.crt"), text("stranger.key"), text("stranger.crt")), "InvalidParameter", /unable to find issuer certificate/),
};

groups.tpm = {
  "TPM evidence is refused in so many words": () => {
    const client = new AttestationClient(url, credential(process.env.AZURE_TOKEN), { retryOptions: { maxRetries: 0 } });
    return refused(client.attestTpm(JSON.stringify({ payload: { type: "aikcert" } })), null, /Tpm/);
  },
};

(async () => {
  let passed = 0, failed = 0;
  for (const group of process.argv.slice(2))
    for (const [name, check] of Object.entries(groups[group])) {
      try {
        await check();
        console.log(`ok azure js: ${name}`);
        passed++;
      } catch (e) {
        console.log(`FAILED azure js: ${name}: ${e.stack}${e.details ? " " + JSON.stringify(e.details) : ""}`);
        failed++;
      }
    }
  console.log(`${passed} passed, ${failed} failed, 0 skipped`);
  process.exit(failed ? 1 : 0);
})();
