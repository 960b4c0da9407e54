import type { SeriesView } from '../../backtest/strategy.ts';
import type { Bar, BarColumns } from '../../domain/bar.ts';
import { RenataError } from '../../domain/errors.ts';
import type { ParameterValues } from '../../domain/parameters.ts';
import { MS_PER_DAY } from '../../domain/time.ts';
import {
  BarsFeed,
  type BarSource,
  type FeedSnapshot,
  type SourceBar,
} from '../../expressions/bars-feed.ts';
import { compile } from '../../expressions/compile.ts';
import { BASE_SCOPE, scopeKey } from '../../expressions/graph.ts';
import { ExpressionStream, type ExpressionSnapshot } from '../../expressions/stream.ts';
import type { IndicatorDefinition, InputName } from '../../indicators/definition.ts';
import { barIndicator, CATALOGUE } from '../../indicators/registry.ts';
import {
  IndicatorStream,
  toSnapshot,
  type SnapshotNumber,
  type StreamSnapshot,
} from '../../indicators/runner.ts';

/** State of the columns of a strategy in code: plain values. The strategy's own variables are not in it. */
export interface CodeSnapshot {
  /** What was asked for, in the order in which it was. */
  readonly asked: readonly string[];
  readonly history: number;
  readonly bars: number;
  readonly feed: FeedSnapshot;
  readonly indicators: readonly StreamSnapshot[];
  readonly expressions: readonly ExpressionSnapshot[];
  readonly windows: readonly (readonly SnapshotNumber[])[];
}

export interface CodeMarket {
  readonly base: BarSource;
  readonly lookUp?: (symbol: string) => BarSource | undefined;
  /**
   * Bars of each series that stay readable: `at(n)` gives the newest `history` values, the current one
   * included. Runs take their warm-up, which says how far back a strategy looks.
   */
  readonly history: number;
}

const PRICES = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;

/**
 * What `CodeColumns` is to a backtest, for bars that come one by one: the series that a strategy in code
 * asks for, with the same digits, and the prices themselves. The strategy's code stays as it is; only how
 * far back it may read is bounded, since memory is constant. A column that never has a value is refused
 * by a backtest; here it is missing on every bar.
 */
export class CodeStream {
  readonly time: SeriesView;
  readonly open: SeriesView;
  readonly high: SeriesView;
  readonly low: SeriesView;
  readonly close: SeriesView;
  readonly volume: SeriesView;
  private readonly market: CodeMarket;
  private readonly windows: Window[] = [];
  private readonly prices: Readonly<Record<keyof BarColumns, Window>>;
  private readonly indicators: RunningIndicator[] = [];
  private readonly expressions: {
    readonly stream: ExpressionStream;
    readonly window: Window;
  }[] = [];
  private readonly known = new Map<string, SeriesView>();
  private readonly running = new Map<string, RunningIndicator>();
  private feed: BarsFeed | undefined;
  private bars = 0;

  /** @throws RenataError BAD_INPUT for a history that is no whole number above 0 */
  constructor(market: CodeMarket) {
    const { history } = market;
    if (!Number.isInteger(history) || history < 1) {
      throw new RenataError(
        'BAD_INPUT',
        `history: ${history} must be a whole number of bars, 1 or more.`,
        { details: { parameter: 'history' } },
      );
    }
    this.market = market;
    const [time, open, high, low, close, volume] = PRICES.map(() => this.window()) as [
      Window,
      Window,
      Window,
      Window,
      Window,
      Window,
    ];
    this.prices = { time, open, high, low, close, volume };
    this.time = viewOf(time);
    this.open = viewOf(open);
    this.high = viewOf(high);
    this.low = viewOf(low);
    this.close = viewOf(close);
    this.volume = viewOf(volume);
  }

  /** Bars that were taken. */
  get barCount(): number {
    return this.bars;
  }

  /** Other instruments whose bars the series read; known once all of them have been asked for. */
  get instruments(): readonly string[] {
    return this.fed().instruments;
  }

  /** @throws RenataError as `CodeColumns.indicator` does, and once bars have been taken */
  indicator(id: string, parameters: ParameterValues, output?: string): SeriesView {
    const key = `indicator ${id} ${JSON.stringify(parameters)}`;
    const known = this.known.get(`${key} ${output ?? ''}`);
    if (known !== undefined) return known;
    const running = this.running.get(key) ?? this.run(key, barIndicator(id), parameters);
    const { outputs } = running.definition;
    const index = output === undefined ? 0 : outputs.findIndex(({ name }) => name === output);
    if (index < 0) {
      const names = outputs.map(({ name }) => name).join(', ');
      throw new RenataError(
        'BAD_INPUT',
        `The indicator ${id} has no output "${output}"; it has ${names}.`,
      );
    }
    const view = viewOf(running.windows[index] as Window);
    this.known.set(`${key} ${output ?? ''}`, view);
    return view;
  }

  /** An expression over the bars, other timeframes and other instruments. */
  series(expression: string): SeriesView {
    const key = `series ${expression}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    this.checkOpen();
    const stream = new ExpressionStream(compile(expression, CATALOGUE));
    const window = this.window();
    this.expressions.push({ stream, window });
    const view = viewOf(window);
    this.known.set(key, view);
    return view;
  }

  /**
   * Takes all bars that close at one moment, of the instrument itself and of those that series read.
   * @returns whether one of the instrument itself is among them: then `onBar` follows
   * @throws RenataError BAD_INPUT for bars of several moments, or that come too late
   */
  take(bars: readonly SourceBar[]): boolean {
    const base = bars.find(({ instrument }) => instrument === null)?.bar;
    const moments = this.fed().take(bars);
    for (const { stream } of this.expressions) {
      for (const { closed } of moments) {
        const read = closed.filter(({ scope }) => stream.reads(scope));
        if (read.length > 0) stream.updateAt(read);
      }
    }
    if (base === undefined) return false;
    for (const name of PRICES) this.prices[name].push(base[name]);
    for (const indicator of this.indicators) indicator.update(base);
    for (const { stream, window } of this.expressions) {
      window.push(stream.value(stream.expression.root));
    }
    this.bars += 1;
    return true;
  }

  snapshot(): CodeSnapshot {
    return {
      asked: this.asked(),
      history: this.market.history,
      bars: this.bars,
      feed: this.fed().snapshot(),
      indicators: this.indicators.map(({ stream }) => stream.snapshot()),
      expressions: this.expressions.map(({ stream }) => stream.snapshot()),
      windows: this.windows.map((window) => window.snapshot()),
    };
  }

  /**
   * Goes on where a snapshot was taken, in a stream of which the same series have been asked.
   * @throws RenataError BAD_INPUT when the snapshot is of other series
   */
  restore(snapshot: CodeSnapshot): void {
    const same =
      snapshot.history === this.market.history &&
      JSON.stringify(snapshot.asked) === JSON.stringify(this.asked());
    if (!same) {
      throw new RenataError(
        'BAD_INPUT',
        'snapshot: it is of other series; begin anew with bars of the past.',
        { details: { parameter: 'snapshot' } },
      );
    }
    this.fed().restore(snapshot.feed);
    this.indicators.forEach(({ stream }, k) =>
      stream.restore(snapshot.indicators[k] as StreamSnapshot),
    );
    this.expressions.forEach(({ stream }, k) =>
      stream.restore(snapshot.expressions[k] as ExpressionSnapshot),
    );
    this.windows.forEach((window, k) => window.restore(snapshot.windows[k] ?? []));
    this.bars = snapshot.bars;
  }

  private asked(): string[] {
    const { base } = this.market;
    return [`${scopeKey(BASE_SCOPE)} ${base.timeframe} ${base.hours}`, ...this.known.keys()];
  }

  private run(
    key: string,
    definition: IndicatorDefinition,
    parameters: ParameterValues,
  ): RunningIndicator {
    this.checkOpen();
    const windows = definition.outputs.map(() => this.window());
    const running = new RunningIndicator(definition, parameters, windows);
    this.indicators.push(running);
    this.running.set(key, running);
    return running;
  }

  private window(): Window {
    const window = new Window(this.market.history);
    this.windows.push(window);
    return window;
  }

  /** All series are asked for before the first bar: one that began later would have other digits. */
  private checkOpen(): void {
    if (this.feed === undefined) return;
    throw new RenataError('STRATEGY_FAILED', 'indicators and series can be made in create only');
  }

  private fed(): BarsFeed {
    const { base, lookUp } = this.market;
    this.feed ??= new BarsFeed(
      this.expressions.map(({ stream }) => stream.expression),
      base,
      lookUp,
    );
    return this.feed;
  }
}

/** An indicator over the bars of the instrument itself. */
class RunningIndicator {
  readonly definition: IndicatorDefinition;
  readonly stream: IndicatorStream;
  readonly windows: readonly Window[];
  private readonly inputs: Float64Array;
  private readonly outputs: Float64Array;

  constructor(
    definition: IndicatorDefinition,
    parameters: ParameterValues,
    windows: readonly Window[],
  ) {
    this.definition = definition;
    this.stream = new IndicatorStream(definition, parameters);
    this.windows = windows;
    this.inputs = new Float64Array(definition.inputs.length);
    this.outputs = new Float64Array(definition.outputs.length);
  }

  update(bar: Bar): void {
    const { inputs, outputs, windows } = this;
    this.definition.inputs.forEach((name, k) => {
      inputs[k] = inputOf(name, bar);
    });
    this.stream.update(inputs, outputs);
    windows.forEach((window, k) => window.push(outputs[k] as number));
  }
}

/** The value that serves an input by default, as `computeIndicator` takes it: days are those of UTC. */
function inputOf(name: InputName, bar: Bar): number {
  if (name === 'session') return Math.floor(bar.time / MS_PER_DAY);
  return name === 'real' || !(name in bar) ? bar.close : bar[name as keyof Bar];
}

/** The newest values of a series, in a ring. */
class Window {
  private readonly values: Float64Array;
  private count = 0;

  constructor(length: number) {
    this.values = new Float64Array(length).fill(Number.NaN);
  }

  push(value: number): void {
    this.values[this.count % this.values.length] = value;
    this.count += 1;
  }

  at(ago: number): number {
    const now = this.count - 1;
    const index = now - ago;
    // The difference is what is checked: an object may give another number each time it is asked for one.
    if (index > now) throw wrongStep(now - index);
    if (index < 0) return Number.NaN;
    if (!Number.isInteger(index)) throw wrongStep(now - index);
    const { length } = this.values;
    if (index <= now - length) throw tooFar(now - index, length);
    return this.values[index % length] as number;
  }

  /** The count, and the values from the oldest on. */
  snapshot(): SnapshotNumber[] {
    const { length } = this.values;
    const kept = Math.min(this.count, length);
    const values = Array.from({ length: kept }, (_, k) =>
      toSnapshot(this.values[(this.count - kept + k) % length] as number),
    );
    return [this.count, ...values];
  }

  restore([count = 0, ...values]: readonly SnapshotNumber[]): void {
    this.count = Number(count) - values.length;
    for (const value of values) this.push(Number(value));
  }
}

/** What a strategy is handed: reading, and nothing else. */
function viewOf(window: Window): SeriesView {
  return Object.freeze({ at: (ago = 0) => window.at(ago) });
}

function wrongStep(ago: number): RenataError {
  return new RenataError(
    'STRATEGY_FAILED',
    ago < 0
      ? `The strategy asked for the value ${-ago} bars in the future; at(n) takes n = 0, 1, 2, … bars back.`
      : `The strategy asked for the value ${ago} bars back; at(n) takes n = 0, 1, 2, … bars back.`,
  );
}

function tooFar(ago: number, length: number): RenataError {
  return new RenataError(
    'STRATEGY_FAILED',
    `The strategy asked for the value ${ago} bars back; bar by bar ${length} bars are kept, so n goes up to ${length - 1}. Give it a longer warm-up.`,
  );
}
