import type { BarColumns } from '../domain/bar.ts';
import type { MarketCalendar, SessionHours } from '../domain/calendar.ts';
import { RenataError } from '../domain/errors.ts';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from '../domain/time.ts';
import { isDailyOrLonger, timeframeMillis, type Timeframe } from '../domain/timeframe.ts';
import { closingTimes, resample } from '../series/resample.ts';
import type { Environment, ScopeSeries } from './environment.ts';
import { CLOCK_COLUMNS, scopeKey, type ColumnName, type Scope } from './graph.ts';

type ClockColumn = (typeof CLOCK_COLUMNS)[number];

/** Bars of one instrument as they are stored. */
export interface InstrumentBars {
  readonly bars: BarColumns;
  readonly timeframe: Timeframe;
  readonly calendar: MarketCalendar;
  readonly hours: SessionHours;
}

/**
 * Serves the scopes of expressions from stored bars: other timeframes are resampled, other instruments
 * asked from `lookUp`. Everything is made once, when it is first read.
 */
export class BarsEnvironment implements Environment {
  private readonly base: InstrumentBars;
  private readonly lookUp: (symbol: string) => InstrumentBars | undefined;
  private readonly made = new Map<string, ScopeSeries>();

  /**
   * @param lookUp bars of another instrument; they may be finer than the base's and are then resampled
   *   to its timeframe. `undefined` when the store has none.
   */
  constructor(
    base: InstrumentBars,
    lookUp: (symbol: string) => InstrumentBars | undefined = () => undefined,
  ) {
    this.base = base;
    this.lookUp = lookUp;
  }

  series(scope: Scope): ScopeSeries {
    const key = scopeKey(scope);
    const known = this.made.get(key) ?? this.make(scope);
    this.made.set(key, known);
    return known;
  }

  private make(scope: Scope): ScopeSeries {
    const { source, wanted } = sourceOf(scope, this.base, this.lookUp);
    const { bars, timeframe, calendar, hours } = source;
    const options = { calendar, hours };
    if (wanted === timeframe) {
      return new BarsSeries(bars, closingTimes(bars.time, timeframe, options), wanted, calendar);
    }
    const joined = resample(bars, timeframe, wanted, options);
    return new BarsSeries(joined.bars, joined.closedAt, wanted, calendar);
  }
}

/**
 * Whose bars serve a scope, and their timeframe there.
 * @throws RenataError NOT_FOUND, and BAD_INPUT for bars that are longer than the ones that are wanted
 */
export function sourceOf<Source extends Omit<InstrumentBars, 'bars'>>(
  scope: Scope,
  base: Source,
  lookUp: (symbol: string) => Source | undefined,
): { readonly source: Source; readonly wanted: Timeframe } {
  const source = scope.instrument === null ? base : lookUp(scope.instrument);
  if (source === undefined) {
    throw new RenataError(
      'NOT_FOUND',
      `symbol: there are no bars of ${scope.instrument}; import them or check the name.`,
      { details: { parameter: 'symbol' } },
    );
  }
  const wanted = (scope.timeframe ?? base.timeframe) as Timeframe;
  const { timeframe } = source;
  if (timeframeMillis(wanted) < timeframeMillis(timeframe)) {
    const name = scope.instrument;
    const advice =
      name === null ? 'import finer bars first' : `write on("${name}", tf("${timeframe}", …))`;
    throw new RenataError(
      'BAD_INPUT',
      `timeframe: ${timeframe} bars cannot be cut into ${wanted}; ${advice}.`,
      { details: { parameter: 'timeframe' } },
    );
  }
  return { source, wanted };
}

class BarsSeries implements ScopeSeries {
  readonly length: number;
  readonly closedAt: Float64Array;
  private readonly bars: BarColumns;
  private readonly timeframe: Timeframe;
  private readonly calendar: MarketCalendar;
  private readonly clocks = new Map<ClockColumn, Float64Array>();

  constructor(
    bars: BarColumns,
    closedAt: Float64Array,
    timeframe: Timeframe,
    calendar: MarketCalendar,
  ) {
    this.bars = bars;
    this.closedAt = closedAt;
    this.length = bars.time.length;
    this.timeframe = timeframe;
    this.calendar = calendar;
  }

  column(name: ColumnName): Float64Array {
    if (!isClock(name)) return this.bars[name];
    const known = this.clocks.get(name) ?? this.clock(name);
    this.clocks.set(name, known);
    return known;
  }

  private clock(name: ClockColumn): Float64Array {
    const values = new Float64Array(this.length);
    const reader = new ClockReader(this.timeframe, this.calendar);
    for (let i = 0; i < values.length; i += 1) {
      values[i] = reader.read(name, this.bars.time[i] as number);
    }
    return values;
  }
}

function isClock(name: ColumnName): name is ClockColumn {
  return (CLOCK_COLUMNS as readonly string[]).includes(name);
}

/**
 * Reads clock columns of a bar in the market's own zone: `day_of_week` is 1 on Monday to 7 on Sunday,
 * `session_bar` counts the bars of a day from 0, `session_day` numbers the days since 1970. Bars are read
 * in order of time.
 */
export class ClockReader {
  private readonly dates: boolean;
  private readonly calendar: MarketCalendar;
  /** All that changes between bars: the day of the last `session_bar`, and that number. */
  readonly state = new Float64Array([Number.NaN, -1]);

  constructor(timeframe: Timeframe, calendar: MarketCalendar) {
    this.dates = isDailyOrLonger(timeframe);
    this.calendar = calendar;
  }

  read(name: ClockColumn, time: number): number {
    const wall = this.dates ? time : this.calendar.zone.toWall(time);
    switch (name) {
      case 'year':
        return new Date(wall).getUTCFullYear();
      case 'month':
        return new Date(wall).getUTCMonth() + 1;
      case 'day_of_month':
        return new Date(wall).getUTCDate();
      case 'day_of_week':
        return ((new Date(wall).getUTCDay() + 6) % 7) + 1;
      case 'hour':
        return Math.floor((wall % MS_PER_DAY) / MS_PER_HOUR);
      case 'minute':
        return Math.floor((wall % MS_PER_HOUR) / MS_PER_MINUTE);
      case 'session_day':
        return Math.floor(wall / MS_PER_DAY);
      case 'session_bar': {
        const day = Math.floor(wall / MS_PER_DAY);
        const count = day === this.state[0] ? (this.state[1] as number) + 1 : 0;
        this.state[0] = day;
        this.state[1] = count;
        return count;
      }
    }
  }
}
