import type { SizeRule } from '../../domain/backtest.ts';
import { RenataError } from '../../domain/errors.ts';
import type { StrategyDocument } from '../../protocol/strategy-document.ts';
import { pricePath } from './parts.ts';

/** How far a stop or target is from the entry, ready to be asked. */
export interface Distance {
  readonly percent: number;
  readonly multiple: number;
  readonly range: Float64Array | undefined;
  readonly prices: {
    readonly long: Float64Array | undefined;
    readonly short: Float64Array | undefined;
  };
}

/** How much an entry buys when the run's own rule does not say. */
export interface Sizing {
  readonly kind: 'risk' | 'volatility';
  readonly percent: number;
  readonly maxPercent: number;
  /** Yearly volatility in percent; of `volatility` alone. */
  readonly realised: Float64Array | undefined;
  /** Percent that a size may be off before it is mended; NaN for never. */
  readonly rebalance: number;
}

/**
 * Everything that the strategy reads while it runs: one number or one column for each rule. Columns hold
 * one row a bar, or the newest bar alone in a row that is written anew on each.
 */
export interface Plan {
  readonly entryLong: Float64Array | undefined;
  readonly entryShort: Float64Array | undefined;
  readonly exitLong: Float64Array | undefined;
  readonly exitShort: Float64Array | undefined;
  /** Conditions that all must hold for an entry. */
  readonly filters: readonly Float64Array[];
  readonly stopLoss: Distance | undefined;
  readonly takeProfit: Distance | undefined;
  readonly trailing: Distance | undefined;
  /** NaN for none. */
  readonly timeStop: number;
  readonly sizing: Sizing | undefined;
  readonly order: 'market' | 'limit' | 'stop';
  readonly orderPrices: Distance['prices'];
  readonly goodTillCancelled: boolean;
  readonly maxOpen: number;
  readonly cooldown: number;
}

const MAX_PERCENT = 95;

type Numbers = ReadonlyMap<string, number>;
type Columns = ReadonlyMap<string, Float64Array>;

/** @throws RenataError BAD_INPUT for a number that is out of its range */
export function planOf(document: StrategyDocument, numbers: Numbers, columns: Columns): Plan {
  const { order, filters, stops } = document;
  const distance = (name: 'stopLoss' | 'takeProfit' | 'trailing'): Distance | undefined => {
    const given = stops?.[name];
    if (given === undefined) return undefined;
    const path = `stops.${name}`;
    const price = (side: 'long' | 'short'): Float64Array | undefined =>
      columns.get(pricePath(given, path, side) ?? '');
    return {
      percent: checked(numbers, `${path}.percent`, 0, 100),
      multiple: checked(numbers, `${path}.atr`, 0, 1_000),
      range: columns.get(`${path}.range`),
      prices: { long: price('long'), short: price('short') },
    };
  };
  const gates = ['filters.when', 'filters.session', 'filters.weekdays'];
  return {
    entryLong: columns.get('entry.long'),
    entryShort: columns.get('entry.short'),
    exitLong: columns.get('exit.long'),
    exitShort: columns.get('exit.short'),
    filters: gates.flatMap((path) => columns.get(path) ?? []),
    stopLoss: distance('stopLoss'),
    takeProfit: distance('takeProfit'),
    trailing: distance('trailing'),
    timeStop: checked(numbers, 'stops.timeStop', 1, 1e9, true),
    sizing: sizingOf(document, numbers, columns),
    order: order?.type ?? 'market',
    orderPrices: {
      long: columns.get('order.long') ?? columns.get('order.price'),
      short: columns.get('order.short') ?? columns.get('order.price'),
    },
    goodTillCancelled: order?.timeInForce === 'gtc',
    maxOpen: filters?.maxOpen ?? 1,
    cooldown: numbers.has('filters.cooldown')
      ? checked(numbers, 'filters.cooldown', 0, 1e9, true)
      : 0,
  };
}

function sizingOf(
  { sizing }: StrategyDocument,
  numbers: Numbers,
  columns: Columns,
): Sizing | undefined {
  if (sizing === undefined || sizing === 'all') return undefined;
  const maxPercent = numbers.has('sizing.maxPercent')
    ? checked(numbers, 'sizing.maxPercent', 0, 100)
    : MAX_PERCENT;
  const common = { maxPercent, rebalance: checked(numbers, 'sizing.rebalance', 0, 1_000) };
  if (sizing.riskPercent !== undefined) {
    const percent = checked(numbers, 'sizing.riskPercent', 0, 100);
    return { kind: 'risk', percent, realised: undefined, ...common };
  }
  if (sizing.volatilityTarget === undefined) return undefined;
  const percent = checked(numbers, 'sizing.volatilityTarget', 0, 1_000);
  return { kind: 'volatility', percent, realised: columns.get('sizing.realised'), ...common };
}

/** The run's size rule that a document asks for; `undefined` where it leaves it to the run. */
export function sizeRuleOf(document: StrategyDocument, numbers: Numbers): SizeRule | undefined {
  const { sizing } = document;
  if (sizing === undefined) return undefined;
  if (sizing === 'all') return { kind: 'all' };
  if (sizing.percent !== undefined) {
    return { kind: 'percent', percent: checked(numbers, 'sizing.percent', 0, 100) };
  }
  if (sizing.quantity !== undefined) {
    return { kind: 'quantity', quantity: checked(numbers, 'sizing.quantity', 0, 1e12) };
  }
  if (sizing.notional !== undefined) {
    return { kind: 'notional', notional: checked(numbers, 'sizing.notional', 0, 1e15) };
  }
  return undefined;
}

/** A number of the document; NaN when it is not given. The lower end is excluded unless it is 1. */
function checked(numbers: Numbers, path: string, low: number, high: number, whole = false): number {
  const value = numbers.get(path);
  if (value === undefined) return Number.NaN;
  const fits = whole ? Number.isInteger(value) && value >= low : value > low;
  if (fits && value <= high) return value;
  const range = whole ? `a whole number from ${low} to ${high}` : `above ${low}, at most ${high}`;
  throw new RenataError('BAD_INPUT', `${path}: ${value} must be ${range}.`, {
    details: { parameter: path, path },
  });
}

/**
 * What of a bar's values a stop or target is measured with: its price, the average true range, or NaN
 * where it needs none.
 * @param position 1 or -1
 * @param row of the columns
 */
export function measureAt({ prices, range }: Distance, position: number, row: number): number {
  const column = (position > 0 ? prices.long : prices.short) ?? range;
  return column === undefined ? Number.NaN : (column[row] as number);
}

/**
 * Price of a stop or target of a position; NaN where something is missing.
 * @param position 1 or -1
 * @param towards 1 for a target, where the position earns, -1 for a stop
 * @param measure of `measureAt`
 */
export function priceFrom(
  distance: Distance,
  from: number,
  position: number,
  towards: 1 | -1,
  measure: number,
): number {
  const { percent, multiple, range, prices } = distance;
  if ((position > 0 ? prices.long : prices.short) !== undefined) return measure;
  const away = range === undefined ? (from * percent) / 100 : multiple * measure;
  return from + position * towards * away;
}

/** The same with the values of a row of the columns. */
export function priceAt(
  distance: Distance,
  from: number,
  position: number,
  towards: 1 | -1,
  row: number,
): number {
  return priceFrom(distance, from, position, towards, measureAt(distance, position, row));
}

/** Whether a distance has prices for the side, or needs none. */
export function covers(distance: Distance, position: number): boolean {
  const { prices } = distance;
  const priced = prices.long !== undefined || prices.short !== undefined;
  return !priced || (position > 0 ? prices.long : prices.short) !== undefined;
}
