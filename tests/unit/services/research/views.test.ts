import { describe, expect, it } from 'vitest';
import { heatmapOf } from '../../../../electron/services/research/heatmap.ts';
import {
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

/** A store that has the rows in parts of so many places, and gives one or two of them at a time. */
function results(all: readonly Row[], each = 5): SweepResults {
  const parts: ResearchRows[] = [];
  for (let from = 0; from < all.length; from += each) {
    const part = all.slice(from, from + each);
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

  it('share cells where their values would make too many', async () => {
    const naive = (values: readonly number[], fold: string): number => {
      const sorted = values.toSorted((a, b) => a - b);
      if (fold === 'best') return sorted.at(-1) ?? Number.NaN;
      if (fold === 'mean') return values.reduce((sum, value) => sum + value, 0) / values.length;
      const upper = sorted[sorted.length >> 1] as number;
      return sorted.length % 2 === 1
        ? upper
        : (upper + (sorted[(sorted.length >> 1) - 1] ?? 0)) / 2;
    };
    // Four values across and three up: of at most four cells the stops are 1 to 2 and 3 to 4, fast 5 and
    // 10 to 20; of at most nine the three lines stay and three columns are left.
    const split = [
      {
        most: 4,
        across: [
          [1, 2],
          [3, 4],
        ],
        up: [[5], [10, 20]],
      },
      { most: 9, across: [[1], [2], [3, 4]], up: [[5], [10], [20]] },
    ];
    for (const { most, across, up } of split) {
      for (const fold of ['best', 'median', 'mean'] as const) {
        const ask = { x: 'stop', y: 'fast', metric: 'sharpe', fold };
        const map = await heatmapOf(results(ALL), ask, most);
        expect(Array.from(map.x.values)).toEqual(across.map(([first]) => first));
        expect(Array.from(map.x.ends ?? [])).toEqual(across.map((values) => values.at(-1)));
        expect(map.x.labels).toEqual(across.map((values) => values.join(' to ')));
        expect(map.y.labels).toEqual(up.map((values) => values.join(' to ')));
        expect(map.y.ends === undefined).toBe(up.length === 3);
        for (const [j, lines] of up.entries()) {
          for (const [i, columns] of across.entries()) {
            const values = ALL.filter(
              ({ fast, stop }) => lines.includes(fast) && columns.includes(stop),
            )
              .map(({ sharpe }) => sharpe)
              .filter((value) => !Number.isNaN(value));
            const cell = j * across.length + i;
            expect(map.counts[cell]).toBe(values.length);
            expect(map.values[cell]).toBeCloseTo(naive(values, fold), 12);
          }
        }
        const whole = await heatmapOf(results(ALL), ask, 12);
        expect(whole.x.ends).toBeUndefined();
        expect(whole.x.labels).toEqual(['1', '2', '3', '4']);
      }
    }
  });

  it('make a map of 1,000 by 1,000 values, of which each cell has four', async () => {
    const many: Row[] = [];
    for (let fast = 1; fast <= 1_000; fast += 1) {
      for (let stop = 1; stop <= 1_000; stop += 1) {
        many.push({
          combination: many.length,
          fast,
          kind: 0,
          stop,
          sharpe: fast - stop,
          trades: 1,
        });
      }
    }
    const ask = { x: 'fast', y: 'stop', metric: 'sharpe' } as const;
    const best = await heatmapOf(results(many, 50_000), { ...ask, fold: 'best' });
    expect([best.x.values.length, best.y.values.length]).toEqual([500, 500]);
    expect(best.x.labels.slice(0, 2)).toEqual(['1 to 2', '3 to 4']);
    expect(best.counts.every((count) => count === 4)).toBe(true);
    // Of fast 2i + 1, 2i + 2 and stop 2j + 1, 2j + 2 the best is 2i + 2 - (2j + 1), the median 2i - 2j.
    const median = await heatmapOf(results(many, 50_000), { ...ask, fold: 'median' });
    for (const [i, j] of [
      [0, 0],
      [7, 499],
      [499, 3],
    ] as const) {
      expect(best.values[j * 500 + i]).toBe(2 * i - 2 * j + 1);
      expect(median.values[j * 500 + i]).toBe(2 * i - 2 * j);
    }
  });

  it('leave out rows that come while a map is made', async () => {
    const growing = results(ALL.slice(0, 10));
    const full = results(ALL).store.readResearchPart;
    let reads = 0;
    const store = {
      readResearchPart: async (id: string, from: number, most: number) => {
        reads += 1;
        return (reads <= 2 ? growing.store.readResearchPart : full)(id, from, most);
      },
    };
    for (const fold of ['best', 'median'] as const) {
      reads = 0;
      const map = await heatmapOf(
        { ...growing, store: store as Store },
        { x: 'stop', y: 'fast', metric: 'trades', fold },
      );
      expect(map.counts.reduce((sum, count) => sum + count, 0)).toBe(10);
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
