import { decimalOf, type Price, type Quantity } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import {
  type AccountId,
  type ClientOrderId,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import type { OrderIntent, OrderTerms } from '../../../engine/domain/live-order.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import {
  cancel,
  pause,
  report,
  resume,
  startAlgorithm,
  step,
} from '../../../engine/execution/algorithm.ts';
import { restore } from '../../../engine/execution/snapshot.ts';
import type {
  AlgorithmOrder,
  AlgorithmState,
  ChildAction,
  ChildView,
  MarketView,
} from '../../../engine/execution/types.ts';
import { checkTerms } from '../../../engine/orders/check-terms.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { JournalEntry } from '../../../engine/ports/journal.ts';
import type { MarketDataService, Watch } from '../market-data/types.ts';
import type { Desk } from './desk.ts';
import {
  childId,
  childrenOf,
  midOf,
  tickAt,
  type AlgorithmRecord,
  type AlgorithmRequest,
  type AlgorithmView,
} from './algorithm-records.ts';
import { isReady } from './doubts.ts';
import { newId } from './identifiers.ts';
import { entry, type OrderLog } from './order-log.ts';
import type { Reconciliation } from './reconciliation.ts';
import type { Venues } from './venues.ts';

/** The parts of trading that algorithms use. */
export interface AlgorithmParts {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly desk: Desk;
  readonly reconciliation: Pick<Reconciliation, 'isSettled'>;
}

export interface AlgorithmsOptions {
  readonly market: Pick<MarketDataService, 'mark' | 'instrument' | 'watch' | 'listen'>;
  readonly clock: Clock;
  readonly session: (id: InstrumentId) => 'regular' | 'extended' | 'closed';
  readonly onDefect: (error: unknown, what: string) => void;
}

interface Run {
  readonly id: string;
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  readonly decidedAt: UnixMillis;
  readonly decisionPrice: Price | null;
  state: AlgorithmState;
  /** Units traded in the market that no step has counted yet. */
  traded: number;
  watch: Watch | null;
  following: boolean;
  /** Children that are on their way to the desk. */
  readonly placing: Set<string>;
  busy: boolean;
  again: boolean;
}

/** Time between steps when nothing else asks for one. */
const EVERY = 1000;

/**
 * Works execution algorithms at the venues. Their children are ordinary orders: each passes the gate and is
 * journaled by the desk. How an algorithm stands is journaled before its children are placed, and a child's
 * id follows from its number, so that after a crash it goes on and places none of them twice.
 */
export class Algorithms {
  readonly #options: AlgorithmParts & AlgorithmsOptions;
  readonly #runs = new Map<string, Run>();
  #endTimer: (() => void) | undefined;
  #endTicks: (() => void) | undefined;
  #closed = false;

  constructor(
    { log, venues, desk, reconciliation }: AlgorithmParts,
    { market, clock, session, onDefect }: AlgorithmsOptions,
    entries: readonly JournalEntry[],
  ) {
    this.#options = { log, venues, desk, reconciliation, market, clock, session, onDefect };
    for (const { kind, subject, body } of entries) {
      if (kind !== 'algorithm') continue;
      const record = JSON.parse(body) as AlgorithmRecord;
      const state = restore(JSON.stringify(record.state));
      // What the market traded while nothing was heard is not known, and does not count.
      this.#keep(subject, { ...record, state: { ...state, counting: false } });
    }
  }

  /** Goes on with what the journal holds. */
  start(): void {
    const open = [...this.#runs.values()].filter(isWorking);
    for (const run of open) void this.#follow(run);
    if (open.length > 0) this.#tick();
  }

  /** @throws RenataError BAD_INPUT naming what is wrong with the order */
  async begin(request: AlgorithmRequest): Promise<AlgorithmView> {
    const { clock, market, venues } = this.#options;
    const { account, instrument } = request;
    venues.account(account);
    const rules = await market.instrument(instrument);
    const mark = market.mark(instrument);
    const last = [mark?.last, mark?.bid, mark?.ask].find((at) => Number.isFinite(at));
    const reference = request.order.limitPrice ?? (last === undefined ? null : decimalOf(last));
    const order: AlgorithmOrder = {
      ...request.order,
      lot: rules.lotSize as Quantity,
      tick: tickAt(rules, reference),
    };
    const now = clock.now();
    const run = this.#keep(newId('A', now), {
      account,
      instrument,
      decidedAt: now,
      decisionPrice: midOf(mark),
      state: startAlgorithm(order),
    });
    await this.#journal(run);
    await this.#follow(run);
    this.#tick();
    await this.#step(run);
    return this.#view(run);
  }

  list(): readonly AlgorithmView[] {
    return [...this.#runs.values()].map((run) => this.#view(run));
  }

  pause(id: string): Promise<AlgorithmView> {
    return this.#change(id, pause);
  }

  resume(id: string): Promise<AlgorithmView> {
    return this.#change(id, resume);
  }

  cancel(id: string): Promise<AlgorithmView> {
    return this.#change(id, cancel);
  }

  /** Ends all of them; what works is taken away. */
  stopAll(reason: string): void {
    for (const run of this.#runs.values()) {
      if (!isWorking(run)) continue;
      run.state = cancel(run.state, reason);
      this.#guard(
        run,
        this.#journal(run).then(() => this.#step(run)),
      );
    }
  }

  /** Something about an order has changed. */
  look(order: Pick<OrderIntent, 'source' | 'clientOrderId'>): void {
    if (order.source.kind !== 'algorithm') return;
    const run = this.#runs.get(order.clientOrderId.slice(0, order.clientOrderId.lastIndexOf('-')));
    if (run !== undefined && isWorking(run)) void this.#step(run);
  }

  /** Ends here; children stay at their venues, and a later start goes on with them. */
  close(): void {
    this.#closed = true;
    this.#endTimer?.();
    this.#endTicks?.();
    for (const run of this.#runs.values()) run.watch?.end();
  }

  #keep(id: string, record: AlgorithmRecord): Run {
    const run: Run = {
      ...record,
      id,
      traded: 0,
      watch: null,
      following: false,
      placing: new Set(),
      busy: false,
      again: false,
    };
    this.#runs.set(id, run);
    return run;
  }

  async #change(
    id: string,
    how: (state: AlgorithmState) => AlgorithmState,
  ): Promise<AlgorithmView> {
    const run = this.#runs.get(id);
    if (run === undefined) {
      throw new RenataError('NOT_FOUND', `algorithm: there is none with the id ${id}.`, {
        details: { parameter: 'algorithm' },
      });
    }
    run.state = how(run.state);
    await this.#journal(run);
    await this.#step(run);
    return this.#view(run);
  }

  /**
   * Subscribes to the instrument, again and again until a source has it: after a start none is connected yet.
   * Without trades a cap on participation lets nothing through.
   */
  async #follow(run: Run): Promise<void> {
    const { market, onDefect } = this.#options;
    if (run.watch !== null || run.following) return;
    run.following = true;
    try {
      this.#endTicks ??= market.listen((batch) => this.#hear(batch));
      const watch = await market.watch(run.instrument, ['quote', 'trade']);
      if (this.#closed || !isWorking(run)) watch.end();
      else run.watch = watch;
    } catch (error) {
      if (!(error instanceof RenataError)) onDefect(error, 'algorithm');
    } finally {
      run.following = false;
    }
  }

  #hear(batch: readonly MarketDatum[]): void {
    for (const each of batch) {
      if (each.kind !== 'trade') continue;
      for (const run of this.#runs.values()) {
        if (run.instrument === each.instrument) run.traded += each.size;
      }
    }
  }

  #tick(): void {
    if (this.#closed || this.#endTimer !== undefined) return;
    this.#endTimer = this.#options.clock.after(EVERY, () => {
      this.#endTimer = undefined;
      const working = [...this.#runs.values()].filter(isWorking);
      for (const run of working) {
        void this.#follow(run);
        void this.#step(run);
      }
      if (working.length > 0) this.#tick();
    });
  }

  /** One step at a time for each algorithm; what happens meanwhile leads to another. */
  async #step(run: Run): Promise<void> {
    if (run.busy) {
      run.again = true;
      return;
    }
    run.busy = true;
    try {
      do {
        run.again = false;
        await this.#once(run);
      } while (run.again && !this.#closed);
    } catch (error) {
      this.#options.onDefect(error, 'algorithm');
    } finally {
      run.busy = false;
    }
  }

  async #once(run: Run): Promise<void> {
    const { clock, log } = this.#options;
    if (this.#closed || log.failed || !isWorking(run) || !this.#isReady(run)) return;
    const before = run.state;
    const view = this.#market(run);
    run.traded = 0;
    const { state, actions } = step(before, view, this.#children(run), clock.now());
    run.state = state;
    const told =
      actions.length > 0 || state.status !== before.status || state.slice !== before.slice;
    if (!told) return;
    await this.#journal(run);
    for (const action of actions) this.#act(run, action);
    if (!isWorking(run)) {
      run.watch?.end();
      run.watch = null;
    }
  }

  /** Whether orders of the account can be sent and are heard of; until then an algorithm stands still. */
  #isReady({ account }: Run): boolean {
    const { venues, reconciliation } = this.#options;
    const client = venues.find(account)?.client;
    return client !== undefined && isReady(client) && reconciliation.isSettled(account);
  }

  /** Starts what is to be done and does not wait for the venue: its answer leads to another step. */
  #act(run: Run, action: ChildAction): void {
    const { desk, venues, log } = this.#options;
    const id = childId(run.id, action.child);
    if (action.type === 'place') {
      run.placing.add(id);
      this.#guard(
        run,
        this.#place(run, id, action).finally(() => run.placing.delete(id)),
      );
      return;
    }
    if (log.ledger.get(id) === undefined) return;
    const { amend } = venues.account(run.account).client.capabilities;
    // Where orders cannot be changed, the child is taken away and the next one has the new price.
    if (action.type === 'cancel' || amend === 'none') this.#guard(run, desk.cancel(id));
    else this.#guard(run, desk.amend(id, { limitPrice: action.limitPrice }));
  }

  async #place(
    run: Run,
    id: ClientOrderId,
    action: Extract<ChildAction, { readonly type: 'place' }>,
  ): Promise<void> {
    const { desk, market, venues, clock } = this.#options;
    const { capabilities } = venues.account(run.account).client;
    const { timesInForce } = capabilities;
    const { quantity, orderType, limitPrice, timeInForce } = action;
    const rules = await market.instrument(run.instrument);
    const terms: OrderTerms = checkTerms(
      {
        side: run.state.order.side,
        type: orderType,
        quantity,
        ...(limitPrice === null ? {} : { limitPrice }),
        timeInForce: timesInForce.includes(timeInForce) ? timeInForce : 'day',
      },
      rules,
      capabilities,
      clock.now(),
    );
    const intent: OrderIntent = {
      clientOrderId: id,
      account: run.account,
      instrument: run.instrument,
      terms,
      source: { kind: 'algorithm', name: run.state.order.method.kind },
      strategy: null,
      group: null,
      parent: null,
      decidedAt: run.decidedAt,
      decisionPrice: run.decisionPrice,
      tag: run.id,
    };
    await desk.place({ requestId: id, hash: id, intents: [intent] });
  }

  #guard(run: Run, work: Promise<unknown>): void {
    void work
      .catch((error: unknown) => {
        if (!(error instanceof RenataError)) this.#options.onDefect(error, 'algorithm');
      })
      .finally(() => {
        if (isWorking(run)) void this.#step(run);
      });
  }

  #market(run: Run): MarketView {
    const { market, session } = this.#options;
    const mark = market.mark(run.instrument);
    return {
      bid: mark?.bid ?? Number.NaN,
      ask: mark?.ask ?? Number.NaN,
      last: mark?.last ?? Number.NaN,
      traded: run.traded,
      open: session(run.instrument) === 'regular',
    };
  }

  #children(run: Run): readonly ChildView[] {
    return childrenOf(run.id, run.state, this.#options.log.ledger, run.placing);
  }

  async #journal(run: Run): Promise<void> {
    const { account, instrument, decidedAt, decisionPrice, state } = run;
    const record: AlgorithmRecord = { account, instrument, decidedAt, decisionPrice, state };
    await this.#options.log.write([entry('algorithm', run.id, record)]);
  }

  #view(run: Run): AlgorithmView {
    const { id, account, instrument, state } = run;
    const result = report(state, this.#children(run));
    return { id, account, instrument, order: state.order, report: result };
  }
}

const isWorking = ({ state }: Run): boolean => state.status !== 'done';
