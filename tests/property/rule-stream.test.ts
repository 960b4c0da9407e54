import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/backtest/random.ts';
import { runStrategy } from '../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { InstrumentBars } from '../../engine/expressions/bars-environment.ts';
import { CATALOGUE } from '../../engine/indicators/registry.ts';
import type { StrategyDocument } from '../../engine/protocol/strategy-document.ts';
import { ruleDefinition, ruleSettings } from '../../engine/strategies/rules/definition.ts';
import { RuleProgram } from '../../engine/strategies/rules/program.ts';
import { randomWalk } from '../unit/engine/backtest/bars.ts';
import { documentOf, environmentOf, instrument } from '../unit/engine/strategies/support.ts';
import { streamedDefinition, type Others } from '../unit/engine/strategies/streamed.ts';
import { fc } from '../support/properties.ts';

/** Bars that random rules run on, with timeframes and symbols that they may read besides. */
interface Market {
  readonly base: InstrumentBars;
  readonly others: Others;
  readonly longer: readonly string[];
}

const DAY = 86_400_000;
const HALF_HOUR = 1_800_000;

/** Some values are missing, and some bars were not traded, as in bars that a vendor gives. */
function spoiled(bars: BarColumns, seed: number): BarColumns {
  const random = new Random(seed);
  const copy = Object.fromEntries(
    Object.entries(bars).map(([name, values]) => [name, (values as Float64Array).slice()]),
  ) as unknown as BarColumns;
  for (let i = 0; i < copy.time.length; i += 1) {
    const die = random.uniform();
    if (die < 0.01) copy.close[i] = Number.NaN;
    else if (die < 0.02) for (const name of PRICES) copy[name][i] = Number.NaN;
    else if (die < 0.03) copy.volume[i] = 0;
    else if (die < 0.04) copy.high[i] = Number.NaN;
  }
  return copy;
}
const PRICES = ['open', 'high', 'low', 'close'] as const;

/** Leaves some bars out, as where an instrument was not traded on a day. */
function thinned(bars: BarColumns, seed: number): BarColumns {
  const random = new Random(seed);
  const kept = Array.from(bars.time.keys()).filter(() => random.uniform() > 0.08);
  return Object.fromEntries(
    Object.entries(bars).map(([name, values]) => [
      name,
      Float64Array.from(kept, (i) => (values as Float64Array)[i] ?? Number.NaN),
    ]),
  ) as unknown as BarColumns;
}

function at(bars: BarColumns, time: (i: number) => number): BarColumns {
  return { ...bars, time: Float64Array.from(bars.time, (_, i) => time(i)) };
}

/** Daily bars of New York, with another market of the same days and one without a calendar. */
function dailyMarket(seed: number): Market {
  const first = Date.UTC(2018, 5, 4);
  const weekday = (i: number): number => first + (Math.floor(i / 5) * 7 + (i % 5)) * DAY;
  const bars = (s: number): BarColumns => at(randomWalk(170, s, 0.02), weekday);
  return {
    base: instrument(spoiled(bars(seed), seed), '1d', 'us-equity'),
    others: {
      SPY: instrument(thinned(bars(seed + 7), seed), '1d', 'us-equity'),
      BTC: instrument(
        at(randomWalk(800, seed + 9, 0.02), (i) => first + i * 8 * 3_600_000),
        '8h',
      ),
    },
    longer: ['1w', '1M', '3d'],
  };
}

/** Half hours of New York from its open, and the ten minutes of another symbol. */
function hourlyMarket(seed: number): Market {
  // Two weeks with Thanksgiving and its short Friday.
  const open = Date.UTC(2018, 10, 12) + 14.5 * 3_600_000;
  const day = (k: number): number => open + (Math.floor(k / 5) * 7 + (k % 5)) * DAY;
  const half = at(
    randomWalk(150, seed, 0.01),
    (i) => day(Math.floor(i / 13)) + (i % 13) * HALF_HOUR,
  );
  const ten = at(
    randomWalk(450, seed + 3, 0.01),
    (i) => day(Math.floor(i / 39)) + (i % 39) * (HALF_HOUR / 3),
  );
  return {
    base: instrument(spoiled(half, seed), '30m', 'us-equity'),
    others: {
      SPY: instrument(thinned(ten, seed), '10m', 'us-equity'),
      BTC: instrument(thinned(half, seed + 1), '30m', 'us-equity'),
    },
    longer: ['1h', '2h', '1d', '1w'],
  };
}

const MARKETS = [dailyMarket, hourlyMarket] as const;

const simple = fc.oneof(
  fc
    .tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 15 }))
    .map(([a, b]) => `crossover(sma(close, ${a}), ema(close, ${b}))`),
  fc
    .tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 25, max: 75 }))
    .map(([a, b]) => `rsi(${a}) < ${b}`),
  fc.integer({ min: 2, max: 12 }).map((n) => `close > highest(high, ${n})[1]`),
  fc.integer({ min: 2, max: 12 }).map((n) => `close < lowest(low, ${n})[1]`),
  fc.integer({ min: 1, max: 9 }).map((n) => `count(close > open, ${n}) * 2 > ${n}`),
  fc.integer({ min: 1, max: 5 }).map((n) => `bars_since(close > close[${n}]) >= 2`),
  fc.integer({ min: 1, max: 4 }).map((n) => `session_bar % ${n + 1} == 0 or day_of_week == ${n}`),
  fc.constantFrom(
    'macd(5, 9, 3).hist > 0 and close > open',
    'supertrend(5, 2).direction > 0',
    'value_when(close > open, high, 1) < close',
    'cumulate(sign(close - open)) > 0',
    'true',
  ),
);

/** Conditions of the bars themselves, of longer ones, of other symbols, and within each other. */
function conditions(longer: readonly string[]): fc.Arbitrary<string> {
  const scoped = fc.tuple(fc.constantFrom(...longer), fc.constantFrom('SPY', 'BTC'), simple);
  return fc.oneof(
    { weight: 5, arbitrary: simple },
    { weight: 2, arbitrary: scoped.map(([tf, , inner]) => `tf("${tf}", ${inner})`) },
    { weight: 2, arbitrary: scoped.map(([, on, inner]) => `on("${on}", ${inner})`) },
    {
      weight: 2,
      arbitrary: scoped.map(
        ([tf, on, inner]) => `on("${on}", tf("${tf}", ${inner})) or rsi(3) < 20`,
      ),
    },
    {
      weight: 1,
      arbitrary: scoped.map(
        ([tf, on]) =>
          `close / on("${on}", tf("${tf}", close)[1]) > tf("${tf}", close / on("${on}", close))`,
      ),
    },
  );
}

const percent = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true });
const distance = fc.oneof(
  percent(0.5, 6).map((value) => ({ percent: value })),
  fc.record({ atr: percent(0.5, 4), period: fc.integer({ min: 1, max: 9 }) }),
  fc
    .integer({ min: 2, max: 9 })
    .map((n) => ({ long: `lowest(low, ${n})`, short: `highest(high, ${n})` })),
);
const target = fc.oneof(
  percent(0.5, 6).map((value) => ({ percent: value })),
  fc.record({ atr: percent(0.5, 4), period: fc.integer({ min: 1, max: 9 }) }),
  fc.constant({ long: 'close + 2 * atr(5)', short: 'close - 2 * atr(5)' }),
);
const sizing: fc.Arbitrary<StrategyDocument['sizing']> = fc.oneof(
  fc.constant('all' as const),
  percent(5, 95).map((value) => ({ percent: value })),
  fc.record({ riskPercent: percent(0.5, 3), maxPercent: percent(20, 95) }),
  fc.record({
    volatilityTarget: percent(5, 30),
    lookback: fc.integer({ min: 3, max: 15 }),
    rebalance: percent(2, 30),
  }),
);
const order: fc.Arbitrary<StrategyDocument['order']> = fc.record(
  {
    type: fc.constantFrom('limit' as const, 'stop' as const),
    long: fc.constantFrom('close * 0.995', 'highest(high, 3)', 'tf("1w", close)'),
    short: fc.constantFrom('close * 1.005', 'lowest(low, 3)'),
    timeInForce: fc.constantFrom('bar' as const, 'gtc' as const),
  },
  { requiredKeys: ['type', 'long', 'short'] },
);

function documents(longer: readonly string[]): fc.Arbitrary<StrategyDocument> {
  const condition = conditions(longer);
  return fc
    .record(
      {
        entry: fc.record({ long: condition, short: condition }, { requiredKeys: ['long'] }),
        exit: fc.record({ long: condition, short: condition }, { requiredKeys: [] }),
        stops: fc.record(
          {
            stopLoss: distance,
            takeProfit: target,
            trailing: distance,
            timeStop: fc.integer({ min: 1, max: 20 }),
          },
          { requiredKeys: [] },
        ),
        sizing,
        order,
        filters: fc.record(
          {
            when: condition,
            session: fc.constantFrom('09:30-12:00', '14:00-10:30', '00:00-24:00'),
            weekdays: fc.constantFrom(['mon', 'tue', 'thu'] as const, ['wed', 'fri'] as const),
            cooldown: fc.integer({ min: 1, max: 6 }),
            maxOpen: fc.integer({ min: 1, max: 3 }),
          },
          { requiredKeys: [] },
        ),
        plot: fc.record({ 'A line': fc.constantFrom('sma(close, 4)', 'on("SPY", close)') }),
      },
      { requiredKeys: ['entry'] },
    )
    .map((given) => documentOf(given as unknown as Partial<StrategyDocument>));
}

/** Compiles a document, or gives up on one that asks for what does not go together. */
function compiled(document: StrategyDocument): RuleProgram | undefined {
  try {
    return new RuleProgram(document, CATALOGUE);
  } catch (error) {
    if (error instanceof RenataError) return undefined;
    throw error;
  }
}

describe('rules bar by bar', () => {
  it.each([
    ['days', 0],
    ['half hours', 1],
  ] as const)(
    'give the values, orders and trades that columns give, over %s and restarts',
    (_, which) => {
      const longer = MARKETS[which](1).longer;
      let trades = 0;
      let orders = 0;
      let restarted = 0;
      let runs = 0;
      fc.assert(
        fc.property(
          documents(longer),
          fc.integer({ min: 1, max: 1_000 }),
          fc.boolean(),
          fc.constantFrom<BacktestSettings['fill']>('next-open', 'same-close'),
          (document, seed, short, fill) => {
            const { base, others } = MARKETS[which](seed);
            const program = compiled(document);
            if (program === undefined) return;
            const given = { ...DEFAULT_SETTINGS, short, fill };
            const settings = ruleSettings(program, {}, given);
            const task = { parameters: {}, settings, bars: base.bars };
            const environment = environmentOf(base, others);
            const batch = runStrategy(ruleDefinition('test', program, environment), task);
            const columns = program.columns(program.compile({}), environment);
            const random = new Random(seed);
            const wrong: string[] = [];
            const stream = runStrategy(
              streamedDefinition(program, base, {
                others,
                restarts() {
                  const now = random.uniform() < 0.03;
                  if (now) restarted += 1;
                  return now;
                },
                onValues(index, values) {
                  for (const [path, column] of columns) {
                    if (!Object.is(values.get(path), column[index])) wrong.push(`${path} ${index}`);
                  }
                },
              }),
              task,
            );
            expect(wrong).toEqual([]);
            expect([...stream.orders.tag]).toEqual([...batch.orders.tag]);
            expect(stream.orderHash).toBe(batch.orderHash);
            expect(stream.trades).toEqual(batch.trades);
            expect(stream.equity).toEqual(batch.equity);
            trades += batch.trades.count;
            orders += batch.orders.count;
            runs += 1;
          },
        ),
        { numRuns: 150, seed: 11 },
      );
      // Rules that never trade, or are never restarted, would agree as well.
      expect(runs).toBeGreaterThan(120);
      expect(trades).toBeGreaterThan(500);
      expect(orders).toBeGreaterThan(3 * trades);
      expect(restarted).toBeGreaterThan(1_000);
    },
  );
});
