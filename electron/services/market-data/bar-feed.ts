import type { Bar, BarColumns } from '../../../engine/domain/bar.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { BarTick, MarketDatum, TradeTick } from '../../../engine/domain/market-data.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import {
  isDailyOrLonger,
  timeframeMillis,
  type Timeframe,
} from '../../../engine/domain/timeframe.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { MarketDataClient } from '../../../engine/ports/market-data-client.ts';
import type { BucketOptions } from '../../../engine/series/buckets.ts';
import {
  BarSequence,
  barOfRow,
  columnsOf,
  LiveBarBuilder,
  type BarRange,
} from '../../../engine/series/live-bars.ts';
import { BarBuilder, resample } from '../../../engine/series/resample.ts';
import { timeOf } from './cleaning.ts';
import { FormingBar, joined } from './forming-bar.ts';
import { finestTimeframe, historyTimeframe } from './history-timeframe.ts';
import type { Source } from './source.ts';

/** Milliseconds after the end of a bar in which its source finishes its history. */
const SETTLE = 2_000;
/** Milliseconds that the bar of a source may come after its end. */
const BAR_DELAY = 10_000;
/** Clocks of this machine and of a venue differ by less than this; breaks are taken as so much longer. */
const SKEW = 1_000;
const RETRY = [2_000, 5_000, 15_000, 30_000];

interface Listener {
  readonly from: number;
  readonly hear: (bars: BarColumns) => void;
}

export interface BarFeedOptions {
  readonly clock: Clock;
  readonly source: Source;
  readonly instrument: InstrumentId;
  readonly timeframe: Timeframe;
  readonly cut: BucketOptions;
  /** What the source streams: bars are built from its trades or from bars of its own. */
  readonly kind: 'trade' | 'bar';
  readonly lateness: number;
  readonly onDefect: (error: unknown, what: string) => void;
}

/**
 * Closed bars of one instrument and timeframe. A bar is given when its time is over by the source's clock
 * and the source was heard after its end; where it was not, or was away, history is asked, and later bars
 * wait for the answer.
 */
export class BarFeed {
  readonly #options: BarFeedOptions;
  #sequence: BarSequence;
  /** Where a replay is in its time is known from its first bar on. */
  #placed: boolean;
  #forming: FormingBar | undefined;
  #onForming: (() => void) | undefined;
  /** The newest bar of the source that was not closed yet. */
  #open: Bar | undefined;
  readonly #trades: LiveBarBuilder;
  readonly #listeners = new Set<Listener>();
  #joiner: { readonly from: Timeframe; readonly builder: BarBuilder | null } | undefined;
  #lastStart = Number.NEGATIVE_INFINITY;
  #asking = false;
  #failures = 0;
  #begun = false;
  #cancel: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;
  #closed = false;

  constructor(options: BarFeedOptions) {
    const { timeframe: to, cut, lateness, source } = options;
    this.#options = options;
    this.#trades = new LiveBarBuilder(to, cut, lateness);
    this.#sequence = new BarSequence(to, cut, source.now());
    this.#placed = source.placed;
    this.#plan();
  }

  /** Hears bars from the one that forms now on. */
  add(hear: (bars: BarColumns) => void): () => void {
    const listener = { from: this.present, hear };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Start of the bar that forms now; bars from it on are told. */
  get present(): number {
    if (!this.#placed) return Number.NEGATIVE_INFINITY;
    return this.#sequence.barAt(this.#options.source.now());
  }

  /**
   * The bar that forms, as far as it is known: its beginning from history, the rest as it was heard. It is
   * for those who look; the bar that is told once it has closed may differ.
   */
  forming(): Bar | undefined {
    const live = this.#live();
    const bar = this.#forming === undefined ? live : this.#forming.with(live);
    return bar !== undefined && bar.time > this.#sequence.last ? bar : undefined;
  }

  /** Reads the beginning of the bar that forms, now and after every gap. @param changed hears when it is there */
  followForming(changed: () => void): void {
    this.#onForming = changed;
    this.#forming ??= new FormingBar();
    void this.#readBeginning();
  }

  /** Closed bars that the source's history has, from the one at `start` to the one before `end`. */
  async past(start: number, end: number): Promise<BarColumns> {
    const { source, timeframe: to } = this.#options;
    const { client } = source;
    const until = Math.min(end, this.present === Number.NEGATIVE_INFINITY ? end : this.present);
    const from = client === undefined ? undefined : historyTimeframe(client, to, until - start);
    if (client === undefined || from === undefined || until <= start) return columnsOf([]);
    const bars = await this.#history(client, from, { start, end: until });
    const kept = Array.from(bars.time, (_, i) => barOfRow(bars, i));
    return columnsOf(kept.filter(({ time }) => time >= start && time < until));
  }

  data(datum: MarketDatum): void {
    const { kind, timeframe: to, cut } = this.#options;
    if (!this.#placed) {
      this.#placed = true;
      const dated = datum.kind === 'bar' && isDailyOrLonger(datum.timeframe);
      const start = datum.kind === 'bar' ? datum.start : timeOf(datum);
      const first = dated ? cut.calendar.zone.toInstant(start) : start;
      this.#sequence = new BarSequence(to, cut, first);
    }
    if (datum.kind === 'trade' && kind === 'trade') this.#trade(datum);
    else if (datum.kind === 'bar' && kind === 'bar') this.#bar(datum);
    else return;
    this.#pump();
  }

  /** Anything between these times may be missing, by the clock of this machine. */
  gap(from: number, to: number): void {
    const { source } = this.#options;
    const lag = Math.max(0, source.lag);
    this.#sequence.gap(from - lag - SKEW, to + SKEW);
    if (this.#forming !== undefined) void this.#readBeginning();
    this.#pump();
  }

  /** The source came back or went away. */
  sourceChanged(): void {
    this.#pump();
  }

  get unused(): boolean {
    return this.#listeners.size === 0;
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#cancelRetry?.();
    this.#listeners.clear();
  }

  /** What was heard of the newest bar. */
  #live(): Bar | undefined {
    if (this.#options.kind === 'trade') return this.#trades.forming();
    const known = this.#joiner?.builder?.forming();
    if (this.#open === undefined) return known;
    return joined(known, { ...this.#open, time: this.#sequence.barAt(this.#open.time) });
  }

  async #readBeginning(): Promise<void> {
    const { source, cut, instrument, timeframe: to } = this.#options;
    const { client } = source;
    const forming = this.#forming;
    const fine = client === undefined ? undefined : finestTimeframe(client, to);
    if (client === undefined || forming === undefined || fine === undefined) return;
    const now = source.now();
    const start = this.#sequence.barAt(now);
    forming.doubt(start, this.#live());
    const begins = isDailyOrLonger(to) ? cut.calendar.zone.toInstant(start) : start;
    const length = timeframeMillis(fine);
    const end = Math.floor(now / length) * length;
    if (end <= begins) return;
    try {
      const range = { start: unixMillis(begins), end: unixMillis(end) };
      const told = await client.history({ instrument, timeframe: fine, ...range });
      const { bars } = resample(told, fine, to, cut);
      const at = bars.time.indexOf(start);
      if (this.#closed || at < 0) return;
      forming.begin(barOfRow(bars, at));
      this.#onForming?.();
    } catch {
      // What was heard of it is shown; once it has closed it is whole.
    }
  }

  #trade(trade: TradeTick): void {
    this.#trades.trade(timeOf(trade), trade.price, trade.size, trade.regular);
  }

  #bar(bar: BarTick): void {
    const { timeframe: to, cut, onDefect } = this.#options;
    const fits =
      timeframeMillis(bar.timeframe) <= timeframeMillis(to) &&
      (isDailyOrLonger(to) || !isDailyOrLonger(bar.timeframe));
    if (!fits) return;
    if (!bar.closed) {
      const known = this.#joiner?.from ?? bar.timeframe;
      if (bar.timeframe === known && bar.start > this.#lastStart) this.#open = barOf(bar);
      return;
    }
    this.#open = undefined;
    this.#joiner ??= {
      from: bar.timeframe,
      builder: bar.timeframe === to ? null : new BarBuilder(bar.timeframe, to, cut),
    };
    if (bar.timeframe !== this.#joiner.from || bar.start <= this.#lastStart) return;
    const expected = this.#lastStart + timeframeMillis(bar.timeframe);
    // Nothing was traded between, or a bar was lost.
    if (bar.start > expected && expected > 0 && !isDailyOrLonger(bar.timeframe) && this.#canAsk()) {
      this.#sequence.gap(expected, bar.start - 1);
    }
    this.#lastStart = bar.start;
    const closed = barOf(bar);
    const { builder } = this.#joiner;
    if (builder === null) {
      this.#sequence.live(closed);
      return;
    }
    try {
      const before = builder.update(closed);
      if (before !== undefined) this.#sequence.live(before);
      // The last of its bars is there: nothing is waited for.
      const end = bar.start + timeframeMillis(bar.timeframe);
      if (builder.completeAt === end) this.#give(builder.advance(end));
    } catch (error) {
      // It came after its bar was given up; history was asked for that.
      onDefect(error, 'A bar came too late');
    }
  }

  #give(bar: Bar | undefined): void {
    if (bar !== undefined) this.#sequence.live(bar);
  }

  /** Gives what is complete, asks for what is missing. */
  #pump(): void {
    if (this.#closed) return;
    const { source } = this.#options;
    if (source.working) this.#closeBars();
    const bars = this.#sequence.take();
    if (bars.length > 0) this.#tell(bars);
    if (source.working && !this.#asking) {
      const range = this.#sequence.wanted(source.now() - SETTLE);
      if (range !== undefined) void this.#ask(range);
    }
    this.#plan();
  }

  #closeBars(): void {
    const { source, kind } = this.#options;
    const now = source.now();
    if (kind === 'trade') {
      const heard = source.heardUntil();
      for (;;) {
        const at = this.#trades.nextAt;
        if (at === undefined || at > now) return;
        const bars = this.#trades.advance(at);
        // A silent source may be a dead one: its last trades may be missing.
        const sure = heard >= at - this.#options.lateness || !this.#canAsk();
        for (const bar of bars) {
          if (!sure) this.#sequence.doubt(bar.time);
          this.#sequence.live(bar);
        }
      }
    }
    const builder = this.#joiner?.builder;
    const at = builder?.completeAt;
    if (builder === undefined || builder === null || at === undefined) return;
    if (at + BAR_DELAY > now) return;
    const bar = builder.advance(now);
    if (bar === undefined) return;
    if (this.#canAsk()) this.#sequence.doubt(bar.time);
    this.#sequence.live(bar);
  }

  #tell(bars: readonly Bar[]): void {
    const { onDefect, instrument } = this.#options;
    for (const { from, hear } of this.#listeners) {
      const own = bars.filter(({ time }) => time >= from);
      if (own.length === 0) continue;
      try {
        hear(columnsOf(own));
      } catch (error) {
        onDefect(error, `A listener of bars of ${instrument} failed`);
      }
    }
  }

  /** Comes back when a bar is complete, or to see whether history has it. */
  #plan(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#closed) return;
    const { source, clock } = this.#options;
    if (!source.working) return;
    const builder = this.#joiner?.builder?.completeAt;
    const next = Math.min(
      this.#trades.nextAt ?? Number.POSITIVE_INFINITY,
      builder === undefined ? Number.POSITIVE_INFINITY : builder + BAR_DELAY,
      this.#sequence.doubtful && !this.#asking ? source.now() + 1_000 : Number.POSITIVE_INFINITY,
    );
    if (next === Number.POSITIVE_INFINITY) return;
    this.#cancel = clock.after(Math.max(1, Math.ceil(next - source.now())), () => this.#pump());
  }

  #canAsk(): boolean {
    const client = this.#options.source.client;
    return (
      client !== undefined && historyTimeframe(client, this.#options.timeframe, 0) !== undefined
    );
  }

  async #ask(range: BarRange): Promise<void> {
    const { source, instrument, onDefect, clock, timeframe: to } = this.#options;
    const client = source.client;
    const from =
      client === undefined ? undefined : historyTimeframe(client, to, range.end - range.start);
    if (client === undefined || from === undefined) {
      // The bar that was forming at the start is not wanted half.
      if (!this.#begun) this.#sequence.history(range, columnsOf([]));
      else {
        this.#sequence.settle(range);
        onDefect(
          new Error(`${source.name} has no history of ${to} bars`),
          `Bars of ${instrument} may lack trades`,
        );
      }
      this.#begun = true;
      this.#pump();
      return;
    }
    this.#asking = true;
    this.#begun = true;
    try {
      this.#sequence.history(range, await this.#history(client, from, range));
      this.#failures = 0;
      this.#asking = false;
      this.#pump();
    } catch (error) {
      const wait = RETRY[this.#failures];
      this.#failures += 1;
      if (wait === undefined) {
        this.#failures = 0;
        this.#asking = false;
        this.#sequence.settle(range);
        onDefect(error, `Bars of ${instrument} may be missing: history could not be had`);
        this.#pump();
        return;
      }
      this.#cancelRetry = clock.after(wait, () => {
        this.#asking = false;
        this.#pump();
      });
    }
  }

  /** History's bars as they are cut here. */
  async #history(client: MarketDataClient, from: Timeframe, range: BarRange): Promise<BarColumns> {
    const { instrument, timeframe: to, cut } = this.#options;
    // Finer bars of a day are named by their instants, and reach to the end of the last bar.
    const dated = isDailyOrLonger(to) && !isDailyOrLonger(from);
    const start = dated ? cut.calendar.zone.toInstant(range.start) : range.start;
    const last = range.end - 1 + timeframeMillis(to);
    const end = from === to ? range.end : dated ? cut.calendar.zone.toInstant(last) : last;
    const bars = await client.history({
      instrument,
      timeframe: from,
      start: unixMillis(Math.floor(start)),
      end: unixMillis(Math.ceil(end)),
    });
    return resample(bars, from, to, cut).bars;
  }
}

function barOf({ start, open, high, low, close, volume }: BarTick): Bar {
  return { time: start, open, high, low, close, volume };
}
