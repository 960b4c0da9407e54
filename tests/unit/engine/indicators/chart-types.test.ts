import { describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import { CHART_TYPES } from '../../../../engine/indicators/chart-types/index.ts';
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import { ATR } from '../../../../engine/indicators/volatility/atr.ts';
import { flatBars, spx } from '../backtest/bars.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';

function run(
  id: string,
  bars: BarColumns,
  parameters: ParameterValues = {},
): Record<string, number[]> {
  const definition = CHART_TYPES.find((each) => each.id === id);
  if (definition === undefined) throw new Error(`${id} is missing`);
  const inputs = definition.inputs.map((name) => bars[name as keyof BarColumns]);
  const outputs = runIndicator(definition, inputs, parameters);
  return Object.fromEntries(
    definition.outputs.map(({ name }, k) => [name, Array.from(outputs[k] ?? [])]),
  );
}

const none = Number.NaN;
const market = spx();

describe('Heikin-Ashi', () => {
  it('averages two hand-worked bars', () => {
    // First: close (10 + 14 + 8 + 12) / 4 = 11, open (10 + 12) / 2 = 11.
    // Second: close (12 + 13 + 12 + 13) / 4 = 12.5, open (11 + 11) / 2 = 11, low min(12, 11) = 11.
    const bars = flatBars([0, 0]);
    bars.open.set([10, 12]);
    bars.high.set([14, 13]);
    bars.low.set([8, 12]);
    bars.close.set([12, 13]);
    expect(run('heikin_ashi', bars)).toEqual({
      open: [11, 11],
      high: [14, 13],
      low: [8, 11],
      close: [11, 12.5],
    });
  });

  it('opens are the halved sum of all closes before', () => {
    // open = Σ close[k] / 2^k + first open / 2^i, multiplied out.
    const mine = run('heikin_ashi', market);
    for (const i of [1, 5, 40]) {
      let open = ((market.open[0] as number) + (market.close[0] as number)) / 2 / 2 ** i;
      for (let k = 1; k <= i; k += 1) open += (mine['close']?.[i - k] ?? 0) / 2 ** k;
      expect(mine['open']?.[i]).toBeCloseTo(open, 9);
    }
  });
});

/** Renko by walking one box at a time, with prices in whole cents. */
function walkBoxes(cents: readonly number[], box: number): { close: number[]; count: number[] } {
  let top = cents[0] ?? 0;
  let bottom = top;
  let direction = 0;
  const close: number[] = [];
  const count: number[] = [];
  for (const price of cents) {
    let made = 0;
    while (price >= top + box || price <= bottom - box) {
      made += 1;
      direction = price >= top + box ? 1 : -1;
      if (direction > 0) [bottom, top] = [top, top + box];
      else [bottom, top] = [bottom - box, bottom];
    }
    close.push(direction === 0 ? none : direction > 0 ? top : bottom);
    count.push(made);
  }
  return { close, count };
}

describe('Renko', () => {
  it('makes, misses and turns bricks as worked by hand', () => {
    // Box 10 from 100. 109: none. 121: 110, 120. 111: 9 below the top, none. 100: the last brick is
    // 110–120, 10 below its bottom is 100: one. 119: its top is 110, none. 120: one.
    const mine = run('renko', flatBars([100, 109, 121, 111, 100, 119, 120]), {
      method: 'fixed',
      size: 10,
    });
    expect(mine['close']).toEqual([none, none, 120, 120, 100, 100, 120]);
    expect(mine['direction']).toEqual([none, none, 1, 1, -1, -1, 1]);
    expect(mine['bricks']).toEqual([0, 0, 2, 0, 1, 0, 1]);
  });

  it('agrees with boxes of whole cents on a real index, where halves and tenths do not add up', () => {
    const cents = Array.from(market.close, (x) => Math.round(x * 100));
    for (const box of [10, 70, 1_330]) {
      const wanted = walkBoxes(cents, box);
      const mine = run('renko', flatBars(cents.map((x) => x / 100)), {
        method: 'fixed',
        size: box / 100,
      });
      expect(mine['bricks']).toEqual(wanted.count);
      wanted.close.forEach((x, i) => {
        if (Number.isNaN(x)) expect(mine['close']?.[i]).toBeNaN();
        else expect(mine['close']?.[i]).toBeCloseTo(x / 100, 8);
      });
    }
  });

  it('takes the average true range of the bar of the last brick as its box', () => {
    const mine = run('renko', market);
    const atr = runIndicator(ATR, [market.high, market.low, market.close])[0] as Float64Array;
    let box = atr[14] as number;
    let top = market.close[14] as number;
    let bottom = top;
    let bricks = 0;
    for (let i = 15; i < market.close.length; i += 1) {
      const price = market.close[i] as number;
      const up = Math.floor((price - top) / box);
      const down = Math.floor((bottom - price) / box);
      const made = Math.max(up, down, 0);
      expect(mine['bricks']?.[i]).toBe(made);
      if (made === 0) continue;
      const close = up > 0 ? top + up * box : bottom - down * box;
      expect(mine['close']?.[i]).toBeCloseTo(close, 8);
      expect(mine['direction']?.[i]).toBe(up > 0 ? 1 : -1);
      box = atr[i] as number;
      [top, bottom] = up > 0 ? [close, close - box] : [close + box, close];
      bricks += made;
    }
    expect(bricks).toBeGreaterThan(500);
  });

  it('has no box, and so no bricks, while nothing moves', () => {
    const mine = run('renko', flatBars([...Array<number>(30).fill(5), 6, 7, 8]));
    expect(mine['bricks']?.slice(0, 30).every(Number.isNaN)).toBe(true);
    expect(mine['bricks']?.[30]).toBe(0);
    expect(mine['bricks']?.[31]).toBeGreaterThan(0);
  });
});

describe('range bars', () => {
  it('are complete at their range, along the way of a bar', () => {
    // Range 4. Bar 1 rises: 10, 9, 12, 11: range 3, open still. Bar 2 rises: 11, 8.5, 17, 16: at 8.5
    // the high is 12 and the range 3.5; going up it is complete at 12.5, the next at 16.5; one forms
    // from 16.5 over 17 to 16. Bar 3 falls: 16, 16, 7, 8: from the high 17 complete at 13, then at 9.
    const bars = flatBars([0, 0, 0]);
    bars.open.set([10, 11, 16]);
    bars.high.set([12, 17, 16]);
    bars.low.set([9, 8.5, 7]);
    bars.close.set([11, 16, 8]);
    expect(run('range_bars', bars, { size: 4 })).toEqual({
      close: [none, 16.5, 9],
      direction: [none, 1, -1],
      bars: [0, 2, 2],
    });
  });
});

describe('range bars of a real index', () => {
  it('agree with a walk from cent to cent', () => {
    const cents = (x: number): number => Math.round(x * 100);
    const size = 1_250;
    const length = 300;
    const bars = flatBars(Array<number>(length).fill(0));
    let low = none;
    let high = none;
    const counts: number[] = [];
    for (let i = 0; i < length; i += 1) {
      const [open = 0, top = 0, bottom = 0, close = 0] = [
        market.open[i],
        market.high[i],
        market.low[i],
        market.close[i],
      ].map((x) => cents(x ?? 0));
      bars.open[i] = open / 100;
      bars.high[i] = top / 100;
      bars.low[i] = bottom / 100;
      bars.close[i] = close / 100;
      let count = 0;
      let price = Number.isNaN(low) ? open : cents(bars.close[i - 1] ?? 0);
      if (Number.isNaN(low)) low = high = open;
      for (const target of close >= open
        ? [open, bottom, top, close]
        : [open, top, bottom, close]) {
        while (price !== target) {
          price += Math.sign(target - price);
          low = Math.min(low, price);
          high = Math.max(high, price);
          if (high - low === size) {
            count += 1;
            low = high = price;
          }
        }
      }
      counts.push(count);
    }
    expect(run('range_bars', bars, { size: size / 100 })['bars']).toEqual(counts);
    expect(Math.max(...counts)).toBeGreaterThan(3);
  });
});

describe('line break and Kagi', () => {
  it('breaks three lines to turn', () => {
    // Lines: 10–11, 11–12, 12–13. 12.5 and 10.5: not below 10. 9: below all three: a line 12–9.
    // Then 11 is not above the highest of the last three (13), 14 is: a line 12–14.
    const mine = run('line_break', flatBars([10, 11, 12, 13, 12.5, 10.5, 9, 11, 14]));
    expect(mine['close']).toEqual([none, 11, 12, 13, 13, 13, 9, 9, 14]);
    expect(mine['direction']).toEqual([none, 1, 1, 1, 1, 1, -1, -1, 1]);
    expect(mine['lines']).toEqual([0, 1, 1, 1, 0, 0, 1, 0, 1]);
  });

  it('turns the Kagi line after the reversal, and thickens past the shoulder', () => {
    // 10%: 100, 111 starts up; 120 goes on; 109 > 108 waits; 108 turns, shoulder 120; 100 goes on;
    // 110 turns up, waist 100; 121 passes the shoulder: yang; 105 turns, shoulder 121; 99 passes the
    // waist: yin.
    const mine = run('kagi', flatBars([100, 111, 120, 109, 108, 100, 110, 121, 105, 99]), {
      reversal: 10,
    });
    expect(mine['line']).toEqual([100, 111, 120, 120, 108, 100, 110, 121, 105, 99]);
    expect(mine['direction']).toEqual([0, 1, 1, 1, -1, -1, 1, 1, -1, -1]);
    expect(mine['thickness']).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1, -1]);
  });
});
