import { describe, expect, it } from 'vitest';
import {
  ALPACA,
  BINANCE,
  IBKR,
  SEC_FEE,
  TAF_FEE,
} from '../../../../engine/backtest/costs/fee-tables.ts';
import { FeeMeter, type ChargedFill } from '../../../../engine/backtest/costs/fees.ts';
import type { OrderRequest } from '../../../../engine/backtest/strategy.ts';
import type { FeeTable, SlippageModel } from '../../../../engine/domain/backtest.ts';
import { play, type Row } from './bars.ts';

const QUIET: Row = [100, 101, 99, 100];

describe('slippage', () => {
  const paid = (
    slippage: SlippageModel,
    side: OrderRequest['side'],
    quantity = 10,
    volume = 1_000,
  ) =>
    play(
      [QUIET, QUIET],
      { 0: (c) => c.order({ side, quantity }) },
      { slippage },
      { volume: [volume, volume] },
    ).orders.fillPrice[0];

  it('of a fixed amount', () => {
    expect(paid({ kind: 'fixed', amount: 0.05 }, 'buy')).toBeCloseTo(100.05, 12);
    expect(paid({ kind: 'fixed', amount: 0.05 }, 'sell')).toBeCloseTo(99.95, 12);
    expect(paid({ kind: 'fixed', amount: 500 }, 'sell')).toBe(0);
  });

  it('of basis points', () => {
    expect(paid({ kind: 'bps', bps: 25 }, 'buy')).toBeCloseTo(100.25, 12);
  });

  it('of half a spread', () => {
    expect(paid({ kind: 'spread', bps: 20 }, 'sell')).toBeCloseTo(99.9, 12);
  });

  it('by the square of the share of the volume', () => {
    // 25 of 1,000 with 0.1: 0.1 × 0.025² = 0.00625 %, the example of the model's first description.
    const model: SlippageModel = { kind: 'volume-share', coefficient: 0.1 };
    expect(paid(model, 'buy', 25)).toBeCloseTo(100.006_25, 10);
    expect(paid(model, 'buy', 25, 0)).toBe(100);
  });

  it('by the square root of the share of the usual volume, times the volatility before the fill', () => {
    // Log returns of the three bars before: ln 1.1, ln 0.9, ln 1.1; their deviation is 0.11585728.
    const rows: Row[] = [100, 110, 99, 108.9, 100].map((price) => [price, price, price, price]);
    const { orders } = play(
      rows,
      { 3: (c) => c.order({ side: 'buy', quantity: 25 }) },
      { slippage: { kind: 'square-root', coefficient: 1, window: 3 } },
      { volume: [1, 100, 100, 100, 5] },
    );
    expect(orders.fillPrice[0]).toBeCloseTo(100 * (1 + 0.5 * 0.115_857_28), 5);
  });

  it('of a sized model sizes the entry at the price that it pays', () => {
    const { run } = play(
      [QUIET, QUIET],
      { 0: (c) => c.buy() },
      { size: { kind: 'all' }, slippage: { kind: 'volume-share', coefficient: 1 } },
      { volume: [1_000, 1_000] },
    );
    // 100 units ask for 1 % more: 101. As many as 101 each buy.
    expect(run.position).toBeCloseTo(10_000 / 101, 9);
    expect(run.cash).toBeCloseTo(0, 9);
  });
});

describe('the volume of a bar', () => {
  const rows: Row[] = [QUIET, [100, 101, 99, 100], [102, 103, 101, 102], [104, 105, 103, 104]];
  const capped = (request: OrderRequest, volume: readonly number[], limit = 0.25) =>
    play(rows, { 0: (c) => c.order(request) }, { volumeLimit: limit }, { volume });

  it('caps the fills of a bar; the rest waits for the next open', () => {
    const { orders, fills, heard } = capped({ side: 'buy', quantity: 60 }, [100, 100, 100, 100]);
    expect([...fills.quantity]).toEqual([25, 25, 10]);
    expect([...fills.bar]).toEqual([1, 2, 3]);
    expect([...fills.price]).toEqual([100, 102, 104]);
    expect(heard).toEqual(['0 PartiallyFilled 25', '0 PartiallyFilled 25', '0 Filled 10']);
    // (25 × 100 + 25 × 102 + 10 × 104) / 60
    expect(orders.fillPrice[0]).toBeCloseTo(101.5, 12);
  });

  it('is shared by the orders of the bar, in the order in which they fill', () => {
    const { fills } = play(
      rows,
      {
        0: (c) => {
          c.order({ side: 'buy', quantity: 20 });
          c.order({ side: 'buy', quantity: 20 });
        },
      },
      { volumeLimit: 0.25 },
      { volume: [100, 100, 100, 100] },
    );
    expect([...fills.order]).toEqual([0, 1, 1]);
    expect([...fills.quantity]).toEqual([20, 5, 15]);
  });

  it('leaves a stop that it stopped a market order', () => {
    const { fills } = capped(
      { side: 'buy', type: 'stop', stopPrice: 101, quantity: 30 },
      [100, 100, 100, 100],
    );
    expect([...fills.price]).toEqual([101, 102]);
    expect([...fills.quantity]).toEqual([25, 5]);
  });

  it('leaves a limit that it filled in part a limit', () => {
    const { orders } = capped(
      { side: 'buy', type: 'limit', limitPrice: 99.5, quantity: 30 },
      [100, 100, 100, 100],
    );
    expect([orders.state[0], orders.filled?.[0]]).toEqual(['PartiallyFilled', 25]);
  });

  it('of nothing, or unknown, fills nothing', () => {
    const { fills } = capped({ side: 'buy', quantity: 10 }, [100, 0, Number.NaN, 100]);
    expect([...fills.bar]).toEqual([3]);
  });

  it('is rounded down to lots', () => {
    const { fills } = play(
      rows,
      { 0: (c) => c.order({ side: 'buy', quantity: 50 }) },
      { volumeLimit: 0.25, lotSize: 10 },
      { volume: [100, 100, 100, 100] },
    );
    expect([...fills.quantity]).toEqual([20, 20, 10]);
  });
});

describe('a bar that was filled forward', () => {
  const flat: Row = [101, 101, 101, 101];
  const rows: Row[] = [[100, 102, 99, 101], flat, flat, [104, 105, 103, 104]];
  const bought = (volume: readonly number[]) =>
    play(rows, { 0: (c) => c.buy() }, {}, { volume }).orders;

  it('repeats the close before it without volume, and fills nothing', () => {
    const orders = bought([100, 0, 0, 100]);
    expect([orders.doneBar[0], orders.fillPrice[0]]).toEqual([3, 104]);
  });

  it('is not one with volume, nor one of a market without any', () => {
    expect(bought([100, 1, 0, 100]).doneBar[0]).toBe(1);
    expect(bought([0, 0, 0, 0]).doneBar[0]).toBe(1);
    expect(bought([Number.NaN, Number.NaN, 0, 100]).doneBar[0]).toBe(1);
  });
});

const at = (date: string): number => Date.parse(`${date}T14:30:00Z`);
function fill(quantity: number, price: number, given: Partial<ChargedFill> = {}): ChargedFill {
  const time = at('2020-06-01');
  return { order: 0, time, sells: false, maker: false, quantity, price, ...given };
}
const charge = (table: FeeTable, ...fills: readonly ChargedFill[]): number => {
  const meter = new FeeMeter({ table });
  return fills.reduce((sum, each) => sum + meter.charge(each), 0);
};

describe('fees of Interactive Brokers', () => {
  it.each([
    [100, 25, 1],
    [1_000, 25, 5],
    [1_000, 0.25, 2.5],
  ])('fixed: the published example of %d shares at %d', (quantity, price, fee) => {
    expect(charge('ibkr-fixed', fill(quantity, price))).toBeCloseTo(fee, 10);
  });

  it('take minimum and maximum by the order, however it is filled', () => {
    expect(charge('ibkr-fixed', fill(50, 25), fill(50, 25))).toBeCloseTo(1, 10);
    expect(charge('ibkr-fixed', fill(50, 25), fill(50, 25, { order: 1 }))).toBeCloseTo(2, 10);
    // One per cent of 2 dollars goes before the minimum of one dollar; half a per cent in copies of 2016.
    expect(charge('ibkr-fixed', fill(10, 0.2))).toBeCloseTo(0.02, 10);
    expect(charge('ibkr-fixed', fill(10, 0.2, { time: at('2016-06-01') }))).toBeCloseTo(0.01, 10);
  });

  it('pass on what regulators take of a sale', () => {
    const sale = { sells: true, time: at('2024-06-03') };
    // 5 + 50,000 × 27.80 / 1,000,000 + 1,000 × 0.000166
    expect(charge('ibkr-fixed', fill(1_000, 50, sale))).toBeCloseTo(5 + 1.39 + 0.166, 10);
    // The activity fee of one sale ends at 8.30, in one piece or two.
    const whole = 500 + 139 + 8.3;
    expect(charge('ibkr-fixed', fill(100_000, 50, sale))).toBeCloseTo(whole, 8);
    expect(charge('ibkr-fixed', fill(60_000, 50, sale), fill(40_000, 50, sale))).toBeCloseTo(
      whole,
      8,
    );
    // From May 14, 2025 on the Section 31 fee is nothing; the audit trail costs 0.000072 a share.
    const later = { sells: true, time: at('2025-06-02') };
    expect(charge('ibkr-fixed', fill(1_000, 50, later))).toBeCloseTo(5 + 0.166 + 0.072, 10);
  });

  it.each([
    // The broker's own comparison of both plans, as it stood in 2023 (Section 31 fee of 8.00 a million,
    // activity fee of at most 7.27), for sales of NASDAQ shares at 5 dollars that take liquidity.
    // 700 + 600 exchange + 40 clearing + 8.00 + 0.39 + 0.12 + 7.27, printed as 1,355.78.
    ['ibkr-tiered', 200_000, 1_355.78, 0.006],
    ['ibkr-fixed', 200_000, 1_015.27, 1e-9],
    // 1,050 + 5,400 + 25,500 + 10,000 + 90,000 + 6,000 + 1,200 + 23.49 + 7.34 + 7.27
    ['ibkr-tiered', 30_000_000, 139_188.1, 0.02],
    ['ibkr-fixed', 30_000_000, 151_207.27, 1e-6],
  ] as const)(
    '%s: the published example of a sale of %d shares',
    (table, quantity, total, within) => {
      const sale = fill(quantity, 5, { sells: true, time: at('2023-06-01') });
      expect(Math.abs(charge(table, sale) - total)).toBeLessThan(within);
    },
  );

  it('follow the dates of regulators to 2027', () => {
    const on = (date: string): number =>
      charge('ibkr-fixed', fill(1_000, 50, { sells: true, time: at(date) })) - 5;
    // 50,000 dollars and 1,000 shares sold: Section 31, activity fee, audit trail.
    expect(on('2026-03-02')).toBeCloseTo(0 + 0.195 + 0, 10);
    expect(on('2026-04-03')).toBeCloseTo(0 + 0.195 + 0, 10);
    expect(on('2026-04-06')).toBeCloseTo(1.03 + 0.195 + 0, 10);
    expect(on('2026-05-01')).toBeCloseTo(1.03 + 0.195 + 0.003, 10);
    expect(on('2026-10-01')).toBeCloseTo(1.03 + 0 + 0.003, 10);
    expect(on('2027-01-04')).toBeCloseTo(1.03 + 0.195 + 0.003, 10);
    // Lists of others, and the notices that name what held before them.
    expect(on('2008-03-31')).toBeCloseTo(0.55 + 0.075, 10);
    expect(on('2008-04-01')).toBeCloseTo(0.28 + 0.075, 10);
    expect(on('2011-07-01')).toBeCloseTo(0.96 + 0.09, 10);
    expect(on('2012-11-15')).toBeCloseTo(1.12 + 0.119, 10);
    expect(on('2014-03-17')).toBeCloseTo(0.87 + 0.119, 10);
    expect(on('2015-02-13')).toBeCloseTo(1.105 + 0.119, 10);
    expect(on('2015-02-17')).toBeCloseTo(0.92 + 0.119, 10);
    expect(on('2016-02-16')).toBeCloseTo(1.09 + 0.119, 10);
    expect(on('2022-06-01')).toBeCloseTo(1.145 + 0.13, 10);
    expect(on('2018-05-21')).toBeCloseTo(1.155 + 0.119, 10);
    expect(on('2018-05-22')).toBeCloseTo(0.65 + 0.119, 10);
    // 100,000 shares end at the cap of 9.79.
    const large = fill(100_000, 50, { sells: true, time: at('2026-06-01') });
    expect(charge('ibkr-fixed', large)).toBeCloseTo(500 + 103 + 9.79 + 0.3, 8);
  });

  it('tiered: count the shares of a month, each at the rate of its tier', () => {
    const resting = { maker: true };
    // 3.50, clearing 0.20, and 0.0735 % of the commission to NYSE and FINRA.
    expect(charge('ibkr-tiered', fill(1_000, 25, resting))).toBeCloseTo(3.5 + 0.2 + 0.002_572_5, 8);
    expect(charge('ibkr-tiered', fill(1_000, 25))).toBeCloseTo(3.5 + 0.2 + 0.002_572_5 + 3, 8);
    // 300,000 × 0.0035 + 100,000 × 0.002 = 1,250
    const big = 1_250 * 1.000_735 + 80;
    expect(charge('ibkr-tiered', fill(400_000, 25, resting))).toBeCloseTo(big, 6);
    const meter = new FeeMeter({ table: 'ibkr-tiered' });
    meter.charge(fill(400_000, 25, resting));
    const next = fill(1_000, 25, { ...resting, order: 1 });
    expect(meter.charge(next)).toBeCloseTo(2 * 1.000_735 + 0.2, 8);
    const july = fill(1_000, 25, { ...resting, order: 2, time: at('2020-07-01') });
    expect(meter.charge(july)).toBeCloseTo(3.5 * 1.000_735 + 0.2, 8);
  });
});

describe('fees of Alpaca', () => {
  it('are those of regulators, summed over a day and rounded up to the cent', () => {
    const sale = { sells: true, time: at('2024-06-03') };
    // 1.39, and 0.166 rounded up.
    expect(charge('alpaca', fill(1_000, 50, sale))).toBeCloseTo(1.39 + 0.17, 10);
    // One more share at 1 dollar: 1.3900278 is 1.40, and 0.166166 still 0.17.
    expect(charge('alpaca', fill(1_000, 50, sale), fill(1, 1, { ...sale, order: 1 }))).toBeCloseTo(
      1.57,
      10,
    );
    expect(charge('alpaca', fill(1_000, 50))).toBe(0);
    // 1,000 × 0.000046 and × 0.0000265 for the audit trail, bought as well as sold.
    expect(charge('alpaca', fill(1_000, 50, { time: at('2025-06-02') }))).toBeCloseTo(0.05, 10);
    expect(charge('alpaca', fill(1_000, 50, { time: at('2025-08-01') }))).toBeCloseTo(0.03, 10);
    // 1.03, 0.195 and 0.003, each rounded up; from October to December 2026 no activity fee.
    const lately = (date: string): number =>
      charge('alpaca', fill(1_000, 50, { sells: true, time: at(date) }));
    expect(lately('2026-06-01')).toBeCloseTo(1.03 + 0.2 + 0.01, 10);
    expect(lately('2026-11-02')).toBeCloseTo(1.03 + 0.01, 10);
  });
});

describe('fee tables', () => {
  it('say where and when each was read', () => {
    const sources = [...SEC_FEE.sources, ...TAF_FEE.sources, ...BINANCE.sources];
    for (const { url, asOf, note } of [...sources, IBKR.source, ALPACA.source]) {
      expect(url).toMatch(/^https:\/\//);
      expect(asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(note).not.toBe('');
    }
  });

  it('have their dates in order, and no cap below what 50,000 shares cost', () => {
    const { finraPassThrough } = IBKR.tiered;
    const regulators = [SEC_FEE.rates, TAF_FEE.rates, IBKR.cat, ALPACA.cat];
    const venues = [BINANCE.levels, BINANCE.bnbDiscount, IBKR.most, finraPassThrough];
    for (const rates of [...regulators, ...venues]) {
      const dates = rates.map(({ from }) => from);
      expect(dates.every(Number.isFinite)).toBe(true);
      expect(dates).toEqual(dates.toSorted((a, b) => a - b));
      expect(new Set(dates).size).toBe(dates.length);
    }
    // FINRA sets the cap at that of 50,000 shares or a little more, rounded to cents.
    for (const { rate, cap } of TAF_FEE.rates.filter(({ rate }) => rate > 0)) {
      expect(cap / rate).toBeGreaterThan(49_900);
      expect(cap / rate).toBeLessThan(50_300);
    }
  });
});

describe('an entry of all the money', () => {
  it('leaves a table its fee', () => {
    const { run } = play(
      [QUIET, QUIET],
      { 0: (c) => c.buy() },
      { size: { kind: 'all' }, fees: { table: 'ibkr-fixed' } },
    );
    // One dollar for the order: 9,999 / 100.
    expect(run.position).toBeCloseTo(99.99, 9);
    expect(run.cash).toBeCloseTo(0, 8);
  });

  it('turns a position with a table as well, without a denial', () => {
    for (const fees of [{ table: 'ibkr-tiered' }, { table: 'binance-spot' }] as const) {
      const { orders, run } = play(
        [QUIET, QUIET, QUIET],
        { 0: (c) => c.buy(), 1: (c) => c.sell() },
        { size: { kind: 'all' }, fees },
      );
      expect(orders.state).toEqual(['Filled', 'Filled']);
      expect(run.position).toBeLessThan(-90);
      // What is short is worth no more than the equity, and nearly as much.
      expect(run.position * -100).toBeLessThanOrEqual(run.equity);
      expect(run.position * -100).toBeGreaterThan(run.equity - 15);
    }
  });
});
