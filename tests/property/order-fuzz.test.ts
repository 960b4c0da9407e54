import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/backtest/random.ts';
import {
  add,
  decimal,
  isPositive,
  negate,
  ZERO,
  type Decimal,
} from '../../engine/domain/decimal.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { ORDER_STATES } from '../../engine/domain/order.ts';
import { faultOf } from '../../engine/orders/reports.ts';
import type { ExecutionReport } from '../../engine/ports/execution-client.ts';
import { AAPL, ACCOUNT } from '../support/exchange.ts';
import { settle } from '../support/fake-clock.ts';
import { openDesk, ticketOf, type TestDesk } from '../support/trading-desk.ts';

const REPORTS = 100_000;
const TICKETS = 10_000;
const PERSON = { kind: 'person', name: '' } as const;

const JUNK: readonly unknown[] = [
  undefined,
  null,
  '',
  ' ',
  'abc',
  '-5',
  '0',
  '-0',
  '1e3',
  '01',
  '1.50',
  '.5',
  '5.',
  'NaN',
  'Infinity',
  '9'.repeat(400),
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  0,
  1.5,
  1e300,
  true,
  {},
  [],
  ['1'],
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '💥',
  'sell',
  'filled',
  'rejected',
  'canceled',
  'V1',
  'T1',
  'R1',
  AAPL,
  'XXX.TEST',
  ACCOUNT,
  'OTHER',
];

function junkOf(random: Random): unknown {
  return JUNK[Math.floor(random.uniform() * JUNK.length)];
}

/** A copy with one to three fields spoilt, at any depth; now and then something else altogether. */
function spoilt(value: object, random: Random): unknown {
  if (random.uniform() < 0.02) return junkOf(random);
  const copy = structuredClone(value) as Record<string, unknown>;
  const times = 1 + Math.floor(random.uniform() * 3);
  for (let i = 0; i < times; i += 1) {
    const deep =
      typeof copy['terms'] === 'object' && copy['terms'] !== null && random.uniform() < 0.4;
    const target = (deep ? copy['terms'] : copy) as Record<string, unknown>;
    const names = Object.keys(target);
    const name = names[Math.floor(random.uniform() * names.length)];
    if (name === undefined) continue;
    if (random.uniform() < 0.15) delete target[name];
    else target[name] = junkOf(random);
  }
  return copy;
}

/** What always holds, whatever was told. */
function checkBooks({ trading, marks }: TestDesk): void {
  const { ledger, positions } = trading.log;
  const sums = new Map<string, Decimal>();
  const trades = new Set<string>();
  for (const order of ledger.all()) {
    expect(ORDER_STATES).toContain(order.state);
    expect(decimal(order.terms.quantity)).toBe(order.terms.quantity);
    expect(isPositive(order.terms.quantity)).toBe(true);
    let filled: Decimal = ZERO;
    for (const fill of order.fills) {
      expect(isPositive(fill.quantity)).toBe(true);
      expect([fill.account, fill.instrument, fill.side]).toEqual([
        order.account,
        order.instrument,
        order.terms.side,
      ]);
      // Some venues number the trades of each instrument by themselves.
      const trade = `${fill.account}|${fill.instrument}|${fill.tradeId}`;
      expect(trades.has(trade)).toBe(false);
      trades.add(trade);
      filled = add(filled, fill.quantity);
      const key = `${fill.account}|${fill.instrument}`;
      const change = fill.side === 'buy' ? fill.quantity : negate(fill.quantity);
      sums.set(key, add(sums.get(key) ?? ZERO, change));
    }
    expect(order.filledQuantity).toBe(filled);
  }
  for (const { account, instrument, quantity } of positions.list(undefined, true))
    expect(quantity).toBe(sums.get(`${account}|${instrument}`) ?? ZERO);
  expect(marks.size).toBe(1);
}

describe('what a venue should never say', () => {
  it(`is dropped or booked soundly, ${REPORTS} times`, async () => {
    const desk = await openDesk();
    const { exchange, trading, journal } = desk;
    const seen: ExecutionReport[] = [];
    const end = exchange.onReport((report) => seen.push(report));
    for (const n of [1, 2, 3]) {
      await trading.place(`Q${n}`, ticketOf({ terms: { quantity: String(n * 100) } }), PERSON);
      await desk.clock.pass(2000);
    }
    exchange.fill(0, '40', '99.5');
    await settle();
    const own = trading.log.ledger.open()[0];
    seen.push(await exchange.balances(ACCOUNT), ...(await exchange.positions(ACCOUNT)), {
      kind: 'refusal',
      account: ACCOUNT,
      venueOrderId: own?.venueOrderId ?? null,
      clientOrderId: own?.clientOrderId ?? null,
      what: 'cancel',
      reason: 'too late',
      code: '1',
      receivedTime: desk.clock.now(),
    });
    end();
    const random = new Random(5);
    let dropped = 0;
    for (let n = 0; n < REPORTS; n += 1) {
      const base = seen[Math.floor(random.uniform() * seen.length)] as ExecutionReport;
      const report = spoilt(base, random) as ExecutionReport;
      const fault = faultOf(report) !== null;
      const before = journal.entries.length;
      const found = desk.defects.length;
      exchange.held = [report];
      exchange.release((reports) => reports);
      if (fault) {
        // Nothing of it is taken, at once or later: what is booked is booked before the first wait.
        expect(journal.entries.length).toBe(before);
        dropped += 1;
      }
      if (n % 2000 === 0) {
        await settle();
        checkBooks(desk);
        expect(desk.defects.length).toBeGreaterThanOrEqual(found);
      }
    }
    await settle();
    checkBooks(desk);
    expect(dropped).toBeGreaterThan(REPORTS / 2);
    // Every one was told, and none of them as anything but a report that was dropped.
    expect(desk.defects.length).toBeGreaterThanOrEqual(dropped);
    const odd = desk.defects.filter(
      (text) => !/A report of the venue was dropped|There is no account/.test(text),
    );
    expect(odd.slice(0, 5)).toEqual([]);
    // The desk still works, and what is on the disk makes the same again.
    const again = await openDesk({ clock: desk.clock, exchange, journal });
    const figures = (each: TestDesk) =>
      [...each.trading.log.ledger.all()].map(({ clientOrderId, filledQuantity, fills }) => [
        clientOrderId,
        filledQuantity,
        fills.length,
      ]);
    expect(figures(again).slice(0, 3)).toEqual(figures(desk).slice(0, 3));
    await Promise.all([desk.trading.close(), again.trading.close()]);
  });

  it(`and tickets that nobody could mean send nothing, ${TICKETS} times`, async () => {
    const desk = await openDesk();
    const { exchange, trading } = desk;
    const random = new Random(7);
    let refused = 0;
    for (let n = 0; n < TICKETS; n += 1) {
      const ticket = spoilt(
        ticketOf({
          terms: { quantity: String(1 + (n % 50)) },
          ...(n % 3 === 0
            ? { stopLoss: { stopPrice: '90' }, takeProfit: { limitPrice: '110' } }
            : {}),
        }),
        random,
      ) as ReturnType<typeof ticketOf>;
      const sent = exchange.received.length;
      try {
        const { orders } = await trading.place(`T${n}`, ticket, PERSON);
        expect(orders.length).toBeGreaterThan(0);
      } catch (error) {
        refused += 1;
        expect(exchange.received.length).toBe(sent);
        // The contract checks shapes before; here only what is no object at all may trip.
        expect(error instanceof RenataError || error instanceof TypeError).toBe(true);
      }
      if (n % 100 === 0) {
        await desk.clock.pass(11_000);
        await trading.desk.cancelAll(ACCOUNT, null);
        await settle();
      }
    }
    expect(refused).toBeGreaterThan(TICKETS / 4);
    expect(exchange.orders.length).toBeGreaterThan(10);
    for (const { terms, intent } of exchange.orders) {
      expect(intent.instrument).toMatch(/\.TEST$/);
      expect(['buy', 'sell']).toContain(terms.side);
      expect(decimal(terms.quantity)).toBe(terms.quantity);
      expect(Number.isInteger(Number(terms.quantity)) && isPositive(terms.quantity)).toBe(true);
    }
    checkBooks(desk);
    await trading.close();
  });
});
