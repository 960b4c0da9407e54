import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  adjustBars,
  checkAdjustmentEvents,
  eventsFromFactors,
} from '../../../engine/domain/adjustments.ts';
import type { AdjustmentEvent, FactorRow } from '../../../engine/domain/adjustments.ts';
import type { Adjustment, BarColumns } from '../../../engine/domain/bar.ts';
import { timeZone } from '../../../engine/domain/time-zone.ts';

const day = (text: string): number => Date.parse(`${text}T00:00:00Z`);

function columns(length: number): BarColumns {
  const column = (): Float64Array => new Float64Array(length);
  return {
    time: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
}

function daily(
  rows: readonly (readonly [date: string, close: number, volume: number])[],
): BarColumns {
  const bars = columns(rows.length);
  for (const [i, [date, close, volume]] of rows.entries()) {
    bars.time[i] = day(date);
    for (const name of ['open', 'high', 'low', 'close'] as const) bars[name][i] = close;
    bars.volume[i] = volume;
  }
  return bars;
}

const adjust = (
  bars: BarColumns,
  events: readonly AdjustmentEvent[],
  adjustment: Adjustment,
): BarColumns => adjustBars(bars, events, adjustment, true, timeZone('America/New_York'), columns);

/**
 * Worked by hand: 2:1 split on day 3, dividend of 1 on day 5 with a close of 50 before it (factor 0.98).
 * Day 1 and 2 at 100 become 50 after the split and 49 with the dividend; volume doubles.
 */
const bars = daily([
  ['2020-01-06', 100, 1_000],
  ['2020-01-07', 100, 1_500],
  ['2020-01-08', 50, 4_000],
  ['2020-01-09', 50, 4_000],
  ['2020-01-10', 49, 5_000],
]);
const events: AdjustmentEvent[] = [
  { kind: 'dividend', day: day('2020-01-10'), amount: 1, referencePrice: null },
  { kind: 'split', day: day('2020-01-08'), ratio: 2 },
];

describe('adjustBars', () => {
  it('leaves raw bars alone', () => {
    expect(adjust(bars, events, 'raw')).toBe(bars);
    expect(adjust(bars, [], 'split')).toBe(bars);
  });

  it('divides prices by a split and multiplies volumes with it', () => {
    const out = adjust(bars, events, 'split');
    expect([...out.close]).toEqual([50, 50, 50, 50, 49]);
    expect([...out.open]).toEqual([50, 50, 50, 50, 49]);
    expect([...out.volume]).toEqual([2_000, 3_000, 4_000, 4_000, 5_000]);
    expect([...out.time]).toEqual([...bars.time]);
    expect([...bars.close]).toEqual([100, 100, 50, 50, 49]);
  });

  it('takes dividends into account for the total return, and not in volume', () => {
    const out = adjust(bars, events, 'total-return');
    expect([...out.close]).toEqual([49, 49, 49, 49, 49]);
    expect([...out.volume]).toEqual([2_000, 3_000, 4_000, 4_000, 5_000]);
  });

  it('uses the price that a dividend names', () => {
    const named: AdjustmentEvent[] = [
      { kind: 'dividend', day: day('2020-01-10'), amount: 1, referencePrice: 4 },
    ];
    expect(adjust(bars, named, 'total-return').close[3]).toBe(37.5);
  });

  it('makes the value of a holding continuous over a reverse split', () => {
    const out = adjust(bars, [{ kind: 'split', day: day('2020-01-09'), ratio: 0.125 }], 'split');
    expect(out.close[0]).toBe(800);
    expect(out.volume[0]).toBe(125);
    expect((out.close[0] ?? 0) * (out.volume[0] ?? 0)).toBe(100_000);
  });

  it('ignores events before the first bar and uses those after the last', () => {
    expect(
      adjust(
        bars,
        [{ kind: 'dividend', day: day('2019-01-02'), amount: 1, referencePrice: null }],
        'total-return',
      ),
    ).toBe(bars);
    expect([
      ...adjust(bars, [{ kind: 'split', day: day('2021-01-04'), ratio: 4 }], 'split').close,
    ]).toEqual([25, 25, 12.5, 12.5, 12.25]);
  });

  it('begins an ex-date at midnight of the market for bars within the day', () => {
    const hours = columns(3);
    // 23:00 and 00:00 in New York around the start of 2020-01-08, then 09:30.
    hours.time.set([
      Date.parse('2020-01-08T04:00:00Z'),
      Date.parse('2020-01-08T05:00:00Z'),
      Date.parse('2020-01-08T14:30:00Z'),
    ]);
    for (const name of ['open', 'high', 'low', 'close'] as const) hours[name].fill(100);
    const out = adjustBars(hours, events, 'split', false, timeZone('America/New_York'), columns);
    expect([...out.close]).toEqual([50, 100, 100]);
  });

  it('refuses a dividend that is not below the price before it', () => {
    const wrong: AdjustmentEvent[] = [
      { kind: 'dividend', day: day('2020-01-10'), amount: 50, referencePrice: null },
    ];
    expect(() => adjust(bars, wrong, 'total-return')).toThrow(
      /dividend of 50 on 2020-01-10 is not below the close of 50/,
    );
  });
});

describe('checkAdjustmentEvents', () => {
  it.each<[string, AdjustmentEvent]>([
    ['a ratio of 0', { kind: 'split', day: 0, ratio: 0 }],
    ['a ratio that is no number', { kind: 'split', day: 0, ratio: Number.NaN }],
    ['a time that is no date', { kind: 'split', day: 5, ratio: 2 }],
    ['no date', { kind: 'split', day: Number.NaN, ratio: 2 }],
    ['a dividend above its price', { kind: 'dividend', day: 0, amount: 5, referencePrice: 4 }],
  ])('refuses %s', (_what, event) => {
    expect(() => {
      checkAdjustmentEvents([event]);
    }).toThrow(/is not possible/);
  });

  it('refuses two of a kind on one day', () => {
    const event: AdjustmentEvent = { kind: 'split', day: 0, ratio: 2 };
    expect(() => {
      checkAdjustmentEvents([event, event]);
    }).toThrow(/two splits on 1970-01-01/);
    checkAdjustmentEvents(events);
  });
});

describe('eventsFromFactors', () => {
  const row = (
    date: string,
    priceFactor: number,
    splitFactor: number,
    referencePrice: number,
  ): FactorRow => ({
    day: day(date),
    priceFactor,
    splitFactor,
    referencePrice,
  });

  it('turns changes of the factors into events of the day after', () => {
    const found = eventsFromFactors([
      row('2020-01-07', 0.98, 0.5, 50),
      row('2050-12-31', 1, 1, 0),
      row('2020-01-09', 0.98, 1, 50),
    ]);
    expect(found).toEqual([
      { kind: 'split', day: day('2020-01-08'), ratio: 2 },
      {
        kind: 'dividend',
        day: day('2020-01-10'),
        amount: expect.closeTo(1, 10) as number,
        referencePrice: 50,
      },
    ]);
  });

  it.each([
    [0.333333, 3],
    [2 / 3, 1.5],
    [8, 0.125],
    [0.997307, 1 / 0.997307],
  ])('takes a factor of %d as a split of %d', (factor, ratio) => {
    const found = eventsFromFactors([row('2020-01-07', 1, factor, 5), row('2050-12-31', 1, 1, 0)]);
    expect(found).toEqual([
      { kind: 'split', day: day('2020-01-08'), ratio: expect.closeTo(ratio, 12) as number },
    ]);
  });

  const symbols = ['AAPL', 'AIG', 'BAC', 'EEM', 'GOOG', 'IBM', 'IWM', 'QQQ', 'SPY', 'USO'];
  describe.skipIf(!existsSync('../shared/data/factors'))('of real factor files', () => {
    const read = (path: string): string[][] =>
      readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','));

    it.each(symbols)('adjusts %s as raw * price factor * split factor does', (symbol) => {
      const factors = read(`../shared/data/factors/${symbol}.csv`).map(([date = '', p, s, r]) =>
        row(
          `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`,
          Number(p),
          Number(s),
          Number(r),
        ),
      );
      const rows = read(`../shared/data/daily/${symbol}.csv`);
      const raw = daily(
        rows.map(
          ([date = '', , , , close, volume]) => [date, Number(close), Number(volume)] as const,
        ),
      );
      const found = eventsFromFactors(factors);
      checkAdjustmentEvents(found);
      const total = adjust(raw, found, 'total-return');
      const split = adjust(raw, found, 'split');
      for (let i = 0; i < raw.time.length; i += 1) {
        const factor = factors.find((f) => f.day >= (raw.time[i] ?? 0));
        if (factor === undefined) throw new Error('no factor');
        const close = raw.close[i] ?? 0;
        // Factors have seven digits, the smallest three of them.
        expect(
          (total.close[i] ?? 0) / (close * factor.priceFactor * factor.splitFactor),
        ).toBeCloseTo(1, 4);
        expect((split.close[i] ?? 0) / (close * factor.splitFactor)).toBeCloseTo(1, 4);
        expect((split.volume[i] ?? 0) * (split.close[i] ?? 0)).toBeCloseTo(
          (raw.volume[i] ?? 0) * close,
          0,
        );
      }
    });

    it('knows the splits of AAPL', () => {
      const factors = read('../shared/data/factors/AAPL.csv').map(([date = '', p, s, r]) =>
        row(
          `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`,
          Number(p),
          Number(s),
          Number(r),
        ),
      );
      const splits = eventsFromFactors(factors).filter((event) => event.kind === 'split');
      // The day after the last one of the old factor; trading began on the Monday after in each case.
      expect(
        splits.map((event) => [new Date(event.day).toISOString().slice(0, 10), event.ratio]),
      ).toEqual([
        ['2000-06-21', 2],
        ['2005-02-26', 2],
        ['2014-06-07', 7],
        ['2020-08-29', 4],
      ]);
    });
  });
});
