import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { instrumentId } from '../../../engine/domain/identifiers.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import { openRecord } from '../../../engine/orders/record.ts';
import { faultOf, readOrderReport } from '../../../engine/orders/reports.ts';
import type { FillReport } from '../../../engine/ports/execution-client.ts';
import type { VenueError } from '../../../engine/ports/venue-error.ts';
import {
  lastWeeklyLogin,
  scheduledBreak,
} from '../../../electron/adapters/interactive-brokers/breaks.ts';
import { manifest } from '../../../electron/adapters/interactive-brokers/manifest.ts';
import {
  isLiveAccount,
  readSettings,
} from '../../../electron/adapters/interactive-brokers/settings.ts';
import {
  MAX_SERVER_VERSION,
  MIN_SERVER_VERSION,
} from '../../../electron/adapters/interactive-brokers/wire.ts';
import {
  ACCOUNT,
  bench,
  closeAll,
  START,
  type Bench,
} from '../../stubs/interactive-brokers/bench.ts';
import { cutShort, frame, prefixed } from '../../stubs/interactive-brokers/frames.ts';

afterEach(closeAll);

const failure = async (work: Promise<unknown>): Promise<VenueError> =>
  work.then(
    () => {
      throw new Error('It was taken.');
    },
    (error: unknown) => error as VenueError,
  );
const tradesOf = (desk: Bench): Set<string> =>
  new Set(
    desk.reports
      .filter((report): report is FillReport => report.kind === 'fill')
      .map(({ tradeId }) => tradeId),
  );

describe('the connection to TWS', () => {
  test('the handshake offers the versions that the library reads, and asks for the session', async () => {
    const desk = await bench({ settings: { clientId: 0 } });
    expect(desk.stub.handshakes).toEqual([`v${MIN_SERVER_VERSION}..${MAX_SERVER_VERSION}`]);
    expect(desk.stub.received[0]).toEqual(['71', '2', '0', '']);
    // Client 0 binds what is entered in TWS by hand.
    expect(desk.stub.received).toContainEqual(['15', '1', '1']);
    const library = readFileSync('node_modules/@stoqey/ib/dist/api/api.js', 'utf8');
    expect(library).toContain(
      'MAX_SUPPORTED_SERVER_VERSION = min_server_version_1.default.CME_TAGGING_FIELDS_IN_OPEN_ORDER',
    );
    const versions = readFileSync(
      'node_modules/@stoqey/ib/dist/api/data/enum/min-server-version.js',
      'utf8',
    );
    expect(versions).toContain(`["CME_TAGGING_FIELDS_IN_OPEN_ORDER"] = ${MAX_SERVER_VERSION}]`);
  });

  test('versions that cannot be spoken end the attempt for good', async () => {
    for (const version of [MIN_SERVER_VERSION - 1, MAX_SERVER_VERSION + 1]) {
      const desk = await bench({ serverVersion: version, connect: false });
      expect(await failure(desk.execution.connect())).toMatchObject({ failure: 'rejected' });
      expect(desk.execution.connection.phase).toBe('needs-user');
      expect(desk.execution.connection.message).toContain(String(version));
    }
  });

  test('what an account is shows by its name, whatever the settings say', async () => {
    expect(['DU1234567', 'DF123', 'D123'].map(isLiveAccount)).toEqual([false, false, false]);
    expect(['U1234567', 'F123', 'I123'].map(isLiveAccount)).toEqual([true, true, true]);
    const desk = await bench({ accounts: ['U7654321'], connect: false });
    await desk.execution.connect();
    await desk.until(() => desk.phase === 'needs-user', 'refused');
    expect(desk.part('orders')).toBe(false);
    expect(await desk.execution.accounts()).toMatchObject([{ id: 'U7654321', live: true }]);
    const intent = desk.intent({}, { account: 'U7654321' as never });
    expect(await failure(desk.execution.submit([intent]))).toMatchObject({ failure: 'not-sent' });
    expect(desk.stub.orders).toEqual([]);
    const live = await bench({ accounts: ['U7654321'], settings: { mode: 'live' } });
    await live.execution.submit([live.intent({}, { account: 'U7654321' as never })]);
    expect(live.stub.orders).toHaveLength(1);
  });

  test('settings are checked; ports of live accounts count as live until the account is known', () => {
    for (const [name, value] of [
      ['port', 0],
      ['port', 1.5],
      ['clientId', -1],
      ['host', 'a b'],
      ['mode', 'real'],
      ['region', 'moon'],
    ] as const) {
      expect(() => readSettings({ [name]: value }), name).toThrow(new RegExp(`^${name}:`));
    }
    expect(manifest.isLive({ port: 7497, mode: 'paper' })).toBe(false);
    expect(manifest.isLive({ port: 4001, mode: 'paper' })).toBe(true);
    expect(manifest.isLive({ port: 7497, mode: 'live' })).toBe(true);
  });

  test('a client id that is taken, and a TWS that is not there, are left to the user', async () => {
    const desk = await bench();
    const second = await bench({ connect: false });
    await second.stub.stop();
    second.open({ port: desk.stub.port });
    await second.execution.connect();
    await second.until(() => second.phase === 'needs-user', 'the id is taken');
    expect(second.execution.connection.message).toContain('client id 7');
    const third = await bench({ connect: false });
    await third.stub.stop();
    await third.execution.connect();
    expect(third.phase).toBe('needs-user');
    expect(third.execution.connection.message).toContain('Enable ActiveX and Socket Clients');
    // It comes by itself once TWS is there.
    third.clock.speed = 10;
    await third.stub.start();
    await third.until(() => third.phase === 'ready', 'ready');
  });

  test('a TWS that takes the connection and logs nobody in is no connection', async () => {
    const desk = await bench({ connect: false });
    desk.stub.logsIn = false;
    desk.clock.speed = 40;
    await desk.execution.connect();
    expect(desk.execution.connection.message).toContain('dialog');
    desk.stub.logsIn = true;
    desk.clock.speed = 4;
    await desk.until(() => desk.phase === 'ready', 'ready');
  });

  test('half-open: silence ends the connection, and another one is made', async () => {
    const desk = await bench({ speed: 8 });
    desk.clock.speed = 20;
    desk.stub.mute = true;
    await desk.until(() => desk.phase === 'reconnecting', 'noticed');
    expect(desk.part('orders')).toBe(false);
    expect(await failure(desk.execution.submit([desk.intent()]))).toMatchObject({
      failure: 'not-sent',
    });
    desk.stub.mute = false;
    desk.clock.speed = 4;
    await desk.until(() => desk.phase === 'ready', 'ready');
    expect(desk.gaps.length).toBeGreaterThan(0);
  });

  test('the night and the week: breaks are told as what they are', async () => {
    const at = (text: string): number => Date.parse(text);
    expect(scheduledBreak(at('2024-01-03T04:50:00Z'), 'america')?.until).toBe(
      at('2024-01-03T05:45:00Z'),
    );
    expect(scheduledBreak(at('2024-01-03T05:46:00Z'), 'america')).toBeNull();
    // In summer an hour earlier in UTC.
    expect(scheduledBreak(at('2024-07-03T03:50:00Z'), 'america')?.until).toBe(
      at('2024-07-03T04:45:00Z'),
    );
    // Friday night, 23:00 to 03:00 in New York.
    expect(scheduledBreak(at('2024-01-06T07:59:00Z'), 'america')?.until).toBe(
      at('2024-01-06T08:00:00Z'),
    );
    expect(scheduledBreak(at('2024-01-02T15:00:00Z'), 'europe')).toBeNull();
    expect(lastWeeklyLogin(at('2024-01-02T15:00:00Z'))).toBe(at('2023-12-31T06:00:00Z'));
    expect(lastWeeklyLogin(at('2024-01-07T05:59:00Z'))).toBe(at('2023-12-31T06:00:00Z'));
    expect(lastWeeklyLogin(at('2024-01-07T06:00:00Z'))).toBe(at('2024-01-07T06:00:00Z'));

    const night = await bench({ time: at('2024-01-03T04:50:00Z') });
    night.stub.say(-1, 1100, 'Connectivity between IB and Trader Workstation has been lost.');
    await night.until(() => night.phase === 'scheduled-break', 'a break');
    expect(night.execution.connection.until).toBe(at('2024-01-03T05:45:00Z'));
    await night.stub.stop();
    await night.until(
      () => night.execution.connection.message.includes('comes back by itself'),
      'TWS restarts',
    );
    expect(night.phase).toBe('scheduled-break');
    night.clock.speed = 10;
    await night.stub.start();
    await night.until(() => night.phase === 'ready', 'ready');

    const week = await bench({ time: at('2024-01-06T20:00:00Z') });
    week.clock.set(at('2024-01-07T15:00:00Z'));
    await week.stub.stop();
    await week.until(() => week.phase === 'needs-user', 'log in');
    expect(week.execution.connection.message).toContain('second factor');
  });
});

describe('what is lost and comes back', () => {
  test('1100, again and again: no orders, one gap, and everything asked for anew', async () => {
    const desk = await bench({ speed: 4 });
    const intent = desk.intent();
    await desk.execution.submit([intent]);
    await desk.market.subscribe({ instrument: intent.instrument, kind: 'quote' });
    for (const restored of [1101, 1102]) {
      for (let i = 0; i < 50; i += 1) desk.stub.say(-1, 1100, 'Connectivity has been lost.');
      await desk.until(() => desk.phase === 'reconnecting', 'lost');
      expect(desk.execution.connection.parts.map(({ working }) => working)).toEqual([
        false,
        false,
        false,
        false,
      ]);
      expect(await failure(desk.execution.submit([desk.intent()]))).toMatchObject({
        failure: 'not-sent',
      });
      const gaps = desk.gaps.length;
      const lines = desk.stub.received.filter(([kind]) => kind === '1').length;
      const order = desk.stub.order(intent.clientOrderId);
      // It fills while nothing is heard.
      desk.stub.mute = true;
      const trade = desk.stub.fill(order, 10, 187);
      desk.stub.mute = false;
      for (let i = 0; i < 20; i += 1)
        desk.stub.say(-1, restored, 'Connectivity has been restored.');
      await desk.until(() => desk.phase === 'ready', 'ready');
      expect(desk.gaps.length).toBe(gaps + 1);
      expect(tradesOf(desk).has(trade.execId)).toBe(true);
      // What was sent before an answer has arrived before it.
      await desk.execution.positions(ACCOUNT);
      const again = desk.stub.received.filter(([kind]) => kind === '1').length - lines;
      expect(again > 0).toBe(restored === 1101);
    }
  });

  test('a data farm that is away degrades only what it serves', async () => {
    const desk = await bench();
    desk.stub.say(-1, 2103, 'Market data farm connection is broken:usfarm');
    await desk.until(() => desk.phase === 'degraded', 'degraded');
    expect(desk.part('quotes')).toBe(false);
    expect(desk.part('orders')).toBe(true);
    desk.stub.say(-1, 2105, 'HMDS data farm connection is broken:ushmds');
    await desk.until(() => desk.part('history') === false, 'history');
    desk.stub.say(-1, 2104, 'Market data farm connection is OK:usfarm');
    desk.stub.say(-1, 2106, 'HMDS data farm connection is OK:ushmds');
    await desk.until(() => desk.phase === 'ready', 'ready');
  });

  test.each(['cut-before', 'cut-after', 'silent'] as const)(
    'an order without an answer (%s) is unknown, and is found or not found later',
    async (fate) => {
      const desk = await bench({ speed: fate === 'silent' ? 8 : 4 });
      desk.stub.fates = [fate];
      const intent = desk.intent();
      const error = await failure(desk.execution.submit([intent]));
      expect(error).toMatchObject({ failure: 'unknown' });
      expect(error.definite).toBe(false);
      await desk.until(() => desk.phase === 'ready', 'ready');
      const found = await desk.execution.order(desk.ref(intent));
      expect(found === null).toBe(fate === 'cut-before');
      expect(desk.stub.orders).toHaveLength(fate === 'cut-before' ? 0 : 1);
      if (found !== null) expect(found).toMatchObject({ status: 'accepted', terms: intent.terms });
      // Never sent again.
      expect(desk.stub.received.filter(([kind]) => kind === '3')).toHaveLength(1);
    },
  );

  test('restarted in the middle of an order: found by its name, with its fills', async () => {
    const desk = await bench();
    desk.stub.fates = ['cut-after'];
    const intent = desk.intent();
    await failure(desk.execution.submit([intent]));
    await desk.close();
    const order = desk.stub.order(intent.clientOrderId);
    const trade = desk.stub.fill(order, 100, 187.25);
    await desk.restart();
    expect(await desk.execution.openOrders(ACCOUNT)).toEqual([]);
    const found = await desk.execution.order(desk.ref(intent));
    expect(found).toMatchObject({
      status: 'filled',
      filledQuantity: '100',
      venueOrderId: String(order.permId),
    });
    expect(tradesOf(desk)).toEqual(new Set([trade.execId]));
    const fills = await desk.execution.fills(ACCOUNT, unixMillis(START - 1000));
    expect(fills).toMatchObject([
      { clientOrderId: intent.clientOrderId, quantity: '100', commission: '1.25' },
    ]);
  });

  test('an order that was cancelled while nobody looked: ended, with what it had filled, and its terms as we know them', async () => {
    const desk = await bench();
    const intent = desk.intent();
    const [answer] = await desk.execution.submit([intent]);
    const id = answer?.venueOrderId ?? null;
    await desk.close();
    const order = desk.stub.order(intent.clientOrderId);
    desk.stub.fill(order, 30, 187.25);
    desk.stub.cancelOrder(order, '');
    await desk.restart();
    const found = await desk.execution.order(desk.ref(intent, id));
    expect(found).toMatchObject({ status: 'canceled', filledQuantity: '30', venueOrderId: id });
    if (found === null) throw new Error('not found');
    expect(faultOf(found)).toBeNull();
    // TWS does not tell the size of ended orders: ours stays.
    const record = openRecord(intent, intent.decidedAt);
    const { facts } = readOrderReport(record, found, true);
    expect(facts.map(({ type }) => type)).toEqual(['accepted', 'canceled', 'confirmed']);
  });

  test('numbers of orders are never used twice, whatever TWS says is next', async () => {
    const desk = await bench();
    await desk.execution.submit([desk.intent()]);
    const [first] = desk.stub.orders;
    // TWS has not counted yet what came a moment before the end.
    desk.stub.nextValidId = 1;
    await desk.restart();
    await desk.execution.submit([desk.intent()]);
    expect(desk.stub.orders).toHaveLength(2);
    expect(desk.stub.orders[1]?.orderId).toBeGreaterThan(first?.orderId ?? 0);
    expect(readdirSync(desk.folder)).toEqual(['order-ids-7']);
    expect(Number(readFileSync(join(desk.folder, 'order-ids-7'), 'utf8'))).toBeGreaterThan(
      desk.stub.orders[1]?.orderId ?? 0,
    );
    // And TWS may be ahead of us.
    desk.stub.nextValidId = 90_000;
    await desk.restart();
    await desk.execution.submit([desk.intent()]);
    expect(desk.stub.orders[2]?.orderId).toBe(90_000);
  });

  test('a question that is not answered fails; it is not empty', async () => {
    // So fast that ten seconds of waiting are one, and not so that a moment seems like the end.
    const desk = await bench({ speed: 8 });
    for (const kind of [16, 61, 62, 7]) desk.stub.ignored.add(kind);
    const failures = await Promise.all(
      [
        desk.execution.openOrders(ACCOUNT),
        desk.execution.positions(ACCOUNT),
        desk.execution.balances(ACCOUNT),
        desk.execution.fills(ACCOUNT, unixMillis(0)),
        desk.execution.order(desk.ref(desk.intent())),
      ].map((asked) => failure(asked)),
    );
    for (const each of failures)
      expect(each).toMatchObject({ name: 'VenueError', failure: 'unknown' });
  });
});

describe('messages that are late, doubled, turned round or broken', () => {
  test.each(['duplicate', 'reorder', 'delay'] as const)(
    '%s: the same end, each fill once by its name',
    async (fault) => {
      const desk = await bench();
      if (fault === 'duplicate') desk.stub.duplicate = true;
      if (fault === 'reorder') desk.stub.reorder = 20;
      if (fault === 'delay') desk.stub.delay = 40;
      const intents = [desk.intent(), desk.intent(), desk.intent()];
      for (const intent of intents) await desk.execution.submit([intent]);
      for (const intent of intents) {
        const order = desk.stub.order(intent.clientOrderId);
        desk.stub.fill(order, 40, 187.2);
        desk.stub.fill(order, 60, 187.3);
      }
      await desk.until(
        () => intents.every((intent) => desk.last(intent)?.status === 'filled'),
        'all filled',
      );
      await desk.until(() => tradesOf(desk).size === 6, 'all fills');
      for (const intent of intents)
        expect(desk.last(intent)).toMatchObject({ filledQuantity: '100' });
      expect(desk.stub.orders).toHaveLength(3);
    },
  );

  test('an order message that cannot be read stops new orders until all has been asked for anew', async () => {
    const desk = await bench();
    const intent = desk.intent();
    await desk.execution.submit([intent]);
    const before = desk.last(intent);
    // A newer TWS that sends a field more than it should, then one less, then letters for numbers.
    for (const spoil of [
      (fields: (string | number | boolean)[]) => [...fields, 'surplus'],
      (fields: (string | number | boolean)[]) => fields.slice(0, 20),
      (fields: (string | number | boolean)[]) =>
        fields.map((field, i) => (i === 13 ? 'many' : field)),
    ]) {
      desk.states.length = 0;
      let spoilt = 0;
      desk.stub.tamper = (fields) => {
        if (fields[0] !== 5 || spoilt > 0) return fields;
        spoilt += 1;
        return spoil(fields);
      };
      desk.stub.fill(desk.stub.order(intent.clientOrderId), 1, 187);
      await desk.until(
        () =>
          desk.states.some(
            ({ phase, parts }) =>
              phase === 'degraded' &&
              parts.some(({ name, working }) => name === 'orders' && !working),
          ),
        'degraded',
      );
      await desk.until(() => desk.phase === 'ready', 'ready again');
    }
    expect(desk.last(intent)).toMatchObject({ terms: before?.terms, filledQuantity: '3' });
    expect(tradesOf(desk).size).toBe(3);
  });

  test('a TWS whose order messages can never be read takes no orders', async () => {
    const desk = await bench({ connect: false });
    desk.stub.placeElsewhere('AAPL', { action: 'BUY', totalQuantity: '1', orderType: 'MKT' }, 3, 3);
    desk.stub.tamper = (fields) => (fields[0] === 5 ? [...fields, 'surplus'] : fields);
    await desk.execution.connect();
    await desk.until(() => desk.phase === 'degraded', 'degraded');
    expect(desk.part('orders')).toBe(false);
    expect(desk.execution.connection.message).toContain('could not be read');
  });

  test('frames that are none, and messages that make the decoder throw, end or change nothing else', async () => {
    const desk = await bench();
    const intent = desk.intent();
    await desk.execution.submit([intent]);
    // An array of minus one entries, JSON that is none, an unknown message, no end.
    for (const bytes of [
      frame([93, 26, -1]),
      frame([4, 2, 5, 201, 'Order rejected', '{"broken']),
      frame([9999, 1]),
      prefixed(Buffer.from('3\x001\x00Submitted')),
      prefixed(Buffer.alloc(0)),
      frame([3, 'x', 'Submitted', 'y', 'z']),
    ]) {
      desk.stub.raw(bytes);
    }
    await desk.until(
      () => desk.logged.filter((line) => line.includes('could not be read')).length >= 5,
      'all noticed',
    );
    expect(desk.last(intent)?.status).toBe('accepted');
    expect(desk.stub.handshakes).toHaveLength(1);
    desk.clock.speed = 4;
    // The framing itself is lost: a negative length, one that is too long, a piece of a frame and the end.
    for (const spoil of [
      () => desk.stub.raw(Buffer.from([0xff, 0xff, 0xff, 0xfc, 1, 2, 3])),
      () => desk.stub.raw(Buffer.from([0x7f, 0xff, 0xff, 0xff])),
      () => {
        desk.stub.raw(cutShort([3, 1, 'Filled', 100, 0, 187, 1, 0, 187, 7, '', 0]));
        desk.stub.cut();
      },
    ]) {
      const before = desk.stub.handshakes.length;
      spoil();
      await desk.until(
        () => desk.stub.handshakes.length > before && desk.phase !== 'reconnecting',
        'another connection',
      );
      await desk.until(() => desk.phase === 'ready' || desk.phase === 'degraded', 'up');
    }
    expect(desk.last(intent)).toMatchObject({ status: 'accepted', filledQuantity: '0' });
    expect(await desk.execution.openOrders(ACCOUNT)).toHaveLength(1);
  });

  test('100,000 pieces of noise: no crash, no wrong state', async () => {
    const desk = await bench();
    const intent = desk.intent();
    await desk.execution.submit([intent]);
    const order = desk.stub.order(intent.clientOrderId);
    let seed = 42;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed % below;
    };
    const pieces = [
      '',
      '-1',
      '0',
      '1',
      'Filled',
      'NaN',
      '1e308',
      '1.7976931348623157E308',
      '2147483647',
      '\\u00',
      '🙂',
      'x'.repeat(50),
    ];
    for (let round = 0; round < 10; round += 1) {
      const noise: Buffer[] = [];
      for (let i = 0; i < 10_000; i += 1) {
        // Kinds of the protocol with random fields; none of them names the order.
        const fields: (string | number)[] = [1 + random(110)];
        for (let f = random(12); f > 0; f -= 1)
          fields.push(pieces[random(pieces.length)] as string);
        noise.push(frame(fields));
      }
      desk.stub.raw(Buffer.concat(noise));
      await desk.until(
        () => [...desk.stub.clients].every(({ socket }) => socket.writableLength === 0),
        'written',
      );
    }
    await desk.until(() => desk.stub.clients.size === 1, 'connected');
    const trade = desk.stub.fill(order, 100, 187);
    await desk.until(() => tradesOf(desk).has(trade.execId), 'still reading');
    expect(desk.last(intent)).toMatchObject({ clientOrderId: intent.clientOrderId });
    expect([...tradesOf(desk)]).toEqual([trade.execId]);
    expect(await desk.execution.order(desk.ref(intent))).toMatchObject({
      status: 'filled',
      filledQuantity: '100',
    });
  });

  test('something else than TWS at the port is told as such', async () => {
    const desk = await bench({ connect: false });
    desk.stub.tamper = () => ['HTTP/1.1 400 Bad Request'];
    expect(await failure(desk.execution.connect())).toMatchObject({ failure: 'rejected' });
    expect(desk.execution.connection.message).toContain('not TWS');
  });

  test('contracts: names both ways, steps of prices by market rule', async () => {
    const desk = await bench();
    const step = async (symbol: string, venue: string) =>
      desk.execution.instrument(instrumentId(symbol, venue));
    expect(await step('AAPL', 'XNAS')).toMatchObject({
      name: 'APPLE INC',
      assetClass: 'equity',
      currency: 'USD',
      calendar: 'us-equity',
      ticks: [
        { from: '0', tickSize: '0.0001' },
        { from: '1', tickSize: '0.01' },
      ],
      lotSize: '1',
      multiplier: '1',
      tradable: true,
      fractional: false,
      expiry: null,
    });
    expect(await step('BRK.B', 'XNYS')).toMatchObject({ symbol: 'BRK B' });
    expect(await step('SPY', 'ARCX')).toMatchObject({ assetClass: 'etf' });
    expect(await step('EUR/USD', 'IDEALPRO')).toMatchObject({
      assetClass: 'forex',
      baseCurrency: 'EUR',
      ticks: [{ tickSize: '0.00005' }],
    });
    expect(await step('BTC/USD', 'PAXOS')).toMatchObject({
      assetClass: 'crypto',
      lotSize: '0.00000001',
      fractional: true,
      calendar: 'crypto',
    });
    expect(await step('ESH6', 'CME')).toMatchObject({
      assetClass: 'future',
      multiplier: '50',
      ticks: [{ tickSize: '0.25' }],
      expiry: Date.parse('2026-03-21T04:59:59Z'),
    });
    expect(await step('SPX', 'INDEX')).toMatchObject({ assetClass: 'index', tradable: false });
    expect(await failure(step('NOSUCH', 'XNAS'))).toMatchObject({ failure: 'not-found' });
    expect((await desk.execution.findInstruments('berk', 5)).map(({ id }) => id)).toEqual([
      'BRK.B.XNYS',
    ]);
    expect((await desk.execution.findInstruments('EUR.USD', 5)).map(({ id }) => id)).toEqual([
      'EUR/USD.IDEALPRO',
    ]);
  });
});
