import { existsSync } from 'node:fs';
import { chromium } from 'playwright';
import { installDebian, isRoot } from './electron-runtime.ts';
import { onPath, run, tool } from './run.ts';

const SYSTEM_BROWSERS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/**
 * A Chromium for the end-to-end tests: Debian's when root, else Playwright's own, else the system's
 * Chrome; installed when it is missing. `undefined` when none can be had.
 */
export async function prepareChromium(): Promise<string | undefined> {
  const given = process.env['RENATA_CHROMIUM'];
  if (given !== undefined && existsSync(given)) return given;
  const debian = '/usr/bin/chromium';
  if (existsSync(debian)) return debian;
  if (isRoot() && (await onPath('apt-get')) && (await installDebian(['chromium']))) {
    if (existsSync(debian)) return debian;
  }
  const own = chromium.executablePath();
  if (existsSync(own)) return own;
  const download = await run(tool('playwright'), ['install', 'chromium'], {
    output: 'capture',
    timeoutMs: 300_000,
  });
  if (download.code === 0 && existsSync(own)) return own;
  return SYSTEM_BROWSERS.find((path) => existsSync(path));
}
