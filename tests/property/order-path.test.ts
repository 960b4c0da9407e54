import { describe, expect, it } from 'vitest';
import { add, compare, negate, ZERO, type Decimal } from '../../engine/domain/decimal.ts';
import { clientOrderId, type ClientOrderId } from '../../engine/domain/identifiers.ts';
import { isOpen } from '../../engine/domain/live-order.ts';
import type { OrderEvent } from '../../engine/orders/facts.ts';
import { OrderLedger } from '../../engine/orders/ledger.ts';
import { isClosed, type OrderRecord } from '../../engine/orders/record.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { Baseline } from '../../engine/portfolio/positions.ts';
import type { JournalEntry } from '../../engine/ports/journal.ts';
import {
  AAPL,
  ACCOUNT,
  FAULTS,
  isLive,
  leftOf,
  type Fault,
  type TrueOrder,
} from '../support/exchange.ts';
import { settle } from '../support/fake-clock.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { openDesk, ticketOf, type TestDesk } from '../support/trading-desk.ts';
import { fc } from '../support/properties.ts';

const PERSON = { kind: 'person', name: '' } as const;
const QUERIES = ['orders', 'order', 'fills', 'positions', 'cash'] as const;

type Command =
  | {
      readonly do: 'place';
      readonly side: 'buy' | 'sell';
      readonly lots: number;
      readonly market: boolean;
      readonly bracket: boolean;
      readonly fault: Fault;
    }
  | { readonly do: 'amend'; readonly pick: number; readonly lots: number; readonly fault: Fault }
  | { readonly do: 'cancel'; readonly pick: number; readonly fault: Fault }
  | { readonly do: 'fill'; readonly pick: number; readonly lots: number }
  | { readonly do: 'end'; readonly pick: number; readonly how: 'canceled' | 'expired' }
  | { readonly do: 'kill'; readonly flatten: boolean }
  | { readonly do: 'flatten' }
  | { readonly do: 'outside'; readonly side: 'buy' | 'sell'; readonly lots: number }
  | { readonly do: 'restart'; readonly away: number }
  | { readonly do: 'reconcile' }
  | { readonly do: 'break'; readonly query: (typeof QUERIES)[number] }
  | { readonly do: 'slow'; readonly query: (typeof QUERIES)[number] }
  | { readonly do: 'mend' }
  | { readonly do: 'disconnect'; readonly away: number }
  | { readonly do: 'hold' }
  | { readonly do: 'release'; readonly seed: number; readonly twice: boolean }
  | { readonly do: 'pass'; readonly ms: number };

const side = fc.constantFrom('buy' as const, 'sell' as const);
const lots = fc.integer({ min: 1, max: 6 });
const pick = fc.nat(50);
const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('none' as const) },
  { weight: 2, arbitrary: fc.constantFrom(...FAULTS) },
);
const is = <Name extends Command['do']>(name: Name) => fc.constant(name);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: is('place'),
      side,
      lots,
      market: fc.boolean(),
      bracket: fc.boolean(),
      fault,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: is('amend'), pick, lots, fault }) },
  { weight: 3, arbitrary: fc.record({ do: is('cancel'), pick, fault }) },
  { weight: 6, arbitrary: fc.record({ do: is('fill'), pick, lots }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: is('end'),
      pick,
      how: fc.constantFrom('canceled' as const, 'expired' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: is('kill'), flatten: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: is('flatten') }) },
  { weight: 1, arbitrary: fc.record({ do: is('outside'), side, lots }) },
  { weight: 2, arbitrary: fc.record({ do: is('restart'), away: fc.nat(20_000) }) },
  { weight: 2, arbitrary: fc.record({ do: is('reconcile') }) },
  { weight: 1, arbitrary: fc.record({ do: is('break'), query: fc.constantFrom(...QUERIES) }) },
  { weight: 1, arbitrary: fc.record({ do: is('slow'), query: fc.constantFrom(...QUERIES) }) },
  { weight: 1, arbitrary: fc.record({ do: is('mend') }) },
  { weight: 1, arbitrary: fc.record({ do: is('disconnect'), away: fc.nat(5000) }) },
  { weight: 1, arbitrary: fc.record({ do: is('hold') }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: is('release'), seed: fc.nat(1000), twice: fc.boolean() }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: is('pass'), ms: fc.constantFrom(1, 200, 1000, 4000, 20_000) }),
  },
);

/** One run: a desk, restarted now and then, on an exchange that keeps the truth. */
class Run {
  desk: TestDesk;
  #request = 0;
  /** Errors that nobody should ever see. */
  readonly errors: unknown[] = [];

  constructor(desk: TestDesk) {
    this.desk = desk;
  }

  async do(command: Command): Promise<void> {
    const { trading, exchange, clock } = this.desk;
    this.#request += 1;
    const n = this.#request;
    switch (command.do) {
      case 'place': {
        const { lots: size, bracket, market } = command;
        const buys = command.side === 'buy';
        const ticket = ticketOf({
          terms: {
            side: command.side,
            type: market ? 'market' : 'limit',
            quantity: String(size * 10),
            // Each order its own price: none is a double of another.
            ...(market
              ? { limitPrice: undefined }
              : { limitPrice: (98 + (n % 150) / 100).toFixed(2) }),
          },
          ...(bracket
            ? {
                stopLoss: { stopPrice: buys ? '90' : '110' },
                takeProfit: { limitPrice: buys ? '110' : '90' },
              }
            : {}),
        });
        this.#with(command.fault, trading.place(`Q${n}`, ticket, PERSON));
        break;
      }
      case 'amend': {
        const order = this.#ours(command.pick);
        if (order === undefined) break;
        this.#with(
          command.fault,
          trading.amend(order.clientOrderId, { quantity: String(command.lots * 10) as never }),
        );
        break;
      }
      case 'cancel': {
        const order = this.#ours(command.pick);
        if (order !== undefined)
          this.#with(command.fault, trading.desk.cancel(order.clientOrderId));
        break;
      }
      case 'fill': {
        const order = this.#theirs(command.pick);
        if (order === undefined) break;
        const left = Number(leftOf(order));
        exchange.fill(
          exchange.orders.indexOf(order),
          String(Math.min(left, command.lots * 5)),
          '99',
        );
        break;
      }
      case 'end': {
        const order = this.#theirs(command.pick);
        if (order !== undefined) exchange.end(exchange.orders.indexOf(order), command.how);
        break;
      }
      case 'kill':
        this.#with('none', trading.kill(command.flatten, 'test', 'kill-switch'));
        await clock.pass(100);
        this.#with('none', trading.risk.setState('active', '', 'user'));
        break;
      case 'flatten':
        this.#with('none', trading.flatten(`F${n}`, ACCOUNT, AAPL));
        break;
      case 'outside': {
        const intent = {
          ...ticketOf(),
          clientOrderId: clientOrderId(`OUT${n}`),
          terms: {
            side: command.side,
            type: 'limit',
            quantity: String(command.lots * 10),
            limitPrice: '97',
            timeInForce: 'day',
          },
        };
        exchange.placeOutside(intent as never);
        break;
      }
      case 'restart':
        await this.restart(command.away);
        break;
      case 'reconcile':
        this.#with('none', trading.reconcile(ACCOUNT));
        break;
      case 'break':
        exchange.brokenQueries.add(command.query);
        break;
      case 'slow':
        exchange.slowQueries.add(command.query);
        break;
      case 'mend':
        exchange.brokenQueries.clear();
        exchange.slowQueries.clear();
        break;
      case 'disconnect':
        exchange.setPhase('connecting');
        exchange.deaf = true;
        exchange.held = null;
        await clock.pass(command.away);
        exchange.deaf = false;
        exchange.setPhase('ready');
        break;
      case 'hold':
        exchange.held ??= [];
        break;
      case 'release': {
        const { seed, twice } = command;
        exchange.release((reports) => {
          const all = twice ? [...reports, ...reports] : [...reports];
          return all
            .map((report, i) => ({ report, at: ((i + 1) * 7919 * (seed + 1)) % 1009 }))
            .toSorted((a, b) => a.at - b.at)
            .map(({ report }) => report);
        });
        break;
      }
      case 'pass':
        await clock.pass(command.ms);
    }
    await settle();
  }

  /** The process dies as it stands, and another one starts on the same disk. */
  async restart(away: number): Promise<void> {
    const { journal, trading, clock, exchange } = this.desk;
    const defects = [...this.desk.defects];
    journal.failing = true;
    await trading.close();
    exchange.deaf = true;
    exchange.held = null;
    await clock.pass(away);
    exchange.deaf = false;
    exchange.setPhase('disconnected');
    this.desk = await openDesk({ clock, exchange, journal: new MemoryJournal(journal.entries) });
    this.desk.defects.push(...defects);
  }

  async calm(): Promise<void> {
    const { exchange, clock } = this.desk;
    exchange.faults.length = 0;
    exchange.brokenQueries.clear();
    exchange.slowQueries.clear();
    exchange.deaf = false;
    exchange.release((reports) => reports);
    if (exchange.connection.phase !== 'ready') exchange.setPhase('ready');
    await clock.pass(240_000);
  }

  #with(given: Fault, work: Promise<unknown>): void {
    const { exchange } = this.desk;
    if (given !== 'none') exchange.faults.push(given);
    work.catch((error: unknown) => {
      if (!(error instanceof RenataError)) this.errors.push(error);
    });
  }

  #ours(at: number): OrderRecord | undefined {
    const open = this.desk.trading.log.ledger.open();
    return open[at % Math.max(1, open.length)];
  }

  #theirs(at: number): TrueOrder | undefined {
    const live = this.desk.exchange.orders.filter(isLive);
    return live[at % Math.max(1, live.length)];
  }
}

/** What the venue's word for a state is, in ours. */
function stateAtVenue(order: TrueOrder): string {
  switch (order.status) {
    case 'accepted':
      return 'Accepted';
    case 'partially-filled':
      return 'PartiallyFilled';
    case 'filled':
      return 'Filled';
    case 'canceled':
      return 'Canceled';
    case 'expired':
      return 'Expired';
    default:
      throw new Error(order.status);
  }
}

const figures = (order: OrderRecord) => ({
  id: order.clientOrderId,
  state: order.state,
  quantity: order.terms.quantity,
  filled: order.filledQuantity,
  average: order.averagePrice,
  trades: order.fills.map(({ tradeId }) => tradeId).toSorted(),
});

function check(run: Run): void {
  const { desk } = run;
  const { exchange, trading, journal } = desk;
  const { ledger, positions } = trading.log;
  // Sent once each, and none twice at the venue.
  const sent = exchange.received
    .filter((what) => what.startsWith('submit '))
    .flatMap((what) => what.slice(7).split('+'));
  expect(new Set(sent).size).toBe(sent.length);
  const there = new Map<ClientOrderId, TrueOrder>();
  // Trades of before this account was known here are in the position that it brought along.
  const brought = new Set(
    journal.entries
      .filter(({ kind }) => kind === 'position')
      .flatMap(({ body }) => (JSON.parse(body) as Baseline).trades ?? []),
  );
  for (const order of exchange.orders) {
    const outside = order.intent.source.kind === 'external';
    const known = outside
      ? ledger.byVenueId(ACCOUNT, order.id)
      : ledger.get(order.intent.clientOrderId);
    // An order from outside that came and went unseen without a fill is nobody's concern.
    const trades = exchange.trades.filter(({ venueOrderId }) => venueOrderId === order.id);
    const settled = trades.every(({ tradeId }) => brought.has(tradeId));
    if (outside && known === undefined && !isLive(order) && settled) continue;
    if (known === undefined) throw new Error(`the order ${order.id} is lost`);
    there.set(known.clientOrderId, order);
    expect(figures(known)).toMatchObject({
      id: known.clientOrderId,
      state: stateAtVenue(order),
      // A change that arrived seconds late and was cancelled soon after may have come and gone unseen.
      ...(order.status === 'canceled' || order.status === 'expired'
        ? {}
        : { quantity: order.terms.quantity }),
      filled: order.filled,
      trades: trades.map(({ tradeId }) => tradeId).toSorted(),
    });
  }
  for (const order of ledger.all()) {
    if (there.has(order.clientOrderId)) continue;
    // Not at the venue: refused, never arrived, or an exit that waits for its entry.
    const waits = order.state === 'Initialized' && order.parent !== null;
    const ended = ['Denied', 'Rejected', 'Canceled'].includes(order.state);
    expect([order.clientOrderId, order.state, waits || ended]).toEqual([
      order.clientOrderId,
      order.state,
      true,
    ]);
    expect(order.fills).toEqual([]);
  }
  let held: Decimal = ZERO;
  for (const { side: of, quantity } of exchange.trades)
    held = add(held, of === 'buy' ? quantity : negate(quantity));
  expect(positions.get(ACCOUNT, AAPL)?.quantity ?? ZERO).toBe(held);
  const booked = [...ledger.fills()].map(({ tradeId }) => tradeId).toSorted();
  expect(new Set(booked).size).toBe(booked.length);
  expect([...new Set([...booked, ...brought])].toSorted()).toEqual(
    exchange.trades.map(({ tradeId }) => tradeId).toSorted(),
  );
  expect(trading.cases.list(true)).toEqual([]);
  expect(run.errors).toEqual([]);
  // Queries fail because they are told to, a connection may throw, a dead process may not write.
  const told = /^(fills|connection|reconciliation|orphan): VenueError: no answer|a defect/;
  expect(desk.defects.filter((text) => !told.test(text))).toEqual([]);
  expect(replayed(journal.entries)).toEqual([...ledger.all()].map(figures));
}

/** The journal read anew, looking at every change of a closed order. */
function replayed(entries: readonly JournalEntry[]) {
  const ledger = new OrderLedger();
  for (const { kind, subject, body, sequence } of entries) {
    if (kind !== 'order') continue;
    const event = JSON.parse(body) as OrderEvent;
    const id = subject as ClientOrderId;
    const before = ledger.get(id);
    const { order } = ledger.apply(id, event, sequence);
    if (before === undefined || !isClosed(before) || order.state === before.state) continue;
    if (event.fact.type === 'amended') {
      // Filled as far as was known, until the venue showed that it had become larger.
      expect([before.state, isOpen(order.state)]).toEqual(['Filled', true]);
      expect(compare(order.terms.quantity, before.terms.quantity)).toBe(1);
      continue;
    }
    // Only a fill that was told late may change how an order ended.
    expect([event.fact.type, isOpen(order.state)]).toEqual(['filled', false]);
    expect(compare(order.filledQuantity, before.filledQuantity)).toBe(1);
  }
  return [...ledger.all()].map(figures);
}

describe('the order path', () => {
  it('comes to what the venue has, whatever happens on the way', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { minLength: 1, maxLength: 40, size: 'max' }),
        async (commands) => {
          const run = new Run(await openDesk());
          for (const each of commands) await run.do(each);
          await run.calm();
          check(run);
          await run.desk.trading.close();
        },
      ),
      // RENATA_RUNS for a longer search.
      { numRuns: Number(process.env['RENATA_RUNS'] ?? 300) },
    );
  });
});
