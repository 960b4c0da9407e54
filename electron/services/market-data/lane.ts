import type { MarketCalendar } from '../../../engine/domain/calendar.ts';
import type { DataKind, MarketDatum } from '../../../engine/domain/market-data.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { BarFeed } from './bar-feed.ts';
import type { InstrumentState } from './board.ts';
import type { ChartFeed } from './charts.ts';
import { TickCleaner } from './cleaning.ts';
import type { Source } from './source.ts';

/** One instrument at one source: what is watched, and who builds bars of it. */
export class Lane {
  readonly source: Source;
  readonly instrument: TradableInstrument;
  readonly state: InstrumentState;
  readonly calendar: MarketCalendar;
  readonly kinds = new Set<DataKind>();
  /** By timeframe and by what they are built from. */
  readonly bars = new Map<string, BarFeed>();
  /** The same for those who look at them. */
  readonly charts = new Map<string, { readonly chart: ChartFeed; users: number }>();
  readonly #cleaner: TickCleaner;

  constructor(options: {
    readonly source: Source;
    readonly instrument: TradableInstrument;
    readonly state: InstrumentState;
    readonly calendar: MarketCalendar;
  }) {
    const { source, instrument } = options;
    this.source = source;
    this.instrument = instrument;
    this.state = options.state;
    this.calendar = options.calendar;
    this.#cleaner = new TickCleaner(instrument.assetClass, (reason) => source.drop(reason));
  }

  /** Halts and day bars may come along with what is watched. */
  wants(kind: DataKind): boolean {
    return this.kinds.has(kind) || ((kind === 'status' || kind === 'bar') && this.kinds.size > 0);
  }

  clean(datum: MarketDatum, out: MarketDatum[]): void {
    this.#cleaner.clean(datum, out);
  }

  reset(): void {
    this.#cleaner.reset();
  }
}
