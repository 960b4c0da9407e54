import { RenataError } from '../../domain/errors.ts';
import type { StrategyDistance, StrategyDocument } from '../../protocol/strategy-document.ts';

const SIZES = ['percent', 'quantity', 'notional', 'riskPercent', 'volatilityTarget'] as const;

/**
 * What the schema cannot say: forms of which exactly one is given, and fields that need another.
 * @throws RenataError BAD_INPUT with `details.path`
 */
export function checkShape(document: StrategyDocument): void {
  const { entry, stops, sizing, order, filters } = document;
  if (entry.long === undefined && entry.short === undefined) {
    throw wrong('entry', 'a strategy needs an entry: give entry.long, entry.short or both');
  }
  for (const name of ['stopLoss', 'takeProfit', 'trailing'] as const) {
    checkDistance(stops?.[name], `stops.${name}`);
  }
  if (sizing !== undefined && sizing !== 'all') checkSizing(document, sizing);
  if (order !== undefined) {
    const priced = order.price ?? order.long ?? order.short;
    if (order.type === 'market' && priced !== undefined) {
      throw wrong('order', 'a market order has no price; choose limit or stop');
    }
    if (order.type === 'market' && order.timeInForce !== undefined) {
      throw wrong('order.timeInForce', 'a market order fills at once; choose limit or stop');
    }
    for (const side of ['long', 'short'] as const) {
      const missing = order.type !== 'market' && (order[side] ?? order.price) === undefined;
      if (missing && entry[side] !== undefined) {
        throw wrong('order', `a ${order.type} order needs a price for its ${side} entries`);
      }
    }
  }
  const [from, to] = filters?.session?.split('-') ?? [];
  const clock = (text: string | undefined): boolean =>
    text === undefined || (text <= '24:00' && Number(text.slice(3)) < 60);
  if (!clock(from) || !clock(to) || (from !== undefined && from === to)) {
    throw wrong('filters.session', 'write two different clock times such as 09:30-16:00');
  }
}

function checkDistance(distance: StrategyDistance | undefined, path: string): void {
  if (distance === undefined) return;
  const { percent, atr, period, price, long, short } = distance;
  const priced = price !== undefined || long !== undefined || short !== undefined;
  const given = [percent !== undefined, atr !== undefined, priced].filter(Boolean).length;
  if (given !== 1) {
    throw wrong(path, 'give one of percent, atr, or a price (price, or long and short)');
  }
  if (period !== undefined && atr === undefined) {
    throw wrong(`${path}.period`, 'the period belongs to atr');
  }
}

function checkSizing(
  { stops }: StrategyDocument,
  sizing: Exclude<StrategyDocument['sizing'], 'all' | undefined>,
): void {
  const given = SIZES.filter((name) => sizing[name] !== undefined);
  if (given.length !== 1) throw wrong('sizing', `give one of ${SIZES.join(', ')}, or write all`);
  const [kind] = given;
  if (kind === 'riskPercent' && stops?.stopLoss === undefined && stops?.trailing === undefined) {
    throw wrong('sizing.riskPercent', 'risk needs a stop: give stops.stopLoss or stops.trailing');
  }
  const volatility = kind === 'volatilityTarget';
  for (const name of ['lookback', 'periodsPerYear', 'rebalance'] as const) {
    if (sizing[name] !== undefined && !volatility) {
      throw wrong(`sizing.${name}`, 'belongs to volatilityTarget');
    }
  }
  if (sizing.maxPercent !== undefined && !volatility && kind !== 'riskPercent') {
    throw wrong('sizing.maxPercent', 'belongs to riskPercent and volatilityTarget');
  }
}

export function wrong(path: string, message: string): RenataError {
  return new RenataError('BAD_INPUT', `${path}: ${message}.`, {
    details: { parameter: path, path },
  });
}
