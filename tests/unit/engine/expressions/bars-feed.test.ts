import { describe, expect, it } from 'vitest';
import type { Bar } from '../../../../engine/domain/bar.ts';
import { parseIsoTime } from '../../../../engine/domain/time.ts';
import { timeframe } from '../../../../engine/domain/timeframe.ts';
import { BarsFeed, type BarSource, type Moment } from '../../../../engine/expressions/bars-feed.ts';
import { compile } from '../../../../engine/expressions/compile.ts';
import { scopeKey } from '../../../../engine/expressions/graph.ts';
import { CATALOGUE } from '../../../../engine/indicators/registry.ts';
import { calendar } from '../series/market.ts';

const US = (frame: string): BarSource => ({
  timeframe: timeframe(frame),
  calendar: calendar('us-equity'),
  hours: 'regular',
});

function feedOf(expression: string, base: BarSource, others: Record<string, BarSource> = {}) {
  return new BarsFeed([compile(expression, CATALOGUE)], base, (symbol) => others[symbol]);
}

/** A bar whose open and close are one number, a step below and above it low and high. */
function bar(time: string, price: number, volume = 10): Bar {
  const at = parseIsoTime(time.length === 10 ? `${time}T00:00:00Z` : time);
  return { time: at, open: price, high: price + 1, low: price - 1, close: price, volume };
}
const own = (time: string, price: number) => ({ instrument: null, bar: bar(time, price) });
const spy = (time: string, price: number) => ({ instrument: 'SPY', bar: bar(time, price) });

/** Moments as text: when, and whose bars with which closes. */
function told(moments: readonly Moment[]): string[] {
  return moments.map(({ at, closed }) => {
    const bars = closed.map((each) => `${scopeKey(each.scope)} ${each.bar.close}`);
    return `${new Date(at).toISOString().slice(5, 16)} ${bars.join(', ')}`;
  });
}

describe('bars that come one by one', () => {
  // 2 January 2020 was a Thursday; New York closed at 21:00 UTC.
  it('are joined to longer ones, which are known with the last bar of their span', () => {
    const feed = feedOf('tf("1w", close) + tf("1d", close) + close', US('1h'));
    const day = (date: string, price: number): string[] => {
      const lines: string[] = [];
      for (let k = 0; k < 7; k += 1) {
        const time = parseIsoTime(`${date}T14:30:00Z`) + k * 3_600_000;
        const moments = feed.take([own(new Date(time).toISOString(), price + k)]);
        lines.push(...told(moments).slice(0, k === 6 ? 9 : 0));
      }
      return lines;
    };
    expect(day('2020-01-02', 100)).toEqual(['01-02T21:00 @ 106, @1d 106']);
    // Friday ends the week, too.
    expect(day('2020-01-03', 200)).toEqual(['01-03T21:00 @ 206, @1w 206, @1d 206']);
  });

  it('that end before the next bar of the instrument itself are known before it', () => {
    const feed = feedOf('on("SPY", tf("1h", close)) + close', US('1d'), { SPY: US('30m') });
    expect(feed.instruments).toEqual(['SPY']);
    expect(feed.take([spy('2020-01-02T14:30:00Z', 1)])).toEqual([]);
    expect(told(feed.take([spy('2020-01-02T15:00:00Z', 2)]))).toEqual(['01-02T15:30 SPY@1h 2']);
    expect(feed.take([spy('2020-01-02T15:30:00Z', 3)])).toEqual([]);
    // The half hour to 16:30 is missing: the hour is known at its end all the same.
    expect(told(feed.take([spy('2020-01-02T17:30:00Z', 4)]))).toEqual(['01-02T16:30 SPY@1h 3']);
    expect(told(feed.take([own('2020-01-02', 50)]))).toEqual([
      '01-02T18:30 SPY@1h 4',
      '01-02T21:00 @ 50',
    ]);
  });

  it('bring the clock of the market, counted on over a restart', () => {
    const make = (): BarsFeed => feedOf('session_bar * 100 + hour', US('1h'));
    let feed = make();
    const clocks: unknown[] = [];
    for (const time of ['14:30', '15:30', '16:30']) {
      const [moment] = feed.take([own(`2020-01-02T${time}:00Z`, 1)]);
      const values = moment?.closed[0]?.bar;
      clocks.push([values?.session_bar, values?.hour]);
      const stored = JSON.stringify(feed.snapshot());
      feed = make();
      feed.restore(JSON.parse(stored) as ReturnType<BarsFeed['snapshot']>);
    }
    // 14:30 UTC is 9:30 in New York.
    expect(clocks).toEqual([
      [0, 9],
      [1, 10],
      [2, 11],
    ]);
    expect(feed.preview(bar('2020-01-02T17:30:00Z', 1))).toMatchObject({
      session_bar: 3,
      hour: 12,
    });
    expect(feed.preview(bar('2020-01-02T17:30:00Z', 1))).toMatchObject({
      session_bar: 3,
      hour: 12,
    });
  });

  it('keep a joined bar that is forming over a restart, with values that are missing', () => {
    const make = (): BarsFeed => feedOf('tf("1d", close)', US('1h'));
    let feed = make();
    const give = (hour: number, values: Partial<Bar>): Moment[] => {
      const time = `2020-01-02T${hour}:30:00Z`;
      const moments = feed.take([{ instrument: null, bar: { ...bar(time, 5), ...values } }]);
      const stored = JSON.stringify(feed.snapshot());
      feed = make();
      feed.restore(JSON.parse(stored) as ReturnType<BarsFeed['snapshot']>);
      return moments;
    };
    give(14, { open: Number.NaN, high: 9, volume: Number.NaN });
    give(15, { open: 7, low: 2, close: Number.NaN });
    give(16, { close: 6 });
    give(17, { close: Number.NaN });
    give(18, {});
    give(19, { close: 8 });
    const [moment] = give(20, { close: Number.NaN, volume: 1 });
    const day = moment?.closed.find(({ scope }) => scope.timeframe === '1d')?.bar;
    // Open: the first that is known. Close: the last. Volume: 0 + 10 + 10 + 10 + 10 + 10 + 1.
    expect(day).toEqual({
      time: parseIsoTime('2020-01-02T00:00:00Z'),
      open: 7,
      high: 9,
      low: 2,
      close: 8,
      volume: 51,
    });
  });

  it('refuse what would make them know the future, or nothing at all', () => {
    const others = { SPY: US('1h') };
    const feed = feedOf('on("SPY", close)', US('1h'), others);
    feed.take([own('2020-01-02T15:30:00Z', 1), spy('2020-01-02T15:30:00Z', 2)]);
    expect(() => feed.take([spy('2020-01-02T14:30:00Z', 2)])).toThrow(
      'the one of 2020-01-02T14:30:00.000Z of SPY comes too late',
    );
    expect(() => feed.take([own('2020-01-02T14:30:00Z', 2)])).toThrow(
      'the one of 2020-01-02T14:30:00.000Z comes too late',
    );
    expect(() =>
      feed.take([own('2020-01-02T16:30:00Z', 1), spy('2020-01-02T17:30:00Z', 2)]),
    ).toThrow('close at different moments');
    expect(() => feed.take([{ instrument: 'QQQ', bar: bar('2020-01-02T16:30:00Z', 1) }])).toThrow(
      'no expression reads QQQ; give bars of the instrument itself, SPY',
    );
    expect(feed.take([])).toEqual([]);
    expect(() => feedOf('on("QQQ", close)', US('1h'), others)).toThrow('no bars of QQQ');
    expect(() => feedOf('tf("5m", close)', US('1h'))).toThrow('1h bars cannot be cut into 5m');
    const other = feedOf('tf("1w", close)', US('1h'));
    expect(() => other.restore(feed.snapshot())).toThrow('of other expressions');
  });
});
