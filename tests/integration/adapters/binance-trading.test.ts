import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../electron/net/system-clock.ts';
import type { MarketDataService } from '../../../electron/services/market-data/types.ts';
import { Trading } from '../../../electron/services/trading/trading.ts';
import {
  add,
  decimal,
  negate,
  subtract,
  ZERO,
  type Decimal,
} from '../../../engine/domain/decimal.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { Mark } from '../../../engine/risk/view.ts';
import type { Ticket } from '../../../engine/protocol/live-schemas.ts';
import { ACCOUNT, BTC, closeRig, openRig, type Rig } from '../../stubs/binance/rig.ts';
import { StubBinance, type Fault } from '../../stubs/binance/server.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { marketOf } from '../../support/trading-desk.ts';

/** Time of the desk runs so much faster, so that its waits for doubtful orders are short. */
const SPEED = 20;
const began = { now: systemClock.now(), elapsed: systemClock.elapsed() };
const fastClock: Clock = {
  now: () => unixMillis(began.now + Math.floor((systemClock.elapsed() - began.elapsed) * SPEED)),
  elapsed: () => systemClock.elapsed() * SPEED,
  after: (milliseconds, run) => systemClock.after(milliseconds / SPEED, run),
};

let rig: Rig;
let trading: Trading;
const defects: string[] = [];

afterEach(async () => {
  await trading.close();
  await closeRig(rig);
  expect(defects.splice(0)).toEqual([]);
});

interface Left {
  readonly journal?: MemoryJournal;
  readonly stub?: StubBinance;
  readonly folder?: string;
}

async function open(left: Left = {}): Promise<void> {
  const patience = {
    pingEvery: 4000,
    silence: 60_000,
    waits: { first: 400, longest: 1200 },
    login: 10_000,
    gather: 200,
  };
  const stub = left.stub ?? (await StubBinance.start(() => fastClock.now()));
  // Minutes and windows of time are short here; they are not what is tested.
  stub.weightLimit = 1_000_000;
  stub.punctual = false;
  rig = await openRig({
    clock: fastClock,
    patience,
    stub,
    // Everything that is held needs a price before orders are let through.
    settings: { assets: 'BTC' },
    ...(left.folder === undefined ? {} : { folder: left.folder }),
  });
  const instrument = await rig.execution.instrument(BTC);
  const marks = new Map<string, Mark>([
    [BTC, { bid: 49_999.99, ask: 50_000.01, last: 50_000, time: fastClock.now() }],
  ]);
  const market: MarketDataService = {
    ...marketOf(fastClock, marks),
    instrument: async () => instrument,
    knownInstrument: () => instrument,
  };
  trading = await Trading.open({
    journal: left.journal ?? new MemoryJournal(),
    clock: fastClock,
    market,
    session: () => 'regular',
    dayOf: (_account, now) => new Date(now).toISOString().slice(0, 10),
    events: {
      onOrder: () => undefined,
      onFill: () => undefined,
      onPositions: () => undefined,
      onAccounts: () => undefined,
      onRisk: () => undefined,
      onCases: () => undefined,
      onNotice: () => undefined,
    },
    onDefect: (error, what) => {
      // A question that failed is asked again; that is what the faults are for.
      if (what !== 'fills') defects.push(`${what}: ${String(error)}`);
    },
  });
  await rig.execution.connect();
  trading.addVenue(rig.execution);
  await expect.poll(() => trading.reconciliation.isSettled(ACCOUNT)).toBe(true);
  // Money is compared last.
  await trading.reconcile(ACCOUNT);
}

const ready = (): boolean =>
  rig.execution.connection.phase === 'ready' && trading.reconciliation.isSettled(ACCOUNT);

let count = 0;

async function place(
  change: Partial<Ticket['terms']> = {},
  more: Partial<Ticket> = {},
): Promise<readonly OrderRecord[]> {
  count += 1;
  const terms = {
    side: 'buy',
    type: 'limit',
    quantity: `0.00${1 + (count % 7)}`,
    // Each order is another one: the duplicate guard takes equal ones for a slip.
    limitPrice: `49900.${String(10 + (count % 80))}`,
    timeInForce: 'gtc',
    ...change,
  } as Ticket['terms'];
  const placed = await trading.place(
    `request-${count}`,
    { account: ACCOUNT, instrument: BTC, ...more, terms },
    { kind: 'person', name: '' },
  );
  return placed.orders;
}

/** States of an order that works; others of open orders pass. */
const OPEN: ReadonlySet<string> = new Set(['Accepted', 'PartiallyFilled', 'Triggered']);

/** What both sides have, order by order: the venue's truth under our names. */
async function expectSame(): Promise<void> {
  // What changed a moment ago is compared the next time.
  await expect
    .poll(async () => {
      const { failures } = await trading.reconcile(ACCOUNT);
      const open = trading.log.ledger.open().filter(({ state }) => !OPEN.has(state));
      return [...failures, ...open.map(({ state }) => state)];
    })
    .toEqual([]);
  const { exchange } = rig.stub;
  for (const order of trading.log.ledger.all()) {
    const theirs = exchange.orders.filter(({ name }) => name === order.clientOrderId);
    expect(theirs.length, order.clientOrderId).toBeLessThanOrEqual(1);
    const [one] = theirs;
    expect(order.filledQuantity, order.clientOrderId).toBe(one?.filled ?? ZERO);
    if (one === undefined) expect(['Rejected', 'Denied']).toContain(order.state);
    else expect(exchange.isOpen(one), order.state).toBe(OPEN.has(order.state));
  }
  // Nothing is at the venue that is not here.
  const ours = new Set<string>(
    [...trading.log.ledger.all()].map(({ clientOrderId }) => clientOrderId),
  );
  for (const { name } of exchange.orders) expect(ours.has(name)).toBe(true);
  const fills = [...trading.log.ledger.all()].flatMap(({ fills: booked }) => booked);
  expect(fills).toHaveLength(exchange.trades.length);
  const traded = fills.reduce(
    (sum: Decimal, { side, quantity }) => add(sum, side === 'buy' ? quantity : negate(quantity)),
    ZERO,
  );
  const { free, locked } = exchange.balances.get('BTC') as { free: Decimal; locked: Decimal };
  const held = add(free, locked);
  // The account brought 5 along.
  expect(subtract(held, decimal('5'))).toBe(traded);
  expect(trading.log.positions.get(ACCOUNT, BTC)?.quantity ?? decimal('5')).toBe(held);
}

/** Numbers from 0 to 1 that are the same every time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('a desk at Binance', () => {
  it('books every fill once and loses no order, whatever goes wrong on the way', async () => {
    await open();
    await trading.risk.setLimits(
      { kind: 'global', name: '' },
      { maxOrders: null, maxOpenOrders: null, duplicateWindowMs: null },
    );
    const random = seeded(7);
    const pick = <Each>(list: readonly Each[]): Each =>
      list[Math.floor(random() * list.length)] as Each;
    const faults: readonly Fault['what'][] = [
      { kind: 'drop-after' },
      { kind: 'drop-before' },
      { kind: 'truncate' },
      { kind: 'malformed', body: '{}' },
      { kind: 'status', status: 503 },
      { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
    ];
    const { exchange, streams } = rig.stub;
    for (let round = 0; round < 200; round += 1) {
      if (random() < 0.2) rig.stub.fault({ call: pick(['POST', 'DELETE']), what: pick(faults) });
      if (random() < 0.15) streams.holding = true;
      // Orders are denied while the stream is down and until all is compared; most of the time it is.
      if (random() < 0.8) await expect.poll(ready).toBe(true);
      const working = exchange.orders.filter((each) => exchange.isOpen(each));
      const roll = random();
      if (roll < 0.45 || working.length === 0) {
        await place(random() < 0.2 ? { type: 'market', limitPrice: undefined } : {});
      } else if (roll < 0.7) {
        const target = pick(working);
        exchange.fill(target.symbol, target.id, decimal('0.001'), decimal('49900'));
      } else {
        const ours = trading.log.ledger
          .open()
          .filter(({ state }) => state === 'Accepted' || state === 'PartiallyFilled');
        const order = ours.length === 0 ? undefined : pick(ours);
        if (order === undefined) continue;
        // Whoever asks for what cannot be done is told so.
        await trading.desk.cancel(order.clientOrderId).catch(() => undefined);
      }
      if (streams.holding && random() < 0.7) {
        streams.release((events) =>
          events
            .flatMap((event) => (random() < 0.3 ? [event, event] : [event]))
            .toSorted(() => random() - 0.5),
        );
      }
      if (random() < 0.05) {
        streams.holding = false;
        streams.held.length = 0;
        streams.dropUsers();
      }
    }
    rig.stub.clearFaults();
    streams.release();
    await expect.poll(ready).toBe(true);
    await expectSame();
    expect([...trading.log.ledger.all()].length).toBeGreaterThan(40);
    expect(exchange.trades.length).toBeGreaterThan(10);
  });

  it('finds all as it was after a restart in the middle of an order', async () => {
    const journal = new MemoryJournal();
    await open({ journal });
    const [first] = await place();
    rig.stub.fault({ call: 'POST /api/v3/order', what: { kind: 'drop-after' } });
    const [second] = await place();
    expect(second?.state).toBe('Unknown');
    const { stub, folder } = rig;
    await trading.close();
    await rig.execution.disconnect();
    for (const order of stub.exchange.orders)
      stub.exchange.fill(order.symbol, order.id, decimal('0.001'), decimal('49900'));
    await open({ journal, stub, folder });
    await expectSame();
    for (const order of [first, second] as OrderRecord[])
      expect(trading.log.ledger.require(order.clientOrderId).filledQuantity).toBe('0.001');
  });

  it('finds trades also when nothing but the journal was kept', async () => {
    const journal = new MemoryJournal();
    await open({ journal });
    const [sold] = await place({ side: 'sell', limitPrice: '50100', quantity: '0.004' });
    const { stub } = rig;
    await trading.close();
    await rig.execution.disconnect();
    const { id } = stub.exchange.named('BTCUSDT', (sold as OrderRecord).clientOrderId);
    stub.exchange.fill('BTCUSDT', id, decimal('0.004'), decimal('50100'));
    // Another folder: the list of traded pairs is gone.
    await open({ journal, stub });
    await expect
      .poll(() => trading.log.ledger.require((sold as OrderRecord).clientOrderId).state)
      .toBe('Filled');
    await expectSame();
  });

  it('learns of the loss of an answer that the order was never taken', async () => {
    await open();
    rig.stub.fault({ call: 'POST /api/v3/order', what: { kind: 'status', status: 503 } });
    const [order] = await place();
    expect(order?.state).toBe('Unknown');
    await expect
      .poll(() => trading.log.ledger.require((order as OrderRecord).clientOrderId).state)
      .toBe('Rejected');
    await expectSame();
    expect(rig.stub.calls.filter((call) => call === 'POST /api/v3/order')).toHaveLength(1);
  });

  it('agrees with the venue on what is held when fees are taken from it', async () => {
    await open();
    const { exchange } = rig.stub;
    exchange.commission = { rate: decimal('0.001'), asset: 'received' };
    const [bought] = await place({ type: 'market', limitPrice: undefined, quantity: '0.02' });
    const [sold] = await place({ side: 'sell', limitPrice: '50100', quantity: '0.01' });
    const { id } = exchange.named('BTCUSDT', (sold as OrderRecord).clientOrderId);
    exchange.fill('BTCUSDT', id, decimal('0.01'), decimal('50100'));
    const state = (order?: OrderRecord) =>
      trading.log.ledger.require((order as OrderRecord).clientOrderId).state;
    await expect.poll(() => [state(bought), state(sold)]).toEqual(['Filled', 'Filled']);
    // 5 and 0.02 less a thousandth of it, less 0.01; the fee of the sale is taken in money.
    const held = '5.00998';
    expect((await rig.execution.positions(ACCOUNT))[0]?.quantity).toBe(held);
    expect(trading.log.positions.get(ACCOUNT, BTC)?.quantity).toBe(held);
    await trading.reconcile(ACCOUNT);
    expect(trading.cases.list(true).filter(({ kind }) => kind === 'position-differs')).toEqual([]);
  });

  it('places an OCO pair at the venue, of which one takes the other away', async () => {
    await open();
    const legs = await place(
      { side: 'sell', limitPrice: '52000', quantity: '0.01' },
      {
        oco: {
          side: 'sell',
          type: 'stop',
          stopPrice: '48000',
          quantity: '0.01',
          timeInForce: 'gtc',
        },
      },
    );
    expect(legs.map(({ state }) => state)).toEqual(['Accepted', 'Accepted']);
    const [limit, stop] = legs as [OrderRecord, OrderRecord];
    const { id } = rig.stub.exchange.named('BTCUSDT', limit.clientOrderId);
    rig.stub.exchange.fill('BTCUSDT', id, decimal('0.01'), decimal('52000'));
    const state = (order: OrderRecord) => trading.log.ledger.require(order.clientOrderId).state;
    await expect.poll(() => [state(limit), state(stop)]).toEqual(['Filled', 'Expired']);
    await expectSame();
  });
});
