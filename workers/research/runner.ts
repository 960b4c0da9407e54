import { runStrategy } from '../../engine/backtest/run.ts';
import type { SimulationExtras } from '../../engine/backtest/simulation.ts';
import { findStrategy } from '../../engine/backtest/strategies.ts';
import type { BacktestResult } from '../../engine/domain/backtest.ts';
import { RenataError, toErrorPayload, type ErrorPayload } from '../../engine/domain/errors.ts';
import type { ParameterValues } from '../../engine/domain/parameters.ts';
import { BarsEnvironment } from '../../engine/expressions/bars-environment.ts';
import type { Environment } from '../../engine/expressions/environment.ts';
import { instrumentBars } from '../../engine/expressions/study.ts';
import { CATALOGUE } from '../../engine/indicators/registry.ts';
import type { RunSubject, SweepSubject } from '../../engine/protocol/research-tasks.ts';
import { ColumnCache } from '../../engine/sweep/column-cache.ts';
import { METRICS, writeStatistics } from '../../engine/sweep/metrics.ts';
import { Rules, ruleStrategy, type RuleSource } from '../../engine/sweep/rules.ts';
import { SweepRunner, type SweepHooks } from '../../engine/sweep/run.ts';
import type { Space } from '../../engine/sweep/space.ts';
import { columnNames, type SweepTable } from '../../engine/sweep/table.ts';
import { warmUpRange } from '../../engine/sweep/warm-up.ts';
import { marketOf } from '../market.ts';
import { openProgram, type OpenProgram } from './program.ts';

/** Runs combinations of a sweep, whatever its strategy is made of. */
export interface CombinationRunner {
  readonly space: Space;
  readonly names: readonly string[];
  readonly path: 'together' | 'alone' | 'replayed' | 'events';
  readonly reason: string | undefined;
  readonly barCount: number;
  /** Bars before the first signal of the slowest combination; 0 where nobody can tell. */
  readonly warmUp: number;
  /** The vectorised engine's runner, where it is used. */
  readonly sweep: SweepRunner | undefined;
  /**
   * Runs places into the table.
   * @param list combinations by their places; null where a place is the combination's number
   * @returns the place to go on with, and what the strategy threw there
   */
  run(
    list: Float64Array | null,
    range: { readonly from: number; readonly to: number },
    table: SweepTable,
    control: Int32Array,
    hooks: SweepHooks,
  ): Promise<{ readonly next: number; readonly failure: ErrorPayload | null }>;
  /** One run, event by event. */
  result(parameters: ParameterValues, control: Int32Array): Promise<BacktestResult>;
  dispose(): void;
}

/** Runners that a thread keeps: one of a long sweep, and one of what comes in between. */
const KEPT = 2;
const kept = new Map<string, Promise<CombinationRunner>>();

/** The runner of a subject; made once for each key. */
export async function runnerOf(
  subject: SweepSubject,
  control: Int32Array,
): Promise<CombinationRunner> {
  const { key } = subject;
  const runner = kept.get(key) ?? openRunner(subject, control);
  kept.delete(key);
  kept.set(key, runner);
  for (const [oldest, other] of kept) {
    if (kept.size <= KEPT) break;
    kept.delete(oldest);
    // One that could not be made has nothing to let go.
    void other.then((each) => each.dispose()).catch(() => undefined);
  }
  try {
    return await runner;
  } catch (error) {
    kept.delete(key);
    throw error;
  }
}

/** Bars of the subject for expressions. */
export function environmentOf({ base }: RunSubject): Environment {
  return new BarsEnvironment(instrumentBars(base));
}

async function openRunner(subject: SweepSubject, control: Int32Array): Promise<CombinationRunner> {
  if (subject.program !== undefined) {
    return new ProgramRunner(subject, await openProgram(subject, subject.program, control));
  }
  return new EngineRunner(subject);
}

/** A strategy of the catalogue, or conditions. */
class EngineRunner implements CombinationRunner {
  readonly sweep: SweepRunner;
  readonly warmUp: number;
  private readonly subject: SweepSubject;
  private readonly environment: Environment;
  private readonly market: SimulationExtras;

  constructor(subject: SweepSubject) {
    const { strategy: given, space, settings, base, cacheBytes } = subject;
    const strategy = given as string | RuleSource;
    const { bars } = base;
    this.subject = subject;
    this.environment = environmentOf(subject);
    this.market = marketOf(base, subject);
    const task = { strategy, space, settings, bars, market: this.market };
    this.sweep = new SweepRunner(task, { environment: this.environment, cacheBytes });
    const owner = typeof strategy === 'string' ? findStrategy(strategy) : rulesOf(strategy);
    this.warmUp = warmUpRange(this.sweep.space, owner).most;
  }

  get space(): Space {
    return this.sweep.space;
  }
  get names(): readonly string[] {
    return this.sweep.names;
  }
  get path(): CombinationRunner['path'] {
    return this.sweep.path;
  }
  get reason(): string | undefined {
    return this.sweep.reason;
  }
  get barCount(): number {
    return this.sweep.barCount;
  }

  // Nothing waits here, but runs of a program do.
  async run(
    list: Float64Array | null,
    range: { readonly from: number; readonly to: number },
    table: SweepTable,
    _control: Int32Array,
    hooks: SweepHooks,
  ): Promise<{ next: number; failure: null }> {
    const next =
      list === null
        ? this.sweep.run(range, table, hooks)
        : this.sweep.runList(list, table, hooks, range);
    return { next, failure: null };
  }

  async result(parameters: ParameterValues): Promise<BacktestResult> {
    return runEngine(this.subject, parameters, this.environment, this.market);
  }

  dispose(): void {}
}

function rulesOf(source: Exclude<RunSubject['strategy'], string>): Rules {
  return new Rules(source as RuleSource, CATALOGUE);
}

/** A run of the catalogue's strategy or of conditions. */
export function runEngine(
  { strategy, settings, base }: RunSubject,
  parameters: ParameterValues,
  environment: Environment,
  market: SimulationExtras,
): BacktestResult {
  const { bars } = base;
  if (typeof strategy === 'string') {
    return runStrategy(findStrategy(strategy), { parameters, settings, bars, ...market });
  }
  const columns = rulesOf(strategy).columns(parameters, environment, new ColumnCache(0));
  return runStrategy(ruleStrategy(columns), { parameters: {}, settings, bars, ...market });
}

/** A strategy that is no part of Renata: every combination is a run of its own. */
class ProgramRunner implements CombinationRunner {
  readonly names: readonly string[];
  readonly path = 'events';
  readonly reason = 'A strategy of your own is run event by event.';
  readonly warmUp = 0;
  readonly sweep = undefined;
  private readonly program: OpenProgram;
  private readonly subject: SweepSubject;

  constructor(subject: SweepSubject, program: OpenProgram) {
    this.subject = subject;
    this.program = program;
    this.names = columnNames(program.space(subject.space).dimensions);
  }

  get space(): Space {
    return this.program.space(this.subject.space);
  }
  get barCount(): number {
    return this.subject.base.bars.time.length;
  }

  async run(
    list: Float64Array | null,
    { from, to }: { readonly from: number; readonly to: number },
    table: SweepTable,
    control: Int32Array,
    hooks: SweepHooks,
  ): Promise<{ next: number; failure: ErrorPayload | null }> {
    const { space } = this;
    const codes = new Float64Array(space.dimensions.length);
    const row = new Float64Array(this.names.length);
    // Bars of one run are no progress of the slice.
    const quiet = { isCancelled: () => hooks.isCancelled?.() === true };
    for (let place = from; place < to; place += 1) {
      if (hooks.isCancelled?.() === true) return { next: place, failure: null };
      hooks.onProgress?.(place - from, to - from);
      const index = list === null ? place : (list[place] as number);
      if (!space.read(index, codes)) continue;
      try {
        const parameters = space.parameters(codes);
        const { statistics } = await this.program.run(parameters, control, quiet);
        row[0] = index;
        row.set(codes, 1);
        writeStatistics(statistics, row, row.length - METRICS.length);
      } catch (error) {
        if (error instanceof RenataError && error.code === 'CANCELLED') {
          return { next: place, failure: null };
        }
        return { next: place, failure: at(error, space.parameters(codes)) };
      }
      table.append(row);
    }
    return { next: to, failure: null };
  }

  result(parameters: ParameterValues, control: Int32Array): Promise<BacktestResult> {
    return this.program.run(parameters, control, {});
  }

  dispose(): void {
    this.program.dispose();
  }
}

/** What a strategy threw, with the combination that it threw at. */
function at(error: unknown, parameters: ParameterValues): ErrorPayload {
  const payload = toErrorPayload(error);
  const values = Object.entries(parameters).map(([name, value]) => `${name} ${String(value)}`);
  return { ...payload, message: `${payload.message} (with ${values.join(', ')})` };
}
