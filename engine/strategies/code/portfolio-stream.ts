import type { SeriesView } from '../../backtest/strategy.ts';
import type { Bar } from '../../domain/bar.ts';
import type { BarSource, SourceBar } from '../../expressions/bars-feed.ts';
import { ClosingTimes } from '../../series/closing-times.ts';
import { CodeStream } from './stream.ts';

/** How the bars of one instrument come, and how the strategy calls it. */
export interface NamedSource extends BarSource {
  readonly symbol: string;
}

interface Streamed {
  readonly symbol: string;
  readonly stream: CodeStream;
  readonly closings: ClosingTimes;
}

/**
 * The series of a strategy of several instruments, bar by bar: those of each instrument, which may read the
 * others by `on("…")` as far as their bars had closed.
 */
export class PortfolioStream {
  readonly #legs: readonly Streamed[];

  /** @param history values of each series that stay readable */
  constructor(sources: readonly NamedSource[], history: number) {
    const bySymbol = new Map(sources.map((source) => [source.symbol, source]));
    this.#legs = sources.map((base) => ({
      symbol: base.symbol,
      stream: new CodeStream({ base, history, lookUp: (symbol) => bySymbol.get(symbol) }),
      closings: new ClosingTimes(base.timeframe, base),
    }));
  }

  /** Asks for series, before the first bar. */
  ask(row: number, make: (stream: CodeStream) => SeriesView): SeriesView {
    return make((this.#legs[row] as Streamed).stream);
  }

  /**
   * Takes the bars that begin together, by the row of their instrument; null where it has none.
   * @param taken told of each instrument when its own bar has been taken
   */
  take(bars: readonly (Bar | null)[], taken: (row: number, bar: Bar) => void): void {
    for (const [row, leg] of this.#legs.entries()) {
      for (const { given, own } of this.#inTurn(leg, bars)) {
        leg.stream.take(given);
        if (own !== null) taken(row, own);
      }
    }
  }

  /** What an instrument reads of the bars, those that close together as one, in the order of their closes. */
  #inTurn(
    { stream, symbol }: Streamed,
    bars: readonly (Bar | null)[],
  ): { readonly given: readonly SourceBar[]; readonly own: Bar | null }[] {
    const read = new Set(stream.instruments);
    const turns = new Map<number, { given: SourceBar[]; own: Bar | null }>();
    for (const [row, leg] of this.#legs.entries()) {
      const bar = bars[row] ?? null;
      const itself = leg.symbol === symbol;
      if (bar === null || (!itself && !read.has(leg.symbol))) continue;
      const close = leg.closings.of(bar.time);
      const turn = turns.get(close) ?? { given: [], own: null };
      // An instrument may read itself by its name.
      if (read.has(leg.symbol)) turn.given.push({ instrument: leg.symbol, bar });
      if (itself) {
        turn.given.push({ instrument: null, bar });
        turn.own = bar;
      }
      turns.set(close, turn);
    }
    return [...turns].toSorted(([a], [b]) => a - b).map(([, turn]) => turn);
  }
}
