import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { runStrategy } from '../../../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import type { RunningStrategy } from '../../../../engine/live/program.ts';
import { LiveRun } from '../../../../engine/live/run.ts';
import { scripted, type Call } from '../../../../engine/live/script.ts';
import { twinOf, type Twin } from '../../../../engine/live/twin.ts';
import { sliceColumns } from '../../../../engine/series/columns.ts';
import { barOfRow } from '../../../../engine/series/live-bars.ts';
import { LiveCodeRun } from '../../../../workers/live-code.ts';
import { openSandboxed } from '../../../../workers/sandbox/definition.ts';
import { openLiveSandbox } from '../../../../workers/sandbox/live.ts';
import { spx } from '../backtest/bars.ts';
import { environmentOf, instrument } from '../strategies/support.ts';
import { BUSY, exampleCode } from './code.ts';
import { Stage, type StageOptions } from './stage.ts';

const WARM_UP = 300;
const BARS = sliceColumns(spx(), 0, 1_500);
const MARKET = instrument(BARS);
const SETTINGS = {
  ...DEFAULT_SETTINGS,
  size: { kind: 'quantity', quantity: 10 },
  cash: 1_000_000,
  slippageBps: 2,
  commission: { percent: 0.05, perShare: 0, minimum: 1 },
} as const;

const STRATEGIES: readonly (readonly [string, string])[] = [
  ['busy', BUSY],
  ['grid', exampleCode('grid')],
  ['adaptive-trend', exampleCode('adaptive-trend')],
];

/** The strategy made ready so many times: a stage that begins anew takes the next. */
async function programOf(code: string, times: number) {
  const ready = await Promise.all(
    Array.from({ length: times }, () => openLiveSandbox('my', 'my.ts', code, MARKET)),
  );
  const [first] = ready;
  if (first === undefined) throw new Error('made none');
  let next = 0;
  const start = (values: Parameters<typeof first.code.start>[0]): RunningStrategy => {
    const made = ready[next];
    next += 1;
    if (made === undefined) throw new Error('began anew too often');
    return made.code.start(values);
  };
  return { kind: 'code', id: 'my', code: { ...first.code, start } } as const;
}

/** The backtest of it over all bars, in a sandbox with whole columns. */
async function twinOfCode(code: string): Promise<Twin> {
  const { definition } = await openSandboxed('my', 'my.ts', code, BARS, environmentOf(MARKET));
  const task = { parameters: {}, settings: SETTINGS, bars: BARS, market: MARKET, warmUp: WARM_UP };
  return twinOf(definition, task);
}

async function stageOf(code: string, times = 1, change: Partial<StageOptions> = {}) {
  const program = await programOf(code, times);
  return new Stage({ program, bars: BARS, warmUp: WARM_UP, settings: SETTINGS, ...change });
}

describe('TypeScript live, beside its twin', () => {
  it.each(STRATEGIES)('%s: the same orders and fills as a backtest', async (_, code) => {
    const twin = await twinOfCode(code);
    const report = (await stageOf(code)).play({ twins: { seen: twin, history: null } });
    expect(report.orders.length).toBeGreaterThan(20);
    for (const { live, model, why } of report.orders) {
      expect([live?.bar, why]).toEqual([model?.bar, '']);
      // Sizes of a part of the equity are rounded otherwise in the last digit.
      expect(live?.quantity).toBeCloseTo(model?.quantity ?? Number.NaN, 9);
      expect(live?.price).toBeCloseTo(model?.price ?? Number.NaN, 9);
    }
    expect(Math.abs(report.drift.total)).toBeLessThan(1e-6);
    expect(report.live.position).toBeCloseTo(twin.position, 9);
  });

  it.each(STRATEGIES)(
    '%s: begun anew at random, it sends what it would have sent',
    async (_, code) => {
      const twins = { seen: await twinOfCode(code), history: null };
      const whole = await stageOf(code);
      const report = whole.play({ twins });
      const random = new Random(1);
      let restarts = 0;
      const broken = await stageOf(code, 6, {
        restarts: () => {
          const now = restarts < 5 && random.uniform() < 0.005;
          if (now) restarts += 1;
          return now;
        },
      });
      const again = broken.play({ twins });
      expect(restarts).toBeGreaterThan(3);
      expect(broken.sent).toEqual(whole.sent);
      expect(again.orders).toEqual(report.orders);
    },
  );
});

describe('series that grow', () => {
  /** Tells on every bar, as the tag of an order, what all digits of all series come to, now and far back. */
  const TELLING = `export const strategy = { title: 'T', description: '', parameters: {}, create(parameters, setup) {
  const series = [
    ...[3, 10, 50].flatMap((timeperiod) => ['sma', 'ema', 'kama', 'rsi', 'atr', 'adx', 'cci', 'mfi', 'linearreg']
      .map((id) => setup.indicator(id, { timeperiod }))),
    ...['upper', 'middle', 'lower'].map((name) => setup.indicator('bbands', {}, name)),
    ...['tf("1w", ema(close, 5))', 'tf("1M", highest(high, 3))', 'zscore(ln(close / open), 20)', 'count(close > close[1], 9)',
      'param("n", 5, 1..9) * roc(close, 12)'].map((text) => setup.series(text)),
  ];
  return { onBar(bar) {
    bar.cancelAll();
    let sum = 7;
    const mix = (value) => { for (const letter of String(value)) sum = (sum * 31 + letter.charCodeAt(0)) % 1e9; };
    for (const each of [...series, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.time]) {
      for (const ago of [0, 1, 7, 120, bar.index, bar.index + 1]) mix(each.at(ago));
    }
    for (const wrong of [-1, 0.5, 'x']) { try { mix(series[0].at(wrong)); } catch (error) { mix(error.message); } }
    bar.order({ side: 'buy', type: 'limit', limitPrice: 1, quantity: 1, tag: String(sum) });
  } };
} };`;

  it('have the digits of whole columns on every bar', async () => {
    const bars = sliceColumns(BARS, 0, 300);
    const { definition } = await openSandboxed('my', 'my.ts', TELLING, bars, environmentOf(MARKET));
    const batch = runStrategy(definition, { parameters: {}, settings: SETTINGS, bars });
    const { timeframe, calendar, hours } = MARKET;
    const market = { timeframe, calendar: calendar.data, hours };
    const start = {
      id: 'my',
      file: 'my.ts',
      code: TELLING,
      parameters: {},
      settings: SETTINGS,
      market,
    };
    const live = await LiveCodeRun.open({ kind: 'one', start }, () => undefined);
    const tags = Array.from(bars.time.keys()).flatMap((i) => {
      const bar = barOfRow(bars, i);
      const moments = [{ time: bar.time, bars: [bar] }];
      const { calls, ended } = live.hear({ kind: 'moments', moments, mode: 'live' });
      expect(ended).toBeNull();
      return calls.flatMap(({ commands }) =>
        commands.flatMap((each) => (each.kind === 'order' ? (each.request.tag ?? '') : [])),
      );
    });
    expect(new Set(tags).size).toBe(300);
    expect(tags).toEqual([...batch.orders.tag]);
  });
});

describe('a run that does what its strategy did elsewhere', () => {
  const market = { timeframe: MARKET.timeframe, calendar: MARKET.calendar, hours: MARKET.hours };

  function run(...calls: readonly Call[]): LiveRun {
    const script = scripted();
    script.add(calls);
    const code = { parameters: [], validate: () => undefined, start: () => script };
    const program = { kind: 'code', id: 'my', code } as const;
    return new LiveRun({ program, parameters: {}, settings: SETTINGS, market });
  }

  const buy = { kind: 'buy', tag: 'in', answer: 0 } as const;

  it('does it, order for order', () => {
    const made = run({ on: 'bar', commands: [buy] });
    made.bar(barOfRow(BARS, 0), 'live');
    expect(made.wanted()).toMatchObject([{ slot: 0, tag: 'in', terms: { quantity: 10 } }]);
  });

  it.each<[string, readonly Call[]]>([
    ['is answered otherwise', [{ on: 'bar', commands: [{ ...buy, answer: 3 }] }]],
    ['was called for something else', [{ on: '0 Filled', commands: [] }]],
    ['is not known any more', []],
  ])('does nothing more where it %s', (_, calls) => {
    expect(() => run(...calls).bar(barOfRow(BARS, 0), 'live')).toThrow('have come apart');
  });
});
