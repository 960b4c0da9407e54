import { Matching } from '../../../../electron/adapters/simulated/matching.ts';
import { commissionOf, slipped } from '../../../../engine/backtest/costs.ts';
import type {
  PortfolioContext,
  PortfolioEvent,
} from '../../../../engine/backtest/portfolio-types.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../../../engine/domain/backtest.ts';
import type { Bar, BarColumns } from '../../../../engine/domain/bar.ts';
import { decimalOf, type Price, type Quantity } from '../../../../engine/domain/decimal.ts';
import type { OrderTerms } from '../../../../engine/domain/live-order.ts';
import {
  frozenPortfolio,
  portfolioDriftOf,
  portfolioTwinTasks,
  type PortfolioDriftFacts,
  type PortfolioDriftReport,
} from '../../../../engine/live/portfolio-drift.ts';
import { LivePortfolioRun } from '../../../../engine/live/portfolio-run.ts';
import { momentsOf, portfolioTwinOf } from '../../../../engine/live/portfolio-twin.ts';
import type {
  PortfolioEvent as Happened,
  PortfolioWanted,
  RunningPortfolio,
} from '../../../../engine/live/portfolio-types.ts';
import type { BarMode, LiveEvent } from '../../../../engine/live/types.ts';
import { barOfRow } from '../../../../engine/series/live-bars.ts';
import { instrument } from '../strategies/support.ts';

/** A strategy that reads its context alone, so that the same text runs in a backtest and live. */
export interface Played {
  onBar(context: PortfolioContext): void;
  onOrder?(event: PortfolioEvent, context: PortfolioContext): void;
  /** Its own series are told of the bars. */
  take?(bars: readonly (Bar | null)[]): void;
}

export interface PortfolioStageOptions {
  readonly create: () => Played;
  /** The strategy as a backtest runs it over these bars; as `create` gives it when absent. */
  readonly twin?: () => Played;
  readonly bars: Readonly<Record<string, BarColumns>>;
  readonly settings?: Partial<BacktestSettings>;
  /** Moments before the run. */
  readonly warmUp: number;
  readonly lotSize?: number;
  readonly multiplier?: number;
  readonly fee?: (quantity: number, price: number) => number;
  readonly refuses?: (wanted: PortfolioWanted, moment: number) => boolean;
  readonly restarts?: () => boolean;
  readonly mode?: (moment: number) => BarMode;
  /** Sees the run after each moment. */
  readonly after?: (run: LivePortfolioRun, moment: number) => void;
}

type Input =
  | { readonly moment: number; readonly mode: BarMode }
  | { readonly event: Happened }
  | { readonly release: readonly [instrument: number, slot: number] };

interface Placed {
  readonly id: number;
  readonly each: PortfolioWanted;
  terms: string;
  open: boolean;
}

/**
 * A run of several instruments on the backtest's own order books, one for each: every moment is its opens,
 * after which the run is heard, and then its ranges. It can be made anew of what it was told.
 */
export class PortfolioStage {
  run: LivePortfolioRun;
  /** Orders as they were sent: instrument, slot, attempt and terms. */
  readonly sent: string[] = [];
  readonly times: readonly number[];
  readonly settings: BacktestSettings;
  readonly #options: PortfolioStageOptions;
  readonly #symbols: readonly string[];
  readonly #inputs: Input[] = [];
  readonly #placed: Placed[] = [];
  readonly #books: readonly Matching[];
  #moment = 0;
  #trades = 0;

  constructor(options: PortfolioStageOptions) {
    this.#options = options;
    this.settings = { ...DEFAULT_SETTINGS, ...options.settings };
    this.#symbols = Object.keys(options.bars);
    this.times = momentsOf(Object.values(options.bars));
    this.#books = this.#symbols.map(
      () =>
        new Matching({
          fill: (id, quantity, price) => this.#fill(id, quantity, price),
          end: (id) => this.#ended(id),
          changed: () => undefined,
          moved: () => undefined,
        }),
    );
    this.run = this.#make();
  }

  play(facts: Partial<PortfolioDriftFacts> = {}): PortfolioDriftReport {
    const { warmUp, mode = () => 'live' } = this.#options;
    for (let moment = warmUp; moment < this.times.length; moment += 1) {
      this.#moment = moment;
      const bars = this.#barsOf(moment);
      this.#sync();
      // What is given when a sale has brought its money goes at the same opens.
      do {
        for (const [row, bar] of bars.entries()) {
          if (bar !== null) this.#books[row]?.onPrices({ bid: bar.open, ask: bar.open }, true);
        }
      } while (this.#sync());
      for (const [row, bar] of bars.entries()) {
        if (bar !== null) this.#books[row]?.onBar(bar, false);
      }
      this.#sync();
      this.#take({ moment, mode: mode(moment) });
      this.#sync();
      this.#options.after?.(this.run, moment);
    }
    return this.report(facts);
  }

  report(facts: Partial<PortfolioDriftFacts> = {}): PortfolioDriftReport {
    const frozen = frozenPortfolio(this.run);
    const history = facts.history ?? this.#symbols.map(() => null);
    const tasks = portfolioTwinTasks(frozen, history);
    const { create: live, twin: create = live } = this.#options;
    const seen = portfolioTwinOf(create(), tasks.seen);
    const other = tasks.history === null ? null : portfolioTwinOf(create(), tasks.history);
    return portfolioDriftOf(frozen, {
      arrival: () => null,
      commission: () => null,
      opening: (_row, time) => time,
      ...facts,
      history,
      twins: { seen, history: other },
    });
  }

  #barsOf(moment: number) {
    const time = this.times[moment] as number;
    return this.#symbols.map((symbol) => {
      const bars = this.#options.bars[symbol] as BarColumns;
      const row = bars.time.indexOf(time);
      return row < 0 ? null : barOfRow(bars, row);
    });
  }

  #make(): LivePortfolioRun {
    const { create, bars, warmUp, lotSize = 0, multiplier = 1 } = this.#options;
    const played = create();
    const strategy: RunningPortfolio = {
      take: (given) => played.take?.(given),
      onBar: (context) => played.onBar(context),
      onOrder: (event, context) => played.onOrder?.(event, context),
    };
    const run = new LivePortfolioRun({
      id: 'test',
      parameters: {},
      settings: this.settings,
      currency: 'USD',
      lookback: 1,
      strategy,
      instruments: this.#symbols.map((symbol) => {
        const { timeframe, calendar, hours } = instrument(bars[symbol] as BarColumns);
        return { symbol, lotSize, multiplier, market: { timeframe, calendar, hours } };
      }),
    });
    for (let moment = 0; moment < warmUp; moment += 1) {
      run.moment(this.times[moment] as number, this.#barsOf(moment), 'warm-up');
    }
    for (const input of this.#inputs) this.#apply(run, input);
    return run;
  }

  #take(input: Input): void {
    this.#inputs.push(input);
    this.#apply(this.run, input);
    if (this.#options.restarts?.() === true) this.run = this.#make();
  }

  #apply(run: LivePortfolioRun, input: Input): void {
    if ('event' in input) run.tell(input.event);
    else if ('release' in input) run.release(...input.release);
    else run.moment(this.times[input.moment] as number, this.#barsOf(input.moment), input.mode);
  }

  #tell(row: number, event: Exclude<LiveEvent, { readonly kind: 'close' }>): void {
    this.#take({ event: { kind: 'order', instrument: row, event } });
  }

  /** Makes the books' orders what the run wants. @returns whether something was done */
  #sync(): boolean {
    for (let round = 0; round < 50; round += 1) if (!this.#once()) return round > 0;
    throw new Error('the run does not come to rest');
  }

  #once(): boolean {
    let acted = false;
    for (const each of this.run.wanted()) {
      const { instrument: row, wanted } = each;
      const { slot, attempt, terms } = wanted;
      const found = this.#placed.find(
        ({ each: { instrument: other, wanted: of } }) =>
          other === row && of.slot === slot && of.attempt === attempt,
      );
      if (terms === null) {
        if (found?.open === true) {
          this.#tell(row, { kind: 'replace', slot, attempt });
          this.#books[row]?.cancel(found.id);
          acted = true;
        } else if (found === undefined && wanted.dropped) this.#take({ release: [row, slot] });
        continue;
      }
      if (wanted.waits) continue;
      const text = JSON.stringify(terms);
      if (found === undefined) {
        this.#place(each);
        acted = true;
      } else if (found.open && terms.type !== 'market' && found.terms !== text) {
        found.terms = text;
        this.sent.push(`${row} ${slot}.${attempt} ${text}`);
        this.#books[row]?.amend(found.id, termsOf(each));
        acted = true;
      }
    }
    return acted;
  }

  #place(each: PortfolioWanted): void {
    const { instrument: row, wanted } = each;
    const { slot, attempt, terms } = wanted;
    const id = this.#placed.length;
    if (this.#options.refuses?.(each, this.#moment) === true) {
      this.#placed.push({ id, each, terms: '', open: false });
      this.#tell(row, { kind: 'end', slot, attempt, state: 'Denied', reason: 'no' });
      return;
    }
    const placed = { id, each, terms: JSON.stringify(terms), open: true };
    this.#placed.push(placed);
    this.sent.push(`${row} ${slot}.${attempt} ${placed.terms}`);
    this.#books[row]?.add(id, { terms: termsOf(each) }, -1, 0);
  }

  #fill(id: number, quantity: number, price: number): number {
    const placed = this.#placed[id] as Placed;
    const { instrument: row, wanted } = placed.each;
    const { slot, attempt, terms } = wanted;
    const { settings } = this;
    const limited = terms?.limitPrice !== undefined;
    const paid = limited ? price : slipped(price, terms?.side ?? 'buy', settings.slippageBps);
    const fee =
      this.#options.fee ??
      ((q, p) => commissionOf(settings.commission, q, p * (this.#options.multiplier ?? 1)));
    placed.open = false;
    this.#trades += 1;
    this.#tell(row, {
      kind: 'fill',
      slot,
      attempt,
      trade: `T${this.#trades}`,
      quantity: decimalOf(quantity),
      price: decimalOf(paid),
      commission: decimalOf(fee(quantity, paid)),
      done: true,
    });
    return quantity;
  }

  #ended(id: number): void {
    const { each, open } = this.#placed[id] as Placed;
    if (!open) return;
    (this.#placed[id] as Placed).open = false;
    const { slot, attempt } = each.wanted;
    this.#tell(each.instrument, { kind: 'end', slot, attempt, state: 'Canceled', reason: '' });
  }
}

function termsOf({ wanted: { terms } }: PortfolioWanted): OrderTerms {
  if (terms === null) throw new Error('nothing is wanted');
  const { side, type, quantity, timeInForce, limitPrice, stopPrice } = terms;
  return {
    side,
    type,
    timeInForce,
    quantity: String(quantity) as Quantity,
    ...(limitPrice === undefined ? {} : { limitPrice: String(limitPrice) as Price }),
    ...(stopPrice === undefined ? {} : { stopPrice: String(stopPrice) as Price }),
  };
}
