import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'renata-replay-'));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

async function renata(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['bin/renata.mjs', ...args, '--data-dir', folder],
    { timeout: 300_000 },
  );
  return stdout;
}

interface Orders {
  readonly orders: readonly { readonly state: string; readonly filledQuantity: string }[];
}

describe('paper trading on a replay, each command a process of its own', () => {
  it('takes old bars for the prices of now, and closes what is held', async () => {
    // The paper connection is up by itself; its settings change all the same.
    await renata(
      'connect',
      'simulated',
      '--set',
      'prices=replay',
      '--set',
      'speed=5',
      '--set',
      'datasets=SPX.INDEX@1d',
    );
    const bought = JSON.parse(
      await renata('order', 'buy', '10', 'SPX', '--stop-loss', '900', '--json'),
    ) as Orders;
    expect(bought.orders).toMatchObject([
      { state: 'Filled', filledQuantity: '10' },
      { state: 'Accepted', filledQuantity: '0' },
    ]);
    // Another process has to hear a price first.
    const closed = JSON.parse(await renata('positions', '--flatten', 'SPX', '--json')) as Orders;
    expect(closed.orders).toMatchObject([{ state: 'Filled', filledQuantity: '10' }]);
    const { positions } = JSON.parse(await renata('positions', '--json')) as {
      positions: unknown[];
    };
    expect(positions).toEqual([]);
  });
});
