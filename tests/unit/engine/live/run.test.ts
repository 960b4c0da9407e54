import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromRoot } from '../../../../build/lib/paths.ts';
import { readStrategyDocument } from '../../../../electron/services/strategies/read-document.ts';
import { Random } from '../../../../engine/backtest/random.ts';
import { runStrategy } from '../../../../engine/backtest/run.ts';
import { STRATEGIES } from '../../../../engine/backtest/strategies.ts';
import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import { decimal } from '../../../../engine/domain/decimal.ts';
import type { Drift, DriftReport } from '../../../../engine/live/drift.ts';
import { definitionOf, type LiveProgram } from '../../../../engine/live/program.ts';
import { LiveRun } from '../../../../engine/live/run.ts';
import { sliceColumns } from '../../../../engine/series/columns.ts';
import { barOfRow } from '../../../../engine/series/live-bars.ts';
import { barsOf, spx, type Row } from '../backtest/bars.ts';
import { documentOf, instrument } from '../strategies/support.ts';
import { RuleProgram } from '../../../../engine/strategies/rules/program.ts';
import { CATALOGUE } from '../../../../engine/indicators/registry.ts';
import { Stage, type StageOptions } from './stage.ts';

const WARM_UP = 300;
const BARS = sliceColumns(spx(), 0, 1_500);
/** A size that does not depend on the price at the fill, so that the model's is the same. */
const FIXED = { size: { kind: 'quantity', quantity: 10 }, cash: 1_000_000 } as const;
const COSTS = { slippageBps: 2, commission: { percent: 0.05, perShare: 0, minimum: 1 } } as const;

function rules(name: string): LiveProgram {
  const text = readFileSync(fromRoot(`resources/strategies/${name}.yaml`), 'utf8');
  return { kind: 'rules', id: name, rules: readStrategyDocument(text, `${name}.yaml`) };
}

/** Entries at the market, a stop and a target that lie near, and a stop that trails. */
function tight(): LiveProgram {
  const document = documentOf({
    entry: { long: 'close > close[1]' },
    exit: { long: 'count(close < close[1], 3) == 3' },
    stops: { stopLoss: { percent: 1.5 }, takeProfit: { percent: 2 }, trailing: { atr: 1.5 } },
  });
  return { kind: 'rules', id: 'tight', rules: new RuleProgram(document, CATALOGUE) };
}

const CROSS: LiveProgram = { kind: 'built-in', id: 'sma-cross' };
const PROGRAMS: readonly LiveProgram[] = [
  ...STRATEGIES.map(({ id }) => ({ kind: 'built-in', id }) as const),
  rules('donchian-breakout'),
  rules('macd-adx-trend'),
  rules('keltner-squeeze'),
  tight(),
];

function stage(program: LiveProgram, change: Partial<StageOptions> = {}): Stage {
  return new Stage({
    program,
    bars: BARS,
    warmUp: WARM_UP,
    settings: { ...FIXED, ...COSTS },
    ...change,
  });
}

function parts({ drift }: { readonly drift: Drift }): Drift {
  const round = ([name, value]: [string, number]): [string, number] => [
    name,
    Math.round(value * 1e6) / 1e6 + 0,
  ];
  return Object.fromEntries(Object.entries(drift).map(round)) as unknown as Drift;
}

const ZERO = { data: 0, timing: 0, price: 0, fees: 0, size: 0, missed: 0, total: 0 };

/** The parts make the whole, for each order, each trade and the run. */
function expectSound(report: DriftReport): void {
  for (const { drift } of [...report.orders, ...report.trades, report]) {
    const { total, ...rest } = drift;
    expect(Object.values(rest).reduce((sum, value) => sum + value, 0)).toBeCloseTo(total, 6);
  }
  const other = report.history ?? report.model;
  expect(report.live.equity - other.equity).toBeCloseTo(report.drift.total, 6);
}

describe('a live run beside its twin', () => {
  it.each(PROGRAMS)('$id: the same orders and fills as a backtest, bar by bar', (program) => {
    const played = stage(program);
    const report = played.play();
    expect(report.orders.length).toBeGreaterThan(5);
    for (const { live, model, why } of report.orders) {
      expect([live?.bar, live?.quantity, why]).toEqual([model?.bar, model?.quantity, '']);
      expect(live?.price).toBeCloseTo(model?.price ?? Number.NaN, 9);
    }
    expect(parts(report)).toEqual(ZERO);
    expectSound(report);
    // The twin is the backtest itself: another run of it has the same trades and money.
    const settings = { ...DEFAULT_SETTINGS, ...played.run.settings, warmUp: WARM_UP };
    const market = instrument(BARS);
    const batch = runStrategy(definitionOf(program, BARS, market), {
      parameters: {},
      settings,
      bars: BARS,
    });
    expect(report.live.equity).toBeCloseTo(batch.equity.at(-1) as number, 6);
    expect(report.live.position).toBe(batch.position.at(-1));
    const closed = Array.from(batch.trades.open).filter((open) => open === 0).length;
    expect(report.trades.filter(({ to }) => to !== null).length).toBeLessThanOrEqual(closed);
    expect(closed).toBeGreaterThan(2);
  });

  it('says size where the size follows the price', () => {
    const report = stage(CROSS, { settings: { ...COSTS, size: { kind: 'all' } } }).play();
    const { size, fees, ...others } = parts(report);
    expect(Math.abs(size)).toBeGreaterThan(1);
    expect(Math.abs(fees)).toBeGreaterThan(0);
    expect(others).toMatchObject({ data: 0, timing: 0, price: 0, missed: 0 });
    expectSound(report);
  });

  it('says fees where the venue charges others', () => {
    const report = stage(CROSS, { fee: () => 3 }).play();
    const { fees, total, ...others } = parts(report);
    expect(fees).not.toBe(0);
    expect(total).toBe(fees);
    expect(others).toEqual({ data: 0, timing: 0, price: 0, size: 0, missed: 0 });
    const [row] = report.orders;
    expect(row?.drift.fees).toBeCloseTo((row?.model?.commission ?? 0) - 3, 9);
    expectSound(report);
  });

  it('says missed where an order was refused, with the reason and for the whole trade', () => {
    const clean = stage(CROSS).play();
    const [first] = clean.trades;
    const report = stage(CROSS, {
      refuses: ({ exit }, bar) => !exit && BARS.time[bar] === first?.from,
    }).play();
    const { missed, total, ...others } = parts(report);
    expect(missed).not.toBe(0);
    expect(total).toBe(missed);
    expect(others).toEqual({ data: 0, timing: 0, price: 0, fees: 0, size: 0 });
    expect(report.orders[0]).toMatchObject({ live: null, why: 'no' });
    expect(report.orders[0]?.model).not.toBeNull();
    expectSound(report);
  });

  it('says data where history tells a bar otherwise', () => {
    const [first] = stage(rules('donchian-breakout')).play().orders;
    const close = BARS.close.slice();
    const high = BARS.high.slice();
    const entry = first?.bar ?? 0;
    close[entry] = (BARS.low[entry] as number) + 0.01;
    const history = sliceColumns({ ...BARS, close, high }, WARM_UP, BARS.time.length);
    const report = stage(rules('donchian-breakout')).play({ history });
    const { data, total, ...others } = parts(report);
    expect(data).not.toBe(0);
    expect(total).toBe(data);
    expect(others).toEqual({ timing: 0, price: 0, fees: 0, size: 0, missed: 0 });
    expect(report.corrected.map(({ time }) => time)).toEqual([BARS.time[entry]]);
    expectSound(report);
    // Bars that were never seen, and the other way round, are told as well.
    const less = stage(rules('donchian-breakout')).play({
      history: sliceColumns(BARS, WARM_UP + 1, BARS.time.length),
    });
    expect(less.corrected).toEqual([
      { time: BARS.time[WARM_UP], seen: barOfRow(BARS, WARM_UP), history: null },
    ]);
  });

  it('says timing where the order left after the next bar had begun', () => {
    const played = stage(CROSS);
    played.play();
    const report = played.report({
      arrival: ({ bar }) => ({
        price: (BARS.open[bar + 1] as number) + 2,
        time: (BARS.time[bar + 1] as number) + 60_000,
      }),
    });
    const entries = report.orders.filter(({ type, side }) => type === 'market' && side === 'buy');
    expect(entries.length).toBeGreaterThan(3);
    for (const { drift, model, live, why } of entries) {
      const late = (model?.price ?? 0) - ((live?.price ?? 0) / (1 + 2e-4) + 2);
      expect(drift.timing).toBeCloseTo(10 * late, 6);
      expect(drift.price).toBeCloseTo(-drift.timing, 6);
      expect(why).toContain('after the next bar had begun');
    }
    expectSound(report);
  });
});

describe('bars on which nothing is decided', () => {
  const away = (bar: number): boolean => bar % 40 < 8;

  it.each(['missed', 'paused'] as const)(
    '%s: nothing is opened, and stops stay and trail',
    (mode) => {
      const program = tight();
      const held: number[] = [];
      const played: Stage = stage(program, {
        mode: (bar) => (away(bar) ? mode : 'live'),
        refuses: ({ terms }, bar) => {
          // What is sent between such a bar and the next is protection alone.
          if (away(bar)) expect(['stop', 'limit']).toContain(terms?.type);
          return false;
        },
        after: (run, bar) => {
          if (!away(bar) || run.account.position === 0) return;
          held.push(bar);
          const stops = run.wanted().filter(({ terms }) => terms?.type === 'stop');
          expect(stops).toHaveLength(1);
          expect(stops[0]?.terms?.quantity).toBe(10);
        },
      });
      const report = played.play();
      expect(held.length).toBeGreaterThan(10);
      expect(report.missedBars).toBe(
        Array.from({ length: 1_200 }, (_, i) => WARM_UP + i).filter(away).length,
      );
      expect(report.missedDecisions).toBeGreaterThan(5);
      expect(report.drift.missed).not.toBe(0);
      expectSound(report);
    },
  );
});

describe('a run that is begun anew of what it was told', () => {
  it.each(PROGRAMS)('$id: sends what it would have sent without the interruptions', (program) => {
    const whole = stage(program);
    const report = whole.play();
    for (const seed of [1, 2, 3]) {
      const random = new Random(seed);
      let restarts = 0;
      const broken = stage(program, {
        bars: BARS,
        restarts: () => {
          const now = random.uniform() < 0.015;
          if (now) restarts += 1;
          return now;
        },
      });
      const again = broken.play();
      expect(restarts).toBeGreaterThan(4);
      expect(broken.sent).toEqual(whole.sent);
      expect(again.orders).toEqual(report.orders);
    }
  });
});

describe('what nobody wanted', () => {
  const rows: Row[] = Array.from({ length: 40 }, (_, i) => {
    const close = i < 30 ? 100 - i : 70 + (i - 30) * 5;
    return [close, close + 1, close - 1, close];
  });

  function begun(): LiveRun {
    const bars = barsOf(rows);
    const { timeframe, calendar, hours } = instrument(bars);
    const run = new LiveRun({
      program: { kind: 'built-in', id: 'rsi-reversion' },
      parameters: {},
      settings: { ...DEFAULT_SETTINGS, ...FIXED, lotSize: 1 },
      market: { timeframe, calendar, hours },
    });
    run.warm(sliceColumns(bars, 0, 29));
    run.bar(barOfRow(bars, 29), 'live');
    return run;
  }

  it('an entry that fills after it was given up is closed again', () => {
    const run = begun();
    const [entry] = run.wanted();
    expect(entry).toMatchObject({ slot: 0, terms: { type: 'limit', side: 'buy', quantity: 10 } });
    const bars = barsOf(rows);
    // The level has passed: the strategy takes the order away.
    for (let i = 30; i < 36; i += 1) run.bar(barOfRow(bars, i), 'live');
    expect(run.wanted()).toMatchObject([{ slot: 0, terms: null, dropped: true }]);
    run.tell({
      kind: 'fill',
      slot: 0,
      attempt: 0,
      trade: 'T1',
      quantity: decimal('10'),
      price: decimal('71'),
      commission: null,
      done: true,
    });
    expect(run.account.position).toBe(10);
    expect(run.wanted()).toMatchObject([
      { exit: true, tag: 'correction', terms: { type: 'market', side: 'sell', quantity: 10 } },
    ]);
    // The same trade told twice counts once.
    run.tell({
      kind: 'fill',
      slot: 0,
      attempt: 0,
      trade: 'T1',
      quantity: decimal('10'),
      price: decimal('71'),
      commission: null,
      done: true,
    });
    expect(run.account.position).toBe(10);
  });

  it('a run that ends gives up its orders, and closes its position where that is asked for', () => {
    const run = begun();
    run.tell({
      kind: 'fill',
      slot: 0,
      attempt: 0,
      trade: 'T1',
      quantity: decimal('4'),
      price: decimal('71'),
      commission: null,
      done: false,
    });
    expect(run.wanted()).toMatchObject([{ terms: { quantity: 10 } }]);
    run.tell({ kind: 'close', flatten: true });
    expect(run.wanted()).toMatchObject([
      { slot: 0, terms: null },
      { slot: 1, exit: true, terms: { type: 'market', side: 'sell', quantity: 4 } },
    ]);
    run.tell({ kind: 'end', slot: 1, attempt: 0, state: 'Denied', reason: 'halted' });
    expect(run.wanted().at(-1)).toMatchObject({ slot: 1, attempt: 1, terms: null });
    run.bar(barOfRow(barsOf(rows), 30), 'live');
    run.bar(barOfRow(barsOf(rows), 31), 'live');
    expect(run.wanted().at(-1)).toMatchObject({
      slot: 1,
      attempt: 1,
      terms: { side: 'sell', quantity: 4 },
    });
  });
});

describe('what cannot be live', () => {
  const market = instrument(BARS);
  const base = { program: { kind: 'built-in', id: 'sma-cross' }, parameters: {}, market } as const;

  it.each([
    [{ fill: 'same-close' } as const, 'fill: same-close cannot be live'],
    [{ volumeLimit: 0.1 }, 'volume-limit: is of backtests alone'],
  ])('%o is refused', (settings, message) => {
    expect(() => new LiveRun({ ...base, settings: { ...DEFAULT_SETTINGS, ...settings } })).toThrow(
      message,
    );
  });

  it('rules that read other instruments are refused', () => {
    const document = documentOf({ entry: { long: 'on("QQQ", close) > 1' } });
    const program = {
      kind: 'rules',
      id: 'other',
      rules: new RuleProgram(document, CATALOGUE),
    } as const;
    expect(() => new LiveRun({ ...base, program, settings: DEFAULT_SETTINGS })).toThrow(
      'strategy: other reads QQQ; live runs take strategies that read their own instrument alone.',
    );
  });

  it('wrong parameters are refused', () => {
    expect(
      () =>
        new LiveRun({ ...base, parameters: { fast: 50, slow: 10 }, settings: DEFAULT_SETTINGS }),
    ).toThrow('fast 50 must be less than slow 10');
  });
});
