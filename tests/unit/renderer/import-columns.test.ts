import { describe, expect, it } from 'vitest';
import type { ImportPreview } from '../../../engine/protocol/schemas.ts';
import {
  columnOptions,
  columnsUnknown,
  fileColumns,
  headingsOf,
  unchosenLabel,
  withColumn,
} from '../../../renderer/panels/data/import-columns.ts';

const PREVIEW: ImportPreview = {
  format: 'csv',
  header: ['day', 'first', 'px', 'px', ''],
  rows: [['2020-01-02', ' 1.5', '2', '1', '7']],
  delimiter: ',',
  dateFormat: null,
  timeZone: null,
  timeframe: null,
  columns: {},
  suggestedSymbol: 'X',
  suggestedCalendar: 'none',
  problem: 'the header has no column for open',
};

describe('the columns of a file to import', () => {
  it('are chosen by name, and by number where the name does not tell them apart', () => {
    expect(fileColumns(PREVIEW)).toEqual([
      { value: 'day', label: 'day · 2020-01-02' },
      { value: 'first', label: 'first · 1.5' },
      { value: '3', label: 'Column 3 px · 2' },
      { value: '4', label: 'Column 4 px · 1' },
      { value: '5', label: 'Column 5 · 7' },
    ]);
  });

  it('have their numbers for names in a file without a header', () => {
    const bare = { ...PREVIEW, header: [], rows: [['20200102', '10']] };
    expect(headingsOf(bare)).toEqual(['1', '2']);
    expect(fileColumns(bare)).toEqual([
      { value: '1', label: 'Column 1 · 20200102' },
      { value: '2', label: 'Column 2 · 10' },
    ]);
    expect(fileColumns({ ...bare, rows: [] })).toEqual([]);
  });

  it('say what was found, and are unknown where nothing was', () => {
    expect(columnsUnknown(PREVIEW)).toBe(true);
    expect(unchosenLabel(PREVIEW, 'open', {})).toBe('By its name');
    const found = { ...PREVIEW, problem: null, columns: { time: 'day', open: 'first' } };
    expect(columnsUnknown(found)).toBe(false);
    expect(unchosenLabel(found, 'open', {})).toBe('first, by its name');
    expect(unchosenLabel(found, 'open', { open: 'first' })).toBe('By its name');
    expect(unchosenLabel(found, 'volume', {})).toBe('None');
  });

  it('go into the options where one was chosen, and can be taken back', () => {
    expect(columnOptions({})).toEqual({});
    const one = withColumn({}, 'open', 'first');
    expect(columnOptions(one)).toEqual({ columns: { open: 'first' } });
    expect(withColumn(one, 'high', '3')).toEqual({ open: 'first', high: '3' });
    expect(withColumn(one, 'open', '')).toEqual({});
  });
});
