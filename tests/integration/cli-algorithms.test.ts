import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  AlgorithmPreview,
  AlgorithmView,
  QualityRowView,
} from '../../engine/protocol/execution-schemas.ts';
import { FITTED_DOCUMENT } from '../../electron/cli/fitted-slippage.ts';
import { startServer, type ServedWorkstation } from '../../electron/server.ts';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let folder = '';
let served: ServedWorkstation;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'renata-algorithms-'));
  served = await startServer({ dataDirectory: folder, port: 0, seedDefault: true });
});
afterAll(async () => {
  await served.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function renata(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['bin/renata.mjs', ...args, '--data-dir', folder],
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

async function json<Answer>(...args: string[]): Promise<Answer> {
  const { out, err } = await renata(...args, '--json');
  expect(err.split('\n').filter((line) => line.startsWith('renata:'))).toEqual([]);
  return JSON.parse(out) as Answer;
}

interface Started {
  readonly algorithm: AlgorithmView;
}

describe('algorithms on the command line', () => {
  it('shows a schedule and what the gate says, and sends nothing', async () => {
    const { schedule, check } = await json<AlgorithmPreview>(
      ...'algo preview vwap buy 100 ALFA --over 40s --curve 1,2,1'.split(' '),
    );
    expect(schedule.map(({ quantity }) => quantity)).toEqual(['25', '50', '25']);
    expect((schedule.at(-1)?.to ?? 0) - (schedule[0]?.from ?? 0)).toBe(40_000);
    expect(check.allowed).toBe(true);
    expect(await json<unknown[]>('algo', 'list')).toEqual([]);
  });

  it('works an order to its end, and measures what it has cost', async () => {
    const { algorithm } = await json<Started>(
      ...'algo start twap buy 100 ALFA --over 6s --slices 3 --wait'.split(' '),
    );
    expect(algorithm).toMatchObject({ status: 'done', filled: '100', remainder: '0', children: 3 });
    const client = served.workstation.localClient({ carrier: 'websocket' });
    const fills = (
      await client.call('fills.list', { account: null, since: null, limit: 100 })
    ).filter(({ clientOrderId }) => clientOrderId.startsWith(algorithm.id));
    // The same figures from the fills themselves.
    const paid = fills.reduce(
      (sum, { price, quantity }) => sum + Number(price) * Number(quantity),
      0,
    );
    const fees = fills.reduce((sum, { commission }) => sum + Number(commission ?? 0), 0);
    const decided = 100 * Number(algorithm.decisionPrice);
    const [row, ...others] = await json<QualityRowView[]>('quality', '--by', 'algorithm');
    expect(others).toEqual([]);
    expect(row).toMatchObject({ key: 'twap', orders: 1, filled: 100, currency: 'USD' });
    expect(row?.notional).toBeCloseTo(paid, 6);
    expect(row?.slippage.decision.money).toBeCloseTo(paid - decided, 6);
    expect(row?.commission.money).toBeCloseTo(fees, 6);
    expect(row?.shortfall.bps).toBeCloseTo(((paid - decided + fees) / decided) * 1e4, 6);
    const orders = await json<QualityRowView[]>('quality', '--of', 'orders');
    expect(orders.map(({ key }) => key)).toEqual(
      [1, 2, 3].map((child) => `${algorithm.id}-${child}`),
    );
    // No orders, no model.
    const fit = await renata('quality', 'fit', '--default');
    expect(fit.err).toContain('quality fit: there is no model to keep');
    expect(fit.code).toBeGreaterThan(0);
  });

  it('is denied as a whole, with the largest size', async () => {
    const { code, out } = await renata(
      'algo',
      'start',
      'twap',
      'buy',
      '5000',
      'ALFA',
      '--over',
      '1h',
    );
    expect(code).toBe(1);
    expect(out).toMatch(/Denied \(MAX_ORDER_NOTIONAL\): The order is worth/);
    expect(out).toMatch(/The largest quantity that would pass is \d+/);
  });

  it('begins once for each request, pauses, goes on, and leaves a remainder when it is stopped', async () => {
    const order = [
      ...'algo start pov buy 50 BETA --over 10m --rate 10%'.split(' '),
      ...'--limit-price 0.01 --request-id once'.split(' '),
    ];
    const { algorithm } = await json<Started>(...order);
    const again = await json<Started>(...order);
    expect(again.algorithm.id).toBe(algorithm.id);
    const { id } = algorithm;
    const client = served.workstation.localClient({ carrier: 'websocket' });
    expect(await client.call('algorithms.pause', { id })).toMatchObject({ status: 'paused' });
    expect(await client.call('algorithms.resume', { id })).toMatchObject({ status: 'working' });
    const running = await json<AlgorithmView[]>('algo', 'list', '--running');
    expect(running.map((view) => view.id)).toEqual([id]);
    const stopped = await json<AlgorithmView>('algo', 'stop', id);
    expect(stopped).toMatchObject({ status: 'done', remainder: '50', reason: 'Cancelled.' });
  });

  it.each([
    [['start', 'dance', 'buy', '1', 'ALFA'], 'method: "dance" is not one of twap, vwap'],
    [['start', 'vwap', 'buy', '1', 'ALFA'], 'curve: vwap needs --curve'],
    [
      ['start', 'iceberg', 'buy', '10', 'ALFA', '--display', '5'],
      'limit-price: an iceberg order needs one',
    ],
    [['stop', 'none'], 'algorithm: there is none with the id none'],
  ])('refuses %j in one sentence', async (args, message) => {
    const { code, err } = await renata('algo', ...args);
    expect(code).toBeGreaterThan(0);
    expect(err).toContain(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it('stands still after Renata was started again', async () => {
    const { algorithm } = await json<Started>(
      ...'algo start twap buy 10 BETA --over 10m --limit-price 0.01'.split(' '),
    );
    await served.close();
    served = await startServer({ dataDirectory: folder, port: 0, seedDefault: false });
    const [view] = await json<AlgorithmView[]>('algo', 'list', '--running');
    expect(view).toMatchObject({
      id: algorithm.id,
      status: 'paused',
      reason: 'Renata was started again while it worked.',
    });
    await json('algo', 'stop', algorithm.id);
    const rows = await json<QualityRowView[]>('quality', '--by', 'algorithm');
    expect(rows.map(({ key }) => key)).toContain('twap');
  });
});

it('advises a kind of order beside what the gate says', async () => {
  const { out } = await renata('order', 'buy', '10', 'ALFA', '--dry-run', '--urgency', 'low');
  expect(out).toContain('Advice (urgency low): ');
});

it('a backtest has the fitted slippage when it asks for it, and not otherwise', async () => {
  const run = ['backtest', 'sma-cross', '--symbol', 'SPX', '--start', '2019-01-01', '--slippage'];
  const client = served.workstation.localClient({ carrier: 'websocket' });
  const model = { kind: 'bps', bps: 7.5 };
  await client.call('workspace.save', {
    name: FITTED_DOCUMENT,
    json: JSON.stringify({ model, samples: 40, standardError: 0.5 }),
  });
  const { out, err } = await renata(...run, 'fitted', '--json');
  expect(err).toContain('slippage fitted to 40 orders: --slippage 7.5bps');
  const fitted = JSON.parse(out) as Record<string, unknown>;
  const explicit = await json<Record<string, unknown>>(...run, '7.5bps');
  const none = await json<Record<string, unknown>>(...run, '0');
  const statistics = (result: Record<string, unknown>): unknown => result['statistics'];
  expect(statistics(fitted)).toBeDefined();
  expect(statistics(fitted)).toEqual(statistics(explicit));
  expect(statistics(fitted)).not.toEqual(statistics(none));
});
