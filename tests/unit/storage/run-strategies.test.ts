import { createHash } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { RunStrategy } from '../../../engine/protocol/bundle-tasks.ts';
import type { Run } from '../../../engine/protocol/schemas.ts';
import { openForWriting, STORE_FILE } from '../../../electron/storage/database.ts';
import { MIGRATIONS } from '../../../electron/storage/migrations.ts';
import {
  deleteRun,
  getRun,
  getRunStrategy,
  listRuns,
  saveRun,
} from '../../../electron/storage/records.ts';
import { between, spx } from '../engine/backtest/bars.ts';
import { smaRun } from '../engine/report/runs.ts';
import { temporaryFolder, TestStore } from './support.ts';

const base = smaRun(between(spx(), '2018-01-01', '2018-12-31'));
function run(id: string): Run {
  const summary = { ...base.summary, id, durationMs: 1 };
  return { ...base, summary } as unknown as Run;
}

function strategy(text: string, more: Partial<RunStrategy> = {}): RunStrategy {
  const hash = createHash('sha256').update(text).digest('hex');
  return { hash, language: 'yaml', file: 'mine.yaml', trusted: false, text, ...more };
}

function texts({ connection }: TestStore): string[] {
  const rows = connection.prepare<[], { text: string }>('SELECT text FROM strategy_texts').all();
  return rows.map(({ text }) => text).toSorted();
}

describe('the text of a strategy', () => {
  it('is kept with its run, whatever it holds', () => {
    const store = new TestStore();
    const text = 'name: Größe\n# \u{1f4c8} "quoted" \t\r\n';
    const kept = strategy(text, { language: 'typescript', file: 'a.ts', trusted: true });
    saveRun(store.connection, run('run-1'), kept);
    saveRun(store.connection, run('run-2'));
    expect(getRunStrategy(store.connection, 'run-1')).toEqual(kept);
    expect(getRunStrategy(store.connection, 'run-2')).toBeNull();
    expect(getRunStrategy(store.connection, 'run-3')).toBeNull();
    expect(getRun(store.connection, 'run-1').summary.id).toBe('run-1');
  });

  it('is stored once for all runs of it, and goes with the last of them', () => {
    const store = new TestStore();
    saveRun(store.connection, run('run-1'), strategy('a'));
    saveRun(store.connection, run('run-2'), strategy('a', { file: 'other.yaml' }));
    saveRun(store.connection, run('run-3'), strategy('b'));
    expect(texts(store)).toEqual(['a', 'b']);
    expect(getRunStrategy(store.connection, 'run-2')?.file).toBe('other.yaml');
    deleteRun(store.connection, 'run-1');
    expect(texts(store)).toEqual(['a', 'b']);
    deleteRun(store.connection, 'run-2');
    expect(texts(store)).toEqual(['b']);
    expect(() => deleteRun(store.connection, 'run-2')).toThrow('There is no run');
    expect(getRunStrategy(store.connection, 'run-3')?.text).toBe('b');
  });

  it('is not given out once it is not what was run', () => {
    const store = new TestStore();
    saveRun(store.connection, run('run-1'), strategy('a'));
    store.connection.prepare("UPDATE strategy_texts SET text = 'A'").run();
    expect(() => getRunStrategy(store.connection, 'run-1')).toThrow(
      expect.objectContaining({ code: 'STORE_DAMAGED' }),
    );
  });

  it('is missing for runs of a store of before, which opens and keeps them', () => {
    const folder = temporaryFolder();
    const before = openForWriting(folder, () => 0).connection;
    saveRun(before, run('run-1'));
    before.close();
    // The store as the step before this table left it.
    const old = new Database(join(folder, STORE_FILE));
    const step = MIGRATIONS.findIndex((each) => each.includes('CREATE TABLE run_strategies'));
    expect(step).toBeGreaterThan(0);
    old.exec('DROP TABLE run_strategies; DROP TABLE strategy_texts;');
    old.pragma(`user_version = ${step}`);
    old.close();
    const store = new TestStore(folder);
    expect(listRuns(store.connection).map(({ id }) => id)).toEqual(['run-1']);
    expect(getRunStrategy(store.connection, 'run-1')).toBeNull();
    saveRun(store.connection, run('run-2'), strategy('a'));
    expect(getRunStrategy(store.connection, 'run-2')?.text).toBe('a');
  });
});
