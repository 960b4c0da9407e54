import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CHROMIUM,
  ELECTRON,
  openBrowser,
  openElectron,
  removeFolder,
  temporaryFolder,
  untilReady,
  untilStill,
  type Session,
} from './harness.ts';

const SIZES = [
  [1_920, 1_080],
  [1_280, 800],
] as const;

/** What the window looks like in usual sizes, with unusual files and without data. */
describe.each([
  ['Chromium', CHROMIUM !== undefined, openBrowser],
  ['Electron', ELECTRON !== undefined, openElectron],
] as const)('the window in %s', (_name, available, open) => {
  let folder = '';
  let session: Session;

  beforeAll(async () => {
    if (!available) return;
    folder = temporaryFolder();
    session = await open(folder);
    await untilReady(session.page);
    await session.page.getByTestId('equity-legend').waitFor();
  });
  afterAll(async () => {
    if (!available) return;
    await session.close();
    removeFolder(folder);
  });

  const test = it.skipIf(!available);

  /** Elements of the side panels that are wider than their place, by how much. */
  const tooWide = (page: Page): Promise<string[]> =>
    page.evaluate(() =>
      [
        '.details',
        '.data-list',
        '.form-body',
        '.form-foot',
        '[data-testid="backtest-size"]',
      ].flatMap((selector) =>
        [...document.querySelectorAll(selector)]
          .filter((element) => element.scrollWidth > element.clientWidth)
          .map((element) => `${selector} ${element.scrollWidth} > ${element.clientWidth}`),
      ),
    );
  const heightOf = async (page: Page, id: string): Promise<number> =>
    (await page.getByTestId(id).boundingBox())?.height ?? Number.NaN;

  test('keeps its panels readable in both sizes and themes', async () => {
    const { page } = session;
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      for (const theme of ['light', 'dark']) {
        await page.getByTestId('toggle-theme').click();
        await page.waitForFunction(
          (name) => document.documentElement.dataset['theme'] === name,
          theme,
        );
        await page.mouse.move(5, 5);
        await untilStill(page);
        await expect.poll(() => tooWide(page)).toEqual([]);
        // One line of text.
        await expect.poll(() => heightOf(page, 'backtest-run')).toBeLessThanOrEqual(30);
        await expect.poll(() => heightOf(page, 'equity-chart')).toBeGreaterThan(70);
        await session.screenshot(`window-${width}-${theme}`);
      }
    }
    const legend = async (): Promise<string> =>
      (await page.getByTestId('equity-legend').innerText()).replaceAll(/\s+/g, ' ');
    await expect.poll(legend).toBe('Equity 164,029 Buy & hold 195,648 Drawdown -11.4 % 2020-04-17');
    const box = await page.getByTestId('equity-chart').boundingBox();
    await page.mouse.move((box?.x ?? 0) + 200, (box?.y ?? 0) + 20);
    await expect
      .poll(() => page.getByTestId('equity-legend').innerText())
      .toMatch(/200\d-\d\d-\d\d/);
  });

  test('imports a file whose columns have unusual names, by keyboard', async () => {
    const { page } = session;
    const rows = Array.from({ length: 60 }, (_, i) => {
      const date = new Date(Date.UTC(2020, 0, 1) + i * 86_400_000).toISOString().slice(0, 10);
      return `${date},${100 + i},${103 + i},${98 + i},${101 + i},500`;
    });
    const text = `Zeitpunkt,Erster,Hoch,Tief,Schluss,Anzahl\n${rows.join('\n')}\n`;
    await page
      .getByTestId('data-file')
      .setInputFiles({ name: 'KURSE.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    const problem = page.getByTestId('import-problem');
    await problem.waitFor();
    await expect
      .poll(() => problem.innerText())
      .toMatch(/no column for time, open, high, low, close/);
    const start = page.getByTestId('import-start');
    await expect.poll(() => start.isDisabled()).toBe(true);
    const names = {
      time: 'Zeitpunkt',
      open: 'Erster',
      high: 'Hoch',
      low: 'Tief',
      close: 'Schluss',
      volume: 'Anzahl',
    };
    await session.screenshot('import-columns-unknown');
    for (const [role, name] of Object.entries(names)) {
      const field = page.getByTestId(`import-column-${role}`);
      await field.focus();
      await page.keyboard.type(name);
      await expect.poll(() => field.inputValue()).toBe(name);
    }
    await problem.waitFor({ state: 'detached' });
    await session.screenshot('import-columns');
    await start.press('Enter');
    await page.getByTestId('dataset-KURSE').waitFor();
    const legend = page.getByTestId('chart-legend').filter({ hasText: 'KURSE' });
    await legend.waitFor();
    await page.mouse.move(5, 5);
    // The last row: 59 days after 1 January 2020, each price 59 above its first.
    await expect
      .poll(async () => (await legend.innerText()).replaceAll(/\s+/g, ' '))
      .toMatch(/2020-02-29 O 159.00 H 162.00 L 157.00 C 160.00 .*V 500/);
  });

  test('says what to do where there is no data', async () => {
    const { page } = session;
    for (const symbol of ['KURSE', 'SPX']) {
      await page.getByTestId(`dataset-${symbol}`).click();
      await page.getByRole('button', { name: `Delete ${symbol}` }).click();
      await page.getByRole('alertdialog').getByText(`Delete ${symbol}`, { exact: true }).click();
      await page.getByTestId(`dataset-${symbol}`).waitFor({ state: 'detached' });
    }
    const dataset = page.getByTestId('chart-dataset');
    await expect.poll(() => dataset.isDisabled()).toBe(true);
    await expect.poll(() => dataset.innerText()).toBe('No data');
    await session.screenshot('window-no-data');
    const chart = page.getByTestId('chart-panel');
    const picked = page.waitForEvent('filechooser');
    await chart.getByRole('button', { name: 'Import a file' }).press('Enter');
    await picked;
  });
});
