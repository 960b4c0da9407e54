import { describe, expect, it } from 'vitest';
import {
  qualityOf,
  qualityTable,
  type ExecutedOrder,
} from '../../../../engine/execution/quality.ts';

const HOUR = 3_600_000;

/** Bought 600 of 1,000: 400 at 50.10 and 200 at 50.25, decided at 50. */
const BOUGHT: ExecutedOrder = {
  id: 'a',
  venue: 'XNAS',
  algorithm: '',
  currency: 'USD',
  multiplier: 1,
  side: 'buy',
  quantity: 1000,
  fills: [
    { time: 1, price: 50.1, quantity: 400, commission: 2, mid: 50.05 },
    { time: 2, price: 50.25, quantity: 200, commission: 1, mid: 50.2 },
  ],
  decisionPrice: 50,
  arrivalPrice: 50.05,
  intervalVwap: 50.2,
  endPrice: 50.5,
  arrivedAt: 9.5 * HOUR,
};

const SOLD: ExecutedOrder = {
  ...BOUGHT,
  id: 'b',
  venue: 'ARCX',
  side: 'sell',
  quantity: 100,
  fills: [{ time: 3, price: 20, quantity: 100, commission: 0, mid: Number.NaN }],
  decisionPrice: 20.1,
  arrivalPrice: 20,
  intervalVwap: 19.9,
  endPrice: 19,
  arrivedAt: 33.25 * HOUR,
};

describe('the quality of an execution', () => {
  it('is worked out by hand', () => {
    const found = qualityOf(BOUGHT);
    // (20,040 + 10,050) / 600 = 50.15
    expect(found.averagePrice).toBeCloseTo(50.15, 12);
    expect(found.slippage.decision.bps).toBeCloseTo((0.15 / 50) * 1e4, 9); // 30
    expect(found.slippage.arrival.bps).toBeCloseTo((0.1 / 50.05) * 1e4, 9);
    // Mean of the mids by units: (400 * 50.05 + 200 * 50.20) / 600 = 50.10.
    expect(found.slippage.mid.bps).toBeCloseTo((0.05 / 50.1) * 1e4, 9);
    expect(found.slippage.vwap.bps).toBeCloseTo((-0.05 / 50.2) * 1e4, 9);
    expect(found.commission.bps).toBeCloseTo((3 / 30_090) * 1e4, 9);
    // 600 units at 0.15 above 50, and at 0.05 above 50.10.
    expect(found.slippage.decision.money).toBeCloseTo(90, 9);
    expect(found.slippage.mid.money).toBeCloseTo(30, 9);
    expect(found.commission.money).toBe(3);
    expect(found.shortfall.money).toBeCloseTo(293, 9);
    // 90 paid above the decision, 3 commission, 400 missed by 0.50 = 200: 293 of 50,000.
    expect(found.shortfall.bps).toBeCloseTo(58.6, 9);
  });

  it('turns the sign for sales and says nothing of what is not known', () => {
    const { slippage } = qualityOf(SOLD);
    expect(slippage.decision.bps).toBeCloseTo((0.1 / 20.1) * 1e4, 9);
    expect(slippage.arrival.bps).toBeCloseTo(0, 12);
    expect(slippage.vwap.bps).toBeCloseTo((-0.1 / 19.9) * 1e4, 9);
    expect(slippage.mid.bps).toBeNaN();
  });

  it('of an order without fills is what was missed', () => {
    const none = qualityOf({ ...BOUGHT, fills: [] });
    expect(none.averagePrice).toBeNaN();
    // 1,000 missed by 0.50 of 50,000.
    expect(none.shortfall.bps).toBeCloseTo(100, 12);
  });

  it('is put together by order, hour, size and venue', () => {
    const other = { ...BOUGHT, id: 'c', arrivedAt: 9.9 * HOUR };
    const orders = [SOLD, BOUGHT, other];
    const keys = (group: Parameters<typeof qualityTable>[1]): string[] =>
      qualityTable(orders, group).map(({ key, orders: count }) => `${key} ${count}`);
    expect(keys({ by: 'order' })).toEqual(['a 1', 'c 1', 'b 1']);
    expect(keys({ by: 'venue' })).toEqual(['ARCX 1', 'XNAS 2']);
    expect(keys({ by: 'hour' })).toEqual(['09:00 3']); // 33.25 is 9:15 of the next day
    expect(keys({ by: 'size', edges: [100, 500] })).toEqual(['up to 100 1', 'above 500 2']);
    const [row] = qualityTable(orders, { by: 'hour' });
    // Two of 30,090 at 30 and one of 2,000 at 0.1 / 20.1.
    expect(row?.slippage.decision.bps).toBeCloseTo(
      (60_180 * 30 + 2000 * (1000 / 20.1)) / 62_180,
      9,
    );
    // The order whose mid is not known has no part in the mean.
    expect(row?.slippage.mid.bps).toBeCloseTo((0.05 / 50.1) * 1e4, 9);
    expect(row).toMatchObject({ orders: 3, quantity: 2100, filled: 1300 });
  });

  it('counts the multiplier in money and not in basis points', () => {
    const future = qualityOf({ ...BOUGHT, multiplier: 50 });
    // 600 contracts of 50 times 0.15; commission is money already.
    expect(future.slippage.decision.money).toBeCloseTo(4500, 6);
    expect(future.slippage.decision.bps).toBeCloseTo(30, 9);
    expect(future.notional).toBeCloseTo(30_090 * 50, 6);
    // (90 + 200) * 50 + 3 = 14,503 of 2,500,000.
    expect(future.shortfall.money).toBeCloseTo(14_503, 6);
    expect(future.shortfall.bps).toBeCloseTo(58.012, 9);
  });

  it('is put together by algorithm, and never adds two currencies', () => {
    const orders = [
      BOUGHT,
      { ...BOUGHT, id: 'd', algorithm: 'twap' },
      { ...BOUGHT, id: 'e', algorithm: 'twap', currency: 'EUR' },
    ];
    const rows = qualityTable(orders, { by: 'algorithm' });
    expect(rows.map(({ key, currency, orders: count }) => `${key} ${currency} ${count}`)).toEqual([
      'none USD 1',
      'twap USD 1',
      'twap EUR 1',
    ]);
    expect(rows[1]?.slippage.arrival.money).toBeCloseTo(60, 9); // 600 at 0.10 above 50.05
  });
});
