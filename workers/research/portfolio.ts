import { equalPartsBars } from '../../engine/backtest/portfolio-benchmark.ts';
import type { PortfolioResult } from '../../engine/backtest/portfolio-types.ts';
import type { RunHooks } from '../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS, type BacktestResult } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import type { ParameterValues } from '../../engine/domain/parameters.ts';
import type {
  PortfolioPart,
  ResearchTasks,
  RunSubject,
} from '../../engine/protocol/research-tasks.ts';
import type { PortfolioRunTask, ProgramTask, TaskAnswer } from '../../engine/protocol/tasks.ts';
import { lowerBound, sliceColumns } from '../../engine/series/columns.ts';
import type { ParameterOwner } from '../../engine/sweep/space.ts';
import { instrumentsOf, openPortfolio, runPortfolioTask } from '../portfolio.ts';
import { onSharedMemory } from '../shared-memory.ts';
import { beat } from '../strategies.ts';
import { answer, type TaskCall } from '../task.ts';

/** Powers of a changed price by which each instrument in turn is changed: apart, and none not at all. */
const SHARES = [1, -1, 0.5, -0.5] as const;

/** What several instruments are to work that reads bars of one. */
export function portfolioBars({
  input,
}: TaskCall<ResearchTasks['portfolioBars']['input']>): TaskAnswer<BarColumns> {
  return answer(() => {
    const { currency } = input;
    const settings = { ...DEFAULT_SETTINGS, currency };
    const instruments = instrumentsOf(input.instruments);
    return onSharedMemory(equalPartsBars({ instruments, settings }));
  });
}

/** Parameters of a strategy of several instruments. @throws RenataError STRATEGY_FAILED for code */
export async function openPortfolioOwner(
  subject: RunSubject & { readonly portfolio: PortfolioPart },
  program: ProgramTask,
  control: Int32Array,
): Promise<{ readonly owner: ParameterOwner; dispose(): void }> {
  beat(control);
  const { definition, dispose } = await openPortfolio(taskOf(subject, program, {}));
  const { id, parameters } = definition;
  return { owner: { id, parameters, validate: (values) => definition.validate(values) }, dispose };
}

/** One run over the moments of the subject's bars. */
export async function runPortfolioSubject(
  subject: RunSubject & { readonly portfolio: PortfolioPart },
  program: ProgramTask,
  parameters: ParameterValues,
  control: Int32Array,
  hooks: RunHooks,
): Promise<BacktestResult> {
  const task = taskOf(subject, program, parameters);
  return asOne(await runPortfolioTask(task, control, hooks), subject.base.bars);
}

function taskOf(
  { strategy, settings, base, portfolio }: RunSubject & { readonly portfolio: PortfolioPart },
  { program }: ProgramTask,
  parameters: ParameterValues,
): PortfolioRunTask {
  const { time } = base.bars;
  return {
    strategy: typeof strategy === 'string' ? strategy : 'rules',
    parameters,
    settings,
    currency: portfolio.currency,
    program: { program },
    instruments: portfolio.instruments.map((each) => ({ ...each, bars: during(each.bars, time) })),
  };
}

/** The bars of an instrument between the first and the last moment. */
export function during(bars: BarColumns, moments: Float64Array): BarColumns {
  const from = lowerBound(bars.time, moments[0] ?? 0);
  const last = lowerBound(bars.time, moments.at(-1) ?? 0);
  const to = bars.time[last] === moments.at(-1) ? last + 1 : last;
  return from === 0 && to === bars.time.length ? bars : sliceColumns(bars, from, to);
}

/** The result as one of an equal part of each instrument: of that there are as many units as are worth the positions. */
export function asOne(result: PortfolioResult, bars: BarColumns): BacktestResult {
  const { equity, gross, orders, trades, statistics, orderHash, fills, ambiguous, ruinedAt } =
    result;
  return {
    equity,
    position: gross.map((value, i) => value / (bars.close[i] as number)),
    orders,
    trades,
    statistics,
    plots: [],
    barCount: result.time.length,
    orderHash,
    fills,
    ...(ambiguous === undefined ? {} : { ambiguous }),
    ...(ruinedAt === undefined ? {} : { ruinedAt }),
  };
}

/**
 * The instruments in a future that is another from some moment on, as that of the bars is. Each is changed
 * in its own way: what compares them would not notice if all were changed alike.
 * @param before bars of the subject
 * @param after the same with others from some moment on, or a part of them
 */
export function inOtherFuture(
  part: PortfolioPart,
  before: BarColumns,
  after: BarColumns,
): PortfolioPart {
  const ratios = new Map<number, number>();
  for (let i = 0, k = lowerBound(before.time, after.time[0] ?? 0); i < after.time.length; i += 1) {
    const ratio = (after.close[i] as number) / (before.close[k + i] as number);
    if (ratio !== 1) ratios.set(after.time[i] as number, ratio);
  }
  if (ratios.size === 0) return part;
  const instruments = part.instruments.map((instrument, row) => {
    const power = SHARES[row % SHARES.length] as number;
    const { bars } = instrument;
    const scale = (column: Float64Array): Float64Array =>
      column.map((price, i) => price * (ratios.get(bars.time[i] as number) ?? 1) ** power);
    const { open, high, low, close } = bars;
    const changed = { open: scale(open), high: scale(high), low: scale(low), close: scale(close) };
    return { ...instrument, bars: { ...bars, ...changed } };
  });
  return { ...part, instruments };
}
