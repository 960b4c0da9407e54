import { ensureBundle } from './bundle.ts';
import { prepareChromium } from './chromium.ts';
import { hasDisplay, prepareTestElectron } from './electron-runtime.ts';
import type { Failure } from './failures.ts';
import { runVitest, type TestCounts } from './vitest.ts';

/**
 * Runs the end-to-end tests in Chromium and in Electron. A part whose program cannot be had is named;
 * it fails the run when CI=true.
 */
export async function runEndToEnd(args: readonly string[] = []): Promise<TestCounts> {
  if (!(await ensureBundle())) {
    const failures = [{ name: 'build', error: 'the workstation could not be built' }];
    return { passed: 0, failed: 1, skipped: 0, failures };
  }
  const missing: Failure[] = [];
  const chromium = await prepareChromium();
  if (chromium === undefined) {
    missing.push(report('Chromium', 'no Chromium or Chrome could be found or installed'));
  } else {
    process.env['RENATA_CHROMIUM'] = chromium;
  }
  const electron = await prepareTestElectron();
  if ('missing' in electron) missing.push(report('Electron', electron.missing));
  else process.env['RENATA_ELECTRON'] = electron.executable;
  const display = hasDisplay() ? [] : ['xvfb-run', '-a', '-s', '-screen 0 1600x1000x24'];
  const counts = await runVitest('e2e', ['--config', 'vitest.e2e.config.ts', ...args], display);
  if (process.env['CI'] !== 'true') return counts;
  const failures = [...missing, ...counts.failures];
  return { ...counts, failed: counts.failed + missing.length, failures };
}

function report(part: string, reason: string): Failure {
  const name = `end-to-end tests in ${part}`;
  process.stderr.write(`renata: ${name} cannot run: ${reason}\n`);
  return { name, error: `cannot run: ${reason}` };
}
