import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reachWorkstation, type ControlClient } from '../../electron/cli/control-client.ts';
import { LAYOUT } from '../../electron/layout.ts';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import { decimal } from '../../engine/domain/decimal.ts';
import type { LiveOrderView, Ticket } from '../../engine/protocol/live-schemas.ts';
import { KEYS, StubAlpaca } from '../stubs/alpaca/server.ts';

const ACCOUNT = 'PA3STUB0001';
const INSTRUMENT = 'AAPL.XNAS';
const BUY = ['order', 'buy', '5', 'AAPL', '--venue', 'alpaca', '--type', 'limit', '--tif', 'gtc'];
const RUN = ['live', 'sma-cross', '--venue', 'alpaca', '--instrument', 'AAPL', '--timeframe', '1m'];
/** Keys are in the environment, as they are given where there is no window. */
const ENVIRONMENT = {
  ...process.env,
  RENATA_ALPACA_KEY_ID: KEYS.keyId,
  RENATA_ALPACA_SECRET_KEY: KEYS.secretKey,
};

const folder = mkdtempSync(join(tmpdir(), 'renata-live-account-'));
let stub: StubAlpaca;
let prices: NodeJS.Timeout;
let server: ChildProcess | undefined;
let client: ControlClient;
/** Everything that processes have printed. */
let said = '';

beforeAll(async () => {
  stub = await StubAlpaca.start();
  prices = setInterval(() => {
    const t = new Date().toISOString();
    stub.streams.tick({ T: 'q', S: 'AAPL', bp: 99.99, ap: 100.01, bs: 5, as: 5, t });
  }, 200);
  await serve();
});
afterAll(async () => {
  clearInterval(prices);
  client.close();
  server?.kill('SIGKILL');
  await stub.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** `renata serve`, until the command line can reach it. */
async function serve(): Promise<void> {
  server = spawn(
    process.execPath,
    [join(LAYOUT.root, 'electron/server.ts'), '--data-dir', folder, '--port', '0'],
    { env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const { promise: up, resolve, reject } = Promise.withResolvers<void>();
  const read = (chunk: Buffer): void => {
    said += chunk.toString();
    if (/\?token=/.test(chunk.toString())) resolve();
  };
  server.stdout?.on('data', read);
  server.stderr?.on('data', read);
  server.once('exit', () => reject(new Error(`the workstation ended: ${said}`)));
  await up;
  client = (await reachWorkstation(folder)) as ControlClient;
}

async function killed(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server?.once('exit', () => resolve());
  server?.kill('SIGKILL');
  await promise;
  client.close();
}

async function renata(...args: string[]) {
  const { promise, resolve } = Promise.withResolvers<{ code: number; out: string; err: string }>();
  execFile(
    process.execPath,
    ['bin/renata.mjs', ...args, '--data-dir', folder],
    { timeout: 300_000, env: ENVIRONMENT },
    (error, out, err) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1;
      said += out + err;
      resolve({ code, out, err });
    },
  );
  return promise;
}

let count = 0;
/** Places an order for so many at the limit, through the running workstation. */
async function place(quantity: string, limitPrice = '99'): Promise<LiveOrderView> {
  count += 1;
  const ticket: Ticket = {
    account: ACCOUNT,
    instrument: INSTRUMENT,
    terms: { side: 'buy', type: 'limit', quantity, limitPrice, timeInForce: 'gtc' },
  };
  const { orders } = await client.call('orders.place', { requestId: `live-${count}`, ticket });
  return orders[0] as LiveOrderView;
}

const orderOf = async (id: string): Promise<LiveOrderView | undefined> =>
  (await client.call('orders.list', { account: null, open: false, limit: 1000 })).find(
    ({ clientOrderId }) => clientOrderId === id,
  );
const account = async () =>
  (await client.call('accounts.list', {})).find(({ id }) => id === ACCOUNT);
const atVenue = () =>
  stub.exchange.orders.map(
    ({ client_order_id: name, status, qty, filled }) => `${name} ${status} ${qty} ${filled}`,
  );
const sent = (): number => stub.calls.filter((call) => call === 'POST /v2/orders').length;

/** Nothing is left to compare, and the audit log is whole. */
async function allIsWell(): Promise<void> {
  await expect
    .poll(() => client.call('reconciliation.run', { account: ACCOUNT }))
    .toMatchObject({ openCases: 0, failures: [] });
  expect(await client.call('audit.verify', {})).toMatchObject({ fault: null });
}

describe('a live account, from the connection to the money', () => {
  it('takes no order before it is armed, and the venue hears nothing', async () => {
    const { tradingUrl, dataUrl, dataStreamUrl } = stub.settings;
    const settings = { environment: 'live', tradingUrl, dataUrl, dataStreamUrl };
    const given = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    const { code, out } = await renata('connect', 'alpaca', '--set', ...given, '--automatic');
    expect([code, out]).toEqual([0, expect.stringMatching(/alpaca +LIVE +ready/)]);
    expect(out).toContain(`${ACCOUNT} (LIVE, not armed): equity 100000 USD`);

    const denied = await renata(...BUY, '--limit-price', '99');
    expect([denied.code, denied.out]).toEqual([1, expect.stringContaining('ACCOUNT_NOT_ARMED')]);
    expect(denied.out).toContain('Buy 5 AAPL @ 99 LMT GTC - LIVE');
    const run = await renata(...RUN, '--arm', 'yes', '--detach');
    expect([run.code, run.err]).toEqual([2, expect.stringContaining(`type the account's name`)]);
    const started = client.call('liveStrategies.start', {
      kind: 'live',
      strategy: 'sma-cross',
      parameters: {},
      instrument: INSTRUMENT,
      timeframe: '1m',
      account: ACCOUNT,
      settings: DEFAULT_SETTINGS,
      warmUp: 0,
      end: null,
      onExit: 'keep',
    });
    await expect(started).rejects.toThrow('live account and not armed');
    expect(await account()).toMatchObject({ live: true, armed: false });
    expect(sent()).toBe(0);
    expect(await client.call('liveStrategies.list', {})).toEqual([]);
  });

  it('places, fills, books and reconciles once it is armed', async () => {
    const { out } = await renata('connect', '--arm', ACCOUNT);
    expect(out).toContain(`${ACCOUNT} (LIVE, armed)`);
    const placed = await renata(...BUY, '--limit-price', '99', '--wait', '0', '--json');
    const { orders } = JSON.parse(placed.out) as { readonly orders: LiveOrderView[] };
    const id = orders[0]?.clientOrderId ?? '';
    expect(atVenue()).toEqual([`${id} new 5 0`]);
    const [theirs] = stub.exchange.orders;
    stub.exchange.fill(theirs?.id ?? '', decimal('2'), decimal('99'));
    stub.exchange.fill(theirs?.id ?? '', decimal('3'), decimal('98.5'));
    await expect.poll(() => orderOf(id)).toMatchObject({ state: 'Filled', filledQuantity: '5' });
    // 2 at 99 and 3 at 98.5 are 493.5.
    await expect
      .poll(async () => (await account())?.cash)
      .toEqual([{ currency: 'USD', amount: '99506.5' }]);
    await allIsWell();
    expect(await client.call('positions.list', {})).toMatchObject([
      { account: ACCOUNT, instrument: INSTRUMENT, quantity: '5', averagePrice: '98.7' },
    ]);
    expect(await client.call('fills.list', { account: null, since: null, limit: 10 })).toHaveLength(
      2,
    );
  });

  it('is disarmed at once; what works can still be cancelled', async () => {
    const open = await place('7');
    await expect.poll(() => orderOf(open.clientOrderId)).toMatchObject({ state: 'Accepted' });
    await client.call('accounts.disarm', { account: ACCOUNT });
    const before = sent();
    expect(await place('6')).toMatchObject({ state: 'Denied', reasonCode: 'ACCOUNT_NOT_ARMED' });
    const { check } = await client.call('orders.amend', {
      clientOrderId: open.clientOrderId,
      change: { limitPrice: '99.5' },
    });
    expect(check).toMatchObject({ allowed: false });
    await client.call('orders.cancel', { clientOrderId: open.clientOrderId });
    await expect.poll(() => orderOf(open.clientOrderId)).toMatchObject({ state: 'Canceled' });
    expect([sent(), stub.calls.filter((call) => call.startsWith('PATCH'))]).toEqual([before, []]);
  });

  it('finds its orders after kill -9, once each, and is not armed again', async () => {
    await client.call('accounts.arm', { account: ACCOUNT, confirmation: ACCOUNT });
    const open = await place('8');
    await expect.poll(() => orderOf(open.clientOrderId)).toMatchObject({ state: 'Accepted' });
    // One more arrives; neither the answer nor the stream tells of it before the end.
    stub.streams.holding = true;
    stub.fault({ call: 'POST /v2/orders', what: { kind: 'drop-after' } });
    const before = sent();
    const lost = place('9').catch(() => undefined);
    await expect.poll(() => atVenue().length).toBe(4);
    await killed();
    await lost;
    const venue = atVenue();
    await serve();
    stub.streams.release();
    await expect.poll(account).toMatchObject({ live: true, armed: false });
    const [, , , late] = stub.exchange.orders;
    for (const id of [open.clientOrderId, late?.client_order_id ?? '']) {
      await expect.poll(() => orderOf(id)).toMatchObject({ state: 'Accepted' });
    }
    await allIsWell();
    expect(await place('6')).toMatchObject({ state: 'Denied', reasonCode: 'ACCOUNT_NOT_ARMED' });
    expect([atVenue(), sent()]).toEqual([venue, before + 1]);
    const listed = await client.call('orders.list', { account: null, open: true, limit: 100 });
    expect(new Set(listed.map(({ clientOrderId }) => clientOrderId))).toEqual(
      new Set([open.clientOrderId, late?.client_order_id]),
    );
  });

  it('runs a strategy only once it is armed, until the kill switch cancels all at the venue', async () => {
    const { code, err } = await renata(...RUN, '--arm', ACCOUNT, '--detach');
    expect([code, err]).toEqual([0, expect.stringContaining(`account ${ACCOUNT} (LIVE)`)]);
    expect(await client.call('liveStrategies.list', {})).toMatchObject([{ kind: 'live' }]);
    expect(stub.exchange.orders.filter((order) => stub.exchange.isOpen(order))).toHaveLength(2);
    const killing = await renata('kill');
    expect(killing.out).toMatch(/^Trading is halted\. 2 orders cancelled/);
    expect(stub.exchange.orders.filter((order) => stub.exchange.isOpen(order))).toEqual([]);
    expect(await place('6')).toMatchObject({ state: 'Denied', reasonCode: 'TRADING_HALTED' });
    await expect
      .poll(() => client.call('liveStrategies.list', {}))
      .toMatchObject([{ state: 'stopped' }]);
    await expect
      .poll(() => client.call('orders.list', { account: null, open: true, limit: 100 }))
      .toEqual([]);
    await allIsWell();
  });

  it('writes its keys nowhere', async () => {
    // A venue that repeats them in what it says of an order.
    await client.call('risk.setState', { state: 'active', reason: '' });
    const message = `the key ${KEYS.keyId} with ${KEYS.secretKey} may not trade`;
    stub.fault({
      call: 'POST /v2/orders',
      what: { kind: 'status', status: 403, body: JSON.stringify({ code: 1, message }) },
    });
    expect(await place('4')).toMatchObject({
      state: 'Rejected',
      reason: expect.stringContaining('the key [redacted] with [redacted] may not trade') as string,
    });
    // And one that refuses them.
    await client.call('connections.disconnect', { id: 'alpaca' });
    stub.fault({ call: 'GET /v2/account', what: { kind: 'status', status: 401 } });
    const refused = await renata('connect', 'alpaca');
    expect(refused.err).toMatch(/^renata: Alpaca refuses the keys \(401\): .*\.\n$/);
    const entries = await client.call('audit.list', { from: 1, limit: 2000 });
    expect(entries.filter(({ kind }) => kind === 'arming').map(({ body }) => body)).toEqual(
      [true, false, true, true].map((armed) => JSON.stringify({ armed })),
    );
    said += JSON.stringify([entries, await client.call('connections.list', {})]);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) =>
      each.isFile(),
    );
    expect(files.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['journal.sqlite', 'websocket.log']),
    );
    for (const key of Object.values(KEYS)) {
      expect(said).not.toContain(key);
      for (const { parentPath, name } of files) {
        const path = join(parentPath, name);
        expect([path, readFileSync(path).includes(key)]).toEqual([path, false]);
      }
    }
  });
});
