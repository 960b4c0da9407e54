import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import {
  CHROMIUM,
  ELECTRON,
  openBrowser,
  openElectron,
  removeFolder,
  temporaryFolder,
  untilReady,
  untilSaved,
  untilStill,
} from './harness.ts';
import { Desk } from './trading-desk.ts';

/** Trading on the simulated venue in each carrier's real window: everything by keyboard. */
describe.each([
  ['Chromium', CHROMIUM !== undefined, openBrowser],
  ['Electron', ELECTRON !== undefined, openElectron],
] as const)('trading in %s', (_name, available, open) => {
  let folder = '';
  let desk: Desk;

  async function start(): Promise<void> {
    const session = await open(folder);
    desk = new Desk(session, desk?.errors);
    await untilReady(session.page);
  }

  beforeAll(async () => {
    if (!available) return;
    folder = temporaryFolder();
    await start();
  });
  afterAll(async () => {
    if (!available) return;
    await desk.session.close();
    removeFolder(folder);
  });
  // What the window showed when a test failed.
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await desk.session.screenshot('trading-failed');
  });
  const test = it.skipIf(!available);

  test('begins with paper trading, and says so', async () => {
    await desk.command('workspace: trading');
    await desk.untilText('session', 'PAPER');
    await desk.untilText('status-simulated', /Paper trading/);
    await desk.toggle('simulated', 'disconnected');
    await desk.untilText('session', 'RESEARCH');
    // The word is as wide as it needs, and not over its neighbour.
    await expect
      .poll(() =>
        desk.at('session').evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth),
      )
      .toBeLessThanOrEqual(0);
    await desk.at('ticket-panel').getByText('No account to trade with').waitFor();
    // Slower ticks, and fills no larger than what is quoted: so they come in parts.
    await desk.configure('simulated', { every: '900', fillBySize: 'on' });
    await desk.toggle('simulated', 'ready');
    await desk.untilText('session', 'PAPER');
  });

  test('finds and watches symbols as they are typed', async () => {
    for (const symbol of ['ALFA', 'BETA']) {
      await desk.command('add a symbol');
      await desk.untilFocused('quotes-add');
      await desk.type(symbol.toLowerCase());
      await desk.press('Enter');
      await desk.at('quotes-grid').getByText(symbol, { exact: true }).waitFor();
      await expect.poll(() => desk.at('ticket-symbol').inputValue()).toBe(symbol);
    }
    await expect.poll(() => desk.price('buy')).toBeGreaterThan(0);
    await expect
      .poll(async () => (await desk.price('buy')) > (await desk.price('sell')))
      .toBe(true);
    await desk.at('depth-best-bid').waitFor();
    await desk.session.screenshot('trading-watch');
  });

  test('places a limit order, changes quantity and price, and fills it in parts', async () => {
    const ask = await desk.price('buy');
    await desk.ticket('buy');
    await desk.write('ticket-size', '1000');
    await desk.choose('ticket-type', 'Limit');
    await desk.write('ticket-limit', '50');
    await desk.untilSend('Buy 1000 BETA @ 50 LMT DAY - PAPER');
    // The arrows know the tick: one up, ten down.
    await desk.press('ArrowUp');
    await desk.press('Shift+ArrowDown');
    await expect.poll(() => desk.at('ticket-limit').inputValue()).toBe('49.91');
    await desk.untilSend('Buy 1000 BETA @ 49.91 LMT DAY - PAPER');
    await expect
      .poll(() => desk.at('ticket-headroom').locator('.headroom-row').count())
      .toBeGreaterThan(4);
    await expect.poll(() => desk.textOf('ticket-preview')).toContain('Cost 49,910.00 USD');
    await desk.untilEnabled('ticket-send');
    await desk.press('Enter');
    await desk.untilText('ticket-outcome', /Working/);
    await desk.command('open orders');
    await desk.untilOrder({ quantity: '1,000', limitPrice: '49.91', filled: '0' });
    await desk.amend(0, 'quantity', '1400');
    await desk.untilOrder({ quantity: '1,400', limitPrice: '49.91' });
    await desk.amend(0, 'limitPrice', '50.5');
    await desk.untilOrder({ quantity: '1,400', limitPrice: '50.50' });
    // Off the tick it is told in one sentence, and the order stays as it was.
    await desk.amend(0, 'limitPrice', '50.005');
    await desk.untilText('orders-told', /^Not changed\. .*tick/);
    await desk.untilOrder({ limitPrice: '50.50' });
    // A price that the market gives: no more than 900 are ever quoted.
    await desk.amend(0, 'limitPrice', (ask + 2).toFixed(2));
    await desk.untilText('ticket-outcome', /Filled/);
    await desk.command('all orders');
    await desk.untilOrder({ state: '✓ Filled', filled: '1,400' });
    await desk.command('go to fills');
    const sizes = async (): Promise<number[]> =>
      (await desk.cells('fills-grid', 'quantity')).map((text) => Number(text.replaceAll(',', '')));
    await expect.poll(async () => (await sizes()).reduce((sum, size) => sum + size, 0)).toBe(1400);
    expect(Math.max(...(await sizes()))).toBeLessThanOrEqual(900);
    await desk.command('go to positions');
    await expect.poll(() => desk.cells('positions-grid', 'position')).toEqual(['+1,400']);
  });

  test('sells at the market, from the first key to the last', async () => {
    await desk.ticket('sell');
    await desk.write('ticket-size', '1300');
    await desk.choose('ticket-type', 'Market');
    await desk.untilSend('Sell 1300 BETA MKT DAY - PAPER');
    await desk.send();
    await desk.untilText('ticket-outcome', /Filled/);
    await expect.poll(() => desk.cells('positions-grid', 'position')).toEqual(['+100']);
  });

  test('cancels with Delete, and tells the life of an order', async () => {
    await desk.ticket('buy');
    await desk.write('ticket-size', '5');
    await desk.choose('ticket-type', 'Limit');
    await desk.write('ticket-limit', '60');
    await desk.untilSend(/^Buy 5 BETA @ 60 LMT/);
    await desk.untilEnabled('ticket-send');
    await desk.press('Enter');
    await desk.command('open orders');
    await desk.untilOrder({ quantity: '5', state: '● Working' });
    await desk.intoGrid('orders-grid');
    await desk.press('Delete');
    await desk.at('orders-panel').getByText('No open orders').waitFor();
    await desk.command('all orders');
    await expect.poll(() => desk.rows('orders-grid')).toHaveLength(3);
    await desk.intoGrid('orders-grid');
    await desk.press('h');
    await desk.untilText('order-history', /Working.*Cancellation asked for/);
    await desk.press('ArrowDown');
    await desk.press('ArrowDown');
    await desk.untilText('order-history', /Buy 1400 BETA.*Changed.*trade S/);
    await desk.session.screenshot('trading-history');
    await desk.press('Escape');
    await desk.at('order-history').waitFor({ state: 'detached' });
  });

  test('denies with the code, and takes the largest size that passes', async () => {
    await desk.ticket('buy');
    await desk.write('ticket-size', '100000');
    await desk.tabTo('ticket-limit-ask');
    await desk.press('Enter');
    await desk.untilText('ticket-denial', /^Denied\. The order is worth [\d,.]+ USD; the most/);
    await desk.untilText(
      'ticket-denial-code',
      /^MAX_ORDER_NOTIONAL · the most that passes: 1,[\d.]+$/,
    );
    await expect.poll(() => desk.at('ticket-send').isDisabled()).toBe(true);
    await expect.poll(() => desk.at('ticket-headroom').locator('.over').count()).toBeGreaterThan(0);
    // Enter does not send what is denied.
    await desk.press('Enter');
    await desk.tabBackTo('ticket-size');
    await desk.press('Enter');
    await desk.session.screenshot('trading-denied');
    await desk.tabTo('ticket-take');
    await desk.press('Enter');
    await desk.untilEnabled('ticket-send');
    const size = Number(await desk.at('ticket-size').inputValue());
    expect(size).toBeGreaterThan(1000);
    expect(size).toBeLessThan(1500);
    await desk.at('ticket-denial').waitFor({ state: 'detached' });
    await desk.press('Escape');
    await expect.poll(() => desk.at('ticket-size').inputValue()).toBe('');
    await desk.untilText('orders-all', 'All 3');
    // An order that another program gives is denied as well, and is on the record.
    const words = `order buy 100000 BETA --type limit --limit-price 60 --data-dir ${folder}`;
    const renata = promisify(execFile)(process.execPath, [
      fromRoot('bin/renata.mjs'),
      ...words.split(' '),
    ]);
    await expect(renata).rejects.toMatchObject({ code: 1 });
    await desk.untilText('orders-all', 'All 4');
    await desk.command('all orders');
    await desk.untilOrder({ state: '✕ Denied', quantity: '100,000' });
    await desk.intoGrid('orders-grid');
    await desk.press('h');
    await desk.untilText('order-history', /MAX_ORDER_NOTIONAL.*Denied.*6,000,000 USD/);
    await desk.press('Escape');
  });

  test('says beside each field what is wrong with it, and sends nothing', async () => {
    const wrong = async (
      testId: string,
      values: readonly (readonly [string, RegExp])[],
    ): Promise<void> => {
      for (const [value, said] of values) {
        await desk.write(testId, value);
        const note = desk.at(testId).locator('xpath=ancestor::*[contains(@class,"field")][1]');
        await expect
          .poll(async () => (await note.locator('.note[role=alert]').allInnerTexts()).join(' | '))
          .toMatch(said);
        await expect.poll(() => desk.at('ticket-send').isDisabled()).toBe(true);
        await desk.press('Enter');
      }
    };
    await desk.ticket('buy');
    await desk.choose('ticket-type', 'Limit');
    await desk.write('ticket-limit', '60');
    await wrong('ticket-size', [
      ['1e5', /^This is not a number; write it as 187\.25\.$/],
      ['1,000', /^Write it without commas/],
      ['0', /^quantity: is 0; it must be more than 0\.$/],
      ['-5', /it must be more than 0\.$/],
      ['0.0000001', /is not a multiple of 0\.000001/],
      ['1000000000000000000000000', /more than 1000000000000\.$/],
    ]);
    await desk.write('ticket-size', '10');
    await wrong('ticket-limit', [
      ['NaN', /^This is not a number/],
      ['60.001', /is not on a tick of 0\.01; use 60 or 60\.01\.$/],
      ['0', /must be more than 0\.$/],
      ['-60', /must be more than 0\.$/],
    ]);
    await desk.write('ticket-limit', '60');
    await desk.tabTo('ticket-target-on');
    await desk.press('Space');
    await wrong('ticket-target', [['x', /^Give a number/]]);
    await desk.choose('ticket-target-unit', 'price');
    await wrong('ticket-target', [['59', /^Must be above the entry at 60\.$/]]);
    await desk.press('Escape');
    await desk.choose('ticket-type', 'Stop');
    await desk.write('ticket-size', '10');
    await wrong('ticket-stop', [
      ['x', /^This is not a number/],
      ['70.001', /tick of 0\.01/],
    ]);
    await desk.press('Escape');
    await desk.choose('ticket-type', 'Trailing stop');
    await desk.write('ticket-size', '10');
    await wrong('ticket-trail', [
      ['x', /^This is not a number/],
      ['-1', /must be more than 0\.$/],
      ['0', /must be more than 0\.$/],
    ]);
    await desk.press('Escape');
    await desk.choose('ticket-type', 'Limit');
    await desk.untilText('orders-all', 'All 4');
  });

  test('brackets an entry, with exits in R and percent', async () => {
    await desk.ticket('buy');
    await desk.write('ticket-size', '10');
    await desk.write('ticket-limit', '60');
    await desk.tabTo('ticket-protect-on');
    await desk.press('Space');
    await desk.write('ticket-protect', '2');
    await desk.tabTo('ticket-target-on');
    await desk.press('Space');
    await desk.choose('ticket-target-unit', 'R');
    await desk.write('ticket-target', '3');
    // The stop 2 % below 60 at 58.80; the target three times as far above at 63.60; ten lose 12 there.
    await desk.untilSend('Buy 10 BETA @ 60 LMT DAY + SL 58.8 + TP 63.6 - PAPER');
    await expect.poll(() => desk.textOf('ticket-risk')).toContain('−12.00 USD');
    await desk.session.screenshot('trading-bracket');
    await desk.untilEnabled('ticket-send');
    await desk.press('Enter');
    await desk.command('open orders');
    await expect.poll(() => desk.rows('orders-grid')).toHaveLength(3);
    await desk.command('cancel all orders');
    await desk.untilFocused('confirm');
    await desk.untilText('confirm', 'Cancel 3 orders');
    await desk.press('Enter');
    await desk.at('orders-panel').getByText('No open orders').waitFor();
  });

  test('reverses a position and adds a stop to it', async () => {
    await desk.command('go to positions');
    await desk.intoGrid('positions-grid');
    await desk.press('r');
    await desk.untilFocused('confirm');
    await desk.untilText('confirm', 'Sell 200 BETA MKT');
    await desk.press('Enter');
    await expect.poll(() => desk.cells('positions-grid', 'position')).toEqual(['-100']);
    await desk.untilText('positions-grid', /no stop/);
    await desk.intoGrid('positions-grid');
    await desk.press('s');
    await desk.untilFocused('ticket-size');
    await desk.untilSend(/^Buy 100 BETA stop [\d.]+ STP GTC reduce only - PAPER$/);
    await desk.untilEnabled('ticket-send');
    await desk.press('Enter');
    await desk.untilText('positions-grid', /stop at venue/);
    await desk.session.screenshot('trading-positions');
  });

  test('finds everything as it was after it was closed and opened again', async () => {
    await desk.command('open orders');
    await desk.command('all orders');
    // The open ones stand there until all have come.
    await expect.poll(() => desk.rows('orders-grid')).toHaveLength(9);
    const orders = await desk.rows('orders-grid');
    await desk.command('go to fills');
    await desk.untilRow('fills-grid');
    await untilStill(desk.session.page);
    const fills = await desk.rows('fills-grid');
    await desk.command('go to accounts');
    const cash = await desk.textOf('account-cash-USD');
    const layout = await shape();
    await untilSaved(desk.session.page, folder);
    await desk.session.close();
    await start();
    await desk.untilText('session', 'PAPER');
    // Shares of a window are whole pixels again in the next one.
    await expect.poll(async () => apart(await shape(), layout)).toBeLessThanOrEqual(2);
    await desk.untilText('account-cash-USD', cash);
    await desk.command('all orders');
    await expect.poll(() => desk.rows('orders-grid')).toEqual(orders);
    await desk.command('go to fills');
    await expect.poll(() => desk.rows('fills-grid')).toEqual(fills);
    await desk.command('go to positions');
    await expect.poll(() => desk.cells('positions-grid', 'position')).toEqual(['-100']);
    await desk.untilText('positions-grid', /stop at venue/);
    // The watchlist and the ticket's instrument came back, and prices move; its own prices did not.
    await expect.poll(() => desk.at('ticket-symbol').inputValue()).toBe('BETA');
    await expect.poll(() => desk.price('buy')).toBeGreaterThan(0);
    await expect.poll(() => desk.rows('quotes-grid')).toHaveLength(2);
    await desk.ticket('buy');
    await desk.choose('ticket-type', 'Limit');
    await expect.poll(() => desk.at('ticket-limit').inputValue()).toBe('');
    // No difference to the venue was found at the start.
    await expect.poll(() => desk.at('status-cases').count()).toBe(0);
  });

  interface Group {
    readonly tabs: string;
    readonly box: readonly number[];
  }

  /** Panels with their place and size, and which of them are in front. */
  function shape(): Promise<readonly Group[]> {
    return desk.session.page.evaluate(() =>
      [...document.querySelectorAll('.dv-groupview')].map((group) => {
        const { x, y, width, height } = group.getBoundingClientRect();
        const tabs = [...group.querySelectorAll('.dv-tab')].map(
          (tab) => `${tab.textContent}${tab.classList.contains('dv-active-tab') ? '*' : ''}`,
        );
        return { tabs: tabs.join(), box: [x, y, width, height] };
      }),
    );
  }

  /** How far two layouts are apart in pixels; Infinity where other panels stand in them. */
  function apart(one: readonly Group[], other: readonly Group[]): number {
    const names = (groups: readonly Group[]): string => groups.map(({ tabs }) => tabs).join(';');
    if (names(one) !== names(other)) return Number.POSITIVE_INFINITY;
    const sizes = other.flatMap(({ box }) => box);
    return Math.max(
      ...one.flatMap(({ box }) => box).map((size, i) => Math.abs(size - (sizes[i] as number))),
    );
  }

  test('keeps orders and positions while the venue is away, and takes no new ones', async () => {
    await desk.toggle('simulated', 'disconnected');
    await desk.command('open orders');
    await expect.poll(() => desk.cells('orders-grid', 'quantity')).toEqual(['100']);
    await desk.at('ticket-panel').getByText('No account to trade with').waitFor();
    await desk.session.screenshot('trading-away');
    await desk.command('go to ticket');
    await desk.untilFocused('connect-paper');
    await desk.press('Enter');
    await desk.at('ticket-symbol').waitFor();
    await expect.poll(() => desk.price('buy')).toBeGreaterThan(0);
    await expect.poll(() => desk.cells('orders-grid', 'quantity')).toEqual(['100']);
  });

  test('stops everything with the kill switch, and resumes', async () => {
    await desk.press('Control+Shift+X');
    await desk.untilFocused('confirm');
    await desk.press('Shift+Tab');
    await desk.press('Shift+Tab');
    await desk.untilFocused('kill-flatten');
    await desk.press('Space');
    await desk.untilText('confirm', 'Cancel all orders, close all positions');
    await desk.session.screenshot('trading-kill');
    await desk.tabTo('confirm');
    await desk.press('Enter');
    await desk.at('toast').filter({ hasText: 'Stopped' }).waitFor();
    await desk.untilText('status-risk', 'TRADING HALTED');
    await desk.command('open orders');
    await desk.at('orders-panel').getByText('No open orders').waitFor();
    await desk.command('go to positions');
    await desk.untilFlat();
    await desk.ticket('buy');
    await desk.write('ticket-size', '1');
    await desk.write('ticket-limit', '60');
    await desk.untilText('ticket-denial', /Trading is halted/);
    await desk.untilText('ticket-denial-code', 'TRADING_HALTED');
    await desk.session.screenshot('trading-halted');
    await desk.command('resume trading');
    await desk.untilFocused('confirm');
    await desk.press('Enter');
    await desk.at('status-risk').waitFor({ state: 'detached' });
    await desk.untilEnabled('ticket-send');
    await desk.ticket('buy');
    await desk.press('Escape');
  });

  test('flattens a position', async () => {
    await desk.ticket('buy');
    await desk.write('ticket-size', '3');
    await desk.choose('ticket-type', 'Market');
    await desk.untilSend('Buy 3 BETA MKT DAY - PAPER');
    await desk.send();
    await desk.command('go to positions');
    await expect.poll(() => desk.cells('positions-grid', 'position')).toContain('+3');
    await desk.intoGrid('positions-grid');
    await desk.press('f');
    await desk.untilFocused('confirm');
    await desk.untilText('confirm', 'Sell 3 BETA MKT');
    await desk.press('Enter');
    await desk.untilFlat();
  });

  test('changes a limit, and the ticket feels it', async () => {
    await desk.command('go to risk');
    await desk.write('limit-maxOrderQuantity', '2');
    await desk.untilText('risk-save', 'Change 1 limit of everything');
    await desk.press('Enter');
    await desk.untilText('risk-save', 'Nothing is changed');
    await desk.ticket('buy');
    await desk.write('ticket-size', '3');
    await desk.untilText('ticket-denial-code', 'MAX_ORDER_QUANTITY · the most that passes: 2');
    await desk.tabTo('ticket-take');
    await desk.press('Enter');
    await expect.poll(() => desk.at('ticket-size').inputValue()).toBe('2');
    await desk.untilEnabled('ticket-send');
    await desk.press('Escape');
    await desk.command('go to risk');
    await desk.write('limit-maxOrderQuantity', '');
    await desk.press('Delete');
    await desk.press('Enter');
    await desk.untilText('risk-save', 'Nothing is changed');
  });

  test('compares with the venue, and checks the chain of the log', async () => {
    await desk.command('compare with the venues');
    await desk.untilText('inbox-told', /compared, no difference/);
    await desk.command('check the chain');
    await desk.untilText('audit-verdict', /^✓ [\d,]+ entries, the chain is whole/);
    await desk.session.screenshot('trading-audit');
  });

  test('reports no error of its own', () => {
    expect(desk.errors).toEqual([]);
  });
});
