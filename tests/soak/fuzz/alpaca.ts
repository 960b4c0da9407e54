import { Random } from '../../../engine/backtest/random.ts';
import { price, quantity } from '../../../engine/domain/decimal.ts';
import { accountId, clientOrderId, instrumentId } from '../../../engine/domain/identifiers.ts';
import type { OrderIntent } from '../../../engine/domain/live-order.ts';
import { faultOf } from '../../../engine/orders/reports.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { openAlpaca } from '../../../electron/adapters/alpaca/manifest.ts';
import type { AdapterContext } from '../../../electron/net/adapter.ts';
import { systemClock } from '../../../electron/net/system-clock.ts';
import { KEYS, StubAlpaca } from '../../stubs/alpaca/server.ts';
import { pick, spoilt, spoiltText, textOf, turn, type Fuzzed } from './spoil.ts';

const AAPL = instrumentId('AAPL', 'XNAS');
const NOW = '2024-01-02T15:00:00.123456789Z';

const TICKS: readonly object[] = [
  { T: 'q', S: 'AAPL', bp: 99, bs: 3, ap: 99.02, as: 4, t: NOW, c: ['R'], z: 'C' },
  { T: 't', S: 'AAPL', i: 7, p: 99.01, s: 100, t: NOW, c: ['@'], x: 'V', z: 'C' },
  { T: 'b', S: 'AAPL', o: 99, h: 99.5, l: 98.5, c: 99.2, v: 1000, t: '2024-01-02T15:00:00Z' },
  { T: 'error', code: 406, msg: 'connection limit exceeded' },
  { T: 'subscription', trades: ['AAPL'], quotes: ['AAPL'], bars: [] },
  { T: 'success', msg: 'authenticated' },
];

const order = (n: number): OrderIntent => ({
  clientOrderId: clientOrderId(`R-FUZZ-${n}`),
  account: accountId('PA3STUB0001'),
  instrument: AAPL,
  terms: {
    side: 'buy',
    type: 'limit',
    quantity: quantity('10'),
    limitPrice: price('90'),
    timeInForce: 'day',
  },
  source: { kind: 'person', name: '' },
  strategy: null,
  group: null,
  parent: null,
  decidedAt: systemClock.now(),
  decisionPrice: null,
  tag: '',
});

/** Messages of both streams of Alpaca, spoilt, over real sockets to the adapter. */
export async function fuzzAlpaca(messages: number, seed: number): Promise<Fuzzed> {
  const random = new Random(seed);
  const stub = await StubAlpaca.start();
  const wrong: string[] = [];
  let taken = 0;
  const context = {
    clock: systemClock,
    random: Math.random,
    log: (_level: string, message: string, facts?: object) => {
      if (textOf([message, facts]).includes(KEYS.secretKey))
        wrong.push(`a key in the log: ${message}`);
    },
    folder: '',
  } as unknown as AdapterContext;
  const { execution, data } = openAlpaca(stub.settings, KEYS, context, {
    pingEvery: 1000,
    silence: 20_000,
    waits: { first: 20, longest: 60 },
    login: 2000,
    replacement: 300,
  });
  execution.onReport((report) => {
    taken += 1;
    const fault = faultOf(report);
    if (fault !== null) wrong.push(`${fault}: ${textOf(report)}`);
  });
  data.onData((batch) => {
    taken += batch.length;
    for (const each of batch) {
      const { kind, venueTime } = each;
      const sound =
        Number.isFinite(venueTime) &&
        (kind === 'quote' ? isSide(each.bid) && isSide(each.ask) : true) &&
        (kind === 'trade' ? Number.isFinite(each.price) && each.size >= 0 : true);
      if (!sound) wrong.push(textOf(each));
    }
  });
  const ready = async (): Promise<void> => {
    const until = performance.now() + 30_000;
    while (stub.streams.orders.size === 0 || stub.streams.data.size === 0 || !listening(stub)) {
      if (performance.now() > until) throw new Error('the streams did not come back');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  try {
    // Sound updates to be spoilt.
    const updates: object[] = [];
    const tell = stub.exchange.onEvent;
    stub.exchange.onEvent = (event) => {
      updates.push(event);
      tell(event);
    };
    await execution.connect();
    await data.connect();
    for (const kind of ['quote', 'trade'] as const)
      await data.subscribe({ instrument: AAPL, kind });
    await execution.submit([order(1)]);
    await execution.submit([order(2)]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    stub.exchange.onEvent = tell;
    if (updates.length === 0) throw new Error('there is nothing to be spoilt');
    const sent = stub.calls.filter((call) => !call.startsWith('GET')).length;
    const began = performance.now();
    for (let n = 0; n < messages; n += 1) {
      if (n % 200 === 0) {
        // Both ends of the sockets are here: a turn now and then lets them be read.
        for (let i = 0; i < 4; i += 1) await turn();
        if (n % 5000 === 0) await ready();
      }
      if (n % 3 === 0) {
        const event = spoilt({ stream: 'trade_updates', data: pick(random, updates) }, random);
        stub.streams.sendOrders(spoiltText(textOf(event), random));
      } else {
        const batch = [spoilt(pick(random, TICKS), random), pick(random, TICKS.slice(0, 3))];
        stub.streams.sendData(spoiltText(textOf(batch), random));
      }
    }
    const seconds = (performance.now() - began) / 1000;
    await ready();
    if (stub.calls.filter((call) => !call.startsWith('GET')).length !== sent)
      throw new Error('a message led to a request that changes something');
    // It still works: an order goes out and is reported.
    await until(
      () => execution.connection.phase === 'ready',
      () => `ready, not ${textOf(execution.connection)}`,
    );
    let heard = false;
    execution.onReport((report) => {
      if (report.kind === 'order' && report.clientOrderId === 'R-FUZZ-3') heard = true;
    });
    await submitted(() => execution.submit([order(3)]));
    await until(
      () => heard,
      () =>
        `an order after it is reported; calls: ${textOf(tally(stub.calls))}, last ${stub.calls.slice(-8).join(', ')}`,
    );
    if (wrong.length > 0) throw new Error(`${wrong.length} wrong: ${wrong.slice(0, 3).join('\n')}`);
    return { border: 'alpaca', messages, taken, seconds };
  } finally {
    await execution.disconnect();
    await data.disconnect();
    await stub.close();
  }
}

/** Sends an order as soon as the venue's rate has room for it: nothing was sent before. */
async function submitted(send: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + 180_000;
  for (;;) {
    try {
      await send();
      return;
    } catch (error) {
      const early = error instanceof VenueError && error.definite;
      if (!early || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

/** A price, or a side of the market that has none. */
const isSide = (price: number): boolean => Number.isNaN(price) || Number.isFinite(price);

/** How often each kind of call was made. */
function tally(calls: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const call of calls) {
    const kind = call.split('/').slice(0, 3).join('/');
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

const listening = (stub: StubAlpaca): boolean =>
  [...stub.streams.orders].some((each) => each.listening);

async function until(holds: () => boolean, what: () => string): Promise<void> {
  // Questions that malformed messages led to may have used up the rate that Alpaca allows in a minute.
  const end = performance.now() + 180_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`it never became so: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
