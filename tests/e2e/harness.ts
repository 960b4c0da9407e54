import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, chromium, type Page } from 'playwright';
import { fromRoot } from '../../build/lib/paths.ts';

/** One running workstation with a window that a test drives, whatever carries it. */
export interface Session {
  readonly carrier: 'browser' | 'electron';
  readonly page: Page;
  /** Keeps a picture of the window as `artifacts/<carrier>-<name>.png`. */
  screenshot(name: string): Promise<void>;
  close(): Promise<void>;
}

export const CHROMIUM = process.env['RENATA_CHROMIUM'];
export const ELECTRON = process.env['RENATA_ELECTRON'];

const ARTIFACTS = fromRoot('artifacts');
/** One step of a test; less than a test's own limit, so that a failure names the step. */
const STEP_TIMEOUT_MS = 10_000;
const VIEWPORT = { width: 1440, height: 900 };

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'renata-e2e-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function capture(page: Page, carrier: string, name: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTIFACTS, `${carrier}-${name}.png`) });
}

/** A served workstation: the process and the address that it printed. */
export interface ServedWorkstation {
  readonly process: ChildProcess;
  readonly address: string;
  close(): Promise<void>;
}

/** Starts `out/main/server.js` and waits for the address with its one-time token. */
export function serve(dataDirectory: string, port = 0): Promise<ServedWorkstation> {
  const child = spawn(
    process.execPath,
    [fromRoot('out/main/server.js'), '--data-dir', dataDirectory, '--port', String(port)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const address = /http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/.exec(output)?.[0];
      if (address === undefined) return;
      resolve({
        process: child,
        address,
        close: async () => {
          child.kill('SIGTERM');
          await ended;
        },
      });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`server ended with ${code}: ${output}`)));
  });
}

export async function openBrowser(dataDirectory: string): Promise<Session> {
  const server = await serve(dataDirectory);
  const browser = await chromium.launch({
    ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  const page = await browser.newPage({ viewport: VIEWPORT });
  page.setDefaultTimeout(STEP_TIMEOUT_MS);
  await page.goto(server.address);
  return {
    carrier: 'browser',
    page,
    screenshot: (name) => capture(page, 'browser', name),
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

export async function openElectron(dataDirectory: string): Promise<Session> {
  const app = await _electron.launch({
    ...(ELECTRON === undefined ? {} : { executablePath: ELECTRON }),
    // Chromium's sandbox cannot be used by root, which is who runs tests in a container.
    args: ['--no-sandbox', fromRoot('.'), '--data-dir', dataDirectory],
    env: { ...(process.env as Record<string, string>), ELECTRON_DISABLE_SECURITY_WARNINGS: '0' },
  });
  const page = await app.firstWindow();
  page.setDefaultTimeout(STEP_TIMEOUT_MS);
  return {
    carrier: 'electron',
    page,
    screenshot: (name) => capture(page, 'electron', name),
    close: () => app.close(),
  };
}

/** Resolves when the default workspace shows chart data. */
export async function untilReady(page: Page): Promise<void> {
  await page.waitForFunction(
    () => document.documentElement.dataset['renataReady'] === 'true',
    null,
    {
      timeout: 60_000,
    },
  );
}
