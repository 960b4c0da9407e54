import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RenataError } from '../../engine/domain/errors.ts';
import { allocateColumns } from '../../engine/series/columns.ts';
import { contentHash } from '../../electron/storage/content-hash.ts';
import { openStore } from '../../electron/storage/store-client.ts';
import type { Progress, Store } from '../../electron/storage/store-client.ts';

const threadUrl = pathToFileURL('electron/storage/thread.ts');
const ID = 'TEST.LOCAL@1m';
let folder = '';
let stores: Store[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'renata-store-'));
});

afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  stores = [];
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function open(automaticBackups = false): Promise<Store> {
  const store = await openStore({ directory: join(folder, 'data'), threadUrl, automaticBackups });
  stores.push(store);
  return store;
}

/** A CSV of minute bars, whose closes depend on `seed`. */
function minutes(name: string, count: number, seed = 0): string {
  const lines = ['time,open,high,low,close,volume'];
  for (let i = 0; i < count; i += 1) {
    const price = 100 + ((i * 31 + seed) % 997) / 100;
    lines.push(
      `${new Date(i * 60_000).toISOString()},${price},${price + 1},${price - 1},${price + 0.25},${i}`,
    );
  }
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

async function code(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return error instanceof RenataError ? error.code : String(error);
  }
  return 'none';
}

const options = { symbol: 'TEST', calendar: 'crypto' };

describe('a store on its threads', () => {
  it('imports, lists, reads, exports and deletes', async () => {
    const store = await open();
    const progress: Progress[] = [];
    const path = minutes('a.csv', 50_000);
    const result = await store.importFile(
      { path, options, source: 'a test' },
      { onProgress: (p) => progress.push(p) },
    );
    expect(result).toMatchObject({ datasetId: ID, version: 1, barCount: 50_000 });
    expect(progress.length).toBeGreaterThan(2);
    expect(progress.at(-1)).toEqual({ stage: 'write', done: 1, total: 1, bars: 50_000 });
    expect((await store.listDatasets()).map((dataset) => dataset.id)).toEqual([ID]);
    const details = await store.getDataset(ID);
    expect(details.summary.current.provenance.source).toBe('a test');
    expect(details.quality).toEqual(result.quality);

    const read = await store.readBars({ datasetId: ID });
    expect(read.bars.time.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(contentHash(read.bars)).toBe(result.contentHash);
    const into = allocateColumns(50_000);
    await store.readBars({ datasetId: ID, into });
    expect(contentHash(into)).toBe(result.contentHash);

    const fromFile = await store.readFile({ path }, { calendar: 'crypto' });
    expect(fromFile).toMatchObject({
      symbol: 'A',
      timeframe: '1m',
      contentHash: result.contentHash,
    });
    expect(fromFile.bars.close).toEqual(read.bars.close);

    for (const format of ['csv', 'parquet'] as const) {
      const out = join(folder, `out.${format}`);
      const exported = await store.exportFile({ datasetId: ID, format, path: out });
      expect(exported.bars).toBe(50_000);
      const again = await store.importFile({ path: out, options: { ...options, symbol: format } });
      expect(again.contentHash).toBe(result.contentHash);
    }
    const bytes = await store.exportBytes({
      datasetId: ID,
      format: 'csv',
      start: 60_000,
      end: 120_000,
    });
    expect(bytes.fileName).toBe('TEST-1m.csv');
    expect(Buffer.from(bytes.bytes).toString().split('\n')).toHaveLength(4);

    expect(await store.preview({ path }, {})).toMatchObject({ timeframe: '1m', problem: null });
    expect(await store.calendars()).toEqual(['crypto', 'forex', 'none', 'us-equity']);
    await store.setAdjustments('TEST.LOCAL', [{ kind: 'split', day: 0, ratio: 2 }], 'x');
    expect(await store.listAdjustments('TEST.LOCAL')).toHaveLength(1);
    await store.deleteDataset(ID);
    expect(await store.listDatasets()).toHaveLength(2);
    expect(await code(store.readBars({ datasetId: ID }))).toBe('NOT_FOUND');
    await store.saveDocument('layout', '[1]');
    expect(await store.loadDocument('layout')).toBe('[1]');
    expect(await store.listRuns()).toEqual([]);
    expect(await code(store.getRun('x'))).toBe('NOT_FOUND');
    expect(await code(store.deleteRun('x'))).toBe('NOT_FOUND');
    const factors = join(folder, 'f.csv');
    writeFileSync(
      factors,
      'date,price_factor,split_factor,reference_price\n20200102,1,0.5,9\n20501231,1,1,0\n',
    );
    expect(await store.importFactors('CSV.LOCAL', { path: factors })).toHaveLength(1);
  });

  it('keeps what is stored after it was closed', async () => {
    const store = await open();
    const { contentHash: hash } = await store.importFile({
      path: minutes('a.csv', 9_000),
      options,
    });
    await store.close();
    await store.close();
    expect(await code(store.listDatasets())).toBe('UNAVAILABLE');
    expect(readdirSync(join(folder, 'data'))).toEqual(['history.sqlite']);
    const again = await open();
    expect(contentHash((await again.readBars({ datasetId: ID })).bars)).toBe(hash);
  });

  it('lets reads and small writes through while it imports', async () => {
    const store = await open();
    await store.importFile({ path: minutes('a.csv', 1_000), options });
    const path = minutes('b.csv', 300_000);
    const state = { done: false };
    const importing = store
      .importFile({ path, options: { ...options, symbol: 'BIG' } })
      .finally(() => {
        state.done = true;
      });
    let reads = 0;
    let saves = 0;
    while (!state.done) {
      await store.readBars({ datasetId: ID });
      reads += 1;
      await store.saveDocument('layout', `{"n":${reads}}`);
      if (!state.done) saves += 1;
    }
    expect((await importing).barCount).toBe(300_000);
    expect(reads).toBeGreaterThan(3);
    expect(saves).toBeGreaterThan(3);
  });

  it('cancels an import and an export', async () => {
    const store = await open();
    const path = minutes('a.csv', 200_000);
    const stop = new AbortController();
    const importing = store.importFile(
      { path, options },
      {
        signal: stop.signal,
        onProgress: () => {
          stop.abort();
        },
      },
    );
    expect(await code(importing)).toBe('CANCELLED');
    expect(await store.listDatasets()).toEqual([]);
    expect(await code(store.importFile({ path, options }, { signal: AbortSignal.abort() }))).toBe(
      'CANCELLED',
    );
    await store.importFile({ path, options });
    const exporting = store.exportFile(
      { datasetId: ID, format: 'csv', path: join(folder, 'out.csv') },
      { signal: AbortSignal.abort() },
    );
    expect(await code(exporting)).toBe('CANCELLED');
    expect(readdirSync(folder).filter((name) => name.startsWith('out'))).toEqual([]);
  });

  it('runs imports of one dataset one after another', async () => {
    const store = await open();
    const results = await Promise.all(
      [1, 2, 3].map((seed) =>
        store.importFile({ path: minutes(`${seed}.csv`, 20_000, seed), options }),
      ),
    );
    expect(results.map((result) => result.version)).toEqual([1, 2, 3]);
    expect((await store.getDataset(ID)).versions.map((version) => version.version)).toEqual([
      3, 2, 1,
    ]);
  });

  it('is shared by two processes’ connections, each seeing what the other committed', async () => {
    const [one, two] = [await open(), await open()];
    await one.importFile({ path: minutes('a.csv', 100), options });
    expect((await two.listDatasets()).map((dataset) => dataset.current.barCount)).toEqual([100]);
    await two.importFile({ path: minutes('b.csv', 200), options });
    expect((await one.readBars({ datasetId: ID })).totalBars).toBe(200);
  });
});

describe('damage and backups', () => {
  it('sets a damaged store aside, says so, and restores a backup', async () => {
    const store = await open(true);
    const { contentHash: hash } = await store.importFile({
      path: minutes('a.csv', 9_000),
      options,
    });
    await store.close();
    writeFileSync(join(folder, 'data', 'history.sqlite'), 'broken '.repeat(2_000));

    const again = await open(true);
    const status = await again.status();
    expect(status.recovered).toEqual({
      keptAs: expect.stringMatching(/^history\.damaged-\d{8}T\d{9}Z\.sqlite$/) as string,
      reason: 'it is not a SQLite database',
    });
    expect(status.backups).toHaveLength(1);
    expect(status.backupProblem).toBeNull();
    expect(await again.listDatasets()).toEqual([]);

    const [backup] = status.backups;
    // Reads that arrive meanwhile wait for the exchange.
    const restored = again.restoreBackup(backup?.name ?? '');
    const listed = again.listDatasets();
    await restored;
    expect((await listed).map((dataset) => dataset.id)).toEqual([ID]);
    expect(contentHash((await again.readBars({ datasetId: ID })).bars)).toBe(hash);
    await again.saveDocument('layout', '{}');
    expect(await code(again.restoreBackup('none'))).toBe('NOT_FOUND');
    expect((await again.listDatasets()).length).toBe(1);
  });

  it('backs up on demand while it imports', async () => {
    const store = await open();
    await store.importFile({ path: minutes('a.csv', 50_000), options });
    const importing = store.importFile({ path: minutes('b.csv', 200_000, 5), options });
    const backup = await store.backup();
    await importing;
    const copy = new Database(join(folder, 'data', 'backups', backup.name), { readonly: true });
    expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(
      copy.prepare('SELECT bar_count AS n FROM dataset_versions WHERE version = 1').get(),
    ).toEqual({ n: 50_000 });
    copy.close();
  });

  it('names the range of a damaged chunk and reads the others', async () => {
    const store = await open();
    await store.importFile({ path: minutes('a.csv', 20_000), options });
    const connection = new Database(join(folder, 'data', 'history.sqlite'));
    connection.prepare(`UPDATE chunks SET bytes = zeroblob(40) WHERE first_time > 0`).run();
    connection.close();
    expect(await code(store.readBars({ datasetId: ID }))).toBe('STORE_DAMAGED');
    expect((await store.readBars({ datasetId: ID, end: 60_000 })).totalBars).toBe(2);
  });

  it('refuses a store of a newer version', async () => {
    await (await open()).close();
    const connection = new Database(join(folder, 'data', 'history.sqlite'));
    connection.pragma('user_version = 999');
    connection.close();
    expect(await code(open())).toBe('CONFLICT');
  });
});

describe('a killed import', () => {
  const child = fileURLToPath(new URL('storage-import-child.ts', import.meta.url));

  /** Starts an import in a process of its own. */
  function importInChild(path: string): ChildProcess {
    return fork(child, [join(folder, 'data'), path], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  it('leaves the old version whole, whenever the process is killed', async () => {
    const store = await open();
    const old = await store.importFile({ path: minutes('old.csv', 30_000), options });
    await store.close();
    const path = minutes('new.csv', 150_000, 77);
    const file = join(folder, 'data', 'history.sqlite');
    const whole = readFileSync(file);
    let before = 0;
    // After so many reports of progress, and once the write has begun; on until enough kills came in time.
    const moments = [1, 2, 4, 6, 'write', 'write', ...Array<number>(12).fill(1)];
    for (const [round, reports] of moments.entries()) {
      if (round >= 6 && before >= 4) break;
      // Each kill meets the store as it was.
      rmSync(join(folder, 'data'), { recursive: true });
      mkdirSync(join(folder, 'data'));
      writeFileSync(file, whole);
      const process = importInChild(path);
      let seen = 0;
      process.on('message', (message) => {
        seen += 1;
        const due = message === reports || seen === reports || message === 'done';
        if (due) process.kill('SIGKILL');
      });
      // The child waits for the signal, however late it comes.
      const [, signal] = (await once(process, 'exit')) as [number | null, string | null];
      expect(signal).toBe('SIGKILL');

      const again = await open();
      expect((await again.status()).recovered).toBeNull();
      const { bars, contentHash: hash, version } = await again.readBars({ datasetId: ID });
      // A kill after the commit finds the new version, whole as well.
      expect(contentHash(bars)).toBe(hash);
      expect(bars.time.length).toBe(version === 1 ? 30_000 : 150_000);
      if (version === 1) before += 1;
      const first = await again.readBars({ datasetId: ID, version: 1 });
      expect(contentHash(first.bars)).toBe(old.contentHash);
      expect(await code(again.readBars({ datasetId: ID, version: version + 1 }))).toBe('NOT_FOUND');
      await again.close();
      const connection = new Database(file);
      expect(connection.pragma('integrity_check', { simple: true })).toBe('ok');
      expect(connection.pragma('foreign_key_check')).toEqual([]);
      expect(
        connection
          .prepare(
            'SELECT count(*) AS n FROM chunks WHERE id NOT IN (SELECT chunk_id FROM version_chunks)',
          )
          .get(),
      ).toEqual({ n: 0 });
      connection.close();
    }
    expect(before).toBeGreaterThanOrEqual(4);
  });
});
