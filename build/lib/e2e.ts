import { ensureBundle } from './bundle.ts';
import { prepareChromium } from './chromium.ts';
import { hasDisplay, prepareTestElectron } from './electron-runtime.ts';
import { runVitest, type TestCounts } from './vitest.ts';

/**
 * Runs the end-to-end tests in Chromium and in Electron. A part whose program cannot be had is named;
 * it fails the run when CI=true.
 */
export async function runEndToEnd(args: readonly string[] = []): Promise<TestCounts> {
  if (!(await ensureBundle())) return { passed: 0, failed: 1, skipped: 0 };
  let missing = 0;
  const chromium = await prepareChromium();
  if (chromium === undefined) {
    missing += report('Chromium', 'no Chromium or Chrome could be found or installed');
  } else {
    process.env['RENATA_CHROMIUM'] = chromium;
  }
  const electron = await prepareTestElectron();
  if ('missing' in electron) missing += report('Electron', electron.missing);
  else process.env['RENATA_ELECTRON'] = electron.executable;
  const display = hasDisplay() ? [] : ['xvfb-run', '-a', '-s', '-screen 0 1600x1000x24'];
  const counts = await runVitest('e2e', ['--config', 'vitest.e2e.config.ts', ...args], display);
  return process.env['CI'] === 'true' ? { ...counts, failed: counts.failed + missing } : counts;
}

function report(part: string, reason: string): number {
  process.stderr.write(`renata: end-to-end tests in ${part} cannot run: ${reason}\n`);
  return 1;
}
