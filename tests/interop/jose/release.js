// A release answer under jose: the chain in x5c up to the CA by node's own X.509, then the JWS by its leaf. Usage:
// release.js HOST ANSWER_FILE CA. Prints the payload.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { compactVerify, decodeProtectedHeader } from 'jose';

const [host, file, ca] = process.argv.slice(2);
const answer = readFileSync(file, 'ascii').trim();
const root = new X509Certificate(readFileSync(ca));
const chain = decodeProtectedHeader(answer).x5c.map((c) => new X509Certificate(Buffer.from(c, 'base64')));
const now = Date.now();
chain.forEach((cert, i) => {
  const issuer = chain[i + 1] ?? root;
  if (!cert.checkIssued(issuer) || !cert.verify(issuer.publicKey)) throw new Error(`certificate ${i} is not of its issuer`);
  if (i > 0 && !cert.ca) throw new Error(`certificate ${i} is no CA`);
  if (now < Date.parse(cert.validFrom) || now > Date.parse(cert.validTo)) throw new Error(`certificate ${i} is not valid now`);
});
if (!chain[0].checkHost(host)) throw new Error(`the leaf is not for ${host}`);
const { payload } = await compactVerify(answer, chain[0].publicKey, { algorithms: ['RS256'] });
console.log(new TextDecoder().decode(payload));
