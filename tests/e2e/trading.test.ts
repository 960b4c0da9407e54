import type { Locator, WebSocketRoute } from 'playwright';
import { decodeFrame, encodeFrame } from '../../engine/protocol/codec.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CHROMIUM,
  command as paletteCommand,
  openBrowser,
  removeFolder,
  temporaryFolder,
  untilReady,
  untilSaved,
  type Session,
} from './harness.ts';

/** Trading on the simulated venue, from the first quote to the kill switch, by keyboard. */
describe.skipIf(CHROMIUM === undefined)('trading in the window', () => {
  let folder = '';
  let session: Session;
  const errors: string[] = [];
  /** While set, nothing of the workstation reaches the window. */
  let deaf = false;
  const sockets: WebSocketRoute[] = [];
  /** While set, the window is told that the paper account is a live one. */
  let disguised = false;
  function asLive(message: Buffer): Buffer {
    const frame = decodeFrame(new Uint8Array(message)) as Record<string, unknown>;
    const accounts = (list: unknown): unknown =>
      Array.isArray(list) && list.every((each) => typeof each === 'object' && 'armed' in each)
        ? list.map((each: object) => ({ ...each, live: true }))
        : list;
    const payload = frame['payload'] as Record<string, unknown> | undefined;
    const changed =
      frame['name'] === 'accounts.changed'
        ? { ...frame, payload: { ...payload, accounts: accounts(payload?.['accounts']) } }
        : { ...frame, ...('output' in frame ? { output: accounts(frame['output']) } : {}) };
    return Buffer.from(encodeFrame(changed as never));
  }

  async function open(): Promise<void> {
    session = await openBrowser(folder);
    const { page } = session;
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.routeWebSocket(/./, (socket) => {
      const server = socket.connectToServer();
      sockets.push(socket);
      server.onMessage((message) => {
        if (!deaf)
          socket.send(disguised && typeof message !== 'string' ? asLive(message) : message);
      });
    });
    await page.reload();
    await untilReady(page);
  }

  beforeAll(async () => {
    folder = temporaryFolder();
    await open();
  });
  afterAll(async () => {
    await session.close();
    removeFolder(folder);
  });

  const at = (testId: string): Locator => session.page.getByTestId(testId);
  const command = (name: string): Promise<void> => paletteCommand(session.page, name);
  const press = (keys: string): Promise<void> => session.page.keyboard.press(keys);
  const type = (text: string): Promise<void> => session.page.keyboard.type(text);
  const isFocused = (target: Locator): Promise<boolean> =>
    target.evaluate((element) => element === document.activeElement);
  const untilFocused = (testId: string): Promise<void> =>
    expect.poll(() => isFocused(at(testId))).toBe(true);
  const send = (): Locator => at('ticket-send');
  const untilSend = (text: string | RegExp): Promise<void> => {
    const said = expect.poll(async () => (await send().innerText()).replaceAll(/\s+/g, ' '));
    return typeof text === 'string' ? said.toBe(text) : said.toMatch(text);
  };
  const cells = (grid: string, column: string): Promise<string[]> =>
    at(grid).locator(`.ag-row .ag-cell[col-id="${column}"]`).allInnerTexts();
  const rowTexts = async (grid: string): Promise<string[]> => {
    const rows = at(grid).locator('.ag-row');
    return (await rows.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' ').trim());
  };
  const price = async (side: 'buy' | 'sell'): Promise<number> =>
    Number((await at(`ticket-${side}`).locator('.side-price').innerText()).replaceAll(',', ''));
  const untilEnabled = (target: Locator): Promise<void> =>
    expect.poll(() => target.isEnabled()).toBe(true);

  /** Resolves when nothing is held: the panel is empty, or each row that is left says so. */
  const untilFlat = (): Promise<void> =>
    expect
      .poll(async () => {
        const held = await cells('positions-grid', 'position');
        const empty = await at('positions-panel').getByText('Flat', { exact: true }).count();
        return held.length === 0 ? empty === 1 : held.every((text) => text === 'flat');
      })
      .toBe(true);

  async function tabTo(target: Locator): Promise<void> {
    for (let presses = 0; presses < 60; presses += 1) {
      if (await isFocused(target)) return;
      await press('Tab');
    }
    throw new Error('Tab does not lead there');
  }

  /** Moves the keyboard into a row of a grid. */
  async function intoGrid(grid: string, row = 0): Promise<void> {
    const first = at(grid).locator(`.ag-row[row-index="${row}"]`);
    await first.waitFor();
    await first.locator('.ag-cell').first().click();
  }

  it('begins with paper trading, and says so', async () => {
    await command('workspace: trading');
    await at('ticket-symbol').waitFor();
    await expect.poll(() => at('session').innerText()).toBe('PAPER');
    await expect.poll(() => at('status-simulated').innerText()).toContain('Paper trading');
    // Disconnected and connected again by keyboard.
    await command('connect or disconnect paper');
    await expect
      .poll(() => at('connection-phase-simulated').getAttribute('data-phase'))
      .toBe('disconnected');
    await expect.poll(() => at('session').innerText()).toBe('RESEARCH');
    await untilEnabled(at('connection-toggle-simulated'));
    await at('connection-toggle-simulated').press('Enter');
    await expect
      .poll(() => at('connection-phase-simulated').getAttribute('data-phase'))
      .toBe('ready');
    await expect.poll(() => at('session').innerText()).toBe('PAPER');
  });

  it('finds and watches a symbol as it is typed', async () => {
    await command('add a symbol');
    await untilFocused('quotes-add');
    await type('alf');
    await press('Enter');
    await at('quotes-grid').getByText('ALFA', { exact: true }).waitFor();
    await expect.poll(() => at('ticket-symbol').inputValue()).toBe('ALFA');
    await expect.poll(() => price('buy')).toBeGreaterThan(0);
    expect(await price('buy')).toBeGreaterThan(await price('sell'));
    await at('depth-best-bid').waitFor();
    await session.screenshot('trading-watch');
  });

  it('places, amends and fills an order by keyboard', async () => {
    await command('ticket: symbol');
    await tabTo(at('ticket-size'));
    await type('100');
    await tabTo(at('ticket-limit'));
    await type('100');
    await untilSend(/^Buy 100 ALFA @ 100 LMT DAY - PAPER$/);
    // One tick up, ten down: the arrows know the tick.
    await press('ArrowUp');
    expect(await at('ticket-limit').inputValue()).toBe('100.01');
    await press('Shift+ArrowDown');
    expect(await at('ticket-limit').inputValue()).toBe('99.91');
    await untilSend(/^Buy 100 ALFA @ 99\.91 LMT DAY - PAPER$/);
    expect(await at('ticket-headroom').locator('.headroom-row').count()).toBeGreaterThan(4);
    expect(await at('ticket-preview').innerText()).toMatch(/Cost\s+9,991\.00 USD/);
    await press('Enter');
    await at('ticket-outcome').filter({ hasText: 'Working' }).waitFor();
    await expect.poll(() => cells('orders-grid', 'limitPrice')).toEqual(['99.91']);

    // The row is amended where it stands.
    await intoGrid('orders-grid');
    const limit = at('orders-grid').locator('.ag-cell[col-id="limitPrice"]');
    for (let presses = 0; presses < 12; presses += 1) {
      if (await isFocused(limit)) break;
      await press('ArrowRight');
    }
    await press('Enter');
    await press('Control+a');
    await type('101.5');
    await press('Enter');
    await expect.poll(() => cells('orders-grid', 'limitPrice')).toEqual(['101.5']);
    await session.screenshot('trading-orders');
    // Now at a price that the market gives.
    const ask = await price('buy');
    await press('Enter');
    await press('Control+a');
    await type((ask + 1).toFixed(2));
    await press('Enter');
    await at('ticket-outcome').filter({ hasText: 'Filled' }).waitFor();
    await command('go to positions');
    await expect.poll(() => rowTexts('positions-grid')).toHaveLength(1);
    expect((await rowTexts('positions-grid'))[0]).toContain('+100');
    await command('go to fills');
    await expect.poll(() => rowTexts('fills-grid')).toHaveLength(1);
    expect((await rowTexts('fills-grid'))[0]).toMatch(/Buy 100 .* PAPER/);
  });

  it('cancels with Delete, and tells the life of an order', async () => {
    await command('buy: the ticket');
    await at('ticket-size').fill('5');
    await at('ticket-limit').fill('90');
    await untilSend(/^Buy 5 ALFA @ 90 LMT/);
    await at('ticket-limit').press('Enter');
    await command('open orders');
    await expect.poll(() => cells('orders-grid', 'limitPrice')).toEqual(['90']);
    await intoGrid('orders-grid');
    await press('Delete');
    await at('orders-panel').getByText('No open orders').waitFor();
    await command('all orders');
    await expect.poll(() => rowTexts('orders-grid')).toHaveLength(2);
    await intoGrid('orders-grid');
    await press('h');
    const history = at('order-history');
    await expect.poll(() => history.innerText()).toMatch(/Working[\s\S]*Cancellation asked for/);
    await session.screenshot('trading-history');
    await press('ArrowDown');
    await expect
      .poll(() => history.innerText())
      .toMatch(/Buy 100 ALFA[\s\S]*Changed[\s\S]*trade S/);
    await press('Escape');
    await history.waitFor({ state: 'detached' });
  });

  it('denies with the reason, and takes the largest size that passes', async () => {
    await command('buy: the ticket');
    await at('ticket-size').fill('100000');
    await at('ticket-limit-ask').press('Enter');
    await at('ticket-denial').waitFor();
    expect(await at('ticket-denial').innerText()).toMatch(/^Denied\. .*the most/);
    expect(await send().isDisabled()).toBe(true);
    expect(await at('ticket-headroom').locator('.over').count()).toBeGreaterThan(0);
    await at('ticket-size').press('Enter');
    await session.screenshot('trading-denied');
    await tabTo(at('ticket-take'));
    await press('Enter');
    await untilEnabled(send());
    const size = Number(await at('ticket-size').inputValue());
    expect(size).toBeGreaterThan(10);
    expect(size).toBeLessThan(100_000);
    expect(await at('ticket-denial').count()).toBe(0);
    await press('Escape');
    await expect.poll(() => at('ticket-size').inputValue()).toBe('');
    // Nothing was sent of all this.
    expect(await at('orders-all').innerText()).toBe('All 2');
  });

  it('says beside the field what is wrong with it, and sends nothing', async () => {
    await at('ticket-size').fill('1e5');
    await at('ticket-limit').fill('100.001');
    const panel = at('ticket-panel');
    await panel.getByText('This is not a number').waitFor();
    await at('ticket-size').fill('10');
    await panel.getByText('is not on a tick of 0.01').waitFor();
    expect(await send().isDisabled()).toBe(true);
    await at('ticket-limit').press('Enter');
    await press('Escape');
    expect(await at('orders-all').innerText()).toBe('All 2');
  });

  it('brackets an entry, with exits in R and percent', async () => {
    const entry = Math.floor(await price('sell')) - 3;
    await at('ticket-size').fill('10');
    await at('ticket-limit').fill(String(entry));
    await at('ticket-protect-on').press('Space');
    await at('ticket-protect').fill('2');
    await at('ticket-target-on').press('Space');
    await at('ticket-target').fill('3');
    // The stop is 2 % below; the target is three times as far above; at the stop ten units lose that.
    const risk = entry * 2;
    const stop = String((entry * 100 - risk) / 100);
    const target = String((entry * 100 + 3 * risk) / 100);
    await untilSend(`Buy 10 ALFA @ ${entry} LMT DAY + SL ${stop} + TP ${target} - PAPER`);
    expect(await at('ticket-risk').innerText()).toContain(`${(risk / 10).toFixed(2)} USD`);
    await session.screenshot('trading-bracket');
    await at('ticket-target').press('Enter');
    await command('open orders');
    await expect.poll(() => rowTexts('orders-grid')).toHaveLength(3);
    await command('cancel all orders');
    await at('confirm').press('Enter');
    await at('orders-panel').getByText('No open orders').waitFor();
  });

  it('reverses a position and adds a stop to it', async () => {
    await command('go to positions');
    await intoGrid('positions-grid');
    await press('r');
    await at('confirm').waitFor();
    expect(await at('confirm').innerText()).toBe('Sell 200 ALFA MKT');
    await press('Enter');
    await expect.poll(async () => (await rowTexts('positions-grid'))[0]).toContain('-100');
    expect(await at('positions-grid').innerText()).toContain('no stop');
    await intoGrid('positions-grid');
    await press('s');
    await untilFocused('ticket-size');
    await untilSend(/^Buy 100 ALFA stop [\d.]+ STP GTC reduce only - PAPER$/);
    await press('Enter');
    await expect.poll(() => at('positions-grid').innerText()).toContain('stop at venue');
    await session.screenshot('trading-positions');
  });

  it('finds everything as it was after a restart', async () => {
    await command('go to accounts');
    await command('all orders');
    const before = await rowTexts('orders-grid');
    await command('go to fills');
    const fills = await rowTexts('fills-grid');
    expect(before).toHaveLength(7);
    await untilSaved(session.page, folder);
    await session.close();
    await open();
    await expect.poll(() => at('session').innerText()).toBe('PAPER');
    await command('all orders');
    await expect.poll(() => rowTexts('orders-grid')).toEqual(before);
    await command('go to fills');
    await expect.poll(() => rowTexts('fills-grid')).toEqual(fills);
    await command('go to positions');
    await expect.poll(async () => (await rowTexts('positions-grid'))[0]).toContain('-100');
    await expect.poll(() => at('positions-grid').innerText()).toContain('stop at venue');
    // The watchlist and the ticket's instrument came back, and their prices move.
    await expect.poll(() => at('ticket-symbol').inputValue()).toBe('ALFA');
    await expect.poll(() => price('buy')).toBeGreaterThan(0);
    await at('quotes-grid').getByText('ALFA', { exact: true }).waitFor();
    expect(await at('ticket-limit').inputValue()).toBe('');
  });

  it('does not double an order whose answer was lost with the carrier', async () => {
    await command('sell: the ticket');
    await at('ticket-size').fill('7');
    await at('ticket-type').selectOption('limit');
    const limit = ((await price('buy')) + 20).toFixed(1);
    await at('ticket-limit').fill(limit);
    await untilSend(/^Sell 7 ALFA/);
    await untilEnabled(send());
    deaf = true;
    await at('ticket-limit').press('Enter');
    await expect.poll(() => send().innerText()).toBe('Sending …');
    // The order has left; its answer does not come, and the carrier breaks.
    await session.page.waitForTimeout(500);
    for (const socket of sockets.splice(0)) await socket.close();
    deaf = false;
    const failure = at('ticket-failure');
    await failure.waitFor();
    expect(await failure.innerText()).toContain('does not place it twice');
    await session.screenshot('trading-lost');
    await at('connection').filter({ hasText: 'Connected' }).waitFor();
    await command('open orders');
    const sevens = async (): Promise<number> =>
      (await cells('orders-grid', 'quantity')).filter((text) => text === '7').length;
    await expect.poll(sevens).toBe(1);
    // The duplicate guard has nothing to say to the same request.
    await expect.poll(() => send().isEnabled()).toBe(true);
    await at('ticket-limit').press('Enter');
    await at('ticket-outcome').filter({ hasText: 'Working' }).waitFor();
    expect(await sevens()).toBe(1);
    // Prices go on: the watches were asked for again.
    const seen = await price('buy');
    await expect.poll(() => price('buy')).not.toBe(seen);
  });

  it('keeps orders and positions while the venue is away, and takes no new ones', async () => {
    await command('connect or disconnect paper');
    await expect
      .poll(() => at('connection-phase-simulated').getAttribute('data-phase'))
      .toBe('disconnected');
    await command('open orders');
    expect((await cells('orders-grid', 'quantity')).toSorted()).toEqual(['100', '7']);
    await at('ticket-panel').getByText('No account to trade with').waitFor();
    await session.screenshot('trading-away');
    await at('ticket-panel').getByTestId('connect-paper').press('Enter');
    await at('ticket-symbol').waitFor();
    await expect.poll(() => price('buy')).toBeGreaterThan(0);
    await expect
      .poll(async () => (await cells('orders-grid', 'quantity')).toSorted())
      .toEqual(['100', '7']);
    expect(await at('status-cases').count()).toBe(0);
  });

  it('stops everything with the kill switch, and resumes', async () => {
    await press('Control+Shift+X');
    await at('confirm').waitFor();
    await at('kill-flatten').press('Space');
    expect(await at('confirm').innerText()).toBe('Cancel all orders, close all positions');
    await session.screenshot('trading-kill');
    await at('confirm').press('Enter');
    await at('toast').filter({ hasText: 'Stopped' }).waitFor();
    await expect.poll(() => at('status-risk').innerText()).toBe('TRADING HALTED');
    await command('open orders');
    await at('orders-panel').getByText('No open orders').waitFor();
    await command('go to positions');
    await untilFlat();
    await command('buy: the ticket');
    await at('ticket-size').fill('1');
    await at('ticket-limit').fill('100');
    await at('ticket-denial').waitFor();
    expect(await at('ticket-denial').innerText()).toContain('Trading is halted');
    await session.screenshot('trading-halted');
    await command('resume trading');
    await at('confirm').press('Enter');
    await at('status-risk').waitFor({ state: 'detached' });
    await untilEnabled(send());
    await at('ticket-size').press('Escape');
  });

  it('flattens a position', async () => {
    await at('ticket-size').fill('3');
    await at('ticket-type').selectOption('market');
    await untilSend(/^Buy 3 ALFA MKT DAY - PAPER$/);
    await untilEnabled(send());
    await at('ticket-size').press('Enter');
    await command('go to positions');
    await expect.poll(() => at('positions-panel').innerText()).toContain('+3');
    await intoGrid('positions-grid');
    await press('f');
    expect(await at('confirm').innerText()).toBe('Sell 3 ALFA MKT');
    await press('Enter');
    await untilFlat();
  });

  it('changes a limit, and the ticket feels it', async () => {
    await command('go to risk');
    await at('limit-maxOrderQuantity').fill('2');
    expect(await at('risk-save').innerText()).toBe('Change 1 limit of everything');
    await at('limit-maxOrderQuantity').press('Enter');
    await expect.poll(() => at('risk-save').innerText()).toBe('Nothing is changed');
    await command('buy: the ticket');
    await at('ticket-size').fill('3');
    await at('ticket-denial').waitFor();
    await at('ticket-take').press('Enter');
    await expect.poll(() => at('ticket-size').inputValue()).toBe('2');
    await untilEnabled(send());
    await at('ticket-size').press('Escape');
    await command('go to risk');
    await at('limit-maxOrderQuantity').fill('');
    await at('limit-maxOrderQuantity').press('Enter');
    await expect.poll(() => at('risk-save').innerText()).toBe('Nothing is changed');
  });

  it('compares with the venue, and checks the chain of the log', async () => {
    await command('compare with the venues');
    await expect.poll(() => at('inbox-told').innerText()).toMatch(/compared, no difference/);
    await command('check the chain');
    await expect.poll(() => at('audit-verdict').innerText()).toMatch(/^✓ \d+ entries/);
  });

  it('cannot hide that an account is live, and arms it by its typed name alone', async () => {
    const { page } = session;
    disguised = true;
    await page.reload();
    await untilReady(page);
    await expect.poll(() => at('session').innerText()).toBe('LIVE · not armed');
    await command('go to ticket');
    await at('ticket-panel').getByText('LIVE: real money.').waitFor();
    expect(
      await page
        .locator('.app')
        .evaluate((element) => getComputedStyle(element, '::after').borderTopWidth),
    ).toBe('3px');
    await command('go to connections');
    await at('arm-PAPER').press('Enter');
    await untilFocused('arm-confirmation');
    expect(await at('confirm').isDisabled()).toBe(true);
    await type('PAPE');
    await press('Enter');
    expect(await at('confirm').isDisabled()).toBe(true);
    await session.screenshot('trading-live-arm');
    await type('R');
    await untilEnabled(at('confirm'));
    await press('Enter');
    await expect.poll(() => at('session').innerText()).toBe('LIVE · ARMED');
    await session.screenshot('trading-live');
    await at('connections-panel').getByText('Disarm').press('Enter');
    await expect.poll(() => at('session').innerText()).toBe('LIVE · not armed');
    disguised = false;
    await page.reload();
    await untilReady(page);
    await expect.poll(() => at('session').innerText()).toBe('PAPER');
  });

  it('fits every window, in both themes', async () => {
    const { page } = session;
    for (const theme of ['dark', 'light']) {
      await command(`theme: ${theme}`);
      for (const [width, height] of [
        [1000, 700],
        [1440, 900],
        [1920, 1080],
      ] as const) {
        await page.setViewportSize({ width, height });
        await command('workspace: trading');
        await command('go to risk');
        await command('all orders');
        await command('go to ticket');
        await at('ticket-size').fill('150');
        await at('ticket-type').selectOption('limit');
        await at('ticket-limit-bid').click();
        await untilEnabled(send());
        await session.screenshot(`trading-${width}-${theme}`);
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
        ).toBe(true);
        await expect.poll(() => send().isVisible()).toBe(true);
      }
    }
    expect(errors).toEqual([]);
  });
});
