import { describe, expect, it } from 'vitest';
import {
  heatmapOf,
  pageOf,
  sliceOf,
  type SweepResults,
} from '../../../../electron/services/research/views.ts';
import type { ResearchRows } from '../../../../electron/storage/research-types.ts';
import type { Store } from '../../../../electron/storage/store-client.ts';
import { Random } from '../../../../engine/backtest/random.ts';

const NAMES = ['combination', 'fast', 'kind', 'stop', 'sharpe', 'trades'];
const KINDS = ['ema', 'sma'];

interface Row {
  readonly combination: number;
  readonly fast: number;
  readonly kind: number;
  readonly stop: number;
  readonly sharpe: number;
  readonly trades: number;
}

/** All of 3 × 2 × 4 combinations but one, some without a score. */
function rows(): Row[] {
  const random = new Random(2);
  const all: Row[] = [];
  for (const fast of [5, 10, 20]) {
    for (const kind of [0, 1]) {
      for (const stop of [1, 2, 3, 4]) {
        const sharpe = random.uniform() < 0.2 ? Number.NaN : random.normal();
        const trades = Math.floor(random.uniform() * 50);
        all.push({ combination: all.length, fast, kind, stop, sharpe, trades });
      }
    }
  }
  return all.filter(({ combination }) => combination !== 7);
}

/** A store that has the rows in parts of five places, and gives one or two of them at a time. */
function results(all: readonly Row[]): SweepResults {
  const parts: ResearchRows[] = [];
  for (let from = 0; from < all.length; from += 5) {
    const part = all.slice(from, from + 5);
    parts.push({
      from,
      to: from + part.length,
      chunk: {
        names: NAMES,
        rows: part.length,
        columns: NAMES.map((name) => Float64Array.from(part, (row) => row[name as keyof Row])),
      },
    });
  }
  const store: Pick<Store, 'readResearchPart'> = {
    readResearchPart: async (_id, from) => parts.filter((part) => part.from >= from).slice(0, 2),
  };
  const dimension = (name: string, kind: 'integer' | 'choice', choices: string[] = []) =>
    ({ name, column: name, kind, count: 4, choices }) as const;
  return {
    store: store as Store,
    id: 'x',
    names: NAMES,
    dimensions: [
      dimension('fast', 'integer'),
      dimension('kind', 'choice', KINDS),
      dimension('stop', 'integer'),
    ],
  };
}

const ALL = rows();
const score = ({ sharpe }: Row): number => (Number.isNaN(sharpe) ? -Infinity : sharpe);

describe('rows of a sweep', () => {
  it('are paged from the best on', async () => {
    const sorted = ALL.toSorted((a, b) => score(b) - score(a) || a.combination - b.combination);
    for (const [offset, limit] of [
      [0, 5],
      [3, 8],
      [20, 50],
      [0, 0],
      [100, 5],
    ] as const) {
      const page = await pageOf(results(ALL), 'sharpe', offset, limit);
      const wanted = sorted.slice(offset, offset + limit);
      expect(page.rows).toBe(wanted.length);
      expect(Array.from(page.columns[0] ?? [])).toEqual(
        wanted.map(({ combination }) => combination),
      );
    }
  });

  it('are folded to a map', async () => {
    const naive = {
      best: (values: number[]): number => Math.max(...values),
      mean: (values: number[]): number =>
        values.reduce((sum, value) => sum + value, 0) / values.length,
      median(values: number[]): number {
        const sorted = values.toSorted((a, b) => a - b);
        const middle = sorted.length / 2;
        return sorted.length % 2 === 1
          ? (sorted[Math.floor(middle)] as number)
          : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
      },
    };
    for (const fold of ['best', 'median', 'mean'] as const) {
      const map = await heatmapOf(results(ALL), { x: 'kind', y: 'fast', metric: 'sharpe', fold });
      expect(map.x).toMatchObject({ name: 'kind', labels: ['ema', 'sma'] });
      expect(map.y).toMatchObject({ name: 'fast', labels: ['5', '10', '20'] });
      for (const [j, fast] of [5, 10, 20].entries()) {
        for (const kind of [0, 1]) {
          const values = ALL.filter((row) => row.fast === fast && row.kind === kind)
            .map(({ sharpe }) => sharpe)
            .filter((value) => !Number.isNaN(value));
          expect(map.counts[2 * j + kind]).toBe(values.length);
          expect(map.values[2 * j + kind]).toBeCloseTo(naive[fold](values), 12);
        }
      }
    }
  });

  it('leave holes in a map where there are none', async () => {
    const few = ALL.filter(({ fast, stop }) => fast !== 10 || stop !== 2);
    const map = await heatmapOf(results(few), {
      x: 'stop',
      y: 'fast',
      metric: 'trades',
      fold: 'best',
    });
    expect(map.values[4 + 1]).toBeNaN();
    expect(map.counts[4 + 1]).toBe(0);
  });

  it('are cut along one parameter', async () => {
    const slice = await sliceOf(results(ALL), {
      combination: 13,
      parameter: 'stop',
      metric: 'trades * 2',
    });
    // The fourteenth combination is 10, sma, 2.
    const wanted = ALL.filter(({ fast, kind }) => fast === 10 && kind === 1);
    expect(Array.from(slice.axis.values)).toEqual([1, 2, 3, 4]);
    expect(Array.from(slice.scores)).toEqual(wanted.map(({ trades }) => trades * 2));
    expect(Array.from(slice.combinations)).toEqual(wanted.map(({ combination }) => combination));
  });

  it('are refused where there is no such parameter, metric or combination', async () => {
    const ask = { x: 'kind', y: 'fast', metric: 'sharpe', fold: 'best' } as const;
    await expect(heatmapOf(results(ALL), { ...ask, x: 'fats' })).rejects.toThrow(
      'x: "fats" is not',
    );
    await expect(heatmapOf(results(ALL), { ...ask, y: 'kind' })).rejects.toThrow('y: must be');
    await expect(heatmapOf(results(ALL), { ...ask, metric: 'sharp' })).rejects.toThrow('sharpe?');
    const none = { combination: 7, parameter: 'stop', metric: 'sharpe' };
    await expect(sliceOf(results(ALL), none)).rejects.toThrow('no combination 7');
  });
});
