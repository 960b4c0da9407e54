import { ZERO, type Decimal } from '../../../engine/domain/decimal.ts';
import type { StubEvent, StubExchange, StubOrder, StubTrade } from './exchange.ts';
import { STUB_PAIRS } from './pairs.ts';

/** Eight places, as the venue writes amounts. */
export function amount(value: Decimal): string {
  const [whole = '0', places = ''] = value.split('.');
  return `${whole}.${places.padEnd(8, '0')}`;
}

export function exchangeJson(time: number, weight: number): object {
  return {
    timezone: 'UTC',
    serverTime: time,
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: weight },
      { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 100 },
      { rateLimitType: 'ORDERS', interval: 'DAY', intervalNum: 1, limit: 200_000 },
    ],
    exchangeFilters: [],
    symbols: STUB_PAIRS.map((pair) => ({
      symbol: pair.symbol,
      status: pair.status,
      baseAsset: pair.base,
      baseAssetPrecision: 8,
      quoteAsset: pair.quote,
      quotePrecision: 8,
      quoteAssetPrecision: 8,
      baseCommissionPrecision: 8,
      quoteCommissionPrecision: 8,
      orderTypes: [
        'LIMIT',
        'LIMIT_MAKER',
        'MARKET',
        'STOP_LOSS',
        'STOP_LOSS_LIMIT',
        'TAKE_PROFIT',
        'TAKE_PROFIT_LIMIT',
      ],
      icebergAllowed: true,
      ocoAllowed: true,
      otoAllowed: true,
      quoteOrderQtyMarketAllowed: true,
      allowTrailingStop: true,
      cancelReplaceAllowed: true,
      isSpotTradingAllowed: true,
      isMarginTradingAllowed: false,
      filters: [
        {
          filterType: 'PRICE_FILTER',
          minPrice: pair.tick,
          maxPrice: '1000000.00000000',
          tickSize: pair.tick,
        },
        { filterType: 'LOT_SIZE', minQty: pair.step, maxQty: '9000.00000000', stepSize: pair.step },
        { filterType: 'ICEBERG_PARTS', limit: 10 },
        {
          filterType: 'MARKET_LOT_SIZE',
          minQty: '0.00000000',
          maxQty: '100.00000000',
          stepSize: '0.00000000',
        },
        {
          filterType: 'NOTIONAL',
          minNotional: pair.notional,
          applyMinToMarket: true,
          maxNotional: '9000000.00000000',
          applyMaxToMarket: false,
          avgPriceMins: 5,
        },
        { filterType: 'MAX_NUM_ORDERS', maxNumOrders: 200 },
        { filterType: 'MAX_NUM_ALGO_ORDERS', maxNumAlgoOrders: 5 },
      ],
      permissions: [],
      permissionSets: [['SPOT']],
      defaultSelfTradePreventionMode: 'EXPIRE_MAKER',
      allowedSelfTradePreventionModes: ['EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH'],
    })),
  };
}

export function accountJson(exchange: StubExchange): object {
  const rate = '0.00100000';
  return {
    makerCommission: 10,
    takerCommission: 10,
    buyerCommission: 0,
    sellerCommission: 0,
    commissionRates: { maker: rate, taker: rate, buyer: '0.00000000', seller: '0.00000000' },
    canTrade: exchange.canTrade,
    canWithdraw: true,
    canDeposit: true,
    brokered: false,
    requireSelfTradePrevention: false,
    preventSor: false,
    updateTime: exchange.now(),
    accountType: 'SPOT',
    balances: [...exchange.balances].map(([asset, { free, locked }]) => ({
      asset,
      free: amount(free),
      locked: amount(locked),
    })),
    permissions: ['SPOT'],
    uid: exchange.uid,
  };
}

const common = (order: StubOrder): object => ({
  symbol: order.symbol,
  orderId: order.id,
  orderListId: order.listId,
  clientOrderId: order.name,
  price: amount(order.price),
  origQty: amount(order.quantity),
  executedQty: amount(order.filled),
  cummulativeQuoteQty: amount(order.paid),
  status: order.status,
  timeInForce: order.timeInForce,
  type: order.type,
  side: order.side,
  selfTradePreventionMode: 'EXPIRE_MAKER',
});

export const orderJson = (order: StubOrder): object => ({
  ...common(order),
  stopPrice: amount(order.stop),
  icebergQty: amount(order.iceberg),
  time: order.time,
  updateTime: order.updated,
  isWorking: true,
  workingTime: order.working ? order.updated : -1,
  origQuoteOrderQty: '0.00000000',
});

export const placedJson = (order: StubOrder): object => ({
  ...common(order),
  transactTime: order.updated,
  workingTime: order.working ? order.updated : -1,
});

/** The answer to a cancellation bears a name of its own. */
export const canceledJson = (order: StubOrder): object => ({
  ...common(order),
  origClientOrderId: order.name,
  clientOrderId: `cancel-${order.id}`,
  transactTime: order.updated,
});

export function pairJson(legs: readonly StubOrder[], time: number): object {
  const [first] = legs as [StubOrder];
  return {
    orderListId: first.listId,
    contingencyType: 'OCO',
    listStatusType: 'EXEC_STARTED',
    listOrderStatus: 'EXECUTING',
    listClientOrderId: `list-${first.listId}`,
    transactionTime: time,
    symbol: first.symbol,
    orders: legs.map(({ symbol, id, name }) => ({ symbol, orderId: id, clientOrderId: name })),
    orderReports: legs.map((leg) => ({ ...placedJson(leg), stopPrice: amount(leg.stop) })),
  };
}

export const tradeJson = (trade: StubTrade): object => ({
  symbol: trade.order.symbol,
  id: trade.id,
  orderId: trade.order.id,
  orderListId: trade.order.listId,
  price: amount(trade.price),
  qty: amount(trade.quantity),
  quoteQty: '0.00000000',
  commission: amount(trade.commission),
  commissionAsset: trade.commissionAsset,
  time: trade.time,
  isBuyer: trade.order.side === 'BUY',
  isMaker: trade.maker,
  isBestMatch: true,
});

/** What the stream tells of an order, letter by letter. */
export function executionEvent(
  order: StubOrder,
  execution: string,
  trade: StubTrade | null,
  time: number,
): StubEvent {
  const cancels = execution === 'CANCELED';
  return {
    e: 'executionReport',
    E: time,
    s: order.symbol,
    c: cancels ? `cancel-${order.id}` : order.name,
    S: order.side,
    o: order.type,
    f: order.timeInForce,
    q: amount(order.quantity),
    p: amount(order.price),
    P: amount(order.stop),
    F: amount(order.iceberg),
    g: order.listId,
    C: cancels ? order.name : '',
    x: execution,
    X: order.status,
    r: 'NONE',
    i: order.id,
    l: amount(trade?.quantity ?? ZERO),
    z: amount(order.filled),
    L: amount(trade?.price ?? ZERO),
    n: trade === null ? '0' : amount(trade.commission),
    N: trade === null ? null : trade.commissionAsset,
    T: order.updated,
    t: trade?.id ?? -1,
    I: 8_641_984,
    w: order.working,
    m: trade?.maker ?? false,
    M: false,
    O: order.time,
    Z: amount(order.paid),
    Y: '0.00000000',
    Q: '0.00000000',
    ...(order.working ? { W: order.updated } : {}),
    V: 'EXPIRE_MAKER',
  };
}

export const accountEvent = (
  balances: readonly (readonly [string, { readonly free: Decimal; readonly locked: Decimal }])[],
  time: number,
): StubEvent => ({
  e: 'outboundAccountPosition',
  E: time,
  u: time,
  B: balances.map(([a, { free, locked }]) => ({ a, f: amount(free), l: amount(locked) })),
});

export const listEvent = (
  legs: readonly StubOrder[],
  type: string,
  status: string,
  time: number,
): StubEvent => ({
  e: 'listStatus',
  E: time,
  s: legs[0]?.symbol,
  g: legs[0]?.listId,
  c: 'OCO',
  l: type,
  L: status,
  r: 'NONE',
  C: `list-${legs[0]?.listId}`,
  T: time,
  O: legs.map(({ symbol, id, name }) => ({ s: symbol, i: id, c: name })),
});
