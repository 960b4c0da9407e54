import type { RowChunk, ResearchTasks } from '../../engine/protocol/research-tasks.ts';
import type { CombinationRow, SweepFindings } from '../../engine/protocol/research-schemas.ts';
import type { TaskAnswer } from '../../engine/protocol/tasks.ts';
import { periodsPerYear } from '../../engine/stats/periods.ts';
import { METRIC_NAMES } from '../../engine/sweep/metrics.ts';
import { Objective } from '../../engine/sweep/table.ts';
import { averageCorrelation, correlationsOf } from '../../engine/validation/clusters.ts';
import { overfitProbability } from '../../engine/validation/overfitting.ts';
import { neighbourhoods, plateauOf } from '../../engine/validation/plateau.ts';
import { sharpeSample } from '../../engine/validation/sharpe.ts';
import { answerLater, hooksOf, stopIfCancelled, type TaskCall } from '../task.ts';
import { returnsWith } from './returns.ts';
import { runnerOf, type CombinationRunner } from './runner.ts';

/** Combinations whose returns are compared, at most, and bars of runs that this may take. */
const MOST_COMPARED = 64;
const MOST_BARS = 20_000_000;
const LEAST_COMPARED = 8;
/** Stretches that the returns of a run are gathered into before they are compared. */
const STRETCHES = 2_048;
/** Neighbours that are looked at in all. */
const MOST_NEIGHBOURS = 4_000_000;

type Input = ResearchTasks['sweepReview']['input'];
type Output = ResearchTasks['sweepReview']['output'];

/** What the rows of a finished sweep are worth: its best one, its plateau, its overfitting. */
export async function sweepReview(call: TaskCall<Input>): Promise<TaskAnswer<Output>> {
  return answerLater(async () => {
    const { subject, objective: source, table, complete } = call.input;
    const hooks = hooksOf(call);
    const runner = await runnerOf(subject, call.control);
    const rows = new Rows(table, runner, new Objective(source, runner.names));
    const best = rows.best();
    const notes: string[] = [];
    if (best < 0) {
      const none = { best: null, plateau: null, overfitting: null, sample: null };
      return { ...none, correlation: Number.NaN, notes: ['No combination has a score.'] };
    }
    const { settings, base } = subject;
    const ofBest = await returnsOfRow(runner, rows, best, settings.cash, call.control);
    const periods = settings.periodsPerYear ?? periodsPerYear(base.bars.time);
    const rate = settings.riskFreeRate / periods;
    const sample = ofBest.traded ? sharpeSample(ofBest.returns, rate) : null;
    const compared = rows.choose(best, countFor(runner.barCount));
    const columns: Float64Array[] = [];
    for (const [k, row] of compared.entries()) {
      stopIfCancelled(call.control);
      hooks.onProgress(k, compared.length);
      const { returns } = await returnsOfRow(runner, rows, row, settings.cash, call.control);
      columns.push(gathered(returns));
    }
    return {
      best: rows.describe(best),
      plateau: plateau(rows, best, complete, notes),
      overfitting: overfitting(columns, notes),
      sample: sample !== null && Number.isFinite(sample.sharpe) ? sample : null,
      correlation: averageCorrelation(correlationsOf(columns), columns.length),
      notes,
    };
  });
}

function countFor(bars: number): number {
  const most = Math.min(MOST_COMPARED, Math.floor(MOST_BARS / bars));
  return most < LEAST_COMPARED ? 0 : most;
}

async function returnsOfRow(
  runner: CombinationRunner,
  rows: Rows,
  row: number,
  capital: number,
  control: Int32Array,
): Promise<{ readonly returns: Float64Array; readonly traded: boolean }> {
  const { equity, trades } = await runner.result(rows.parameters(row), control);
  return { returns: returnsWith(capital, equity), traded: trades.count > 0 };
}

/** Returns of at most so many stretches of equal numbers of bars. */
function gathered(returns: Float64Array): Float64Array {
  if (returns.length <= STRETCHES) return returns;
  const sums = new Float64Array(STRETCHES).fill(1);
  for (let i = 0; i < returns.length; i += 1) {
    const stretch = Math.floor((i * STRETCHES) / returns.length);
    sums[stretch] = (sums[stretch] as number) * (1 + (returns[i] as number));
  }
  return sums.map((growth) => growth - 1);
}

function overfitting(columns: readonly Float64Array[], notes: string[]): Output['overfitting'] {
  const length = columns[0]?.length ?? 0;
  const blocks = length >= 320 ? 16 : length >= 80 ? 8 : 0;
  if (columns.length < LEAST_COMPARED || blocks === 0) {
    notes.push(
      'The probability of overfitting needs more combinations or bars, or is too long to compute.',
    );
    return null;
  }
  if (!columns.every((column) => column.every((value) => Number.isFinite(value)))) {
    notes.push('The probability of overfitting is not told: a run lost everything.');
    return null;
  }
  const { probability, probabilityOfLoss, slope, splits } = overfitProbability(columns, {
    blocks,
  });
  return { probability, probabilityOfLoss, slope, splits, trials: columns.length };
}

function plateau(
  rows: Rows,
  best: number,
  complete: boolean,
  notes: string[],
): SweepFindings['plateau'] {
  const { names, values, scores } = rows.parameterTable();
  if (!complete || values.length * 3 ** names.length > MOST_NEIGHBOURS) {
    notes.push('There are too many results to look for a plateau.');
    return null;
  }
  const around = neighbourhoods({ names, values, scores });
  const row = plateauOf({ names, values, scores });
  const found = around[row];
  if (found === undefined || found.neighbours === 0) {
    notes.push('No combination has a neighbour, so there is no plateau to speak of.');
    return null;
  }
  return {
    row: rows.describe(row),
    neighbours: found.neighbours,
    mean: found.mean,
    stability: found.stability,
    bestStability: around[best]?.stability ?? Number.NaN,
  };
}

/** Rows of a chunk with their scores. */
class Rows {
  readonly count: number;
  private readonly columns: RowChunk['columns'];
  private readonly scores: Float64Array;
  private readonly runner: CombinationRunner;

  constructor({ rows, columns }: RowChunk, runner: CombinationRunner, objective: Objective) {
    this.count = rows;
    this.columns = columns;
    this.runner = runner;
    const row = new Float64Array(columns.length);
    this.scores = new Float64Array(rows);
    for (let k = 0; k < rows; k += 1) {
      for (let c = 0; c < row.length; c += 1) row[c] = columns[c]?.[k] as number;
      const score = objective.ofRow(row);
      this.scores[k] = score === -Infinity ? Number.NaN : score;
    }
  }

  /** The first of the highest scores; -1 without one. */
  best(): number {
    let best = -1;
    for (let k = 0; k < this.count; k += 1) {
      const score = this.scores[k] as number;
      if (score > (this.scores[best] ?? -Infinity)) best = k;
    }
    return best;
  }

  /** So many rows, evenly spread, the best one among them. */
  choose(best: number, most: number): number[] {
    const count = Math.min(most, this.count);
    const chosen = Array.from({ length: count }, (_, k) => Math.floor((k * this.count) / count));
    if (count > 0 && !chosen.includes(best)) chosen[count - 1] = best;
    return chosen;
  }

  codes(row: number): Float64Array {
    const { dimensions } = this.runner.space;
    return Float64Array.from(dimensions, (_, d) => this.columns[1 + d]?.[row] as number);
  }

  parameters(row: number): Record<string, number | string | boolean> {
    return this.runner.space.parameters(this.codes(row));
  }

  describe(row: number): CombinationRow {
    const first = 1 + this.runner.space.dimensions.length;
    return {
      combination: this.columns[0]?.[row] as number,
      parameters: this.parameters(row),
      score: this.scores[row] as number,
      metrics: Object.fromEntries(
        METRIC_NAMES.map((name, m) => [name, this.columns[first + m]?.[row] as number]),
      ),
    };
  }

  parameterTable(): { names: string[]; values: number[][]; scores: Float64Array } {
    const names = this.runner.space.dimensions.map(({ name }) => name);
    const values = Array.from({ length: this.count }, (_, row) => Array.from(this.codes(row)));
    return { names, values, scores: this.scores };
  }
}
