import { instrumentId } from '../../engine/domain/identifiers.ts';
import type { OrderTerms } from '../../engine/domain/live-order.ts';
import type { MarketDatum } from '../../engine/domain/market-data.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';
import { systemClock } from '../../electron/net/system-clock.ts';
import type { StubEvent } from '../stubs/alpaca/exchange.ts';
import { KEYS } from '../stubs/alpaca/server.ts';
import { dataSuite, type DataBench } from './data-suite.ts';
import { executionSuite, type ExecutionBench } from './execution-suite.ts';
import {
  AAPL,
  ACCOUNT,
  closeRig,
  MSFT,
  openRig,
  QUICK,
  type RigOptions,
} from '../stubs/alpaca/rig.ts';
import { px, qty } from '../stubs/orders.ts';
import { PATIENT } from '../stubs/rig.ts';

/** Waits between attempts are four times shorter; those of the streams stay as they are. */
const FAST: RigOptions = {
  clock: { ...systemClock, after: (ms, run) => systemClock.after(ms / 4, run) },
  patience: {
    ...QUICK,
    pingEvery: 200,
    waits: { first: 80, longest: 240 },
    login: 4 * PATIENT,
    replacement: 4 * PATIENT,
  },
};
const NOPE = instrumentId('NOPE', 'XNAS');
const SECRETS = Object.values(KEYS);

/** As the reference of Alpaca's orders writes them. */
const TYPES: Readonly<Record<string, readonly [type: string, auction?: string]>> = {
  market: ['market'],
  limit: ['limit'],
  stop: ['stop'],
  stop_limit: ['stop_limit'],
  trailing_stop: ['trailing_stop'],
  market_on_open: ['market', 'opg'],
  market_on_close: ['market', 'cls'],
  limit_on_open: ['limit', 'opg'],
  limit_on_close: ['limit', 'cls'],
};

function wordsOf(terms: OrderTerms): Readonly<Record<string, unknown>> {
  const [type, auction] = TYPES[terms.type] ?? ['none'];
  return {
    side: terms.side,
    type,
    qty: terms.quantity,
    time_in_force: auction ?? terms.timeInForce,
    limit_price: terms.limitPrice ?? null,
    stop_price: terms.stopPrice ?? null,
    trail_price: terms.trailAmount ?? null,
    trail_percent: terms.trailPercent ?? null,
    extended_hours: terms.extendedHours === true,
  };
}

executionSuite('alpaca', async (): Promise<ExecutionBench> => {
  const rig = await openRig(FAST);
  const { stub } = rig;
  const { exchange, streams } = stub;
  // Orders rest until the suite says what fills.
  exchange.filling = false;
  let lastFill: StubEvent | undefined;
  exchange.onEvent = (event) => {
    if (String(event['event']).endsWith('fill')) lastFill = event;
    streams.event(event);
  };
  await rig.execution.connect();
  const orderOf = (name: string) => exchange.orders.filter((each) => each.client_order_id === name);
  const reads = ['GET /v2/orders', 'GET /v2/account', 'GET /v2/positions'];
  return {
    client: rig.execution,
    account: ACCOUNT,
    instrument: AAPL,
    unknown: NOPE,
    price: px('100'),
    quantity: qty('20'),
    now: () => systemClock.now(),
    logs: rig.logs,
    secrets: SECRETS,
    venue: {
      changes: () => stub.calls.filter((call) => !call.startsWith('GET ')).length,
      arrived: (name) => (orderOf(name)[0] as unknown as Record<string, unknown>) ?? null,
      words: wordsOf,
      copies: (name) => orderOf(name).length,
      fill: (name, quantity, price) => {
        exchange.fill(orderOf(name)[0]?.id ?? '', quantity, price);
      },
      repeat: () => {
        if (lastFill !== undefined) streams.event(lastFill);
      },
      placeOutside: () =>
        exchange.place({
          symbol: 'AAPL',
          side: 'buy',
          type: 'limit',
          qty: '1',
          limit_price: '50',
          time_in_force: 'gtc',
        }).id,
      fault: (fault) => {
        if (fault === 'lose-answer')
          stub.fault({ call: 'POST /v2/orders', what: { kind: 'drop-after' } });
        if (fault === 'lose-request')
          stub.fault({ call: 'POST /v2/orders', what: { kind: 'drop-before' } });
        if (fault === 'reject-order') {
          const body = '{"code":40310000,"message":"insufficient buying power"}';
          stub.fault({ call: 'POST /v2/orders', what: { kind: 'status', status: 403, body } });
        }
        if (fault === 'reject-amendment') exchange.replacing = 'reject';
        if (fault === 'queries-fail')
          for (const call of reads)
            stub.fault({ call, times: 1000, what: { kind: 'status', status: 500 } });
      },
      mend: () => stub.clearFaults(),
      drop: () => streams.dropOrders(),
      garble: () => {
        const texts = [
          '{"stream":"trade_updates","data":{"event":"fill","order":{}}}',
          '{"stream":"trade_updates","data":{"event":"fill","qty":"x"',
          'null',
          '[]',
          '{"stream":7}',
        ];
        for (const text of texts) streams.sendOrders(text);
        return texts.length;
      },
    },
    close: () => closeRig(rig),
  };
});

const NEW_YORK = 4 * 3_600_000;

dataSuite('alpaca', async (): Promise<DataBench> => {
  const rig = await openRig(FAST);
  await rig.data.connect();
  let count = 0;
  return {
    client: rig.data,
    instrument: AAPL,
    second: MSFT,
    unknown: NOPE,
    query: 'a',
    lengths: ['1m', '5m', '1h', '1d'].map((each) => timeframe(each)),
    // It has all minutes below an hour and all hours below a day.
    odd: ['7s', '3d', '5M'].map((each) => timeframe(each)),
    barsFrom: (length) =>
      length === '1d' ? Date.UTC(2024, 6, 22) : Date.UTC(2024, 6, 24, length === '1h' ? 0 : 13),
    logs: rig.logs,
    secrets: SECRETS,
    source: {
      putBars: (length, rows) => {
        const shift = length === '1d' ? NEW_YORK : 0;
        rig.stub.bars.set(
          'AAPL',
          rows.map(([t, o, h, l, c, v]) => ({ t: t + shift, o, h, l, c, v })),
        );
        rig.stub.barsPage = 7;
      },
      tell: (kind, instrument): Partial<MarketDatum> => {
        count += 1;
        const S = instrument === AAPL ? 'AAPL' : 'MSFT';
        const time = Date.UTC(2026, 0, 5, 15) + count * 1000;
        const t = new Date(time).toISOString();
        if (kind === 'quote') {
          const quote = { bp: 100 + count / 8, bs: count, ap: 100.5 + count / 8, as: 7 };
          // Who hears the stream may still be asking what stands, and would be told the same twice.
          const heard = [...rig.stub.streams.data].some(({ channels }) =>
            channels.get('quotes')?.has(S),
          );
          if (!heard) rig.stub.quotes.set(S, { ...quote, t: time });
          rig.stub.streams.tick({ T: 'q', S, ...quote, bx: 'V', ax: 'V', c: ['R'], z: 'C', t });
          return { kind, bid: quote.bp, ask: quote.ap, bidSize: count, askSize: 7 };
        }
        if (kind === 'trade') {
          rig.stub.streams.tick({
            T: 't',
            S,
            i: count,
            x: 'V',
            p: 100,
            s: count,
            c: ['@'],
            z: 'C',
            t,
          });
          return { kind, price: 100, size: count, tradeId: `V:${count}` };
        }
        if (kind === 'status') {
          rig.stub.streams.tick({
            T: 's',
            S,
            sc: 'H',
            sm: `Halt ${count}`,
            rc: '',
            rm: '',
            t,
            z: 'C',
          });
          return { kind, status: 'halted', reason: `Halt ${count}` };
        }
        rig.stub.streams.tick({
          T: 'b',
          S,
          o: 100,
          h: 102,
          l: 99,
          c: 101,
          v: count,
          n: 1,
          vw: 100,
          t,
        });
        return { kind: 'bar', open: 100, high: 102, low: 99, close: 101, volume: count };
      },
      drop: () => rig.stub.streams.dropData(),
      garble: () => {
        const texts = ['[{"T":"q"', '{}', 'null', '[7]', '[{"T":"q","S":"AAPL","bp":"x"}]'];
        for (const text of texts) rig.stub.streams.sendData(text);
        return texts.length;
      },
      failHistory: () =>
        rig.stub.fault({
          call: 'GET /v2/stocks/bars',
          times: 9,
          what: { kind: 'status', status: 500 },
        }),
    },
    close: () => closeRig(rig),
  };
});
