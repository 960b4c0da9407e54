import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { compareRuns } from '../../engine/report/comparison.ts';
import { comparisonSheet } from '../../engine/report/comparison-sheet.ts';
import { tearSheet } from '../../engine/report/tear-sheet.ts';
import { between, spx } from '../unit/engine/backtest/bars.ts';
import { smaRun } from '../unit/engine/report/runs.ts';
import { CHROMIUM } from './harness.ts';

const ARTIFACTS = fromRoot('artifacts');

describe.skipIf(CHROMIUM === undefined)('tear sheets in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'renata-sheet-'));
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({
      ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
      args: ['--no-sandbox', '--disable-gpu'],
    });
    mkdirSync(ARTIFACTS, { recursive: true });
    const bars = between(spx(), '2005-01-01', '2019-12-31');
    const run = smaRun(bars);
    const sheet = tearSheet({
      run,
      bars,
      strategyTitle: 'SMA cross',
      version: '0.1.0',
      currency: 'USD',
    });
    const evil = '<script>document.title = "run"</script><img src=x onerror="document.title=1">';
    const tags = run.trades.entryTag.map(() => evil);
    const hostile = tearSheet({
      run: { ...run, trades: { ...run.trades, entryTag: tags, exitTag: tags } },
      bars,
      strategyTitle: evil,
      version: '0.1.0',
    });
    const other = smaRun(bars, { short: true }, { parameters: { fast: 20, slow: 100 } });
    const compared = comparisonSheet(
      compareRuns([run, other], ['SMA cross', 'SMA cross']),
      '0.1.0',
    );
    writeFileSync(join(folder, 'sheet.html'), sheet);
    writeFileSync(join(folder, 'hostile.html'), hostile);
    writeFileSync(join(folder, 'comparison.html'), compared);
  });

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(
    file: string,
    colorScheme: 'dark' | 'light',
    width = 1_160,
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(pathToFileURL(join(folder, file)).href);
    return { page, complaints };
  }

  it.each(['dark', 'light'] as const)('draw without a complaint, %s', async (scheme) => {
    for (const file of ['sheet', 'comparison']) {
      const { page, complaints } = await open(`${file}.html`, scheme);
      const seen = await page.evaluate(() => ({
        background: getComputedStyle(document.body).backgroundColor,
        pictures: Array.from(document.querySelectorAll('svg'), (svg) => {
          const box = svg.getBoundingClientRect();
          return {
            width: box.width,
            height: box.height,
            marks: svg.querySelectorAll('path').length,
          };
        }),
        sideways: document.documentElement.scrollWidth > document.documentElement.clientWidth,
      }));
      expect(seen.background).toBe(scheme === 'dark' ? 'rgb(15, 18, 22)' : 'rgb(245, 247, 249)');
      expect(seen.pictures.length).toBe(file === 'sheet' ? 11 : 1);
      for (const { width, height, marks } of seen.pictures) {
        expect(width).toBeGreaterThan(300);
        expect(height).toBeGreaterThan(80);
        expect(marks).toBeGreaterThan(1);
      }
      expect(seen.sideways).toBe(false);
      expect(complaints).toEqual([]);
      await page.screenshot({
        path: join(ARTIFACTS, `tearsheet-${file}-${scheme}.png`),
        fullPage: true,
      });
      await page.close();
    }
  });

  it('fit a narrow window and paper', async () => {
    const { page } = await open('sheet.html', 'light', 420);
    const sideways = (): Promise<boolean> =>
      page.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
      );
    await expect.poll(() => sideways()).toBe(false);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await expect
      .poll(() => page.evaluate(() => getComputedStyle(document.body).backgroundColor))
      .toBe('rgb(255, 255, 255)');
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    writeFileSync(join(ARTIFACTS, 'tearsheet.pdf'), pdf);
    await page.close();
  });

  it('run nothing that a strategy put into its tags', async () => {
    const { page, complaints } = await open('hostile.html', 'dark');
    await expect.poll(() => page.title()).toContain('<script>');
    await expect.poll(() => page.locator('script, img').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
