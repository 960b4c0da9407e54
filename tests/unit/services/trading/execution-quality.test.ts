import { describe, expect, it } from 'vitest';
import { price, quantity } from '../../../../engine/domain/decimal.ts';
import { qualityOf, qualityTable } from '../../../../engine/execution/quality.ts';
import { AAPL, ACCOUNT } from '../../../support/exchange.ts';
import { settle } from '../../../support/fake-clock.ts';
import { openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';

const SECOND = 1000;
const PERSON = { kind: 'person', name: '' } as const;

function quote(desk: TestDesk, bid: number, ask: number): void {
  desk.marks.set(AAPL, { bid, ask, last: bid, time: desk.clock.now() });
}

/** Somebody else trades. */
function trade(desk: TestDesk, at: number, size: number, regular = true): void {
  const time = desk.clock.now();
  const tick = {
    kind: 'trade',
    instrument: AAPL,
    venueTime: time,
    receivedTime: time,
    price: at,
    size,
    tradeId: '',
    aggressor: 'unknown',
    regular,
  } as const;
  for (const listener of desk.tape) listener([tick]);
}

/**
 * Decided at 99.90; the market is 99.99 to 100.01 when it arrives. 60 are bought at 100.02 with the middle
 * at 100.01, 20 at 100.10 with the middle at 100.05, and 20 are given up with the middle at 100.40.
 */
async function worked(desk: TestDesk): Promise<string> {
  trade(desk, 50, 1_000_000); // before it: not of the interval
  const { orders } = await desk.trading.place(
    'one',
    ticketOf({ terms: { limitPrice: '100.2' }, decisionPrice: '99.9' }),
    PERSON,
  );
  await settle();
  trade(desk, 100, 300);
  quote(desk, 100, 100.02);
  desk.exchange.fill(0, '60', '100.02');
  await settle();
  trade(desk, 100.1, 100);
  trade(desk, 70, 500, false); // a late report is no price of the interval
  quote(desk, 100.04, 100.06);
  desk.exchange.fill(0, '20', '100.1');
  await settle();
  quote(desk, 100.39, 100.41);
  const id = orders[0]?.clientOrderId as string;
  await desk.trading.desk.cancel(id as never);
  await settle();
  trade(desk, 500, 1_000_000); // after it
  await desk.clock.pass(SECOND);
  return id;
}

describe('what is noted of the market while orders go', () => {
  it('measures an order as it was worked out by hand', async () => {
    const desk = await openDesk();
    const id = await worked(desk);
    const [executed] = desk.trading.quality.executed('decisions');
    expect(executed).toMatchObject({
      id,
      venue: 'test',
      algorithm: '',
      currency: 'USD',
      side: 'buy',
      quantity: 100,
      decisionPrice: 99.9,
      arrivalPrice: 100,
      endPrice: 100.4,
    });
    // (300 * 100 + 100 * 100.1) / 400
    expect(executed?.intervalVwap).toBeCloseTo(100.025, 10);
    const quality = qualityOf(executed as never);
    // (60 * 100.02 + 20 * 100.1) / 80 = 8,003.2 / 80
    expect(quality.averagePrice).toBeCloseTo(100.04, 10);
    expect(quality.slippage.decision.money).toBeCloseTo(0.14 * 80, 8);
    expect(quality.slippage.arrival.money).toBeCloseTo(0.04 * 80, 8);
    expect(quality.slippage.arrival.bps).toBeCloseTo(4, 8);
    // 60 at 0.01 and 20 at 0.05 above the middle of their moment.
    expect(quality.slippage.mid.money).toBeCloseTo(1.6, 8);
    expect(quality.slippage.vwap.money).toBeCloseTo(0.015 * 80, 8);
    // The venue asks a dollar for each fill.
    expect(quality.commission.money).toBe(2);
    // 11.20 above the decision, 2 of commission, and 20 missed by 0.50.
    expect(quality.shortfall.money).toBeCloseTo(23.2, 8);
    expect(quality.shortfall.bps).toBeCloseTo((23.2 / 9990) * 1e4, 8);
    expect(desk.defects).toEqual([]);
  });

  it('is the same after a restart', async () => {
    const desk = await openDesk();
    await worked(desk);
    const before = desk.trading.quality.executed('orders');
    await desk.trading.close();
    const again = await openDesk(desk);
    expect(again.trading.quality.executed('orders')).toEqual(before);
  });

  it('does not know what was traded while Renata did not run', async () => {
    const desk = await openDesk();
    await desk.trading.place('one', ticketOf({ terms: { limitPrice: '100.2' } }), PERSON);
    await desk.clock.pass(SECOND);
    trade(desk, 100, 300);
    await desk.trading.close();
    const again = await openDesk(desk);
    trade(again, 101, 300);
    desk.exchange.fill(0, '100', '100.02');
    await again.clock.pass(SECOND);
    const [executed] = again.trading.quality.executed('orders');
    expect(executed?.arrivalPrice).toBe(100);
    expect(executed?.intervalVwap).toBeNaN();
    expect(executed?.fills).toMatchObject([{ price: 100.02, mid: 100 }]);
  });

  it('does not take the market of now for that of a fill that is told late', async () => {
    const desk = await openDesk();
    await desk.trading.place('one', ticketOf({ terms: { limitPrice: '100.2' } }), PERSON);
    await settle();
    desk.exchange.deaf = true;
    desk.exchange.fill(0, '100', '100.02');
    await desk.clock.pass(20 * SECOND);
    desk.exchange.deaf = false;
    quote(desk, 110, 110.02);
    await desk.trading.reconcile(ACCOUNT);
    await desk.clock.pass(SECOND);
    const [executed] = desk.trading.quality.executed('orders');
    expect(executed?.fills).toHaveLength(1);
    expect(executed?.fills[0]?.mid).toBeNaN();
  });

  it('knows nothing of orders that were denied or placed elsewhere', async () => {
    const desk = await openDesk();
    await desk.trading.place('huge', ticketOf({ terms: { quantity: '100000' } }), PERSON);
    desk.exchange.faults.push('rejected');
    await desk.trading.place('refused', ticketOf(), PERSON);
    await desk.clock.pass(SECOND);
    expect(desk.trading.quality.executed('orders')).toEqual([]);
  });

  it('takes an algorithm for one decision and its children for its orders', async () => {
    const desk = await openDesk();
    const start = desk.clock.now();
    const { standing } = await desk.trading.algorithms.begin({
      requestId: 'algorithm',
      hash: '',
      source: PERSON,
      strategy: null,
      account: ACCOUNT,
      instrument: AAPL,
      order: {
        side: 'buy',
        quantity: quantity('100'),
        method: { kind: 'twap', slices: 2 },
        start,
        end: start + 20 * SECOND,
        smallest: quantity('1'),
        limitPrice: price('101'),
        participation: null,
        catchUp: 'at-once',
        style: 'take',
        every: SECOND,
        finish: 'leave',
        jitter: 0,
        seed: 1,
      },
    });
    await settle();
    desk.exchange.fill(0, '50', '100.02');
    trade(desk, 100, 100);
    await desk.clock.pass(10 * SECOND);
    quote(desk, 100.19, 100.21);
    trade(desk, 100.2, 300);
    desk.exchange.fill(1, '50', '100.22');
    await desk.clock.pass(15 * SECOND);
    const { quality } = desk.trading;
    const children = quality.executed('orders');
    expect(children.map(({ id, algorithm }) => `${id} ${algorithm}`)).toEqual([
      `${standing.id}-1 twap`,
      `${standing.id}-2 twap`,
    ]);
    const [whole, ...others] = quality.executed('decisions');
    expect(others).toEqual([]);
    expect(whole).toMatchObject({
      id: standing.id,
      algorithm: 'twap',
      decisionPrice: 100,
      arrivalPrice: 100,
    });
    // (100 * 100 + 300 * 100.2) / 400
    expect(whole?.intervalVwap).toBeCloseTo(100.15, 10);
    // 50 at 100.02 and 50 at 100.22 are 100.12: 12 basis points above the decision.
    const [row] = qualityTable([whole as never], { by: 'algorithm' });
    expect(row?.key).toBe('twap');
    expect(row?.slippage.decision.bps).toBeCloseTo(12, 8);
    expect(row?.slippage.decision.money).toBeCloseTo(12, 8);
    await desk.trading.close();
    const again = await openDesk(desk);
    expect(again.trading.quality.executed('decisions')).toEqual([whole]);
  });

  it('counts a stop from its price and its trigger on', async () => {
    const desk = await openDesk();
    await desk.trading.place(
      'stop',
      ticketOf({ terms: { type: 'stop', limitPrice: undefined, stopPrice: '102' } as never }),
      PERSON,
    );
    await desk.clock.pass(SECOND);
    quote(desk, 102.01, 102.03);
    desk.exchange.fill(0, '100', '102.05');
    await desk.clock.pass(SECOND);
    const [executed] = desk.trading.quality.executed('orders');
    expect(executed).toMatchObject({ decisionPrice: 102, arrivalPrice: 102.02 });
  });
});

describe('slippage fitted to what orders have cost', () => {
  it('finds the coefficient by which the costs were made', async () => {
    // Days with a volatility of 2 % that trade 10,000 units: 25 units are a share of 0.25 %, its root 0.05.
    const figures = { volatility: 0.02, volume: 10_000 };
    const desk = await openDesk({}, { of: async () => figures, known: () => figures });
    for (let i = 0; i < 24; i += 1) {
      const units = [4, 25, 1, 9][i % 4] as number;
      await desk.trading.place(
        `request-${i}`,
        ticketOf({
          terms: { type: 'market', quantity: String(units), limitPrice: undefined } as never,
        }),
        PERSON,
      );
      await settle();
      // Bought at the middle of 100 and 0.7 x 2 % x the root of the share above it, on six places.
      const cost = 0.7 * 0.02 * Math.sqrt(units / 10_000);
      desk.exchange.fill(i, String(units), (100 * (1 + cost)).toFixed(6));
      await desk.clock.pass(5 * SECOND);
    }
    const fit = desk.trading.quality.fit();
    expect(fit.samples).toBe(24);
    expect(fit.leftOut).toBe(0);
    expect(fit.coefficient.value).toBeCloseTo(0.7, 4);
    expect(fit.coefficient.standardError).toBeLessThan(1e-4);
    expect(fit.model).toMatchObject({ kind: 'square-root', window: 20 });
    // The samples are journaled with the orders.
    await desk.trading.close();
    const again = await openDesk(desk);
    expect(again.trading.quality.fit()).toEqual(fit);
  });

  it('leaves out what was not seen, limit orders, and offers nothing of a few', async () => {
    const desk = await openDesk();
    await worked(desk);
    await desk.trading.place(
      'market',
      ticketOf({ terms: { type: 'market', limitPrice: undefined } as never }),
      PERSON,
    );
    await settle();
    desk.exchange.fill(1, '100', '100.42');
    await desk.clock.pass(SECOND);
    // Nobody has told the volume of the days: the market order is left out, the limit order is none.
    expect(desk.trading.quality.fit()).toMatchObject({ samples: 0, leftOut: 1, model: null });
  });
});
