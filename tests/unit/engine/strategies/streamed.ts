import type { StrategyContext, StrategyDefinition } from '../../../../engine/backtest/strategy.ts';
import type { Bar, BarColumns } from '../../../../engine/domain/bar.ts';
import type { InstrumentBars } from '../../../../engine/expressions/bars-environment.ts';
import type { SourceBar } from '../../../../engine/expressions/bars-feed.ts';
import { closingTimes } from '../../../../engine/series/resample.ts';
import type { RuleProgram } from '../../../../engine/strategies/rules/program.ts';
import { RuleStream, type RuleMarket } from '../../../../engine/strategies/rules/stream.ts';

export type Others = Readonly<Record<string, InstrumentBars>>;

export function marketOf(base: InstrumentBars, others: Others = {}): RuleMarket {
  return { base, lookUp: (symbol) => others[symbol] };
}

export function barAt(bars: BarColumns, i: number): Bar {
  const { time, open, high, low, close, volume } = bars;
  return {
    time: time[i] ?? Number.NaN,
    open: open[i] ?? Number.NaN,
    high: high[i] ?? Number.NaN,
    low: low[i] ?? Number.NaN,
    close: close[i] ?? Number.NaN,
    volume: volume[i] ?? Number.NaN,
  };
}

/** All bars of several instruments by the moment at which they close, as a market would tell them. */
export function momentsOf(base: InstrumentBars, others: Others = {}): SourceBar[][] {
  const told: { readonly at: number; readonly bar: SourceBar }[] = [];
  const add = (instrument: string | null, { bars, timeframe, calendar, hours }: InstrumentBars) => {
    const closes = closingTimes(bars.time, timeframe, { calendar, hours });
    closes.forEach((at, i) => told.push({ at, bar: { instrument, bar: barAt(bars, i) } }));
  };
  add(null, base);
  for (const [symbol, other] of Object.entries(others)) add(symbol, other);
  told.sort((a, b) => a.at - b.at);
  const moments: SourceBar[][] = [];
  let last = Number.NaN;
  for (const { at, bar } of told) {
    if (at === last) moments.at(-1)?.push(bar);
    else moments.push([bar]);
    last = at;
  }
  return moments;
}

export interface StreamedOptions {
  readonly others?: Others;
  /** Whether the rules are ended here, stored as JSON and begun anew. */
  readonly restarts?: (index: number, after: 'take' | 'onBar' | 'onOrder') => boolean;
  /** Sees the values of each bar. */
  readonly onValues?: (index: number, values: ReadonlyMap<string, number>) => void;
}

/** A document bar by bar as a strategy of a backtest: bars are told to it as they close. */
export function streamedDefinition(
  program: RuleProgram,
  base: InstrumentBars,
  { others = {}, restarts = () => false, onValues }: StreamedOptions = {},
): StrategyDefinition {
  return {
    id: 'test',
    title: '',
    description: '',
    parameters: program.parameters,
    validate: (values) => program.check(values),
    create(values) {
      const market = marketOf(base, others);
      const begin = (): RuleStream => new RuleStream(program, values, market);
      let rules = begin();
      const known = Object.fromEntries(
        Object.entries(others).filter(([symbol]) => rules.instruments.includes(symbol)),
      );
      const moments = momentsOf(base, known);
      let next = 0;
      /** Calls that are running: a cancel tells of itself while the rules give it. */
      let depth = 0;
      const restart = (): void => {
        const stored = JSON.stringify(rules.snapshot());
        rules = begin();
        rules.restore(JSON.parse(stored) as ReturnType<RuleStream['snapshot']>);
      };
      return {
        onBar(context: StrategyContext) {
          // Bars that nobody traded are taken as well; the strategy is not asked on them.
          while (rules.barCount <= context.index) {
            const closed = rules.take(moments[next] ?? []);
            next += 1;
            if (!closed) continue;
            onValues?.(rules.barCount - 1, rules.values());
            if (restarts(rules.barCount - 1, 'take')) restart();
          }
          depth += 1;
          rules.onBar(context);
          depth -= 1;
          if (restarts(context.index, 'onBar')) restart();
        },
        onOrder(event, context) {
          depth += 1;
          rules.onOrder(event, context);
          depth -= 1;
          if (depth === 0 && restarts(context.index, 'onOrder')) restart();
        },
      };
    },
  };
}
