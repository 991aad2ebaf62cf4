// @azure/keyvault-keys and @azure/keyvault-secrets, unmodified, against our vault: check.js GROUP...
"use strict";

(async () => {
  let passed = 0, failed = 0;
  for (const group of process.argv.slice(2))
    for (const [name, check] of Object.entries(require(`./${group}.js`))) {
      try {
        await check();
        console.log(`ok keyvault js: ${group}: ${name}`);
        passed++;
      } catch (e) {
        console.log(`FAILED keyvault js: ${group}: ${name}: ${e.stack}`);
        failed++;
      }
    }
  console.log(`${passed} passed, ${failed} failed, 0 skipped`);
  process.exit(failed ? 1 : 0);
})();
