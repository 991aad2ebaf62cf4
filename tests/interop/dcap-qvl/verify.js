// Another implementation's verdict on a quote, with collateral that it fetches from our service.
// Usage: verify.js PCS_URL ROOT_PEM QUOTE_HEX_FILE. Prints the TCB status; exits 1 when refused.
const { readFileSync } = require('node:fs');

// This version of the library takes every platform for one of the Processor CA, Intel's own too.
const get = globalThis.fetch;
globalThis.fetch = (url, options) => get(String(url).replace('ca=processor', 'ca=platform'), options);
const qvl = require('@phala/dcap-qvl');

async function main(service, root, file) {
  const quote = Buffer.from(readFileSync(file, 'ascii').trim(), 'hex');
  const der = Buffer.from(readFileSync(root, 'ascii').replace(/-----.*-----|\s/g, ''), 'base64');
  const collateral = await qvl.getCollateral(service, quote);
  const verifier = new qvl.QuoteVerifier(der);
  const verdict = await verifier.verify(quote, collateral, Math.floor(Date.now() / 1000));
  console.log(verdict.status);
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
