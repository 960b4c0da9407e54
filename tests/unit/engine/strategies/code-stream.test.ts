import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { runStrategy } from '../../../../engine/backtest/run.ts';
import type {
  OrderRequest,
  SeriesView,
  Strategy,
  StrategyContext,
  StrategyDefinition,
} from '../../../../engine/backtest/strategy.ts';
import { ColumnView, type Clock } from '../../../../engine/backtest/view.ts';
import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import { demandsOf } from '../../../../engine/indicators/definition.ts';
import { computeIndicator, INDICATORS } from '../../../../engine/indicators/registry.ts';
import { CodeColumns } from '../../../../engine/strategies/code/columns.ts';
import { CodeStream, type CodeSnapshot } from '../../../../engine/strategies/code/stream.ts';
import { randomWalk } from '../backtest/bars.ts';
import { environmentOf, instrument } from './support.ts';
import { barAt, marketOf, momentsOf } from './streamed.ts';

const bars = randomWalk(400, 8, 0.02);
const base = instrument(bars);
const others = { SPY: instrument(randomWalk(400, 9, 0.02)) };

function streamOf(history: number): CodeStream {
  return new CodeStream({ ...marketOf(base, others), history });
}

interface Series {
  indicator(id: string, parameters: ParameterValues, output?: string): SeriesView;
  series(expression: string): SeriesView;
}

/** A strategy as users write it: it reads back, and keeps nothing of its own. */
function create(setup: Series): Strategy {
  const fast = setup.indicator('ema', { timeperiod: 5 });
  const slow = setup.indicator(
    'macd',
    { fastperiod: 5, slowperiod: 12, signalperiod: 4 },
    'signal',
  );
  const week = setup.series('tf("1w", close > sma(close, 4))');
  const other = setup.series('on("SPY", rsi(3))');
  return {
    onBar(bar: StrategyContext) {
      const rising = fast.at() > fast.at(3) && bar.close.at() > bar.close.at(7);
      if (bar.position === 0 && (rising || slow.at() > slow.at(5)) && other.at(1) < 70) {
        bar.order({ side: 'buy', tag: week.at(2) === 1 ? 'up' : 'down' });
      } else if (bar.position > 0 && (other.at() > 80 || fast.at() < fast.at(1))) bar.exit();
    },
  };
}

function definitionOf(make: () => Strategy): StrategyDefinition {
  const common = { id: 'test', title: '', description: '', parameters: [] };
  return { ...common, validate: () => undefined, create: make };
}

describe('columns of a strategy in code, bar by bar', () => {
  it('have the digits of a backtest for every indicator, over restarts', () => {
    const usable = INDICATORS.filter((each) => demandsOf(each).length === 0);
    expect(usable.length).toBeGreaterThan(250);
    const short = { ...bars, close: bars.close.slice() };
    short.close[150] = Number.NaN;
    const make = (): { stream: CodeStream; views: SeriesView[] } => {
      const stream = new CodeStream({ ...marketOf(instrument(short)), history: 3 });
      const views = usable.flatMap(({ id, outputs }) =>
        outputs.map(({ name }) => stream.indicator(id, {}, name)),
      );
      return { stream, views };
    };
    const columns = usable.flatMap(({ id }) => computeIndicator(id, {}, short));
    let { stream, views } = make();
    const random = new Random(4);
    const wrong: string[] = [];
    for (let i = 0; i < 400; i += 1) {
      expect(stream.take([{ instrument: null, bar: barAt(short, i) }])).toBe(true);
      views.forEach((view, k) => {
        for (const ago of [0, 2]) {
          const expected = i < ago ? Number.NaN : columns[k]?.values[i - ago];
          if (!Object.is(view.at(ago), expected)) wrong.push(`${columns[k]?.name} ${i} ${ago}`);
        }
      });
      if (random.uniform() < 0.05) {
        const stored = JSON.stringify(stream.snapshot());
        ({ stream, views } = make());
        stream.restore(JSON.parse(stored) as CodeSnapshot);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('let the same code give the same orders', () => {
    const task = { parameters: {}, settings: DEFAULT_SETTINGS, bars };
    const clock: Clock = { index: -1 };
    const batch = runStrategy(
      definitionOf(() => {
        const columns = new CodeColumns(bars, environmentOf(base, others));
        const strategy = create({
          indicator: (...asked) => new ColumnView(columns.indicator(...asked), clock),
          series: (expression) => new ColumnView(columns.series(expression), clock),
        });
        return {
          onBar(context) {
            clock.index = context.index;
            strategy.onBar(context);
          },
        };
      }),
      task,
    );
    let restarts = 0;
    const live = runStrategy(
      definitionOf(() => {
        const begin = (): { stream: CodeStream; strategy: Strategy } => {
          const stream = streamOf(8);
          return { stream, strategy: create(stream) };
        };
        let now = begin();
        expect(now.stream.instruments).toEqual(['SPY']);
        now = begin();
        const moments = momentsOf(base, others);
        let next = 0;
        return {
          onBar(context) {
            while (now.stream.barCount <= context.index) {
              now.stream.take(moments[next] ?? []);
              next += 1;
            }
            // Prices of the stream stand for those of the context.
            const { time, open, high, low, close, volume } = now.stream;
            const prices = { time, open, high, low, close, volume };
            const { index, position } = context;
            now.strategy.onBar({
              ...context,
              ...prices,
              index,
              position,
              order: (request: OrderRequest) => context.order(request),
              exit: () => context.exit(),
            });
            if (context.index % 23 !== 0) return;
            const stored = JSON.stringify(now.stream.snapshot());
            now = begin();
            now.stream.restore(JSON.parse(stored) as CodeSnapshot);
            restarts += 1;
          },
        };
      }),
      task,
    );
    expect(batch.trades.count).toBeGreaterThan(20);
    expect([...live.orders.tag]).toEqual([...batch.orders.tag]);
    expect(live.orderHash).toBe(batch.orderHash);
    expect(restarts).toBeGreaterThan(15);
  });

  it('are readable as far back as was asked for, and say so beyond', () => {
    const stream = streamOf(4);
    const mean = stream.indicator('sma', { timeperiod: 2 });
    const range = stream.series('high - low');
    expect(mean.at()).toBeNaN();
    for (let i = 0; i < 10; i += 1) stream.take([{ instrument: null, bar: barAt(bars, i) }]);
    expect(stream.close.at(3)).toBe(bars.close[6]);
    expect(range.at(3)).toBe((bars.high[6] ?? 0) - (bars.low[6] ?? 0));
    expect(mean.at(2)).toBeCloseTo(((bars.close[7] ?? 0) + (bars.close[6] ?? 0)) / 2, 12);
    const tooFar = '4 bars back; bar by bar 4 bars are kept, so n goes up to 3';
    expect(() => stream.close.at(4)).toThrow(tooFar);
    expect(() => mean.at(4)).toThrow(tooFar);
    // Before the first bar nothing is known, however far.
    expect(mean.at(10)).toBeNaN();
    expect(() => mean.at(-1)).toThrow('1 bars in the future');
    expect(() => mean.at(0.5)).toThrow('0.5 bars back; at(n) takes n = 0, 1, 2');
    // An object may give another number each time it is asked for one.
    let asked = 0;
    const sly = { valueOf: () => ((asked += 1) > 1 ? -5 : 0) } as unknown as number;
    expect(mean.at(sly)).toBe(mean.at());
    expect(Object.keys(mean)).toEqual(['at']);
    expect(Object.isFrozen(mean)).toBe(true);
  });

  it('are computed once, and asked for before the first bar', () => {
    const stream = streamOf(2);
    const mean = stream.indicator('sma', { timeperiod: 2 });
    expect(stream.indicator('sma', { timeperiod: 2 })).toBe(mean);
    expect(stream.indicator('macd', {}, 'hist')).not.toBe(stream.indicator('macd', {}));
    expect(stream.series('rsi(3)')).toBe(stream.series('rsi(3)'));
    expect(() => stream.indicator('macd', {}, 'nope')).toThrow('has no output "nope"; it has');
    expect(() => stream.indicator('nope', {})).toThrow('does not exist');
    expect(() => stream.indicator('correl', {})).toThrow('needs its series');
    expect(() => stream.series('rsl(3)')).toThrow('did you mean rsi?');
    stream.take([{ instrument: null, bar: barAt(bars, 0) }]);
    expect(stream.indicator('sma', { timeperiod: 2 })).toBe(mean);
    expect(() => stream.series('close + 1')).toThrow('in create only');
    expect(() => stream.indicator('sma', { timeperiod: 3 })).toThrow('in create only');
    expect(() => streamOf(0)).toThrow('history: 0 must be a whole number of bars');
  });

  it('refuse a snapshot of other series or another history', () => {
    const stream = streamOf(2);
    stream.series('close');
    const snapshot = stream.snapshot();
    expect(() => streamOf(2).restore(snapshot)).toThrow('snapshot: it is of other series');
    const longer = streamOf(3);
    longer.series('close');
    expect(() => longer.restore(snapshot)).toThrow('snapshot: it is of other series');
  });
});
