import { afterEach, describe, expect, it } from 'vitest';
import type { MarketDataService } from '../../../electron/services/market-data/types.ts';
import { Trading } from '../../../electron/services/trading/trading.ts';
import { systemClock } from '../../../electron/net/system-clock.ts';
import { add, decimal, negate, ZERO, type Decimal } from '../../../engine/domain/decimal.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { Ticket } from '../../../engine/protocol/live-schemas.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { AAPL, ACCOUNT, closeRig, openRig, pause, type Rig } from '../../stubs/alpaca/rig.ts';
import type { Fault, StubAlpaca } from '../../stubs/alpaca/server.ts';

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

async function open(journal = new MemoryJournal(), stub?: StubAlpaca): Promise<void> {
  // The rate limit is the venue's, by the clock of the desk: it holds nothing up here.
  const patience = {
    pingEvery: 1000,
    silence: 8000,
    waits: { first: 400, longest: 1200 },
    login: 10_000,
    replacement: 4000,
  };
  rig = await openRig({ clock: fastClock, patience, ...(stub === undefined ? {} : { stub }) });
  const instrument = await rig.execution.instrument(AAPL);
  const mark = () => ({ bid: 99.99, ask: 100.01, last: 100, time: fastClock.now() });
  const market = {
    mark,
    quote: () => null,
    book: () => null,
    instrument: async () => instrument,
    knownInstrument: () => instrument,
    find: async () => [],
    listen: () => () => undefined,
    watch: async () => ({ id: 'watch', sources: new Map(), end: () => undefined }),
    close: async () => undefined,
  } as unknown as MarketDataService;
  trading = await Trading.open({
    journal,
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

/** Connected, and compared with the venue since. */
const isHeard = (): boolean =>
  rig.execution.connection.phase === 'ready' && trading.reconciliation.isSettled(ACCOUNT);

let count = 0;

async function place(change: Partial<Ticket['terms']> = {}): Promise<OrderRecord> {
  count += 1;
  const terms = {
    side: 'buy',
    type: 'limit',
    quantity: String(1 + (count % 7)),
    // Each order is another one: the duplicate guard takes equal ones for a slip.
    limitPrice: `99.${String(10 + (count % 80))}`,
    timeInForce: 'day',
    ...change,
  } as Ticket['terms'];
  const placed = await trading.place(
    `request-${count}`,
    { account: ACCOUNT, instrument: AAPL, terms },
    { kind: 'person', name: '' },
  );
  return placed.orders[0] as OrderRecord;
}

/** What both sides have, order by order: the venue's truth under our names. */
async function expectSame(): Promise<void> {
  await expect
    .poll(() => trading.log.ledger.open().filter(({ state }) => state === 'Unknown').length)
    .toBe(0);
  const { failures } = await trading.reconcile(ACCOUNT);
  expect(failures).toEqual([]);
  const { exchange } = rig.stub;
  for (const order of trading.log.ledger.all()) {
    const theirs = exchange.orders.filter(
      ({ client_order_id: name }) => name.split('~')[0] === order.clientOrderId,
    );
    const filled = theirs.reduce((sum: Decimal, each) => add(sum, each.filled), ZERO);
    expect(order.filledQuantity, order.clientOrderId).toBe(filled);
    const last = theirs.at(-1);
    if (last === undefined) expect(['Rejected', 'Denied']).toContain(order.state);
    else expect(exchange.isOpen(last), order.state).toBe(OPEN.has(order.state));
  }
  // Nothing is at the venue that is not here.
  const ours = new Set<string>(
    [...trading.log.ledger.all()].map(({ clientOrderId }) => clientOrderId),
  );
  for (const { client_order_id: name } of exchange.orders)
    expect(ours.has(name.split('~')[0] as string)).toBe(true);
  const fills = [...trading.log.ledger.all()].flatMap(({ fills: booked }) => booked);
  expect(fills).toHaveLength(exchange.fills.length);
  const held = fills.reduce(
    (sum: Decimal, { side, quantity }) => add(sum, side === 'buy' ? quantity : negate(quantity)),
    ZERO,
  );
  expect(trading.log.positions.get(ACCOUNT, AAPL)?.quantity ?? ZERO).toBe(held);
  expect(exchange.positions.get('AAPL')?.qty ?? ZERO).toBe(held);
}

const OPEN: ReadonlySet<string> = new Set([
  'Accepted',
  'PartiallyFilled',
  'PendingCancel',
  'PendingUpdate',
  'Triggered',
]);

/** Numbers from 0 to 1 that are the same every time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('a desk at Alpaca', () => {
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
      { kind: 'status', status: 502 },
      { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
    ];
    const { exchange, streams } = rig.stub;
    for (let round = 0; round < 200; round += 1) {
      if (random() < 0.2)
        rig.stub.fault({ call: pick(['POST', 'PATCH', 'DELETE']), what: pick(faults) });
      if (random() < 0.15) streams.holding = true;
      // Orders are denied while the stream is down; most of the time it is not.
      if (random() < 0.8) await expect.poll(isHeard, { timeout: 5000, interval: 5 }).toBe(true);
      const open_ = exchange.orders.filter((each) => exchange.isOpen(each));
      const roll = random();
      if (roll < 0.45 || open_.length === 0) {
        await place(random() < 0.2 ? { type: 'market', limitPrice: undefined } : {});
      } else if (roll < 0.65) {
        const working = open_.filter(
          ({ status }) => status === 'new' || status === 'partially_filled',
        );
        const target = working.length === 0 ? undefined : pick(working);
        if (target !== undefined) exchange.fill(target.id, decimal('1'), decimal('99'));
      } else {
        const ours = trading.log.ledger
          .open()
          .filter(({ state }) => state === 'Accepted' || state === 'PartiallyFilled');
        const order = ours.length === 0 ? undefined : pick(ours);
        if (order === undefined) continue;
        // Whoever asks for what cannot be done is told so.
        if (roll < 0.85) await trading.desk.cancel(order.clientOrderId).catch(() => undefined);
        else
          await trading
            .amend(order.clientOrderId, { limitPrice: `98.${String(10 + (round % 80))}` as never })
            .catch(() => undefined);
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
        streams.dropOrders();
      }
    }
    rig.stub.clearFaults();
    streams.release();
    await expect.poll(() => rig.execution.connection.phase).toBe('ready');
    await pause(200);
    await expectSame();
    expect([...trading.log.ledger.all()].length).toBeGreaterThan(40);
    expect(exchange.fills.length).toBeGreaterThan(10);
  });

  it('finds all as it was after a restart in the middle of an order', async () => {
    const journal = new MemoryJournal();
    await open(journal);
    const first = await place();
    rig.stub.fault({ call: 'POST /v2/orders', what: { kind: 'drop-after' } });
    const second = await place();
    expect(second.state).toBe('Unknown');
    const { stub } = rig;
    await trading.close();
    await rig.execution.disconnect();
    for (const order of stub.exchange.orders)
      stub.exchange.fill(order.id, decimal('1'), decimal('99'));
    await open(journal, stub);
    await expectSame();
    expect(trading.log.ledger.require(first.clientOrderId).filledQuantity).toBe('1');
    expect(trading.log.ledger.require(second.clientOrderId).filledQuantity).toBe('1');
  });
});
