import { BOLLINGER_BREAKOUT } from '../backtest/strategies/bollinger-breakout.ts';
import { MACD_TREND } from '../backtest/strategies/macd-trend.ts';
import { RSI_REVERSION } from '../backtest/strategies/rsi-reversion.ts';
import { SMA_CROSS } from '../backtest/strategies/sma-cross.ts';
import type { SimulationExtras } from '../backtest/simulation.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import type { ParameterValues } from '../domain/parameters.ts';
import { numberOf } from '../indicators/definition.ts';
import { computeIndicator } from '../indicators/registry.ts';
import type { ColumnCache } from './column-cache.ts';
import { bandFills, limitFills } from './order-fills.ts';
import type { Frame } from './metrics.ts';
import { crossSignals, type FillList, type TargetSignals } from './signals.ts';

/** Settings that the vectorised engine knows, or that say nothing here; any other one needs the event-driven engine. */
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(DEFAULT_SETTINGS), 'codeWork']);
const KNOWN_COMMISSION: ReadonlySet<string> = new Set(Object.keys(DEFAULT_SETTINGS.commission));

/** What a strategy of the catalogue does, from whole columns. */
export type VectorRule =
  /** Market orders only: targets, filled by the run's fill timing. */
  | {
      readonly kind: 'targets';
      targets(
        frame: Frame,
        parameters: ParameterValues,
        cache: ColumnCache,
        out: TargetSignals,
      ): void;
    }
  /** Orders at a price of their own. */
  | {
      readonly kind: 'fills';
      fills(frame: Frame, parameters: ParameterValues, cache: ColumnCache, out: FillList): void;
    };

const RULES: Readonly<Record<string, VectorRule>> = {
  [SMA_CROSS.id]: {
    kind: 'targets',
    targets(frame, parameters, cache, out) {
      const average = (name: string): Float64Array =>
        indicator(frame, cache, 'sma', { timeperiod: numberOf(parameters, name) });
      crossSignals(average('fast'), average('slow'), frame.settings.short, out);
    },
  },
  [MACD_TREND.id]: {
    kind: 'targets',
    targets(frame, parameters, cache, out) {
      const given = {
        fastperiod: numberOf(parameters, 'fast'),
        slowperiod: numberOf(parameters, 'slow'),
        signalperiod: numberOf(parameters, 'signal'),
      };
      const histogram = indicator(frame, cache, 'macd', given, 'hist');
      const zero = cache.get('zero', () => new Float64Array(frame.length));
      crossSignals(histogram, zero, frame.settings.short, out);
    },
  },
  [RSI_REVERSION.id]: {
    kind: 'fills',
    fills(frame, parameters, cache, out) {
      const rsi = indicator(frame, cache, 'rsi', { timeperiod: numberOf(parameters, 'period') });
      limitFills(frame, rsi, numberOf(parameters, 'lower'), numberOf(parameters, 'upper'), out);
    },
  },
  [BOLLINGER_BREAKOUT.id]: {
    kind: 'fills',
    fills(frame, parameters, cache, out) {
      const width = numberOf(parameters, 'width');
      const given = {
        timeperiod: numberOf(parameters, 'period'),
        nbdevup: width,
        nbdevdn: width,
      };
      const band = (name: string): Float64Array => indicator(frame, cache, 'bbands', given, name);
      bandFills(frame, band('upper'), band('middle'), band('lower'), out);
    },
  },
};

/** The rule of a strategy of the catalogue; `undefined` when it has to be run event by event. */
export function vectorRule(strategy: string): VectorRule | undefined {
  return Object.hasOwn(RULES, strategy) ? RULES[strategy] : undefined;
}

/**
 * Why a run needs the event-driven engine; `undefined` when the vectorised one gives the same trades and
 * the same equity. Sessions decide nothing here: all orders of these rules are good till cancelled.
 * @param strategy id in the catalogue; `null` for rules given as expressions, which are signals alone
 */
export function vectorisable(
  strategy: string | null,
  settings: BacktestSettings,
  bars?: BarColumns,
  market: SimulationExtras = {},
): string | undefined {
  if (strategy !== null && vectorRule(strategy) === undefined) {
    return `${strategy} is no rule of signals alone: its orders depend on what happened to those before.`;
  }
  const other =
    unknown('', settings, KNOWN) ?? unknown('commission ', settings.commission, KNOWN_COMMISSION);
  if (other !== undefined) return `The fast path does not model the setting ${other}.`;
  if ((market.events?.length ?? 0) > 0) {
    return 'Splits and dividends are booked between bars, which the fast path does not do.';
  }
  // Market orders are filled at an open or a close, where finer bars have nothing to say.
  if (market.finer !== undefined && vectorRule(strategy ?? '')?.kind === 'fills') {
    return 'Finer bars decide what happens inside a bar, which the fast path does not look at.';
  }
  if (settings.size.kind !== 'all') {
    return `The size rule "${settings.size.kind}" may refuse an entry or leave cash; the fast path holds all equity.`;
  }
  if (settings.commission.minimum > 0) {
    return 'A least commission makes costs depend on the size of the account.';
  }
  if (settings.lotSize > 0) return 'Whole lots make sizes depend on the size of the account.';
  if (!(settings.cash > 0)) return 'There is no cash to begin with.';
  if (bars === undefined) return undefined;
  const { open, high, low, close } = bars;
  for (let i = 0; i < close.length; i += 1) {
    const least = Math.min(
      open[i] as number,
      high[i] as number,
      low[i] as number,
      close[i] as number,
    );
    const most = Math.max(
      open[i] as number,
      high[i] as number,
      low[i] as number,
      close[i] as number,
    );
    // A missing price makes both NaN, and no comparison with it holds.
    if (!(least > 0 && most < Infinity)) {
      return `Bar ${i} has a price that is missing or not above 0; orders wait there.`;
    }
  }
  return undefined;
}

/** The first setting that is given and not known. */
function unknown(prefix: string, given: object, known: ReadonlySet<string>): string | undefined {
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && !known.has(name)) return prefix + name;
  }
  return undefined;
}

function indicator(
  frame: Frame,
  cache: ColumnCache,
  id: string,
  parameters: ParameterValues,
  output?: string,
): Float64Array {
  const key = `${id} ${Object.values(parameters).join(' ')} `;
  return cache.get(key + (output ?? ''), () => {
    const outputs = computeIndicator(id, parameters, frame.bars);
    const wanted = output === undefined ? outputs[0] : outputs.find(({ name }) => name === output);
    if (wanted === undefined) {
      throw new RenataError('INTERNAL', `The indicator ${id} has no output "${output ?? ''}".`);
    }
    // The others come in the same computation and are most often asked for next.
    for (const { name, values } of outputs) {
      if (values !== wanted.values) cache.get(key + name, () => values);
    }
    return wanted.values;
  });
}
