import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Locator } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import {
  CHROMIUM,
  command as paletteCommand,
  isTooWide,
  openBrowser,
  removeFolder,
  temporaryFolder,
  type Session,
  untilReady,
} from './harness.ts';

/** A stop and a target so near that many a bar of SPX reaches both. */
const TIGHT = `name: Tight bracket
description: Buys above its average with a stop and a target one percent away.
version: 1
timeframe: 1d
parameters:
  length: { default: 20, min: 2, max: 200, description: Bars of the average., unit: bars }
entry:
  long: close > sma(close, length)
stops:
  stopLoss: { percent: 1 }
  takeProfit: { percent: 1 }
`;

/** What the command line says of the same run. */
interface Told {
  readonly id: string;
  readonly notes: readonly string[];
  readonly statistics: Readonly<Record<string, number>>;
  readonly trades: readonly {
    readonly size: number;
    readonly entryPrice: number;
    readonly entryTime: number;
    readonly pnl: number;
  }[];
  readonly ambiguous: readonly {
    readonly trade: number;
    readonly pnl: number;
    readonly best: number;
    readonly worst: number;
  }[];
}

const SIZES = [
  { width: 1_000, height: 700 },
  { width: 1_440, height: 900 },
  { width: 1_920, height: 1_080 },
] as const;

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const cents = (value: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** What a run knows beyond its figures, as the report shows it. */
describe.skipIf(CHROMIUM === undefined)('the report in the window', () => {
  let folder = '';
  let session: Session;
  let told: Told;
  const errors: string[] = [];

  beforeAll(async () => {
    folder = temporaryFolder();
    mkdirSync(join(folder, 'strategies'));
    writeFileSync(join(folder, 'strategies', 'tight-bracket.yaml'), TIGHT);
    const run = [fromRoot('out/main/cli.js'), 'backtest', 'tight-bracket', '--symbol', 'SPX'];
    const asked = ['--events', '--resolve', 'finer', '--json', '--data-dir', folder];
    const options = { maxBuffer: 64 * 1_024 * 1_024 };
    const { stdout } = await promisify(execFile)(process.execPath, [...run, ...asked], options);
    told = JSON.parse(stdout) as Told;
    session = await openBrowser(folder);
    const { page } = session;
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await untilReady(page);
    await page.getByTestId('report-run').selectOption(told.id);
    await page.getByTestId('report-notes').waitFor();
  });
  afterAll(async () => {
    await session.close();
    removeFolder(folder);
  });

  const grid = (): Locator => session.page.getByTestId('trades-grid');
  const cells = async (column: string): Promise<string[]> =>
    grid().locator(`.ag-row [col-id="${column}"]`).allInnerTexts();
  const clipboard = (): Promise<string> =>
    session.page.evaluate(() => navigator.clipboard.readText());
  const command = (title: string): Promise<void> => paletteCommand(session.page, title);

  it('names a run of one’s own strategy by its title, and says its id when asked', async () => {
    const { page } = session;
    const chosen = page.locator('[data-testid="report-run"] option:checked');
    await expect.poll(() => chosen.innerText()).toMatch(/^Tight bracket 20 · SPX 1d · /);
    const details = () => page.getByTestId('report-run').getAttribute('title');
    await expect.poll(details).toContain('Strategy tight-bracket');
    await expect.poll(details).toContain(told.id);
    await page.getByTestId('report-tear-sheet').click();
    const sheet = page.frameLocator('[data-testid="tear-sheet-frame"]');
    await expect.poll(() => sheet.locator('h1').innerText()).toContain('Tight bracket');
    await page.keyboard.press('Escape');
    await page.getByTestId('tear-sheet').waitFor({ state: 'detached' });
  });

  it('says what has to be known to judge it, in the words of the run', async () => {
    const { page } = session;
    const notes = page.getByTestId('report-notes');
    const [events, finer, doubt] = told.notes;
    expect(told.notes).toHaveLength(3);
    // The window is of a middle size: what comes first is the one that changes the figures.
    const more = notes.getByRole('button', { name: '2 more notes' });
    await expect.poll(() => notes.innerText()).not.toContain(finer);
    await more.click();
    await expect.poll(() => notes.innerText()).toContain(events);
    await expect.poll(() => notes.innerText()).toContain(finer);
    await expect.poll(() => notes.locator('li').count()).toBe(3);
    const line = (await page.getByTestId('report-doubt').innerText()).replaceAll(/\s+/g, ' ');
    // The same sentence, with thousands apart.
    expect(line.replaceAll(',', '')).toContain(doubt?.slice(0, -1));
    await notes.getByRole('button', { name: 'Fewer notes' }).click();
    await page.setViewportSize({ width: 1_440, height: 1_200 });
    await command('reset the layout');
    // Where there is room, two are seen.
    await notes.getByRole('button', { name: '1 more note' }).waitFor();
    await expect.poll(() => notes.innerText()).toContain(events);
    await page.setViewportSize({ width: 1_440, height: 900 });
    await command('reset the layout');
    await more.waitFor();
  });

  it('tells the best and the worst that the run could have come to', async () => {
    const final = told.statistics['Equity Final [$]'] ?? Number.NaN;
    const gap = (of: 'best' | 'worst'): number =>
      told.ambiguous.reduce((sum, each) => sum + each[of] - each.pnl, 0);
    // Both exits are one percent away, so a trade in doubt wins or loses about a hundredth of its size.
    for (const { trade, best, worst } of told.ambiguous) {
      const { size, entryPrice } = told.trades[trade] as Told['trades'][number];
      expect(best / (size * entryPrice)).toBeCloseTo(0.01, 3);
      expect(worst / (size * entryPrice)).toBeCloseTo(-0.01, 3);
    }
    const line = (await session.page.getByTestId('report-doubt').innerText()).replaceAll(
      /\s+/g,
      ' ',
    );
    expect(gap('worst')).toBe(0);
    expect(line).toContain(`Final equity ${whole(final)} booked, the worst case,`);
    expect(line).toContain(`${whole(final + gap('best'))} at best`);
    await session.screenshot('report-notes');
  });

  it('lists the trades in doubt, each with both ends and the bar that decides', async () => {
    const { page } = session;
    await page.getByTestId('report-doubt-show').click();
    const count = told.ambiguous.length;
    await expect.poll(() => grid().locator('.ag-row').count()).toBeGreaterThan(5);
    await expect.poll(() => page.getByTestId('trades-doubt').innerText()).toBe(`In doubt ${count}`);
    await expect
      .poll(() => page.getByTestId('trades-doubt').getAttribute('aria-pressed'))
      .toBe('true');
    // The grid draws as many rows as it has room for.
    for (const end of ['best', 'worst'] as const) {
      await expect
        .poll(async () => {
          const shown = await cells(end);
          const wanted = told.ambiguous.slice(0, shown.length).map((each) => cents(each[end]));
          return shown.length > 5 && shown.join() === wanted.join();
        })
        .toBe(true);
    }
    await expect
      .poll(async () =>
        (await cells('decidedAt')).every((text) => /^\d{4}-\d{2}-\d{2}$/.test(text)),
      )
      .toBe(true);
    await session.screenshot('report-doubt');
  });

  it('sorts and filters them, and copies what is shown', async () => {
    const { page } = session;
    const header = (name: string): Locator => grid().locator(`.ag-header-cell[col-id="${name}"]`);
    await header('best').locator('.ag-header-cell-label').click();
    const sorted = told.ambiguous.map(({ best }) => best).toSorted((a, b) => a - b);
    await expect.poll(async () => (await cells('best'))[0]).toBe(cents(sorted[0] ?? 0));
    const limit = Math.floor(sorted[10] ?? 0);
    await header('best').hover();
    await header('best').locator('.ag-header-cell-filter-button').click();
    // What is larger than a number is what is looked for.
    await page.locator('.ag-filter input[type="number"]').first().fill(String(limit));
    const passed = sorted.filter((best) => best > limit);
    const said = page.getByTestId('trades-shown');
    await expect
      .poll(() => said.innerText())
      .toBe(`${passed.length} of ${sorted.length} trades pass the filter`);
    await page.keyboard.press('Escape');
    await page.getByTestId('trades-copy').click();
    await page.getByText(`Copied ${passed.length} trades`).waitFor();
    const [head = '', ...lines] = (await clipboard()).trimEnd().split('\n');
    const place = head.split(',').indexOf('Best');
    expect(lines.map((line) => Number(line.split(',')[place]))).toEqual(passed);
    await session.screenshot('report-filtered');
  });

  it('is used by keyboard: arrows, Enter to the chart, Ctrl+C', async () => {
    const { page } = session;
    await page.getByRole('button', { name: /^All 1,178$/ }).click();
    const header = grid().locator('.ag-header-cell[col-id="best"]');
    await header.hover();
    await header.locator('.ag-header-cell-filter-button').click();
    await page.locator('.ag-filter input[type="number"]').first().fill('');
    await page.keyboard.press('Escape');
    await header.locator('.ag-header-cell-label').click();
    await header.locator('.ag-header-cell-label').click();
    const row = grid().locator('.ag-row[row-index="0"]');
    const first = told.trades[0]?.entryTime ?? 0;
    const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
    await expect.poll(() => row.locator('[col-id="entryTime"]').innerText()).toBe(day(first));
    await row.locator('[col-id="entryTime"]').click();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const box = await page.getByTestId('chart-canvas').boundingBox();
    expect(box).not.toBeNull();
    await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + 120);
    await expect
      .poll(() => page.getByTestId('chart-legend').innerText())
      .toContain(day(first).slice(0, 4));
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await page.keyboard.press('Control+c');
    await page.getByText('Copied 3 trades').waitFor();
    const [head = '', ...lines] = (await clipboard()).trimEnd().split('\n');
    const place = head.split(',').indexOf('PnL');
    const results = told.trades.slice(0, 3).map(({ pnl }) => pnl);
    expect(lines.map((line) => Number(line.split(',')[place]))).toEqual(results);
  });

  it.each(['dark', 'light'])('stays readable at every size in the %s theme', async (theme) => {
    const { page } = session;
    await command(`theme: ${theme}`);
    for (const size of SIZES) {
      await page.setViewportSize(size);
      await command('reset the layout');
      await page.getByTestId('report-equity').click();
      const chart = page.getByTestId('equity-chart');
      await expect.poll(async () => (await chart.boundingBox())?.height ?? 0).toBeGreaterThan(110);
      await expect
        .poll(() => chart.evaluate((element) => element.getBoundingClientRect().bottom))
        .toBeLessThanOrEqual(size.height - 20);
      // All of the run is in sight: it begins at the left edge.
      const box = await chart.boundingBox();
      await page.mouse.move((box?.x ?? 0) + 22, (box?.y ?? 0) + 30);
      await expect
        .poll(() => page.getByTestId('equity-legend').innerText())
        .toMatch(/2000-0[1-3]-/);
      await page.mouse.move(5, 5);
      await expect.poll(() => isTooWide(page)).toBe(false);
      await page.waitForTimeout(300);
      await session.screenshot(`report-equity-${size.width}-${theme}`);
      await page.getByTestId('report-trades').click();
      await grid().locator('.ag-row').nth(2).waitFor();
      await page.waitForTimeout(200);
      await session.screenshot(`report-trades-${size.width}-${theme}`);
      await page.getByTestId('report-statistics').click();
      await session.screenshot(`report-statistics-${size.width}-${theme}`);
    }
  });

  it('reports no error of its own', () => {
    expect(errors).toEqual([]);
  });
});
