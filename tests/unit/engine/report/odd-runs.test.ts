import { describe, expect, it } from 'vitest';
import { Simulation } from '../../../../engine/backtest/simulation.ts';
import type { StrategyContext } from '../../../../engine/backtest/strategy.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import type { BacktestSettings } from '../../../../engine/domain/backtest.ts';
import { figure } from '../../../../engine/report/figures.ts';
import type { ReportRun } from '../../../../engine/report/subject.ts';
import { DAY, flatBars, randomWalk } from '../backtest/bars.ts';
import { smaRun } from './runs.ts';
import { sheetOf, tiles, type Sheet } from './sheet.ts';

/** A run over days of one price each that was played order by order, with 10,000 to begin with. */
function played(
  prices: readonly number[],
  quantity: number,
  script: Readonly<Record<number, (context: StrategyContext) => void>>,
): { readonly run: ReportRun; readonly bars: BarColumns } {
  const bars = flatBars(prices);
  const settings = { cash: 10_000, short: true, size: { kind: 'quantity', quantity } } as const;
  const frame = smaRun(bars, settings);
  const simulation = new Simulation(bars, frame.summary.request.settings);
  const strategy = { onBar: (context: StrategyContext) => script[context.index]?.(context) };
  const equity = new Float64Array(prices.length);
  const position = new Float64Array(prices.length);
  for (let i = 0; i < prices.length; i += 1) {
    simulation.step(i, strategy);
    equity[i] = simulation.equity;
    position[i] = simulation.position;
  }
  simulation.trades.finish();
  const trades = simulation.trades.toColumns();
  return {
    bars,
    run: { ...frame, equity, position, orders: simulation.orders.toColumns(), trades },
  };
}

describe('the tear sheet of a run', () => {
  it('without a trade says so in every place that would show one', () => {
    const bars = flatBars(Array<number>(300).fill(50));
    const sheet = sheetOf(smaRun(bars), bars);
    expect(sheet.text('trades')).toContain('The strategy made no trade.');
    for (const id of ['excursions', 'extreme-trades', 'groups']) {
      expect(sheet.text(id)).toContain('No trade was closed.');
    }
    expect(sheet.text('drawdowns')).toContain('Equity never fell below its highest mark.');
    expect(sheet.described('growth')).toContain('Equity never fell below its highest mark.');
    expect(sheet.text('distribution')).toContain('There are too few returns');
    const [back, , , , trades, factor] = tiles(sheet);
    expect(back).toBe('Return 0.00% buy and hold 0.00%');
    expect(trades).toBe('Trades 0 0% of the time invested');
    expect(factor).toBe('Profit factor – no trade was closed');
    // Months that did not move have no scale of colours.
    expect(sheet.html).not.toContain('class="heat-scale"');
  });

  it('of one bar counts one', () => {
    const bars = flatBars([100]);
    const sheet = sheetOf(smaRun(bars), bars);
    expect(sheet.html).toContain('1970-01-01 to 1970-01-01, 1 bar<');
    expect(sheet.row('origin', 'Bars')[0]).toBe('1 of 1d');
    expect(sheet.text('rolling')).toContain('The run is too short for rolling figures.');
    expect(sheet.row('both', 'CAGR')).toEqual(['–', '–', 'Volatility, a year']);
  });

  it('that lost in every trade has no winners to speak of', () => {
    // Bought at 100, 90 and 80, each sold ten lower.
    const { run, bars } = played([100, 100, 90, 90, 90, 80, 80, 80, 70, 70], 10, {
      0: (on) => on.buy(),
      1: (on) => on.exit(),
      3: (on) => on.buy(),
      4: (on) => on.exit(),
      6: (on) => on.buy(),
      7: (on) => on.exit(),
    });
    expect([...run.trades.pnl]).toEqual([-100, -100, -100]);
    const sheet = sheetOf(run, bars);
    expect(sheet.described('excursions')).toBe('3 closed trades; none of them won.');
    expect(sheet.row('excursions', 'Winners’ MAE, 95%')[0]).toBe('–');
    expect(sheet.row('groups', 'long').slice(0, 2)).toEqual(['3', '0%']);
    expect(sheet.row('trade-returns', 'Best')[0]).toBe('−10.00%');
    expect(sheet.row('trade-returns', 'Worst')[0]).toBe('−12.50%');
    expect(sheet.described('growth')).toContain('From 10,000 to 9,700, −3.00%; ');
    // 30 of the highest 10,000 in three steps.
    expect(sheet.row('both', 'Deepest drawdown')[0]).toBe('−3.00%');
    expect(sheet.text('drawdowns')).toContain('not yet');
    // The worst trade is not drawn as won, and its line has its own text.
    expect(sheet.html).not.toContain('class="trade won"');
    expect(sheet.html).toContain(
      'long 10.00 at 80.00 on 1970-01-08, left at 70.00 on 1970-01-09, −12.50%',
    );
  });

  it('with a single trade that is still open counts it once', () => {
    const { run, bars } = played([100, 100, 110, 120], 10, { 0: (on) => on.buy('breakout') });
    const sheet = sheetOf(run, bars);
    expect(sheet.described('trades')).toBe('1 trade, open at the end.');
    expect(sheet.html).toContain(
      'breakout: long 10.00 at 100.00 on 1970-01-02, open at 120.00, +20.00%',
    );
    expect(sheet.html).not.toContain('class="mark-exit" cx');
    expect(sheet.text('groups')).toContain('No trade was closed.');
  });

  it('that went short draws both sides', () => {
    const { run, bars } = played([100, 100, 90, 90, 90, 100, 100], 50, {
      0: (on) => on.sell('top'),
      1: (on) => on.exit(),
      3: (on) => on.sell(),
    });
    const sheet = sheetOf(run, bars);
    expect(sheet.text('trades')).toContain('Short entry');
    expect(sheet.html).toContain('class="mark-sell"');
    expect(sheet.html).toContain('top: short 50.00 at 100.00 on 1970-01-02, left at 90.00');
    // Short at the close of the second bar, and from the fifth to the last: 4 of 7.
    expect([...run.position]).toEqual([0, -50, 0, 0, -50, -50, -50]);
    expect(sheet.text('exposure')).toContain('Long 0.0% of the bars, short 57.1%; ');
    expect(sheet.html).toContain('class="area short"');
    expect(sheet.row('extreme-trades', 'short')[0]).toBe('100.00');
  });

  it('whose account was ruined shows the loss and no exposure of nothing', () => {
    // 100 units short at 100 with 10,000 of cash; at 250 the account owes 5,000.
    const { run, bars } = played([100, 100, 90, 250, 250, 260, 260, 260], 100, {
      0: (on) => on.sell(),
    });
    expect([...run.equity]).toEqual([
      10_000,
      10_000,
      11_000,
      -5_000,
      ...Array<number>(4).fill(-5_000),
    ]);
    const sheet = sheetOf(run, bars);
    expect(sheet.described('growth')).toContain('From 10,000 to −5,000, −150.00%; ');
    // From 11,000 at the close of 90 to −5,000: 16,000 of 11,000.
    expect(sheet.row('both', 'Deepest drawdown')[0]).toBe('−145.45%');
    expect(sheet.row('both', 'CAGR')[0]).toBe('−100.00%');
    expect(sheet.row('months', '1970').slice(0, 1)).toEqual(['−150.0']);
    // Worth 10,000 of 10,000, then 9,000 of 11,000, and nothing on the bars before; none after the ruin.
    const known = [0, 1, 9_000 / 11_000];
    const mean = known.reduce((sum, x) => sum + x, 0) / known.length;
    expect(sheet.text('exposure')).toContain(`${(mean * 100).toFixed(1)}% of equity on average`);
  });

  it('whose account came to exactly nothing lost all of its year', () => {
    const walk = randomWalk(500);
    const whole = smaRun(walk);
    const empty = whole.equity.map((value, i) => (i < 100 ? value : 0));
    const sheet = sheetOf({ ...whole, equity: empty }, walk);
    // Nothing of nothing is no change: the year of the loss keeps its total, the next one has 0.
    expect(sheet.described('years')).toBe('1970: −100.0%, 1971: 0.0%');
    expect(sheet.row('months', '1971').slice(0, 2)).toEqual(['0.0', '0.0']);
  });

  it.each<[string, (length: number) => Float64Array]>([
    ['marks that are no numbers', (length) => new Float64Array(length).fill(Number.NaN)],
    ['no marks', () => new Float64Array(0)],
  ])('without a benchmark, of %s, compares with nothing', (_name, benchmark) => {
    const walk = randomWalk(400);
    const whole = smaRun(walk);
    const statistics = whole.summary.statistics.map((each) =>
      each.name.startsWith('Buy & Hold') ? { ...each, value: Number.NaN } : each,
    );
    const run = {
      ...whole,
      benchmark: benchmark(400),
      summary: { ...whole.summary, statistics },
    };
    const sheet = sheetOf(run, walk);
    const compared = sheetOf(whole, walk);
    expect(compared.described('growth')).toContain('buying and holding');
    expect(sheet.described('growth')).not.toContain('buying and holding');
    for (const id of ['growth', 'years']) {
      expect(compared.text(id)).toContain('Buy and hold');
      expect(sheet.text(id)).not.toContain('Buy and hold');
    }
    expect(compared.text('rolling')).toContain('grey is buy and hold');
    expect(sheet.text('rolling')).not.toContain('grey');
    expect(sheet.text('rolling')).toContain('Beta against buy and hold – at the end');
    expect(tiles(sheet)[0]).toContain('nothing to compare with');
    const rows = ['Return', 'CAGR', 'Deepest drawdown', 'Below its peak', 'Ulcer index', 'Skew'];
    for (const name of rows) {
      expect(sheet.row('both', name)[0]).toBe(compared.row('both', name)[0]);
      expect(sheet.row('both', name)[1]).toBe('–');
    }
  });

  it('names its currency, and shows amounts that need it with all that tells them apart', () => {
    const walk = randomWalk(300);
    const whole = smaRun(walk);
    // A million that moves by a few thousand: every mark of the axis has its own label.
    const million = whole.equity.map((_, i) => 1_000_000 + Math.sin(i / 20) * 4_000);
    const request = {
      ...whole.summary.request,
      settings: { ...whole.summary.request.settings, cash: 1_000_000 },
    };
    const run = {
      ...whole,
      equity: million,
      benchmark: million,
      summary: { ...whole.summary, request },
    };
    const sheet = sheetOf(run, walk, { currency: 'EUR' });
    expect(sheet.text('growth')).toContain('At each close in EUR; drawdown');
    const labels = [...sheet.html.matchAll(/<text class="tick" [^>]*>([\d.,]+M)</g)].map(
      ([, label]) => label,
    );
    expect(labels).toContain('1.002M');
    expect(new Set(labels).size).toBe(labels.length);
    expect(sheetOf(run, walk).text('growth')).toContain('At each close; drawdown');
  });

  it('that grew many times over has axes on which equal rises look equal, and says so', () => {
    // From 1 to 1,000 over 400 days: bought at the second open and held.
    const prices = Array.from({ length: 400 }, (_, i) => 1_000 ** (i / 399));
    const { run, bars } = played(prices, 5_000, { 0: (on) => on.buy() });
    expect(run.equity.at(-1)).toBeGreaterThan(4_900_000);
    const sheet = sheetOf(run, bars);
    expect(sheet.text('growth')).toContain('At each close, log scale; drawdown');
    expect(sheet.text('trades')).toContain('1 trade, open at the end; log scale');
    const marks = (id: string): string[] => {
      const svg = new RegExp(`aria-labelledby="${id}-t.*?</svg>`, 's').exec(sheet.html)?.[0] ?? '';
      return [...svg.matchAll(/<text class="tick" [^>]*>([^<]*)</g)].map(([, label = '']) => label);
    };
    expect(marks('price')).toEqual(['1', '2', '5', '10', '20', '50', '100', '200', '500', '1,000']);
    expect(marks('equity')).toEqual([
      '10k',
      '20k',
      '50k',
      '100k',
      '200k',
      '500k',
      '1M',
      '2M',
      '5M',
      // Buying at 1 with all of the cash gave twice as much.
      '10M',
    ]);
    // Equal steps of the growth are equal steps of the line.
    const line = /class="line price" d="([^"]*)"/.exec(sheet.html)?.[1] ?? '';
    const heights = line.split('L').map((point) => Number(point.split(' ')[1]));
    const steps = heights.slice(1).map((y, i) => (heights[i] as number) - y);
    expect(Math.max(...steps) - Math.min(...steps)).toBeLessThan(0.21);
  });

  it('of billions writes them short', () => {
    const walk = randomWalk(300);
    const whole = smaRun(walk, { cash: 3e9 });
    const labels = [...sheetOf(whole, walk).html.matchAll(/<text class="tick" [^>]*>([\d.]+B)</g)];
    expect(labels.length).toBeGreaterThan(3);
    expect(new Set(labels.map(([, label]) => label)).size).toBe(labels.length);
  });

  it('of minutes tells hours, short times and daily returns apart', () => {
    const walk = randomWalk(390 * 25, 4, 0.002);
    const time = walk.time.map(
      (_, i) => Date.UTC(2024, 0, 2, 14, 30) + Math.floor(i / 390) * DAY + (i % 390) * 60_000,
    );
    const bars = { ...walk, time };
    const run = smaRun(bars, {}, { timeframe: '1m' });
    const sheet = sheetOf(run, bars, { zone: 'America/New_York' });
    expect(run.trades.count).toBeGreaterThan(100);
    expect(sheet.html).toContain('2024-01-02 14:30 to 2024-01-26 20:59, 9,750 bars');
    // 25 days are enough for their own returns; 390 minutes would hide what a day risks.
    expect(sheet.text('distribution')).toMatch(/^Returns of a day /);
    expect(sheet.described('distribution')).toContain('25 returns.');
    expect(sheet.text('both')).toContain('VaR 95%, a bar');
    expect(sheet.text('groups')).toContain('By hour of entry');
    expect(sheet.text('extreme-trades')).toMatch(/\d+ h \d+ min|\d+ min/);
    // A week of minutes fits three times into five.
    expect(sheet.text('rolling')).toContain('about 1 week');
    // Five days are too few to judge a day by: the bars speak.
    const few = {
      ...bars,
      ...Object.fromEntries(
        Object.entries(bars).map(([name, column]) => [name, column.subarray(0, 390 * 5)]),
      ),
    };
    const short = sheetOf(smaRun(few, {}, { timeframe: '1m' }), few);
    expect(short.text('distribution')).toMatch(/^Returns of a bar /);
    expect(short.described('distribution')).toContain('1,950 returns.');
  });

  it('with hundreds of trades draws a mark where trades are, not one for each', () => {
    const walk = randomWalk(6_000, 9);
    const run = smaRun(walk, { short: true }, { parameters: { fast: 2, slow: 3 } });
    expect(run.trades.count).toBeGreaterThan(1_000);
    const sheet = sheetOf(run, walk);
    expect(sheet.text('trades')).toContain('marks closer than 3 pixels are drawn once');
    const dots = (name: string): number =>
      (new RegExp(`class="dots ${name}" d="([^"]*)"`).exec(sheet.html)?.[1] ?? '').split('M')
        .length - 1;
    const longs = run.trades.size.filter((size) => size > 0).length;
    for (const [name, most] of [
      ['dot-buy', longs],
      ['dot-sell', run.trades.count - longs],
      ['dot-exit', run.trades.count],
    ] as const) {
      expect(dots(name)).toBeGreaterThan(100);
      expect(dots(name)).toBeLessThan(most);
    }
    expect(sheet.html).not.toContain('class="trade ');
  });

  it('with more groups than a table holds names the lesser ones that it leaves out', () => {
    const walk = randomWalk(6_000, 9);
    const whole = smaRun(walk, {}, { parameters: { fast: 2, slow: 3 } });
    const entryTag = whole.trades.entryTag.map((_, i) => `signal ${i % 40}`);
    const exitTag = whole.trades.exitTag.map((_, i) => (i % 2 === 0 ? '' : 'out'));
    const sheet = sheetOf({ ...whole, trades: { ...whole.trades, entryTag, exitTag } }, walk);
    expect(sheet.text('groups')).toContain('By entry tag, 16 lesser ones left out');
    expect(sheet.text('groups')).toContain('no tag');
  });

  it('with many trades that the order inside a bar decides shows the widest', () => {
    const walk = randomWalk(3_000, 9);
    const whole = smaRun(walk, { short: true }, { parameters: { fast: 2, slow: 3 } });
    const { pnl, size } = whole.trades;
    const count = 14;
    const trade = Int32Array.from({ length: count }, (_, i) => i);
    const ambiguous = {
      count,
      trade,
      bar: trade.map((i) => i + 5),
      best: Float64Array.from(trade, (i) => (pnl[i] as number) + i),
      worst: Float64Array.from(trade, (i) => pnl[i] as number),
    };
    const sheet = sheetOf({ ...whole, ambiguous }, walk);
    expect(sheet.text('ambiguous')).toContain(
      'Trades that depend most on it, 4 lesser ones left out',
    );
    expect(sheet.row('ambiguous', 'Trades')[0]).toBe(`14 of ${figure(whole.trades.count, 0)}`);
    // The widest first: the trade with 13 between its best and its worst.
    const first = new Date(walk.time[18] as number).toISOString().slice(0, 10);
    const side = (size[13] as number) > 0 ? 'long' : 'short';
    expect(sheet.row('ambiguous', first)[0]).toBe(side);
  });

  it('lists how it was asked: size, costs, lot, fees, slippage model, events and hashes', () => {
    const walk = randomWalk(200);
    const whole = smaRun(walk);
    const origin = (
      settings: Partial<BacktestSettings>,
      request: Partial<ReportRun['summary']['request']> = {},
      summary: Partial<ReportRun['summary']> = {},
    ): Sheet => {
      const base = whole.summary.request;
      const asked = { ...base, ...request, settings: { ...base.settings, ...settings } };
      return sheetOf({ ...whole, summary: { ...whole.summary, ...summary, request: asked } }, walk);
    };
    const row = (name: string, ...given: Parameters<typeof origin>): string | undefined =>
      origin(...given).row('origin', name)[0];
    expect(row('Size', { size: { kind: 'all' } })).toBe('all equity');
    expect(row('Size', { size: { kind: 'percent', percent: 12.5 } })).toBe('12.50% of equity');
    expect(row('Size', { size: { kind: 'quantity', quantity: 3 } })).toBe('3.00 units');
    expect(row('Size', { size: { kind: 'notional', notional: 5_000 } })).toBe('5,000 of value');
    expect(row('Commission', { commission: { percent: 0.1, perShare: 0.005, minimum: 1 } })).toBe(
      '0.1%, 0.005 a unit, at least 1.00',
    );
    expect(row('Commission', { commission: { percent: 0, perShare: 0, minimum: 0 } })).toBe('0%');
    expect(row('Commission', { fees: { table: 'binance-spot', tier: 1 } })).toBe(
      'of the fee table',
    );
    expect(row('fees.table', { fees: { table: 'binance-spot' } })).toBe('binance-spot');
    expect(row('Slippage', { slippageBps: 2 })).toBe('2 bps');
    expect(row('Slippage', { slippage: { kind: 'fixed', amount: 0.01 } })).toBe('of a model');
    expect(row('slippage.amount', { slippage: { kind: 'fixed', amount: 0.01 } })).toBe('0.01');
    expect(row('Fills', { fill: 'same-close' })).toBe('at the same close');
    expect(row('Fills', { fill: 'next-open' })).toBe('at the next open');
    expect(row('Short positions', { short: true })).toBe('allowed');
    expect(row('Short positions', { short: false })).toBe('not allowed');
    expect(row('Lot', { lotSize: 0 })).toBe('any fraction');
    expect(row('Lot', { lotSize: 100 })).toBe('100');
    expect(row('Bars in a year', { periodsPerYear: 365.25 })).toBe('365.3');
    expect(row('Splits and dividends', {}, { events: true })).toBe('applied');
    expect(origin({}, { events: false }).text('origin')).not.toContain('Splits and dividends');
    expect(row('Inside a bar', {})).toBe('pessimistic');
    expect(row('Inside a bar', {}, { resolve: 'finer' })).toBe('finer');
    expect(row('Strategy hash', {}, {}, { strategyHash: 'e'.repeat(64) })).toBe('e'.repeat(64));
    expect(origin({}).text('origin')).not.toContain('Strategy hash');
  });
});
