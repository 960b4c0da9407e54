import { mean } from '../stats/moments.ts';
import { demand } from './watch.ts';

/** A table of parameters and what they scored; rows may be a whole grid or any part of one. */
export interface ParameterTable {
  readonly names: readonly string[];
  /** `values[row][axis]`. */
  readonly values: readonly (readonly number[])[];
  /** The higher the better; NaN for a row that failed. */
  readonly scores: ArrayLike<number>;
}

export interface Neighbourhood {
  readonly row: number;
  readonly score: number;
  /** Other rows within the radius, NaN ones included. */
  readonly neighbours: number;
  /** Mean and least score of the neighbours; a failed one counts as the worst of the table. */
  readonly mean: number;
  readonly least: number;
  /** Deviation of the neighbours' scores around their mean. */
  readonly spread: number;
  /**
   * Where the mean of the neighbours lies between the worst score of the table (0) and this row's own (1).
   * Near 1 is a plateau, near 0 a lone peak. NaN for the worst row and without neighbours.
   */
  readonly stability: number;
}

/**
 * How each row's score holds up among its neighbours: the rows that differ by at most `radius` steps in
 * every parameter, a step being one place in the sorted values that the table has of it.
 */
export function neighbourhoods(table: ParameterTable, radius = 1): Neighbourhood[] {
  checkTable(table);
  const places = placesOf(table);
  const worst = worstOf(table.scores);
  const index = new Map<string, number[]>();
  places.forEach((place, row) => {
    const key = place.join(',');
    index.set(key, [...(index.get(key) ?? []), row]);
  });
  return places.map((place, row) => {
    const scores: number[] = [];
    for (const key of keysAround(place, radius)) {
      for (const other of index.get(key) ?? []) {
        const score = table.scores[other] as number;
        if (other !== row) scores.push(Number.isNaN(score) ? worst : score);
      }
    }
    const score = table.scores[row] as number;
    const average = mean(scores);
    const squares = scores.reduce((sum, value) => sum + (value - average) ** 2, 0);
    return {
      row,
      score,
      neighbours: scores.length,
      mean: average,
      least: scores.reduce((least, value) => Math.min(least, value), scores[0] ?? Number.NaN),
      spread: Math.sqrt(squares / scores.length),
      stability: score > worst ? (average - worst) / (score - worst) : Number.NaN,
    };
  });
}

/** The row whose own score and neighbours have the highest mean: the middle of the best plateau. -1 when every row failed. */
export function plateauOf(table: ParameterTable, radius = 1): number {
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (const { row, score, neighbours, mean: around } of neighbourhoods(table, radius)) {
    if (Number.isNaN(score)) continue;
    const whole = neighbours === 0 ? score : (score + around * neighbours) / (neighbours + 1);
    if (whole > most) {
      most = whole;
      best = row;
    }
  }
  return best;
}

export interface SlicePoint {
  readonly value: number;
  readonly score: number;
}

/** Scores along one parameter with all others kept as in `row`, by its value. */
export function sliceThrough(table: ParameterTable, row: number, axis: number): SlicePoint[] {
  checkTable(table);
  const centre = table.values[row];
  demand(centre !== undefined, 'row', `${row} is none of ${table.values.length} rows.`);
  demand(axis >= 0 && axis < table.names.length, 'axis', `${axis} is none of the parameters.`);
  return table.values
    .map((values, i) => ({ values, score: table.scores[i] as number }))
    .filter(({ values }) => values.every((value, k) => k === axis || value === centre[k]))
    .map(({ values, score }) => ({ value: values[axis] as number, score }))
    .toSorted((a, b) => a.value - b.value);
}

export interface MarginalPoint extends SlicePoint {
  /** Best score that the value has with any of the other parameters. */
  readonly best: number;
  readonly rows: number;
}

/** Mean and best score of each value of one parameter over all others; failed rows are left out. */
export function marginal(table: ParameterTable, axis: number): MarginalPoint[] {
  checkTable(table);
  const byValue = new Map<number, number[]>();
  table.values.forEach((values, row) => {
    const value = values[axis];
    demand(value !== undefined, 'axis', `${axis} is none of the parameters.`);
    const score = table.scores[row] as number;
    const scores = byValue.get(value) ?? [];
    if (!Number.isNaN(score)) scores.push(score);
    byValue.set(value, scores);
  });
  return [...byValue]
    .toSorted(([a], [b]) => a - b)
    .map(([value, scores]) => ({
      value,
      score: mean(scores),
      best: scores.reduce((most, score) => Math.max(most, score), scores[0] ?? Number.NaN),
      rows: scores.length,
    }));
}

/** Place of each row's values among the sorted ones of their parameter. */
function placesOf({ names, values }: ParameterTable): number[][] {
  const orders = names.map((_name, axis) => {
    const distinct = new Set(values.map((row) => row[axis] as number));
    return new Map([...distinct].toSorted((a, b) => a - b).map((value, place) => [value, place]));
  });
  return values.map((row) => row.map((value, axis) => orders[axis]?.get(value) as number));
}

function keysAround(place: readonly number[], radius: number): string[] {
  let keys: string[] = [''];
  for (const at of place) {
    const longer: string[] = [];
    for (const key of keys) {
      for (let step = -radius; step <= radius; step += 1) {
        longer.push(key === '' ? String(at + step) : `${key},${at + step}`);
      }
    }
    keys = longer;
  }
  return keys;
}

function worstOf(scores: ArrayLike<number>): number {
  let worst = Number.NaN;
  for (let i = 0; i < scores.length; i += 1) {
    const score = scores[i] as number;
    if (!(score >= worst)) worst = Number.isNaN(score) ? worst : score;
  }
  return worst;
}

function checkTable({ names, values, scores }: ParameterTable): void {
  demand(
    scores.length === values.length,
    'scores',
    `${scores.length} scores for ${values.length} rows.`,
  );
  demand(
    values.every((row) => row.length === names.length),
    'values',
    `every row needs ${names.length} values.`,
  );
}
