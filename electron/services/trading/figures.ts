import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import {
  FIGURES_WINDOW,
  marketFigures,
  type MarketFigures,
} from '../../../engine/execution/market-figures.ts';
import { MS_PER_DAY, MS_PER_HOUR, unixMillis } from '../../../engine/domain/time.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { MarketDataClient } from '../../../engine/ports/market-data-client.ts';

/** Volatility and volume of the days of instruments. */
export interface FigureSource {
  of(id: InstrumentId): Promise<MarketFigures | null>;
  /** The same without asking; null before they were asked for, which is done then. */
  known(id: InstrumentId): MarketFigures | null;
}

const DAY = timeframe('1d');
/** Days in which as many sessions lie as figures are taken over, with one for the first return. */
const BACK = 2 * FIGURES_WINDOW * MS_PER_DAY;
const KEPT = 6 * MS_PER_HOUR;
/** An instrument that no source has days of is asked for again. */
const AGAIN = 10 * 60_000;

/** Asks the first source that has daily bars, once in six hours for each instrument. */
export class DailyFigures implements FigureSource {
  readonly #clients: () => Iterable<MarketDataClient>;
  readonly #clock: Clock;
  readonly #found = new Map<
    InstrumentId,
    { readonly until: number; readonly figures: Promise<MarketFigures | null> }
  >();
  readonly #known = new Map<InstrumentId, MarketFigures>();

  constructor(clients: () => Iterable<MarketDataClient>, clock: Clock) {
    this.#clients = clients;
    this.#clock = clock;
  }

  of(id: InstrumentId): Promise<MarketFigures | null> {
    const now = this.#clock.elapsed();
    const before = this.#found.get(id);
    if (before !== undefined && before.until > now) return before.figures;
    const figures = this.#ask(id).then((answer) => {
      if (answer === null) this.#found.set(id, { until: this.#clock.elapsed() + AGAIN, figures });
      else this.#known.set(id, answer);
      return answer;
    });
    this.#found.set(id, { until: now + KEPT, figures });
    return figures;
  }

  known(id: InstrumentId): MarketFigures | null {
    void this.of(id);
    return this.#known.get(id) ?? null;
  }

  async #ask(id: InstrumentId): Promise<MarketFigures | null> {
    const now = this.#clock.now();
    // Of days that are over: the one that runs has a part of its volume.
    const end = unixMillis(Math.floor(now / MS_PER_DAY) * MS_PER_DAY);
    for (const client of this.#clients()) {
      if (!client.capabilities.timeframes.includes(DAY)) continue;
      try {
        await client.instrument(id);
        const bars = await client.history({
          instrument: id,
          timeframe: DAY,
          start: unixMillis(end - BACK),
          end,
        });
        const figures = marketFigures(bars);
        if (figures !== null) return figures;
      } catch {
        // Another source may have it.
      }
    }
    return null;
  }
}
