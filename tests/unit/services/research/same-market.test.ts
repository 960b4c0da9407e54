import { describe, expect, it } from 'vitest';
import type { AdjustmentEvent } from '../../../../engine/domain/adjustments.ts';
import {
  DEFAULT_SETTINGS,
  type BacktestResult,
  type BacktestSettings,
} from '../../../../engine/domain/backtest.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import type { CalendarData } from '../../../../engine/domain/calendar.ts';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import { timeframe, type Timeframe } from '../../../../engine/domain/timeframe.ts';
import { runStrategy } from '../../../../engine/backtest/run.ts';
import { laterSessions, sessionsOf } from '../../../../engine/backtest/sessions.ts';
import { MarketCalendar } from '../../../../engine/domain/calendar.ts';
import { strategyDocument } from '../../../../engine/protocol/strategy-document.ts';
import type { RunSubject, SweepSubject } from '../../../../engine/protocol/research-tasks.ts';
import type { StrategyProgram } from '../../../../engine/protocol/tasks.ts';
import { METRICS } from '../../../../engine/sweep/metrics.ts';
import { ruleStrategy, Rules } from '../../../../engine/sweep/rules.ts';
import { ColumnCache } from '../../../../engine/sweep/column-cache.ts';
import { CATALOGUE } from '../../../../engine/indicators/registry.ts';
import { Objective, SweepTable } from '../../../../engine/sweep/table.ts';
import { withMarket } from '../../../../workers/market.ts';
import { environmentOf, runnerOf } from '../../../../workers/research/runner.ts';
import { runTask } from '../../../../workers/strategies.ts';
import { readRows, sharedData } from '../../engine/series/market.ts';
import { EVENTS, madeBars, SESSION_CODE, US } from './session-bars.ts';

const COSTS: BacktestSettings = {
  ...DEFAULT_SETTINGS,
  commission: { percent: 0.02, perShare: 0, minimum: 0 },
  slippageBps: 1,
};

/** Buys falls with a stop and a target, both of which one bar can reach. */
const BRACKET = strategyDocument.parse({
  name: 'Bracket',
  description: 'Buys falls.',
  version: 1,
  parameters: {
    fall: { default: 2, min: 1, max: 9, description: 'Bars.' },
    stop: { default: 1, min: 0.2, max: 5, step: 0.1, description: 'Percent.' },
  },
  entry: { long: 'close < close[fall]' },
  stops: { stopLoss: { percent: 'stop' }, takeProfit: { percent: 'stop' } },
});

interface Case {
  readonly strategy: SweepSubject['strategy'];
  readonly program?: StrategyProgram;
  readonly ranges: Readonly<Record<string, string>>;
  readonly settings?: Partial<BacktestSettings>;
  readonly events?: readonly AdjustmentEvent[];
  readonly finer?: BarColumns;
  /** Whether the vectorised engine is used. */
  readonly vectorised: boolean;
}

const CODE: StrategyProgram = {
  kind: 'code',
  file: 'sessions.js',
  code: SESSION_CODE,
  trusted: false,
};
const RULES: StrategyProgram = { kind: 'rules', document: BRACKET };
const SMA = { strategy: 'sma-cross', ranges: { fast: '3..9', slow: '12..30 step 3' } } as const;
const CONDITIONS = {
  strategy: { entry: 'rsi(param("n", 5, 2..30)) < 40', exit: 'rsi(param("n", 5, 2..30)) > 60' },
  ranges: { n: '3..12' },
} as const;

/** All strategies with everything that a market may have besides bars. */
function casesOf(finer: BarColumns, events: readonly AdjustmentEvent[]): [string, Case][] {
  const short = { short: true };
  const rsi = {
    strategy: 'rsi-reversion',
    ranges: { period: '3..9', lower: '30, 40' },
  } as const;
  const bands = { strategy: 'bollinger-breakout', ranges: { period: '8..16', width: '1, 1.5' } };
  const code = {
    strategy: 'sessions',
    program: CODE,
    ranges: { length: '1..3', percent: '1' },
  };
  const rules = { strategy: 'bracket', program: RULES, ranges: { fall: '1..3', stop: '0.4, 0.8' } };
  return [
    ['averages', { ...SMA, vectorised: true }],
    ['averages at the same close', { ...SMA, settings: { fill: 'same-close' }, vectorised: true }],
    ['averages both ways', { ...SMA, settings: short, vectorised: true }],
    ['averages in whole lots', { ...SMA, settings: { lotSize: 1 }, vectorised: false }],
    ['averages on finer bars', { ...SMA, finer, vectorised: true }],
    ['averages with splits and dividends', { ...SMA, events, vectorised: false }],
    ['limit orders', { ...rsi, settings: short, vectorised: true }],
    ['limit orders on finer bars', { ...rsi, settings: short, finer, vectorised: false }],
    ['stop orders', { ...bands, settings: short, vectorised: true }],
    ['stop orders on finer bars', { ...bands, settings: short, finer, vectorised: false }],
    ['conditions', { ...CONDITIONS, vectorised: true }],
    ['conditions with splits and dividends', { ...CONDITIONS, events, vectorised: false }],
    ['code with orders of the session', { ...code, vectorised: false }],
    ['code with everything', { ...code, events, finer, vectorised: false }],
    ['a document with brackets', { ...rules, vectorised: false }],
    ['a document on finer bars', { ...rules, finer, vectorised: false }],
  ];
}

function subjectOf(
  given: Case,
  bars: BarColumns,
  frame: Timeframe,
  calendar: CalendarData,
): RunSubject {
  const { strategy, program, settings, events, finer } = given;
  return {
    strategy,
    settings: { ...COSTS, ...settings },
    base: { bars, timeframe: frame, calendar },
    ...(events === undefined ? {} : { events }),
    ...(finer === undefined ? {} : { finer }),
    ...(program === undefined
      ? {}
      : { program: { program, timeframe: frame, calendar, others: {} } }),
  };
}

const CONTROL = new Int32Array(2);

/** The task of a backtest as the service of backtests gives it; conditions have none, so they are run here. */
async function backtest(subject: RunSubject, parameters: ParameterValues): Promise<BacktestResult> {
  const { strategy, settings, base, events, finer, program } = subject;
  const { bars } = base;
  if (typeof strategy === 'string') {
    const market = { timeframe: base.timeframe, calendar: base.calendar };
    const task = { strategy, parameters, settings, bars, market, events, finer };
    const whole = program === undefined ? task : { ...task, program };
    return runTask(withMarket(whole), CONTROL, {});
  }
  const calendar = new MarketCalendar(base.calendar);
  const sessions = laterSessions(() => sessionsOf(bars.time, calendar));
  const { entry, exit } = strategy;
  const rules = new Rules({ entry, exit }, CATALOGUE);
  const columns = rules.columns(parameters, environmentOf(subject), new ColumnCache(0));
  return runStrategy(ruleStrategy(columns), { parameters: {}, settings, bars, events, sessions });
}

let made = 0;

async function sweep(given: Case, subject: RunSubject) {
  made += 1;
  const sweepSubject: SweepSubject = {
    ...subject,
    key: `same-market ${made}`,
    space: { ranges: given.ranges, fixed: {}, constraints: [] },
    cacheBytes: 1e7,
  };
  const runner = await runnerOf(sweepSubject, CONTROL);
  const table = new SweepTable(runner.names, 1e7);
  const end = await runner.run(null, { from: 0, to: runner.space.size }, table, CONTROL, {});
  expect(end).toEqual({ next: runner.space.size, failure: null });
  return { runner, table };
}

/** Every combination of a sweep is a backtest of the same settings; the best one to the last byte. */
async function agree(given: Case, subject: RunSubject): Promise<BacktestResult> {
  const { runner, table } = await sweep(given, subject);
  expect(runner.path === 'events').toBe(!given.vectorised);
  const objective = new Objective('sharpe', runner.names);
  const first = 1 + runner.space.dimensions.length;
  const codes = new Float64Array(runner.space.dimensions.length);
  let best = 0;
  for (let row = 0; row < table.length; row += 1) {
    if (objective.of(table, row) > objective.of(table, best)) best = row;
    runner.space.read(table.get(row, 0), codes);
    const alone = await backtest(subject, runner.space.parameters(codes));
    for (const [m, { title }] of METRICS.entries()) {
      const wanted = alone.statistics.find(({ name }) => name === title)?.value ?? Number.NaN;
      const got = table.get(row, first + m);
      const near = Math.abs(got - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted));
      const same = Object.is(got, wanted) || (given.vectorised && near);
      expect(same, `${title} of row ${row}: ${got}, ${wanted}`).toBe(true);
    }
  }
  runner.space.read(table.get(best, 0), codes);
  const parameters = runner.space.parameters(codes);
  const again = await runner.result(parameters, CONTROL);
  const alone = await backtest(subject, parameters);
  expect(again.orderHash).toBe(alone.orderHash);
  expect(again.trades).toEqual(alone.trades);
  expect(again.equity).toEqual(alone.equity);
  expect(again.statistics).toEqual(alone.statistics);
  expect(again.ambiguous).toEqual(alone.ambiguous);
  return alone;
}

const MADE = madeBars();

describe('a sweep over hours of a made US stock', () => {
  it.each(casesOf(MADE.fine, EVENTS))('agrees with backtests: %s', async (_name, given) => {
    const subject = subjectOf(given, MADE.hour, timeframe('1h'), US);
    const { trades } = await agree(given, subject);
    expect(trades.count).toBeGreaterThan(2);
  });

  it('would be another without its sessions, its events or its finer bars', async () => {
    const cases = new Map(casesOf(MADE.fine, EVENTS));
    const hashes = async (name: string, change: (subject: RunSubject) => RunSubject) => {
      const given = cases.get(name) as Case;
      const subject = subjectOf(given, MADE.hour, timeframe('1h'), US);
      const parameters = Object.fromEntries(
        Object.entries(given.ranges).map(([parameter, text]) => [
          parameter,
          Number.parseFloat(text),
        ]),
      );
      const results = [subject, change(subject)].map((each) => backtest(each, parameters));
      return (await Promise.all(results)).map(({ orderHash }) => orderHash);
    };
    const none: CalendarData = { ...US, week: {} };
    const sessions = await hashes('code with orders of the session', (subject) => ({
      ...subject,
      base: { ...subject.base, calendar: none },
    }));
    expect(sessions[0]).not.toBe(sessions[1]);
    const names = { events: 'code with everything', finer: 'a document on finer bars' } as const;
    for (const part of ['events', 'finer'] as const) {
      const pair = await hashes(names[part], (subject) => ({ ...subject, [part]: undefined }));
      expect(pair[0], part).not.toBe(pair[1]);
    }
  });
});

describe('a sweep over days of a made US stock', () => {
  it.each(casesOf(MADE.fine, EVENTS))('agrees with backtests: %s', async (_name, given) => {
    await agree(given, subjectOf(given, MADE.day, timeframe('1d'), US));
  });
});

const hours = sharedData('hour/SPY.csv');
const minutes = sharedData('minute/SPY.csv');

/** Clock time of New York as an instant. */
function newYork(text: string): number {
  return new MarketCalendar(US).zone.toInstant(Date.parse(`${text}Z`));
}

function tail(bars: BarColumns, count: number): BarColumns {
  const cut = (column: Float64Array): Float64Array => column.slice(-count);
  const { time, open, high, low, close, volume } = bars;
  return {
    time: cut(time),
    open: cut(open),
    high: cut(high),
    low: cut(low),
    close: cut(close),
    volume: cut(volume),
  };
}

describe('a sweep over real bars', () => {
  const plain = casesOf(MADE.fine, EVENTS).filter(([, { events, finer }]) => !events && !finer);

  it.skipIf(hours === undefined).each(plain)(
    'agrees with backtests of hours: %s',
    async (_name, given) => {
      const bars = tail(readRows(hours ?? '', newYork), 1_000);
      await agree(given, subjectOf(given, bars, timeframe('1h'), US));
    },
  );

  it.skipIf(minutes === undefined).each(plain)(
    'agrees with backtests of minutes: %s',
    async (_name, given) => {
      const bars = tail(readRows(minutes ?? '', newYork), 1_200);
      await agree(given, subjectOf(given, bars, timeframe('1m'), US));
    },
  );
});
