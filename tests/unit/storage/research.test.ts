import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openForWriting } from '../../../electron/storage/database.ts';
import {
  addTrials,
  appendResearchRows,
  countTrials,
  createResearch,
  deleteResearch,
  getResearch,
  listResearch,
  listTrials,
  readResearchRows,
  setResearchState,
} from '../../../electron/storage/research-records.ts';
import type { ResearchRecord, TrialRow } from '../../../electron/storage/research-types.ts';

const record: ResearchRecord = {
  id: 'sweep-1',
  kind: 'sweep',
  createdAt: 5,
  changedAt: 5,
  title: 'sma-cross on SPX',
  datasetId: 'SPX.LOCAL@1d',
  dataHash: 'abc',
  state: 'running',
  nextPlace: 0,
  total: 10,
  message: null,
  request: { ranges: { fast: '2..5' }, missing: Number.NaN },
  summary: null,
};

const chunk = (...values: number[]) => ({
  names: ['combination', 'sharpe'],
  rows: values.length,
  columns: [Float64Array.from(values, (_, i) => i), Float64Array.from(values)],
});

let folder: string;
let connection: ReturnType<typeof openForWriting>['connection'];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'renata-research-'));
  ({ connection } = openForWriting(folder, () => 0));
});
afterEach(() => {
  connection.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('long work in the store', () => {
  it('goes on after its last chunk, whatever happened in between', () => {
    createResearch(connection, record);
    appendResearchRows(connection, record.id, { from: 0, to: 4, chunk: chunk(1, Number.NaN) }, 7);
    connection.close();
    ({ connection } = openForWriting(folder, () => 0));
    expect(getResearch(connection, record.id)).toMatchObject({
      nextPlace: 4,
      changedAt: 7,
      state: 'running',
    });
    expect(() => {
      appendResearchRows(connection, record.id, { from: 0, to: 4, chunk: chunk(1) }, 8);
    }).toThrow('go on at 4 and not at 0');
    appendResearchRows(connection, record.id, { from: 4, to: 10, chunk: chunk(-0) }, 9);
    expect(readResearchRows(connection, record.id)).toEqual([chunk(1, Number.NaN), chunk(-0)]);
    expect(listResearch(connection)).toMatchObject([
      { id: 'sweep-1', rows: 3, request: record.request },
    ]);
  });

  it('keeps its summary when only the state changes, and goes whole', () => {
    createResearch(connection, record);
    const id = record.id;
    setResearchState(
      connection,
      { id, state: 'paused', message: 'asked', summary: { best: 2 } },
      6,
    );
    setResearchState(connection, { id, state: 'done', message: null }, 8);
    expect(getResearch(connection, id)).toMatchObject({
      state: 'done',
      message: null,
      summary: { best: 2 },
    });
    appendResearchRows(connection, id, { from: 0, to: 1, chunk: chunk(1) }, 9);
    deleteResearch(connection, id);
    expect(connection.prepare('SELECT count(*) AS rows FROM research_rows').get()).toEqual({
      rows: 0,
    });
    for (const act of [
      () => getResearch(connection, id),
      () => readResearchRows(connection, id),
      () => deleteResearch(connection, id),
      () => setResearchState(connection, { id, state: 'done', message: null }, 1),
    ]) {
      expect(act).toThrow('There is no research "sweep-1"');
    }
  });

  it('names a damaged chunk', () => {
    createResearch(connection, record);
    appendResearchRows(connection, record.id, { from: 0, to: 1, chunk: chunk(1) }, 9);
    connection.prepare('UPDATE research_rows SET rows = zeroblob(20)').run();
    expect(() => readResearchRows(connection, record.id)).toThrow('is damaged in the store');
  });
});

describe('the count of trials', () => {
  const trial = (id: string, trials: number, dataset = 'SPX'): TrialRow => ({
    id,
    dataset,
    strategy: 'sma-cross',
    source: 'sweep',
    at: 1,
    trials,
    sharpeMean: 0.02,
    sharpeDeviation: Number.NaN,
    record: trials === 1 ? { digest: Float64Array.of(1, 2) } : null,
  });

  it('counts equal work once and forgets nothing', () => {
    addTrials(connection, [trial('a', 1), trial('b', 4_851)]);
    addTrials(connection, [trial('b', 4_851), trial('c', 3, 'AAPL')]);
    expect(countTrials(connection)).toEqual([
      { dataset: 'AAPL', trials: 3 },
      { dataset: 'SPX', trials: 4_852 },
    ]);
    expect(listTrials(connection, 'SPX')).toEqual([trial('a', 1), trial('b', 4_851)]);
  });
});
