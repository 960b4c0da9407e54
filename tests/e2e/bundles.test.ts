import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, describe, it } from 'vitest';
import { readBundle } from '../../engine/report/bundle.ts';
import { DEFLATE } from '../unit/engine/report/bundle-file.ts';
import { CHROMIUM, openBrowser, removeFolder, temporaryFolder, untilReady } from './harness.ts';

describe.skipIf(CHROMIUM === undefined)('a run bundle in the window', () => {
  it('is saved, opened again with its report, and run to the same orders', async () => {
    const own = temporaryFolder();
    const session = await openBrowser(own);
    try {
      const { page } = session;
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      await untilReady(page);
      await page.getByTestId('report-save').click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByTestId('bundle-save').click(),
      ]);
      expect(download.suggestedFilename()).toMatch(/^sma-cross-SPX-1d-.*\.renata$/);
      const file = join(own, download.suggestedFilename());
      await download.saveAs(file);
      const { manifest } = readBundle(readFileSync(file), DEFLATE);
      expect(manifest.strategy.id).toBe('sma-cross');

      await page.getByTestId('bundle-file').setInputFiles(file);
      const dialog = page.getByTestId('bundle');
      await dialog.getByText('Intact.').waitFor();
      await expect
        .poll(() => dialog.innerText())
        .toContain('the store has the bars that the run read');
      const frame = page.getByTestId('bundle-frame');
      await expect.poll(() => frame.getAttribute('sandbox')).toBe('');
      await expect
        .poll(() => frame.contentFrame().locator('h1').innerText())
        .toContain('SMA cross');
      await page.getByTestId('bundle-run').click();
      await dialog.getByText('The same orders and the same statistics').waitFor();
      await session.screenshot('bundle');
      await page.getByTestId('bundle-contents').click();
      await expect.poll(() => dialog.innerText()).toContain(manifest.run.orderHash);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });

      const bytes = readFileSync(file);
      bytes[500] = (bytes[500] as number) ^ 1;
      writeFileSync(file, bytes);
      await page.getByTestId('bundle-file').setInputFiles(file);
      await dialog.getByText('This is not an intact run bundle').waitFor();
      expect(errors).toEqual([]);
    } finally {
      await session.close();
      removeFolder(own);
    }
  });
});
