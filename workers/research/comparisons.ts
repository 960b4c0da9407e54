import type { BacktestSettings, TradeColumns } from '../../engine/domain/backtest.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { RowChunk } from '../../engine/protocol/research-tasks.ts';
import type { TaskAnswer } from '../../engine/protocol/tasks.ts';
import { unpackTexts } from '../../engine/protocol/text-columns.ts';
import type { FoundRow, ValidationTasks } from '../../engine/protocol/validation-tasks.ts';
import { mean } from '../../engine/stats/moments.ts';
import { periodsPerYear } from '../../engine/stats/periods.ts';
import { Objective } from '../../engine/sweep/table.ts';
import { histogramOf } from '../../engine/validation/histogram.ts';
import {
  marginal,
  neighbourhoods,
  sliceThrough,
  type Neighbourhood,
  type ParameterTable,
} from '../../engine/validation/plateau.ts';
import { randomEntryBaseline, type RandomStanding } from '../../engine/validation/random-entry.ts';
import { realityCheck as check } from '../../engine/validation/reality-check.ts';
import { answer, hooksOf, type TaskCall } from '../task.ts';
import { benchmarkReturns, columnsOf } from './validation.ts';

type Call<Name extends keyof ValidationTasks> = TaskCall<ValidationTasks[Name]['input']>;
type Answer<Name extends keyof ValidationTasks> = TaskAnswer<ValidationTasks[Name]['output']>;

const BINS = 48;
const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95];
/** Neighbours that are looked at in all. */
const MOST_NEIGHBOURS = 4_000_000;
/** Part of the trades that may be priced elsewhere before it is told. */
const FEW = 0.05;
const BASIS_POINT = 1e-4;

/** The best of all strategies tried against its benchmark. */
export function realityCheck(call: Call<'realityCheck'>): Answer<'realityCheck'> {
  return answer(() => {
    const { returns, settings, against, samples, blockLength, seed } = call.input;
    const { bars } = call.input.base;
    const { length } = returns;
    const benchmark =
      against === 'zero'
        ? new Float64Array(length)
        : benchmarkReturns(call.input, settings, length);
    const excess = columnsOf(returns).map((column) =>
      column.map((value, i) => value - (benchmark[i] as number)),
    );
    const found = check(
      excess,
      { samples, seed, ...(blockLength === null ? {} : { blockLength }) },
      hooksOf(call),
    );
    const { resampled, spaResampled: _spa, best, ...figures } = found;
    const average = mean(excess[best] as Float64Array);
    const periods = settings.periodsPerYear ?? periodsPerYear(bars.time);
    const notes: string[] = [];
    if (length < bars.time.length) {
      notes.push(
        `The returns of ${bars.time.length} bars were gathered into ${length} stretches to fit the memory.`,
      );
    }
    return {
      ...figures,
      strategies: excess.length,
      periods: length,
      best: { place: best, mean: average, yearly: (average * periods * length) / bars.time.length },
      histogram: { ...histogramOf(resampled, BINS, [figures.statistic]) },
      above: excess.filter((column) => mean(column) > 0).length / excess.length,
      notes,
    };
  });
}

/** A run's trades against the same ones at random places. */
export function randomEntries(call: Call<'randomEntries'>): Answer<'randomEntries'> {
  return answer(() => {
    const { bars, settings, commission, samples, seed } = call.input;
    const trades = unpackTexts<TradeColumns>(call.input.trades);
    const at = settings.fill === 'same-close' ? 'close' : 'open';
    const notes: string[] = [];
    const costPerSide = costOf(trades, settings, commission, notes);
    const found = randomEntryBaseline(
      bars,
      trades,
      { seed, samples, costPerSide, at, quantiles: QUANTILES },
      hooksOf(call),
    );
    const inside = elsewhere(trades, bars[at], costPerSide);
    if (inside > FEW * found.trades) {
      notes.push(
        `${inside} of ${found.trades} trades go in or out inside a bar; they are compared at its ${at}.`,
      );
    }
    if (found.open > 0) notes.push('The trade that is still open at the end is left out.');
    const root = Math.sqrt(settings.periodsPerYear ?? periodsPerYear(bars.time));
    return {
      quantiles: QUANTILES,
      growth: standing(found, 1),
      sharpe: standing(found.sharpe, root),
      trades: found.trades,
      open: found.open,
      exposure: found.exposure,
      costPerSide,
      at,
      samples: found.samples,
      notes,
    };
  });
}

function standing({ actual, percentile, average, quantiles, results }: RandomStanding, by: number) {
  const scaled = results.map((value) => value * by);
  return {
    actual: actual * by,
    percentile,
    average: average * by,
    quantiles: quantiles.map((value) => value * by),
    histogram: { ...histogramOf(scaled, BINS, [actual * by]) },
  };
}

/** What a side costs on average, as a part of its value. */
function costOf(
  trades: TradeColumns,
  { slippage, slippageBps }: BacktestSettings,
  commission: number,
  notes: string[],
): number {
  let traded = 0;
  let sides = 0;
  for (let i = 0; i < trades.count; i += 1) {
    const size = Math.abs(trades.size[i] as number);
    // A trade that is still open has paid for its entry only.
    const left = trades.open[i] === 0 ? (trades.exitPrice[i] as number) : 0;
    traded += size * ((trades.entryPrice[i] as number) + left);
    sides += size * (trades.open[i] === 0 ? 2 : 1);
  }
  const paid = traded > 0 ? commission / traded : 0;
  switch (slippage?.kind) {
    case undefined:
      return paid + slippageBps * BASIS_POINT;
    case 'bps':
      return paid + slippage.bps * BASIS_POINT;
    case 'spread':
      return paid + (slippage.bps / 2) * BASIS_POINT;
    case 'fixed':
      return paid + (traded > 0 ? (slippage.amount * sides) / traded : 0);
    case 'volume-share':
    case 'square-root':
      notes.push(
        'Slippage that depends on the volume is left out of both sides of the comparison.',
      );
      return paid;
  }
}

/** Trades that were not filled at that price of their bars. */
function elsewhere(trades: TradeColumns, prices: Float64Array, cost: number): number {
  let count = 0;
  for (let i = 0; i < trades.count; i += 1) {
    if (trades.open[i] === 1) continue;
    const far = (bar: number, paid: number): boolean => {
      const price = prices[bar] as number;
      return Math.abs(paid - price) > (cost + 1e-9) * price;
    };
    const entry = far(trades.entryBar[i] as number, trades.entryPrice[i] as number);
    const exit = far(trades.exitBar[i] as number, trades.exitPrice[i] as number);
    if (entry || exit) count += 1;
  }
  return count;
}

/** The best row and the middle of the best plateau, with what lies around and along them. */
export function sweepPlateau(call: Call<'sweepPlateau'>): Answer<'sweepPlateau'> {
  return answer(() => {
    const { table, dimensions, metric, radius } = call.input;
    const parameters = tableOf(table, dimensions, metric);
    const { scores, values } = parameters;
    if (values.length * (2 * radius + 1) ** dimensions.length > MOST_NEIGHBOURS) {
      throw new RenataError(
        'TOO_LARGE',
        `radius: ${values.length} combinations have too many neighbours within ${radius} places; take a smaller radius or a sweep of fewer combinations.`,
        { details: { parameter: 'radius' } },
      );
    }
    hooksOf(call).onProgress(0, 1);
    const around = neighbourhoods(parameters, radius);
    const best = highest(around, ({ score }) => score);
    const plateau = highest(around, wholeOf);
    if (best === undefined || plateau === undefined) {
      throw new RenataError('BAD_INPUT', `metric: no combination has a value of ${metric}.`, {
        details: { parameter: 'metric' },
      });
    }
    return {
      best: rowOf(best),
      plateau: rowOf(plateau),
      histogram: { ...histogramOf(scores, BINS, [best.score, plateau.score]) },
      slices: dimensions.map((_name, axis) => {
        const means = marginal(parameters, axis);
        const along = ({ row }: Neighbourhood): number[] => {
          const points = new Map(
            sliceThrough(parameters, row, axis).map(({ value, score }) => [value, score]),
          );
          return means.map(({ value }) => points.get(value) ?? Number.NaN);
        };
        return {
          values: means.map(({ value }) => value),
          best: along(best),
          plateau: along(plateau),
          mean: means.map(({ score, rows }) => (rows === 0 ? Number.NaN : score)),
        };
      }),
    };
  });
}

function tableOf(
  { names, rows, columns }: RowChunk,
  dimensions: readonly string[],
  metric: string,
): ParameterTable {
  const objective = new Objective(metric, names);
  const row = new Float64Array(columns.length);
  const scores = new Float64Array(rows);
  const values: number[][] = [];
  for (let k = 0; k < rows; k += 1) {
    for (let c = 0; c < row.length; c += 1) row[c] = columns[c]?.[k] as number;
    const score = objective.ofRow(row);
    scores[k] = score === -Infinity ? Number.NaN : score;
    values.push(Array.from(row.subarray(1, 1 + dimensions.length)));
  }
  return { names: dimensions, values, scores };
}

/** Mean of a row's own score and those of its neighbours. */
function wholeOf({ score, neighbours, mean: average }: Neighbourhood): number {
  if (neighbours === 0 || Number.isNaN(score)) return score;
  return (score + average * neighbours) / (neighbours + 1);
}

function highest(
  rows: readonly Neighbourhood[],
  of: (row: Neighbourhood) => number,
): Neighbourhood | undefined {
  let best: Neighbourhood | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const value = of(row);
    if (value > most) {
      most = value;
      best = row;
    }
  }
  return best;
}

function rowOf({ row, score, neighbours, mean: average, least, spread, stability }: Neighbourhood) {
  return { row, score, neighbours, mean: average, least, spread, stability } satisfies FoundRow;
}
