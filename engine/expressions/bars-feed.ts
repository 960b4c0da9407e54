import type { Bar } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import { isoTime } from '../domain/time.ts';
import type { Timeframe } from '../domain/timeframe.ts';
import { toSnapshot, type SnapshotNumber } from '../indicators/runner.ts';
import { ClosingTimes } from '../series/closing-times.ts';
import { BarBuilder } from '../series/resample.ts';
import { ClockReader, sourceOf, type InstrumentBars } from './bars-environment.ts';
import {
  BASE_SCOPE,
  CLOCK_COLUMNS,
  scopeKey,
  type CompiledExpression,
  type Scope,
} from './graph.ts';
import type { ClosedBar, ScopeBar } from './stream.ts';

/** How the bars of an instrument come: all that is known of them but the bars. */
export type BarSource = Omit<InstrumentBars, 'bars'>;

/** A bar that has closed: of another instrument, or of the expressions' own where there is no name. */
export interface SourceBar {
  readonly instrument: string | null;
  readonly bar: Bar;
}

/** Bars of scopes that close at one moment, as `ExpressionStream.updateAt` takes them. */
export interface Moment {
  readonly at: number;
  readonly closed: readonly ClosedBar[];
}

/** State of a feed: plain values. */
export interface FeedSnapshot {
  readonly now: SnapshotNumber;
  readonly scopes: readonly ScopeSnapshot[];
}

interface ScopeSnapshot {
  readonly scope: string;
  /** Time of the last bar of the source that was joined. */
  readonly last: SnapshotNumber;
  /** Open, high, low, close and volume of the joined bar that is forming. */
  readonly forming: readonly SnapshotNumber[] | null;
  readonly clock: readonly SnapshotNumber[];
}

type ClockColumn = (typeof CLOCK_COLUMNS)[number];

/** A bar of a scope and the moment from which it may be known. */
interface KnownBar {
  readonly feed: ScopeFeed;
  readonly at: number;
  readonly bar: Bar;
}

/**
 * What `BarsEnvironment` is to columns, for bars that come one by one: joins the bars of sources to the
 * timeframes that expressions read, and gives every bar at the moment at which it is complete, never
 * before. Memory is constant: of each timeframe the one forming bar is kept.
 */
export class BarsFeed {
  /** Other instruments that the expressions read. */
  readonly instruments: readonly string[];
  private readonly closings = new Map<string | null, ClosingTimes>();
  private readonly feeds: readonly ScopeFeed[];
  private now = Number.NEGATIVE_INFINITY;

  /**
   * @param lookUp how the bars of another instrument come; they may be finer than the base's
   * @throws RenataError NOT_FOUND or BAD_INPUT as `BarsEnvironment` does
   */
  constructor(
    expressions: readonly CompiledExpression[],
    base: BarSource,
    lookUp: (symbol: string) => BarSource | undefined = () => undefined,
  ) {
    const feeds = new Map([
      [scopeKey(BASE_SCOPE), new ScopeFeed(BASE_SCOPE, base, base.timeframe)],
    ]);
    this.closings.set(null, new ClosingTimes(base.timeframe, base));
    for (const { nodes, scopes } of expressions) {
      const found = scopes.map((scope) => {
        const key = scopeKey(scope);
        const { source, wanted } = sourceOf(scope, base, lookUp);
        const feed = feeds.get(key) ?? new ScopeFeed(scope, source, wanted);
        feeds.set(key, feed);
        this.closings.set(scope.instrument, new ClosingTimes(source.timeframe, source));
        return feed;
      });
      for (const node of nodes) {
        if (node.kind === 'column' && isClock(node.name)) found[node.scope]?.clocks.add(node.name);
      }
    }
    this.feeds = [...feeds.values()];
    this.instruments = [...this.closings.keys()].filter((name) => name !== null);
  }

  /**
   * Takes all bars that close at one moment, at most one of each instrument. Moments are given in order.
   * @returns the bars of scopes that are known since, by moment: the last is that of the bars themselves
   * @throws RenataError BAD_INPUT for bars of several moments, one that comes too late, and one of an
   *   instrument that nobody reads
   */
  take(bars: readonly SourceBar[]): Moment[] {
    const alone = this.takeAlone(bars);
    if (alone !== undefined) {
      return [{ at: this.now, closed: [{ scope: BASE_SCOPE, bar: alone }] }];
    }
    const at = this.momentOf(bars);
    const known: KnownBar[] = [];
    for (const { instrument, bar } of bars) {
      for (const feed of this.feeds) {
        if (feed.scope.instrument === instrument) known.push(...feed.take(bar, at));
      }
    }
    for (const feed of this.feeds) {
      const done = feed.complete(at);
      if (done !== undefined) known.push(done);
    }
    this.now = at;
    return byMoment(known);
  }

  /**
   * The same where expressions read bars of their own timeframe alone, as most do, without a list of moments
   * that would be made for every bar.
   * @returns the bar as it is read; undefined where they read others too, and then nothing was taken
   */
  takeAlone(bars: readonly SourceBar[]): ScopeBar | undefined {
    const [feed] = this.feeds;
    if (bars.length !== 1 || this.feeds.length !== 1 || feed?.joins !== false) return undefined;
    this.now = this.momentOf(bars);
    return feed.read((bars[0] as SourceBar).bar);
  }

  /** The forming bar of the base as its expressions would read it; nothing is kept. */
  preview(bar: Bar): ScopeBar {
    return (this.feeds[0] as ScopeFeed).preview(bar);
  }

  snapshot(): FeedSnapshot {
    return {
      now: toSnapshot(this.now),
      scopes: this.feeds.map((feed) => feed.snapshot()),
    };
  }

  /**
   * Into a feed that was made for the same expressions and sources, and has taken nothing.
   * @throws RenataError BAD_INPUT when the snapshot is of other expressions
   */
  restore(snapshot: FeedSnapshot): void {
    const keys = this.feeds.map(({ scope }) => scopeKey(scope));
    const fits =
      snapshot.scopes.length === keys.length &&
      snapshot.scopes.every(({ scope }, k) => scope === keys[k]);
    if (!fits) throw new RenataError('BAD_INPUT', 'The snapshot is of other expressions.');
    this.now = Number(snapshot.now);
    this.feeds.forEach((feed, k) => feed.restore(snapshot.scopes[k] as ScopeSnapshot));
  }

  /** The one moment at which bars close. */
  private momentOf(bars: readonly SourceBar[]): number {
    let at = Number.NaN;
    for (const { instrument, bar } of bars) {
      const closings = this.closings.get(instrument);
      if (closings === undefined) {
        throw wrong(`no expression reads ${instrument}; give bars of ${this.named()}`);
      }
      const close = closings.of(bar.time);
      if (close < this.now) {
        throw wrong(
          `the one of ${isoTime(bar.time)}${instrument === null ? '' : ` of ${instrument}`} comes too late; it closed before others that were given. Give bars in order of their closes`,
        );
      }
      if (close !== at && !Number.isNaN(at)) {
        throw wrong('these close at different moments; give them apart, in order');
      }
      at = close;
    }
    return Number.isNaN(at) ? this.now : at;
  }

  private named(): string {
    return ['the instrument itself', ...this.instruments].join(', ');
  }
}

/** Bars of one scope: those of its source as they are, or joined to longer ones. */
class ScopeFeed {
  readonly scope: Scope;
  readonly clocks = new Set<ClockColumn>();
  private readonly builder: BarBuilder | undefined;
  private readonly reader: ClockReader;

  constructor(scope: Scope, source: BarSource, wanted: Timeframe) {
    this.scope = scope;
    this.builder =
      wanted === source.timeframe ? undefined : new BarBuilder(source.timeframe, wanted, source);
    this.reader = new ClockReader(wanted, source.calendar);
  }

  /** Whether bars of the source are joined to longer ones. */
  get joins(): boolean {
    return this.builder !== undefined;
  }

  /** Takes a bar of the source. Returns those that are known by it, at their own moments. */
  take(bar: Bar, at: number): KnownBar[] {
    const { builder } = this;
    if (builder === undefined) return [{ feed: this, at, bar }];
    const before = builder.completeAt ?? at;
    const done = builder.update(bar);
    return done === undefined ? [] : [{ feed: this, at: before, bar: done }];
  }

  /** The joined bar, when it is complete at `now`. */
  complete(now: number): KnownBar | undefined {
    const at = this.builder?.completeAt ?? Number.POSITIVE_INFINITY;
    const bar = at <= now ? this.builder?.advance(at) : undefined;
    return bar === undefined ? undefined : { feed: this, at, bar };
  }

  /** A bar with its clock columns, which are read in order of time. */
  read(bar: Bar): ScopeBar {
    const { clocks, reader } = this;
    if (clocks.size === 0) return bar;
    const columns: { -readonly [Name in keyof ScopeBar]: ScopeBar[Name] } = { ...bar };
    for (const name of clocks) columns[name] = reader.read(name, bar.time);
    return columns;
  }

  preview(bar: Bar): ScopeBar {
    const { state } = this.reader;
    const before = state.slice();
    const columns = this.read(bar);
    state.set(before);
    return columns;
  }

  snapshot(): ScopeSnapshot {
    const forming = this.builder?.forming();
    return {
      scope: scopeKey(this.scope),
      last: toSnapshot(this.builder?.lastTime ?? Number.NaN),
      forming: forming === undefined ? null : pricesOf(forming),
      clock: Array.from(this.reader.state, toSnapshot),
    };
  }

  restore({ last, forming, clock }: ScopeSnapshot): void {
    this.reader.state.set(clock.map(Number));
    // The bars so far, joined once more as one: extremes, first and last are the same.
    if (forming !== null) this.builder?.update(barOf(Number(last), forming));
  }
}

/** Bars in the order in which they are known; those of one moment together. */
function byMoment(known: KnownBar[]): Moment[] {
  known.sort((a, b) => a.at - b.at);
  const moments: { at: number; closed: ClosedBar[] }[] = [];
  for (const { feed, at, bar } of known) {
    let moment = moments.at(-1);
    // Two bars of one scope that close together are known one after the other.
    const again = moment?.closed.some(({ scope }) => scope === feed.scope) === true;
    if (moment?.at !== at || again) {
      moment = { at, closed: [] };
      moments.push(moment);
    }
    moment.closed.push({ scope: feed.scope, bar: feed.read(bar) });
  }
  return moments;
}

function pricesOf({ open, high, low, close, volume }: Bar): SnapshotNumber[] {
  return [open, high, low, close, volume].map(toSnapshot);
}

function barOf(time: number, prices: readonly SnapshotNumber[]): Bar {
  const [open, high, low, close, volume] = prices.map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { time, open, high, low, close, volume };
}

function isClock(name: string): name is ClockColumn {
  return (CLOCK_COLUMNS as readonly string[]).includes(name);
}

function wrong(what: string): RenataError {
  return new RenataError('BAD_INPUT', `bars: ${what}.`, { details: { parameter: 'bars' } });
}
