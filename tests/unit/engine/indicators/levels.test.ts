import { describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import { LEVELS } from '../../../../engine/indicators/levels/index.ts';
import { valueArea } from '../../../../engine/indicators/levels/volume-profile.ts';
import { runIndicator } from '../../../../engine/indicators/runner.ts';
import { randomWalk } from '../backtest/bars.ts';

type Row = Readonly<Record<string, number>>;

/** Outputs by name, from rows that name the inputs. */
function run(
  id: string,
  rows: readonly Row[],
  parameters: ParameterValues = {},
): Record<string, number[]> {
  const definition = LEVELS.find((each) => each.id === id);
  if (definition === undefined) throw new Error(`${id} is missing`);
  const inputs = definition.inputs.map((name) =>
    Float64Array.from(rows, (row) => row[name] ?? Number.NaN),
  );
  const outputs = runIndicator(definition, inputs, parameters);
  return Object.fromEntries(
    definition.outputs.map(({ name }, k) => [name, Array.from(outputs[k] ?? [])]),
  );
}

const last = (list: readonly number[] | undefined): number => list?.at(-1) ?? Number.NaN;

/** Two sessions: the first of two bars with open 10, high 14, low 8, close 11 in all. */
const TWO_DAYS: readonly Row[] = [
  { open: 10, high: 14, low: 9, close: 13, session: 1 },
  { open: 13, high: 13, low: 8, close: 11, session: 1 },
  { open: 12, high: 12.5, low: 11, close: 12, session: 2 },
  { open: 12, high: 20, low: 5, close: 6, session: 2 },
];

describe('session levels', () => {
  it('previous session: known from the second day on, held through it', () => {
    const mine = run('previous_session', TWO_DAYS);
    expect(mine).toEqual({
      high: [Number.NaN, Number.NaN, 14, 14],
      low: [Number.NaN, Number.NaN, 8, 8],
      close: [Number.NaN, Number.NaN, 11, 11],
      open: [Number.NaN, Number.NaN, 10, 10],
    });
  });

  it('on daily bars the bar before is the session', () => {
    const days = TWO_DAYS.map((row, i) => ({ ...row, session: 100 + i }));
    expect(run('previous_session', days)['high']).toEqual([Number.NaN, 14, 13, 12.5]);
  });

  it('opening range: known when its bars are complete, anew each day', () => {
    const rows = [1, 1, 1, 2, 2, 2].map((session, i) => ({ high: 10 + i, low: 5 - i, session }));
    expect(run('opening_range', rows, { bars: 2 })).toEqual({
      high: [Number.NaN, 11, 11, Number.NaN, 14, 14],
      low: [Number.NaN, 4, 4, Number.NaN, 1, 1],
      mid: [Number.NaN, 7.5, 7.5, Number.NaN, 7.5, 7.5],
    });
  });
});

describe('pivot points of a day with open 10, high 14, low 8, close 11', () => {
  // Range 6, P = 33 / 3 = 11.
  const levels = (id: string, parameters: ParameterValues = {}): Record<string, number> =>
    Object.fromEntries(
      Object.entries(run(id, TWO_DAYS, parameters)).map(([name, list]) => {
        expect(list.slice(0, 2).every(Number.isNaN)).toBe(true);
        expect(list[2]).toBe(list[3]);
        return [name, Math.round(last(list) * 1e6) / 1e6];
      }),
    );

  it('classic', () => {
    // R1 = 22 − 8, S1 = 22 − 14, R2/S2 = 11 ± 6, R3/S3 = 11 ± 12, R4/S4 = 11 ± 18.
    expect(levels('pivot_classic')).toEqual({
      p: 11,
      r1: 14,
      s1: 8,
      r2: 17,
      s2: 5,
      r3: 23,
      s3: -1,
      r4: 29,
      s4: -7,
    });
  });

  it('traditional', () => {
    // R3 = 14 + 2 × 3, S3 = 8 − 2 × 3; R4 = 33 + 14 − 24, S4 = 33 − 42 + 8; R5 = 44 + 14 − 32,
    // S5 = 44 − 56 + 8.
    expect(levels('pivot_traditional')).toEqual({
      p: 11,
      r1: 14,
      s1: 8,
      r2: 17,
      s2: 5,
      r3: 20,
      s3: 2,
      r4: 23,
      s4: -1,
      r5: 26,
      s5: -4,
    });
  });

  it('Fibonacci', () => {
    // 0.382 × 6 = 2.292, 0.618 × 6 = 3.708.
    expect(levels('pivot_fibonacci')).toEqual({
      p: 11,
      r1: 13.292,
      s1: 8.708,
      r2: 14.708,
      s2: 7.292,
      r3: 17,
      s3: 5,
    });
  });

  it('Camarilla', () => {
    // 6.6 / 12 = 0.55, / 6 = 1.1, / 4 = 1.65, / 2 = 3.3; R5 = 11 × 14 / 8 = 19.25, S5 = 22 − 19.25.
    expect(levels('pivot_camarilla')).toEqual({
      p: 11,
      r1: 11.55,
      s1: 10.45,
      r2: 12.1,
      s2: 9.9,
      r3: 12.65,
      s3: 9.35,
      r4: 14.3,
      s4: 7.7,
      r5: 19.25,
      s5: 2.75,
    });
  });

  it('Woodie, with the open of the day or the close before', () => {
    // P = (14 + 8 + 2 × 12) / 4 = 11.5; R3 = 14 + 2 × 3.5, S3 = 8 − 2 × 2.5.
    expect(levels('pivot_woodie')).toEqual({
      p: 11.5,
      r1: 15,
      s1: 9,
      r2: 17.5,
      s2: 5.5,
      r3: 21,
      s3: 3,
      r4: 27,
      s4: -3,
    });
    // P = (14 + 8 + 2 × 11) / 4 = 11
    expect(levels('pivot_woodie', { weight: 'close' })).toMatchObject({ p: 11, r1: 14, r3: 20 });
  });

  it('DeMark, by where the day closed', () => {
    // Close above open: X = 28 + 8 + 11 = 47.
    expect(levels('pivot_demark')).toEqual({ p: 11.75, r1: 15.5, s1: 9.5 });
    const day = (open: number, close: number): number =>
      last(
        run('pivot_demark', [
          { open, high: 14, low: 8, close, session: 1 },
          { open: 1, high: 1, low: 1, close: 1, session: 2 },
        ])['p'],
      );
    // Below: X = 14 + 16 + 11 = 41; equal: X = 14 + 8 + 22 = 44.
    expect(day(12, 11)).toBe(10.25);
    expect(day(11, 11)).toBe(11);
  });
});

describe('zigzag', () => {
  const flat = (prices: readonly number[]): Row[] => prices.map((x) => ({ high: x, low: x }));

  it('confirms turns on the bar that has gone back far enough', () => {
    // 10%: 100 → 112 confirms the low 100 (≥ 110); the high 120 falls at 108 (≤ 108); the low 100
    // rises at 110.
    const mine = run('zigzag', flat([100, 105, 112, 120, 115, 108, 100, 104, 110]), {
      deviation: 10,
    });
    const none = Number.NaN;
    expect(mine['pivot']).toEqual([none, none, 100, 100, 100, 120, 120, 120, 100]);
    expect(mine['direction']).toEqual([none, none, 1, 1, 1, -1, -1, -1, 1]);
    expect(mine['bars']).toEqual([none, none, 2, 3, 4, 2, 3, 4, 2]);
  });

  it('does not let a bar that sets the extreme end the leg', () => {
    const rows = [
      { high: 100, low: 100 },
      { high: 115, low: 114 },
      // A new high of 130 and a low 20% below it, in an order that is not known.
      { high: 130, low: 104 },
      { high: 118, low: 116 },
    ];
    const mine = run('zigzag', rows, { deviation: 10 });
    expect(mine['pivot']).toEqual([Number.NaN, 100, 100, 130]);
    expect(mine['bars']).toEqual([Number.NaN, 1, 2, 1]);
  });

  it('alternates, and every pivot is the extreme between its neighbours', () => {
    const walk = randomWalk(2_000, 9);
    const rows = Array.from(walk.high, (high, i) => ({ high, low: walk.low[i] as number }));
    const mine = run('zigzag', rows, { deviation: 4 });
    const turns: { bar: number; price: number; direction: number; known: number }[] = [];
    rows.forEach((_, i) => {
      const direction = mine['direction']?.[i] ?? Number.NaN;
      if (Number.isNaN(direction) || direction === turns.at(-1)?.direction) return;
      turns.push({
        bar: i - (mine['bars']?.[i] ?? 0),
        price: mine['pivot']?.[i] ?? 0,
        direction,
        known: i,
      });
    });
    expect(turns.length).toBeGreaterThan(20);
    turns.slice(1).forEach((turn, k) => {
      const before = turns[k];
      if (before === undefined) throw new Error('no turn before');
      const between = rows.slice(before.bar + 1, turn.known);
      if (turn.direction < 0) {
        expect(turn.price).toBe(rows[turn.bar]?.high);
        expect(turn.price).toBe(Math.max(...between.map(({ high }) => high)));
        expect(rows[turn.known]?.low).toBeLessThanOrEqual(turn.price * 0.96);
      } else {
        expect(turn.price).toBe(rows[turn.bar]?.low);
        expect(turn.price).toBe(Math.min(...between.map(({ low }) => low)));
        expect(rows[turn.known]?.high).toBeGreaterThanOrEqual(turn.price * 1.04);
      }
    });
  });
});

describe('swings and gaps', () => {
  it('finds the swings that a search of both sides finds, when they are known', () => {
    const walk = randomWalk(600, 4);
    // Rounded, so that equal highs occur.
    const rows = Array.from(walk.high, (high, i) => ({
      high: Math.round(high),
      low: Math.round(walk.low[i] as number),
    }));
    const [left, right] = [4, 3];
    const mine = run('swing_high_low', rows, { left, right });
    let high = Number.NaN;
    let low = Number.NaN;
    let highAt = Number.NaN;
    let lowAt = Number.NaN;
    rows.forEach((_, i) => {
      const at = i - right;
      const centre = rows[at];
      if (centre !== undefined && at >= left) {
        const before = rows.slice(at - left, at);
        const after = rows.slice(at + 1, i + 1);
        if (
          before.every((row) => row.high < centre.high) &&
          after.every((row) => row.high <= centre.high)
        ) {
          high = centre.high;
          highAt = at;
        }
        if (
          before.every((row) => row.low > centre.low) &&
          after.every((row) => row.low >= centre.low)
        ) {
          low = centre.low;
          lowAt = at;
        }
      }
      expect(mine['high']?.[i]).toEqual(high);
      expect(mine['low']?.[i]).toEqual(low);
      expect(mine['high_bars']?.[i]).toEqual(i - highAt);
      expect(mine['low_bars']?.[i]).toEqual(i - lowAt);
    });
    expect(high).toBeGreaterThan(0);
  });

  it('marks the third bar of a gap and holds its edges', () => {
    const rows = [
      { high: 10, low: 9 },
      { high: 13, low: 9.5 },
      { high: 14, low: 11 }, // above the first bar's high of 10
      { high: 14, low: 9 },
      { high: 10, low: 8 }, // below the third bar's low of 11
    ];
    expect(run('fair_value_gap', rows)).toEqual({
      top: [Number.NaN, Number.NaN, 11, 11, 11],
      bottom: [Number.NaN, Number.NaN, 10, 10, 10],
      direction: [Number.NaN, Number.NaN, 1, 0, -1],
    });
  });
});

describe('volume profile', () => {
  it('spreads, finds and grows as worked by hand', () => {
    // Range 0 to 10, five rows of 2. Bar one: 100 over 0–10, 20 a row. Bar two: 60 over 4–7: 40 in
    // row 2 (4–6), 20 in row 3 (6–8). Bar three: no range at 10: 15 in the last row.
    // Rows: 20, 20, 60, 40, 35 of 175; 70% = 122.5. POC row 2. Above 40 + 35 = 75, below 40: above,
    // 135 ≥ 122.5. VAH 10, VAL 4.
    const rows = [
      { high: 10, low: 0, volume: 100, session: 1 },
      { high: 7, low: 4, volume: 60, session: 1 },
      { high: 10, low: 10, volume: 15, session: 1 },
    ];
    const mine = run('volume_profile', rows, { timeperiod: 3, rows: 5 });
    expect(mine['poc']?.slice(2)).toEqual([5]);
    expect(mine['vah']?.slice(2)).toEqual([10]);
    expect(mine['val']?.slice(2)).toEqual([4]);
    expect(mine['poc']?.slice(0, 2).every(Number.isNaN)).toBe(true);
  });

  it('grows by pairs from the point of control', () => {
    // Total 100, wanted 70. POC row 4 (30). Above 8 + 3, below 15 + 12: below → 57; above 11, below
    // 10 + 6: below → 73. Rows 0 to 4.
    const found = { poc: 0, top: 0, bottom: 0 };
    valueArea(Float64Array.of(6, 10, 12, 15, 30, 8, 3, 9, 7), 70, found);
    expect(found).toEqual({ poc: 4, top: 4, bottom: 0 });
    // Equal pairs: above is taken. 10 + (4 + 1) = 15 ≥ 14.
    valueArea(Float64Array.of(1, 4, 10, 4, 1), 14, found);
    expect(found).toEqual({ poc: 2, top: 4, bottom: 2 });
    // Of equal rows the nearest the middle, then the lower.
    valueArea(Float64Array.of(5, 0, 5, 5, 0, 5), 5, found);
    expect(found.poc).toBe(2);
  });

  it('agrees with a profile of many small pieces', () => {
    const walk = randomWalk(200, 8);
    const rows = Array.from(walk.high, (high, i) => ({
      high,
      low: walk.low[i] as number,
      volume: 100 + ((i * 37) % 50),
      session: Math.floor(i / 50),
    }));
    const [n, count, pieces] = [40, 12, 4_000];
    const mine = run('volume_profile', rows, { timeperiod: n, rows: count });
    for (let i = n - 1; i < rows.length; i += 13) {
      const list = rows.slice(i - n + 1, i + 1);
      const lowest = Math.min(...list.map(({ low }) => low));
      const height = (Math.max(...list.map(({ high }) => high)) - lowest) / count;
      const profile = new Float64Array(count);
      for (const { high, low, volume } of list) {
        for (let k = 0; k < pieces; k += 1) {
          const price = low + ((k + 0.5) / pieces) * (high - low);
          const row = Math.min(count - 1, Math.floor((price - lowest) / height));
          profile[row] = (profile[row] as number) + volume / pieces;
        }
      }
      const largest = Math.max(...profile);
      const poc = Math.round(((mine['poc']?.[i] ?? 0) - lowest) / height - 0.5);
      expect(profile[poc]).toBeGreaterThan(largest * 0.999);
      const bottom = Math.round(((mine['val']?.[i] ?? 0) - lowest) / height);
      const top = Math.round(((mine['vah']?.[i] ?? 0) - lowest) / height);
      const inside = profile.slice(bottom, top).reduce((a, b) => a + b, 0);
      const total = profile.reduce((a, b) => a + b, 0);
      expect(inside / total).toBeGreaterThan(0.699);
      expect(bottom).toBeLessThanOrEqual(poc);
      expect(top).toBeGreaterThan(poc);
    }
  });

  it('by session takes the bars of the day only, and has none without volume', () => {
    const rows = [
      { high: 100, low: 90, volume: 1_000, session: 1 },
      { high: 20, low: 20, volume: 0, session: 2 },
      { high: 20, low: 20, volume: 5, session: 2 },
    ];
    const mine = run('volume_profile', rows, { scope: 'session', rows: 2 });
    // First bar: two equal rows 90–95 and 95–100; the lower is the point of control, the pair above
    // makes it whole.
    expect(mine['poc']).toEqual([92.5, Number.NaN, 20]);
    expect(mine['vah']).toEqual([100, Number.NaN, 20]);
    expect(mine['val']).toEqual([90, Number.NaN, 20]);
  });
});
