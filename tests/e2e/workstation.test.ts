import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CHROMIUM,
  command,
  ELECTRON,
  isTooWide,
  openBrowser,
  openElectron,
  removeFolder,
  temporaryFolder,
  type Session,
  untilReady,
  untilSaved,
  untilStill,
} from './harness.ts';

/** What a new user does, in each carrier's real window. */
describe.each([
  ['Chromium', CHROMIUM !== undefined, openBrowser],
  ['Electron', ELECTRON !== undefined, openElectron],
] as const)('the workstation in %s', (_name, available, open) => {
  let folder = '';
  let session: Session;
  const errors: string[] = [];

  function watch(page: Page): void {
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
  }

  beforeAll(async () => {
    if (!available) return;
    folder = temporaryFolder();
    session = await open(folder);
    watch(session.page);
    await untilReady(session.page);
  });

  afterAll(async () => {
    if (!available) return;
    await session.close();
    removeFolder(folder);
  });

  const test = it.skipIf(!available);
  const text = (id: string): Promise<string> => session.page.getByTestId(id).innerText();

  test('opens with the S&P 500 on the chart and a finished backtest beside it', async () => {
    const { page } = session;
    await expect.poll(() => text('dataset-SPX')).toContain('5,105 bars, 2000-01-03 to 2020-04-17');
    await page.getByTestId('report-headline').waitFor();
    await expect.poll(() => text('report-headline')).toContain('64.03');
    // Away from the chart, so that the legend shows the last bar.
    await page.mouse.move(5, 5);
    await expect.poll(() => text('chart-legend')).toContain('2,874.56');
    await page.getByTestId('equity-chart').waitFor();
    await untilStill(page);
    await session.screenshot('first-start');
  });

  test('runs a backtest from the form and shows it', async () => {
    const { page } = session;
    await page.getByTestId('parameter-fast').fill('20');
    await page.getByTestId('parameter-slow').fill('100');
    await page.getByTestId('parameter-slow').press('Enter');
    await page.waitForFunction(
      () =>
        document
          .querySelector('[data-testid="report-run"] option:checked')
          ?.textContent?.includes('20/100') === true,
    );
    await page.getByTestId('report-statistics').click();
    await expect.poll(() => text('report-statistics-list')).toContain('Sharpe Ratio');
    await session.screenshot('statistics');
  });

  test('says beside the field what is wrong', async () => {
    const { page } = session;
    await page.getByTestId('parameter-fast').fill('200');
    await page.getByTestId('backtest-run').click();
    await page.getByText('fast 200 must be less than slow 100').waitFor();
    await session.screenshot('wrong-parameter');
    await page.getByTestId('parameter-fast').fill('0');
    await page.getByText('A whole number from 2 to 5000.').waitFor();
    await expect.poll(() => page.getByTestId('backtest-run').isDisabled()).toBe(true);
    await page.getByTestId('parameter-fast').fill('20');
  });

  test('moves the chart to a trade that is clicked', async () => {
    const { page } = session;
    await page.getByTestId('report-trades').click();
    const row = page.locator('[data-testid="trades-grid"] .ag-row').first();
    await row.click();
    const canvas = page.getByTestId('chart-canvas');
    const box = await canvas.boundingBox();
    expect(box).not.toBeNull();
    // The first trade of the run lies in the year 2000 or 2001; the last bars are of 2020.
    await expect
      .poll(async () => {
        await page.mouse.move(5, 5);
        await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + 150);
        return text('chart-legend');
      })
      .toMatch(/200[01]-/);
    await session.screenshot('trade');
  });

  test('imports a file, and refuses a broken one with line and column', async () => {
    const { page } = session;
    const good = join(folder, 'TOY.csv');
    const rows = Array.from({ length: 300 }, (_, i) => {
      const date = new Date(Date.UTC(2020, 0, 1) + i * 86_400_000).toISOString().slice(0, 10);
      const price = 100 + 10 * Math.sin(i / 15);
      return `${date},${price.toFixed(2)},${(price + 1).toFixed(2)},${(price - 1).toFixed(2)},${(price + 0.5).toFixed(2)},1000`;
    });
    writeFileSync(good, `date,open,high,low,close,volume\n${rows.join('\n')}\n`);
    await page.getByTestId('data-file').setInputFiles(good);
    await page.getByTestId('import-start').waitFor();
    await expect.poll(() => page.getByTestId('import-symbol').inputValue()).toBe('TOY');
    await untilStill(page);
    await session.screenshot('import');
    // By keyboard: it stands in the first field, and goes back to the panel afterwards.
    const focused = (): Promise<string | undefined> =>
      page.evaluate(() => (document.activeElement as HTMLElement).dataset['testid']);
    await expect.poll(focused).toBe('import-symbol');
    await page.getByTestId('import-start').press('Enter');
    await page.waitForFunction(
      () => (document.activeElement as HTMLElement).dataset['testid'] === 'data-import',
    );
    await page.getByTestId('dataset-TOY').waitFor();
    await page.waitForFunction(
      () =>
        document.querySelector('[data-testid="chart-legend"]')?.textContent?.includes('TOY') ===
        true,
    );
    const bad = join(folder, 'BAD.csv');
    writeFileSync(
      bad,
      'date,open,high,low,close,volume\n2020-01-02,1,2,0.5,1.5,10\n2020-01-03,1,x,0.5,1.5,10\n',
    );
    await page.getByTestId('data-file').setInputFiles(bad);
    await page.waitForFunction(
      () =>
        document.querySelector<HTMLInputElement>('[data-testid="import-symbol"]')?.value === 'BAD',
    );
    await page.getByTestId('import-start').click();
    const said = page.getByTestId('import-error');
    await said.waitFor();
    await expect.poll(() => said.textContent()).toMatch(/line 3.*high/i);
    await session.screenshot('broken-file');
    await expect.poll(() => page.getByTestId('dataset-BAD').count()).toBe(0);
  });

  test('works by keyboard, in both themes and in a small window', async () => {
    const { page } = session;
    await command(page, 'theme: light');
    await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'light');
    await page.keyboard.press('Control+4');
    await page.waitForFunction(
      () => (document.activeElement?.closest('[data-testid="report-panel"]') ?? null) !== null,
    );
    await untilStill(page);
    await session.screenshot('light');
    if (session.carrier === 'browser') {
      await page.setViewportSize({ width: 1_000, height: 700 });
      await command(page, 'reset the layout');
      await untilStill(page);
      await expect.poll(() => isTooWide(page)).toBe(false);
      await session.screenshot('small');
    }
  });

  test('comes back as it was left', async () => {
    await untilSaved(session.page, folder);
    await session.close();
    session = await open(folder);
    watch(session.page);
    await untilReady(session.page);
    await session.page.waitForFunction(() => document.documentElement.dataset['theme'] === 'light');
    const fast = session.page.getByTestId('parameter-fast');
    await expect.poll(() => fast.inputValue()).toBe('20');
    await session.page.locator('.dv-tab', { hasText: 'Data' }).first().click();
    await session.page.getByTestId('dataset-TOY').waitFor();
    await session.screenshot('restored');
  });

  test('reports no error of its own', () => {
    expect(errors).toEqual([]);
  });
});

describe.skipIf(ELECTRON === undefined)('the desktop window', () => {
  it('gives the page nothing but the bridge and lets it go nowhere', async () => {
    const folder = temporaryFolder();
    const { page, close } = await openElectron(folder);
    try {
      await untilReady(page);
      const seen = await page.evaluate(async () => {
        const blocked = await fetch('https://example.com').then(
          () => false,
          () => true,
        );
        return {
          node:
            typeof (globalThis as Record<string, unknown>)['require'] +
            typeof (globalThis as Record<string, unknown>)['process'],
          bridge: Object.keys((globalThis as unknown as { renata: object }).renata).toSorted(),
          opened: window.open('https://example.com') === null,
          permission: await navigator.permissions
            .query({ name: 'geolocation' })
            .then(({ state }) => state),
          blocked,
        };
      });
      expect(seen).toEqual({
        node: 'undefinedundefined',
        bridge: ['call', 'onEvent'],
        opened: true,
        permission: 'denied',
        blocked: true,
      });
      const before = page.url();
      await page.evaluate(() => {
        window.location.href = 'https://example.com/';
      });
      await page.waitForTimeout(500);
      expect(page.url()).toBe(before);
    } finally {
      await close();
      removeFolder(folder);
    }
  });
});
