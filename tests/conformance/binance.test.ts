import { randomUUID } from 'node:crypto';
import { instrumentId, symbolOf } from '../../engine/domain/identifiers.ts';
import type { OrderTerms } from '../../engine/domain/live-order.ts';
import type { DataKind, MarketDatum } from '../../engine/domain/market-data.ts';
import type { OrderType, TimeInForce } from '../../engine/domain/order.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';
import { unixMillis } from '../../engine/domain/time.ts';
import { KEYS } from '../stubs/binance/server.ts';
import { dataSuite, type BarRow, type DataBench, type SourceControl } from './data-suite.ts';
import { executionSuite, type ExecutionBench, type VenueControl } from './execution-suite.ts';
import { ACCOUNT, BTC, closeRig, ETH, openRig, type Rig } from '../stubs/binance/rig.ts';
import { px, qty } from '../stubs/orders.ts';

const UNKNOWN = instrumentId('NOPEUSDT', 'BINANCE');
const SECRETS = [KEYS.apiKey, KEYS.secretKey];

/** As Binance's own documentation names them. */
const TYPES: Readonly<Partial<Record<OrderType, string>>> = {
  market: 'MARKET',
  limit: 'LIMIT',
  stop: 'STOP_LOSS',
  stop_limit: 'STOP_LOSS_LIMIT',
  market_if_touched: 'TAKE_PROFIT',
  limit_if_touched: 'TAKE_PROFIT_LIMIT',
};
const TIMES: Readonly<Partial<Record<TimeInForce, string>>> = {
  gtc: 'GTC',
  ioc: 'IOC',
  fok: 'FOK',
};

function venueOf(rig: Rig): VenueControl {
  const { stub } = rig;
  const { exchange, streams } = stub;
  const named = (name: string) => exchange.orders.filter((each) => each.name === name);
  const numberOf = (name: string): number => named(name)[0]?.id ?? -1;
  return {
    changes: () => stub.calls.filter((call) => /^(?:POST|DELETE) .*[oO]rder/.test(call)).length,
    arrived: (name) => {
      const [order] = named(name);
      if (order === undefined) return null;
      const { side, type, timeInForce, quantity, price, stop, iceberg } = order;
      return { side, type, timeInForce, quantity, price, stop, iceberg };
    },
    words: (terms: OrderTerms) => ({
      side: terms.side.toUpperCase(),
      type: terms.postOnly === true ? 'LIMIT_MAKER' : TYPES[terms.type],
      timeInForce: TIMES[terms.timeInForce],
      quantity: terms.quantity,
      price: terms.limitPrice ?? '0',
      stop: terms.stopPrice ?? '0',
      iceberg: terms.displayQuantity ?? '0',
    }),
    copies: (name) => named(name).length,
    fill: (name, quantity, price) => {
      exchange.fill('BTCUSDT', numberOf(name), quantity, price);
    },
    repeat: () => {
      const trade = exchange.trades.at(-1);
      if (trade !== undefined) exchange.tell(trade.order, 'TRADE', trade);
    },
    placeOutside: () => {
      const { symbol, id } = exchange.place({
        symbol: 'BTCUSDT',
        side: 'BUY',
        type: 'LIMIT',
        timeInForce: 'GTC',
        quantity: '0.01',
        price: '40000',
        newClientOrderId: `web_${randomUUID().slice(0, 8)}`,
      });
      return `${symbol}:${id}`;
    },
    fault: (fault) => {
      if (fault === 'reject-order') {
        const body =
          '{"code":-2010,"msg":"Account has insufficient balance for requested action."}';
        stub.fault({ call: 'POST /api/v3/order', what: { kind: 'status', status: 400, body } });
      } else if (fault === 'lose-answer')
        stub.fault({ call: 'POST /api/v3/order', what: { kind: 'drop-after' } });
      else if (fault === 'lose-request')
        stub.fault({ call: 'POST /api/v3/order', what: { kind: 'drop-before' } });
      else if (fault === 'queries-fail') {
        const what = { kind: 'status', status: 503 } as const;
        stub.fault({ call: 'GET ', times: Number.POSITIVE_INFINITY, what });
      }
    },
    mend: () => stub.clearFaults(),
    drop: () => streams.dropOrders(),
    garble: () => {
      const messages = [
        '{"subscriptionId":0,"event":{"e":"executionReport","s":"BTCUSDT"}}',
        '{"subscriptionId":0,"event":{"e":"outboundAccountPosition","B":7}}',
        '{"subscriptionId":',
        '[]',
        'null',
      ];
      for (const message of messages) streams.sendUsers(message);
      return messages.length;
    },
  };
}

async function executionBench(): Promise<ExecutionBench> {
  const rig = await openRig();
  await rig.execution.connect();
  return {
    client: rig.execution,
    account: ACCOUNT,
    instrument: BTC,
    unknown: UNKNOWN,
    price: px('50000'),
    quantity: qty('0.02'),
    now: () => unixMillis(rig.stub.now()),
    logs: rig.logs,
    secrets: SECRETS,
    venue: venueOf(rig),
    close: () => closeRig(rig),
  };
}

function sourceOf(rig: Rig): SourceControl {
  const { stub } = rig;
  const { market, streams } = stub;
  let count = 0;
  return {
    putBars: (length, rows: readonly BarRow[]) => {
      const last = { m: 60_000, h: 3_600_000, d: 86_400_000 }[length.slice(-1)] as number;
      market.bars.set(
        'BTCUSDT',
        rows.map(([start, ...values]) => ({
          start,
          close: start + last - 1,
          values: values.map(String) as [string, string, string, string, string],
        })),
      );
    },
    tell: (kind: DataKind, instrument): Partial<MarketDatum> => {
      count += 1;
      const symbol = symbolOf(instrument);
      const stream = (name: string): string => `${symbol.toLowerCase()}@${name}`;
      const now = stub.now();
      const [bid, ask] = [50_000 + count, 50_001 + count];
      if (kind === 'trade') {
        streams.tick(stream('trade'), {
          e: 'trade',
          E: now,
          s: symbol,
          t: count,
          p: `${bid}.50000000`,
          q: '0.25000000',
          T: now,
          m: true,
          M: true,
        });
        return { price: bid + 0.5, size: 0.25, aggressor: 'sell', tradeId: String(count) };
      }
      if (kind === 'bar') {
        const start = Math.floor(now / 60_000) * 60_000;
        streams.tick(stream('kline_1m'), {
          e: 'kline',
          E: now,
          s: symbol,
          k: {
            t: start,
            T: start + 59_999,
            s: symbol,
            i: '1m',
            o: String(bid),
            c: String(ask),
            h: `${ask}.5`,
            l: `${bid}.0`,
            v: '3',
            x: false,
          },
        });
        return { start: unixMillis(start), open: bid, high: ask + 0.5, close: ask, closed: false };
      }
      // Both sides anew: what was there before goes.
      const { bids, asks } = market.book(symbol);
      const gone = (side: Map<string, string>): Record<string, string> =>
        Object.fromEntries([...side.keys()].map((price) => [price, '0']));
      const change = market.change(
        symbol,
        { ...gone(bids), [`${bid}.00`]: '1.5' },
        { ...gone(asks), [`${ask}.00`]: '2.5' },
      );
      if (kind === 'book') {
        market.send(change);
        return { bids: [{ price: bid, size: 1.5 }], asks: [{ price: ask, size: 2.5 }] };
      }
      streams.tick(stream('bookTicker'), {
        u: market.book(symbol).id,
        s: symbol,
        b: `${bid}.00`,
        B: '1.5',
        a: `${ask}.00`,
        A: '2.5',
      });
      return { bid, ask, bidSize: 1.5, askSize: 2.5 };
    },
    drop: () => streams.dropData(),
    garble: () => {
      const messages = ['{"stream":"btcusdt@bookTicker","data":{"s":"BTCUSDT"}}', '{"str', '7'];
      for (const message of messages) streams.sendData(message);
      return messages.length;
    },
    failHistory: () => {
      const body = '{"code":-1130,"msg":"Invalid data sent for a parameter."}';
      stub.fault({
        call: 'GET /api/v3/klines',
        times: 10,
        what: { kind: 'status', status: 400, body },
      });
    },
  };
}

async function dataBench(): Promise<DataBench> {
  const rig = await openRig();
  await rig.data.connect();
  return {
    client: rig.data,
    instrument: BTC,
    second: ETH,
    unknown: UNKNOWN,
    query: 'btc',
    lengths: ['1m', '1h', '1d'].map((text) => timeframe(text)),
    barsFrom: () => Date.UTC(2026, 0, 5),
    logs: rig.logs,
    secrets: SECRETS,
    source: sourceOf(rig),
    close: () => closeRig(rig),
  };
}

executionSuite('binance', executionBench, {
  E21: 'Binance changes no orders in place',
});
dataSuite('binance', dataBench);
