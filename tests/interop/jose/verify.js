// A stock JOSE client: discovery, remote key set, verification. Usage: verify.js ISSUER TOKEN_FILE
// NODE_EXTRA_CA_CERTS names the verifier's CA. Prints the payload.
import { readFileSync } from 'node:fs';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const [issuer, file] = process.argv.slice(2);
const response = await fetch(`${issuer}/.well-known/openid-configuration`, { redirect: 'error' });
const metadata = await response.json();
if (metadata.issuer !== issuer) throw new Error(`metadata speaks of ${metadata.issuer}`);
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
const token = readFileSync(file, 'ascii').trim();
const { payload } = await jwtVerify(token, keys, {
  issuer,
  algorithms: metadata.id_token_signing_alg_values_supported,
  typ: 'JWT',
});
console.log(JSON.stringify(payload));
