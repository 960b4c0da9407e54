import { decimalOf, type Price, type Quantity } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { OrderIntent } from '../../../engine/domain/live-order.ts';
import type { MarketDatum } from '../../../engine/domain/market-data.ts';
import {
  cancel,
  pause,
  report,
  resume,
  startAlgorithm,
  step,
} from '../../../engine/execution/algorithm.ts';
import { scheduleOf, type ScheduledSlice } from '../../../engine/execution/schedule.ts';
import { restore } from '../../../engine/execution/snapshot.ts';
import type {
  AlgorithmOrder,
  AlgorithmState,
  ChildAction,
  ChildView,
  MarketView,
} from '../../../engine/execution/types.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { JournalEntry } from '../../../engine/ports/journal.ts';
import type { Decision } from '../../../engine/risk/check.ts';
import { markPrice } from '../../../engine/risk/valuation.ts';
import type { MarketDataService, Watch } from '../market-data/types.ts';
import { AlgorithmChildren } from './algorithm-children.ts';
import { interruptedNotice, standingNotice } from './algorithm-notices.ts';
import type { Desk } from './desk.ts';
import {
  averageOf,
  childId,
  childrenOf,
  factsOf,
  recordOf,
  interrupted,
  RESTARTED,
  SLEPT,
  tickAt,
  wholeOf,
  type AlgorithmFacts,
  type AlgorithmRecord,
  type AlgorithmRequest,
  type AlgorithmStanding,
} from './algorithm-records.ts';
import { isReady } from './doubts.ts';
import { newId } from './identifiers.ts';
import type { Notice } from './notices.ts';
import { entry, type OrderLog } from './order-log.ts';
import type { Reconciliation } from './reconciliation.ts';
import type { RiskDesk } from './risk-desk.ts';
import type { Venues } from './venues.ts';

/** The parts of trading that algorithms use. */
export interface AlgorithmParts {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly desk: Desk;
  readonly reconciliation: Pick<Reconciliation, 'isSettled'>;
  readonly risk: Pick<RiskDesk, 'check'>;
}

/** What becomes of an order that is to be worked: how it stands, and what the gate said of its whole. */
export interface Begun {
  readonly standing: AlgorithmStanding;
  readonly whole: OrderIntent;
  readonly decision: Decision;
}

export interface Preview {
  readonly order: AlgorithmOrder;
  readonly schedule: readonly ScheduledSlice[];
  readonly whole: OrderIntent;
  readonly decision: Decision;
}

export interface AlgorithmsOptions {
  readonly onChange: (standing: AlgorithmStanding) => void;
  readonly onNotice: (notice: Notice) => void;
  readonly market: Pick<MarketDataService, 'mark' | 'instrument' | 'watch' | 'listen'>;
  readonly clock: Clock;
  readonly session: (id: InstrumentId) => 'regular' | 'extended' | 'closed';
  readonly onDefect: (error: unknown, what: string) => void;
}

interface Run extends AlgorithmFacts {
  readonly id: string;
  state: AlgorithmState;
  /** Why a child was not sent, in the words of whoever refused it last. */
  refusal: string;
  /** The standing that was told last, as text. */
  told: string;
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
/** Who has not looked for so long has slept: what was due meanwhile is not due any more. */
const ASLEEP = 60_000;

/**
 * Works execution algorithms at the venues. Their children are ordinary orders: each passes the gate and is
 * journaled by the desk. How an algorithm stands is journaled before its children are placed, and a child's
 * id follows from its number, so that after a crash none of them is placed twice. What was under way when
 * Renata ended stands still until somebody lets it go on.
 */
export class Algorithms {
  readonly #options: AlgorithmParts & AlgorithmsOptions;
  readonly #children: AlgorithmChildren;
  readonly #runs = new Map<string, Run>();
  /** Requests that are being begun. */
  readonly #beginning = new Map<string, Promise<Begun>>();
  /** Algorithms that were under way when Renata ended. */
  readonly #interrupted: Run[] = [];
  #endTimer: (() => void) | undefined;
  /** When the algorithms were looked at the last time, by the calendar: it goes on while the machine sleeps. */
  #lookedAt = Number.POSITIVE_INFINITY;
  #endTicks: (() => void) | undefined;
  #closed = false;

  constructor(
    { log, venues, desk, reconciliation, risk }: AlgorithmParts,
    { market, clock, session, onDefect, onChange, onNotice }: AlgorithmsOptions,
    entries: readonly JournalEntry[],
  ) {
    const parts = { log, venues, desk, reconciliation, risk };
    this.#options = { ...parts, market, clock, session, onDefect, onChange, onNotice };
    this.#children = new AlgorithmChildren(this.#options);
    const newest = new Map<string, string>();
    for (const { kind, subject, body } of entries) {
      if (kind === 'algorithm') newest.set(subject, body);
    }
    for (const [id, body] of newest) {
      const record = JSON.parse(body) as AlgorithmRecord;
      this.#keep(id, { ...record, state: restore(JSON.stringify(record.state)) });
    }
    for (const run of this.#runs.values()) {
      if (!isWorking(run)) continue;
      const before = run.state;
      // What the market traded while nothing was heard is not known, and does not count.
      run.state = interrupted(before, RESTARTED);
      if (run.state.status !== before.status || run.state.reason !== before.reason)
        this.#interrupted.push(run);
    }
  }

  /** Notes and tells what was interrupted, and takes children away that still work. */
  start(): void {
    for (const run of this.#interrupted.splice(0)) {
      this.#guard(run, this.#journal(run));
      this.#options.onNotice(interruptedNotice(this.#standing(run)));
    }
    const open = [...this.#runs.values()].filter(isWorking);
    for (const run of open) void this.#follow(run);
    if (open.length > 0) this.#tick();
  }

  /**
   * What an order would do, and what the gate says of the whole of it. Begins nothing.
   * @throws RenataError BAD_INPUT naming what is wrong with the order
   */
  async preview(request: AlgorithmRequest): Promise<Preview> {
    const { facts, order } = await this.#read(request);
    const whole = wholeOf(newId('A', facts.decidedAt), facts, order);
    const schedule = scheduleOf(order);
    return { order, schedule, whole, decision: this.#options.risk.check(whole, null) };
  }

  /**
   * Begins to work an order, once for each request; the same request again gives how it stands. Where the
   * gate refuses the whole of it nothing is sent, and that is the answer.
   * @throws RenataError BAD_INPUT naming what is wrong with the order, CONFLICT for a request that was given
   *   with another one
   */
  begin(request: AlgorithmRequest): Promise<Begun> {
    const { requestId, hash } = request;
    const known = [...this.#runs.values()].find((run) => run.requestId === requestId);
    if (known !== undefined) {
      if (known.hash === hash) return Promise.resolve(this.#begun(known));
      return Promise.reject(
        new RenataError(
          'CONFLICT',
          `The request ${requestId} was given before with another order; give each order a requestId of its own.`,
          { details: { parameter: 'requestId' } },
        ),
      );
    }
    const running = this.#beginning.get(requestId);
    if (running !== undefined) return running.then(() => this.begin(request));
    const beginning = this.#begin(request).finally(() => this.#beginning.delete(requestId));
    this.#beginning.set(requestId, beginning);
    return beginning;
  }

  async #begin(request: AlgorithmRequest): Promise<Begun> {
    const { risk, log } = this.#options;
    const { facts, order } = await this.#read(request);
    const id = newId('A', facts.decidedAt);
    const state = startAlgorithm(order);
    const whole = wholeOf(id, facts, order);
    const decision = risk.check(whole, null);
    const denials = decision.denials.map(({ code, message }) => `Denied (${code}): ${message}`);
    const run = this.#keep(id, {
      ...facts,
      denied: !decision.allowed,
      state: decision.allowed ? state : { ...state, status: 'done', reason: denials.join(' ') },
    });
    await log.write([
      entry('risk', id, {
        allowed: decision.allowed,
        checks: decision.checks.map(({ code, scope, passed, limit, value }) => ({
          code,
          scope,
          passed,
          limit,
          value,
        })),
      }),
      entry('algorithm', id, recordOf(run)),
    ]);
    if (decision.allowed) {
      await this.#follow(run);
      this.#tick();
      await this.#step(run);
    }
    this.#tell(run);
    return { standing: this.#standing(run), whole, decision };
  }

  /** What begin has answered the first time, as far as it is known. */
  #begun(run: Run): Begun {
    const standing = this.#standing(run);
    const decision = { allowed: !run.denied, checks: [], denials: [], largest: null };
    return { standing, whole: wholeOf(run.id, run, run.state.order), decision };
  }

  async #read({ order: asked, ...given }: AlgorithmRequest): Promise<{
    readonly facts: AlgorithmFacts;
    readonly order: AlgorithmOrder;
  }> {
    const { clock, market, venues } = this.#options;
    venues.account(given.account);
    const rules = await market.instrument(given.instrument);
    const mark = market.mark(given.instrument);
    const last = [mark?.last, mark?.bid, mark?.ask].find((at) => Number.isFinite(at));
    const reference = asked.limitPrice ?? (last === undefined ? null : decimalOf(last));
    const order: AlgorithmOrder = {
      ...asked,
      lot: rules.lotSize as Quantity,
      tick: tickAt(rules, reference),
    };
    const decisionPrice = markPrice(mark) as Price | null;
    const facts = { ...given, decidedAt: clock.now(), decisionPrice, denied: false };
    return { facts, order };
  }

  /** In the order in which they were begun. */
  list(): readonly AlgorithmStanding[] {
    return [...this.#runs.values()].map((run) => this.#standing(run));
  }

  pause(id: string): Promise<AlgorithmStanding> {
    return this.#change(id, pause);
  }

  resume(id: string): Promise<AlgorithmStanding> {
    return this.#change(id, resume);
  }

  cancel(id: string): Promise<AlgorithmStanding> {
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
  look(order: Pick<OrderRecord, 'source' | 'clientOrderId' | 'state' | 'reason'>): void {
    if (order.source.kind !== 'algorithm') return;
    const run = this.#runs.get(order.clientOrderId.slice(0, order.clientOrderId.lastIndexOf('-')));
    if (run === undefined || !isWorking(run)) return;
    if (order.state === 'Denied' || order.state === 'Rejected') run.refusal = order.reason;
    void this.#step(run);
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
      refusal: '',
      told: '',
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
  ): Promise<AlgorithmStanding> {
    const run = this.#runs.get(id);
    if (run === undefined) {
      throw new RenataError('NOT_FOUND', `algorithm: there is none with the id ${id}.`, {
        details: { parameter: 'algorithm' },
      });
    }
    run.state = how(run.state);
    run.refusal = '';
    await this.#journal(run);
    await this.#follow(run);
    this.#tick();
    await this.#step(run);
    return this.#standing(run);
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
    this.#lookedAt = this.#options.clock.now();
    this.#endTimer = this.#options.clock.after(EVERY, () => {
      this.#endTimer = undefined;
      this.#wake();
      const working = [...this.#runs.values()].filter(isWorking);
      for (const run of working) {
        void this.#follow(run);
        void this.#step(run);
      }
      if (working.length > 0) this.#tick();
      else this.#lookedAt = Number.POSITIVE_INFINITY;
    });
  }

  /** After a sleep of the machine, or a hang, what was under way stands still as after a restart. */
  #wake(): void {
    const now = this.#options.clock.now();
    const slept = now - this.#lookedAt > ASLEEP;
    this.#lookedAt = now;
    if (!slept) return;
    for (const run of this.#runs.values()) {
      if (!isWorking(run) || now < run.state.order.start) continue;
      const before = run.state;
      run.state = interrupted(before, SLEPT);
      if (run.state.status === before.status && run.state.reason === before.reason) continue;
      this.#guard(run, this.#journal(run));
      this.#options.onNotice(interruptedNotice(this.#standing(run), SLEPT));
    }
  }

  /** One step at a time for each algorithm; what happens meanwhile leads to another. */
  async #step(run: Run): Promise<void> {
    this.#wake();
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
      this.#tell(run);
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
    const { state, actions } = step(before, view, this.#views(run), clock.now());
    const turned = state.status !== before.status;
    const refused = turned && state.status === 'paused' && run.refusal !== '';
    run.state = refused ? { ...state, reason: `${state.reason} ${run.refusal}` } : state;
    if (actions.length === 0 && !turned && state.slice === before.slice) return;
    await this.#journal(run);
    for (const action of actions) this.#act(run, action);
    const notice = turned ? standingNotice(this.#standing(run)) : null;
    if (notice !== null) this.#options.onNotice(notice);
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
    if (action.type !== 'place') {
      this.#guard(run, this.#children.change(run, action));
      return;
    }
    const id = childId(run.id, action.child);
    const placed = this.#children.place(run, action).then((refusal) => {
      if (refusal !== '') run.refusal = refusal;
    });
    run.placing.add(id);
    this.#guard(
      run,
      placed.finally(() => run.placing.delete(id)),
    );
  }

  #guard(run: Run, work: Promise<unknown>): void {
    void work
      .catch((error: unknown) => {
        if (error instanceof RenataError) run.refusal = error.message;
        else this.#options.onDefect(error, 'algorithm');
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

  #views(run: Run): readonly ChildView[] {
    return childrenOf(run.id, run.state, this.#options.log.ledger, run.placing);
  }

  async #journal(run: Run): Promise<void> {
    await this.#options.log.write([entry('algorithm', run.id, recordOf(run))]);
  }

  #standing(run: Run): AlgorithmStanding {
    const { id, state } = run;
    const { ledger } = this.#options.log;
    return {
      ...factsOf(run),
      id,
      order: state.order,
      report: report(state, this.#views(run)),
      averagePrice: averageOf(id, state, ledger),
    };
  }

  /** Tells how it stands, when that has changed. */
  #tell(run: Run): void {
    const standing = this.#standing(run);
    const text = JSON.stringify([standing.report, standing.averagePrice]);
    if (text === run.told) return;
    run.told = text;
    this.#options.onChange(standing);
  }
}

const isWorking = ({ state }: Run): boolean => state.status !== 'done';
