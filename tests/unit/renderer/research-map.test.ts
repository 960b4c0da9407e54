import { describe, expect, it } from 'vitest';
import { compileFormula } from '../../../engine/sweep/formula.ts';
import {
  bestCell,
  binGrid,
  binText,
  cellAt,
  cellCondition,
  cellOfValues,
  columnEdge,
  moveCursor,
  rowEdge,
  shownLabels,
  wholeGrid,
  type MapAxis,
  type MapGrid,
} from '../../../renderer/panels/research/map-model.ts';
import { fc } from '../../support/properties.ts';

const N = Number.NaN;

function axis(name: string, values: readonly number[]): MapAxis {
  return { name, values, labels: values.map(String) };
}

function gridOf(
  x: readonly number[],
  y: readonly number[],
  values: readonly number[],
  counts?: readonly number[],
): MapGrid {
  return {
    x: axis('fast', x),
    y: axis('slow', y),
    values: Float64Array.from(values),
    counts: Float64Array.from(counts ?? values.map((value) => (Number.isNaN(value) ? 0 : 1))),
  };
}

describe('the axes of a map', () => {
  it('have all values that were asked for, results at their places', () => {
    const map = {
      x: { name: 'fast', values: Float64Array.of(5, 20), labels: ['5', '20'] },
      y: { name: 'kind', values: Float64Array.of(1), labels: ['wma'] },
      values: Float64Array.of(0.1, 0.2),
      counts: Float64Array.of(1, 3),
    };
    const planned = (name: string): readonly number[] | undefined =>
      name === 'fast' ? [20, 10, 5] : undefined;
    const grid = wholeGrid(map, planned, (_axis, value) => `#${value}`);
    expect(grid.x.values).toEqual([5, 10, 20]);
    expect(grid.x.labels).toEqual(['5', '#10', '20']);
    expect(grid.y.labels).toEqual(['wma']);
    expect([...grid.values]).toEqual([0.1, N, 0.2]);
    expect([...grid.counts]).toEqual([1, 0, 3]);
  });

  it('label round values, as many as fit', () => {
    const values = Array.from({ length: 50 }, (_, k) => 3 + k);
    // 10 pixels each and 38 wanted: every fifth, from 5 on.
    expect(shownLabels(axis('fast', values), 10, 38).map((k) => values[k])).toEqual([
      5, 10, 15, 20, 25, 30, 35, 40, 45, 50,
    ]);
    // Every second of 5, 10, 15, …: the tens.
    expect(shownLabels(axis('slow', [5, 10, 15, 20, 25]), 20, 38)).toEqual([1, 3]);
    expect(shownLabels(axis('slow', [10, 20, 30]), 100, 40)).toEqual([0, 1, 2]);
  });
});

describe('what does not fit', () => {
  const grid = gridOf(
    [1, 2, 3, 4],
    [10, 20],
    // Row of y = 10, then of y = 20.
    [1, 2, 3, N, 5, 6, N, N],
    [1, 3, 1, 0, 1, 1, 0, 0],
  );

  it('shares cells: the best, the mean over results, the median', () => {
    // Two columns of two values, one row: {1, 2, 5, 6} and {3}.
    expect([...binGrid(grid, 2, 1, 'best', false).values]).toEqual([6, 3]);
    // (1 × 1 + 2 × 3 + 5 + 6) / 6 = 3.
    expect([...binGrid(grid, 2, 1, 'mean', false).values]).toEqual([3, 3]);
    // Between 2 and 5.
    expect([...binGrid(grid, 2, 1, 'median', false).values]).toEqual([3.5, 3]);
    expect([...binGrid(grid, 2, 1, 'best', false).counts]).toEqual([6, 1]);
    expect(binGrid(grid, 2, 1, 'best', false).x.labels).toEqual(['1 to 2', '3 to 4']);
    expect([...binGrid(grid, 9, 9, 'mean', false).values]).toEqual([...grid.values]);
  });

  it('keeps the best and all results, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.infiniteStream(fc.oneof(fc.double({ noNaN: true, min: -9, max: 9 }), fc.constant(N))),
        (columns, rows, mostColumns, mostRows, stream) => {
          const values = Array.from(
            { length: columns * rows },
            () => stream.next().value as number,
          );
          const x = Array.from({ length: columns }, (_, k) => k);
          const y = Array.from({ length: rows }, (_, k) => k);
          const whole = gridOf(x, y, values);
          const binned = binGrid(whole, mostColumns, mostRows, 'best', false);
          expect(binned.x.values.length).toBeLessThanOrEqual(mostColumns);
          expect(binned.y.values.length).toBeLessThanOrEqual(mostRows);
          const finite = values.filter((value) => !Number.isNaN(value));
          const kept = [...binned.values].filter((value) => !Number.isNaN(value));
          expect(Math.max(...kept)).toBe(Math.max(...finite));
          expect(binned.counts.reduce((sum, count) => sum + count, 0)).toBe(finite.length);
          expect(binned.columnStarts.at(-1)).toBe(columns);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('makes wider cells of a sparse search', () => {
    const side = Array.from({ length: 100 }, (_, k) => k);
    const values = Array.from({ length: 10_000 }, (_, k) => (k % 101 === 0 ? k : N));
    const binned = binGrid(gridOf(side, side, values), 400, 400, 'best', true);
    // 100 results of 10,000 places: about √(100 / 0.6) = 13 cells a side.
    expect(binned.x.values.length).toBe(13);
    // A grid that is only half done stays as it will be, and so does a search that left little out.
    const half = gridOf(side, side, values);
    expect(binGrid(half, 400, 400, 'best', false).x.values.length).toBe(100);
    const full = gridOf(side, side, Array.from(values.keys()));
    expect(binGrid(full, 400, 400, 'best', true).x.values.length).toBe(100);
  });
});

describe('a map that comes with several values a cell', () => {
  /** Of 1 to 1,000 each way, two values a cell; the best of four combinations. */
  const side = Array.from({ length: 500 }, (_, k) => k);
  const shared = (name: string) => ({
    name,
    values: Float64Array.from(side, (k) => 2 * k + 1),
    ends: Float64Array.from(side, (k) => 2 * k + 2),
    labels: side.map((k) => `${2 * k + 1} to ${2 * k + 2}`),
  });
  const map = {
    x: shared('fast'),
    y: shared('slow'),
    values: Float64Array.from({ length: 250_000 }, (_, k) => (k % 500) - Math.floor(k / 500)),
    counts: new Float64Array(250_000).fill(4),
  };
  const planned = (): readonly number[] => Array.from({ length: 1_000 }, (_, k) => k + 1);
  const grid = wholeGrid(map, planned, (_axis, value) => String(value));

  it('keeps its ranges: values that were asked for have no place of their own', () => {
    expect(grid.x.values.length).toBe(500);
    expect(grid.x.ends?.slice(0, 3)).toEqual([2, 4, 6]);
    expect(grid.values.slice(0, 3)).toEqual(Float64Array.of(0, 1, 2));
    expect(grid.counts.every((count) => count === 4)).toBe(true);
  });

  it('is brought down further to what the screen has room for, and says so', () => {
    const binned = binGrid(grid, 100, 50, 'best', false);
    // Five places of two values across, ten up.
    expect(binned.x.labels.slice(0, 2)).toEqual(['1 to 10', '11 to 20']);
    expect(binned.y.labels.at(-1)).toBe('981 to 1000');
    expect(binned.x.ends?.slice(0, 2)).toEqual([10, 20]);
    expect(binned.counts[0]).toBe(5 * 10 * 4);
    // The best of x places 0 to 4 and y places 0 to 9 is 4 - 0.
    expect(binned.values[0]).toBe(4);
    expect(binText(grid, binned, 'best')).toBe(
      'Values share cells: fast in 100 ranges, slow in 50 ranges. A cell shows the best of its combinations.',
    );
    expect(binText(grid, binned, 'median')).toContain('shows the median of the medians of its');
    const room = binGrid(grid, 500, 500, 'median', false);
    expect(binText(grid, room, 'median')).toContain('A cell shows the median of its combinations');
    expect(room.x.labels[1]).toBe('3 to 4');
  });

  it('finds the cell of a combination, and the combinations of a cell', () => {
    const binned = binGrid(grid, 100, 50, 'best', false);
    expect(cellOfValues(grid, binned, 12, 1_000)).toEqual({ column: 1, row: 49 });
    expect(cellOfValues(grid, binned, 1_001, 1)).toBeNull();
    expect(cellCondition(grid, binned, { column: 1, row: 49 }, (name) => name)).toBe(
      'fast >= 11 and fast <= 20 and slow >= 981 and slow <= 1000',
    );
  });

  it('says nothing where each value has a cell', () => {
    const plain = gridOf([1, 2], [10, 20], [1, 2, 3, 4]);
    const binned = binGrid(plain, 9, 9, 'best', false);
    expect(binned.x.ends).toBeUndefined();
    expect(binText(plain, binned, 'best')).toBeNull();
    expect(binText(plain, binGrid(plain, 1, 9, 'mean', false), 'mean')).toBe(
      'Values share cells: fast in one range. A cell shows the mean of its combinations.',
    );
  });
});

describe('cells on the screen', () => {
  it('are found again at their middle', () => {
    fc.assert(
      fc.property(
        fc.record({
          left: fc.integer({ min: 0, max: 60 }),
          top: fc.integer({ min: 0, max: 30 }),
          width: fc.integer({ min: 400, max: 900 }),
          height: fc.integer({ min: 400, max: 900 }),
          columns: fc.integer({ min: 1, max: 100 }),
          rows: fc.integer({ min: 1, max: 100 }),
        }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (place, a, b) => {
          const column = Math.floor(a * place.columns);
          const row = Math.floor(b * place.rows);
          const x = (columnEdge(place, column) + columnEdge(place, column + 1)) / 2;
          const y = (rowEdge(place, row) + rowEdge(place, row - 1)) / 2;
          expect(cellAt(place, x, y)).toEqual({ column, row });
        },
      ),
    );
  });

  it('end with the map, and the smallest value stands below', () => {
    const place = { left: 40, top: 5, width: 100, height: 50, columns: 10, rows: 5 };
    expect(cellAt(place, 39, 20)).toBeNull();
    expect(cellAt(place, 141, 20)).toBeNull();
    expect(cellAt(place, 45, 56)).toBeNull();
    expect(cellAt(place, 45, 54)).toEqual({ column: 0, row: 0 });
    expect(cellAt(place, 139, 6)).toEqual({ column: 9, row: 4 });
  });
});

describe('the cursor', () => {
  const move = (key: string, far = false): unknown =>
    moveCursor({ column: 5, row: 5 }, key, far, 50, 20);

  it('moves by one, by a tenth with Ctrl, and stays on the map', () => {
    expect(move('ArrowUp')).toEqual({ column: 5, row: 6 });
    expect(move('ArrowDown')).toEqual({ column: 5, row: 4 });
    expect(move('ArrowRight', true)).toEqual({ column: 10, row: 5 });
    expect(move('ArrowLeft', true)).toEqual({ column: 0, row: 5 });
    expect(move('Home')).toEqual({ column: 0, row: 5 });
    expect(move('End', true)).toEqual({ column: 49, row: 0 });
    expect(move('PageUp')).toEqual({ column: 5, row: 19 });
    expect(moveCursor({ column: 49, row: 0 }, 'ArrowRight', false, 50, 20)).toEqual({
      column: 49,
      row: 0,
    });
    expect(move('x')).toBeNull();
  });

  it('finds the best and the cell of a combination', () => {
    const grid = gridOf([1, 2, 3], [10, 20], [N, 1, 4, 2, N, 3]);
    expect(bestCell(grid)).toEqual({ column: 2, row: 0 });
    expect(bestCell(gridOf([1], [1], [N]))).toBeNull();
    const binned = binGrid(grid, 2, 2, 'best', false);
    // Columns of {1} and {2, 3}.
    expect(cellOfValues(grid, binned, 3, 20)).toEqual({ column: 1, row: 1 });
    expect(cellOfValues(grid, binned, 9, 20)).toBeNull();
  });
});

describe('the condition of a cell', () => {
  it('holds for the values in it and for no others, as the sweep reads it', () => {
    const x = [-4, -1.5, 0.1, 2, 1e-7].toSorted((a, b) => a - b);
    const y = [10, 20, 30];
    const grid = gridOf(
      x,
      y,
      Array.from({ length: 15 }, (_, k) => k),
    );
    const binned = binGrid(grid, 3, 2, 'best', false);
    for (let column = 0; column < 3; column += 1) {
      for (let row = 0; row < 2; row += 1) {
        const text = cellCondition(grid, binned, { column, row }, (name) => `parameter_${name}`);
        const holds = compileFormula(text, ['parameter_fast', 'parameter_slow'], 'condition');
        for (const [i, a] of x.entries()) {
          for (const [j, b] of y.entries()) {
            const inside =
              i >= (binned.columnStarts[column] as number) &&
              i < (binned.columnStarts[column + 1] as number) &&
              j >= (binned.rowStarts[row] as number) &&
              j < (binned.rowStarts[row + 1] as number);
            expect(holds(Float64Array.of(a, b)), `${text} at ${a}, ${b}`).toBe(inside ? 1 : 0);
          }
        }
      }
    }
  });
});
