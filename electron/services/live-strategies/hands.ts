import { toNumber, ZERO } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { AccountId, ClientOrderId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { LiveCore, MomentBars } from '../../../engine/live/code.ts';
import type { PortfolioEvent } from '../../../engine/live/portfolio-types.ts';
import type { Wanted } from '../../../engine/live/types.ts';
import { isClosed } from '../../../engine/orders/record.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { LiveRunState } from '../../../engine/protocol/live-strategy-schemas.ts';
import type { Mark } from '../../../engine/risk/view.ts';
import type { Notice, Trading } from '../trading/trading.ts';
import { Hand, type Action } from './hand.ts';
import { arrivalOf } from './run-view.ts';
import { inReach } from './venue-terms.ts';
import type { Sent } from './written.ts';

/** What happens to an order of an instrument. */
export type OrderEvent = (PortfolioEvent & { readonly kind: 'order' })['event'];

export interface HandsOptions {
  readonly trading: Trading;
  readonly core: LiveCore;
  readonly strategy: string;
  readonly account: AccountId;
  readonly instruments: readonly TradableInstrument[];
  /** What the requests of each instrument begin with. */
  readonly names: readonly string[];
  readonly mark: (id: InstrumentId) => Mark | null;
  readonly session: (id: InstrumentId) => 'regular' | 'extended' | 'closed';
  readonly state: () => LiveRunState;
  /** The run is told of it. */
  readonly onEvent: (instrument: number, event: OrderEvent) => Promise<void>;
  /** Orders leave; settles when that is on the disk. */
  readonly onSent: (sent: readonly Sent[]) => Promise<void>;
  readonly onRelease: (instrument: number, slot: number) => void;
  readonly onPause: (reason: string) => Promise<void>;
  readonly onNotice: (level: Notice['level'], what: string, text: string) => void;
  /** Nothing can be done now; it is to be looked at again after so many milliseconds. */
  readonly onWait: (milliseconds: number) => void;
}

/** How often an order at the market is looked at that waits for the session. */
const LOOK = 1_000;
/** Things done at the venue for one instrument between two bars; more are a defect that has to end before it costs. */
const MOST_ACTIONS = 500;

/** What is to be done next, and for which instrument. */
interface Task {
  readonly row: number;
  readonly hand: Hand;
  readonly action: Action;
}

/** Makes the venue's orders of a run what its strategy wants: a hand for each instrument, and whose turn it is. */
export class Hands {
  readonly all: readonly Hand[];
  readonly #options: HandsOptions;
  #actions = 0;

  constructor(options: HandsOptions) {
    this.#options = options;
    const { trading, strategy, account, instruments, names } = options;
    this.all = instruments.map((instrument, row) => {
      const run = names[row] as string;
      return new Hand({ trading, run, strategy, account, instrument });
    });
  }

  /** Something may have changed about an order. @returns whether it is one of this run */
  touch(id: ClientOrderId): boolean {
    return this.all.map((hand) => hand.touch(id)).includes(true);
  }

  /** Something that has happened to an order, and that the run was not told. */
  untold(): { readonly row: number; readonly event: OrderEvent } | null {
    for (const [row, hand] of this.all.entries()) {
      const [event] = hand.untold();
      if (event !== undefined && event.kind !== 'close') return { row, event };
    }
    return null;
  }

  /** An event that the run has been told. */
  heard(event: PortfolioEvent): void {
    if (event.kind === 'order') this.all[event.instrument]?.heard(event.event);
    else if (event.kind === 'close') for (const hand of this.all) hand.heard(event);
  }

  /** What was refused may be asked for again. */
  renew(): void {
    for (const hand of this.all) hand.renew();
    this.#actions = 0;
  }

  /** Whether orders work that these bars must have filled, of which nobody has said so yet. */
  pending({ bars }: MomentBars): boolean {
    const { core } = this.#options;
    return this.all.some((hand, row) => {
      const bar = bars[row] ?? null;
      return core.wantedOf(row).some((wanted) => {
        const order = hand.order(wanted.slot, wanted.attempt);
        const open = order !== undefined && !isClosed(order) && !wanted.waits;
        return bar !== null && open && inReach(wanted, bar);
      });
    });
  }

  /** Symbols of which an exit at the market waits for the session. */
  heldBack(): string[] {
    const { core, instruments, session } = this.#options;
    return instruments.flatMap(({ id, symbol }, row) => {
      const waits = core.wantedOf(row).some(({ slot, attempt, terms, exit }) => {
        const sent = this.all[row]?.order(slot, attempt) !== undefined;
        return exit && !sent && terms?.type === 'market';
      });
      return waits && session(id) !== 'regular' ? [symbol] : [];
    });
  }

  /** Does the next thing: changes first, then sales, then what needs money. @returns whether there was one */
  async act(): Promise<boolean> {
    const { trading, account, core } = this.#options;
    if (trading.log.failed || trading.venues.find(account) === undefined) return false;
    const places: Task[] = [];
    for (const [row, hand] of this.all.entries()) {
      const action = hand.next(core.wantedOf(row));
      if (action === null) continue;
      if (action.kind !== 'place') return this.#do({ row, hand, action });
      places.push({ row, hand, action });
    }
    const inTurn = places.toSorted((a, b) => Number(exits(b)) - Number(exits(a)));
    for (const task of inTurn) if (await this.#do(task)) return true;
    return false;
  }

  async #do({ row, hand, action }: Task): Promise<boolean> {
    const { onEvent, onRelease, onNotice } = this.#options;
    if (this.#actions >= MOST_ACTIONS * this.all.length) {
      throw new RenataError('INTERNAL', 'The orders of the run do not come to rest.');
    }
    if (action.kind === 'place') {
      const placed = await this.#place(row, hand, action);
      if (placed) this.#actions += 1;
      return placed;
    }
    this.#actions += 1;
    const { slot, attempt } = action.wanted;
    if (action.kind === 'release') onRelease(row, slot);
    else if (action.kind === 'refuse') await this.#deny(row, action.wanted, action.reason);
    else if (action.kind === 'amend') {
      const why = await hand.amend(action.order.clientOrderId, action.change);
      if (why !== null) onNotice('warning', ': change refused', why);
    } else {
      // Without this the strategy would be told of a cancellation that it did not ask for.
      await onEvent(row, { kind: 'replace', slot, attempt });
      await hand.cancel(action.order.clientOrderId);
    }
    return true;
  }

  async #place(
    row: number,
    hand: Hand,
    action: Action & { readonly kind: 'place' },
  ): Promise<boolean> {
    const { session, mark, trading, instruments, state } = this.#options;
    const { id, symbol } = instruments[row] as TradableInstrument;
    const { wanted, terms, others } = action;
    if (terms.type === 'market' && session(id) !== 'regular') {
      // It is meant for the next price of the session.
      this.#options.onWait(LOOK);
      return false;
    }
    if (wanted.exit && this.#nothingToClose(id, terms.side)) {
      if (state() !== 'running') return false;
      const positions = instruments.length === 1 ? 'position' : 'positions';
      await this.#options.onPause(
        `The account holds nothing of ${symbol} that could be closed: somebody else has done so. Look at the ${positions}, then stop the run.`,
      );
      return false;
    }
    const arrival = arrivalOf(mark(id));
    const all = [wanted, ...others.map((other) => other.wanted)];
    const noted = this.#options.onSent(
      all.map(({ slot, attempt }) => ({ instrument: row, slot, attempt, arrival })),
    );
    try {
      await hand.place(action);
    } catch (error) {
      if (!(error instanceof RenataError) || trading.log.failed) throw error;
      for (const each of all) await this.#deny(row, each, error.message);
    }
    await noted;
    return true;
  }

  async #deny(row: number, { slot, attempt }: Wanted, reason: string): Promise<void> {
    await this.#options.onEvent(row, { kind: 'end', slot, attempt, state: 'Denied', reason });
  }

  #nothingToClose(id: InstrumentId, side: 'buy' | 'sell'): boolean {
    const { trading, account } = this.#options;
    const units = toNumber(trading.log.positions.get(account, id)?.quantity ?? ZERO);
    return side === 'sell' ? units <= 0 : units >= 0;
  }
}

function exits({ action }: Task): boolean {
  return action.wanted.exit;
}
