import {
  isPositive,
  type Decimal,
  type Price,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import {
  clientOrderId,
  tradeId,
  venueOrderId,
  type AccountId,
  type ClientOrderId,
  type InstrumentId,
  type VenueOrderId,
} from '../../../engine/domain/identifiers.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { FillReport, OrderReport } from '../../../engine/ports/execution-client.ts';
import type { BinanceExecution, BinanceOrder, BinanceTrade } from './schemas.ts';
import { averageOf, sideOf, statusOf, termsOf } from './words.ts';

/** Whose it is, of what, and when it was heard. */
export interface About {
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  /** The asset that is bought and sold. */
  readonly base: string;
  readonly receivedTime: number;
}

/** Numbers of orders and trades are those of their pair; here they name one of the account. */
export const orderIdOf = (symbol: string, id: number): VenueOrderId =>
  venueOrderId(`${symbol}:${id}`);
const tradeIdOf = (symbol: string, id: number): FillReport['tradeId'] => tradeId(`${symbol}:${id}`);

/** Binance's own number of an order; null for an id that is none of its pair. */
export function numberOf(id: VenueOrderId | null, symbol: string): number | null {
  if (id === null || !id.startsWith(`${symbol}:`)) return null;
  const text = id.slice(symbol.length + 1);
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** null for a name that cannot be one of ours. */
export function nameOf(text: string): ClientOrderId | null {
  try {
    return clientOrderId(text);
  } catch {
    return null;
  }
}

/** An order as it was asked for; null for what our words do not hold. */
export function orderReport(order: BinanceOrder, about: About): OrderReport | null {
  const terms = termsOf({ ...order, quantity: order.origQty });
  if (terms === null) return null;
  return {
    kind: 'order',
    account: about.account,
    venueOrderId: orderIdOf(order.symbol, order.orderId),
    clientOrderId: nameOf(order.clientOrderId),
    instrument: about.instrument,
    status: statusOf(order.status, order.type, (order.workingTime ?? -1) > 0),
    terms,
    filledQuantity: order.executedQty as Quantity,
    averagePrice: averageOf(order.executedQty, order.cummulativeQuoteQty),
    reason: reasonOf(order.status),
    venueTime: order.updateTime,
    receivedTime: unixMillis(about.receivedTime),
  };
}

/** An order as the stream tells it; null for what our words do not hold. */
export function executionOrder(event: BinanceExecution, about: About): OrderReport | null {
  const terms = termsOf({
    side: event.S,
    type: event.o,
    timeInForce: event.f,
    quantity: event.q,
    price: event.p,
    stopPrice: event.P,
    icebergQty: event.F,
    trailingDelta: event.d,
  });
  if (terms === null) return null;
  return {
    kind: 'order',
    account: about.account,
    venueOrderId: orderIdOf(event.s, event.i),
    clientOrderId: nameOf(ownName(event)),
    instrument: about.instrument,
    status: statusOf(event.X, event.o, (event.W ?? -1) > 0),
    terms,
    filledQuantity: event.z as Quantity,
    averagePrice: averageOf(event.z, event.Z),
    reason: event.r === 'NONE' || event.r === '' ? reasonOf(event.X) : event.r.slice(0, 100),
    venueTime: event.T,
    receivedTime: unixMillis(about.receivedTime),
  };
}

/** The fill of an event that tells of one; null for other events. */
export function executionFill(event: BinanceExecution, about: About): FillReport | null {
  if (event.x !== 'TRADE') return null;
  return {
    kind: 'fill',
    account: about.account,
    tradeId: tradeIdOf(event.s, event.t),
    venueOrderId: orderIdOf(event.s, event.i),
    clientOrderId: nameOf(ownName(event)),
    instrument: about.instrument,
    side: sideOf(event.S),
    quantity: event.l as Quantity,
    price: event.L as Price,
    commission: event.n,
    commissionCurrency: event.N ?? '',
    ...chargedOf(event.n, event.N, about),
    liquidity: event.m ? 'maker' : 'taker',
    venueTime: event.T,
    receivedTime: unixMillis(about.receivedTime),
  };
}

/**
 * A fill as the account's trades tell it.
 * @param name of its order, where it is known: trades do not hold it
 */
export function tradeReport(
  trade: BinanceTrade,
  name: string | undefined,
  about: About,
): FillReport {
  return {
    kind: 'fill',
    account: about.account,
    tradeId: tradeIdOf(trade.symbol, trade.id),
    venueOrderId: orderIdOf(trade.symbol, trade.orderId),
    clientOrderId: name === undefined ? null : nameOf(name),
    instrument: about.instrument,
    side: trade.isBuyer ? 'buy' : 'sell',
    quantity: trade.qty as Quantity,
    price: trade.price as Price,
    commission: trade.commission,
    commissionCurrency: trade.commissionAsset,
    ...chargedOf(trade.commission, trade.commissionAsset, about),
    liquidity: trade.isMaker ? 'maker' : 'taker',
    venueTime: trade.time,
    receivedTime: unixMillis(about.receivedTime),
  };
}

/** A commission that is taken in what is bought or sold makes the holding smaller. */
function chargedOf(
  commission: Decimal | null,
  asset: string | null,
  { base }: About,
): Pick<FillReport, 'unitsCharged'> {
  const charged = asset === base && commission !== null && isPositive(commission);
  return charged ? { unitsCharged: commission as Quantity } : {};
}

/** A cancellation has a name of its own; that of the order stands beside it. */
export function ownName({ c: name, C: original }: BinanceExecution): string {
  return original === undefined || original === null || original === '' ? name : original;
}

function reasonOf(status: BinanceOrder['status']): string {
  if (status === 'EXPIRED_IN_MATCH')
    return 'It would have traded with another order of the account.';
  return status === 'EXPIRED' ? 'Binance ended it by the rules of its type.' : '';
}
