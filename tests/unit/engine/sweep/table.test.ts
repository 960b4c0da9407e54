import { describe, expect, it } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import {
  BestRows,
  columnNames,
  Objective,
  rowBytes,
  SweepTable,
} from '../../../../engine/sweep/table.ts';

const NAMES = ['combination', 'fast', 'sharpe'];
/** One block of 1,024 rows of three numbers. */
const BLOCK = 1_024 * 3 * 8;

function filled(rows: number, capBytes = 4 * BLOCK): SweepTable {
  const table = new SweepTable(NAMES, capBytes);
  for (let k = 0; k < rows; k += 1) table.append(Float64Array.of(k, k * 2, Math.sin(k)));
  return table;
}

describe('a table of results', () => {
  it('names its columns', () => {
    expect(columnNames([{ name: 'fast' }, { name: 'trades' }])).toEqual([
      'combination',
      'fast',
      'parameter_trades',
      'return',
      'cagr',
      'sharpe',
      'sortino',
      'max_drawdown',
      'trades',
      'win_rate',
      'profit_factor',
      'exposure',
      'final_equity',
    ]);
    expect(rowBytes(2)).toBe(13 * 8);
  });

  it('keeps rows over several blocks', () => {
    const table = filled(2_500);
    expect(table.length).toBe(2_500);
    expect(table.bytes).toBe(3 * BLOCK);
    expect(table.get(0, 1)).toBe(0);
    expect(table.get(1_023, 1)).toBe(2_046);
    expect(table.get(1_024, 2)).toBe(Math.sin(1_024));
    expect(table.get(2_499, table.columnOf('sharpe'))).toBe(Math.sin(2_499));
    expect(table.columnOf('slow')).toBe(-1);
  });

  it('stays within its memory', () => {
    const table = filled(2_048, 2 * BLOCK + 100);
    expect(table.capacity).toBe(2_048);
    expect(table.room).toBe(0);
    expect(() => table.append(Float64Array.of(1, 2, 3))).toThrow(
      'The results fill the 2048 rows that their memory allows',
    );
    expect(table.bytes).toBeLessThanOrEqual(2 * BLOCK + 100);
    table.clear();
    expect(table.room).toBe(2_048);
    expect(() => new SweepTable(NAMES, BLOCK - 1)).toThrow('memory: 24575 bytes are too few');
  });

  it('goes out in chunks and comes back the same', () => {
    const table = filled(2_500);
    const chunks = [table.toChunk(0, 900), table.toChunk(900, 2_100), table.toChunk(2_100)];
    expect(chunks.map(({ rows }) => rows)).toEqual([900, 1_200, 400]);
    const copy = new SweepTable(NAMES, 4 * BLOCK);
    for (const chunk of chunks) copy.addChunk(structuredClone(chunk));
    expect(copy.toChunk()).toEqual(table.toChunk());
    expect(copy.toChunk().columns[1]).toEqual(
      Float64Array.from({ length: 2_500 }, (_, k) => 2 * k),
    );
  });

  it('refuses chunks of other sweeps', () => {
    const table = filled(1);
    const chunk = table.toChunk();
    const other = { ...chunk, names: ['combination', 'slow', 'sharpe'] };
    expect(() => table.addChunk(other)).toThrow(
      'rows: the stored results have the columns combination, slow, sharpe; wanted are combination, fast, sharpe.',
    );
    expect(() => table.addChunk({ ...chunk, rows: 2 })).toThrow('rows: ');
  });
});

describe('an objective', () => {
  it('is a column or a formula of columns', () => {
    const table = filled(10);
    expect(new Objective('sharpe', NAMES).of(table, 3)).toBe(Math.sin(3));
    expect(new Objective('-sharpe', NAMES).of(table, 3)).toBe(-Math.sin(3));
    expect(new Objective('if(fast >= 6, sharpe, -1)', NAMES).of(table, 2)).toBe(-1);
    expect(new Objective('sharpe / 0 - sharpe / 0', NAMES).of(table, 3)).toBe(-Infinity);
    expect(() => new Objective('sharp', NAMES)).toThrow('did you mean sharpe?');
  });
});

describe('the best rows', () => {
  it('are kept within their memory, whatever order they come in', () => {
    const random = new Random(4);
    const scores = Array.from({ length: 20_000 }, () => random.uniform());
    scores[17] = Number.NaN;
    const best = new BestRows(NAMES, 2 * BLOCK, new Objective('sharpe', NAMES));
    for (const [k, score] of scores.entries()) best.add(Float64Array.of(k, 0, score));
    expect(best.bytes).toBeLessThanOrEqual(2 * BLOCK);
    const wanted = scores
      .filter((score) => !Number.isNaN(score))
      .toSorted((a, b) => b - a)
      .slice(0, 500);
    const chunk = best.best(500);
    expect(Array.from(chunk.columns[2] ?? [])).toEqual(wanted);
    expect(Array.from(chunk.columns[0] ?? [], (k) => scores[k])).toEqual(wanted);
    expect(best.dropped + best.best(Infinity).rows).toBe(20_000);
  });

  it('are the first ones where all are equal', () => {
    const best = new BestRows(NAMES, 2 * BLOCK, new Objective('sharpe', NAMES));
    for (let k = 0; k < 3_000; k += 1) best.add(Float64Array.of(k, 0, 1));
    expect(Array.from(best.best(4).columns[0] ?? [])).toEqual([0, 1, 2, 3]);
    expect(best.dropped + best.best(Infinity).rows).toBe(3_000);
  });
});
