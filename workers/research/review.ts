import type { ParameterValues } from '../../engine/domain/parameters.ts';
import type { RowChunk, ResearchTasks } from '../../engine/protocol/research-tasks.ts';
import type { TaskAnswer } from '../../engine/protocol/tasks.ts';
import { periodsPerYear } from '../../engine/stats/periods.ts';
import { averageCorrelation, correlationsOf } from '../../engine/validation/clusters.ts';
import { overfitProbability } from '../../engine/validation/overfitting.ts';
import { neighbourhoods, plateauOf } from '../../engine/validation/plateau.ts';
import { sharpeSample } from '../../engine/validation/sharpe.ts';
import { answerLater, hooksOf, stopIfCancelled, type TaskCall } from '../task.ts';
import { gathered, returnsWith } from './returns.ts';
import { runnerOf, type CombinationRunner } from './runner.ts';

/** Fewer combinations say nothing of overfitting. */
const LEAST_COMPARED = 8;
/** Stretches that the returns of a run are gathered into before they are compared. */
const STRETCHES = 2_048;

type Input = ResearchTasks['sweepReview']['input'];
type Output = ResearchTasks['sweepReview']['output'];

/**
 * What a finished sweep is worth: its best row, its plateau, its overfitting. Everything is computed in
 * the order of the rows, so that nothing depends on threads and slices.
 */
export async function sweepReview(call: TaskCall<Input>): Promise<TaskAnswer<Output>> {
  return answerLater(async () => {
    const { subject, chosen, table } = call.input;
    const hooks = hooksOf(call);
    const runner = await runnerOf(subject, call.control);
    const { settings, base } = subject;
    const columns: Float64Array[] = [];
    let sample: Output['sample'] = null;
    for (let row = 0; row < chosen.rows; row += 1) {
      stopIfCancelled(call.control);
      hooks.onProgress(row, chosen.rows);
      const result = await runner.result(parametersOf(runner, chosen, row), call.control);
      const returns = returnsWith(settings.cash, result.equity);
      if (row > 0) {
        columns.push(gathered(returns, STRETCHES));
      } else if (result.trades.count > 0) {
        const periods = settings.periodsPerYear ?? periodsPerYear(base.bars.time);
        sample = sharpeSample(returns, settings.riskFreeRate / periods);
      }
    }
    const notes: string[] = [];
    return {
      fixed: runner.space.fixed,
      plateau: plateau(table, runner, notes),
      overfitting: overfitting(columns, notes),
      sample: sample !== null && Number.isFinite(sample.sharpe) ? sample : null,
      correlation: averageCorrelation(correlationsOf(columns), columns.length),
      notes,
    };
  });
}

function parametersOf(
  { space }: CombinationRunner,
  { columns }: RowChunk,
  row: number,
): ParameterValues {
  return space.parameters(space.dimensions.map((_, d) => columns[1 + d]?.[row] as number));
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

/** The middle of the best plateau, by its place in the table. */
function plateau(
  table: RowChunk | null,
  { space }: CombinationRunner,
  notes: string[],
): Output['plateau'] {
  if (table === null) {
    notes.push('There are too many results to look for a plateau.');
    return null;
  }
  const names = space.dimensions.map(({ name }) => name);
  const codes = table.columns.slice(0, names.length);
  const scores = table.columns[names.length] as Float64Array;
  const values = Array.from(scores, (_, k) => codes.map((column) => column[k] as number));
  const best = scores.indexOf(
    scores.reduce((most, score) => (score > most ? score : most), -Infinity),
  );
  const around = neighbourhoods({ names, values, scores });
  const place = plateauOf({ names, values, scores });
  const found = around[place];
  if (found === undefined || found.neighbours === 0) {
    notes.push('No combination has a neighbour, so there is no plateau to speak of.');
    return null;
  }
  return {
    place,
    neighbours: found.neighbours,
    mean: found.mean,
    stability: found.stability,
    bestStability: around[best]?.stability ?? Number.NaN,
  };
}
