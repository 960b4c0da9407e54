import { CONTRACTS, contractDetails, contractFields, type StubContract } from './catalogue.ts';
import { openOrder, type Placed } from './layouts.ts';

export type Field = string | number | boolean;

export interface StubOrder {
  readonly orderId: number;
  readonly clientId: number;
  readonly permId: number;
  readonly contract: StubContract;
  placed: Placed;
  quantity: number;
  filled: number;
  value: number;
  status: string;
}

export interface Trade {
  readonly execId: string;
  readonly order: StubOrder;
  readonly shares: number;
  readonly price: number;
  readonly time: string;
  readonly commission: string | null;
}

export function orderStatus(order: StubOrder): Field[] {
  const { orderId, status, filled, quantity, value, permId, clientId, placed } = order;
  const held =
    status === 'PreSubmitted' ? (Number(placed['parentId'] ?? 0) === 0 ? 'trigger' : 'child') : '';
  return [
    3,
    orderId,
    status,
    filled,
    Math.max(0, quantity - filled),
    filled === 0 ? 0 : value / filled,
    permId,
    placed['parentId'] ?? 0,
    0,
    clientId,
    held,
    0,
  ];
}

export function execution(reqId: number, trade: Trade): Field[] {
  const { order, shares, price, time, execId } = trade;
  return [
    11,
    reqId,
    order.orderId,
    ...contractFields(order.contract, order.contract.primaryExch || order.contract.exchange),
    execId,
    time,
    order.placed['account'] ?? '',
    'NASDAQ',
    order.placed['action'] === 'BUY' ? 'BOT' : 'SLD',
    shares,
    price,
    order.permId,
    order.clientId,
    0,
    order.filled,
    order.filled === 0 ? 0 : order.value / order.filled,
    order.placed['orderRef'] ?? '',
    '',
    '',
    '',
    2,
    false,
  ];
}

export function openOrderOf(order: StubOrder): Field[] {
  return openOrder({
    ...order,
    contract: contractFields(order.contract),
    quantity: String(order.quantity),
    whatIf: false,
    margins: [],
    commission: '',
    warning: '',
  });
}

/** Contracts that a question means; null for none. */
export function described(fields: string[]): Field[][] | null {
  const [
    ,
    ,
    reqId,
    conId,
    symbol,
    secType,
    date,
    strike,
    right,
    ,
    exchange,
    primary,
    currency,
    local,
  ] = fields as unknown as [string, string, string, ...string[]];
  const fits = (wanted: string | undefined, has: string): boolean =>
    wanted === '' || wanted === undefined || wanted === has;
  const rows = CONTRACTS.filter(
    (each) =>
      (conId === '' || Number(conId) === each.conId) &&
      fits(symbol, each.symbol) &&
      fits(secType, each.secType) &&
      fits(exchange, each.exchange) &&
      fits(primary, each.primaryExch) &&
      fits(currency, each.currency) &&
      fits(local, each.localSymbol) &&
      fits(date, each.lastTradeDate) &&
      fits(right, each.right) &&
      (strike === '' || Number(strike) === each.strike),
  );
  if (rows.length === 0) return null;
  return [...rows.map((row) => contractDetails(Number(reqId), row)), [52, 1, Number(reqId)]];
}

export function symbolSamples(reqId: number, pattern: string): Field[] {
  const rows = CONTRACTS.filter(
    ({ symbol, longName, secType }) =>
      secType === 'STK' &&
      (symbol.includes(pattern.toUpperCase()) || longName.includes(pattern.toUpperCase())),
  );
  const told = rows.flatMap((row) => [
    row.conId,
    row.symbol,
    row.secType,
    row.primaryExch,
    row.currency,
    1,
    'OPT',
    '',
    '',
  ]);
  return [79, reqId, rows.length, ...told];
}

export function scannerRows(reqId: number): Field[] {
  const rows = CONTRACTS.filter(({ secType }) => secType === 'STK');
  const told = rows.flatMap((row, rank) => [
    rank,
    row.conId,
    row.symbol,
    row.secType,
    '',
    0,
    '',
    row.exchange,
    row.currency,
    row.localSymbol,
    row.tradingClass,
    row.tradingClass,
    '',
    '',
    '',
    '',
  ]);
  return [20, 3, reqId, rows.length, ...told];
}

export function accountSummary(
  reqId: number,
  accounts: readonly string[],
  cash: number,
): Field[][] {
  const told: Field[][] = [];
  for (const account of accounts) {
    const rows: (readonly [string, string, string])[] = [
      ['NetLiquidation', '105000.50', 'USD'],
      ['BuyingPower', '400000.00', 'USD'],
      ['InitMarginReq', '2500.25', 'USD'],
      ['MaintMarginReq', '2000.00', 'USD'],
      ['CashBalance', cash.toFixed(2), 'USD'],
      ['CashBalance', '250.10', 'EUR'],
      ['CashBalance', '999999', 'BASE'],
    ];
    for (const [tag, value, currency] of rows)
      told.push([63, 1, reqId, account, tag, value, currency]);
  }
  return [...told, [64, 1, reqId]];
}
