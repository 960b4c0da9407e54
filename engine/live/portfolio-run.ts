import type { PortfolioSettings } from '../backtest/portfolio-types.ts';
import type { Bar } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import { PortfolioBooks } from './portfolio-books.ts';
import type { CodeInput, LiveCore } from './code.ts';
import type { Aim } from './portfolio-aims.ts';
import type { LiveLeg } from './portfolio-leg.ts';
import type {
  LivePortfolioSetup,
  PortfolioEvent,
  PortfolioMissed,
  PortfolioOrder,
  PortfolioWanted,
} from './portfolio-types.ts';
import { requireLive } from './run.ts';
import type { BarMode, Wanted } from './types.ts';

/**
 * A strategy of several instruments at work, without clock, venue or disk: moments, the bars that begin
 * together, and what happened to its orders go in, the orders that should work come out. The same inputs
 * in the same order give the same orders.
 */
export class LivePortfolioRun implements LiveCore {
  readonly setup: LivePortfolioSetup;
  readonly settings: PortfolioSettings;
  /** Start of every moment, and how it was taken. */
  readonly times: number[] = [];
  readonly modes: BarMode[] = [];
  readonly #books: PortfolioBooks;

  /** @throws RenataError BAD_INPUT for settings that cannot be live, and for a symbol given twice */
  constructor(setup: LivePortfolioSetup) {
    const { settings, currency, instruments } = setup;
    requireLive(settings);
    if (new Set(instruments.map(({ symbol }) => symbol)).size < instruments.length) {
      throw new RenataError('BAD_INPUT', 'instruments: one is there twice; name each once.', {
        details: { parameter: 'instruments' },
      });
    }
    this.setup = setup;
    this.settings = { ...settings, currency };
    this.#books = new PortfolioBooks(setup);
  }

  get legs(): readonly LiveLeg[] {
    return this.#books.legs;
  }

  /** Moments that were taken before the run itself. */
  get warmUp(): number {
    const first = this.modes.findIndex((mode) => mode !== 'warm-up');
    return first < 0 ? this.modes.length : first;
  }

  get lastTime(): number {
    return this.times.at(-1) ?? Number.NEGATIVE_INFINITY;
  }

  get account(): Pick<PortfolioBooks, 'cash' | 'equity'> {
    return this.#books;
  }

  get missed(): readonly PortfolioMissed[] {
    return this.#books.missed;
  }

  /** Orders that wait for the money of others. */
  get waiting(): readonly Aim[] {
    return this.#books.waiting;
  }

  /** Bars that have to be known before the first decision, of the instrument that has fewest. */
  get barsToGo(): number {
    const fewest = Math.min(...this.legs.map(({ bars }) => bars.length));
    return Math.max(0, this.setup.lookback + 1 - fewest);
  }

  orders(): PortfolioOrder[] {
    return this.#books.orders();
  }

  /**
   * The bars that begin at one time, by the row of their instrument. A moment that is not after the last
   * is left out.
   */
  moment(time: number, bars: readonly (Bar | null)[], mode: BarMode): void {
    if (!(time > this.lastTime)) return;
    const number = this.times.push(time) - 1;
    this.modes.push(mode);
    for (const leg of this.legs) {
      leg.tradable = false;
      const bar = bars[leg.row] ?? null;
      if (bar !== null) leg.take(bar, number);
    }
    this.#books.moment = number;
    this.#books.time = time;
    this.setup.strategy.take(this.legs.map(({ row }) => bars[row] ?? null));
    if (this.legs.some(({ tradable }) => tradable)) this.#books.close(mode);
  }

  tell(event: PortfolioEvent): void {
    this.#books.tell(event);
  }

  /** What should work at the venue now: what makes positions smaller first. */
  wanted(): PortfolioWanted[] {
    const all = this.legs.flatMap(({ book, row }) =>
      book.wanted().map((wanted) => ({ instrument: row, wanted })),
    );
    return all.toSorted((a, b) => Number(b.wanted.exit) - Number(a.wanted.exit));
  }

  release(instrument: number, slot: number): void {
    this.legs[instrument]?.book.release(slot);
  }

  take(input: CodeInput): void {
    if (input.kind === 'release') this.release(input.instrument, input.slot);
    else if (input.kind === 'event') this.tell(input.event);
    else for (const { time, bars } of input.moments) this.moment(time, bars, input.mode);
  }

  wantedOf(instrument: number): Wanted[] {
    return this.legs[instrument]?.book.wanted() ?? [];
  }
}
