import type { BarColumns } from '../../engine/domain/bar.ts';
import type { MarketCalendar, Session } from '../../engine/domain/calendar.ts';
import type { QualityIssue, QualityKind, QualityReport } from '../../engine/domain/dataset.ts';
import { isoDate, isoTime, MS_PER_DAY } from '../../engine/domain/time.ts';
import { isDailyOrLonger, timeframeMillis } from '../../engine/domain/timeframe.ts';
import type { Timeframe } from '../../engine/domain/timeframe.ts';

const MAX_TIMES = 100;
/** Bars before returns are judged, and how many usual returns make a spike. */
const WARM_UP = 20;
const SPIKE_SCALE = 15;
const SPIKE_LEAST = 0.01;
/** Part of a move that may remain after it when it was a spike. */
const SPIKE_REMAINS = 0.25;
const SMOOTHING = 0.05;
const STALE_BARS = 5;
const MAX_DIGITS = 8;

interface Finding {
  count: number;
  readonly times: number[];
  first: string;
}

/**
 * Looks for what is odd in bars, block by block, so that a series need not be in memory whole. Nothing
 * is changed or left out: a report says what is there. The rules are listed in docs/data-formats.md.
 */
export class QualityScanner {
  readonly #calendar: MarketCalendar;
  readonly #daily: boolean;
  readonly #length: number;
  readonly #findings = new Map<string, Finding>();
  readonly #coverage: Coverage | null;
  #bars = 0;
  // The two closes before the current bar, and the bar's time, for spikes.
  #close1 = Number.NaN;
  #close2 = Number.NaN;
  #time1 = Number.NaN;
  #usualReturn = 0;
  // The bar before, for stale runs.
  #last = { open: 0, high: 0, low: 0, close: 0, volume: -1 };
  #sameBars = 1;
  #sameSince = Number.NaN;
  #volumeless = 0;
  readonly #precision: PrecisionWatch;

  constructor(calendar: MarketCalendar, timeframe: Timeframe) {
    this.#calendar = calendar;
    this.#daily = isDailyOrLonger(timeframe);
    this.#length = timeframeMillis(timeframe);
    // Weeks and months have no single session to be compared with.
    this.#coverage =
      calendar.hasSessions && this.#length <= MS_PER_DAY
        ? new Coverage(calendar, this.#length, (name, time) => this.#found(name, time))
        : null;
    this.#precision = new PrecisionWatch(this.#daily ? 60 : 600, (time, from, to) =>
      this.#found('precision-change', time, `from ${from} to ${to} decimal places`),
    );
  }

  /** Takes in the first `count` bars of `bars`, which follow those before in time. */
  push(bars: BarColumns, count: number): void {
    for (let i = 0; i < count; i += 1) {
      const time = bars.time[i] as number;
      const open = bars.open[i] as number;
      const high = bars.high[i] as number;
      const low = bars.low[i] as number;
      const close = bars.close[i] as number;
      const volume = bars.volume[i] as number;
      if (high < open || high < close || low > open || low > close || high < low) {
        this.#found(
          'ohlc-violation',
          time,
          `high ${high}, low ${low}, open ${open}, close ${close}`,
        );
      }
      if (volume === 0) {
        this.#volumeless += 1;
        this.#found('zero-volume', time);
      }
      this.#returns(time, close);
      this.#stale(time, open, high, low, close, volume);
      this.#precision.push(time, open, high, low, close);
      this.#coverage?.push(time);
      this.#bars += 1;
    }
  }

  /** @param duplicates repeated times that an import left out */
  finish(duplicates = 0): QualityReport {
    const issues: QualityIssue[] = [];
    const add = (
      kind: QualityKind,
      severity: QualityIssue['severity'],
      name: string,
      message: (finding: Finding) => string,
    ): void => {
      const finding = this.#findings.get(name);
      if (finding === undefined) return;
      issues.push({
        kind,
        severity,
        count: finding.count,
        message: message(finding),
        times: finding.times,
      });
    };
    const at = (finding: Finding): string => {
      const time = finding.times[0] ?? 0;
      return `${this.#shown(time)}${finding.first === '' ? '' : ` (${finding.first})`}`;
    };
    add(
      'ohlc-violation',
      'error',
      'ohlc-violation',
      (finding) =>
        `${amount(finding.count, 'bar')} with a high below or a low above another price, the first at ${at(finding)}.`,
    );
    if (duplicates > 0) {
      issues.push({
        kind: 'duplicate',
        severity: 'warning',
        count: duplicates,
        message: `${amount(duplicates, 'repeated time')} in the file; one bar of each was kept.`,
        times: [],
      });
    }
    add('gap', 'warning', 'gap', (finding) =>
      this.#daily
        ? `${amount(finding.count, 'session')} of ${this.#calendar.title} without a bar, the first on ${at(finding)}.`
        : `${amount(finding.count, 'bar')} missing in regular hours, in ${amount(this.#coverage?.gaps ?? 0, 'gap')}, the first at ${at(finding)}.`,
    );
    add(
      'outside-session',
      'warning',
      'outside',
      (finding) =>
        `${amount(finding.count, 'bar')} while ${this.#calendar.title} is closed, the first at ${at(finding)}.`,
    );
    add(
      'outside-session',
      'info',
      'extended',
      (finding) =>
        `${amount(finding.count, 'bar')} before or after regular hours, the first at ${at(finding)}.`,
    );
    add(
      'spike',
      'warning',
      'spike',
      (finding) =>
        `${amount(finding.count, 'close')} far from both neighbours, the first at ${at(finding)}.`,
    );
    add(
      'stale',
      'warning',
      'stale',
      (finding) =>
        `${amount(finding.count, 'run')} of ${STALE_BARS} or more identical bars, the first from ${at(finding)}.`,
    );
    const noVolume = this.#volumeless === this.#bars;
    add('zero-volume', noVolume ? 'info' : 'warning', 'zero-volume', (finding) =>
      noVolume
        ? 'No bar has a volume.'
        : `${amount(finding.count, 'bar')} without volume, the first at ${at(finding)}.`,
    );
    add(
      'precision-change',
      'info',
      'precision-change',
      (finding) =>
        `Prices change their number of decimal places ${amount(finding.count, 'time')}, the first at ${at(finding)}.`,
    );
    return {
      barCount: this.#bars,
      expectedBars: this.#coverage?.expected ?? null,
      calendar: this.#calendar.name,
      issues,
    };
  }

  /** A return far outside the usual range that the next one takes back marks the bar between them. */
  #returns(time: number, close: number): void {
    const before = Math.log(this.#close1 / this.#close2);
    const after = Math.log(close / this.#close1);
    const size = Math.abs(before);
    const limit = Math.max(SPIKE_SCALE * this.#usualReturn, SPIKE_LEAST);
    if (
      this.#bars > WARM_UP &&
      size > limit &&
      before * after < 0 &&
      Math.abs(before + after) < SPIKE_REMAINS * size
    ) {
      this.#found(
        'spike',
        this.#time1,
        `close ${this.#close1} between ${this.#close2} and ${close}`,
      );
    }
    if (!Number.isNaN(size)) {
      // One odd return must not widen the range for those after it.
      const capped = this.#usualReturn === 0 ? size : Math.min(size, 4 * this.#usualReturn);
      this.#usualReturn += SMOOTHING * (capped - this.#usualReturn);
    }
    this.#close2 = this.#close1;
    this.#close1 = close;
    this.#time1 = time;
  }

  #stale(
    time: number,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
  ): void {
    const last = this.#last;
    const same =
      close === last.close &&
      open === last.open &&
      high === last.high &&
      low === last.low &&
      volume === last.volume;
    if (same) {
      this.#sameBars += 1;
      if (this.#sameBars === STALE_BARS) this.#found('stale', this.#sameSince);
      return;
    }
    this.#sameBars = 1;
    this.#sameSince = time;
    last.open = open;
    last.high = high;
    last.low = low;
    last.close = close;
    last.volume = volume;
  }

  #found(name: string, time: number, first = ''): void {
    const finding = this.#findings.get(name);
    if (finding === undefined) {
      this.#findings.set(name, { count: 1, times: [time], first });
      return;
    }
    finding.count += 1;
    if (finding.times.length >= MAX_TIMES) return;
    // Missing bars in a row are one place.
    if (name !== 'gap' || this.#coverage?.newGap === true) finding.times.push(time);
  }

  #shown(time: number): string {
    return this.#daily ? isoDate(time) : `${isoTime(time).slice(0, 16).replace('T', ' ')} UTC`;
  }
}

function amount(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
}

/** Compares bar times with the times that a calendar expects, between the first and the last bar. */
class Coverage {
  /** Bars that regular hours (or sessions, for daily bars) make from the first bar to the last. */
  expected = 0;
  gaps = 0;
  /** True while the latest missing bar begins a gap. */
  newGap = false;
  readonly #calendar: MarketCalendar;
  readonly #length: number;
  readonly #report: (name: 'gap' | 'outside' | 'extended', time: number) => void;
  #day = Number.NaN;
  #nextDayStart = Number.NEGATIVE_INFINITY;
  #session: Session | null = null;
  #slots: number[] = [];
  #slot = 0;
  #phase = 0;
  #missed = false;

  constructor(
    calendar: MarketCalendar,
    length: number,
    report: (name: 'gap' | 'outside' | 'extended', time: number) => void,
  ) {
    this.#calendar = calendar;
    this.#length = length;
    this.#report = report;
  }

  push(time: number): void {
    if (this.#length === MS_PER_DAY) this.#pushDay(time);
    else this.#pushIntraday(time);
  }

  #pushDay(day: number): void {
    const calendar = this.#calendar;
    if (!Number.isNaN(this.#day)) {
      for (let d = this.#day + MS_PER_DAY; d < day; d += MS_PER_DAY) {
        if (this.#known(d) && calendar.expectsDailyBar(d)) this.#missing(d);
      }
    }
    this.#missed = false;
    this.#day = day;
    if (!this.#known(day)) return;
    if (calendar.expectsDailyBar(day)) this.expected += 1;
    else if (!calendar.isSession(day)) this.#report('outside', day);
  }

  #pushIntraday(time: number): void {
    if (time >= this.#nextDayStart) this.#openDay(time);
    const slots = this.#slots;
    while (this.#slot < slots.length && (slots[this.#slot] as number) + this.#length <= time) {
      this.#missing(slots[this.#slot] as number);
      this.#slot += 1;
    }
    this.#missed = false;
    if (this.#slot < slots.length && (slots[this.#slot] as number) <= time) {
      this.#slot += 1;
      this.expected += 1;
      return;
    }
    if (!this.#known(this.#day)) return;
    const inside = (hours: 'regular' | 'extended'): boolean =>
      this.#session?.[hours].some((span) => time + this.#length > span.from && time < span.to) ===
      true;
    if (inside('regular')) return;
    this.#report(inside('extended') ? 'extended' : 'outside', time);
  }

  #openDay(time: number): void {
    const { zone } = this.#calendar;
    const day = zone.wallDay(time);
    const first = Number.isNaN(this.#day);
    if (first) {
      this.#phase = (zone.toWall(time) - day) % this.#length;
    } else {
      this.#missRest();
      for (let d = this.#day + MS_PER_DAY; d < day; d += MS_PER_DAY) {
        this.#enter(d);
        this.#missRest();
      }
    }
    this.#enter(day);
    if (first) {
      // Nothing is expected before the first bar.
      const start = this.#slots.findIndex((slot) => slot + this.#length > time);
      this.#slots = start < 0 ? [] : this.#slots.slice(start);
    }
    this.#day = day;
    this.#nextDayStart = zone.toInstant(day + MS_PER_DAY);
  }

  #enter(day: number): void {
    this.#session = this.#known(day) ? this.#calendar.session(day) : null;
    this.#slots =
      this.#session === null
        ? []
        : this.#calendar.barTimes(this.#session, this.#length, 'regular', this.#phase);
    this.#slot = 0;
  }

  #missRest(): void {
    for (; this.#slot < this.#slots.length; this.#slot += 1) {
      this.#missing(this.#slots[this.#slot] as number);
    }
  }

  #missing(time: number): void {
    this.newGap = !this.#missed;
    if (this.newGap) this.gaps += 1;
    this.#missed = true;
    this.expected += 1;
    this.#report('gap', time);
  }

  #known(day: number): boolean {
    return day >= this.#calendar.validFrom && day <= this.#calendar.validTo;
  }
}

/** Watches how many decimal places prices need, in windows of bars, and reports lasting changes. */
class PrecisionWatch {
  readonly #window: number;
  readonly #report: (time: number, from: number, to: number) => void;
  readonly #counts = new Uint32Array(MAX_DIGITS + 1);
  #bars = 0;
  #windowStart = 0;
  #current = -1;
  #candidate = -1;
  #candidateStart = 0;

  constructor(window: number, report: (time: number, from: number, to: number) => void) {
    this.#window = window;
    this.#report = report;
  }

  push(time: number, open: number, high: number, low: number, close: number): void {
    if (this.#bars === 0) this.#windowStart = time;
    let digits = places(open, 0);
    digits = places(high, digits);
    digits = places(low, digits);
    digits = places(close, digits);
    this.#counts[digits] = (this.#counts[digits] ?? 0) + 1;
    this.#bars += 1;
    if (this.#bars === this.#window) this.#endWindow();
  }

  #endWindow(): void {
    // A few bars with more places, as odd lots make them, do not count as the precision of a window.
    let seen = 0;
    let digits = 0;
    while (digits < MAX_DIGITS) {
      seen += this.#counts[digits] ?? 0;
      if (seen >= this.#window * 0.9) break;
      digits += 1;
    }
    if (this.#current < 0) {
      this.#current = digits;
    } else if (digits === this.#current) {
      this.#candidate = -1;
    } else if (digits === this.#candidate) {
      this.#report(this.#candidateStart, this.#current, digits);
      this.#current = digits;
      this.#candidate = -1;
    } else {
      this.#candidate = digits;
      this.#candidateStart = this.#windowStart;
    }
    this.#counts.fill(0);
    this.#bars = 0;
  }
}

const POWERS = Array.from({ length: MAX_DIGITS + 1 }, (_, digits) => 10 ** digits);

/** The fewest decimal places, `least` or more, that write `price` exactly; MAX_DIGITS at most. */
function places(price: number, least: number): number {
  let digits = least;
  while (digits < MAX_DIGITS) {
    const power = POWERS[digits] as number;
    if (Math.round(price * power) / power === price) return digits;
    digits += 1;
  }
  return digits;
}
