import { beforeEach, describe, expect, it } from 'vitest';
import { ORDER_TYPES } from '../../../../engine/domain/order.ts';
import { AAPL } from '../../../support/exchange.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { MemoryJournal } from '../../../support/memory-journal.ts';
import { openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';

/** A venue with neither stops nor groups, as some of crypto are. */
const TYPES = ORDER_TYPES.filter((type) => type === 'market' || type === 'limit');
const SECOND = 1000;

let desk: TestDesk;

async function open(left: Partial<TestDesk> = {}): Promise<TestDesk> {
  const opened = await openDesk(left);
  opened.exchange.capabilities = { ...opened.exchange.capabilities, orderTypes: TYPES };
  return opened;
}

/** Market of a test: bid and ask a cent around the last price. */
function marketAt(price: number, of = desk): void {
  const time = of.clock.now();
  of.marks.set(AAPL, { bid: price - 0.01, ask: price + 0.01, last: price, time });
}

/** Buys 100 with a stop, which fills at once. */
async function bought(
  stopLoss: NonNullable<Parameters<typeof ticketOf>[0]>['stopLoss'] = { stopPrice: '95' },
  takeProfit?: string,
): Promise<void> {
  const exits = takeProfit === undefined ? {} : { takeProfit: { limitPrice: takeProfit } };
  const { check } = await desk.trading.place(
    `buy-${desk.exchange.orders.length}`,
    ticketOf({ terms: { limitPrice: '100.05' }, stopLoss, ...exits }),
    { kind: 'person', name: '' },
  );
  expect(check.allowed).toBe(true);
  await settle();
  desk.exchange.fill(0, '100', '100');
  await desk.clock.pass(SECOND);
}

/** Orders at the venue after the entry. */
const sent = (of = desk): string[] =>
  of.exchange.orders.slice(1).map(({ terms: { side, type, quantity, limitPrice }, status }) => {
    const at = limitPrice === undefined ? '' : ` ${limitPrice}`;
    return `${side} ${quantity} ${type}${at} ${status}`;
  });
const alarms = (of = desk): string[] =>
  of.notices.filter(({ level }) => level === 'error').map(({ text }) => text);

beforeEach(async () => {
  desk = await open();
});

describe('a protective stop that the venue does not have', () => {
  it('waits here, is shown as kept here, and is sent as a limit near the market when it is reached', async () => {
    await bought();
    expect(sent()).toEqual([]);
    expect(desk.trading.positions()).toMatchObject([{ quantity: '100', protection: 'local' }]);
    marketAt(95.01);
    await desk.clock.pass(SECOND);
    expect(sent()).toEqual([]);
    marketAt(94.9);
    await desk.clock.pass(SECOND);
    // The bid of 94.89 less half a percent is 94.41555: on the tick below, 94.41.
    expect(sent()).toEqual(['sell 100 limit 94.41 accepted']);
    desk.exchange.fill(1, '100', '94.88');
    await desk.clock.pass(10 * SECOND);
    expect(sent()).toEqual(['sell 100 limit 94.41 filled']);
    expect(desk.trading.positions()[0]?.quantity ?? '0').toBe('0');
    expect(desk.notices).toMatchObject([
      { title: 'Stop reached', text: 'sell 100 AAPL.TEST: its stop at 95 was reached.' },
    ]);
    expect(desk.defects).toEqual([]);
  });

  it('widens, then takes any price, with what is left each time', async () => {
    await bought();
    marketAt(94);
    await desk.clock.pass(SECOND);
    // 93.99 less 0.5 % is 93.52005.
    expect(sent()).toEqual(['sell 100 limit 93.52 accepted']);
    desk.exchange.fill(1, '30', '93.9');
    marketAt(92);
    await desk.clock.pass(3 * SECOND);
    // 91.99 less 2 % is 90.1502.
    expect(sent()).toEqual(['sell 100 limit 93.52 canceled', 'sell 70 limit 90.15 accepted']);
    desk.exchange.fill(2, '20', '91');
    await desk.clock.pass(3 * SECOND);
    expect(sent().slice(1)).toEqual(['sell 70 limit 90.15 canceled', 'sell 50 market accepted']);
    desk.exchange.fill(3, '50', '89');
    await desk.clock.pass(60 * SECOND);
    expect(sent()).toHaveLength(3);
    expect(desk.trading.positions()[0]?.quantity ?? '0').toBe('0');
    expect(alarms()).toEqual([]);
  });

  it('takes the take profit away first, and sells what that has not sold', async () => {
    await bought({ stopPrice: '95' }, '110');
    expect(sent()).toEqual(['sell 100 limit 110 accepted']);
    desk.exchange.fill(1, '40', '110');
    await settle();
    marketAt(94);
    await desk.clock.pass(SECOND);
    expect(sent()).toEqual(['sell 100 limit 110 canceled', 'sell 60 limit 93.52 accepted']);
  });

  it('is not sent beyond what is still held', async () => {
    await bought();
    await desk.trading.place(
      'half',
      ticketOf({ terms: { side: 'sell', quantity: '75', limitPrice: '99.9' } }),
      { kind: 'person', name: '' },
    );
    await settle();
    desk.exchange.fill(1, '75', '99.9');
    marketAt(94);
    await desk.clock.pass(SECOND);
    expect(sent().at(-1)).toBe('sell 25 limit 93.52 accepted');
  });

  it('ends with its position', async () => {
    await bought();
    await desk.trading.flatten('flat', 'PAPER1', AAPL, { kind: 'person', name: '' });
    await settle();
    desk.exchange.fill(1, '100', '99.9');
    await desk.clock.pass(SECOND);
    marketAt(90);
    await desk.clock.pass(10 * SECOND);
    expect(sent()).toEqual(['sell 100 market filled']);
  });

  it('trails the best price, and remembers how far it has come', async () => {
    await bought({ trailAmount: '2' });
    marketAt(104);
    await desk.clock.pass(2 * SECOND);
    await desk.trading.close();
    const again = await open(desk);
    marketAt(103, again);
    await again.clock.pass(SECOND);
    expect(sent(again)).toEqual([]);
    // 104 less 2: after the start it still counts from there.
    marketAt(101.9, again);
    await again.clock.pass(SECOND);
    // 101.89 less 0.5 % is 101.38055.
    expect(sent(again)).toEqual(['sell 100 limit 101.38 accepted']);
  });

  it('keeps to the limit of a stop-limit, and does not widen it', async () => {
    await bought({ stopPrice: '95', limitPrice: '94.5' });
    marketAt(94);
    await desk.clock.pass(30 * SECOND);
    expect(sent()).toEqual(['sell 100 limit 94.5 accepted']);
  });

  it('alarms once while the connection is down, and sends when it is back', async () => {
    await bought();
    desk.exchange.setPhase('reconnecting');
    await desk.clock.pass(5 * SECOND);
    expect(alarms()).toEqual([
      'AAPL.TEST in PAPER1: its stop does not stand (test is not connected, and Renata keeps the stop). Place another now.',
    ]);
    marketAt(94);
    await desk.clock.pass(5 * SECOND);
    expect(sent()).toEqual([]);
    desk.exchange.setPhase('ready');
    await desk.clock.pass(SECOND);
    expect(sent()).toEqual(['sell 100 limit 93.52 accepted']);
    expect(alarms()).toHaveLength(1);
  });

  it('alarms when no prices come', async () => {
    await bought();
    desk.marks.delete(AAPL);
    await desk.clock.pass(5 * SECOND);
    expect(alarms()).toEqual([
      'AAPL.TEST in PAPER1: its stop does not stand (no prices of its market come, and Renata keeps the stop). Place another now.',
    ]);
  });

  it('sends nothing in the place of an order whose outcome is not known', async () => {
    await bought();
    desk.exchange.faults.push('lost-after');
    marketAt(94);
    await desk.clock.pass(400);
    desk.exchange.brokenQueries.add('order');
    await desk.clock.pass(8 * SECOND);
    expect(sent()).toHaveLength(1);
    desk.exchange.brokenQueries.clear();
    await desk.clock.pass(60 * SECOND);
    // It was found to work, and then widened.
    expect(sent()[0]).toBe('sell 100 limit 93.52 canceled');
    const working = sent().filter((each) => each.endsWith('accepted'));
    expect(working).toEqual(['sell 100 market accepted']);
  });

  it('goes on after a kill in the middle, and sends nothing twice', async () => {
    await bought();
    marketAt(94);
    await desk.clock.pass(SECOND);
    desk.exchange.fill(1, '30', '93.9');
    await settle();
    await desk.trading.close();
    const again = await open(desk);
    marketAt(94, again);
    await again.clock.pass(3 * SECOND);
    expect(sent(again)).toEqual(['sell 100 limit 93.52 canceled', 'sell 70 limit 92.11 accepted']);
    expect(again.defects).toEqual([]);
  });

  it('sells what is held and no more, wherever it was killed', async () => {
    await bought({ stopPrice: '95' }, '110');
    marketAt(94);
    await desk.clock.pass(SECOND);
    desk.exchange.fill(2, '30', '93.9');
    await desk.clock.pass(3 * SECOND);
    desk.exchange.fill(3, '20', '93');
    await desk.clock.pass(3 * SECOND);
    desk.exchange.fill(4, '10', '92.5');
    await desk.clock.pass(SECOND);
    const whole = [...desk.journal.entries];
    await desk.trading.close();
    const { exchange } = desk;
    const orders = exchange.orders.map((order) => ({ ...order }));
    const trades = [...exchange.trades];
    const reached = whole.findIndex(({ body }) => body.includes('"type":"filled"'));
    for (let cut = reached + 1; cut <= whole.length; cut += 1) {
      const left = whole.slice(0, cut);
      // A request is written in one piece with its orders.
      const last = left.at(-1);
      if (last?.kind === 'request' || last?.kind === 'risk') continue;
      if (last?.body.includes('"initialized"') === true) continue;
      // What was not journaled as sent has not been sent, and what was not sent has not been filled.
      const sentThen = new Set(
        left.flatMap(({ kind, subject, body }) =>
          kind === 'order' && body.includes('"submitted"') ? [subject] : [],
        ),
      );
      const there = orders.filter(({ intent }) => sentThen.has(intent.clientOrderId));
      const known = trades.filter(({ clientOrderId }) => sentThen.has(clientOrderId as string));
      exchange.orders.splice(0, Infinity, ...there.map((order) => ({ ...order })));
      exchange.trades.splice(0, Infinity, ...known);
      const times = left.flatMap(({ body }) => /"time":(\d+)\}$/.exec(body)?.[1] ?? []);
      const clock = new FakeClock(Number(times.at(-1)) + SECOND);
      const again = await open({ exchange, clock, journal: new MemoryJournal(left) });
      marketAt(94, again);
      for (let i = 0; i < 20; i += 1) {
        await again.clock.pass(SECOND);
        // Limits of 110 do not fill at 94; the others do, and slowly.
        for (const [at, { status, terms, filled }] of exchange.orders.entries()) {
          const rest = Number(terms.quantity) - Number(filled);
          const works = status === 'accepted' || status === 'partially-filled';
          if (!works || rest <= 0 || terms.limitPrice === '110') continue;
          exchange.fill(at, String(Math.min(rest, 40)), '93.95');
        }
      }
      const held = exchange.trades.reduce(
        (sum, { side, quantity }) => sum + (side === 'buy' ? 1 : -1) * Number(quantity),
        0,
      );
      expect([cut, held]).toEqual([cut, 0]);
      const working = exchange.orders.filter(({ status }) => status === 'accepted');
      expect([cut, working.length]).toEqual([cut, 0]);
      expect(again.defects).toEqual([]);
      await again.trading.close();
    }
  });

  it('is left to the user, who is told, when Renata was away for long in the middle', async () => {
    await bought();
    marketAt(94);
    await desk.clock.pass(SECOND);
    desk.exchange.fill(1, '30', '93.9');
    desk.exchange.end(1, 'canceled');
    await settle();
    await desk.trading.close();
    await desk.clock.pass(3_600_000);
    const again = await open(desk);
    marketAt(94, again);
    await again.clock.pass(200 * SECOND);
    expect(sent(again)).toEqual(['sell 100 limit 93.52 canceled']);
    expect(alarms(again)).toEqual([
      'AAPL.TEST in PAPER1: its stop does not stand (Renata ended while it was being closed). Place another now.',
    ]);
  });

  it('is not sent after the kill switch', async () => {
    await bought();
    marketAt(94);
    await desk.clock.pass(SECOND);
    const killed = desk.trading.kill(false, 'test', 'kill-switch');
    await desk.clock.pass(10 * SECOND);
    await killed;
    expect(sent()).toEqual(['sell 100 limit 93.52 canceled']);
    await desk.trading.close();
    const again = await open(desk);
    marketAt(90, again);
    await again.clock.pass(10 * SECOND);
    expect(sent(again)).toEqual(['sell 100 limit 93.52 canceled']);
  });

  it('covers a short position above it', async () => {
    const { check } = await desk.trading.place(
      'short',
      ticketOf({
        terms: { side: 'sell', limitPrice: '99.95' },
        stopLoss: { stopPrice: '105' },
      }),
      { kind: 'person', name: '' },
    );
    expect(check.allowed).toBe(true);
    await settle();
    desk.exchange.fill(0, '100', '100');
    await desk.clock.pass(SECOND);
    marketAt(105.5);
    await desk.clock.pass(SECOND);
    // 105.51 and half a percent is 106.03755: on the tick above, 106.04.
    expect(sent()).toEqual(['buy 100 limit 106.04 accepted']);
  });

  it('does not take an old trade outside of the quotes for the price', async () => {
    await bought();
    desk.marks.set(AAPL, { bid: 99, ask: 99.1, last: 94, time: desk.clock.now() });
    await desk.clock.pass(5 * SECOND);
    expect(sent()).toEqual([]);
  });
});

it('a stop rests at the venue where that has it', async () => {
  const plain = await openDesk();
  await plain.trading.place(
    'buy',
    ticketOf({ terms: { limitPrice: '100.05' }, stopLoss: { stopPrice: '95' } }),
    { kind: 'person', name: '' },
  );
  await settle();
  plain.exchange.fill(0, '100', '100');
  await plain.clock.pass(SECOND);
  expect(sent(plain)).toEqual(['sell 100 stop accepted']);
});
