import { describe, expect, test } from 'vitest';
import type { Bar } from '../../../../engine/domain/bar.ts';
import type {
  FillView,
  LiveOrderView,
  PositionView,
} from '../../../../engine/protocol/live-schemas.ts';
import { columnsOf } from '../../../../engine/series/live-bars.ts';
import { BarWatch, type BarAnswer, type BarEvent } from '../../../../renderer/client/bar-watch.ts';
import type { ConnectionState } from '../../../../renderer/client/carrier.ts';
import { parseMode } from '../../../../renderer/panels/chart/live/chart-mode.ts';
import { LiveSeries } from '../../../../renderer/panels/chart/live/live-series.ts';
import { liveWords, type LiveState } from '../../../../renderer/panels/chart/live/live-state.ts';
import {
  barAt,
  fillMarks,
  tradingLines,
} from '../../../../renderer/panels/chart/live/trading-marks.ts';
import { settle } from '../../../support/fake-clock.ts';

const bar = (time: number, close: number, volume = 1): Bar => ({
  time,
  open: close,
  high: close,
  low: close,
  close,
  volume,
});
const news = (closed: readonly Bar[], forming: Bar | null = null) => ({
  bars: columnsOf(closed),
  forming,
});

describe('the bars of now', () => {
  test('form, close in place, and go on', () => {
    const series = new LiveSeries();
    expect(series.take(news([], bar(1, 10)))).toEqual({ kind: 'end', bars: [bar(1, 10)] });
    expect(series.take(news([], bar(1, 10)))).toEqual({ kind: 'none' });
    expect(series.take(news([], bar(1, 11)))).toEqual({ kind: 'end', bars: [bar(1, 11)] });
    expect(series.version).toBe(0);
    // The next one forms before the close of the first is told.
    expect(series.take(news([], bar(2, 12)))).toEqual({ kind: 'end', bars: [bar(2, 12)] });
    expect(series.forming).toEqual([bar(1, 11), bar(2, 12)]);
    expect(series.take(news([bar(1, 11, 5)], bar(2, 12)))).toEqual({ kind: 'all' });
    expect(series.take(news([bar(2, 13)], bar(3, 14)))).toEqual({
      kind: 'end',
      bars: [bar(2, 13), bar(3, 14)],
    });
    expect(series.closed).toEqual([bar(1, 11, 5), bar(2, 13)]);
    expect(series.forming).toEqual([bar(3, 14)]);
    expect(series.last).toEqual(bar(3, 14));
    expect(series.version).toBe(2);
    // Nothing is drawn anew where the close is what was seen.
    series.take(news([], bar(4, 15)));
    expect(series.take(news([bar(3, 14)], bar(4, 15)))).toEqual({ kind: 'none' });
    expect(series.closed).toHaveLength(3);
  });

  test('that were missed are put in their places, and none is there twice', () => {
    const series = new LiveSeries();
    series.take(news([bar(1, 1), bar(2, 2)], bar(3, 3)));
    // A break: the present is three bars further, then history tells what lies between.
    expect(series.take(news([], bar(6, 6)))).toEqual({ kind: 'end', bars: [bar(6, 6)] });
    expect(series.take(news([bar(3, 3.5), bar(4, 4), bar(5, 5)], bar(6, 6.5)))).toEqual({
      kind: 'all',
    });
    expect(series.closed.map(({ time }) => time)).toEqual([1, 2, 3, 4, 5]);
    expect(series.forming).toEqual([bar(6, 6.5)]);
    // The window was away, and asks for all: the same bars change nothing.
    series.begin(news([bar(2, 2), bar(3, 3.5), bar(4, 4), bar(5, 5), bar(6, 7)], bar(7, 8)));
    expect(series.closed.map(({ time }) => time)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(series.forming).toEqual([bar(7, 8)]);
  });

  test('that were only seen forming and never closed are gone', () => {
    const series = new LiveSeries();
    series.take(news([], bar(1, 1)));
    expect(series.take(news([bar(2, 2)], null))).toEqual({ kind: 'all' });
    expect(series.closed).toEqual([bar(2, 2)]);
    expect(series.forming).toEqual([]);
    // What is older than a closed bar does not form again.
    expect(series.take(news([], bar(1, 9)))).toEqual({ kind: 'none' });
  });

  test('take the place of stored ones from the first of them on', () => {
    const series = new LiveSeries();
    const stored = columnsOf([bar(1, 1), bar(2, 2), bar(3, 3)]);
    expect(series.over(stored)).toEqual(stored);
    series.take(news([], bar(3, 3.5)));
    expect([...series.over(stored).time]).toEqual([1, 2]);
    series.begin(news([bar(3, 3.6), bar(4, 4)], bar(5, 5)));
    expect([...series.over(stored).time]).toEqual([1, 2, 3, 4]);
    expect([...series.over(stored).close]).toEqual([1, 2, 3.6, 4]);
    expect([...series.over(null).time]).toEqual([3, 4]);
    expect([...new LiveSeries().over(null).time]).toEqual([]);
  });

  test('of a replay that begins anew forget the one before', () => {
    const series = new LiveSeries();
    series.begin(news([bar(8, 8), bar(9, 9)], bar(10, 10)), true);
    series.begin(news([bar(1, 1)], bar(2, 2)), true);
    expect(series.closed).toEqual([bar(1, 1)]);
    expect(series.forming).toEqual([bar(2, 2)]);
  });
});

class FakeClient {
  readonly calls: string[] = [];
  answers: (() => Promise<unknown>)[] = [];
  #bars: ((payload: { charts: BarEvent[] }) => void) | undefined;
  #state: ((state: ConnectionState) => void) | undefined;
  state: ConnectionState = 'open';

  call(name: string, input: Readonly<Record<string, unknown>>): Promise<never> {
    this.calls.push(`${name} ${String(input['instrument'] ?? input['watchId'])}`);
    const answer = name === 'market.watchBars' ? this.answers.shift() : undefined;
    return (answer?.() ?? Promise.resolve({ ok: true })) as Promise<never>;
  }

  on(_name: string, listener: (payload: never) => void): () => void {
    this.#bars = listener as (payload: { charts: BarEvent[] }) => void;
    return () => (this.#bars = undefined);
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#state = listener;
    listener(this.state);
    return () => (this.#state = undefined);
  }

  turn(state: ConnectionState): void {
    this.state = state;
    this.#state?.(state);
  }

  tell(...charts: BarEvent[]): void {
    this.#bars?.({ charts });
  }
}

const answer = (watchId: string) => async (): Promise<BarAnswer> => ({
  watchId,
  source: 'fake',
  calendar: 'none',
  replayed: false,
  bars: columnsOf([]),
  forming: null,
  note: '',
});
const event = (instrument: string, timeframe = '1m'): BarEvent => ({
  instrument,
  timeframe,
  closed: columnsOf([]),
  forming: bar(1, 1),
});

describe('a watch of bars', () => {
  function watched(client: FakeClient) {
    const heard: string[] = [];
    const watch = new BarWatch(
      client as never,
      { instrument: 'A.X', timeframe: '1m', from: null },
      {
        onAnswer: ({ watchId }) => heard.push(`answer ${watchId}`),
        onBars: ({ instrument, timeframe }) => heard.push(`${instrument} ${timeframe}`),
        onFailure: ({ message }) => heard.push(`failure ${message}`),
      },
    );
    return { watch, heard };
  }

  test('hears its own bars alone, and ends where it began', async () => {
    const client = new FakeClient();
    client.answers = [answer('W1')];
    const { watch, heard } = watched(client);
    client.tell(event('B.X'), event('A.X', '5m'), event('A.X'));
    await settle();
    expect(heard).toEqual(['A.X 1m', 'answer W1']);
    watch.end();
    watch.end();
    client.tell(event('A.X'));
    await settle();
    expect(client.calls).toEqual(['market.watchBars A.X', 'market.unwatch W1']);
    expect(heard).toHaveLength(2);
  });

  test('that ends before its answer ends what the answer began', async () => {
    const client = new FakeClient();
    client.answers = [answer('W1')];
    const { watch, heard } = watched(client);
    watch.end();
    await settle();
    expect(heard).toEqual([]);
    expect(client.calls.filter((call) => call.startsWith('market.watch'))).toHaveLength(
      client.calls.filter((call) => call.startsWith('market.unwatch')).length,
    );
  });

  test('is asked for again after the window was away, and after a refusal', async () => {
    const client = new FakeClient();
    const refuse = () => Promise.reject(new Error('No source has it.'));
    client.answers = [refuse, answer('W1'), answer('W2'), answer('W3')];
    const { watch, heard } = watched(client);
    await settle();
    watch.ask();
    await settle();
    client.turn('lost');
    client.turn('open');
    await settle();
    // Another workstation does not know the watch.
    client.turn('ended');
    client.turn('open');
    await settle();
    expect(heard.slice(1)).toEqual(['answer W1', 'answer W2', 'answer W3']);
    expect(heard[0]).toMatch(/^failure .*No source has it\.$/);
    expect(client.calls.filter((call) => call.startsWith('market.unwatch'))).toEqual([
      'market.unwatch W1',
    ]);
  });
});

describe('what the chart says of its prices', () => {
  const live: LiveState = {
    kind: 'live',
    source: 'alpaca',
    calendar: 'us-equity',
    replayed: false,
    note: '',
  };
  const now = Date.UTC(2026, 0, 5, 15, 0, 30);
  const quote = { stale: false, halted: false, receivedTime: now - 20_000 };

  test.each([
    [{ kind: 'off' }, undefined, true, null],
    [{ kind: 'asking' }, undefined, true, { word: 'Connecting', stale: true }],
    [
      { kind: 'none', why: 'Nobody.' },
      undefined,
      true,
      { word: 'Not live', title: 'Nobody.', stale: false },
    ],
    [
      live,
      quote,
      true,
      { word: 'Live', title: 'Live prices from alpaca.', stale: false, tone: 'working' },
    ],
    [
      { ...live, note: 'Bars are missing.' },
      quote,
      true,
      { title: 'Live prices from alpaca. Bars are missing.' },
    ],
    [{ ...live, replayed: true }, quote, true, { word: 'Replay', title: 'A replay from alpaca.' }],
    [
      live,
      { ...quote, stale: true },
      true,
      { word: 'Stale since 15:00:10', stale: true, tone: 'doubt' },
    ],
    [live, { ...quote, halted: true }, true, { word: 'Halted', stale: false }],
    [
      live,
      quote,
      false,
      { word: 'Stale since 15:00:10', title: 'The connection to the workstation is lost.' },
    ],
    [live, undefined, true, { word: 'Live' }],
  ] as const)('%o with %o', (state, told, online, expected) => {
    const words = liveWords(state, told, online, now);
    if (expected === null) expect(words).toBeNull();
    else expect(words).toMatchObject(expected);
  });

  test('what was kept of it is read with care', () => {
    expect(parseMode({ symbol: true, timeframe: '5m', follow: false })).toEqual({
      symbol: true,
      timeframe: '5m',
      follow: false,
    });
    expect(parseMode({ timeframe: '7m', symbol: 'yes' })).toEqual({
      symbol: false,
      timeframe: '1m',
      follow: true,
    });
    expect(parseMode('x')).toBeUndefined();
  });
});

const HELD = { account: 'PAPER', instrument: 'ALFA.SIM' };
function order(
  id: string,
  terms: Partial<LiveOrderView['terms']>,
  more: Partial<LiveOrderView> = {},
): LiveOrderView {
  return {
    ...HELD,
    clientOrderId: id,
    venueOrderId: null,
    terms: { side: 'buy', type: 'limit', quantity: '100', timeInForce: 'day', ...terms },
    state: 'Accepted',
    filledQuantity: '0',
    averagePrice: null,
    pending: null,
    reason: '',
    reasonCode: '',
    source: { kind: 'user', name: '' },
    strategy: null,
    group: null,
    parent: null,
    decidedAt: 0,
    decisionPrice: null,
    tag: '',
    lastEvent: 1,
    createdAt: 0,
    changedAt: 0,
    ...more,
  } as LiveOrderView;
}
function position(quantity: string, averagePrice: string | null, account = 'PAPER'): PositionView {
  return {
    ...HELD,
    account,
    quantity,
    averagePrice,
    currency: 'USD',
    mark: null,
    markTime: null,
    value: null,
    unrealized: null,
    realizedToday: '0',
    protection: 'none',
  };
}

describe('orders and position on the chart', () => {
  test('open orders of the account stand at their prices, with side, quantity and kind', () => {
    const orders = [
      order('1', { limitPrice: '80.5' }, { filledQuantity: '30', state: 'PartiallyFilled' }),
      order('2', {
        side: 'sell',
        type: 'stop_limit',
        stopPrice: '79',
        limitPrice: '78.5',
        quantity: '1500',
      }),
      order(
        '3',
        { side: 'sell', type: 'stop', stopPrice: '77' },
        { state: 'Initialized', group: { id: 'G', kind: 'bracket', role: 'stop-loss' } },
      ),
      order('4', { limitPrice: '90' }, { state: 'Unknown' }),
      order('5', { limitPrice: '91' }, { state: 'Filled' }),
      order('6', { limitPrice: '92' }, { account: 'OTHER' }),
      order('7', { limitPrice: '93' }, { instrument: 'BETA.SIM' }),
      order('8', { type: 'market' }),
      order('9', { type: 'trailing_stop', trailAmount: '1' }),
    ];
    const said = tradingLines(orders, [], HELD).map(
      ({ title, price, tone, style }) => `${title} @ ${price} ${tone} ${style}`,
    );
    expect(said).toEqual([
      'Buy 70 LMT @ 80.5 buy dashed',
      'Sell 1,500 STP @ 79 sell dotted',
      'Sell 1,500 LMT @ 78.5 sell dashed',
      '◌ SL Sell 100 STP @ 77 sell dotted',
      '? Buy 100 LMT @ 90 doubt dashed',
    ]);
    expect(new Set(tradingLines(orders, [], HELD).map(({ key }) => key)).size).toBe(5);
  });

  test('the position stands at what it has cost, flat and unknown ones nowhere', () => {
    const title = (...held: PositionView[]) =>
      tradingLines([], held, HELD).map((line) => `${line.title} @ ${line.price}`);
    expect(title(position('1200', '83.125'))).toEqual(['Long 1,200 average @ 83.125']);
    expect(title(position('-5', '83'))).toEqual(['Short 5 average @ 83']);
    expect(title(position('0', null), position('7', '1', 'OTHER'))).toEqual([]);
    expect(title(position('7', null))).toEqual([]);
  });

  test('the last fills are marked, the newest of them with words', () => {
    const fills = Array.from({ length: 40 }, (_, i) => ({
      ...HELD,
      instrument: i === 39 ? 'BETA.SIM' : 'ALFA.SIM',
      tradeId: String(i),
      side: i % 2 === 0 ? 'buy' : 'sell',
      quantity: '10',
      price: '80.10',
      venueTime: 1_000 - i,
    })) as unknown as FillView[];
    const marks = fillMarks(fills, HELD);
    expect(marks).toHaveLength(30);
    expect(marks.map(({ time }) => time)).toEqual(
      marks.map(({ time }) => time).toSorted((a, b) => a - b),
    );
    expect(marks.filter(({ text }) => text !== '')).toHaveLength(6);
    expect(marks.at(-1)).toEqual({ time: 1_000, buy: true, text: 'Buy 10 @ 80.10' });
    expect(marks.at(-2)?.text).toBe('Sell 10 @ 80.10');
  });

  test('fills of a market that is played again stand where that market was', () => {
    const fills = [
      { tradeId: '3', venueTime: 9_000, marketTime: 300 },
      { tradeId: '2', venueTime: 8_000, marketTime: 500 },
      { tradeId: '1', venueTime: 7_000 },
    ].map((each) => ({ ...HELD, side: 'buy', quantity: '1', price: '80', ...each }));
    expect(fillMarks(fills as never, HELD).map(({ time }) => time)).toEqual([300, 500, 7_000]);
  });

  test('a fill belongs to the bar that its time lies in', () => {
    const times = Float64Array.of(100, 200, 400);
    expect([99, 100, 199, 200, 399, 400, 499, 500].map((time) => barAt(times, time, 100))).toEqual([
      undefined,
      100,
      100,
      200,
      200,
      400,
      400,
      undefined,
    ]);
    expect(barAt([], 5, 100)).toBeUndefined();
  });
});
