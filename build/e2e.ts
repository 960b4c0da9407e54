/** `npm run e2e`: end-to-end tests in Chromium and Electron; screenshots go to `artifacts/`. */
import { runEndToEnd } from './lib/e2e.ts';
import { failureSummary } from './lib/failures.ts';

const { passed, failed, skipped, failures } = await runEndToEnd(process.argv.slice(2));
process.stdout.write(failureSummary(failures));
process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
