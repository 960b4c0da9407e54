import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { _electron, chromium, type Page } from 'playwright';
import { afterAll, beforeAll } from 'vitest';
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
const STEP_TIMEOUT_MS = 30_000;
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

type LaunchOptions = NonNullable<Parameters<typeof _electron.launch>[0]>;

/**
 * Now and then the driver and a starting Electron miss each other and wait for ever, before any of our code
 * has run; the program that was started is ended then, and another one begun.
 */
async function launched(options: LaunchOptions): ReturnType<typeof _electron.launch> {
  try {
    return await _electron.launch({ ...options, timeout: 60_000 });
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('Timeout')) throw error;
    return _electron.launch(options);
  }
}

export async function openElectron(dataDirectory: string): Promise<Session> {
  const app = await launched({
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

/**
 * Resolves when two pictures in a row are the same: whatever was to be drawn has been. Gives up after a
 * few seconds, since a caret may blink.
 */
export async function untilStill(page: Page): Promise<void> {
  let before = await page.screenshot();
  for (let i = 0; i < 20; i += 1) {
    await page.evaluate(
      () =>
        new Promise((resolve) => {
          requestAnimationFrame(() => requestAnimationFrame(resolve));
        }),
    );
    const after = await page.screenshot();
    if (after.equals(before)) return;
    before = after;
  }
}

/** Documents of the workspace as they are on the disk, and when each was written. */
function documentsIn(folder: string): string {
  const store = new Database(join(folder, 'history.sqlite'), { readonly: true });
  try {
    return JSON.stringify(store.prepare('SELECT name, json, saved_at FROM documents').all());
  } finally {
    store.close();
  }
}

/** Half a second after the last change a window saves it; this is several times as long. */
const QUIET_MS = 2_000;

/** Resolves when the workspace on the disk has not changed for a while in which the window could save. */
export async function untilSaved(page: Page, folder: string): Promise<void> {
  let before = documentsIn(folder);
  let since = performance.now();
  while (performance.now() - since < QUIET_MS) {
    await page.waitForTimeout(100);
    // A window that is busy does not answer, and has not saved.
    await page.evaluate(() => document.title);
    const now = documentsIn(folder);
    if (now === before) continue;
    before = now;
    since = performance.now();
  }
}

/** Runs a command of the palette by keyboard. */
export async function command(page: Page, title: string): Promise<void> {
  await page.keyboard.press('Control+k');
  const search = page.getByTestId('palette-search');
  await search.waitFor();
  await page.waitForFunction(
    () => (document.activeElement as HTMLElement | null)?.dataset['testid'] === 'palette-search',
  );
  await page.keyboard.type(title);
  await page.keyboard.press('Enter');
  await search.waitFor({ state: 'detached' });
}

/** Resolves when the default workspace shows chart data. */
export async function untilReady(page: Page): Promise<void> {
  await page.waitForFunction(
    () => document.documentElement.dataset['renataReady'] === 'true',
    null,
    {
      timeout: 120_000,
    },
  );
}

/** Whether the page is wider than its window, so that it would have to be moved sideways. */
export function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
}

/** Types into a field that has the keyboard already, or is given it without a mouse. */
export async function typeInto(page: Page, id: string, value: string): Promise<void> {
  await page.getByTestId(id).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.type(value);
}

/** Writes down what goes wrong in a page. */
export function keepErrors(page: Page, errors: string[]): void {
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
}

/** The window in a browser that all tests of a block drive, one after the other. */
export class BlockSession implements Session {
  /** Of the data; it is gone after the block. */
  folder = '';
  /** What went wrong in its pages. */
  readonly errors: string[] = [];
  #session: Session | undefined;

  get #open(): Session {
    if (this.#session === undefined) throw new Error('The window is not open.');
    return this.#session;
  }

  get carrier(): Session['carrier'] {
    return this.#open.carrier;
  }

  get page(): Page {
    return this.#open.page;
  }

  screenshot(name: string): Promise<void> {
    return this.#open.screenshot(name);
  }

  async close(): Promise<void> {
    await this.#session?.close();
    this.#session = undefined;
  }

  /** Opens it, also anew after it was closed, and waits until it shows data. */
  async open(): Promise<void> {
    this.#session = await openBrowser(this.folder);
    keepErrors(this.page, this.errors);
    await untilReady(this.page);
  }

  text(id: string): Promise<string> {
    return this.page.getByTestId(id).innerText();
  }
}

/**
 * A window that is opened before the tests of the block and closed after them.
 * @param prepare puts into the folder what has to be there first
 */
export function blockSession(prepare: (folder: string) => void = () => undefined): BlockSession {
  const session = new BlockSession();
  beforeAll(async () => {
    session.folder = temporaryFolder();
    prepare(session.folder);
    await session.open();
  });
  afterAll(async () => {
    await session.close();
    removeFolder(session.folder);
  });
  return session;
}
