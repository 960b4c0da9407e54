import { runStrategy } from '../backtest/run.ts';
import type { SimulationExtras } from '../backtest/simulation.ts';
import { findStrategy } from '../backtest/strategies.ts';
import type { StrategyDefinition } from '../backtest/strategy.ts';
import type { BacktestSettings } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import type { ParameterValues } from '../domain/parameters.ts';
import type { Environment } from '../expressions/environment.ts';
import { CATALOGUE } from '../indicators/registry.ts';
import { AverageCrossings } from './average-crossings.ts';
import { Batch } from './batch.ts';
import { ColumnCache } from './column-cache.ts';
import { worthTogether } from './estimate.ts';
import { frameOf, writeStatistics, type Frame } from './metrics.ts';
import { Replay } from './replay.ts';
import { Rules, ruleStrategy, type RuleSource } from './rules.ts';
import { FillList, marketFills, signalsFromColumns, TargetSignals } from './signals.ts';
import { Space, type SpaceDescription } from './space.ts';
import { StretchEvaluator } from './stretches.ts';
import type { SweepTable } from './table.ts';
import { columnNames } from './table.ts';
import { vectorisable, vectorRule, type VectorRule } from './vectorised.ts';
import { requireEnoughBars } from './warm-up.ts';

/** Everything that decides the results of a sweep; plain data, so that it crosses threads. */
export interface SweepTask {
  /** A strategy of the catalogue, or a rule as expressions. */
  readonly strategy: string | RuleSource;
  readonly space: SpaceDescription;
  readonly settings: BacktestSettings;
  readonly bars: BarColumns;
  /** Sessions of the bars, splits and dividends, finer bars, as a backtest of the same settings has them. */
  readonly market?: SimulationExtras | undefined;
}

export interface SweepOptions {
  /** Gives the bars to the conditions of a rule. */
  readonly environment?: Environment;
  /** Bytes that indicator columns may take between combinations. */
  readonly cacheBytes?: number;
  /** Takes the event-driven engine even where the vectorised one is exact, to compare them. */
  readonly eventDriven?: boolean;
}

/** How a long sweep is watched and stopped. */
export interface SweepHooks {
  /** Combinations done of those asked for; may hold parts of one. */
  onProgress?(done: number, total: number): void;
  /** Asked often; true ends the run after what is complete. */
  isCancelled?(): boolean;
}

/** A part of a sweep: places `from` (inclusive) to `to` (exclusive) of its combinations. */
export interface Slice {
  readonly from: number;
  readonly to: number;
}

/** Combinations between two looks at the table where each is evaluated alone. */
const BATCH = 64;
/** Combinations whose averages are followed together. */
const PAIR_BATCH = 65_536;
const CACHE_BYTES = 64 * 1024 * 1024;

/**
 * Runs combinations of one sweep on one thread. What they share (running sums, averages, indicator
 * columns) is made once, so one runner should take many slices.
 */
export class SweepRunner {
  readonly space: Space;
  readonly names: readonly string[];
  /** Why combinations are run event by event; `undefined` on the vectorised path. */
  readonly reason: string | undefined;
  private readonly task: SweepTask;
  private readonly frame: Frame;
  private readonly definition: StrategyDefinition | undefined;
  private readonly rules: Rules | undefined;
  private readonly rule: VectorRule | undefined;
  private readonly environment: Environment | undefined;
  private readonly cache: ColumnCache;
  private readonly signals = new TargetSignals();
  private readonly fills = new FillList();
  private readonly replay: Replay;
  private readonly stretches: StretchEvaluator | undefined;
  private readonly crossings: AverageCrossings | undefined;
  private fillBars = new Int32Array(256);

  /**
   * @throws RenataError NOT_FOUND for an unknown strategy, BAD_INPUT for an unknown parameter, an empty
   *   grid, a condition that cannot be read, or bars that are fewer than any combination needs
   */
  constructor(task: SweepTask, options: SweepOptions = {}) {
    const { strategy, settings, bars, market } = task;
    this.task = task;
    this.environment = options.environment;
    if (typeof strategy === 'string') this.definition = findStrategy(strategy);
    else this.rules = new Rules(strategy, CATALOGUE);
    if (this.rules !== undefined && this.environment === undefined) {
      throw new RenataError('INTERNAL', 'A sweep of rules needs the environment of its bars.');
    }
    this.space = new Space((this.definition ?? this.rules) as StrategyDefinition, task.space);
    requireEnoughBars(this.space, this.definition ?? (this.rules as Rules), bars.time.length);
    this.names = columnNames(this.space.dimensions);
    const id = typeof strategy === 'string' ? strategy : null;
    this.reason =
      options.eventDriven === true
        ? 'The event-driven engine was asked for.'
        : vectorisable(id, settings, bars, market);
    this.rule = id === null ? undefined : vectorRule(id);
    this.frame = frameOf(bars, settings);
    this.cache = new ColumnCache(options.cacheBytes ?? CACHE_BYTES);
    this.replay = new Replay(this.frame);
    if (this.reason === undefined && !settings.short && this.rule?.kind !== 'fills') {
      const stretches = new StretchEvaluator(this.frame);
      if (stretches.applies) {
        this.stretches = stretches;
        const wait = settings.fill === 'same-close' ? 0 : 1;
        if (id === 'sma-cross') {
          this.crossings = new AverageCrossings(bars.close, stretches, wait);
        }
      }
    }
  }

  get barCount(): number {
    return this.frame.length;
  }

  /** How combinations are evaluated, quickest first. */
  get path(): 'together' | 'alone' | 'replayed' | 'events' {
    if (this.reason !== undefined) return 'events';
    if (this.crossings !== undefined) return 'together';
    return this.stretches === undefined ? 'replayed' : 'alone';
  }

  /**
   * Runs the combinations of the grid with numbers `from` to `to` into the table.
   * @returns the number to go on with: `to`, or less when it was stopped or the table is full
   * @throws RenataError STRATEGY_FAILED from a strategy, TOO_LARGE when the table has no room at all
   */
  run(slice: Slice, table: SweepTable, hooks: SweepHooks = {}): number {
    const { from, to } = slice;
    if (!(from >= 0 && from <= to && to <= this.space.size)) {
      throw new RenataError(
        'BAD_INPUT',
        `slice: ${from} to ${to} is no part of the ${this.space.size} combinations.`,
        { details: { parameter: 'slice' } },
      );
    }
    return from + this.runPlaces(to - from, (k) => from + k, table, hooks);
  }

  /** The same for a list of combinations, such as a random sample or a batch of a search. */
  runList(
    combinations: Float64Array,
    table: SweepTable,
    hooks: SweepHooks = {},
    slice: Slice = { from: 0, to: combinations.length },
  ): number {
    const at = (k: number): number => combinations[slice.from + k] as number;
    return slice.from + this.runPlaces(slice.to - slice.from, at, table, hooks);
  }

  private runPlaces(
    total: number,
    indexAt: (k: number) => number,
    table: SweepTable,
    hooks: SweepHooks,
  ): number {
    if (total > 0 && table.room === 0) {
      throw new RenataError('TOO_LARGE', 'The results fill the memory that they may take.');
    }
    const size = Math.min(this.crossings === undefined ? BATCH : PAIR_BATCH, total, table.room);
    const batch = new Batch(size, this.space.dimensions.length);
    let done = 0;
    while (done < total && table.room > 0) {
      hooks.onProgress?.(done, total);
      if (hooks.isCancelled?.() === true) return done;
      const next = batch.fill(this.space, Math.min(size, table.room), done, total, indexAt);
      const part = (share: number): void => {
        hooks.onProgress?.(done + share * (next - done), total);
      };
      const complete = this.evaluate(batch, part, hooks);
      batch.appendTo(table, complete);
      if (complete < batch.count) return batch.place[complete] as number;
      done = next;
    }
    hooks.onProgress?.(done, total);
    return done;
  }

  /** @returns how many of the batch's combinations are complete */
  private evaluate(batch: Batch, onPart: (share: number) => void, hooks: SweepHooks): number {
    if (this.crossings !== undefined && this.together(batch, onPart, hooks)) {
      return batch.stopped ? 0 : batch.count;
    }
    for (let row = 0; row < batch.count; row += 1) {
      if (row > 0 && hooks.isCancelled?.() === true) return row;
      this.one(batch, row);
      onPart((row + 1) / batch.count);
    }
    return batch.count;
  }

  /** Follows all averages of the batch at once, where its pairs are dense enough for it to be quicker. */
  private together(batch: Batch, onPart: (share: number) => void, hooks: SweepHooks): boolean {
    const { crossings, stretches, frame } = this;
    if (crossings === undefined || stretches === undefined) return false;
    const pairs = this.pairsOf(batch);
    if (pairs === undefined) return false;
    const alone = new Uint8Array(batch.count);
    stretches.begin(batch.count);
    const keepGoing = (bars: number): boolean => {
      onPart(bars / frame.length);
      return hooks.isCancelled?.() !== true;
    };
    batch.stopped = !crossings.run(pairs, alone, keepGoing);
    if (batch.stopped) return true;
    const left: number[] = [];
    for (let row = 0; row < batch.count; row += 1) {
      const at = batch.metricsAt(row);
      if (alone[row] === 0) {
        if (stretches.finish(row, batch.rows, at)) continue;
        this.replayed(this.space.parameters(batch.codesOf(row)), batch.rows, at);
      } else {
        left.push(row);
      }
    }
    // As any combination is evaluated that is not followed with others, so that its digits do not depend
    // on which ones came in the same batch. It needs the evaluator anew, so all others end first.
    for (const row of left) {
      this.evaluateVectorised(
        this.space.parameters(batch.codesOf(row)),
        batch.rows,
        batch.metricsAt(row),
      );
    }
    return true;
  }

  private pairsOf(batch: Batch) {
    const periods = new Set<number>();
    const columns = ['fast', 'slow'].map((name) => {
      const d = this.space.dimensions.findIndex((dimension) => dimension.name === name);
      const fixed = d < 0 ? Number(this.space.fixed[name]) : 0;
      return Int32Array.from({ length: batch.count }, (_, row) => {
        const period = d < 0 ? fixed : batch.code(row, d);
        periods.add(period);
        return period;
      });
    });
    // Measured: keeping p averages in order costs as much as looking at p² / 16 + p pairs alone.
    if (batch.count < worthTogether(periods.size)) return undefined;
    return {
      count: batch.count,
      fast: columns[0] as Int32Array,
      slow: columns[1] as Int32Array,
    };
  }

  private one(batch: Batch, row: number): void {
    const parameters = this.space.parameters(batch.codesOf(row));
    const at = batch.metricsAt(row);
    if (this.reason !== undefined) {
      writeStatistics(this.runEvents(parameters), batch.rows, at);
      return;
    }
    this.evaluateVectorised(parameters, batch.rows, at);
  }

  private runEvents(parameters: ParameterValues) {
    const { settings, bars, market } = this.task;
    const { rules, definition } = this;
    if (definition !== undefined) {
      return runStrategy(definition, { parameters, settings, bars, ...market }).statistics;
    }
    const columns = (rules as Rules).columns(
      parameters,
      this.environment as Environment,
      this.cache,
    );
    const task = { parameters: {}, settings, bars, ...market };
    return runStrategy(ruleStrategy(columns), task).statistics;
  }

  /** Writes the metrics of a combination from `out[at]` on, without the event-driven engine. */
  private evaluateVectorised(parameters: ParameterValues, out: Float64Array, at: number): void {
    const { stretches } = this;
    if (stretches !== undefined) {
      this.targetsOf(parameters);
      const count = this.listFillBars();
      stretches.begin(1);
      stretches.advance(0, this.fillBars, 0, count);
      if (stretches.finish(0, out, at)) return;
    }
    this.replayed(parameters, out, at);
  }

  /** Bar by bar from the fills, or event by event where the equity is lost on the way. */
  private replayed(parameters: ParameterValues, out: Float64Array, at: number): void {
    if (this.replay.run(this.fillsOf(parameters), out, at)) return;
    writeStatistics(this.runEvents(parameters), out, at);
  }

  /** The fills of a combination on the vectorised path; reused by the next one. */
  fillsOf(parameters: ParameterValues): FillList {
    const { rule, frame, cache, fills } = this;
    if (rule?.kind === 'fills') {
      rule.fills(frame, parameters, cache, fills);
    } else {
      this.targetsOf(parameters);
      marketFills(this.signals, frame, fills);
    }
    return fills;
  }

  private targetsOf(parameters: ParameterValues): void {
    const { rule, rules, frame, cache, signals } = this;
    if (rules !== undefined) {
      const columns = rules.columns(parameters, this.environment as Environment, cache);
      signalsFromColumns(columns, frame.settings.short, signals);
    } else if (rule?.kind === 'targets') {
      rule.targets(frame, parameters, cache, signals);
    }
  }

  /** Bars of the fills of long-only targets: entries and exits in turn. @returns how many */
  private listFillBars(): number {
    const { signals, frame } = this;
    if (this.fillBars.length < signals.count) this.fillBars = new Int32Array(signals.bar.length);
    const wait = frame.settings.fill === 'same-close' ? 0 : 1;
    let count = 0;
    for (let k = 0; k < signals.count; k += 1) {
      const bar = (signals.bar[k] as number) + wait;
      if (bar >= frame.length) break;
      this.fillBars[count] = bar;
      count += 1;
    }
    return count;
  }
}
