import { describe, expect, it } from 'vitest';
import { windowsOf } from '../../../../electron/services/research/windows.ts';

const DAY = 86_400_000;

/** Every day from one date to another. */
function days(from: string, to: string): Float64Array {
  const first = Date.parse(from);
  return Float64Array.from(
    { length: (Date.parse(to) - first) / DAY + 1 },
    (_, i) => first + i * DAY,
  );
}

function dates(time: Float64Array, range: { from: number; to: number }): string[] {
  return [range.from, range.to - 1].map((bar) =>
    new Date(time[bar] as number).toISOString().slice(0, 10),
  );
}

const spans = (train: string, test: string, gap = '0d') =>
  ({ by: 'dates', train, test, gap }) as const;

describe('windows of the calendar', () => {
  it('roll by whole spans after the first bar', () => {
    const time = days('2020-01-15', '2022-02-01');
    const windows = windowsOf(time, { windows: spans('1y', '6m'), mode: 'rolling' });
    expect(windows.map(({ train, test }) => [dates(time, train), dates(time, test)])).toEqual([
      [
        ['2020-01-15', '2021-01-14'],
        ['2021-01-15', '2021-07-14'],
      ],
      [
        ['2020-07-15', '2021-07-14'],
        ['2021-07-15', '2022-01-14'],
      ],
      // The last test is as short as the bars are.
      [
        ['2021-01-15', '2022-01-14'],
        ['2022-01-15', '2022-02-01'],
      ],
    ]);
  });

  it('grow when they are anchored, and leave out a gap', () => {
    const time = days('2021-01-01', '2021-06-30');
    const windows = windowsOf(time, { windows: spans('8w', '30d', '5d'), mode: 'anchored' });
    // 56 days are chosen on: to the 25th of February. Five are left out, thirty tested.
    expect(windows.map(({ train }) => dates(time, train))).toEqual([
      ['2021-01-01', '2021-02-25'],
      ['2021-01-01', '2021-03-27'],
      ['2021-01-01', '2021-04-26'],
      ['2021-01-01', '2021-05-26'],
    ]);
    expect(windows.map(({ test }) => dates(time, test))).toEqual([
      ['2021-03-03', '2021-04-01'],
      ['2021-04-02', '2021-05-01'],
      ['2021-05-02', '2021-05-31'],
      ['2021-06-01', '2021-06-30'],
    ]);
  });

  it('end months on their last day', () => {
    const time = days('2021-01-31', '2021-05-10');
    const windows = windowsOf(time, { windows: spans('1m', '1m'), mode: 'rolling' });
    // A month after the 31st of January is the 28th of February, two are the 31st of March.
    expect(windows.map(({ test }) => dates(time, test)[0])).toEqual([
      '2021-02-28',
      '2021-03-31',
      '2021-04-30',
    ]);
  });

  it('are those of counted bars where bars or windows are given', () => {
    const time = days('2021-01-01', '2021-04-10');
    const bars = { by: 'bars', train: 40, test: 30, gap: 2 } as const;
    expect(windowsOf(time, { windows: bars, mode: 'rolling' })).toEqual([
      { train: { from: 0, to: 40 }, test: { from: 42, to: 72 } },
      { train: { from: 30, to: 70 }, test: { from: 72, to: 100 } },
    ]);
    // 100 bars are 3 tests and twice one to choose on: 20 bars each.
    const count = { by: 'count', windows: 3, ratio: 2 } as const;
    expect(windowsOf(time, { windows: count, mode: 'anchored' })).toEqual([
      { train: { from: 0, to: 40 }, test: { from: 40, to: 60 } },
      { train: { from: 0, to: 60 }, test: { from: 60, to: 80 } },
      { train: { from: 0, to: 80 }, test: { from: 80, to: 100 } },
    ]);
  });

  it('are refused where the bars are too few', () => {
    const time = days('2021-01-01', '2021-02-10');
    for (const windows of [
      spans('1y', '1m'),
      { by: 'bars', train: 41, test: 1, gap: 0 } as const,
    ]) {
      expect(() => windowsOf(time, { windows, mode: 'rolling' })).toThrow(/^windows: .*more data/);
    }
  });
});
