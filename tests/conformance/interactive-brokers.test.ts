import { price, quantity } from '../../engine/domain/decimal.ts';
import { instrumentId, type InstrumentId } from '../../engine/domain/identifiers.ts';
import type { OrderTerms } from '../../engine/domain/live-order.ts';
import type { DataKind, MarketDatum } from '../../engine/domain/market-data.ts';
import { isDailyOrLonger, timeframe } from '../../engine/domain/timeframe.ts';
import { stampOf } from '../../electron/adapters/interactive-brokers/times.ts';
import { unixMillis } from '../../engine/domain/time.ts';
import type { DataSubscription } from '../../engine/ports/market-data-client.ts';
import { execution, orderStatus } from '../stubs/interactive-brokers/answers.ts';
import { AAPL, ACCOUNT, bench, closeAll } from '../stubs/interactive-brokers/bench.ts';
import { dataSuite, type BarRow, type DataBench } from './data-suite.ts';
import { executionSuite, type ExecutionBench } from './execution-suite.ts';

const MSFT = instrumentId('MSFT', 'XNAS');
const NOPE = instrumentId('NOPE', 'XNAS');

/** As the reference of the TWS API writes them. */
const TYPES: Readonly<Record<OrderTerms['type'], readonly [type: string, time?: string]>> = {
  market: ['MKT'],
  limit: ['LMT'],
  stop: ['STP'],
  stop_limit: ['STP LMT'],
  trailing_stop: ['TRAIL'],
  trailing_stop_limit: ['TRAIL LIMIT'],
  market_if_touched: ['MIT'],
  limit_if_touched: ['LIT'],
  market_on_open: ['MKT', 'OPG'],
  limit_on_open: ['LMT', 'OPG'],
  market_on_close: ['MOC'],
  limit_on_close: ['LOC'],
};

function wordsOf(terms: OrderTerms): Readonly<Record<string, unknown>> {
  const [orderType, tif] = TYPES[terms.type];
  return {
    action: terms.side.toUpperCase(),
    orderType,
    totalQuantity: terms.quantity,
    tif: tif ?? terms.timeInForce.toUpperCase(),
    lmtPrice: terms.limitPrice ?? '',
    auxPrice: terms.stopPrice ?? terms.trailAmount ?? '',
    trailingPercent: terms.trailPercent ?? '',
    lmtPriceOffset: terms.limitOffset ?? '',
    outsideRth: terms.extendedHours === true ? '1' : '0',
    displaySize: terms.displayQuantity ?? '',
    goodTillDate: terms.goodTill === undefined ? '' : stampOf(terms.goodTill),
  };
}

executionSuite('interactive-brokers', async (): Promise<ExecutionBench> => {
  // Answers may take two seconds.
  const desk = await bench({ speed: 5 });
  // Both share one session, which ends with the last of them.
  await desk.market.disconnect();
  const { stub } = desk;
  const ordersOf = (name: string) =>
    stub.orders.filter(({ placed }) => placed['orderRef'] === name);
  // Place order, cancel order, cancel everything.
  const changing = new Set(['3', '4', '58']);
  return {
    client: desk.execution,
    account: ACCOUNT,
    instrument: AAPL,
    unknown: NOPE,
    price: price('187'),
    quantity: quantity('20'),
    now: () => desk.clock.now(),
    logs: desk.logged,
    secrets: [],
    venue: {
      changes: () => stub.received.filter(([kind]) => changing.has(kind as string)).length,
      arrived: (name) => ordersOf(name)[0]?.placed ?? null,
      words: wordsOf,
      copies: (name) => ordersOf(name).length,
      fill: (name, size, at) => {
        stub.fill(stub.order(name), Number(size), Number(at));
      },
      repeat: () => {
        const trade = stub.trades.at(-1);
        if (trade === undefined) return;
        stub.broadcast(execution(-1, trade));
        stub.commission(trade, '1.25');
        stub.broadcast(orderStatus(trade.order));
      },
      placeOutside: () =>
        String(
          stub.placeElsewhere(
            'AAPL',
            { action: 'BUY', totalQuantity: '1', orderType: 'LMT', lmtPrice: '100' },
            99,
            5,
          ).permId,
        ),
      fault: async (fault) => {
        if (fault === 'lose-answer') stub.fates.push('cut-after');
        if (fault === 'lose-request') stub.fates.push('cut-before');
        if (fault === 'reject-order' || fault === 'reject-amendment') stub.fates.push('reject');
        if (fault !== 'queries-fail') return;
        // TWS answers to nothing once it is gone.
        await stub.stop();
        await desk.until(() => desk.phase !== 'ready', 'gone');
      },
      mend: () => stub.start(),
      drop: () => stub.cut(),
      garble: () => {
        stub.broadcast([5, 'x', 'y']);
        stub.broadcast([3, 'nonsense', 'Filled', 'many']);
        stub.broadcast([11, -1, 'x']);
        return 3;
      },
    },
    close: closeAll,
  };
});

dataSuite(
  'interactive-brokers',
  async (): Promise<DataBench> => {
    const desk = await bench({ speed: 10 });
    await desk.execution.disconnect();
    const { stub } = desk;
    let count = 0;
    const LINES: Readonly<Record<DataKind, number>> = {
      quote: 1,
      status: 1,
      book: 10,
      bar: 50,
      trade: 97,
    };
    const { market } = desk;
    /** What is wanted, so that nobody waits for a line that will not come. */
    const wanted = new Set<string>();
    const keyOf = ({ kind, instrument }: DataSubscription): string => `${kind} ${instrument}`;
    const { subscribe, unsubscribe, disconnect } = market;
    market.subscribe = (subscription) => {
      wanted.add(keyOf(subscription));
      return subscribe.call(market, subscription);
    };
    market.unsubscribe = (subscription) => {
      wanted.delete(keyOf(subscription));
      return unsubscribe.call(market, subscription);
    };
    market.disconnect = () => {
      wanted.clear();
      return disconnect.call(market);
    };
    /** After a connection lines come back one after the other. */
    const opened = async (kind: DataKind, instrument: InstrumentId, symbol: string) => {
      if (!wanted.has(keyOf({ kind, instrument }))) return;
      await desk.until(() => stub.line(LINES[kind], symbol) !== undefined, 'a line');
    };
    return {
      client: market,
      instrument: AAPL,
      second: MSFT,
      unknown: NOPE,
      query: 'AAPL',
      lengths: ['1m', '5m', '1d'].map((each) => timeframe(each)),
      barsFrom: (length) =>
        isDailyOrLonger(length) ? Date.UTC(2023, 10, 6) : Date.UTC(2023, 11, 6, 15),
      logs: desk.logged,
      secrets: [],
      source: {
        putBars: (length, rows) => {
          const daily = isDailyOrLonger(length);
          const written = ([time, ...rest]: BarRow) => [
            daily ? stampOf(unixMillis(time)).slice(0, 8) : time / 1000,
            ...rest,
            1,
            5,
          ];
          stub.bars = () => rows.map((row) => written(row));
        },
        tell: async (kind, instrument): Promise<Partial<MarketDatum>> => {
          count += 1;
          const symbol = instrument === AAPL ? 'AAPL' : 'MSFT';
          await opened(kind, instrument, symbol);
          const seconds = 1_704_207_600 + count * 5;
          if (kind === 'quote') {
            const bid = 187 + count / 100;
            stub.tick(symbol, 2, 190, 10);
            stub.tick(symbol, 1, bid, 300 + count);
            return { kind, bid, bidSize: 300 + count };
          }
          if (kind === 'trade') {
            stub.tell(stub.line(97, symbol), (id) => [
              99,
              id,
              1,
              seconds,
              187,
              count,
              0,
              'NASDAQ',
              '',
            ]);
            return { kind, price: 187, size: count };
          }
          if (kind === 'book') {
            stub.tell(stub.line(10, symbol), (id) => [
              13,
              1,
              id,
              0,
              'NSDQ',
              0,
              1,
              180 + count,
              7,
              1,
            ]);
            return { kind };
          }
          if (kind === 'status') {
            stub.tell(stub.line(1, symbol), (id) => [45, 6, id, 49, 1]);
            return { kind, status: 'halted' };
          }
          stub.tell(stub.line(50, symbol), (id) => [
            50,
            3,
            id,
            seconds,
            187,
            188,
            186,
            187.5,
            count,
            187,
            3,
          ]);
          return { kind: 'bar', open: 187, high: 188, low: 186, close: 187.5, volume: count };
        },
        drop: () => stub.cut(),
        garble: () => {
          stub.broadcast([1, 'x']);
          stub.broadcast([99, 'x', 'y']);
          return 2;
        },
        failHistory: () => {
          stub.bars = () => ({
            code: 162,
            text: 'Historical Market Data Service error message:No market data permissions for ISLAND STK',
          });
        },
      },
      close: closeAll,
    };
  },
  {
    D16: 'TWS tells what stands by itself once a line is open; the stub does not',
  },
);
