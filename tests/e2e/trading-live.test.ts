import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { StubTws } from '../stubs/interactive-brokers/tws.ts';
import {
  CHROMIUM,
  openBrowser,
  removeFolder,
  temporaryFolder,
  untilReady,
  untilStill,
} from './harness.ts';
import { Desk } from './trading-desk.ts';

const ACCOUNT = 'DU1234567';
const IB = 'interactive-brokers';
const MINUTE = 60_000;

/** A chart that follows the market, an algorithm from the ticket, and the watchdog. */
describe.skipIf(CHROMIUM === undefined)('a desk that is live', () => {
  let folder = '';
  let desk: Desk;
  let tws: StubTws;

  beforeAll(async () => {
    folder = temporaryFolder();
    tws = new StubTws({ accounts: [ACCOUNT] });
    await tws.start();
    desk = new Desk(await openBrowser(folder));
    await untilReady(desk.session.page);
  });
  afterAll(async () => {
    await desk.session.close();
    await tws.stop();
    removeFolder(folder);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await desk.session.screenshot('trading-live-failed');
  });

  /** Closed bars that the chart draws: how many there are, and how many its first and last leave room for. */
  async function closed(): Promise<{ count: number; room: number; last: number }> {
    const [count, first, last] = await desk
      .at('chart-canvas')
      .evaluate((element) =>
        ['closed', 'first', 'last'].map((name) => Number((element as HTMLElement).dataset[name])),
      );
    const room = ((last as number) - (first as number)) / MINUTE + 1;
    return { count: count as number, room, last: last as number };
  }

  /** Open, high, low, close, change and volume of the newest bar. */
  const newest = (): Promise<string> =>
    desk.at('chart-legend').locator('.legend-row').nth(1).innerText();

  async function untilMoves(): Promise<void> {
    const before = await newest();
    await expect.poll(newest).not.toBe(before);
  }

  it('draws the bars of the ticket’s symbol as they are made, with studies over them', async () => {
    await desk.command('workspace: trading');
    await desk.command('go to ticket');
    await desk.chooseSymbol('ALFA');
    await desk.command('chart: the symbol of the ticket');
    await desk.untilText('chart-live-state', '● Live');
    await expect.poll(async () => (await closed()).count).toBeGreaterThan(1_000);
    const bars = await closed();
    expect(bars.room).toBe(bars.count);
    expect(Date.now() - bars.last).toBeLessThan(3 * MINUTE);
    await untilMoves();
    await expect.poll(() => desk.textOf('study-s1')).toMatch(/\d\.\d/);
    await desk.session.screenshot('trading-live-chart');
  });

  it('keeps its bars through a lost connection: none is missing and none twice', async () => {
    const before = await closed();
    await desk.toggle('simulated', 'disconnected');
    await desk.command('go to chart');
    await desk.untilText('chart-live-state', /Stale since \d\d:\d\d:\d\d/);
    await untilStill(desk.session.page);
    const stands = await newest();
    await expect.poll(async () => (await closed()).count).toBeGreaterThanOrEqual(before.count);
    await desk.session.screenshot('trading-live-stale');
    const later = await newest();
    expect(later).toBe(stands);
    await desk.toggle('simulated', 'ready');
    await desk.command('go to chart');
    await desk.untilText('chart-live-state', '● Live');
    await untilMoves();
    await expect
      .poll(async () => {
        const after = await closed();
        return after.count >= before.count && after.room === after.count;
      })
      .toBe(true);
  });

  it('starts a TWAP from the ticket, and draws what the account has to do with the price', async () => {
    await desk.ticket('buy');
    await desk.write('ticket-size', '5');
    await desk.choose('ticket-type', 'Limit');
    await desk.write('ticket-limit', '60');
    await desk.send();
    await expect.poll(() => desk.textOf('chart-lines')).toContain('Buy 5 LMT @ 60');
    await desk.command('ticket: algorithm');
    await desk.untilFocused('ticket-mode-algorithm');
    await desk.write('ticket-size', 'x');
    await desk.at('ticket-panel').getByText('This is not a number').waitFor();
    await desk.write('ticket-size', '100');
    await desk.write('algorithm-minutes', '5');
    await desk.untilSend('TWAP: buy 100 ALFA over 5 min - PAPER');
    await desk.untilText('algorithm-schedule', /^10 slices of 10, each 30 s long/);
    await expect
      .poll(() => desk.at('ticket-headroom').locator('.headroom-row').count())
      .toBeGreaterThan(0);
    await desk.session.screenshot('trading-live-algorithm');
    await desk.send();
    await desk.untilText('ticket-outcome', /^● Working TWAP: buy 100 ALFA/);
    await expect.poll(() => desk.textOf('chart-lines')).toMatch(/Long \d+ average @/);
    await desk.command('running algorithms');
    await desk.untilText('algorithms-grid', /ALFA ▲ Buy TWAP ● Working 100/);
    await desk.session.screenshot('trading-live-orders');
    await desk.intoGrid('algorithms-grid');
    await desk.press('Delete');
    await desk.untilFocused('confirm');
    await desk.press('Enter');
    await desk.untilText('ticket-outcome', /Remainder/);
    await desk.command('ticket: order');
    await desk.untilFocused('ticket-mode-order');
  });

  it('has the watchdog watch an account, and stand down', async () => {
    await desk.configure(IB, { port: String(tws.port), clientId: '7' });
    await desk.toggle(IB, 'ready');
    await desk.command('watchdog: watch an account');
    await desk.untilFocused('watchdog-account');
    await desk.choose('watchdog-account', 'PAPER');
    await desk.tabTo('watchdog-set');
    await desk.press('Enter');
    await desk.untilText('watchdog-refused', /orders of PAPER live in this process/);
    await desk.choose('watchdog-account', ACCOUNT);
    await desk.untilText('watchdog-set', `Watch ${ACCOUNT}: cancel orders after 15 s of silence`);
    await desk.tabTo('watchdog-set');
    await desk.press('Enter');
    await desk.untilText('watchdog-state', '✓ Armed');
    await desk.untilText(`watched-${ACCOUNT}`, /cancels orders ✓ armed/);
    await desk.untilText('watchdog-heard', /^last sign of life \d+ s ago$/);
    await desk.session.screenshot('trading-live-watchdog');
    await desk.tabTo(`watchdog-off-${ACCOUNT}`);
    await desk.press('Enter');
    await desk.untilFocused('confirm');
    await desk.press('Enter');
    await desk.untilText('watchdog-state', '– Stood down');
  });

  it('reports no error of its own', () => {
    expect(desk.errors).toEqual([]);
  });
});
