import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eachPart } from '../../../../electron/services/research/rows.ts';
import { openForWriting } from '../../../../electron/storage/database.ts';
import {
  addTrials,
  appendResearchRows,
  countTrials,
  createResearch,
  listTrials,
  readResearchPart,
} from '../../../../electron/storage/research-records.ts';
import type { Store } from '../../../../electron/storage/store-client.ts';

let folder: string;
let connection: ReturnType<typeof openForWriting>['connection'];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'renata-rows-'));
  ({ connection } = openForWriting(folder, () => 0));
  createResearch(connection, {
    id: 'a',
    kind: 'sweep',
    createdAt: 1,
    changedAt: 1,
    title: 'A',
    datasetId: 'SPX.INDEX@1d',
    dataHash: '',
    state: 'running',
    nextPlace: 0,
    total: 100,
    message: null,
    request: {},
    summary: null,
  });
});
afterEach(() => {
  connection.close();
  rmSync(folder, { recursive: true, force: true });
});

function append(from: number, to: number, values: readonly number[]): void {
  const chunk = { names: ['v'], rows: values.length, columns: [Float64Array.from(values)] };
  appendResearchRows(connection, 'a', { from, to, chunk }, 1);
}

describe('trials of a store', () => {
  it('grow with their search and never shrink or count twice', () => {
    const row = (trials: number) => ({
      dataset: 'd',
      strategy: 's',
      source: 'sweep',
      at: trials,
      record: null,
      id: 'sweep:a',
      trials,
      sharpeMean: trials / 100,
      sharpeDeviation: 0.5,
    });
    for (const trials of [3, 10, 10, 4]) addTrials(connection, [row(trials)]);
    expect(countTrials(connection)).toEqual([{ dataset: 'd', trials: 10 }]);
    // When it was first tried stays.
    expect(listTrials(connection, 'd')).toEqual([{ ...row(10), at: 3 }]);
  });
});

describe('rows of a store', () => {
  it('are read part by part, in order, until there are so many', () => {
    append(0, 10, [1, 2, 3]);
    append(10, 20, []);
    append(20, 25, [4, 5]);
    append(25, 30, [6, 7, 8, 9]);
    const places = (from: number, most: number): number[] =>
      readResearchPart(connection, 'a', from, most).map((part) => part.from);
    expect(places(0, 100)).toEqual([0, 10, 20, 25]);
    expect(places(0, 5)).toEqual([0, 10, 20]);
    expect(places(0, 4)).toEqual([0, 10]);
    // A part that is larger than what was asked for comes alone, so that reading gets on.
    expect(places(25, 1)).toEqual([25]);
    expect(places(30, 100)).toEqual([]);
    expect(places(11, 100)).toEqual([20, 25]);
  });

  it('come each once, however large the parts are', async () => {
    const all: number[] = [];
    for (let k = 0; k < 40; k += 1) {
      const values = Array.from({ length: (k * 7) % 5 }, (_, i) => 100 * k + i);
      all.push(...values);
      append(k, k + 1, values);
    }
    for (const most of [1, 3, 10, 1_000]) {
      const store: Pick<Store, 'readResearchPart'> = {
        readResearchPart: async (id, from) => readResearchPart(connection, id, from, most),
      };
      const read: number[] = [];
      await eachPart(store as Store, 'a', ({ chunk }) => read.push(...(chunk.columns[0] ?? [])));
      expect(read).toEqual(all);
    }
  });

  it('are told to be damaged when a bit is wrong', () => {
    append(0, 3, [1, 2, 3]);
    connection.prepare('UPDATE research_rows SET checksum = checksum + 1').run();
    expect(() => readResearchPart(connection, 'a', 0, 10)).toThrow('is damaged in the store');
  });
});
