import type { Page } from 'playwright';
import { describe, expect, it } from 'vitest';
import { LAYOUT } from '../../electron/layout.ts';
import { openWorkstation } from '../../electron/workstation.ts';
import { shortest } from '../timing.ts';
import {
  blockSession,
  CHROMIUM,
  isTooWide,
  openBrowser,
  removeFolder,
  temporaryFolder,
  type Session,
  untilReady,
  untilSaved,
  untilStill,
} from './harness.ts';

/** Indicators and expressions on the chart, by keyboard alone where a user would do so. */
describe.skipIf(CHROMIUM === undefined)('studies on the chart', () => {
  const session = blockSession();

  const row = (title: string) => session.page.getByRole('group', { name: title, exact: true });
  const legend = (title: string): Promise<string> => row(title).innerText();

  const colour = (): Promise<string> =>
    row('RSI 21')
      .locator('.legend-value')
      .evaluate((value) => getComputedStyle(value).color);

  /** The legends from top to bottom, by the title of their first study. */
  async function panes(page: Page): Promise<string[]> {
    const found = await page.locator('.legend').evaluateAll((legends) =>
      legends.map((each) => ({
        top: each.getBoundingClientRect().top,
        title: each.querySelector('.legend-title')?.textContent ?? '',
        price: each.matches('[data-testid="chart-legend"]'),
      })),
    );
    return found
      .toSorted((a, b) => a.top - b.top)
      .map(({ title, price }) => (price ? 'price' : title));
  }

  async function untilPanes(page: Page, wanted: readonly string[]): Promise<void> {
    await expect.poll(() => panes(page)).toEqual(wanted);
  }

  async function leaveChart(page: Page): Promise<void> {
    await page.mouse.move(5, 5);
    await untilStill(page);
  }

  it('are added by keyboard: key, search, Enter', async () => {
    const { page } = session;
    await page.locator('body').click({ position: { x: 700, y: 8 } });
    await page.keyboard.press('/');
    const search = page.getByTestId('indicator-search');
    await search.waitFor();
    await expect
      .poll(() => search.evaluate((field) => field === document.activeElement))
      .toBe(true);
    await session.screenshot('studies-dialog');
    const took = await shortest(2_000, async () => {
      await search.fill('');
      await page.keyboard.type('relative strength ind');
      await page.getByTestId('indicator-rsi').waitFor();
    });
    expect(took).toBeLessThan(2_000);
    const current = page.locator('[role="option"][aria-selected="true"]');
    await expect.poll(() => current.getAttribute('data-testid')).toBe('indicator-rsi');
    await session.screenshot('studies-search');
    await page.keyboard.press('Enter');
    await page.getByText('Added RSI 14').waitFor();
    await search.fill('macd');
    await expect.poll(() => current.getAttribute('data-testid')).toBe('indicator-macd');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await search.waitFor({ state: 'detached' });
    await untilPanes(page, ['price', 'RSI 14', 'MACD 12, 26, 9']);
    await leaveChart(page);
    // The last bar's own value: Wilder's RSI over all closes of the series.
    await expect.poll(() => legend('RSI 14')).toMatch(/\d\d\.\d\d/);
    await session.screenshot('studies-added');
  });

  it('are edited live, kept by Enter and put back by Esc', async () => {
    const { page } = session;
    const before = await legend('RSI 14');
    await row('RSI 14').getByRole('button', { name: 'RSI 14', exact: true }).press('Enter');
    const period = page.getByTestId('setting-timeperiod');
    await period.waitFor();
    await expect
      .poll(() => period.evaluate((field) => field === document.activeElement))
      .toBe(true);
    await period.fill('2');
    await expect.poll(() => legend('RSI 2')).not.toContain(before.split('\n').at(-1) ?? '');
    await session.screenshot('studies-settings');
    await period.fill('0');
    await page.getByText(/A whole number from \d/).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => legend('RSI 14')).toBe(before);
    await expect
      .poll(() => row('RSI 14').evaluate((element) => element.contains(document.activeElement)))
      .toBe(true);
    await page.keyboard.press('Enter');
    await period.fill('21');
    await page.getByTestId('colour-rsi').selectOption('study-5');
    await page.getByTestId('width-rsi').selectOption('2');
    await period.press('Enter');
    await expect.poll(() => legend('RSI 21')).not.toBe(before);
    await expect.poll(colour).toBe('rgb(227, 119, 194)');
  });

  it('may be expressions, whose errors are shown at their place', async () => {
    const { page } = session;
    await page.keyboard.press('/');
    await page.getByTestId('expression-tab').click();
    const text = page.getByTestId('expression-text');
    await expect.poll(() => text.evaluate((field) => field === document.activeElement)).toBe(true);
    // Names are offered beside the dialog: by keyboard, by mouse, and Esc ends the list before the dialog.
    const list = page.getByTestId('completion');
    await page.keyboard.type('crosso');
    await list.waitFor();
    await session.screenshot('studies-expression-names');
    await page.keyboard.press('Escape');
    await list.waitFor({ state: 'detached' });
    await expect.poll(() => page.getByTestId('indicator-dialog').isVisible()).toBe(true);
    await page.keyboard.press('Control+Space');
    await list.getByRole('option', { name: /^crossover / }).click();
    await expect.poll(() => text.inputValue()).toBe('crossover()');
    await page.getByTestId('signature').filter({ hasText: 'crossover(a, b)' }).waitFor();
    await page.keyboard.type('sma(close, 10), sm');
    await list.waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(() => text.inputValue()).toMatch(/^crossover\(sma\(close, 10\), sma\(/);
    await text.fill('');
    await page.keyboard.type('close > rsj(14)');
    const problem = page.getByTestId('expression-problem');
    await problem.waitFor();
    await expect.poll(() => problem.innerText()).toContain('column 9: unknown function rsj');
    await expect
      .poll(() => problem.locator('pre').innerText())
      .toBe('close > rsj(14)\n        ^^^');
    await session.screenshot('studies-expression-error');
    await page.getByRole('button', { name: 'Use rsi' }).click();
    await page.getByTestId('expression-right').waitFor();
    await expect.poll(() => text.inputValue()).toBe('close > rsi(14)');
    await text.fill('close / sma(close, param("length", 200, 5..400)) - 1');
    await page.getByText('with length to edit').waitFor();
    await session.screenshot('studies-expression');
    await text.press('Enter');
    await page.getByText('5 on the chart').waitFor();
    await text.fill('crossover(sma(close, 10), sma(close, 30))');
    await page.getByText('On the price').waitFor();
    await text.press('Enter');
    await page.keyboard.press('Escape');
    await untilPanes(page, [
      'price',
      'RSI 21',
      'MACD 12, 26, 9',
      'close / sma(close, param("length", 200, 5..400)) - 1',
    ]);
    await leaveChart(page);
    await expect.poll(() => legend('crossover(sma(close, 10), sma(close, 30))')).toMatch(/yes|no/);
    await session.screenshot('studies-marks');
  });

  it('have panes that are moved and resized by key, button and mouse', async () => {
    const { page } = session;
    const macd = row('MACD 12, 26, 9').getByRole('button', { name: 'MACD 12, 26, 9', exact: true });
    await macd.press('Alt+ArrowUp');
    const ratio = 'close / sma(close, param("length", 200, 5..400)) - 1';
    await untilPanes(page, ['price', 'MACD 12, 26, 9', 'RSI 21', ratio]);
    await row('RSI 21').hover();
    await page.getByRole('button', { name: 'Move the pane of RSI 21 down' }).click();
    await untilPanes(page, ['price', 'MACD 12, 26, 9', ratio, 'RSI 21']);
    await macd.press('Alt+ArrowUp');
    await untilPanes(page, ['MACD 12, 26, 9', 'price', ratio, 'RSI 21']);
    await macd.press('Alt+ArrowDown');
    await untilPanes(page, ['price', 'MACD 12, 26, 9', ratio, 'RSI 21']);

    const top = async (title: string): Promise<number> =>
      (await row(title).boundingBox())?.y ?? Number.NaN;
    const height = async (): Promise<number> => (await top(ratio)) - (await top('MACD 12, 26, 9'));
    await untilStill(page);
    const small = await height();
    await macd.press('Alt+Shift+ArrowUp');
    await macd.press('Alt+Shift+ArrowUp');
    await expect.poll(height).toBeGreaterThan(small * 1.15);

    // The separator below the price pane is dragged up.
    await untilStill(page);
    const edge = await top('MACD 12, 26, 9');
    const box = await page.getByTestId('chart-canvas').boundingBox();
    const x = (box?.x ?? 0) + (box?.width ?? 0) / 2;
    await page.mouse.move(x, edge - 5);
    await page.mouse.down();
    await page.mouse.move(x, edge - 45, { steps: 8 });
    await page.mouse.up();
    await expect.poll(() => top('MACD 12, 26, 9')).toBeLessThan(edge - 25);
    await leaveChart(page);
    await session.screenshot('studies-panes');
  });

  it('are hidden, removed and brought back', async () => {
    const { page } = session;
    const title = row('SMA 10');
    await title.hover();
    await title.getByRole('button', { name: 'Hide SMA 10' }).click();
    await title.getByRole('button', { name: 'Show SMA 10' }).waitFor();
    await expect.poll(() => title.locator('.legend-value').count()).toBe(0);
    await title.getByRole('button', { name: 'Show SMA 10' }).click();
    await title.getByRole('button', { name: 'SMA 10', exact: true }).press('Delete');
    await title.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await title.waitFor();
    await title.getByRole('button', { name: 'SMA 10', exact: true }).press('Delete');
    await title.waitFor({ state: 'detached' });
  });

  it('come back with their panes after a restart, in both themes and sizes', async () => {
    const ratio = 'close / sma(close, param("length", 200, 5..400)) - 1';
    const wanted = ['price', 'MACD 12, 26, 9', ratio, 'RSI 21'];
    const top = async (): Promise<number> => (await row('MACD 12, 26, 9').boundingBox())?.y ?? 0;
    const edge = await top();
    await untilSaved(session.page, session.folder);
    await session.close();
    await session.open();
    const { page } = session;
    await untilPanes(page, wanted);
    await expect.poll(async () => Math.abs((await top()) - edge)).toBeLessThan(12);
    await row('SMA 30').waitFor();
    await expect.poll(() => row('SMA 10').count()).toBe(0);
    await expect.poll(colour).toBe('rgb(227, 119, 194)');
    for (const [width, height] of [
      [1_280, 800],
      [1_920, 1_080],
    ] as const) {
      await page.setViewportSize({ width, height });
      for (const theme of ['light', 'dark']) {
        await page.getByTestId('toggle-theme').click();
        await page.waitForFunction(
          (name) => document.documentElement.dataset['theme'] === name,
          theme,
        );
        await leaveChart(page);
        await session.screenshot(`studies-${width}-${theme}`);
        await page.keyboard.press('/');
        await page.getByTestId('indicator-search').fill('average');
        await page.keyboard.press('ArrowDown');
        await untilStill(page);
        await session.screenshot(`studies-dialog-${width}-${theme}`);
        await page.keyboard.press('Escape');
        await expect.poll(() => isTooWide(page)).toBe(false);
      }
    }
  });

  /** A window over a workspace that was left with these studies. */
  async function openWith(saved: unknown, work: (other: Session) => Promise<void>): Promise<void> {
    const own = temporaryFolder();
    const workstation = await openWorkstation({
      dataDirectory: own,
      version: LAYOUT.version,
      workerUrl: LAYOUT.workerUrl,
      storeThreadUrl: LAYOUT.storeThreadUrl,
      resourcesDirectory: LAYOUT.resourcesDirectory,
      carrier: 'cli',
      seedDefault: true,
    });
    await workstation.seeded;
    await workstation
      .localClient({ carrier: 'cli' })
      .call('workspace.save', { name: 'chart.studies', json: JSON.stringify(saved) });
    await workstation.close();
    const other = await openBrowser(own);
    try {
      other.page.on('pageerror', (error) => session.errors.push(error.message));
      await untilReady(other.page);
      await work(other);
    } finally {
      await other.close();
      removeFolder(own);
    }
  }

  it('are drawn in every style: marks, dots, clouds, columns by sign and lines with gaps', async () => {
    const ids = ['cdlengulfing', 'psar', 'supertrend', 'ichimoku', 'squeeze', 'drawdown'];
    const saved = ids.map((indicator) => ({ indicator, parameters: {} }));
    await openWith(saved, async ({ page, screenshot }) => {
      await page.setViewportSize({ width: 1_920, height: 1_080 });
      await page.locator('.legend-value').nth(12).waitFor();
      await expect.poll(() => page.locator('.legend').count()).toBe(3);
      await leaveChart(page);
      await expect
        .poll(() => page.getByTestId('study-s1').innerText())
        .toMatch(/Engulfing[^]*-?\d+/i);
      await expect.poll(() => page.locator('.legend-problem').count()).toBe(0);
      await screenshot('studies-styles');
    });
  });

  it.each([
    [
      'an older one',
      [
        { indicator: 'sma', parameters: { timeperiod: 20 } },
        { indicator: 'gone', parameters: {} },
        { indicator: 'rsi', parameters: { timeperiod: 'x' } },
      ],
      /left out: GONE: there is no such indicator; RSI x: .*timeperiod/,
      'SMA 20',
    ],
    ['one of a later version', { version: 9, studies: 'many' }, /another version of Renata/, null],
    [
      'a broken one',
      {
        version: 2,
        studies: [
          7,
          { id: '../x', source: null },
          {
            id: 's1',
            source: { kind: 'expression', expression: 'clos +', parameters: {} },
            pane: null,
          },
        ],
        panes: [{ id: 'price', height: -1 }, null],
      },
      /cannot be read/,
      'clos +',
    ],
  ])('of a saved workspace that is %s do not stop the window', async (_name, saved, told, kept) => {
    await openWith(saved, async (other) => {
      const notice = other.page.getByTestId('chart-notice');
      await notice.waitFor();
      await expect.poll(() => notice.innerText()).toMatch(told);
      const titles = other.page.locator('.legend-title');
      if (kept !== null) await titles.first().waitFor();
      await expect.poll(() => titles.allInnerTexts()).toEqual(kept === null ? [] : [kept]);
      await other.screenshot(`studies-left-out-${kept === null ? 'all' : 'some'}`);
    });
  });

  it('leave the view at the newest bars of another series that comes', async () => {
    const saved = [10, 30].map((timeperiod) => ({ indicator: 'sma', parameters: { timeperiod } }));
    await openWith(saved, async ({ page, screenshot }) => {
      await page.locator('.legend-value').nth(1).waitFor();
      // Lacks many days that the S&P 500 has, and ends after it.
      const first = Date.UTC(1998, 0, 1);
      const days = Array.from({ length: 8_490 }, (_, i) => new Date(first + i * 86_400_000));
      const traded = days.filter((day, i) => day.getUTCDay() % 6 !== 0 && i % 9 !== 0);
      const rows = traded.map((day) => `${day.toISOString().slice(0, 10)},50,51,49,50.5,1000`);
      const text = `date,open,high,low,close,volume\n${rows.join('\n')}\n`;
      await page
        .getByTestId('data-file')
        .setInputFiles({ name: 'LATER.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
      await page.getByTestId('import-start').click();
      await page.getByTestId('chart-legend').filter({ hasText: 'LATER' }).waitFor();
      // The lines of the new series.
      await expect
        .poll(() => page.getByRole('group', { name: 'SMA 10', exact: true }).innerText())
        .toContain('50.50');
      const box = await page.getByTestId('chart-canvas').boundingBox();
      const at = (part: number): number => (box?.x ?? 0) + (box?.width ?? 0) * part;
      const hovered = async (part: number): Promise<string> => {
        await page.mouse.move(5, 5);
        await page.mouse.move(at(part), (box?.y ?? 0) + 200);
        const said = await page.getByTestId('chart-legend').innerText();
        return /\d{4}-\d\d-\d\d/.exec(said)?.[0] ?? '';
      };
      await screenshot('studies-other-series');
      // The days end on 2021-03-30; about 260 of them, 13 months, are on the screen.
      await expect.poll(() => hovered(0.88)).toMatch(/^2021-0[123]/);
      await expect.poll(() => hovered(0.05)).toMatch(/^2020-0[1234]/);
    });
  });

  it('report no error of their own', () => {
    expect(session.errors).toEqual([]);
  });
});
