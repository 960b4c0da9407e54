import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeFrame } from '../../engine/protocol/codec.ts';
import { CHROMIUM, openBrowser, removeFolder, temporaryFolder, untilReady } from './harness.ts';
import { Desk } from './trading-desk.ts';

const SIZES = [
  [1_000, 700],
  [1_280, 800],
  [1_920, 1_080],
] as const;
/** The panel in each place of the layout, and what brings the others to the front. */
const TABS = ['connections', 'risk', 'audit log', 'positions', 'fills', 'accounts', 'inbox'];
const RATE_SECONDS = 4;

/** How trading looks while prices run, in usual sizes and both themes. */
describe.skipIf(CHROMIUM === undefined)('the look of trading', () => {
  let folder = '';
  let desk: Desk;
  /** Updates of each symbol that reached the window. */
  const updates = new Map<string, number>();

  beforeAll(async () => {
    folder = temporaryFolder();
    const session = await openBrowser(folder);
    desk = new Desk(session);
    session.page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        if (typeof payload === 'string') return;
        const frame = decodeFrame(new Uint8Array(payload)) as Record<string, unknown>;
        if (frame['name'] !== 'market.data') return;
        const { quotes } = frame['payload'] as { quotes: { instrument: string }[] };
        for (const { instrument } of quotes)
          updates.set(instrument, (updates.get(instrument) ?? 0) + 1);
      }),
    );
    await session.page.reload();
    await untilReady(session.page);
  });
  afterAll(async () => {
    await desk.session.close();
    removeFolder(folder);
  });

  it('watches four symbols', async () => {
    await desk.command('workspace: trading');
    await desk.untilText('session', 'PAPER');
    for (const symbol of ['ALFA', 'BETA', 'GAMA', 'DELT']) {
      await desk.command('add a symbol');
      await desk.untilFocused('quotes-add');
      await desk.type(symbol.toLowerCase());
      await desk.press('Enter');
      await expect.poll(() => desk.at('ticket-symbol').inputValue()).toBe(symbol);
    }
    await expect.poll(() => desk.price('buy')).toBeGreaterThan(0);
  });

  it('takes no more than 60 updates a second of a symbol, however fast its market is', async () => {
    await desk.toggle('simulated', 'disconnected');
    await desk.configure('simulated', { every: '10' });
    await desk.toggle('simulated', 'ready');
    await expect.poll(() => desk.price('buy')).toBeGreaterThan(0);
    updates.clear();
    const began = performance.now();
    await desk.session.page.waitForTimeout(RATE_SECONDS * 1000);
    const seconds = (performance.now() - began) / 1000;
    expect([...updates.keys()].toSorted()).toEqual([
      'ALFA.SIM',
      'BETA.SIM',
      'DELT.SIM',
      'GAMA.SIM',
    ]);
    for (const [symbol, count] of updates) {
      // The market ticks 100 times a second.
      expect(count / seconds, symbol).toBeGreaterThan(15);
      expect(count / seconds, symbol).toBeLessThanOrEqual(60);
    }
  });

  it('does not move a digit sideways while prices change', async () => {
    const places = (): Promise<string> =>
      desk.session.page.evaluate(() => {
        const right = (selector: string): string =>
          [...document.querySelectorAll(selector)]
            .map((each) => Math.round(each.getBoundingClientRect().right * 10) / 10)
            .join();
        return JSON.stringify([
          right('[data-testid="quotes-grid"] .ag-cell'),
          right('.level-price'),
          right('.level-price + *'),
          right('.side-price'),
          [...document.querySelectorAll('.side-price')].map(
            (each) => each.getBoundingClientRect().left,
          ),
        ]);
      });
    await desk.at('depth-best-bid').waitFor();
    const before = await places();
    const prices = new Set<number>();
    for (let round = 0; round < 15; round += 1) {
      prices.add(await desk.price('buy'));
      const now = await places();
      expect(now).toBe(before);
      await desk.session.page.waitForTimeout(100);
    }
    expect(prices.size).toBeGreaterThan(3);
  });

  it('fits every window, in both themes', async () => {
    const { page } = desk.session;
    await desk.toggle('simulated', 'disconnected');
    await desk.configure('simulated', { every: '1500' });
    await desk.toggle('simulated', 'ready');
    // Something to see in every panel.
    await expect.poll(() => desk.price('buy')).toBeGreaterThan(0);
    for (const [side, size, type] of [
      ['buy', '200', 'Market'],
      ['sell', '50', 'Market'],
      ['buy', '100', 'Limit'],
    ] as const) {
      await desk.ticket(side);
      await desk.write('ticket-size', size);
      await desk.choose('ticket-type', type);
      if (type === 'Limit') {
        await desk.write('ticket-limit', '80.5');
        await desk.tabTo('ticket-protect-on');
        await desk.press('Space');
        await desk.write('ticket-protect', '3');
      }
      await desk.send();
      await desk.untilText('ticket-outcome', /Filled|Working/);
    }
    for (const theme of ['dark', 'light']) {
      await desk.command(`theme: ${theme}`);
      for (const [width, height] of SIZES) {
        await page.setViewportSize({ width, height });
        await desk.command('workspace: trading');
        for (const tab of width === 1_280 ? TABS : ['risk']) {
          await desk.command(`go to ${tab}`);
          await desk.session.screenshot(`trading-${tab.replaceAll(' ', '-')}-${width}-${theme}`);
          await expect.poll(() => clipped(), { message: `${tab} ${width}` }).toEqual([]);
        }
        if (width === 1_280) await settingsAndLife(theme);
        await desk.command('all orders');
        await desk.ticket('buy');
        await desk.write('ticket-size', '150');
        await desk.choose('ticket-type', 'Limit');
        await desk.tabTo('ticket-limit-bid');
        await desk.press('Enter');
        await desk.untilEnabled('ticket-send');
        await desk.session.screenshot(`trading-${width}-${theme}`);
        await expect.poll(() => clipped(), { message: `${width}` }).toEqual([]);
        await desk.press('Escape');
      }
    }
    expect(desk.errors).toEqual([]);
  });

  /** What opens inside of panels: settings of a connection, what is found, and the life of an order. */
  async function settingsAndLife(theme: string): Promise<void> {
    await desk.command('go to connections');
    await desk.tabTo('connection-settings-interactive-brokers');
    await desk.press('Enter');
    await desk.at('connection-form-interactive-brokers').waitFor();
    await desk.command('all orders');
    await desk.intoGrid('orders-grid');
    await desk.press('h');
    await desk.untilText('order-history', /Journaled/);
    await desk.command('add a symbol');
    await desk.untilFocused('quotes-add');
    await desk.type('a');
    await desk.session.page.getByRole('option').first().waitFor();
    await desk.session.screenshot(`trading-opened-1280-${theme}`);
    await expect.poll(() => clipped(), { message: 'opened' }).toEqual([]);
    await desk.press('Escape');
    await desk.command('go to connections');
    await desk.tabTo('connection-settings-interactive-brokers');
    await desk.press('Enter');
    await desk.command('all orders');
    await desk.intoGrid('orders-grid');
    await desk.press('Escape');
    await desk.at('order-history').waitFor({ state: 'detached' });
  }

  /** What sticks out of the window or is cut off without saying so. */
  function clipped(): Promise<string[]> {
    return desk.session.page.evaluate(() => {
      const found: string[] = [];
      if (document.documentElement.scrollWidth > window.innerWidth) found.push('the window');
      const inside =
        '.panel-bar, .form-body, .form-foot, .button, .badge, .chip, .facts dd, .status-bar, .field label, .headroom-figure, .side, .connection, .risk-body, .ag-header-cell-text, .ag-body-horizontal-scroll-viewport';
      for (const each of document.querySelectorAll<HTMLElement>(inside)) {
        if (each.offsetParent === null || each.matches('.clip, .clip *')) continue;
        if (each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0)
          found.push(`${each.className}: ${each.textContent?.slice(0, 40)}`);
      }
      return found;
    });
  }
});
