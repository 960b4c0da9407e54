import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import {
  CHROMIUM,
  command,
  openBrowser,
  removeFolder,
  temporaryFolder,
  untilReady,
  untilStill,
  type Session,
} from './harness.ts';

const HEAD = 'time,open,high,low,close,volume';
const DAYS = ['2024-01-02', '2024-01-03', '2024-01-04', '2024-01-05'];
const BARS: Readonly<Record<string, readonly string[]>> = {
  ONE: ['100,100,100,100', '100,110,100,110', '115,120,115,120', '120,120,120,120'],
  TWO: ['50,50,50,50', '50,50,50,50', '48,48,40,40', '40,40,40,40'],
};
const SWAP = `import type { PortfolioModule } from 'renata/strategy';
export const strategy: PortfolioModule = {
  title: 'Swap', description: 'Half in each, then everything in the first.', portfolio: true,
  instruments: ['ONE', 'TWO'], parameters: {},
  create(parameters, setup) {
    const [one = '', two = ''] = setup.symbols;
    return {
      onBar(portfolio) {
        if (portfolio.index === 0) portfolio.setTargets({ [one]: 0.5, [two]: 0.5 });
        if (portfolio.index === 1) portfolio.setTargets({ [one]: 1 });
      },
    };
  },
};
`;

describe.skipIf(CHROMIUM === undefined)('a strategy of two instruments in the window', () => {
  let folder = '';
  let session: Session;
  const errors: string[] = [];

  beforeAll(async () => {
    folder = temporaryFolder();
    mkdirSync(join(folder, 'strategies'));
    writeFileSync(join(folder, 'strategies', 'swap.ts'), SWAP);
    for (const [symbol, rows] of Object.entries(BARS)) {
      const file = join(folder, `${symbol}.csv`);
      writeFileSync(file, [HEAD, ...rows.map((row, i) => `${DAYS[i]},${row},1000`)].join('\n'));
      const options = ['--symbol', symbol, '--timeframe', '1d', '--data-dir', folder];
      const { status, stderr } = spawnSync(
        process.execPath,
        [fromRoot('bin/renata.mjs'), 'import-data', file, ...options],
        { encoding: 'utf8' },
      );
      expect(status, stderr).toBe(0);
    }
    session = await openBrowser(folder);
    session.page.on('pageerror', (error) => errors.push(error.message));
    await untilReady(session.page);
  }, 240_000);
  afterAll(async () => {
    await session?.close();
    removeFolder(folder);
  });

  it('names its instruments, says what is missing, and shows whose trade is whose', async () => {
    const { page } = session;
    await command(page, 'backtest');
    await page.getByTestId('backtest-strategy').selectOption('swap');
    const symbols = page.getByTestId('backtest-symbols');
    await expect.poll(() => symbols.getAttribute('placeholder')).toBe('ONE, TWO');
    const run = page.getByTestId('backtest-run');
    await expect.poll(() => run.innerText()).toContain('Run Swap on ONE+TWO');
    await symbols.fill('one, three');
    await expect.poll(() => run.isDisabled()).toBe(true);
    await expect
      .poll(() => page.getByTestId('backtest-panel').innerText())
      .toContain('No bars of THREE');
    await symbols.fill('two one');
    await expect.poll(() => run.innerText()).toContain('Run Swap on TWO+ONE');
    await symbols.fill('');
    await run.click();
    // 500 ONE at 100 and 417.4 at 115, all at 120 in the end.
    await expect
      .poll(() => page.getByTestId('report-headline').innerText(), { timeout: 30_000 })
      .toContain('10.09');
    await page.getByTestId('report-trades').click();
    const grid = page.getByTestId('trades-grid');
    await grid.getByText('Symbol').waitFor();
    const cells = grid.locator('[role="gridcell"][col-id="symbol"]');
    await expect.poll(() => cells.allInnerTexts()).toEqual(['TWO', 'ONE', 'ONE']);
    // A click on a trade shows its instrument.
    await cells.first().click();
    await expect
      .poll(() => page.getByTestId('chart-panel').innerText(), { timeout: 10_000 })
      .toContain('TWO');
    await untilStill(page);
    await session.screenshot('several-instruments');
    expect(errors).toEqual([]);
  }, 120_000);
});
