/** Orders that the suite places, made to fit any venue. */
import {
  add,
  decimal,
  divide,
  multiply,
  roundToStep,
  subtract,
  type Price,
  type Quantity,
} from '../../engine/domain/decimal.ts';
import { clientOrderId, type VenueOrderId } from '../../engine/domain/identifiers.ts';
import type { GroupKind, OrderIntent, OrderTerms } from '../../engine/domain/live-order.ts';
import type { OrderType, TimeInForce } from '../../engine/domain/order.ts';
import { MS_PER_DAY, unixMillis, type UnixMillis } from '../../engine/domain/time.ts';
import { tickAt } from '../../engine/orders/check-terms.ts';
import type { ExecutionClient, OrderRef } from '../../engine/ports/execution-client.ts';
import type { Context, ExecutionBench } from './execution-bench.ts';

let orders = 0;

export function intentOf(
  bench: Pick<ExecutionBench, 'account' | 'instrument' | 'now'>,
  terms: OrderTerms,
  more: Partial<OrderIntent> = {},
): OrderIntent {
  orders += 1;
  return {
    clientOrderId: clientOrderId(`CONF${process.pid}N${String(orders).padStart(5, '0')}`),
    account: bench.account,
    instrument: bench.instrument,
    terms,
    source: { kind: 'person', name: '' },
    strategy: null,
    group: null,
    parent: null,
    decidedAt: bench.now(),
    decisionPrice: null,
    tag: '',
    ...more,
  };
}

export function refOf(order: OrderIntent, id: VenueOrderId | null = null): OrderRef {
  const { account, instrument, clientOrderId: name } = order;
  return { account, instrument, clientOrderId: name, venueOrderId: id };
}

/** A tenth below the market and above it, on a whole price: such limits rest. */
export const below = ({ price }: ExecutionBench): Price =>
  roundToStep(multiply(price, decimal('0.9')), decimal('1'), 'towards-zero') as Price;
export const above = ({ price }: ExecutionBench): Price =>
  roundToStep(multiply(price, decimal('1.1')), decimal('1'), 'away-from-zero') as Price;
export const quarter = ({ quantity }: ExecutionBench): Quantity =>
  divide(quantity, decimal('4'), 12, 'towards-zero') as Quantity;
export const soon = (bench: ExecutionBench): UnixMillis =>
  unixMillis(Math.floor(bench.now() / 1000) * 1000 + 3 * MS_PER_DAY);
export const since = (bench: ExecutionBench): UnixMillis => unixMillis(bench.now() - MS_PER_DAY);
export const dayOr = (client: ExecutionClient): TimeInForce =>
  client.capabilities.timesInForce.includes('day') ? 'day' : 'gtc';

export function limit(bench: ExecutionBench): OrderTerms {
  return {
    side: 'buy',
    type: 'limit',
    quantity: bench.quantity,
    limitPrice: below(bench),
    timeInForce: bench.client.capabilities.timesInForce.includes('gtc') ? 'gtc' : 'day',
  };
}

/** Terms of a type that rest: buys below the market or waiting above it, sells that trail. */
export function termsOf({ bench, client, rules }: Context, type: OrderType): OrderTerms {
  const auction = type.endsWith('_on_open') || type.endsWith('_on_close');
  const common = {
    type,
    side: 'buy',
    quantity: bench.quantity,
    timeInForce: auction ? 'day' : dayOr(client),
  } as const;
  switch (type) {
    case 'market':
    case 'market_on_open':
    case 'market_on_close':
      return common;
    case 'limit':
    case 'limit_on_open':
    case 'limit_on_close':
      return { ...common, limitPrice: below(bench) };
    case 'stop':
      return { ...common, stopPrice: above(bench) };
    case 'stop_limit':
      return {
        ...common,
        stopPrice: above(bench),
        limitPrice: add(above(bench), decimal('1')) as Price,
      };
    case 'market_if_touched':
      return { ...common, stopPrice: below(bench) };
    case 'limit_if_touched':
      return { ...common, stopPrice: below(bench), limitPrice: below(bench) };
    case 'trailing_stop':
      return { ...common, trailPercent: decimal('5') };
    case 'trailing_stop_limit':
      return {
        ...common,
        trailAmount: decimal('5') as Price,
        limitOffset: multiply(tickAt(rules, bench.price), decimal('10')) as Price,
      };
  }
}

/** Orders of a group, the entry first. */
export function groupOf({ bench }: Context, kind: GroupKind): readonly OrderIntent[] {
  orders += 1;
  const id = `G${process.pid}N${orders}`;
  const usual = limit(bench);
  const stop: OrderTerms = {
    side: 'sell',
    type: 'stop',
    quantity: bench.quantity,
    stopPrice: subtract(below(bench), decimal('5')) as Price,
    timeInForce: usual.timeInForce,
  };
  const target: OrderTerms = { ...usual, side: 'sell', limitPrice: above(bench) };
  if (kind === 'oco') {
    return [
      intentOf(bench, target, { group: { id, kind, role: 'leg' } }),
      intentOf(bench, stop, { group: { id, kind, role: 'leg' } }),
    ];
  }
  const entry = intentOf(bench, usual, { group: { id, kind, role: 'entry' } });
  const parent = entry.clientOrderId;
  const exit = intentOf(bench, stop, { group: { id, kind, role: 'stop-loss' }, parent });
  if (kind === 'oto') return [entry, exit];
  return [
    entry,
    exit,
    intentOf(bench, target, { group: { id, kind, role: 'take-profit' }, parent }),
  ];
}
