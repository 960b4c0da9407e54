import { rmSync } from 'node:fs';
import { expect, onTestFinished } from 'vitest';
import { Trading } from '../../electron/services/trading/trading.ts';
import { add, negate, subtract, ZERO, type Decimal } from '../../engine/domain/decimal.ts';
import type { AccountId, ClientOrderId, InstrumentId } from '../../engine/domain/identifiers.ts';
import type { OrderRecord } from '../../engine/orders/record.ts';
import type { Clock } from '../../engine/ports/clock.ts';
import type { Ticket } from '../../engine/protocol/live-schemas.ts';
import type { Mark } from '../../engine/risk/view.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { marketOf } from '../support/trading-desk.ts';
import type { OrderVenueRig } from './order-venue.ts';
import { fasterClock } from './rig.ts';

/** An order as the venue has it, under the name that we gave it, also where it went on as another one. */
export interface TrueOrder {
  readonly name: string;
  readonly filled: Decimal;
  readonly open: boolean;
  /** Fills a part of it, where it can be filled now. */
  fill(quantity: Decimal, price: Decimal): void;
}

/** A venue at which a desk trades one instrument. */
export interface DeskVenue<Rig extends OrderVenueRig> {
  readonly title: string;
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  readonly mark: Omit<Mark, 'time'>;
  /** What the account held when it began. */
  readonly heldAtFirst: Decimal;
  /** The adapter by a clock, not connected; on what another one has left, if there was one. */
  open(clock: Clock, left: Pick<DeskLeft<Rig>, 'stub' | 'folder'>): Promise<Rig>;
  close(rig: Rig): Promise<void>;
  /** The terms of an order that rests; each count makes others, since the duplicate guard takes equal ones for a slip. */
  terms(count: number): Ticket['terms'];
  readonly truth: {
    orders(rig: Rig): readonly TrueOrder[];
    fills(rig: Rig): number;
    held(rig: Rig): Decimal;
  };
}

/** What a desk has left behind. */
export interface DeskLeft<Rig extends OrderVenueRig> {
  readonly journal: MemoryJournal;
  readonly stub?: Rig['stub'];
  readonly folder?: string;
}

/** Time of the desk runs so much faster, so that its waits for doubtful orders are short. */
const CLOCK = fasterClock(20);
/** States of an order that works; others of open orders pass. */
const WORKING: ReadonlySet<string> = new Set(['Accepted', 'PartiallyFilled', 'Triggered']);

let requests = 0;

/** A whole desk on an adapter on a stub. It ends with the test, unless it has before. */
export class VenueDesk<Rig extends OrderVenueRig> {
  readonly venue: DeskVenue<Rig>;
  readonly rig: Rig;
  readonly trading: Trading;
  readonly journal: MemoryJournal;
  readonly #defects: readonly string[];
  #left = false;

  private constructor(
    venue: DeskVenue<Rig>,
    rig: Rig,
    trading: Trading,
    journal: MemoryJournal,
    defects: readonly string[],
  ) {
    this.venue = venue;
    this.rig = rig;
    this.trading = trading;
    this.journal = journal;
    this.#defects = defects;
    onTestFinished(() => this.#close());
  }

  /** Connected, and compared with the venue. */
  static async open<Rig extends OrderVenueRig>(
    venue: DeskVenue<Rig>,
    left: Partial<DeskLeft<Rig>> = {},
  ): Promise<VenueDesk<Rig>> {
    const { journal = new MemoryJournal(), ...kept } = left;
    const rig = await venue.open(CLOCK, kept);
    const instrument = await rig.execution.instrument(venue.instrument);
    const marks = new Map([[venue.instrument as string, { ...venue.mark, time: CLOCK.now() }]]);
    const defects: string[] = [];
    const trading = await Trading.open({
      journal,
      clock: CLOCK,
      market: {
        ...marketOf(CLOCK, marks),
        instrument: async () => instrument,
        knownInstrument: () => instrument,
      },
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
    const desk = new VenueDesk(venue, rig, trading, journal, defects);
    await rig.execution.connect();
    trading.addVenue(rig.execution);
    await desk.untilHeard();
    // Money is compared last.
    await trading.reconcile(venue.account);
    return desk;
  }

  async #close(): Promise<void> {
    if (this.#left) {
      rmSync(this.rig.folder, { recursive: true, force: true, maxRetries: 5 });
      return;
    }
    await this.trading.close();
    await this.venue.close(this.rig);
    expect(this.#defects).toEqual([]);
  }

  /** Ends the desk and its connection; the venue goes on. */
  async leave(): Promise<Required<DeskLeft<Rig>>> {
    this.#left = true;
    await this.trading.close();
    await this.rig.execution.disconnect();
    expect(this.#defects).toEqual([]);
    const { stub, folder } = this.rig;
    return { journal: this.journal, stub, folder };
  }

  /** Connected, and compared with the venue since. */
  async untilHeard(): Promise<void> {
    const { execution } = this.rig;
    await expect
      .poll(
        () =>
          execution.connection.phase === 'ready' &&
          this.trading.reconciliation.isSettled(this.venue.account),
        { interval: 5 },
      )
      .toBe(true);
  }

  async place(
    change: Partial<Ticket['terms']> = {},
    more: Partial<Ticket> = {},
  ): Promise<readonly OrderRecord[]> {
    requests += 1;
    const { account, instrument } = this.venue;
    const terms = { ...this.venue.terms(requests), ...change };
    const placed = await this.trading.place(
      `request-${requests}`,
      { account, instrument, ...more, terms },
      { kind: 'person', name: '' },
    );
    return placed.orders;
  }

  stateOf({ clientOrderId }: { readonly clientOrderId: ClientOrderId }): OrderRecord['state'] {
    return this.trading.log.ledger.require(clientOrderId).state;
  }

  /** What both sides have, order by order: the venue's truth under our names. */
  async expectSame(): Promise<void> {
    const { account, instrument, truth, heldAtFirst } = this.venue;
    const { log } = this.trading;
    // What changed a moment ago is compared the next time.
    await expect
      .poll(async () => {
        const { failures } = await this.trading.reconcile(account);
        const passing = log.ledger.open().filter(({ state }) => !WORKING.has(state));
        return [...failures, ...passing.map(({ state }) => state)];
      })
      .toEqual([]);
    const theirs = Map.groupBy(truth.orders(this.rig), ({ name }) => name);
    const ours = [...log.ledger.all()];
    for (const order of ours) {
      const same = theirs.get(order.clientOrderId) ?? [];
      const filled = same.reduce((sum: Decimal, each) => add(sum, each.filled), ZERO);
      expect(order.filledQuantity, order.clientOrderId).toBe(filled);
      const last = same.at(-1);
      if (last === undefined) expect(['Rejected', 'Denied']).toContain(order.state);
      else expect(last.open, order.state).toBe(WORKING.has(order.state));
    }
    // Nothing is at the venue that is not here.
    const names = new Set<string>(ours.map(({ clientOrderId }) => clientOrderId));
    for (const name of theirs.keys()) expect(names.has(name), name).toBe(true);
    const fills = ours.flatMap(({ fills: booked }) => booked);
    expect(fills).toHaveLength(truth.fills(this.rig));
    const traded = fills.reduce(
      (sum: Decimal, { side, quantity }) => add(sum, side === 'buy' ? quantity : negate(quantity)),
      ZERO,
    );
    const held = truth.held(this.rig);
    expect(subtract(held, heldAtFirst)).toBe(traded);
    expect(log.positions.get(account, instrument)?.quantity ?? heldAtFirst).toBe(held);
  }
}
