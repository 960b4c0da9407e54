import {
  add,
  decimal,
  decimalOf,
  isNegative,
  multiply,
  ZERO,
} from '../../../engine/domain/decimal.ts';
import type { StubExchange, StubOrder } from './exchange.ts';

export const STUB_ASSETS = [
  ['AAPL', 'NASDAQ', 'Apple Inc. Common Stock'],
  ['MSFT', 'NASDAQ', 'Microsoft Corporation Common Stock'],
  ['SPY', 'ARCA', 'SPDR S&P 500 ETF Trust'],
  ['BRK.B', 'NYSE', 'Berkshire Hathaway Inc. Class B'],
  ['OTCX', 'OTC', 'Over The Counter Example'],
] as const;

export function accountJson(exchange: StubExchange): object {
  let value = ZERO;
  for (const [symbol, { qty }] of exchange.positions)
    value = add(value, multiply(qty, decimalOf(exchange.prices.get(symbol) ?? 100)));
  const equity = add(exchange.cash, value);
  return {
    id: exchange.account,
    account_number: exchange.number,
    status: 'ACTIVE',
    currency: 'USD',
    cash: exchange.cash,
    equity,
    last_equity: equity,
    buying_power: multiply(exchange.cash, decimal('2')),
    initial_margin: '0',
    maintenance_margin: '0',
    multiplier: '2',
    trading_blocked: exchange.blocked,
    account_blocked: false,
    trade_suspended_by_user: false,
    shorting_enabled: true,
    created_at: iso(Date.UTC(2020, 0, 1)),
  };
}

export function positionsJson(exchange: StubExchange): object[] {
  return [...exchange.positions].map(([symbol, { qty, price }]) => ({
    asset_id: assetId(symbol),
    symbol,
    exchange: STUB_ASSETS.find(([name]) => name === symbol)?.[1] ?? 'NASDAQ',
    asset_class: 'us_equity',
    asset_marginable: true,
    avg_entry_price: price,
    qty,
    side: isNegative(qty) ? 'short' : 'long',
    market_value: multiply(qty, price),
    cost_basis: multiply(qty, price),
    unrealized_pl: '0',
    unrealized_plpc: '0',
    unrealized_intraday_pl: '0',
    unrealized_intraday_plpc: '0',
    current_price: price,
    lastday_price: price,
    change_today: '0',
  }));
}

export function orderJson(order: StubOrder, nested: boolean): object {
  const average = order.filled === ZERO ? null : String(Number(order.paid) / Number(order.filled));
  return {
    id: order.id,
    client_order_id: order.client_order_id,
    created_at: iso(order.created),
    updated_at: iso(order.updated),
    submitted_at: iso(order.created),
    filled_at: order.status === 'filled' ? iso(order.updated) : null,
    expired_at: null,
    canceled_at: order.status === 'canceled' ? iso(order.updated) : null,
    failed_at: null,
    replaced_at: order.status === 'replaced' ? iso(order.updated) : null,
    replaced_by: order.replaced_by,
    replaces: order.replaces,
    asset_id: assetId(order.symbol),
    symbol: order.symbol,
    asset_class: 'us_equity',
    notional: order.notional,
    qty: order.qty,
    filled_qty: order.filled,
    filled_avg_price: average,
    order_class: order.order_class,
    order_type: order.type,
    type: order.type,
    side: order.side,
    time_in_force: order.time_in_force,
    limit_price: order.limit_price,
    stop_price: order.stop_price,
    status: order.status,
    extended_hours: order.extended_hours,
    legs: nested && order.legs !== null ? order.legs.map((leg) => orderJson(leg, false)) : null,
    trail_percent: order.trail_percent,
    trail_price: order.trail_price,
    hwm: null,
  };
}

export function assetsJson(): object[] {
  return STUB_ASSETS.map(([symbol, exchange, name]) => ({
    id: assetId(symbol),
    class: 'us_equity',
    exchange,
    symbol,
    name,
    status: 'active',
    tradable: symbol !== 'OTCX',
    marginable: true,
    shortable: symbol !== 'OTCX',
    easy_to_borrow: symbol !== 'OTCX',
    fractionable: symbol !== 'BRK.B',
  }));
}

function assetId(symbol: string): string {
  const hex = Buffer.from(symbol.padEnd(16, '0')).toString('hex').slice(0, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** With the nanoseconds that Alpaca writes. */
export const iso = (time: number): string => new Date(time).toISOString().replace('Z', '123456Z');
