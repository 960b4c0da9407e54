import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type ServedWorkstation } from '../../electron/server.ts';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'renata-desk-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

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
  const { out, err, code } = await renata(...args, '--json');
  expect([code, err.split('\n').filter((line) => line.startsWith('renata:'))]).toEqual([0, []]);
  return JSON.parse(out) as Answer;
}

interface Order {
  readonly clientOrderId: string;
  readonly state: string;
  readonly filledQuantity: string;
  readonly averagePrice: string | null;
}
interface Positions {
  readonly positions: readonly { readonly instrument: string; readonly quantity: string }[];
  readonly accounts: readonly {
    readonly id: string;
    readonly equity: string;
    readonly cash: readonly { readonly amount: string }[];
  }[];
}

describe('trading on the command line, each command a process of its own', () => {
  it('fills a market order on paper and finds it again', async () => {
    const { orders } = await json<{ orders: Order[] }>('order', 'buy', '100', 'ALFA');
    expect(orders).toMatchObject([{ state: 'Filled', filledQuantity: '100' }]);
    const { positions, accounts } = await json<Positions>('positions');
    expect(positions).toMatchObject([{ instrument: 'ALFA.SIM', quantity: '100' }]);
    // 100,000 less 100 units at the price of the fill and 1 dollar, the least that the broker's table asks.
    const spent = 100 * Number(orders[0]?.averagePrice) + 1;
    expect(Number(accounts[0]?.cash[0]?.amount)).toBeCloseTo(100_000 - spent, 2);
  });

  it('tells the life of an order', async () => {
    const [order] = await json<Order[]>('orders', '--all');
    const { out } = await renata('orders', '--history', order?.clientOrderId ?? '');
    expect(out).toContain('initialized');
    expect(out).toContain('Journaled, and handed to the connection.');
    expect(out).toContain('filled');
  });

  it('denies with a code and the largest size, and sends nothing', async () => {
    const { code, out } = await renata(
      'order',
      'buy',
      '5000',
      'ALFA',
      '--type',
      'limit',
      '--limit-price',
      '90',
    );
    expect(code).toBe(1);
    expect(out).toMatch(/Denied \(MAX_ORDER_NOTIONAL\): The order is worth 450000 USD/);
    expect(out).toMatch(/The largest quantity that would pass is \d+/);
  });

  it.each([
    ['a quantity that is no number', ['order', 'buy', 'ten', 'ALFA'], 'quantity: must be a number'],
    [
      'an order of nothing',
      ['order', 'buy', '0', 'ALFA'],
      'quantity: is 0; it must be more than 0.',
    ],
    [
      'a price off its tick',
      ['order', 'buy', '1', 'ALFA', '--type', 'limit', '--limit-price', '10.005'],
      'limit-price: 10.005 is not on a tick of 0.01; use 10 or 10.01.',
    ],
    [
      '10^13 units',
      ['order', 'buy', '10000000000000', 'ALFA'],
      'quantity: is 10000000000000, more than 1000000000000.',
    ],
    [
      'a symbol that nobody has',
      ['order', 'buy', '1', 'NOPE'],
      'symbol: no connected source has "NOPE"',
    ],
    [
      'a side that is none',
      ['order', 'hold', '1', 'ALFA'],
      'side: must be buy or sell, not "hold".',
    ],
    [
      'a stop without its price',
      ['order', 'sell', '1', 'ALFA', '--type', 'stop'],
      'stop-price: is missing; a stop order needs it.',
    ],
    [
      'a stop loss above the entry',
      ['order', 'buy', '1', 'ALFA', '--type', 'limit', '--limit-price', '90', '--stop-loss', '95'],
      'stop-loss: 95 must be below the entry at 90',
    ],
    ['an order that there is not', ['orders', '--cancel', 'R1'], 'There is no order R1'],
    [
      'a venue that there is not',
      ['order', 'buy', '1', 'ALFA', '--venue', 'moon'],
      'There is no connection "moon"; there are simulated',
    ],
  ])('refuses %s in one sentence', async (_name, args, message) => {
    const { code, err } = await renata(...args);
    expect(code).toBeGreaterThan(0);
    expect(err).toContain(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it('halts by the kill switch until it is resumed, and keeps an unbroken audit log', async () => {
    const killed = await renata('kill', '--flatten');
    expect(killed.out).toMatch(/Trading is halted/);
    const denied = await renata('order', 'buy', '1', 'BETA');
    expect(denied.out).toContain('Denied (TRADING_HALTED)');
    await renata('kill', '--resume');
    const { orders } = await json<{ orders: Order[] }>('order', 'buy', '1', 'BETA');
    expect(orders[0]?.state).toBe('Filled');
    const { positions } = await json<Positions>('positions');
    expect(
      positions.filter(({ quantity }) => quantity !== '0').map(({ instrument }) => instrument),
    ).toEqual(['BETA.SIM']);
    const { out } = await renata('audit', 'verify');
    expect(out).toMatch(/^\d+ entries, unbroken/);
    const reconciled = await json<{ cases: unknown[]; failures: string[] }>('reconcile');
    expect(reconciled).toMatchObject({ cases: [], failures: [] });
  });

  it('names the connection whose setting is wrong, and how to mend it', async () => {
    // Right for made-up prices, which have no speed.
    await json('connect', 'simulated', '--set', 'speed=99999');
    const wrong = await renata('connect', 'simulated', '--set', 'prices=replay');
    const later = await renata('positions');
    for (const { code, err } of [wrong, later]) {
      expect(code).toBe(2);
      expect(err).toContain(
        'renata: speed: must be a number from 1 to 1000, not 99999. This is a setting of Paper trading; ' +
          'change it in Connections, or with renata connect simulated --set speed=….',
      );
    }
    await json('connect', 'simulated', '--set', 'prices=simulator', 'speed=2');
  });
});

describe('beside a workstation that runs', () => {
  let served: ServedWorkstation;
  beforeAll(async () => {
    served = await startServer({ dataDirectory: folder, port: 0, seedDefault: false });
  });
  afterAll(() => served.close());

  it('the command line trades through it', async () => {
    const before = await served.workstation
      .localClient({ carrier: 'websocket' })
      .call('orders.list', { account: null, open: false, limit: 100 });
    const { orders } = await json<{ orders: Order[] }>('order', 'sell', '1', 'BETA');
    expect(orders[0]?.state).toBe('Filled');
    const after = await served.workstation
      .localClient({ carrier: 'websocket' })
      .call('orders.list', { account: null, open: false, limit: 100 });
    expect(after).toHaveLength(before.length + 1);
  });

  it('its key and its socket are the user’s alone', () => {
    for (const name of ['control.key', 'control.sock']) {
      expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
    }
    expect(readFileSync(join(folder, 'control.key'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
  });
});
