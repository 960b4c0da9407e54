import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { CHROMIUM, removeFolder, serve, temporaryFolder, untilReady } from './harness.ts';

describe.skipIf(CHROMIUM === undefined)('a window whose server was started again', () => {
  it('says that its session has ended, and goes on after a new link was opened', async () => {
    const folder = temporaryFolder();
    let server = await serve(folder);
    const port = Number(new URL(server.address).port);
    const browser = await chromium.launch({
      ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
    try {
      const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } });
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      await page.goto(server.address);
      await untilReady(page);
      await server.close();
      const connection = page.getByTestId('connection');
      await connection.filter({ hasText: 'Connection lost' }).waitFor();
      await expect.poll(() => page.getByTestId('session-notice').count()).toBe(0);

      server = await serve(folder, port);
      const notice = page.getByTestId('session-notice');
      await notice.waitFor();
      await expect
        .poll(() => notice.innerText())
        .toMatch(/session has ended.*new link is printed in the terminal.*press n/s);
      await expect.poll(() => connection.innerText()).toContain('Session ended');
      mkdirSync(fromRoot('artifacts'), { recursive: true });
      await page.screenshot({ path: join(fromRoot('artifacts'), 'browser-session-ended.png') });
      const retry = page.getByTestId('session-retry');
      await retry.press('Enter');
      await page.waitForTimeout(500);
      await expect.poll(() => notice.isVisible()).toBe(true);

      const other = await context.newPage();
      await other.goto(server.address);
      await other.close();
      await retry.press('Enter');
      await connection.filter({ hasText: 'Connected' }).waitFor();
      await notice.waitFor({ state: 'detached' });
      await page.getByTestId('parameter-fast').fill('20');
      await page.getByTestId('parameter-fast').press('Enter');
      await page
        .locator('[data-testid="report-run"] option:checked', { hasText: '20/30' })
        .waitFor({ state: 'attached' });
    } finally {
      await browser.close();
      await server.close();
      removeFolder(folder);
    }
  });
});
