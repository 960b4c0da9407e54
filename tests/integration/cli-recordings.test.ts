import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type ServedWorkstation } from '../../electron/server.ts';
import { Recorder } from '../../electron/services/market-data/recording/recorder.ts';
import { instrumentId } from '../../engine/domain/identifiers.ts';
import { isoDate, MS_PER_DAY, unixMillis } from '../../engine/domain/time.ts';
import type { ContractClient } from '../../engine/protocol/contract.ts';
import { FakeClock } from '../support/fake-clock.ts';

const ROOT = process.cwd();
const yesterday = Date.now() - MS_PER_DAY;
let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'renata-cli-recordings-'));
  const clock = new FakeClock(yesterday);
  const recorder = new Recorder({
    folder: join(folder, 'recordings'),
    clock,
    onDefect: (error) => {
      throw error;
    },
  });
  recorder.record('alpaca', [
    {
      kind: 'trade',
      instrument: instrumentId('AAPL', 'XNAS'),
      price: 187.5,
      size: 100,
      tradeId: '1',
      aggressor: 'buy',
      regular: true,
      venueTime: unixMillis(yesterday),
      receivedTime: unixMillis(yesterday),
    },
  ]);
  await recorder.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function renata(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(ROOT, 'bin/renata.mjs'), ...args, '--data-dir', folder],
      { timeout: 300_000 },
      (error, out, err) =>
        resolve({
          code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1,
          out,
          err,
        }),
    );
  });
}

describe('recordings on the command line', () => {
  it('are listed, exported and deleted', async () => {
    const day = isoDate(yesterday);
    const output = join(folder, 'trades.csv');
    const made = await renata('recordings', 'export', 'alpaca', day, '--output', output, '--json');
    expect([made.code, JSON.parse(made.out)]).toEqual([0, { output, rows: 1 }]);
    expect(readFileSync(output, 'utf8')).toContain('AAPL.XNAS,187.5,100,buy,true,1');
    const wrong = await renata('recordings', 'export', 'alpaca', '2001-01-01', '--output', output);
    expect([wrong.code, wrong.err]).toEqual([
      expect.any(Number),
      `renata: day: there is no recording of alpaca on "2001-01-01"; there are ${day}.\n`,
    ]);
    expect(wrong.code).not.toBe(0);

    const listed = await renata('recordings', 'list', '--days', '14', '--json');
    expect([listed.code, listed.err]).toEqual([0, '']);
    expect(JSON.parse(listed.out)).toMatchObject({
      settings: { record: true, days: 14 },
      days: [{ source: 'alpaca', day, bytes: expect.any(Number) }],
      lost: 0,
    });
    expect((await renata('recordings', 'delete', 'alpaca', day)).code).toBe(0);
    expect(existsSync(join(folder, 'recordings', 'alpaca', `${day}.ticks`))).toBe(false);
    const none = await renata('recordings', 'list', '--json');
    expect(JSON.parse(none.out)).toMatchObject({ settings: { days: 14 }, days: [] });
  });

  it('hold what was watched, and can be replayed', async () => {
    const served: ServedWorkstation = await startServer({
      dataDirectory: folder,
      port: 0,
      seedDefault: false,
      checkOutputs: true,
    });
    try {
      const client: ContractClient = served.workstation.localClient({ carrier: 'cli' });
      const began = Date.now();
      const prints: number[] = [];
      client.on('market.data', ({ trades }) => prints.push(...trades.map(({ price }) => price)));
      await client.call('connections.connect', { id: 'simulated' });
      await client.call('market.watch', { instrument: 'ALFA.SIM', kinds: ['quote', 'trade'] });
      await expect.poll(() => prints.length).toBeGreaterThan(0);
      expect(
        await client.call('instruments.find', { query: 'BETA', connection: 'simulated' }),
      ).not.toEqual([]);
      await expect
        .poll(async () => (await client.call('recordings.list', {})).rows)
        .toBeGreaterThan(0);
      const { days } = await client.call('recordings.list', {});
      const found = days.find(({ source }) => source === 'simulated');
      expect(found).toMatchObject({ source: 'simulated', bytes: expect.any(Number) });
      // Midnight may have come in between.
      const { day = '' } = found ?? {};
      expect([isoDate(began), isoDate(Date.now())]).toContain(day);
      const { bytes } = await client.call('recordings.export', {
        source: 'simulated',
        day,
        kind: 'trade',
        instrument: 'ALFA.SIM',
        format: 'csv',
      });
      const prices = Buffer.from(bytes)
        .toString()
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => Number(line.split(',')[3]));
      expect(prices.slice(0, prints.length)).toEqual(prints.slice(0, prices.length));
      await expect(client.call('recordings.delete', { source: 'simulated', day })).rejects.toThrow(
        'still being recorded',
      );

      await client.call('connections.disconnect', { id: 'simulated' });
      const known = (await client.call('connections.list', {})).find(
        ({ id }) => id === 'simulated',
      );
      await client.call('connections.configure', {
        id: 'simulated',
        settings: {
          ...known?.settings,
          prices: 'replay',
          datasets: `recording:simulated/${day}/ALFA.SIM@1m`,
        },
        keys: {},
        automatic: false,
        acceptWeakStore: false,
      });
      await client.call('connections.connect', { id: 'simulated' });
      // The series that was recorded, and no other.
      const named = async (query: string): Promise<string[]> =>
        (await client.call('instruments.find', { query, connection: 'simulated' })).map(
          ({ instrument }) => instrument.id,
        );
      expect(await named('ALFA')).toEqual(['ALFA.SIM']);
      expect(await named('BETA')).toEqual([]);
    } finally {
      await served.close();
    }
  });
});
