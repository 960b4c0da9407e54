import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../engine/domain/backtest.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { ContractClient } from '../../engine/protocol/contract.ts';
import type { BacktestRequest, Run } from '../../engine/protocol/schemas.ts';
import type { Workstation } from '../../electron/workstation.ts';
import { ended, failure, openTestWorkstation, runOf } from '../support/workstation.ts';
import { randomWalk, spx } from '../unit/engine/backtest/bars.ts';

let folder = '';
let workstation: Workstation;
let client: ContractClient;
let close: (() => Promise<void>) | undefined;

const HEAD = 'time,open,high,low,close,volume';
const DAYS = ['2024-01-02', '2024-01-03', '2024-01-04', '2024-01-05'];
const ONE = ['100,100,100,100', '100,110,100,110', '115,120,115,120', '120,120,120,120'];
const TWO = ['50,50,50,50', '50,50,50,50', '48,48,40,40', '40,40,40,40'];

beforeAll(async () => {
  ({ folder, workstation, client, close } = await openTestWorkstation('portfolio'));
  const daily = (rows: readonly string[]): string[] =>
    rows.map((row, i) => `${DAYS[i]},${row},1000`);
  await store('ONE', daily(ONE));
  await store('TWO', daily(TWO));
  await store('EUR', daily(TWO), { currency: 'EUR' });
  await store('COIN', daily(ONE), { calendar: 'crypto' });
  // The S&P 500's days with prices of a walk.
  const { time } = spx();
  const walk = randomWalk(time.length, 77);
  const rows = Array.from(time, (at, i) => {
    const day = new Date(at).toISOString().slice(0, 10);
    return `${day},${walk.open[i]},${walk.high[i]},${walk.low[i]},${walk.close[i]},1000`;
  });
  await store('WALK', rows);
  // Hours of one day from half past, and from the full hour.
  const hours = (minute: string): string[] =>
    Array.from(
      { length: 24 },
      (_, i) => `2024-01-02T${String(i).padStart(2, '0')}:${minute}:00Z,9,9,9,9,1`,
    );
  await store('HALF', hours('30'), { calendar: 'none', timeframe: '1h' });
  await store('FULL', hours('00'), { calendar: 'none', timeframe: '1h' });
});
afterAll(() => close?.());

async function store(symbol: string, rows: readonly string[], options = {}): Promise<void> {
  const path = join(folder, `${symbol}.csv`);
  writeFileSync(path, [HEAD, ...rows].join('\n'));
  const { jobId } = await client.call('data.import', {
    source: { kind: 'path', path },
    options: { symbol, calendar: 'us-equity', timeframe: '1d', ...options },
  });
  const job = await ended(client, jobId);
  if (job.error !== null) throw RenataError.fromPayload(job.error);
}

function file(name: string): string {
  return join(folder, 'data', 'strategies', name);
}

async function run(
  strategy: string,
  instruments: readonly string[] | undefined = ['ONE', 'TWO'],
  settings: Partial<BacktestSettings> = {},
  rest: Partial<BacktestRequest> = {},
): Promise<Run> {
  const { jobId } = await client.call('backtest.run', {
    strategy,
    parameters: {},
    datasetId: `${instruments[0]}.LOCAL@1d`,
    instruments: [...instruments],
    adjustment: 'raw',
    start: null,
    end: null,
    settings: { ...DEFAULT_SETTINGS, ...settings },
    ...rest,
  });
  return runOf(client, jobId);
}

/** A strategy whose onBar is these lines, which begin on line 4. */
function several(lines: string, more = ''): string {
  return `export const strategy = { title: 'T', description: '', portfolio: true, instruments: ['ONE', 'TWO'], parameters: {},
create(parameters, setup) { ${more} return {
onBar(portfolio) {
${lines}
} }; } };
`;
}

async function runLines(lines: string, more = '', trusted = false): Promise<Run> {
  writeFileSync(file('lines.js'), several(lines, more));
  if (trusted) await workstation.strategies.trust('lines', true);
  return run('lines');
}

/** A bracket in TWO; the fill of its entry orders ONE. */
const GUARD = `import type { PortfolioModule } from 'renata/strategy';
const parameters = { how: { default: 'stop', choices: ['stop', 'trail'] }, units: { default: 10, min: 1, max: 50 } };
export const strategy: PortfolioModule<typeof parameters> = {
  title: 'Guard', description: 'A bracket.', portfolio: true, parameters,
  validate: ({ units }) => (units % 2 === 0 ? undefined : 'units must be even.'),
  create({ how, units }) {
    return {
      onBar(portfolio) {
        if (portfolio.index !== 0) return;
        const stopLoss = how === 'stop' ? { type: 'stop', stopPrice: 45 } as const : { type: 'trailing_stop', trailAmount: 6 } as const;
        portfolio.bracket('TWO', { entry: { side: 'buy', quantity: units, tag: 'in' }, stopLoss, takeProfit: { limitPrice: 60 } });
      },
      onOrder(event, portfolio) {
        if (event.symbol !== 'TWO' || event.state !== 'Filled' || event.tag !== 'in') return;
        portfolio.order('ONE', { side: 'buy', quantity: event.quantity / 2, tag: 'beside' });
      },
    };
  },
};
`;

describe('strategies of several instruments', () => {
  it('are listed with what they trade', async () => {
    const all = await client.call('strategies.list', {});
    const found = all.filter(({ portfolio }) => portfolio === true).map(({ id }) => id);
    expect(found.toSorted()).toEqual(['dual-momentum', 'pairs-zscore', 'sector-rotation']);
    expect(all.filter(({ error }) => error !== null)).toEqual([]);
  });

  it('place brackets, hear of fills and have typed parameters', async () => {
    writeFileSync(file('guard.ts'), GUARD);
    // Bought at 50 on the 3rd; the 4th falls from 48 to 40 and passes the stop at 45. ONE is bought at
    // the next open, 115.
    const stopped = await run('guard', ['TWO', 'ONE']);
    expect([...stopped.trades.pnl]).toEqual([-50, 25]);
    expect([...stopped.trades.entryPrice]).toEqual([50, 115]);
    expect([...stopped.trades.exitPrice]).toEqual([45, 120]);
    expect([...(stopped.trades.instrument ?? [])]).toEqual([0, 1]);
    expect(stopped.trades.entryTag).toEqual(['in', 'beside']);
    // The best price until the 4th is 50, so that a trail of 6 stands at 44.
    const trailed = await run(
      'guard',
      ['TWO', 'ONE'],
      {},
      { parameters: { how: 'trail', units: 20 } },
    );
    expect([...trailed.trades.exitPrice]).toEqual([44, 120]);
    expect([...trailed.trades.size]).toEqual([20, 10]);
    const odd = await failure(run('guard', ['TWO', 'ONE'], {}, { parameters: { units: 3 } }));
    expect(odd).toMatchObject({ code: 'BAD_INPUT', message: 'guard: units must be even.' });
  });

  it('read columns of other timeframes and instruments, as of each bar', async () => {
    // What is seen goes into tags: the close of the other one and the week's so far closed.
    const lines = `const tag = [other.at(), week.at(), portfolio.instrument('ONE').high.at(1), rsi.at()].join(' ');
      portfolio.order('ONE', { side: 'buy', quantity: 1, tag });`;
    const more = `const one = setup.instrument('ONE'); const other = one.series('on("TWO", close)');
      const week = one.series("tf('1w', close)"); const rsi = setup.instrument('TWO').indicator('sma', { timeperiod: 2 });`;
    const { orders } = await runLines(lines, more);
    // The week of the 1st closes on Friday the 5th, on whose close it is known.
    expect(orders.tag).toEqual([
      '50 NaN NaN NaN',
      '50 NaN 100 50',
      '40 NaN 110 45',
      '40 120 120 40',
    ]);
    const trusted = await runLines(lines, more, true);
    expect(trusted.orders.tag).toEqual(orders.tag);
    expect(trusted.summary.orderHash).toBe((await runLines(`${lines} `, more)).summary.orderHash);
  });

  it('run the same in the sandbox and outside of it, with costs, over twenty years', async () => {
    const settings: Partial<BacktestSettings> = {
      short: true,
      commission: { percent: 0, perShare: 0.005, minimum: 1 },
      slippageBps: 2,
      lotSize: 1,
      borrowRate: 0.03,
      debitRate: 0.06,
      margin: { initial: 0.5, maintenance: 0.25 },
      warmUp: 200,
    };
    const request = { datasetId: 'SPX.INDEX@1d' };
    const sandboxed = await run('pairs-zscore', ['SPX', 'WALK'], settings, request);
    expect(sandboxed.trades.count).toBeGreaterThan(100);
    expect(sandboxed.trades.entryBar.every((bar) => bar > 200)).toBe(true);
    const example = await workstation.strategies.example('pairs-zscore');
    writeFileSync(file('mine.ts'), readFileSync(example, 'utf8'));
    await workstation.strategies.trust('mine', true);
    const trusted = await run('mine', ['SPX', 'WALK'], settings, request);
    expect(trusted.summary.orderHash).toBe(sandboxed.summary.orderHash);
    expect(trusted.equity).toEqual(sandboxed.equity);
    expect(trusted.summary.statistics).toEqual(sandboxed.summary.statistics);
    // What each position is worth adds up to what is invested.
    const { instruments = [], position, equity } = sandboxed;
    const parts = instruments.map(({ weight }) => weight);
    const off = position.map((gross, i) => {
      const sum = parts.reduce((all, weight) => all + Math.abs(weight[i] ?? 0), 0);
      return Math.abs(sum * (equity[i] ?? 0) - gross);
    });
    expect(Math.max(...off)).toBeLessThan(1e-6);
    expect(instruments).toMatchObject([{ symbol: 'SPX' }, { symbol: 'WALK', barCount: 5_105 }]);
  });

  it('tell their progress and stop when they are cancelled', async () => {
    writeFileSync(
      file('slow.js'),
      several('let n = 0; for (let i = 0; i < 20000; i += 1) n += i;'),
    );
    const { jobId } = await client.call('backtest.run', {
      strategy: 'slow',
      parameters: {},
      datasetId: 'SPX.INDEX@1d',
      instruments: ['SPX', 'WALK'],
      adjustment: 'raw',
      start: null,
      end: null,
      settings: DEFAULT_SETTINGS,
    });
    for (;;) {
      const job = (await client.call('jobs.list', {})).find(({ id }) => id === jobId);
      if ((job?.progress ?? 0) > 0.05 || job?.finishedAt !== null) break;
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
    }
    await client.call('jobs.cancel', { jobId });
    const job = await ended(client, jobId);
    expect(job).toMatchObject({ state: 'cancelled' });
    expect(job.progress).toBeLessThan(1);
  });
});

describe('what does not fit is refused', () => {
  const none = { datasetId: 'ONE.LOCAL@1d' };
  it.each<[string, readonly string[], string, Partial<BacktestSettings>, Partial<BacktestRequest>]>(
    [
      ['an unknown symbol', ['ONE', 'TWOO'], 'there are no bars of TWOO', {}, {}],
      ['a symbol twice', ['ONE', 'one'], 'ONE is there twice', {}, {}],
      ['a symbol under two names', ['ONE', 'ONE.LOCAL'], 'ONE.LOCAL is ONE once more', {}, {}],
      ['another first', ['TWO', 'ONE'], 'the first is TWO', {}, none],
      ['another bar length', ['ONE', 'HALF'], 'HALF has bars of 1h and none of 1d', {}, {}],
      ['another currency', ['ONE', 'EUR'], 'ONE is in USD and EUR in EUR', {}, {}],
      ['finer bars', ['ONE', 'TWO'], 'not replayed on finer bars', {}, { resolve: 'finer' }],
      ['a warm-up of everything', ['ONE', 'TWO'], 'choose fewer', { warmUp: 4 }, {}],
      [
        'a range without data',
        ['ONE', 'TWO'],
        'lies outside the data of ONE+TWO',
        {},
        { start: 0 },
      ],
      [
        'events of adjusted prices',
        ['ONE', 'TWO'],
        'run on raw prices',
        {},
        { events: true, adjustment: 'split' },
      ],
      [
        'closes at other hours',
        ['ONE', 'COIN'],
        'end at different hours',
        { fill: 'same-close' },
        {},
      ],
      [
        'another grid',
        ['HALF', 'FULL'],
        'overlap and do not begin together',
        {},
        { datasetId: 'HALF.LOCAL@1h' },
      ],
    ],
  )('%s', async (_what, instruments, told, settings, rest) => {
    const error = await failure(run('sector-rotation', instruments, settings, rest));
    expect(error.message).toContain(told);
    expect(['BAD_INPUT', 'NOT_FOUND']).toContain(error.code);
  });

  it('several instruments for a strategy of one, and one for random entries', async () => {
    const of = async (strategy: string): Promise<RenataError> => failure(run(strategy));
    expect((await of('sma-cross')).message).toContain('sma-cross trades one instrument');
    expect((await of('rsi2-reversion')).message).toContain('trades one instrument');
    const { summary } = await runLines(
      'if (portfolio.index < 2) portfolio.order("ONE", { side: ["buy", "sell"][portfolio.index], quantity: 1 });',
    );
    const random = client.call('randomEntry.start', { runId: summary.id, samples: 100, seed: 1 });
    expect((await failure(random)).message).toContain('made for runs of one instrument');
  });
});

describe('code that fails', () => {
  const unknown = /line 4: THREE is none of the run's instruments \(ONE, TWO\); name it/;
  it.each<[string, string, string | RegExp]>([
    ['asks for an instrument that the run has not', 'portfolio.instrument("THREE");', unknown],
    ['orders one', 'portfolio.order("THREE", { side: "buy" });', unknown],
    ['targets one', 'portfolio.setTargets({ THREE: 1 });', /line 4: .*THREE, which is not in/],
    [
      'gives a weight that is text',
      'portfolio.setTargets({ ONE: "all" });',
      /line 4: .*target of ONE/,
    ],
    ['gives no targets', 'portfolio.setTargets([1]);', 'targets are an object'],
    [
      'sells short without leave',
      'portfolio.setTargets({ ONE: -1 });',
      "need the run's permission",
    ],
    ['gives half an order', 'portfolio.order("ONE", {});', 'side must be buy or sell'],
    ['throws', 'const a = 1;\nthrow new TypeError("no");', /lines\.js, line 5: TypeError: no\.$/],
    [
      'loops for ever',
      'let n = 0;\nwhile (n >= 0) n += Math.abs(1);',
      // A slow machine ends the thread before the sandbox has counted to its end and knows the line.
      /lines\.js(?:, line [35])?: .* did not return/,
    ],
    [
      'takes all memory',
      'const all = []; for (;;) all.push(new Float64Array(1e6));',
      'MB of memory',
    ],
    ['reads later bars', 'portfolio.instrument("ONE").close.at(-1);', /line 4: .*in the future/],
    ['waits', 'return Promise.resolve();', 'cannot wait'],
    [
      'makes series too late',
      'globalThis.late.instrument("ONE").series("close");',
      'in create only',
    ],
  ])('%s', async (_what, lines, told) => {
    const error = await failure(runLines(lines, 'globalThis.late = setup;'));
    expect(error.code).toBe('STRATEGY_FAILED');
    expect(error.message).toMatch(told);
    // The pool and its thread live on.
    expect((await runLines('portfolio.setTargets({ ONE: 1 });')).trades.count).toBeGreaterThan(0);
  });

  it('fails outside of the sandbox with file and line as well, and is ended when it hangs', async () => {
    const thrown = await failure(runLines('\nthrow new TypeError("no");', '', true));
    expect(thrown.message).toMatch(/lines\.js, line 5: TypeError: no\.$/);
    const hung = await failure(runLines('for (;;);', '', true));
    expect(hung.message).toContain('did not return within 5 s');
    expect((await runLines('portfolio.setTargets({ ONE: 1 });')).trades.count).toBeGreaterThan(0);
  });

  it('says before the run what its file lacks', async () => {
    const at = async (more: string, told: string): Promise<void> => {
      expect((await failure(runLines('', more))).message).toContain(told);
    };
    await at('setup.instrument("THREE");', 'THREE is none of');
    await at(
      'setup.instrument("ONE").series(\'on("THREE", close)\');',
      'on("THREE"): THREE is none of',
    );
    await at('setup.instrument("ONE").indicator("smaa");', 'smaa');
    await at('setup.instrument("ONE").series("sma(close, 400)");', 'no value on any of the 4 bars');
    writeFileSync(file('lines.js'), several('').replace('portfolio: true', 'portfolio: "yes"'));
    expect((await failure(run('lines'))).message).toContain('strategy.portfolio');
  });
});
