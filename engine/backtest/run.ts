import type { BacktestResult, BacktestTask } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import { resolveParameters, type ParameterValues } from '../domain/parameters.ts';
import { computeIndicator } from '../indicators/registry.ts';
import { sliceColumns } from '../series/columns.ts';
import { statisticsOf } from '../stats/statistics.ts';
import { ambiguousTrades } from './ambiguity.ts';
import { buyAndHoldEquity, type HeldMarket } from './benchmark.ts';
import { Simulation, type SimulationExtras } from './simulation.ts';
import type { SeriesView, Strategy, StrategyDefinition, StrategySetup } from './strategy.ts';
import { findStrategy } from './strategies.ts';
import { ColumnView, columnOf, type Clock } from './view.ts';

/** How a long run is watched and stopped. */
export interface RunHooks {
  onProgress?(barsDone: number, barsTotal: number): void;
  isCancelled?(): boolean;
}

/** Bars between two looks at the hooks: a few milliseconds of work. */
const HOOK_BARS = 16_384;

/**
 * Runs a strategy of the catalogue over bars.
 * @throws RenataError NOT_FOUND for an unknown strategy, and what `runStrategy` throws.
 */
export function runBacktest(task: BacktestTask, hooks: RunHooks = {}): BacktestResult {
  return runStrategy(findStrategy(task.strategy), task, hooks);
}

/** What a strategy did over the bars, before anything is computed from it. */
export interface Played {
  readonly simulation: Simulation;
  readonly equity: Float64Array;
  readonly position: Float64Array;
  readonly plots: BacktestResult['plots'];
}

/**
 * Runs one strategy over bars, event by event, and lists open trades at the end; no statistics.
 * @throws RenataError as `runStrategy` does
 */
export function playStrategy(
  definition: StrategyDefinition,
  task: Omit<BacktestTask, 'strategy'>,
  hooks: RunHooks = {},
): Played {
  const { bars, settings } = task;
  const parameters = resolveParameters(definition.id, definition.parameters, task.parameters);
  definition.validate(parameters);
  const simulation = new Simulation(bars, settings, task);
  const setup = new Setup(bars, simulation.clock);
  const strategy = guarded(definition.id, -1, () => definition.create(parameters, setup));
  const length = bars.time.length;
  const equity = new Float64Array(length);
  const position = new Float64Array(length);
  for (let from = 0; from < length; from += HOOK_BARS) {
    if (hooks.isCancelled?.() === true) {
      throw new RenataError('CANCELLED', 'The backtest was cancelled.');
    }
    hooks.onProgress?.(from, length);
    const to = Math.min(from + HOOK_BARS, length);
    guarded(definition.id, simulation, () => {
      runBars(simulation, strategy, equity, position, from, to);
    });
  }
  hooks.onProgress?.(length, length);
  simulation.trades.finish();
  return { simulation, equity, position, plots: setup.plots() };
}

/**
 * Runs one strategy over bars, event by event. The same task gives the same bytes.
 * @throws RenataError BAD_INPUT for a wrong parameter, STRATEGY_FAILED when the strategy throws, CANCELLED
 *   when the hooks ask for it.
 */
export function runStrategy(
  definition: StrategyDefinition,
  task: Omit<BacktestTask, 'strategy'>,
  hooks: RunHooks = {},
): BacktestResult {
  const { bars, settings } = task;
  const { simulation, equity, position, plots } = playStrategy(definition, task, hooks);
  const { length } = bars.time;
  const trades = simulation.trades.toColumns();
  const fills = simulation.orders.fills();
  const ambiguous = ambiguousTrades(simulation.trades, trades, simulation.desk.doubts);
  // The bars of a warm-up are no part of what is judged.
  const from = Math.min(settings.warmUp ?? 0, length);
  const judged = from === 0 ? bars : sliceColumns(bars, from, length);
  const benchmark = buyAndHoldEquity(judged, settings, marketFrom(task, from));
  return {
    equity,
    position,
    orders: simulation.orders.toColumns(),
    trades,
    statistics: statisticsOf({
      bars: judged,
      settings,
      equity: from === 0 ? equity : equity.subarray(from),
      position: from === 0 ? position : position.subarray(from),
      benchmark,
      trades,
      commissionPaid: simulation.commissionPaid,
    }),
    plots,
    barCount: length,
    orderHash: simulation.orders.hash(),
    ...(fills === undefined ? {} : { fills }),
    ...(ambiguous === undefined ? {} : { ambiguous }),
    ...(simulation.ruinedAt === undefined ? {} : { ruinedAt: simulation.ruinedAt }),
  };
}

/** What happened to the instrument, for the bars from `from` on. */
function marketFrom({ events, sessions }: SimulationExtras, from: number): HeldMarket {
  // Sessions are computed when they are looked at, and nothing else needs them here.
  if (events === undefined || events.length === 0) return {};
  if (sessions === undefined || from === 0) return { events, sessions };
  const { day, first, last } = sessions;
  const parts = { day: day.subarray(from), first: first.subarray(from), last: last.subarray(from) };
  return { events, sessions: parts };
}

function runBars(
  simulation: Simulation,
  strategy: Strategy,
  equity: Float64Array,
  position: Float64Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i += 1) {
    simulation.step(i, strategy);
    position[i] = simulation.position;
    equity[i] = simulation.equity;
  }
}

/** Runs code of a strategy; what it throws is its failure, not ours. */
function guarded<Result>(id: string, at: Simulation | -1, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof RenataError && error.code !== 'STRATEGY_FAILED') throw error;
    const where = at === -1 ? 'at its start' : `on bar ${at.index}`;
    const message = error instanceof Error ? error.message : String(error);
    throw new RenataError('STRATEGY_FAILED', `Strategy ${id} failed ${where}: ${message}`, {
      cause: error,
    });
  }
}

class Setup implements StrategySetup {
  readonly barCount: number;
  private readonly bars: BarColumns;
  private readonly clock: Clock;
  private readonly computed = new Map<string, readonly { name: string; values: Float64Array }[]>();
  private readonly drawn: { name: string; values: Float64Array }[] = [];

  constructor(bars: BarColumns, clock: Clock) {
    this.bars = bars;
    this.clock = clock;
    this.barCount = bars.time.length;
  }

  indicator(id: string, parameters: ParameterValues, output?: string): SeriesView {
    const key = `${id} ${JSON.stringify(parameters)}`;
    const outputs = this.computed.get(key) ?? computeIndicator(id, parameters, this.bars);
    this.computed.set(key, outputs);
    const found = output === undefined ? outputs[0] : outputs.find(({ name }) => name === output);
    if (found === undefined) {
      throw new RenataError('BAD_INPUT', `The indicator ${id} has no output "${output}".`);
    }
    return new ColumnView(found.values, this.clock);
  }

  plot(name: string, series: SeriesView): void {
    const values = columnOf(series);
    if (values !== undefined) this.drawn.push({ name, values });
  }

  plots(): readonly { readonly name: string; readonly values: Float64Array }[] {
    return this.drawn;
  }
}
