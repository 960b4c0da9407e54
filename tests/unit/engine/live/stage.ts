import { Matching } from '../../../../electron/adapters/simulated/matching.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../../../engine/domain/backtest.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import {
  decimalOf,
  type Decimal,
  type Quantity,
  type Price,
} from '../../../../engine/domain/decimal.ts';
import type { OrderTerms } from '../../../../engine/domain/live-order.ts';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import { commissionOf, slipped } from '../../../../engine/backtest/costs.ts';
import { driftOf, type DriftFacts, type DriftReport } from '../../../../engine/live/drift.ts';
import type { LiveProgram } from '../../../../engine/live/program.ts';
import { sentWith } from '../../../../engine/live/links.ts';
import { LiveRun } from '../../../../engine/live/run.ts';
import type { BarMode, LiveEvent, Wanted } from '../../../../engine/live/types.ts';
import { barOfRow } from '../../../../engine/series/live-bars.ts';
import { sliceColumns } from '../../../../engine/series/columns.ts';
import { instrument } from '../strategies/support.ts';

export interface StageOptions {
  readonly program: LiveProgram;
  readonly parameters?: ParameterValues;
  readonly settings?: Partial<BacktestSettings>;
  readonly bars: BarColumns;
  readonly warmUp: number;
  /** What the exchange charges; the model's own commission when absent. */
  readonly fee?: (quantity: number, price: number) => number;
  /** Whether the venue takes an order. */
  readonly refuses?: (wanted: Wanted, bar: number) => boolean;
  /** Whether the run is ended and begun anew from its inputs, before the next input. */
  readonly restarts?: () => boolean;
  readonly mode?: (bar: number) => BarMode;
  /** Sees the run after each bar. */
  readonly after?: (run: LiveRun, bar: number) => void;
}

type Input =
  | { readonly bar: number; readonly mode: BarMode }
  | { readonly event: LiveEvent }
  | { readonly release: number };

/** One order of the exchange. */
interface Placed {
  readonly id: number;
  readonly wanted: Wanted;
  terms: string;
  open: boolean;
  filled: number;
}

/**
 * A run on the backtest's own order book: each bar is its open, after which the run is heard, and then its
 * range. Everything that the run is told is kept, so that it can be made anew of it.
 */
export class Stage {
  run: LiveRun;
  /** Orders as they were sent: slot, attempt and terms. */
  readonly sent: string[] = [];
  readonly #options: StageOptions;
  readonly #inputs: Input[] = [];
  readonly #placed: Placed[] = [];
  readonly #matching: Matching;
  #groups = 0;
  #bar = 0;
  #trades = 0;

  constructor(options: StageOptions) {
    this.#options = options;
    this.#matching = new Matching({
      fill: (id, quantity, price) => this.#fill(id, quantity, price),
      end: (id) => this.#ended(id),
      changed: () => undefined,
      moved: () => undefined,
    });
    this.run = this.#make();
  }

  /** Plays all bars and lays the result beside the twin. */
  play(facts: Partial<DriftFacts> = {}): DriftReport {
    const { bars, warmUp, mode = () => 'live' } = this.#options;
    for (let i = warmUp; i < bars.time.length; i += 1) {
      this.#bar = i;
      const bar = barOfRow(bars, i);
      this.#sync();
      this.#matching.onPrices({ bid: bar.open, ask: bar.open }, true);
      this.#sync();
      this.#matching.onBar(bar, false);
      this.#sync();
      this.#take({ bar: i, mode: mode(i) });
      this.#sync();
      this.#options.after?.(this.run, i);
    }
    return this.report(facts);
  }

  report(facts: Partial<DriftFacts> = {}): DriftReport {
    return driftOf(this.run, {
      arrival: () => null,
      commission: () => null,
      opening: (time) => time,
      history: null,
      ...facts,
    });
  }

  #make(): LiveRun {
    const { program, parameters = {}, settings, bars, warmUp } = this.#options;
    const { timeframe, calendar, hours } = instrument(bars);
    const run = new LiveRun({
      program,
      parameters,
      settings: { ...DEFAULT_SETTINGS, ...settings },
      market: { timeframe, calendar, hours },
    });
    run.warm(sliceColumns(bars, 0, warmUp));
    for (const input of this.#inputs) this.#apply(run, input);
    return run;
  }

  #take(input: Input): void {
    this.#inputs.push(input);
    this.#apply(this.run, input);
    if (this.#options.restarts?.() === true) this.run = this.#make();
  }

  #apply(run: LiveRun, input: Input): void {
    if ('event' in input) run.tell(input.event);
    else if ('release' in input) run.release(input.release);
    else run.bar(barOfRow(this.#options.bars, input.bar), input.mode);
  }

  /** Makes the book's orders what the run wants. */
  #sync(): void {
    for (let round = 0; round < 10; round += 1) if (!this.#once()) return;
    throw new Error('the run does not come to rest');
  }

  #once(): boolean {
    let acted = false;
    for (const wanted of this.run.wanted()) {
      const { slot, attempt, terms } = wanted;
      const found = this.#placed.find(
        (each) => each.wanted.slot === slot && each.wanted.attempt === attempt,
      );
      if (terms === null) {
        if (found?.open === true) {
          this.#take({ event: { kind: 'replace', slot, attempt } });
          this.#matching.cancel(found.id);
          acted = true;
        } else if (found === undefined && wanted.dropped) this.#take({ release: slot });
        continue;
      }
      if (found === undefined) {
        if (wanted.waits) continue;
        this.#place(wanted);
        acted = true;
      } else if (found.open && terms.type !== 'market' && found.terms !== JSON.stringify(terms)) {
        found.terms = JSON.stringify(terms);
        this.sent.push(`${slot}.${attempt} ${found.terms}`);
        this.#matching.amend(found.id, termsOf(wanted));
        acted = true;
      }
    }
    return acted;
  }

  #place(wanted: Wanted): void {
    const { slot, attempt, terms, partner } = wanted;
    if (this.#options.refuses?.(wanted, this.#bar) === true) {
      this.#placed.push({ id: -1, wanted, terms: '', open: false, filled: 0 });
      const event = { kind: 'end', slot, attempt, state: 'Denied', reason: 'no' } as const;
      this.#take({ event });
      return;
    }
    const id = this.#placed.length;
    const placed = { id, wanted, terms: JSON.stringify(terms), open: true, filled: 0 };
    this.#placed.push(placed);
    this.sent.push(`${slot}.${attempt} ${placed.terms}`);
    const other = this.#placed.find(({ wanted: each, open }) => open && each.slot === partner);
    let group = 0;
    if (other !== undefined) group = this.#group(other.id);
    else if (partner !== null) group = this.#group(id);
    this.#matching.add(id, { terms: termsOf(wanted) }, -1, group);
    const free = this.run
      .wanted()
      .filter((each) => !this.#placed.some((one) => isSame(one.wanted, each)));
    const exits = sentWith(wanted, free);
    const pair = exits.length > 1 ? this.#group(id) : 0;
    for (const exit of exits) {
      const own = this.#placed.length;
      const exitTerms = JSON.stringify(exit.terms);
      this.#placed.push({ id: own, wanted: exit, terms: exitTerms, open: true, filled: 0 });
      this.sent.push(`${exit.slot}.${exit.attempt} ${exitTerms} with ${slot}.${attempt}`);
      this.#matching.add(own, { terms: termsOf(exit) }, id, pair);
    }
  }

  readonly #groupOf = new Map<number, number>();
  #group(id: number): number {
    const known = this.#groupOf.get(id);
    if (known !== undefined) return known;
    this.#groups += 1;
    this.#groupOf.set(id, this.#groups);
    return this.#groups;
  }

  #fill(id: number, quantity: number, price: number): number {
    const placed = this.#placed[id] as Placed;
    const { slot, attempt, terms } = placed.wanted;
    const settings = this.run.settings;
    const side = terms?.side ?? 'buy';
    const limited = terms?.limitPrice !== undefined;
    const paid = limited ? price : slipped(price, side, settings.slippageBps);
    const fee = this.#options.fee ?? ((q, p) => commissionOf(settings.commission, q, p));
    placed.filled += quantity;
    placed.open = false;
    this.#trades += 1;
    this.#take({
      event: {
        kind: 'fill',
        slot,
        attempt,
        trade: `T${this.#trades}`,
        quantity: decimalOf(quantity),
        price: decimalOf(paid),
        commission: decimalOf(fee(quantity, paid)),
        done: true,
      },
    });
    return quantity;
  }

  #ended(id: number): void {
    const placed = this.#placed[id] as Placed;
    const { slot, attempt } = placed.wanted;
    placed.open = false;
    this.#take({ event: { kind: 'end', slot, attempt, state: 'Canceled', reason: '' } });
  }
}

function isSame(a: Wanted, b: Wanted): boolean {
  return a.slot === b.slot && a.attempt === b.attempt;
}

function termsOf({ terms }: Wanted): OrderTerms {
  if (terms === null) throw new Error('nothing is wanted');
  const { side, type, quantity, timeInForce, limitPrice, stopPrice } = terms;
  const { trailAmount, trailPercent } = terms;
  return {
    side,
    type,
    timeInForce,
    quantity: String(quantity) as Quantity,
    ...(limitPrice === undefined ? {} : { limitPrice: String(limitPrice) as Price }),
    ...(stopPrice === undefined ? {} : { stopPrice: String(stopPrice) as Price }),
    ...(trailAmount === undefined ? {} : { trailAmount: String(trailAmount) as Price }),
    ...(trailPercent === undefined ? {} : { trailPercent: String(trailPercent) as Decimal }),
  };
}
