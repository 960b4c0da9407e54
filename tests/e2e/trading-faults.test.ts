import type { WebSocketRoute } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readPlaceOrder } from '../stubs/interactive-brokers/layouts.ts';
import { StubTws } from '../stubs/interactive-brokers/tws.ts';
import {
  CHROMIUM,
  ELECTRON,
  openBrowser,
  openElectron,
  removeFolder,
  temporaryFolder,
  untilReady,
} from './harness.ts';
import { Desk } from './trading-desk.ts';

const ACCOUNT = 'DU1234567';
const LIVE_ACCOUNT = 'U7654321';
const IB = 'interactive-brokers';
/** What a lost connection may take to be shown. */
const SHOWN_WITHIN_MS = 2_000;
/** A venue that is back is asked about an order until it has said twice that it never had it. */
const DOUBTS_END_MS = 120_000;

/** A broker that breaks off in the middle of an order, on its own wire protocol, and comes back. */
describe.each([
  ['Chromium', CHROMIUM !== undefined, openBrowser],
  ['Electron', ELECTRON !== undefined, openElectron],
] as const)('trading with a broker that breaks off, in %s', (_name, available, open) => {
  let folder = '';
  let desk: Desk;
  let tws: StubTws;
  let quotes: ReturnType<typeof setInterval> | undefined;

  async function startTws(account: string): Promise<StubTws> {
    const stub = new StubTws({ accounts: [account] });
    stub.tradeTime = `${new Date().toISOString().slice(0, 19).replaceAll('-', '').replace('T', ' ')} UTC`;
    await stub.start();
    let round = 0;
    clearInterval(quotes);
    quotes = setInterval(() => {
      round += 1;
      const bid = 187 + (round % 20) / 100;
      stub.tick('AAPL', 1, bid, 300);
      stub.tick('AAPL', 2, Number((bid + 0.02).toFixed(2)), 200);
      stub.tick('AAPL', 4, bid, 100);
    }, 250);
    return stub;
  }

  beforeAll(async () => {
    if (!available) return;
    folder = temporaryFolder();
    tws = await startTws(ACCOUNT);
    desk = new Desk(await open(folder));
    await untilReady(desk.session.page);
  });
  afterAll(async () => {
    if (!available) return;
    clearInterval(quotes);
    await desk.session.close();
    await tws.stop();
    removeFolder(folder);
  });
  // What the window showed when a test failed.
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await desk.session.screenshot('trading-faults-failed');
  });
  const test = it.skipIf(!available);

  const lastOrder = () => tws.orders.at(-1) as (typeof tws.orders)[number];
  /** Orders that were sent, whether they arrived or not; questions what one would need are none. */
  const sent = (): number =>
    tws.received.filter((fields) => fields[0] === '3' && readPlaceOrder(fields)['whatIf'] !== '1')
      .length;

  /** A limit order that may wait for its session, sent by keyboard. */
  async function place(size: string, limit: string): Promise<void> {
    await desk.ticket('buy');
    await desk.write('ticket-size', size);
    await desk.choose('ticket-type', 'Limit');
    await desk.write('ticket-limit', limit);
    await desk.choose('ticket-force', 'GTC, stays open');
    await desk.untilSend(new RegExp(`^Buy ${size} AAPL @ ${limit} LMT GTC - `));
    await desk.send();
  }

  test('connects to it beside paper trading, and trades in its account', async () => {
    await desk.command('workspace: trading');
    await desk.configure(IB, { port: String(tws.port), clientId: '7' });
    await desk.toggle(IB, 'ready');
    await desk.untilText('session', 'PAPER');
    await desk.untilText(`status-${IB}`, /Interactive Brokers$/);
    await desk.command('go to ticket');
    await desk.choose('ticket-account', `${ACCOUNT} paper`);
    await desk.chooseSymbol('AAPL');
    await place('100', '187.25');
    await desk.untilText('ticket-outcome', /Working/);
    tws.fill(lastOrder(), 30, 187.2);
    await desk.command('open orders');
    await desk.untilOrder({ symbol: 'AAPL', state: '● Part filled', filled: '30' });
    tws.fill(lastOrder(), 70, 187.25);
    await desk.untilText('ticket-outcome', /Filled/);
    await desk.command('go to positions');
    await expect.poll(() => desk.cells('positions-grid', 'position')).toContain('+100');
    await desk.session.screenshot('trading-broker');
  });

  test('shows within two seconds that it is lost, and an order in the middle as unknown', async () => {
    const before = sent();
    tws.fates = ['cut-after'];
    const orders = tws.orders.length;
    await desk.command('open orders');
    await place('50', '180');
    // The order has arrived; before its answer the venue is gone.
    await expect.poll(() => tws.orders.length, { interval: 5 }).toBe(orders + 1);
    const lostAt = performance.now();
    await tws.stop();
    await desk.at(`status-${IB}`).filter({ hasText: /:/ }).waitFor();
    await desk.untilOrder({ quantity: '50', state: '? Unknown' });
    expect(performance.now() - lostAt).toBeLessThan(SHOWN_WITHIN_MS);
    await expect
      .poll(() => desk.textOf(`status-${IB}`))
      .toMatch(/reconnecting|scheduled break|needs you/);
    await desk
      .at('toast')
      .filter({ hasText: /unknown/i })
      .first()
      .waitFor();
    await desk.session.screenshot('trading-lost');
    // Nothing new is taken, and the unknown order is not sent again.
    await desk.ticket('buy');
    await desk.write('ticket-size', '1');
    await desk.write('ticket-limit', '180');
    await desk.untilText('ticket-denial-code', 'ORDERS_NOT_HEARD');
    await desk.press('Enter');
    await desk.press('Escape');
    expect(sent()).toBe(before + 1);
  });

  test('finds the order again, with what it has filled meanwhile, and never sent it twice', async () => {
    const before = sent();
    tws.fill(lastOrder(), 20, 179.9);
    await tws.start();
    await desk.untilPhase(IB, 'ready');
    await desk.command('open orders');
    await desk.untilOrder({ quantity: '50', state: '● Part filled', filled: '20' });
    await desk.command('go to fills');
    await expect.poll(() => desk.cells('fills-grid', 'quantity')).toEqual(['20', '70', '30']);
    expect(sent()).toBe(before);
    await expect.poll(() => desk.at('status-cases').count()).toBe(0);
    // Prices go on.
    const seen = await desk.price('buy');
    await expect.poll(() => desk.price('buy')).not.toBe(seen);
  });

  test('an order that never arrived is unknown until the venue has said so twice', async () => {
    const orders = tws.orders.length;
    const before = sent();
    tws.fates = ['cut-before'];
    await place('7', '170');
    await expect.poll(sent, { interval: 5 }).toBe(before + 1);
    await desk.command('all orders');
    await desk.untilOrder({ quantity: '7', state: '? Unknown' });
    await expect
      .poll(async () => (await desk.rows('orders-grid'))[0]?.['state'], { timeout: DOUBTS_END_MS })
      .toBe('✕ Rejected');
    expect(tws.orders).toHaveLength(orders);
    expect(sent()).toBe(before + 1);
  });

  test('takes over an order that was placed elsewhere', async () => {
    const words = { action: 'SELL', orderType: 'LMT', lmtPrice: '300' };
    tws.placeElsewhere('MSFT', { ...words, totalQuantity: '5', orderRef: 'their bot' }, 12, 4);
    await desk.command('open orders');
    await desk.untilOrder({ symbol: 'MSFT', side: '▼ Sell', quantity: '5', state: '● Working' });
  });

  test('tells of a difference, with what each side says, and mends nothing by itself', async () => {
    const held = [...tws.positions.values()].find(({ contract }) => contract.symbol === 'AAPL');
    if (held === undefined) throw new Error('TWS has no position.');
    held.quantity += 40;
    await desk.command('compare with the venues');
    await desk.untilText('status-cases', '1 case open');
    await desk.untilText('inbox-view', /^Position differs/);
    await expect.poll(() => desk.textOf('inbox-view')).toMatch(/The venue says.*160.*We say.*120/);
    await desk.session.screenshot('trading-inbox');
    const first = desk.at('inbox-view').locator('.case-proposals button').first();
    const proposal = (await first.getAttribute('data-testid')) ?? '';
    await desk.tabTo(proposal);
    await desk.press('Enter');
    await desk.at('inbox-note').waitFor();
    await desk.write('inbox-note', 'seen');
    await desk.press('Enter');
    await desk.at('status-cases').waitFor({ state: 'detached' });
    await desk.command('go to positions');
    await expect.poll(() => desk.cells('positions-grid', 'position')).toContain('+160');
  });

  test('cannot hide that an account is live, and arms it by its typed name alone', async () => {
    const { page } = desk.session;
    await desk.toggle(IB, 'disconnected');
    await tws.stop();
    tws = await startTws(LIVE_ACCOUNT);
    await desk.configure(IB, { mode: 'live', port: String(tws.port) });
    await desk.toggle(IB, 'ready');
    await desk.untilText('session', 'LIVE · not armed');
    const border = (): Promise<string> =>
      page
        .locator('.app')
        .evaluate((element) => getComputedStyle(element, '::after').borderTopWidth);
    await expect.poll(() => border()).toBe('3px');
    await desk.command('go to ticket');
    await desk.choose('ticket-account', `${LIVE_ACCOUNT} LIVE`);
    await desk.at('ticket-panel').getByText('LIVE: real money.').waitFor();
    await desk.ticket('buy');
    await desk.write('ticket-size', '1');
    await desk.choose('ticket-type', 'Limit');
    await desk.write('ticket-limit', '180');
    await desk.untilText('ticket-denial-code', 'ACCOUNT_NOT_ARMED');
    await desk.session.screenshot('trading-live-not-armed');
    expect(tws.orders).toEqual([]);

    await desk.command('go to connections');
    await desk.tabTo(`arm-${LIVE_ACCOUNT}`);
    await desk.press('Enter');
    await desk.untilFocused('arm-confirmation');
    await desk.type(LIVE_ACCOUNT.slice(0, -1));
    await desk.press('Enter');
    await expect.poll(() => desk.at('confirm').isDisabled()).toBe(true);
    await desk.session.screenshot('trading-live-arm');
    await desk.type(LIVE_ACCOUNT.slice(-1));
    await desk.untilEnabled('confirm');
    await desk.press('Enter');
    await desk.untilText('session', 'LIVE · ARMED');
    await place('1', '180');
    await expect.poll(() => tws.orders.length).toBe(1);
    await desk.untilText('ticket-outcome', /Working.*LIVE/);
    await desk.session.screenshot('trading-live');

    await desk.command('go to connections');
    await desk.tabTo(`disarm-${LIVE_ACCOUNT}`);
    await desk.press('Enter');
    await desk.untilText('session', 'LIVE · not armed');
    // Paper trading goes on beside it, and its ticket says so.
    await desk.command('go to ticket');
    await desk.choose('ticket-account', 'PAPER paper');
    await expect.poll(() => desk.at('ticket-panel').getByText('LIVE: real money.').count()).toBe(0);
    await expect.poll(() => border()).toBe('3px');
    await desk.toggle(IB, 'disconnected');
    await desk.untilText('session', 'PAPER');
    await expect.poll(() => border()).not.toBe('3px');
  });

  test('reports no error of its own', () => {
    expect(desk.errors).toEqual([]);
  });
});

/** The window loses the workstation in the middle of an order, and finds it again. */
describe.skipIf(CHROMIUM === undefined)('trading in a window that loses the workstation', () => {
  let folder = '';
  let desk: Desk;
  /** While set, nothing of the workstation reaches the window. */
  let deaf = false;
  const sockets: WebSocketRoute[] = [];

  beforeAll(async () => {
    folder = temporaryFolder();
    const session = await openBrowser(folder);
    desk = new Desk(session);
    await session.page.routeWebSocket(/./, (socket) => {
      const server = socket.connectToServer();
      sockets.push(socket);
      server.onMessage((message) => {
        if (!deaf) socket.send(message);
      });
    });
    await session.page.reload();
    await untilReady(session.page);
  });
  afterAll(async () => {
    await desk.session.close();
    removeFolder(folder);
  });

  it('does not double an order whose answer was lost', async () => {
    const { page } = desk.session;
    await desk.command('workspace: trading');
    await desk.command('go to ticket');
    await desk.chooseSymbol('ALFA');
    const limit = ((await desk.price('buy')) + 20).toFixed(1);
    await desk.ticket('sell');
    await desk.write('ticket-size', '7');
    await desk.choose('ticket-type', 'Limit');
    await desk.write('ticket-limit', limit);
    await desk.untilSend(/^Sell 7 ALFA/);
    await desk.untilEnabled('ticket-send');
    deaf = true;
    await desk.press('Enter');
    await desk.untilText('ticket-send', 'Sending …');
    // The order has left; its answer does not come, and the carrier breaks.
    await page.waitForTimeout(500);
    const lostAt = performance.now();
    for (const socket of sockets.splice(0)) await socket.close();
    await desk.at('connection').filter({ hasText: 'Connection lost' }).waitFor();
    await desk.at('ticket-failure').waitFor();
    expect(performance.now() - lostAt).toBeLessThan(SHOWN_WITHIN_MS);
    await expect.poll(() => desk.textOf('ticket-failure')).toContain('does not place it twice');
    await desk.session.screenshot('trading-carrier-lost');
    deaf = false;
    await desk.at('connection').filter({ hasText: 'Connected' }).waitFor();
    await desk.command('open orders');
    await expect.poll(() => desk.cells('orders-grid', 'quantity')).toEqual(['7']);
    // The same ticket again is the same request: it gives the order that there is.
    await desk.command('go to ticket');
    await desk.untilEnabled('ticket-send');
    await desk.send();
    await desk.untilText('ticket-outcome', /Working/);
    await expect.poll(() => desk.cells('orders-grid', 'quantity')).toEqual(['7']);
    // Prices go on: the watches were asked for again.
    const seen = await desk.price('buy');
    await expect.poll(() => desk.price('buy')).not.toBe(seen);
    expect(desk.errors.filter((text) => !text.includes('WebSocket'))).toEqual([]);
  });
});
