/**
 * `npm test`: checks, unit and integration tests with coverage, then end to end. What failed is named once
 * more at the end, so that a log of which only the end is left still tells it.
 */
import { runEndToEnd } from './lib/e2e.ts';
import { ensureBundle } from './lib/bundle.ts';
import { checkFailures, failureSummary, type Failure } from './lib/failures.ts';
import { fromRoot } from './lib/paths.ts';
import { run } from './lib/run.ts';
import { runVitest } from './lib/vitest.ts';

const check = await run(process.execPath, [fromRoot('build/check.ts')], { output: 'both' });
const built = await ensureBundle();
const tests = await runVitest('unit', ['--coverage']);
const e2e = await runEndToEnd();

const failures: readonly Failure[] = [
  ...(check.code === 0 ? [] : checkFailures(check.output)),
  ...tests.failures,
  ...e2e.failures,
];
const total = {
  passed: tests.passed + e2e.passed + (check.code === 0 ? 1 : 0),
  failed: tests.failed + e2e.failed + (check.code === 0 ? 0 : 1) + (built ? 0 : 1),
  skipped: tests.skipped + e2e.skipped,
};
process.stdout.write(failureSummary(failures));
process.stdout.write(
  `\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`,
);
process.exitCode = total.failed === 0 ? 0 : 1;
